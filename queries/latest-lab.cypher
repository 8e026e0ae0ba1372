// title: Latest value of a laboratory test
// question: What is each patient's most recent final value of this test? (Times are compared as text: one time zone.)
// parameter: concept = "loinc:2823-3" (CURIE of the test)
// columns: patient, value, unit, shown, start
MATCH (p:Patient)-[:HAS_OBSERVATION]->(f:Observation)-[:CODED_AS]->(:Concept {curie: $concept})
WHERE f.revisionTo IS NULL AND f.status IN ['final', 'amended', 'corrected'] AND f.valueText IS NOT NULL
WITH p, max(f.start) AS latest
MATCH (p)-[:HAS_OBSERVATION]->(f:Observation)-[:CODED_AS]->(:Concept {curie: $concept})
WHERE f.revisionTo IS NULL AND f.status IN ['final', 'amended', 'corrected'] AND f.start = latest
RETURN p.key AS patient, f.value AS value, f.unit AS unit, f.valueText AS shown, f.start AS start
ORDER BY patient

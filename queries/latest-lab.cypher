// title: Latest value of a test
// question: What is each patient's most recent final value of this test?
// audience: clinicians, researchers
// topic: results
// note: Times are compared as written, to the second: one time zone. Several results of that time are several rows.
// parameter: tests list of concept = kgtwin:SerumPotassium |Potassium in serum, plasma or blood| [none] the test;
//   narrower ones count too
// column: patient string [none] the patient's key
// column: day string [none] day of the result; a month or a year if no more is known
// column: value decimal [as unit] the number, if it is one
// column: unit string [none] its unit in UCUM
// column: shown string [none] the value as received, with any comparator
MATCH (t:Concept)<-[:IS_A*0..20]-(u:Concept)
WHERE t.curie IN $tests
WITH DISTINCT u
MATCH (p:Patient)-[:HAS_OBSERVATION]->(o:Observation)-[:CODED_AS]->(u)
WHERE o.revisionTo IS NULL AND o.status IN ['final', 'amended', 'corrected'] AND o.valueText IS NOT NULL
  AND o.start IS NOT NULL
WITH p, max(left(o.start, 19)) AS latest
MATCH (t:Concept)<-[:IS_A*0..20]-(u:Concept)
WHERE t.curie IN $tests
WITH DISTINCT p, latest, u
MATCH (p)-[:HAS_OBSERVATION]->(o:Observation)-[:CODED_AS]->(u)
WHERE o.revisionTo IS NULL AND o.status IN ['final', 'amended', 'corrected'] AND o.valueText IS NOT NULL
  AND left(o.start, 19) = latest
RETURN DISTINCT p.key AS patient, left(latest, 10) AS day, o.value AS value, o.unit AS unit, o.valueText AS shown
ORDER BY patient, shown

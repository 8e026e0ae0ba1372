// title: Diabetes without a recent HbA1c
// question: Which living patients with diabetes have no HbA1c result in the last twelve months?
// audience: clinicians, quality teams
// topic: care gaps
// note: Only final, amended or corrected results with a value count. A partial date counts from its first day: a
//   test of 2025 is one of 2025-01-01. Living patients only.
// parameter: conditions list of concept = kgtwin:DiabetesMellitus |Diabetes mellitus| [none] the conditions;
//   narrower ones count too
// parameter: tests list of concept = kgtwin:GlycatedHemoglobin |Haemoglobin A1c as a share of haemoglobin| [none]
//   the tests that close the gap; narrower ones count too
// parameter: at date = today [none] the day at which it is asked
// parameter: since date = at - P1Y [none] a test on this day or later closes the gap
// column: patient string [none] the patient's key
// column: latest date [none] day of the latest test before, if there is any
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $conditions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND (f.status IS NULL OR f.status IN ['active', 'recurrence', 'relapse'])
  AND (f.verification IS NULL OR f.verification = 'confirmed')
  AND (f.start IS NULL OR left(f.start + '-01-01', 10) <= $at)
  AND (f.`end` IS NULL OR left(f.`end` + '-99-99', 10) >= $at)
  AND (p.deceased IS NULL OR p.deceased = 'false')
WITH DISTINCT p
OPTIONAL MATCH (t:Concept)<-[:IS_A*0..20]-(u:Concept)
WHERE t.curie IN $tests
WITH DISTINCT p, u
OPTIONAL MATCH (p)-[:HAS_OBSERVATION]->(o:Observation)-[:CODED_AS]->(u)
WHERE o.revisionTo IS NULL AND o.status IN ['final', 'amended', 'corrected'] AND o.valueText IS NOT NULL
  AND o.start IS NOT NULL AND left(o.start + '-01-01', 10) <= $at
WITH p.key AS patient, max(CASE WHEN o.start IS NULL THEN null ELSE left(o.start + '-01-01', 10) END) AS latest
WHERE latest IS NULL OR latest < $since
RETURN patient, latest
ORDER BY patient

// title: Anticoagulant without a recent haemoglobin
// question: Which living patients take an anticoagulant and have no haemoglobin in the last twelve months?
// audience: clinicians, quality teams
// topic: care gaps
// note: Only final, amended or corrected results with a value count. A partial date counts from its first day: a
//   test of 2025 is one of 2025-01-01. Living patients only. Active is the record's word: status active, begun and not
//   ended at the day, ordered and not only proposed or planned, not marked as not to be given.
// parameter: medicines list of concept = kgtwin:Anticoagulant |Anticoagulant| [none] ingredients or classes of them;
//   narrower ones count too
// parameter: tests list of concept = kgtwin:Hemoglobin |Haemoglobin in blood| [none] the tests that close the gap;
//   narrower ones count too
// parameter: at date = today [none] the day at which it is asked
// parameter: since date = at - P1Y [none] a test on this day or later closes the gap
// column: patient string [none] the patient's key
// column: latest date [none] day of the latest test before, if there is any
MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $medicines
WITH DISTINCT d
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL AND m.status = 'active'
  AND (m.start IS NULL OR left(m.start + '-01-01', 10) <= $at)
  AND (m.`end` IS NULL OR left(m.`end` + '-99-99', 10) >= $at)
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
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

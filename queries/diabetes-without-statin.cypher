// title: Diabetes without a statin
// question: Which living patients with diabetes, aged 40 to 75, have no active statin, and did they ever have one?
// audience: clinicians, quality teams
// topic: care gaps
// note: A reason for not giving it (intolerance, refusal) is not looked for. Active is the record's word: status
//   active, begun and not ended at the day, ordered and not only proposed or planned, not marked as not to be given.
// parameter: conditions list of concept = kgtwin:DiabetesMellitus |Diabetes mellitus| [none] the conditions;
//   narrower ones count too
// parameter: medicines list of concept = kgtwin:HMGCoAReductaseInhibitor |HMG-CoA reductase inhibitor (statin)|
//   [none] ingredients or classes of them; narrower ones count too
// parameter: at date = today [none] the day at which it is asked
// parameter: bornAfter date = at - P76Y [none] who was born later is 75 or younger
// parameter: bornUntil date = at - P40Y [none] who was born by this day is 40 or older
// column: patient string [none] the patient's key
// column: born string [none] birth date as received
// column: earlier boolean [none] whether the record has any such medicine, at any time
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $conditions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND (f.status IS NULL OR f.status IN ['active', 'recurrence', 'relapse'])
  AND (f.verification IS NULL OR f.verification = 'confirmed')
  AND (f.start IS NULL OR left(f.start + '-01-01', 10) <= $at)
  AND (f.`end` IS NULL OR left(f.`end` + '-99-99', 10) >= $at)
  AND (p.deceased IS NULL OR p.deceased = 'false')
  AND left(p.birthDate + '-01-01', 10) > $bornAfter AND left(p.birthDate + '-01-01', 10) <= $bornUntil
WITH DISTINCT p
OPTIONAL MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $medicines
WITH DISTINCT p, d
OPTIONAL MATCH (p)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL
WITH p.key AS patient, p.birthDate AS born, count(m.id) AS records, sum(CASE WHEN m.status = 'active'
  AND (m.start IS NULL OR left(m.start + '-01-01', 10) <= $at)
  AND (m.`end` IS NULL OR left(m.`end` + '-99-99', 10) >= $at)
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op' THEN 1 ELSE 0 END) AS now
WHERE now = 0
RETURN patient, born, records > 0 AS earlier
ORDER BY patient

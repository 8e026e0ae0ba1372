// title: Medicines of two classes at the same time
// question: Which patients have an active medicine of each of two classes (opioids and benzodiazepines, if nothing
//   else is said)?
// audience: clinicians, quality teams
// topic: medicines
// note: Active is the record's word: status active, begun and not ended at the day, ordered and not only proposed or
//   planned, not marked as not to be given.
// parameter: first list of concept = kgtwin:Opioid |Opioid| [none] ingredients or classes of them
// parameter: second list of concept = kgtwin:Benzodiazepine |Benzodiazepine| [none] the same
// parameter: at date = today [none] the day at which it is asked
// column: patient string [none] the patient's key
// column: medicine1 string [none] a medicine of the first class, as received
// column: medicine2 string [none] one of the second, from another fact
MATCH (ad:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(ai:Concept)-[:IS_A*0..20]->(ak:Concept)
WHERE ak.curie IN $first
WITH DISTINCT ad
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(ad)
WHERE m.revisionTo IS NULL AND m.status = 'active'
  AND (m.start IS NULL OR left(m.start + '-01-01', 10) <= $at)
  AND (m.`end` IS NULL OR left(m.`end` + '-99-99', 10) >= $at)
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
WITH DISTINCT p, m
MATCH (bd:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(bi:Concept)-[:IS_A*0..20]->(bk:Concept)
WHERE bk.curie IN $second
WITH DISTINCT p, m, bd
MATCH (p)-[:HAS_MEDICATION]->(n:Medication)-[:CODED_AS]->(bd)
WHERE n.id <> m.id AND n.revisionTo IS NULL AND n.status = 'active'
  AND (n.start IS NULL OR left(n.start + '-01-01', 10) <= $at)
  AND (n.`end` IS NULL OR left(n.`end` + '-99-99', 10) >= $at)
  AND NOT n.payload CONTAINS '"do_not_perform":true'
  AND NOT n.payload CONTAINS '"intent":"p' AND NOT n.payload CONTAINS '"intent":"op'
RETURN DISTINCT p.key AS patient, m.display AS medicine1, n.display AS medicine2
ORDER BY patient, medicine1, medicine2

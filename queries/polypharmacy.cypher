// title: Patients with many active medicines
// question: Which patients have at least so many different active substances in active medicines?
// audience: clinicians, quality teams
// topic: medicines
// note: Active is the record's word: status active, begun and not ended at the day, ordered and not only proposed or
//   planned, not marked as not to be given.
// parameter: least integer = 5 [1] fewest different substances
// parameter: at date = today [none] the day at which it is asked
// column: patient string [none] the patient's key
// column: substances integer [1] different active substances; a product whose ingredients are not known is one
// column: medicines integer [1] different codes
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)
WHERE m.revisionTo IS NULL AND m.status = 'active'
  AND (m.start IS NULL OR left(m.start + '-01-01', 10) <= $at)
  AND (m.`end` IS NULL OR left(m.`end` + '-99-99', 10) >= $at)
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
OPTIONAL MATCH (m)-[:CODED_AS]->(d:Concept)
OPTIONAL MATCH (d)-[:HAS_ACTIVE_INGREDIENT]->(i:Concept)
WITH p.key AS patient, count(DISTINCT coalesce(i.curie, d.curie, m.code, m.display)) AS substances,
     count(DISTINCT coalesce(m.code, m.display)) AS medicines
WHERE substances >= $least
RETURN patient, substances, medicines
ORDER BY substances DESC, patient

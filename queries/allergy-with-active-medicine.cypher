// title: Allergy to a class with an active medicine of it
// question: Which patients have an active allergy to a class of medicines (penicillins, if nothing else is said) and
//   an active medicine of it?
// audience: clinicians, quality teams
// topic: medicines
// note: An allergy coded as the substance or as a product with it counts too. Active is the record's word: status
//   active, begun and not ended at the day, ordered and not only proposed or planned, not marked as not to be given.
// parameter: allergies list of concept = snomed:91936005 |Allergy to penicillin| [none] findings of allergy to the
//   class; narrower ones count too
// parameter: medicines list of concept = kgtwin:Penicillin |Penicillin antibacterial| [none] ingredients or classes
//   of them; narrower ones count too
// parameter: at date = today [none] the day at which it is asked
// column: patient string [none] the patient's key
// column: allergy string [none] the allergy as received
// column: verification string [none] its verification as received
// column: medicine string [none] the medicine as received
MATCH (e:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(c:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $allergies OR k.curie IN $medicines
WITH DISTINCT e
MATCH (p:Patient)-[:HAS_ALLERGY]->(f:Allergy)-[:CODED_AS]->(e)
WHERE f.revisionTo IS NULL AND (f.status IS NULL OR f.status = 'active')
  AND (f.verification IS NULL OR NOT f.verification IN ['refuted', 'entered-in-error'])
WITH DISTINCT p, f
MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $medicines
WITH DISTINCT p, f, d
MATCH (p)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL AND m.status = 'active'
  AND (m.start IS NULL OR left(m.start + '-01-01', 10) <= $at)
  AND (m.`end` IS NULL OR left(m.`end` + '-99-99', 10) >= $at)
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
RETURN DISTINCT p.key AS patient, f.display AS allergy, f.verification AS verification, m.display AS medicine
ORDER BY patient, allergy, medicine

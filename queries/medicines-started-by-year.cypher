// title: New users of a class of medicines by year
// question: In which year did how many patients first have each medicine of a class?
// audience: quality teams, researchers
// topic: medicines
// note: Only medicines that were begun count: status active, completed, stopped or in progress, and not only
//   proposed or planned.
// parameter: medicines list of concept = kgtwin:HMGCoAReductaseInhibitor |HMG-CoA reductase inhibitor (statin)|
//   [none] ingredients or classes of them; narrower ones count too
// column: year string [none] year of the first record
// column: substance concept [none] the active substance
// column: label string [none] its label
// column: patients integer [1] different patients
MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $medicines
WITH DISTINCT d, i
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL AND m.status IN ['active', 'completed', 'stopped', 'in-progress'] AND m.start IS NOT NULL
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
WITH p.key AS patient, i.curie AS substance, i.label AS label, min(left(m.start, 4)) AS year
RETURN year, substance, label, count(patient) AS patients
ORDER BY year, substance

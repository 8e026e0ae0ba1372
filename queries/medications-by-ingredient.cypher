// title: Medicines with an active ingredient
// question: Which medicines in the records contain these ingredients, how often and for how many patients?
// audience: researchers, quality teams
// topic: medicines
// parameter: ingredients list of concept = rxnorm:6809 |Metformin| [none] ingredients or classes of them; narrower
//   ones count too
// column: medicine concept [none] the medicine
// column: label string [none] its label
// column: status string [none] status as received
// column: records integer [1] facts
// column: patients integer [1] different patients
MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $ingredients
WITH DISTINCT d
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL
RETURN d.curie AS medicine, d.label AS label, m.status AS status, count(DISTINCT m.id) AS records,
       count(DISTINCT p.key) AS patients
ORDER BY records DESC, medicine, coalesce(status, '')

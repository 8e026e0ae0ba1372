// title: The sequence of medicines of a class
// question: Which medicines of a class did each patient have, in which order?
// audience: clinicians, researchers
// topic: medicines
// note: Only medicines that were begun count: status active, completed, stopped or in progress, and not only
//   proposed or planned. A partial date counts from its first day.
// parameter: medicines list of concept = kgtwin:HMGCoAReductaseInhibitor |HMG-CoA reductase inhibitor (statin)|
//   [none] ingredients or classes of them; narrower ones count too
// column: patient string [none] the patient's key
// column: position integer [1] 1 for what was begun first; what began on the same day shares a place
// column: substance concept [none] the active substance
// column: label string [none] its label
// column: first date [none] day of the first record
// column: last date [none] day of the latest record
// column: records integer [1] facts
MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $medicines
WITH DISTINCT d, i
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL AND m.status IN ['active', 'completed', 'stopped', 'in-progress'] AND m.start IS NOT NULL
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
WITH p.key AS patient, i.curie AS substance, i.label AS label, min(left(m.start + '-01-01', 10)) AS first,
     max(left(m.start + '-01-01', 10)) AS last, count(DISTINCT m.id) AS records
WITH patient, collect({substance: substance, label: label, first: first, last: last, records: records}) AS begun
UNWIND begun AS one
UNWIND begun AS other
WITH patient, one, sum(CASE WHEN other.first < one.first THEN 1 ELSE 0 END) AS before
RETURN patient, before + 1 AS position, one.substance AS substance, one.label AS label, one.first AS first,
       one.last AS last,
       one.records AS records
ORDER BY patient, position, substance

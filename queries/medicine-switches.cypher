// title: Which medicine of a class follows which
// question: From which medicine of a class did how many patients go on to which next one?
// audience: researchers, quality teams
// topic: medicines
// note: Only medicines that were begun count: status active, completed, stopped or in progress, and not only
//   proposed or planned. The first record of each substance counts; what began on one day has no order.
// parameter: medicines list of concept = kgtwin:HMGCoAReductaseInhibitor |HMG-CoA reductase inhibitor (statin)|
//   [none] ingredients or classes of them; narrower ones count too
// column: earlier concept [none] the active substance begun before
// column: earlierLabel string [none] its label
// column: later concept [none] the one begun next
// column: laterLabel string [none] its label
// column: patients integer [1] different patients
MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $medicines
WITH DISTINCT d, i
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL AND m.status IN ['active', 'completed', 'stopped', 'in-progress'] AND m.start IS NOT NULL
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
WITH p.key AS patient, i.curie AS substance, i.label AS label, min(left(m.start + '-01-01', 10)) AS first
WITH patient, collect({substance: substance, label: label, first: first}) AS begun
UNWIND begun AS a
UNWIND begun AS b
UNWIND begun AS x
WITH patient, a, b, sum(CASE WHEN x.first > a.first AND x.first < b.first THEN 1 ELSE 0 END) AS between
WHERE a.first < b.first AND between = 0
RETURN a.substance AS earlier, a.label AS earlierLabel, b.substance AS later, b.label AS laterLabel,
       count(DISTINCT patient) AS patients
ORDER BY patients DESC, earlier, later

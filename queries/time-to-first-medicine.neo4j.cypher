// title: Days from diagnosis to the first medicine of a class
// question: How many days after the first diagnosis did each patient begin a medicine of a class?
// audience: quality teams, researchers
// topic: time between events
// note: A patient whose first onset or first medicine is known to the month or year only is left out, because the
//   days cannot be told. Only medicines that were begun count: status active, completed, stopped or in progress, and
//   not only proposed or planned.
// parameter: conditions list of concept = kgtwin:HypertensiveDisorder |Hypertensive disorder| [none] the conditions;
//   narrower ones count too
// parameter: medicines list of concept = kgtwin:Antihypertensive |Antihypertensive medicine| [none] ingredients or
//   classes of them; narrower ones count too
// column: patient string [none] the patient's key
// column: diagnosed date [none] day of the first onset
// column: started date [none] day of the first medicine
// column: days integer [d] from diagnosis to medicine, negative if the medicine was there before
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $conditions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND f.start IS NOT NULL
  AND (f.verification IS NULL OR f.verification = 'confirmed')
WITH p, min(f.start) AS onset
MATCH (d:Concept)-[:HAS_ACTIVE_INGREDIENT*0..1]->(i:Concept)-[:IS_A*0..20]->(k:Concept)
WHERE k.curie IN $medicines
WITH DISTINCT p, onset, d
MATCH (p)-[:HAS_MEDICATION]->(m:Medication)-[:CODED_AS]->(d)
WHERE m.revisionTo IS NULL AND m.status IN ['active', 'completed', 'stopped', 'in-progress'] AND m.start IS NOT NULL
  AND NOT m.payload CONTAINS '"do_not_perform":true'
  AND NOT m.payload CONTAINS '"intent":"p' AND NOT m.payload CONTAINS '"intent":"op'
WITH p.key AS patient, onset, min(m.start) AS begin
WHERE size(onset) >= 10 AND size(begin) >= 10
WITH patient, left(onset, 10) AS diagnosed, left(begin, 10) AS started
RETURN patient, diagnosed, started, duration.inDays(date(diagnosed), date(started)).days AS days
ORDER BY days, patient

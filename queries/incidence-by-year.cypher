// title: New patients with a condition by year
// question: In which year did how many patients have the first onset of one of these conditions?
// audience: researchers, quality teams
// topic: cohorts
// note: A patient counts once, in the year of the earliest onset that is known; unknown where none of them has a
//   date.
// parameter: conditions list of concept = kgtwin:DiabetesMellitus |Diabetes mellitus| [none] the conditions;
//   narrower ones count too
// column: year string [none] year of the first onset, or unknown
// column: patients integer [1] different patients
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $conditions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL
  AND (f.verification IS NULL OR f.verification = 'confirmed')
WITH p.key AS patient, min(left(f.start, 4)) AS first
RETURN coalesce(first, 'unknown') AS year, count(patient) AS patients
ORDER BY year

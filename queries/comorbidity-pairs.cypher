// title: Conditions that occur together
// question: Which two present conditions do most patients have at the same time?
// audience: researchers, clinicians
// topic: cohorts
// parameter: kinds list of concept = kgtwin:ClinicalCondition |Clinical condition| [none] conditions below these are
//   paired
// parameter: least integer = 2 [1] fewest patients of a pair
// parameter: at date = today [none] the day at which it is asked
// column: concept1 concept [none] a condition
// column: label1 string [none] its label
// column: concept2 concept [none] another condition
// column: label2 string [none] its label
// column: patients integer [1] different patients with both
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $kinds
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND (f.status IS NULL OR f.status IN ['active', 'recurrence', 'relapse'])
  AND (f.verification IS NULL OR f.verification = 'confirmed')
  AND (f.start IS NULL OR left(f.start + '-01-01', 10) <= $at)
  AND (f.`end` IS NULL OR left(f.`end` + '-99-99', 10) >= $at)
WITH DISTINCT p.key AS patient, c.curie AS concept, c.label AS label
WITH patient, collect({concept: concept, label: label}) AS present
UNWIND present AS a
UNWIND present AS b
WITH patient, a, b
WHERE a.concept < b.concept
WITH a.concept AS concept1, a.label AS label1, b.concept AS concept2, b.label AS label2, count(patient) AS patients
WHERE patients >= $least
RETURN concept1, label1, concept2, label2, patients
ORDER BY patients DESC, concept1, concept2

// title: Patients with a condition, or a narrower one
// question: Who has this condition or any condition below it in the taxonomy, and since when?
// parameter: concept = "snomed:414545008" (CURIE of the condition)
// columns: patient, condition, code, status, start
MATCH (:Concept {curie: $concept})<-[:IS_A*0..20]-(c:Concept)
WITH DISTINCT c
MATCH (c)<-[:CODED_AS]-(f:Condition)<-[:HAS_CONDITION]-(p:Patient)
WHERE f.revisionTo IS NULL
RETURN DISTINCT p.key AS patient, f.display AS condition, f.code AS code, f.status AS status, f.start AS start
ORDER BY patient, start, code

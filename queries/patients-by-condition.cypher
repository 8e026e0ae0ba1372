// title: Patients with a condition, or a narrower one
// question: Who has one of these conditions or any condition below it in the taxonomy, and since when?
// audience: clinicians, researchers
// topic: cohorts
// note: Every status is shown: filter on it. Refuted conditions and those entered in error are left out.
// parameter: conditions list of concept = kgtwin:ChronicKidneyDisease |Chronic kidney disease| [none] the
//   conditions; narrower ones count too
// column: patient string [none] the patient's key
// column: concept concept [none] the condition
// column: label string [none] its label
// column: status string [none] clinical status as received
// column: verification string [none] verification as received
// column: start string [none] day of onset; a month or a year if no more is known
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $conditions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND (f.verification IS NULL OR NOT f.verification IN ['refuted', 'entered-in-error'])
RETURN DISTINCT p.key AS patient, c.curie AS concept, c.label AS label, f.status AS status,
       f.verification AS verification,
       left(f.start, 10) AS start
ORDER BY patient, coalesce(start, ''), concept, coalesce(status, ''), coalesce(verification, '')

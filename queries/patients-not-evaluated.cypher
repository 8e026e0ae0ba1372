// title: Patients who were not evaluated
// question: For which patients is nothing inferred since their facts last changed, so that no issue says nothing?
// audience: quality teams, data teams
// topic: alerts
// column: patient string [none] the patient's key
// column: revision integer [1] the revision that last changed the patient's facts
MATCH (p:Patient)
WHERE NOT EXISTS { MATCH (p)-[:HAS_INFERENCE]->(:Inference) }
RETURN p.key AS patient, p.revision AS revision
ORDER BY patient

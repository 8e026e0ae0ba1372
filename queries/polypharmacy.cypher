// title: Patients with many active medicines
// question: Who has at least so many different medicines with status "active" in the record?
// parameter: least = 5 (how many)
// columns: patient, medicines
MATCH (p:Patient)-[:HAS_MEDICATION]->(m:Medication)
WHERE m.revisionTo IS NULL AND m.status = 'active'
WITH p.key AS patient, count(DISTINCT m.code) AS medicines
WHERE medicines >= $least
RETURN patient, medicines
ORDER BY medicines DESC, patient

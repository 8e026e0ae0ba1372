// title: Patients who were not seen for long
// question: Which living patients had no encounter in the last two years?
// audience: quality teams, clinicians
// topic: care delivery
// note: A partial date counts from its first day.
// parameter: at date = today [none] the day at which it is asked
// parameter: since date = at - P2Y [none] an encounter on this day or later counts as seen
// column: patient string [none] the patient's key
// column: latest date [none] day of the latest encounter, if there is any
MATCH (p:Patient)
WHERE (p.deceased IS NULL OR p.deceased = 'false')
OPTIONAL MATCH (p)-[:HAS_ENCOUNTER]->(f:Encounter)
WHERE f.revisionTo IS NULL AND f.status IN ['arrived', 'triaged', 'in-progress', 'onleave', 'finished']
  AND f.start IS NOT NULL
  AND left(f.start + '-01-01', 10) <= $at
WITH p.key AS patient, max(CASE WHEN f.start IS NULL THEN null ELSE left(f.start + '-01-01', 10) END) AS latest
WHERE latest IS NULL OR latest < $since
RETURN patient, latest
ORDER BY patient

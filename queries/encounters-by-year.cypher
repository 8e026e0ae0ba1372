// title: Encounters by year
// question: How many encounters took place in each year, and with how many patients?
// audience: quality teams, data teams
// topic: care delivery
// note: Planned and cancelled encounters, and those entered in error, are left out.
// column: year string [none] year of the encounter's start
// column: encounters integer [1] encounters
// column: patients integer [1] different patients
// column: perPatient decimal [1] encounters per patient seen
MATCH (p:Patient)-[:HAS_ENCOUNTER]->(f:Encounter)
WHERE f.revisionTo IS NULL AND f.status IN ['arrived', 'triaged', 'in-progress', 'onleave', 'finished']
  AND f.start IS NOT NULL
WITH left(f.start, 4) AS year, count(DISTINCT f.id) AS encounters, count(DISTINCT p.key) AS patients
RETURN year, encounters, patients, 1.0 * encounters / patients AS perPatient
ORDER BY year

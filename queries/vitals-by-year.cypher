// title: A vital sign by year
// question: How did a vital sign develop from year to year, over all patients?
// audience: quality teams, researchers
// topic: results
// note: A mean over results: who is measured more often counts more often. Results with a comparator are left out.
// parameter: tests list of concept = kgtwin:BodyMassIndexResult |Body mass index, measured or computed| [none] the
//   test; narrower ones count too
// column: year string [none] year of the result
// column: unit string [none] unit in UCUM; empty if there is none
// column: patients integer [1] different patients
// column: results integer [1] results
// column: mean decimal [as unit] mean of the results
// column: lowest decimal [as unit] lowest value
// column: highest decimal [as unit] highest value
MATCH (t:Concept)<-[:IS_A*0..20]-(u:Concept)
WHERE t.curie IN $tests
WITH DISTINCT u
MATCH (p:Patient)-[:HAS_OBSERVATION]->(o:Observation)-[:CODED_AS]->(u)
WHERE o.revisionTo IS NULL AND o.status IN ['final', 'amended', 'corrected'] AND o.value IS NOT NULL
  AND o.start IS NOT NULL AND NOT o.valueText STARTS WITH '<' AND NOT o.valueText STARTS WITH '>'
WITH DISTINCT p.key AS patient, o.id AS id, left(o.start, 4) AS year, coalesce(o.unit, '') AS unit, o.value AS value
RETURN year, unit, count(DISTINCT patient) AS patients, count(id) AS results, avg(value) AS mean,
       min(value) AS lowest, max(value) AS highest
ORDER BY year, unit

// title: Which units a test is reported in
// question: In which units do results arrive, test by test, and in which range?
// audience: data teams, quality teams
// topic: data quality
// parameter: tests list of concept = kgtwin:Result |Result of a measurement| [none] the tests; narrower ones count
//   too
// column: test concept [none] the test
// column: label string [none] its label
// column: unit string [none] unit in UCUM where it parses, else as received; empty if there is none
// column: results integer [1] results with a number
// column: patients integer [1] different patients
// column: lowest decimal [as unit] lowest value
// column: highest decimal [as unit] highest value
MATCH (t:Concept)<-[:IS_A*0..20]-(u:Concept)
WHERE t.curie IN $tests
WITH DISTINCT u
MATCH (p:Patient)-[:HAS_OBSERVATION]->(o:Observation)-[:CODED_AS]->(u)
WHERE o.revisionTo IS NULL AND o.status IN ['final', 'amended', 'corrected'] AND o.value IS NOT NULL
RETURN u.curie AS test, u.label AS label, coalesce(o.unit, '') AS unit, count(DISTINCT o.id) AS results,
       count(DISTINCT p.key) AS patients,
       min(o.value) AS lowest, max(o.value) AS highest
ORDER BY test, results DESC, unit

// title: How a test has changed
// question: How did each patient's results of a test change between the first and the latest of a time, unit by
//   unit?
// audience: clinicians, researchers
// topic: results
// note: Results with a comparator (<15) are left out. A partial date counts from its first day.
// parameter: tests list of concept = kgtwin:EstimatedGFR |Estimated glomerular filtration rate, indexed to body
//   surface| [none] the test; narrower ones count too
// parameter: at date = today [none] the day at which it is asked
// parameter: since date = at - P5Y [none] first day that counts
// parameter: least integer = 2 [1] fewest results of a patient
// column: patient string [none] the patient's key
// column: unit string [none] unit in UCUM; empty if there is none
// column: results integer [1] results
// column: firstDay date [none] day of the first
// column: firstValue decimal [as unit] its value, the mean of several at that time
// column: latestDay date [none] day of the latest
// column: latestValue decimal [as unit] its value, the mean of several at that time
// column: change decimal [as unit] latest less first
// column: lowest decimal [as unit] lowest value
// column: highest decimal [as unit] highest value
MATCH (t:Concept)<-[:IS_A*0..20]-(u:Concept)
WHERE t.curie IN $tests
WITH DISTINCT u
MATCH (p:Patient)-[:HAS_OBSERVATION]->(o:Observation)-[:CODED_AS]->(u)
WHERE o.revisionTo IS NULL AND o.status IN ['final', 'amended', 'corrected'] AND o.value IS NOT NULL
  AND o.start IS NOT NULL AND left(o.start + '-01-01', 10) >= $since AND left(o.start + '-01-01', 10) <= $at
  AND NOT o.valueText STARTS WITH '<' AND NOT o.valueText STARTS WITH '>'
WITH DISTINCT p.key AS patient, o.id AS id, coalesce(o.unit, '') AS unit, left(o.start, 19) AS moment,
     o.value AS value
WITH patient, unit, count(id) AS results, min(moment) AS first, max(moment) AS latest, min(value) AS lowest,
     max(value) AS highest,
     collect({moment: moment, value: value}) AS found
WHERE results >= $least
UNWIND found AS one
WITH patient, unit, results, first, latest, lowest, highest,
     avg(CASE WHEN one.moment = first THEN one.value ELSE null END) AS a,
     avg(CASE WHEN one.moment = latest THEN one.value ELSE null END) AS b
RETURN patient, unit, results, left(first + '-01-01', 10) AS firstDay, a AS firstValue,
       left(latest + '-01-01', 10) AS latestDay,
       b AS latestValue, b - a AS change, lowest, highest
ORDER BY patient, unit

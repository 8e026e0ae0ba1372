// title: Immunisation coverage
// question: What share of the living patients of 65 and over had the vaccine (influenza, if nothing else is said) in
//   the last twelve months?
// audience: quality teams, researchers
// topic: care delivery
// note: Doses recorded as not done do not count. A partial date counts from its first day.
// parameter: vaccines list of concept = cvx:140 |Influenza, seasonal, injectable, preservative free| [none] the
//   vaccines
// parameter: at date = today [none] the day at which it is asked
// parameter: since date = at - P1Y [none] a dose on this day or later counts
// parameter: bornUntil date = at - P65Y [none] who was born by this day is 65 or older
// parameter: doses integer = 1 [1] fewest doses, each on a day of its own
// column: sex string [none] administrative sex, or unknown
// column: patients integer [1] patients of that age
// column: immunised integer [1] those with so many doses
// column: percent decimal [%] their share
MATCH (p:Patient)
WHERE (p.deceased IS NULL OR p.deceased = 'false') AND p.birthDate IS NOT NULL
  AND left(p.birthDate + '-01-01', 10) <= $bornUntil
OPTIONAL MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $vaccines
WITH DISTINCT p, c
OPTIONAL MATCH (p)-[:HAS_IMMUNIZATION]->(f:Immunization)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND f.status = 'completed' AND f.start IS NOT NULL
  AND left(f.start + '-01-01', 10) >= $since
  AND left(f.start + '-01-01', 10) <= $at
WITH p.key AS patient, coalesce(p.gender, 'unknown') AS sex, count(DISTINCT left(f.start, 10)) AS given
WITH sex, count(patient) AS patients, sum(CASE WHEN given >= $doses THEN 1 ELSE 0 END) AS immunised
RETURN sex, patients, immunised, 100.0 * immunised / patients AS percent
ORDER BY sex

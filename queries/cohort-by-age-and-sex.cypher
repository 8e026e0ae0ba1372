// title: A cohort by age and sex
// question: How many living patients have one of these conditions at this day, by age and administrative sex?
// audience: researchers, quality teams
// topic: cohorts
// note: Status and verification are those of now; onset, end, age and death are those of the day. A partial date
//   counts from its first day.
// parameter: conditions list of concept = kgtwin:DiabetesMellitus |Diabetes mellitus| [none] the conditions;
//   narrower ones count too
// parameter: at date = today [none] the day at which it is asked
// parameter: age18 date = at - P18Y [none] who was born by this day is 18 or older
// parameter: age40 date = at - P40Y [none] who was born by this day is 40 or older
// parameter: age65 date = at - P65Y [none] who was born by this day is 65 or older
// parameter: age80 date = at - P80Y [none] who was born by this day is 80 or older
// column: sex string [none] administrative sex, or unknown
// column: ages string [a] age in whole years, or unknown
// column: patients integer [1] different patients
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $conditions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND (f.status IS NULL OR f.status IN ['active', 'recurrence', 'relapse'])
  AND (f.verification IS NULL OR f.verification = 'confirmed')
  AND (f.start IS NULL OR left(f.start + '-01-01', 10) <= $at)
  AND (f.`end` IS NULL OR left(f.`end` + '-99-99', 10) >= $at)
  AND (p.deceased IS NULL OR (p.deceased <> 'true' AND left(p.deceased + '-01-01', 10) > $at))
WITH DISTINCT p.key AS patient, p.gender AS gender,
     CASE WHEN p.birthDate IS NULL THEN null ELSE left(p.birthDate + '-01-01', 10) END AS born
RETURN coalesce(gender, 'unknown') AS sex,
       CASE WHEN born IS NULL THEN 'unknown' WHEN born <= $age80 THEN '80 or over' WHEN born <= $age65 THEN '65 to 79'
            WHEN born <= $age40 THEN '40 to 64' WHEN born <= $age18 THEN '18 to 39' ELSE 'under 18' END AS ages,
       count(DISTINCT patient) AS patients
ORDER BY sex, ages

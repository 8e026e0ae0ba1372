// title: Deaths by year and sex
// question: How many patients are recorded as dead, by year of death and administrative sex?
// audience: quality teams, researchers
// topic: cohorts
// column: year string [none] year of death, or unknown
// column: sex string [none] administrative sex, or unknown
// column: deaths integer [1] patients
MATCH (p:Patient)
WHERE p.deceased IS NOT NULL AND p.deceased <> 'false'
RETURN CASE WHEN p.deceased = 'true' THEN 'unknown' ELSE left(p.deceased, 4) END AS year,
       coalesce(p.gender, 'unknown') AS sex, count(DISTINCT p.key) AS deaths
ORDER BY year, sex

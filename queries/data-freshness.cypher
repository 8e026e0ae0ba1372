// title: How fresh the data of each source are
// question: When was the latest thing that each source told, and how much did it tell?
// audience: data teams
// topic: data quality
// note: A partial date counts from its first day.
// parameter: at date = today [none] the day at which it is asked
// column: source string [none] the source
// column: facts integer [1] current facts
// column: patients integer [1] different patients
// column: latestStart date [none] latest day, up to the asked one, on which something began
// column: latestRecorded date [none] latest day on which the source recorded something
MATCH (f:Condition|Medication|Allergy|Observation|Procedure|Immunization|FamilyHistory|Genotype|Behaviour|Encounter|
  CarePlan)
WHERE f.revisionTo IS NULL
RETURN f.source AS source, count(DISTINCT f.id) AS facts, count(DISTINCT f.patient) AS patients,
       max(CASE WHEN f.start IS NULL OR left(f.start + '-01-01', 10) > $at THEN null ELSE left(f.start + '-01-01',
         10) END) AS latestStart,
       max(CASE WHEN f.recorded IS NULL THEN null ELSE left(f.recorded + '-01-01', 10) END) AS latestRecorded
ORDER BY source

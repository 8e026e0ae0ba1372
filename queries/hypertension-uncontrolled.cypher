// title: Hypertension above target at the last reading
// question: Which living patients with hypertension had a blood pressure at or above the target at their latest
//   reading?
// audience: clinicians, quality teams
// topic: care gaps
// note: A reading is what has the same time, to the second. Times are compared as written: one time zone. Only
//   values in mm[Hg] count. Living patients only.
// parameter: conditions list of concept = kgtwin:HypertensiveDisorder |Hypertensive disorder| [none] the conditions;
//   narrower ones count too
// parameter: systolics list of concept = kgtwin:SystolicBloodPressure |Systolic blood pressure| [none] what counts
//   as systolic pressure
// parameter: diastolics list of concept = kgtwin:DiastolicBloodPressure |Diastolic blood pressure| [none] what
//   counts as diastolic pressure
// parameter: systolicFrom decimal = 140 [mm[Hg]] a systolic pressure from here on is above target
// parameter: diastolicFrom decimal = 90 [mm[Hg]] a diastolic pressure from here on is above target
// parameter: at date = today [none] the day at which it is asked
// column: patient string [none] the patient's key
// column: day date [none] day of the latest reading
// column: systolic decimal [mm[Hg]] the highest systolic pressure of that reading
// column: diastolic decimal [mm[Hg]] the highest diastolic pressure of that reading
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $conditions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_CONDITION]->(f:Condition)-[:CODED_AS]->(c)
WHERE f.revisionTo IS NULL AND (f.status IS NULL OR f.status IN ['active', 'recurrence', 'relapse'])
  AND (f.verification IS NULL OR f.verification = 'confirmed')
  AND (f.start IS NULL OR left(f.start + '-01-01', 10) <= $at)
  AND (f.`end` IS NULL OR left(f.`end` + '-99-99', 10) >= $at)
  AND (p.deceased IS NULL OR p.deceased = 'false')
WITH DISTINCT p
MATCH (s:Concept)<-[:IS_A*0..20]-(u:Concept)
WHERE s.curie IN $systolics OR s.curie IN $diastolics
WITH DISTINCT p, u.curie AS code, s.curie IN $systolics AS isSystolic
MATCH (p)-[:HAS_OBSERVATION]->(o:Observation)-[:CODED_AS]->(u:Concept)
WHERE u.curie = code AND o.revisionTo IS NULL AND o.status IN ['final', 'amended', 'corrected'] AND o.unit = 'mm[Hg]'
  AND o.value IS NOT NULL AND o.start IS NOT NULL AND left(o.start + '-01-01', 10) <= $at
WITH p.key AS patient, left(o.start, 19) AS moment, max(CASE WHEN isSystolic THEN o.value ELSE null END) AS systolic,
     max(CASE WHEN isSystolic THEN null ELSE o.value END) AS diastolic
WITH patient, max(moment) AS latest, collect({moment: moment, systolic: systolic, diastolic: diastolic}) AS readings
UNWIND readings AS reading
WITH patient, latest, reading
WHERE reading.moment = latest AND (reading.systolic >= $systolicFrom OR reading.diastolic >= $diastolicFrom)
RETURN patient, left(latest + '-01-01', 10) AS day, reading.systolic AS systolic, reading.diastolic AS diastolic
ORDER BY patient

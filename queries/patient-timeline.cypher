// title: One patient's record in the order of time
// question: What is known of this patient, in the order of time?
// audience: clinicians
// topic: one patient
// parameter: patient string [none] the patient's key, such as local|1234
// parameter: since date = 1900-01-01 [none] first day that counts; what has no date is always shown
// column: start string [none] begin as received
// column: end string [none] end as received
// column: kind string [none] kind of fact
// column: what string [none] the fact's text as received
// column: value string [none] value as received, with its unit
// column: status string [none] status as received
// column: resource string [none] FHIR resource
MATCH (p:Patient {key: $patient})-->(f:Condition|Medication|Allergy|Observation|Procedure|Immunization|FamilyHistory|
  Genotype|Behaviour|Encounter|CarePlan)
WHERE f.revisionTo IS NULL AND (f.start IS NULL OR left(f.start + '-12-31', 10) >= $since)
RETURN f.start AS start, f.`end` AS `end`, f.kind AS kind, f.display AS what, f.valueText AS value,
       f.status AS status, f.resource AS resource
ORDER BY coalesce(start, ''), kind, resource, what

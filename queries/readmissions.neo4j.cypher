// title: Readmissions within 30 days
// question: After which hospital stays was the patient admitted again within 30 days of discharge?
// audience: quality teams
// topic: time between events
// note: Which encounters are admissions is told by their type's code, because the class of an encounter (inpatient)
//   is not kept; visits to an emergency room are none. Only the next stay counts. Stays without a day are left out; a
//   stay without an end is no index stay.
// parameter: admissions list of concept = snomed:32485007 |Hospital admission (procedure)|, snomed:183452005
//   |Emergency hospital admission (procedure)|, snomed:308540004 |Inpatient stay| [none] encounters that are
//   admissions; narrower ones count too
// parameter: within integer = 30 [d] days after discharge
// column: patient string [none] the patient's key
// column: discharged date [none] last day of the stay
// column: readmitted date [none] first day of the next
// column: days integer [d] from one to the other
MATCH (k:Concept)<-[:IS_A*0..20]-(c:Concept)
WHERE k.curie IN $admissions
WITH DISTINCT c
MATCH (p:Patient)-[:HAS_ENCOUNTER]->(a:Encounter)-[:CODED_AS]->(c)
WHERE a.revisionTo IS NULL AND a.status IN ['finished', 'in-progress'] AND size(a.start) >= 10
WITH DISTINCT p.key AS patient, a.id AS id, a.status AS status, a.start AS start, a.`end` AS finish
WITH patient, collect({id: id, status: status, start: start, finish: finish}) AS stays
UNWIND stays AS one
UNWIND stays AS other
WITH patient, one, other
WHERE one.status = 'finished' AND size(one.finish) >= 10 AND one.id <> other.id
  AND left(other.start, 19) >= left(one.finish, 19)
WITH patient, one.id AS id, left(one.finish, 10) AS discharged, left(min(other.start), 10) AS readmitted
WITH DISTINCT patient, id, discharged, readmitted, duration.inDays(date(discharged), date(readmitted)).days AS days
WHERE days <= $within
RETURN patient, discharged, readmitted, days
ORDER BY patient, discharged

// title: Alert burden by statement
// question: Which statements (axioms) of the ontology fire, for how many patients, and how often per 100 active
//   medicines?
// audience: quality teams, clinicians
// topic: alerts
// note: Issues of the last inference; patients who were not evaluated have none.
// column: statement concept [none] the statement
// column: title string [none] its title
// column: kind string [none] such as drug-drug
// column: significance string [none] contraindicated, major, moderate or minor
// column: issues integer [1] issues
// column: patients integer [1] different patients
// column: per100 decimal [1] issues per 100 facts of medicines with status active
MATCH (m:Medication)
WHERE m.revisionTo IS NULL AND m.status = 'active'
WITH count(DISTINCT m.id) AS medicines
MATCH (p:Patient)-[:HAS_ISSUE]->(i:DetectedIssue)
WITH medicines, i.statement AS statement, min(i.title) AS title, i.kind AS kind, i.significance AS significance,
     count(DISTINCT i.id) AS issues, count(DISTINCT p.key) AS patients
RETURN statement, title, kind, significance, issues, patients,
       CASE WHEN medicines = 0 THEN null ELSE 100.0 * issues / medicines END AS per100
ORDER BY issues DESC, statement, significance

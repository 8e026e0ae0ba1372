// title: Issues by kind and significance
// question: How many detected issues are there of each kind and significance, and in how many patients?
// audience: quality teams, clinicians
// topic: alerts
// note: Issues of the last inference; patients who were not evaluated have none.
// column: significance string [none] contraindicated, major, moderate or minor
// column: kind string [none] such as drug-condition
// column: issues integer [1] issues
// column: patients integer [1] different patients
MATCH (p:Patient)-[:HAS_ISSUE]->(i:DetectedIssue)
RETURN i.significance AS significance, i.kind AS kind, count(DISTINCT i.id) AS issues,
       count(DISTINCT p.key) AS patients
ORDER BY issues DESC, significance, kind

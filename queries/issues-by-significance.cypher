// title: Issues by kind and significance
// question: How many detected issues are there of each kind and significance, and in how many patients?
// columns: significance, kind, issues, patients
MATCH (p:Patient)-[:HAS_ISSUE]->(i:DetectedIssue)
RETURN i.significance AS significance, i.kind AS kind, count(i.id) AS issues, count(DISTINCT p.key) AS patients
ORDER BY issues DESC, significance, kind

// title: The received resources behind each issue
// question: From which resource, version and source do the facts come that each detected issue implicates?
// audience: clinicians, quality teams
// topic: alerts
// parameter: significances list of string = contraindicated, major [none] contraindicated, major, moderate or minor
// column: patient string [none] the patient's key
// column: issue string [none] the issue's title
// column: statement concept [none] the statement that fires
// column: significance string [none] its significance
// column: resource string [none] FHIR resource
// column: version string [none] its version
// column: source string [none] where it came from
MATCH (p:Patient)-[:HAS_ISSUE]->(i:DetectedIssue)-[:IMPLICATES]->(f)
WHERE i.significance IN $significances
RETURN DISTINCT p.key AS patient, i.title AS issue, i.statement AS statement, i.significance AS significance,
       f.resource AS resource,
       f.version AS version, f.source AS source
ORDER BY patient, significance, statement, resource

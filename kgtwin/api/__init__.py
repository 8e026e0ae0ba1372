"""The HTTP doors: GraphQL, FHIR, SPARQL, Cypher, and pages for people. Thin: read, ask the service, render."""

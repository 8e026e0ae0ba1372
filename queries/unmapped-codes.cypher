// title: Codes that map to nothing
// question: Which received codes could not be mapped to a concept, so that inference cannot use them?
// audience: data teams
// topic: data quality
// note: A fact's first coding is shown. A code that is a concept of its own system but unknown to the ontology
//   counts as mapped: kgtwin unmapped lists those too.
// parameter: least integer = 1 [1] fewest facts with the code
// column: kind string [none] kind of fact
// column: system string [none] code system as received
// column: code string [none] code as received
// column: display string [none] its text as received
// column: facts integer [1] facts
// column: patients integer [1] different patients
MATCH (f:Condition|Medication|Allergy|Observation|Procedure|Immunization|FamilyHistory|Genotype|Behaviour|Encounter|
  CarePlan)
WHERE f.revisionTo IS NULL AND NOT EXISTS { MATCH (f)-[:CODED_AS]->(:Concept) }
WITH f.kind AS kind, f.system AS system, f.code AS code, min(f.display) AS display, count(DISTINCT f.id) AS facts,
     count(DISTINCT f.patient) AS patients
WHERE facts >= $least
RETURN kind, system, code, display, facts, patients
ORDER BY facts DESC, kind, code

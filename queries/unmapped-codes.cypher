// title: Codes that map to nothing
// question: Which received codes could not be mapped to a concept, so that inference cannot use them?
// columns: kind, system, code, display, facts
MATCH (f:Condition|Medication|Allergy|Observation|Procedure|Immunization|FamilyHistory|Genotype|Behaviour|Encounter|CarePlan)
WHERE f.revisionTo IS NULL AND NOT EXISTS { MATCH (f)-[:CODED_AS]->(:Concept) }
RETURN f.kind AS kind, f.system AS system, f.code AS code, f.display AS display, count(*) AS facts
ORDER BY facts DESC, kind, code

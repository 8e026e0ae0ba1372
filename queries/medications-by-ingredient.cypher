// title: Medicines with an active ingredient
// question: Which medicines in the records contain this ingredient, how often and for how many patients?
// parameter: ingredient = "rxnorm:6809" (CURIE of the ingredient)
// columns: medicine, code, status, records, patients
MATCH (:Concept {curie: $ingredient})<-[:HAS_ACTIVE_INGREDIENT]-(:Concept)<-[:CODED_AS]-(m:Medication)<-[:HAS_MEDICATION]-(p:Patient)
WHERE m.revisionTo IS NULL
RETURN m.display AS medicine, m.code AS code, m.status AS status, count(DISTINCT m.id) AS records,
       count(DISTINCT p.key) AS patients
ORDER BY records DESC, code, status

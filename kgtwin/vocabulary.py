"""The IRIs and code systems that kgtwin speaks, named once."""

from __future__ import annotations

from typing import Final

KGTWIN: Final = "https://w3id.org/kgtwin/ontology#"
SNOMED: Final = "http://snomed.info/id/"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm/"
LOINC: Final = "https://loinc.org/rdf/"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
PROV: Final = "http://www.w3.org/ns/prov#"
DCTERMS: Final = "http://purl.org/dc/terms/"

OWL_THING: Final = OWL + "Thing"
OWL_NOTHING: Final = OWL + "Nothing"
RDFS_LABEL: Final = RDFS + "label"

PREFIXES: Final[dict[str, str]] = {
    "kgtwin": KGTWIN,
    "snomed": SNOMED,
    "rxnorm": RXNORM,
    "loinc": LOINC,
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm/",
    "icd10": "http://hl7.org/fhir/sid/icd-10/",
    "cvx": "http://hl7.org/fhir/sid/cvx/",
    "ndc": "http://hl7.org/fhir/sid/ndc/",
    "atc": "http://www.whocc.no/atc/",
    "unii": "http://fdasis.nlm.nih.gov/",
    "mondo": "http://purl.obolibrary.org/obo/MONDO_",
    "chebi": "http://purl.obolibrary.org/obo/CHEBI_",
    "hl7route": "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration/",
    "ips": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips/",
}
"""CURIE prefix to IRI stem."""

CODE_SYSTEMS: Final[dict[str, str]] = {
    "http://snomed.info/sct": "snomed",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://loinc.org": "loinc",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/cvx": "cvx",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "http://www.whocc.no/atc": "atc",
    "http://fdasis.nlm.nih.gov": "unii",
    "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration": "hl7route",
    "http://hl7.org/fhir/v3/RouteOfAdministration": "hl7route",
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips": "ips",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
    "urn:oid:2.16.840.1.113883.6.90": "icd10cm",
    "urn:oid:2.16.840.1.113883.12.292": "cvx",
    "urn:oid:2.16.840.1.113883.5.112": "hl7route",
    "https://w3id.org/kgtwin/ontology": "kgtwin",
}
"""FHIR ``Coding.system`` to CURIE prefix."""


def kgtwin(name: str) -> str:
    """The IRI of one of our own terms.

    >>> kgtwin("takesNow")
    'https://w3id.org/kgtwin/ontology#takesNow'
    """
    return KGTWIN + name


PATIENT: Final = kgtwin("Patient")
SUBSTANCE: Final = kgtwin("Substance")
MEDICINAL_PRODUCT: Final = kgtwin("MedicinalProduct")
ROUTE: Final = kgtwin("Route")
LOCAL_ROUTE: Final = kgtwin("LocalRoute")
SYSTEMIC_ROUTE: Final = kgtwin("SystemicRoute")
RESULT: Final = kgtwin("Result")
BODY_WEIGHT: Final = kgtwin("BodyWeight")
SITUATION: Final = kgtwin("Situation")
HISTORY_OF_DISORDER: Final = kgtwin("HistoryOfDisorder")
FAMILY_HISTORY_OF_DISORDER: Final = kgtwin("FamilyHistoryOfDisorder")
SUSPECTED_DISORDER: Final = kgtwin("SuspectedDisorder")
CLINICAL_CONDITION: Final = kgtwin("ClinicalCondition")
SEVERITY: Final = kgtwin("Severity")
GENE_PHENOTYPE: Final = kgtwin("GenePhenotype")
BEHAVIOUR: Final = kgtwin("Behaviour")
ANSWERED_CONDITION: Final = kgtwin("AnsweredCondition")
FEMALE_PATIENT: Final = kgtwin("FemalePatient")
MALE_PATIENT: Final = kgtwin("MalePatient")
DETECTED_ISSUE: Final = kgtwin("PatientWithDetectedIssue")

TAKES_NOW: Final = kgtwin("takesNow")
TOOK_EVER: Final = kgtwin("tookEver")
HAS_NOW: Final = kgtwin("hasNow")
HAS_EVER: Final = kgtwin("hasEver")
FAMILY_HAS: Final = kgtwin("familyHas")
ALLERGIC_TO: Final = kgtwin("allergicTo")
INTOLERANT_TO: Final = kgtwin("intolerantTo")
HAS_LATEST_RESULT: Final = kgtwin("hasLatestResult")
HAS_VALUE: Final = kgtwin("hasValue")
HAS_PHENOTYPE: Final = kgtwin("hasPhenotype")
HAS_BEHAVIOUR: Final = kgtwin("hasBehaviour")
HAS_NOW_AS_ANSWERED: Final = kgtwin("hasNowAsAnswered")
HAS_SEVERITY: Final = kgtwin("hasSeverity")
HAS_AGE: Final = kgtwin("hasAgeInYears")
HAS_ACTIVE_INGREDIENT: Final = kgtwin("hasActiveIngredient")
HAS_ROUTE: Final = kgtwin("hasRoute")

NOT_VALIDATED: Final = (
    "kgtwin is not clinically validated. No issue found is not safety. "
    "Whoever deploys it determines its device status (MDR rule 11, FDA guidance on decision support)."
)
"""What every door says."""

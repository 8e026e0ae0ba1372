"""Patients that are invented: one FHIR bundle, decoded as any, whose copies have identifiers of their own."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

import msgspec

from kgtwin.bootstrap import load_terminology
from kgtwin.config import Settings
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.sources import fhir

SOURCE: Final = "bench"
FACTS: Final = 50
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
MEASURED: Final = (
    ("8480-6", "Systolic blood pressure", "mm[Hg]", 120),
    ("8462-4", "Diastolic blood pressure", "mm[Hg]", 80),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 1),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 4),
    ("29463-7", "Body weight", "kg", 70),
)
CONDITIONS: Final = (("44054006", "Diabetes mellitus type 2"), ("38341003", "Hypertensive disorder"))
MEDICINES: Final = (("860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet"),)


def _observation(number: int) -> dict[str, Any]:
    code, name, unit, value = MEASURED[number % len(MEASURED)]
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": code, "display": name}]},
        "effectiveDateTime": f"20{10 + number % 15}-{1 + number % 12:02}-11T08:30:00Z",
        "valueQuantity": {
            "value": value + number % 7,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }


def _condition(number: int) -> dict[str, Any]:
    code, name = CONDITIONS[number % len(CONDITIONS)]
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [{"system": SNOMED, "code": code, "display": name}]},
        "onsetDateTime": f"20{10 + number % 10}-03-01",
    }


def _medicine(number: int) -> dict[str, Any]:
    code, name = MEDICINES[number % len(MEDICINES)]
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code, "display": name}]},
        "authoredOn": "2020-05-05",
    }


def bundle(facts: int = FACTS, *, first: int = 0) -> dict[str, Any]:
    """A FHIR bundle of a patient with so many facts, seven of ten of them measurements, numbered from ``first``."""
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1950-02-03", "gender": "female"}
    entries: list[dict[str, Any]] = [patient]
    for number in range(first, first + facts):
        make = (_condition, _medicine, _condition)[number % 10] if number % 10 < 3 else _observation
        resource = make(number)
        entries.append({**resource, "id": f"r{number}", "subject": {"reference": "Patient/p"}})
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in entries]}


@cache
def _template(facts: int, first: int) -> Submission:
    terminology = load_terminology(Settings())
    data = json.dumps(bundle(facts, first=first)).encode()
    return fhir.decode(data, label="invented", source=SOURCE, terminology=terminology)


def submission(number: int, facts: int = FACTS, *, first: int = 0, version: str = "") -> Submission:
    """The bundle of patient ``number``, as decoded; ``version`` names all its versions, if they are to be others."""
    template = _template(facts, first)
    resources = tuple(_renamed(one, number, version) for one in template.resources)
    return msgspec.structs.replace(template, resources=resources, label=f"p{number}")


def key(number: int) -> str:
    """The patient's key."""
    return f"{SOURCE}|p{number}"


def _renamed(one: ResourceVersion, number: int, version: str) -> ResourceVersion:
    replace = msgspec.structs.replace
    if one.record is not None:
        record = replace(one.record, key=key(number), id=f"p{number}")
        return replace(one, resource=f"Patient/p{number}", patient=key(number), record=record)
    resource = f"{one.resource}-{number}"
    name = version or one.version
    facts = tuple(
        replace(
            fact,
            id=f"{fact.id}-{number}-{version}",
            patient=key(number),
            provenance=replace(fact.provenance, resource=resource, version=name),
        )
        for fact in one.facts
    )
    content = f"{one.content}-{version}"
    return replace(one, resource=resource, patient=key(number), version=name, content=content, facts=facts)

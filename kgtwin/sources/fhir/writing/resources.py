"""A patient's record and facts as resources: which facts are one resource, and what all resources have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from kgtwin.model.fact import Fact, FactKind, MedicationDetail, PatientRecord
from kgtwin.sources.fhir.references import ID
from kgtwin.sources.fhir.resource_types import RESOURCE_TYPES
from kgtwin.sources.fhir.writing.conditions import allergy, condition
from kgtwin.sources.fhir.writing.elements import ABSENT, Json, compact, identifier, listed
from kgtwin.sources.fhir.writing.medications import administration, request, statement
from kgtwin.sources.fhir.writing.observations import observation, report
from kgtwin.sources.fhir.writing.others import care_plan, encounter, family_history, immunization, procedure

_Write = Callable[[Sequence[Fact]], Json]

WRITERS: Final[dict[str, _Write]] = {
    "AllergyIntolerance": allergy,
    "CarePlan": care_plan,
    "Condition": condition,
    "DiagnosticReport": report,
    "Encounter": encounter,
    "FamilyMemberHistory": family_history,
    "Immunization": immunization,
    "MedicationAdministration": administration,
    "MedicationRequest": request,
    "MedicationStatement": statement,
    "Observation": observation,
    "Procedure": procedure,
}
"""By resource type."""

_TYPES: Final = {
    FactKind.ALLERGY: "AllergyIntolerance",
    FactKind.CARE_PLAN: "CarePlan",
    FactKind.CONDITION: "Condition",
    FactKind.ENCOUNTER: "Encounter",
    FactKind.FAMILY_HISTORY: "FamilyMemberHistory",
    FactKind.IMMUNIZATION: "Immunization",
    FactKind.PROCEDURE: "Procedure",
}
_BY_PATIENT: Final = frozenset({"AllergyIntolerance", "FamilyMemberHistory", "Immunization"})
_RECORDED: Final = ("recordedDate", "authoredOn", "dateAsserted", "issued", "recorded", "date", "created")
"""The elements that say when a resource was recorded; some types have none."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def to_line(resource: Json) -> bytes:
    """A resource as one line of JSON, its numbers with the digits that they were received with."""
    return _ENCODER.encode(resource)


def resources_of(facts: Iterable[Fact]) -> list[Json]:
    """The resources that state a patient's facts; those of one resource version are one resource."""
    together: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        together.setdefault((fact.provenance.resource, fact.provenance.version), []).append(fact)
    return [_resource(group) for group in together.values()]


def _resource(facts: Sequence[Fact]) -> Json:
    fact = facts[0]
    kind, _, identifier_ = name_of(fact.provenance.resource, type_of(fact)).partition("/")
    body = WRITERS[kind]([_renamed(one) for one in facts])
    subject = {"reference": f"Patient/{id_of(fact.patient.partition('|')[2])}"}
    return {
        "resourceType": kind,
        "id": identifier_,
        "meta": _meta(fact, body),
        "patient" if kind in _BY_PATIENT else "subject": subject,
        **body,
    }


def _meta(fact: Fact, body: Json) -> Json:
    """``lastUpdated`` is when it was recorded where no element of the resource says so."""
    recorded = fact.provenance.recorded
    elsewhere = any(body.get(name) == recorded for name in _RECORDED)
    return compact(versionId=fact.provenance.version, lastUpdated=None if elsewhere else recorded)


def type_of(fact: Fact) -> str:
    """The resource type that states a fact: the one it came from, else the one of its kind."""
    received = fact.provenance.resource.partition("/")[0]
    if received in WRITERS:
        return received
    if isinstance(fact.detail, MedicationDetail):
        return f"Medication{fact.detail.origin.capitalize()}"
    return _TYPES.get(fact.kind, "Observation")


def name_of(resource: str, kind: str) -> str:
    """A resource's name; one that FHIR does not know, such as a row of a table, is named after it.

    >>> name_of("Condition/c1", "Condition"), name_of("condition_occurrence/7", "Condition")
    ('Condition/c1', 'Condition/condition-occurrence-7')
    """
    received, _, identifier_ = resource.partition("/")
    return resource if received in RESOURCE_TYPES and ID.fullmatch(identifier_) else f"{kind}/{id_of(resource)}"


def id_of(text: str) -> str:
    """A FHIR id: the text, where it is one."""
    return text if ID.fullmatch(text) else re.sub(r"[^A-Za-z0-9.-]", "-", text)[-64:]


def _renamed(fact: Fact) -> Fact:
    """The fact, with FHIR names for what it refers to."""
    encounter = None if fact.encounter is None else name_of(fact.encounter, "Encounter")
    reasons = tuple(name_of(reason, "Condition") if "/" in reason else reason for reason in fact.reasons)
    if (encounter, reasons) == (fact.encounter, fact.reasons):
        return fact
    return msgspec.structs.replace(fact, encounter=encounter, reasons=reasons)


def patient_resource(record: PatientRecord) -> Json:
    """A Patient; of one who is known by key alone, only the id."""
    origin = record.provenance
    died = record.deceased
    meta = {} if origin is None else compact(versionId=origin.version, lastUpdated=origin.recorded)
    return compact(
        resourceType="Patient",
        id=id_of(record.id),
        meta=meta or None,
        active=record.active,
        identifier=listed(identifier(one) for one in record.identifiers),
        name=None if record.name is None else [{"text": record.name}],
        gender=record.gender,
        birthDate=record.birth_date,
        deceasedBoolean=died if isinstance(died, bool) else None,
        deceasedDateTime=died if isinstance(died, str) else None,
        link=listed(_link(key) for key in record.links),
    )


def _link(key: str) -> Json:
    """Another record of the same person; how they relate is not kept."""
    return {"other": {"reference": f"Patient/{id_of(key.partition('|')[2])}"}, "_type": ABSENT}

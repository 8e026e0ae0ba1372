"""Facts for tests, with as little said as possible."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.fact import (
    AllergyDetail,
    Fact,
    FactKind,
    MedicationDetail,
    PatientRecord,
    Provenance,
    Quantity,
    fact_id,
)
from kgtwin.model.time import Period

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
PATIENT = "local|p1"


def coded(concept: str, name: str = "") -> Coded:
    """A concept under its own code."""
    return Coded((Coding(None, concept.rsplit(":", maxsplit=1)[-1], name or concept),), (Match(concept),))


def fact(kind: FactKind, resource: str, concept: str, **fields: Any) -> Fact:
    """A fact whose provenance is its resource's name."""
    provenance = Provenance("local", resource, "1")
    return Fact(
        id=fact_id(PATIENT, provenance),
        patient=PATIENT,
        kind=kind,
        code=coded(concept),
        provenance=provenance,
        **fields,
    )


def order(resource: str = "MedicationRequest/m1", concept: str = "rxnorm:6809", **fields: Any) -> Fact:
    """A medication order; ``status``, ``when`` and the detail's fields may be given."""
    status = fields.pop("status", "active")
    when = fields.pop("when", Period("2025-01-01"))
    detail = MedicationDetail(**{"origin": "request", "intent": "order", **fields})
    return fact(FactKind.MEDICATION, resource, concept, status=status, when=when, detail=detail)


def condition(resource: str = "Condition/c1", concept: str = "snomed:195967001", **fields: Any) -> Fact:
    """A confirmed, active condition unless said otherwise."""
    given = {"status": "active", "verification": "confirmed", "when": Period("2020-01-01"), **fields}
    return fact(FactKind.CONDITION, resource, concept, **given)


def allergy(resource: str = "AllergyIntolerance/a1", concept: str = "rxnorm:7980", **fields: Any) -> Fact:
    """A confirmed, active allergy unless said otherwise."""
    detail = AllergyDetail(type=fields.pop("type", "allergy"))
    given = {"status": "active", "verification": "confirmed", "detail": detail, **fields}
    return fact(FactKind.ALLERGY, resource, concept, **given)


def result(resource: str, concept: str, value: Quantity, **fields: Any) -> Fact:
    """A final result."""
    given = {"status": "final", "when": Period("2026-01-01"), **fields}
    return fact(FactKind.OBSERVATION, resource, concept, value=value, **given)


def patient(**fields: Any) -> PatientRecord:
    """The patient that all these facts are about."""
    return PatientRecord(key=PATIENT, source="local", id="p1", **fields)


def endless(one: Fact) -> None:
    """Of any condition: nothing limits how long it lasts."""

"""What FHIR R4 cannot say is named, field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from kgtwin.model.concept import Coded, Coding, Match
from kgtwin.model.fact import (
    Fact,
    FactKind,
    FamilyDetail,
    MedicationDetail,
    ObservationDetail,
    PatientRecord,
    Provenance,
    TextValue,
)
from kgtwin.model.time import Period
from kgtwin.sources.fhir.writing import patient_resource, resources_of, to_line
from kgtwin.sources.fhir.writing.checking import NAMED, UNREAD, read_again, unsaid, unsaid_of_patient
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import SNOMED
from tests.store.builders import make_fact

CODE = Coded((Coding(SNOMED, "195967001", "Asthma"),), (Match("snomed:195967001"),))


def made(resource: str, kind: FactKind, **fields: Any) -> Fact:
    fact = make_fact("p1", resource, kind=kind, code=CODE, start=None, status=fields.pop("status", "completed"))
    return msgspec.structs.replace(fact, **fields)


def lost(*facts: Fact) -> dict[str, int]:
    lines = [to_line(resource) for resource in resources_of(facts)]
    _, again = read_again(lines, "local", Terminology())
    return dict(unsaid(facts, again))


def test_nothing_is_lost_of_what_fhir_says() -> None:
    assert lost(made("Condition/1", FactKind.CONDITION, status="active")) == {}


NO_TIME = Period()


def medicine(origin: str, intent: str | None = None, when: Period = NO_TIME, **fields: Any) -> Fact:
    resource = f"Medication{origin.capitalize()}/1"
    return made(resource, FactKind.MEDICATION, detail=MedicationDetail(origin, intent, **fields), when=when)


@pytest.mark.parametrize(
    ("fact", "fields"),
    [
        (made("Procedure/1", FactKind.PROCEDURE, status=None), {"status": 1}),
        (made("Immunization/1", FactKind.IMMUNIZATION, status=None), {UNREAD: 1}),
        (made("Immunization/1", FactKind.IMMUNIZATION, when=Period("2020", "2021")), {"when": 1}),
        (medicine("request"), {UNREAD: 1}),
        (medicine("administration", as_needed=True), {"detail.as_needed": 1}),
        (medicine("administration", supplied=Period("2020")), {"detail.supplied": 1}),
        (
            medicine("request", "order", Period("2020", "2021"), supplied=Period("2019")),
            {"when": 1, "provenance.recorded": 1},
        ),
        (made("Observation/1", FactKind.BEHAVIOUR, detail=ObservationDetail()), {"kind": 1}),
        (made("Observation/1", FactKind.OBSERVATION), {"detail": 1}),
        (
            made("Observation/1", FactKind.OBSERVATION, detail=ObservationDetail(), reasons=("Condition/c",)),
            {"reasons": 1},
        ),
        (
            made("Observation/1", FactKind.OBSERVATION, detail=ObservationDetail(), verification="confirmed"),
            {"verification": 1},
        ),
        (
            made("FamilyMemberHistory/1", FactKind.FAMILY_HISTORY, detail=FamilyDetail(), when=Period("2020")),
            {UNREAD: 1},
        ),
        (
            made("Procedure/1", FactKind.PROCEDURE, when=Period("2020"), value=TextValue("x", "performedString")),
            {"value": 1},
        ),
        (
            made("condition_occurrence/7", FactKind.CONDITION, status="active", encounter="visit_occurrence/3"),
            {NAMED: 1, "encounter": 1},
        ),
    ],
    ids=lambda value: value.provenance.resource if isinstance(value, Fact) else "",
)  # fmt: skip
def test_what_fhir_does_not_say_is_named(fact: Fact, fields: dict[str, int]) -> None:
    assert lost(fact) == fields


def test_rows_of_tables_get_fhir_names_that_still_refer_to_each_other() -> None:
    visit = made("visit_occurrence/3", FactKind.ENCOUNTER)
    condition = made("condition_occurrence/7", FactKind.CONDITION, encounter="visit_occurrence/3")
    first, second = resources_of([visit, condition])
    assert (first["resourceType"], first["id"]) == ("Encounter", "visit-occurrence-3")
    assert second["encounter"] == {"reference": "Encounter/visit-occurrence-3"}


def test_what_mappings_add_is_no_loss() -> None:
    mapped = Coded(CODE.codings, (*CODE.matches, Match("mondo:0004979", via="set")), None)
    fact = made("Condition/1", FactKind.CONDITION, code=mapped)
    assert lost(fact) == {}
    assert lost(msgspec.structs.replace(fact, status="x")) == {}


def test_the_code_of_a_panel_is_unknown_and_required() -> None:
    """Facts hold the components' codes alone; FHIR requires one of the whole."""
    provenance = Provenance("local", "Observation/1", "1", "component[0]")
    fact = made("Observation/1", FactKind.OBSERVATION, detail=ObservationDetail(), provenance=provenance)
    (resource,) = resources_of([fact])
    assert resource["code"]["extension"][0]["valueCode"] == "unknown"


PATIENT = PatientRecord(
    key="local|p1", source="local", id="p1", name="Ada", provenance=Provenance("local", "Patient/p1", "1")
)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (lambda record: record, {}),
        (lambda record: msgspec.structs.replace(record, links=("ward|9",)), {"patient.links": 1}),
        (
            lambda record: msgspec.structs.replace(record, provenance=Provenance("local", "person/1", "1")),
            {"patient.provenance": 1},
        ),
        (lambda record: PatientRecord(key="local|p1", source="local", id="p1", received=False), {}),
    ],
)
def test_patients(change: Callable[[PatientRecord], PatientRecord], fields: dict[str, int]) -> None:
    record = change(PATIENT)
    found, _ = read_again([to_line(patient_resource(record))], "local", Terminology())
    assert dict(unsaid_of_patient(record, found)) == fields

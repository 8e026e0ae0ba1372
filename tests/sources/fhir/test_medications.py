from __future__ import annotations

from typing import Any

import pytest

from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.submission import Submission
from kgtwin.model.time import Period
from tests.sources.fhir.build import (
    IBUPROFEN,
    PATIENT,
    RXNORM,
    SNOMED,
    UCUM,
    bundle,
    concept,
    fact,
    facts,
    problem,
    resource,
    submit,
)

ORAL = concept(SNOMED, "26643006", "Oral route")
INTRAVENOUS = concept(SNOMED, "47625008", "Intravenous route")


def order(**fields: Any) -> dict[str, Any]:
    return {"status": "active", "intent": "order", "medicationCodeableConcept": IBUPROFEN, **fields}


def detail(found: Fact) -> MedicationDetail:
    assert isinstance(found.detail, MedicationDetail)
    return found.detail


def test_a_request() -> None:
    found = fact(
        "MedicationRequest",
        **order(
            authoredOn="2020-01-05",
            doNotPerform=True,
            dosageInstruction=[{"text": "with food", "asNeededBoolean": True, "route": ORAL}],
            reasonReference=[{"reference": "Condition/c1"}],
            reasonCode=[concept(SNOMED, "195967001")],
        ),
    )
    assert found.kind is FactKind.MEDICATION
    assert found.code.concepts == ("rxnorm:5640",)
    assert (found.status, found.when) == ("active", Period("2020-01-05"))
    assert found.reasons == ("Condition/c1", "snomed:195967001")
    assert found.provenance.recorded == "2020-01-05"
    d = detail(found)
    assert (d.origin, d.intent, d.do_not_perform, d.as_needed, d.dosage) == (
        "request",
        "order",
        True,
        True,
        "with food",
    )
    assert d.route is not None
    assert d.route.concepts == ("snomed:26643006",)


@pytest.mark.parametrize(
    ("dosages", "as_needed"),
    [
        ([], False),
        ([{}], False),
        ([{"asNeededBoolean": True}], True),
        ([{"asNeededCodeableConcept": {"text": "pain"}}], True),
        ([{"asNeededBoolean": True}, {"asNeededBoolean": False}], False),
    ],
)
def test_as_needed_only_where_every_dose_is(dosages: list[dict[str, Any]], as_needed: bool) -> None:
    assert detail(fact("MedicationRequest", **order(dosageInstruction=dosages))).as_needed is as_needed


def test_routes_of_several_doses_hold_together() -> None:
    route = detail(
        fact("MedicationRequest", **order(dosageInstruction=[{"route": ORAL}, {"route": INTRAVENOUS}]))
    ).route
    assert route is not None
    assert route.concepts == ("snomed:26643006", "snomed:47625008")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("MedicationStatement", {"effectivePeriod": {"start": "2020", "end": "2021"}, "dateAsserted": "2022"}),
        ("MedicationAdministration", {"effectivePeriod": {"start": "2020", "end": "2021"}}),
    ],
)
def test_statements_and_administrations(kind: str, fields: dict[str, Any]) -> None:
    found = fact(kind, status="completed", medicationCodeableConcept=IBUPROFEN, **fields)
    assert found.when == Period("2020", "2021")
    assert detail(found).origin == kind.removeprefix("Medication").lower()
    assert detail(found).intent is None


def test_an_administration_at_an_instant_and_a_statement_from_then_on() -> None:
    fields = {"status": "completed", "medicationCodeableConcept": IBUPROFEN, "effectiveDateTime": "2020-01-05"}
    assert fact("MedicationAdministration", **fields).when == Period("2020-01-05", "2020-01-05")
    assert fact("MedicationStatement", **fields).when == Period("2020-01-05")


MEDICATION = {
    "resourceType": "Medication",
    "id": "m1",
    "code": concept(RXNORM, "5640"),
    "ingredient": [
        {"itemCodeableConcept": concept(RXNORM, "1191", "Aspirin"), "isActive": True},
        {"itemCodeableConcept": concept(RXNORM, "2670", "Codeine")},
        {"itemCodeableConcept": {"text": "starch"}, "isActive": False},
    ],
}


def referring(reference: str, **fields: Any) -> dict[str, Any]:
    return resource(
        "MedicationRequest", status="active", intent="order", medicationReference={"reference": reference}, **fields
    )


@pytest.mark.parametrize("reference", ["Medication/m1", "urn:uuid:m1", "http://example.org/fhir/Medication/m1"])
def test_a_medication_of_the_bundle(reference: str) -> None:
    (found,) = facts(MEDICATION, referring(reference))
    assert found.code.concepts == ("rxnorm:5640",)
    assert [i.concepts for i in detail(found).ingredients] == [("rxnorm:1191",), ("rxnorm:2670",)]


def test_a_contained_medication() -> None:
    (found,) = facts(referring("#m1", contained=[{"resourceType": "Organization", "id": "o", "code": 5}, MEDICATION]))
    assert found.code.concepts == ("rxnorm:5640",)
    assert len(detail(found).ingredients) == 2


def rejected(submission: Submission) -> list[tuple[str | None, bool]]:
    return [(p.location.field, p.rejected) for p in submission.problems]


def test_a_medication_that_is_nowhere_keeps_the_fact() -> None:
    request = referring("Medication/m9")
    request["medicationReference"]["display"] = "some tablets"
    submission = submit(bundle(PATIENT, request))
    assert rejected(submission) == [("medicationReference", False)]
    (found,) = submission.resources[1].facts
    assert (found.code.text, found.code.codings) == ("some tablets", ())


@pytest.mark.parametrize("contained", [[], [{"resourceType": "Medication", "id": "m2"}]])
def test_a_contained_medication_that_is_not_there(contained: list[Any]) -> None:
    submission = submit(bundle(PATIENT, referring("#m1", contained=contained)))
    assert rejected(submission) == [("medicationReference.reference", True)]


def test_a_bundle_s_own_medication_comes_before_one_met_earlier() -> None:
    other = {**MEDICATION, "code": concept(RXNORM, "1191")}
    (found,) = facts(other, referring("Medication/m1"))
    assert found.code.concepts == ("rxnorm:1191",)


@pytest.mark.parametrize(
    ("fields", "field", "rejects"),
    [
        ({"status": None}, "status", True),
        ({"intent": None}, "intent", True),
        ({"medicationCodeableConcept": None}, "medication[x]", True),
        ({"status": "Active"}, "status", False),
        ({"intent": "wish"}, "intent", False),
        ({"authoredOn": "2020-02-30"}, "authoredOn", True),
        ({"doNotPerform": "no"}, "doNotPerform", True),
        ({"dosageInstruction": {}}, "dosageInstruction", True),
        ({"dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"end": "x"}}}}]}, None, True),
        ({"medicationCodeableConcept": concept(RXNORM, "x y")}, "medicationCodeableConcept", False),
    ],
)
def test_what_is_wrong(fields: dict[str, Any], field: str | None, rejects: bool) -> None:
    found, code, rejects_found = problem("MedicationRequest", **order(**fields))
    assert rejects_found is rejects
    assert found == (field or "dosageInstruction[0].timing.repeat.boundsPeriod.end")
    assert code in {"invalid-resource", "invalid-identifier"}


def days(value: int, code: str = "d") -> dict[str, Any]:
    return {"value": value, "system": UCUM, "code": code}


def bounded(value: int, sequence: int | None = None) -> dict[str, Any]:
    timing = {"repeat": {"boundsDuration": days(value)}}
    return {"timing": timing} if sequence is None else {"timing": timing, "sequence": sequence}


@pytest.mark.parametrize(
    ("dosages", "end"),
    [
        ([bounded(10)], "2020-01-14"),
        ([bounded(10, 1), bounded(5, 2)], "2020-01-19"),
        ([bounded(10, 1), bounded(5, 1)], "2020-01-14"),
        ([bounded(10), {}], None),
        ([{"timing": {"repeat": {"boundsRange": {"low": days(1), "high": days(2, "wk")}}}}], "2020-01-18"),
        ([{"timing": {"repeat": {"boundsPeriod": {"start": "2020-01-05", "end": "2020-03"}}}}], "2020-03"),
        ([bounded(-3)], None),
    ],
)
def test_a_dosage_with_an_end(dosages: list[dict[str, Any]], end: str | None) -> None:
    found = fact("MedicationRequest", **order(authoredOn="2020-01-05", dosageInstruction=dosages))
    assert found.when == Period("2020-01-05", end)
    assert detail(found).supplied == (Period("2020-01-05", end) if end else None)


@pytest.mark.parametrize(
    ("dispense", "supplied"),
    [
        ({"expectedSupplyDuration": days(30)}, Period("2020-01-05", "2020-02-03")),
        ({"expectedSupplyDuration": days(30), "numberOfRepeatsAllowed": 2}, Period("2020-01-05", "2020-04-03")),
        ({"validityPeriod": {"start": "2020-02-01", "end": "2020-03-01"}}, Period("2020-02-01", "2020-03-01")),
        ({}, None),
    ],
)
def test_a_supply_is_no_end(dispense: dict[str, Any], supplied: Period | None) -> None:
    found = fact("MedicationRequest", **order(authoredOn="2020-01-05", dispenseRequest=dispense))
    assert found.when == Period("2020-01-05")
    assert detail(found).supplied == supplied

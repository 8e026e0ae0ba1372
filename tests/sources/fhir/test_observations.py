from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from kgtwin.model.concept import Coding
from kgtwin.model.fact import (
    BooleanValue,
    CodedValue,
    FactKind,
    ObservationDetail,
    PeriodValue,
    Quantity,
    QuantityRange,
    Ratio,
    TextValue,
    Value,
)
from kgtwin.model.time import Period
from tests.sources.fhir.build import (
    LOINC,
    PATIENT,
    POTASSIUM,
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

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
MMOL = {"unit": "mmol/L", "system": UCUM, "code": "mmol/L"}
FIVE = Quantity(Decimal("5"), None, "mmol/L", UCUM, "mmol/L", "mmol/L")


def final(**fields: Any) -> dict[str, Any]:
    return {"status": "final", "code": POTASSIUM, **fields}


def test_a_result() -> None:
    found = fact(
        "Observation",
        **final(
            category=[concept(CATEGORY, "laboratory")],
            effectiveDateTime="2020-01-05T08:00:00Z",
            issued="2020-01-06T08:00:00Z",
            valueQuantity={"value": 7.0, "comparator": "<", **MMOL},
            interpretation=[concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H")],
            referenceRange=[{"low": {"value": 3.5, **MMOL}, "high": {"value": 5.1, **MMOL}}],
        ),
    )
    assert found.kind is FactKind.OBSERVATION
    assert found.code.concepts == ("loinc:2823-3",)
    assert found.when == Period("2020-01-05T08:00:00Z", "2020-01-05T08:00:00Z")
    assert found.value == Quantity(Decimal("7.0"), "<", "mmol/L", UCUM, "mmol/L", "mmol/L")
    detail = found.detail
    assert isinstance(detail, ObservationDetail)
    assert (detail.categories, detail.issued) == (("laboratory",), "2020-01-06T08:00:00Z")
    assert detail.interpretation[0].codings[0].code == "H"
    low = detail.reference[0].low
    assert low is not None
    assert low.value == Decimal("3.5")
    assert found.provenance.recorded == "2020-01-06T08:00:00Z"


@pytest.mark.parametrize("digits", ["7.00", "7", "0.70e1", "-0.0", "123456789012345678901234567890"])
def test_a_number_keeps_its_digits(digits: str) -> None:
    text = json.dumps(resource("Observation", **final(valueQuantity={"value": 12345})))
    data = text.replace("12345", digits).encode()
    (found,) = submit(data).resources[0].facts
    assert isinstance(found.value, Quantity)
    assert str(found.value.value) == str(Decimal(digits))


@pytest.mark.parametrize(
    ("field", "received", "value"),
    [
        ("valueQuantity", {"value": 5, **MMOL}, FIVE),
        ("valueQuantity", {"unit": "mmol/L"}, None),
        ("valueString", "cloudy", TextValue("cloudy")),
        ("valueString", "", TextValue("")),
        ("valueBoolean", False, BooleanValue(False)),
        ("valueInteger", 0, Quantity(Decimal(0))),
        ("valueRange", {"low": {"value": 5, **MMOL}}, QuantityRange(FIVE)),
        ("valueRatio", {"numerator": {"value": 5, **MMOL}, "denominator": None}, Ratio(FIVE)),
        ("valueTime", "10:00:00", TextValue("10:00:00", "time")),
        ("valueDateTime", "2020-05", PeriodValue(Period("2020-05", "2020-05"))),
        ("valuePeriod", {"start": "2020"}, PeriodValue(Period("2020"))),
        (
            "valueSampledData",
            {"period": 10.0, "data": "1 2 E", "dimensions": 1},
            TextValue('{"data":"1 2 E","dimensions":1,"period":10.0}', "SampledData"),
        ),
    ],
)
def test_every_value(field: str, received: Any, value: Value | None) -> None:
    assert fact("Observation", **final(**{field: received})).value == value


def test_a_coded_value() -> None:
    value = fact("Observation", **final(valueCodeableConcept=concept(SNOMED, "266919005", "Never smoker"))).value
    assert isinstance(value, CodedValue)
    assert value.value.concepts == ("snomed:266919005",)
    assert value.value.codings == (Coding(SNOMED, "266919005", "Never smoker"),)


def test_a_reason_for_no_value() -> None:
    found = fact("Observation", **final(dataAbsentReason={"text": "clotted"}))
    assert found.value is None
    assert isinstance(found.detail, ObservationDetail)
    assert found.detail.absent is not None
    assert found.detail.absent.text == "clotted"


PRESSURE = [
    {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 140, "system": UCUM, "code": "mm[Hg]"}},
    {"code": concept(LOINC, "8462-4"), "dataAbsentReason": {"text": "not heard"}},
]


def test_components_are_facts_and_share_what_is_around_them() -> None:
    found = facts(resource("Observation", **final(component=PRESSURE, effectiveDateTime="2020")))
    assert [f.provenance.part for f in found] == ["component[0]", "component[1]"]
    assert [f.code.concepts for f in found] == [("loinc:8480-6",), ("loinc:8462-4",)]
    assert {(f.status, f.when) for f in found} == {("final", Period("2020", "2020"))}
    assert len({f.id for f in found}) == 2


@pytest.mark.parametrize("more", [{"valueString": "x"}, {"dataAbsentReason": {"text": "x"}}])
def test_the_whole_is_a_fact_beside_its_components_where_it_says_something(more: dict[str, Any]) -> None:
    found = facts(resource("Observation", **final(component=PRESSURE, **more)))
    assert [f.provenance.part for f in found] == ["", "component[0]", "component[1]"]


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("social-history", FactKind.BEHAVIOUR),
        ("GE", FactKind.GENOTYPE),
        ("genomics", FactKind.GENOTYPE),
        ("vital-signs", FactKind.OBSERVATION),
    ],
)
def test_kinds(category: str, kind: FactKind) -> None:
    assert fact("Observation", **final(category=[concept(CATEGORY, category)])).kind is kind


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        ({"effectiveInstant": "2020-01-05T08:00:00Z"}, Period("2020-01-05T08:00:00Z", "2020-01-05T08:00:00Z")),
        ({"effectivePeriod": {"start": "2020"}}, Period("2020")),
        ({"effectiveTiming": {"event": ["2021", "2020-05", "2020-01"]}}, Period("2020-01", "2021")),
        ({"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2020"}}}}, Period("2020")),
        ({"effectiveTiming": {}}, Period()),
        ({}, Period()),
    ],
)
def test_when(fields: dict[str, Any], when: Period) -> None:
    assert fact("Observation", **final(**fields)).when == when


@pytest.mark.parametrize(
    ("fields", "field", "rejected"),
    [
        ({"status": None}, "status", True),
        ({"code": None}, "code", True),
        ({"component": [{}]}, "component[0].code", True),
        ({"valueQuantity": {"value": "5.5", **MMOL}}, "valueQuantity.value", True),
        ({"valueQuantity": {"value": True}}, "valueQuantity.value", True),
        ({"valueQuantity": {"value": 5, "comparator": "~"}}, "valueQuantity.comparator", True),
        ({"valueQuantity": {"value": 5, "system": UCUM, "code": "furlong"}}, "valueQuantity.code", False),
        ({"valueQuantity": {"value": 5, "unit": "beats per minute"}}, "valueQuantity.unit", False),
        ({"valueString": 5}, "valueString", True),
        ({"valueString": "a", "valueBoolean": True}, "value[x]", True),
        ({"valueDateTime": "2020-02-30"}, "valueDateTime", True),
        ({"effectiveDateTime": "20.1.2020"}, "effectiveDateTime", True),
        ({"effectivePeriod": {"start": "2021", "end": "2020"}}, "effectivePeriod", False),
        ({"code": concept(LOINC, "2823-4")}, "code", False),
        ({"status": "done"}, "status", False),
        (
            {"component": [{"code": POTASSIUM, "valueQuantity": {"value": 1, "unit": "?"}}]},
            "component[0].valueQuantity.unit",
            False,
        ),
    ],
)
def test_what_is_wrong(fields: dict[str, Any], field: str, rejected: bool) -> None:
    found, _, rejects = problem("Observation", **final(**fields))
    assert (found, rejects) == (field, rejected)


@pytest.mark.parametrize("digits", ["1e400", "1e999999999999999999999"])
def test_a_number_that_measures_nothing_rejects_its_resource_alone(digits: str) -> None:
    document = json.dumps(
        bundle(PATIENT, resource("Observation", **final(valueQuantity={"value": 12345})), {**PATIENT, "id": "p2"})
    )
    submission = submit(document.replace("12345", digits).encode())
    assert [p.location.entry for p in submission.problems] == ["entry[1]"]
    assert [r.resource for r in submission.resources] == ["Patient/p1", "Patient/p2"]


def test_an_unknown_unit_keeps_the_value() -> None:
    document = bundle(PATIENT, resource("Observation", **final(valueQuantity={"value": 5, "unit": "furlongs"})))
    (found,) = submit(document).resources[1].facts
    assert found.value == Quantity(Decimal(5), None, "furlongs")


def test_what_is_observed_of_another_than_the_patient_states_nothing() -> None:
    """FHIR's ``focus``: a fetus, a donor, a device; the potassium is not the patient's."""
    told = final(valueQuantity={"value": 5, **MMOL})
    assert facts(resource("Observation", **told, focus=[{"reference": "Patient/p1"}]))
    for focus in ({"reference": "RelatedPerson/mother"}, {"reference": "Patient/fetus"}, {"display": "the donor"}):
        found = submit(bundle(PATIENT, resource("Observation", **told, focus=[focus])))
        assert [one.facts for one in found.resources if one.resource.startswith("Observation")] == [()]
        (one,) = found.problems
        assert (one.rejected, one.location.field) == (False, "focus")


def test_a_reference_range_the_wrong_way_round_is_left_out_and_reported() -> None:
    ranges = [{"low": {"value": 40, **MMOL}, "high": {"value": 10, **MMOL}}, {"high": {"value": 5, **MMOL}}]
    told = final(valueQuantity={"value": 5, **MMOL}, referenceRange=ranges)
    submission = submit(bundle(PATIENT, resource("Observation", **told)))
    (problem_,) = submission.problems
    assert (problem_.rejected, problem_.location.field) == (False, "referenceRange")
    (found,) = [one for version in submission.resources for one in version.facts]
    assert isinstance(found.detail, ObservationDetail)
    assert found.detail.reference == (QuantityRange(None, FIVE),)

"""Dosage instructions as numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kgtwin.model.fact import Dose, Fact, MedicationDetail, Quantity, QuantityRange, Ratio, fact_from_json, to_json
from kgtwin.model.time import Period
from tests.sources.fhir.build import IBUPROFEN, PATIENT, UCUM, bundle, fact, resource, submit

DAY = {"frequency": 2, "period": 1, "periodUnit": "d"}


def mg(value: Any) -> dict[str, Any]:
    return {"value": value, "unit": "mg", "system": UCUM, "code": "mg"}


def received(value: str, unit: str = "mg") -> Quantity:
    return Quantity(Decimal(value), None, unit, UCUM, unit, unit)


def order(*dosages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    told = {"status": "active", "intent": "order", "medicationCodeableConcept": IBUPROFEN, **fields}
    return {**told, "dosageInstruction": list(dosages)}


def doses(found: Fact) -> tuple[Dose, ...]:
    assert isinstance(found.detail, MedicationDetail)
    return found.detail.instructions


def test_an_amount_and_how_often() -> None:
    found = fact("MedicationRequest", **order({"timing": {"repeat": DAY}, "doseAndRate": [{"doseQuantity": mg(400)}]}))
    amount = QuantityRange(received("400"), received("400"))
    assert doses(found) == (Dose(amount=amount, frequency=2, period=Decimal(1), period_unit="d"),)


def test_ranges_maximum_and_as_needed() -> None:
    dosage = {
        "asNeededCodeableConcept": {"text": "pain"},
        "timing": {"repeat": {"frequency": 1, "frequencyMax": 3, "period": 6, "periodMax": 8, "periodUnit": "h"}},
        "doseAndRate": [{"doseRange": {"low": mg(200), "high": mg(400)}}],
        "maxDosePerPeriod": {"numerator": mg(1200), "denominator": {"value": 1, "system": UCUM, "code": "d"}},
    }
    (dose,) = doses(fact("MedicationRequest", **order(dosage)))
    assert dose.amount == QuantityRange(received("200"), received("400"))
    assert (dose.frequency, dose.frequency_max, dose.period, dose.period_max) == (1, 3, Decimal(6), Decimal(8))
    assert dose.maximum == Ratio(received("1200"), Quantity(Decimal(1), system=UCUM, code="d", ucum="d"))
    assert dose.as_needed


def test_instructions_that_follow_each_other_are_bounded_one_after_the_other() -> None:
    def step(number: int, amount: int, days: int) -> dict[str, Any]:
        bounds = {"boundsDuration": {"value": days, "system": UCUM, "code": "d"}}
        return {"sequence": number, "timing": {"repeat": bounds}, "doseAndRate": [{"doseQuantity": mg(amount)}]}

    found = fact("MedicationRequest", **order(step(1, 40, 5), step(2, 20, 5), authoredOn="2026-01-01"))
    assert [dose.bounds for dose in doses(found)] == [
        Period("2026-01-01", "2026-01-05"), Period("2026-01-05", "2026-01-10"),
    ]  # fmt: skip


def test_a_code_a_rate_and_times_of_the_day() -> None:
    coded = {"code": {"coding": [{"code": "BID"}], "text": "twice"}, "repeat": {"timeOfDay": ["08:00:00", "20:00:00"]}}
    rate = {"rateQuantity": {"value": 5, "system": UCUM, "code": "mg/h"}}
    (dose,) = doses(fact("MedicationRequest", **order({"timing": coded, "doseAndRate": [rate]})))
    assert (dose.code, dose.times) == ("BID", ("08:00:00", "20:00:00"))
    assert isinstance(dose.rate, QuantityRange)
    assert dose.rate.low == Quantity(Decimal(5), system=UCUM, code="mg/h", ucum="mg/h")


def test_what_was_given() -> None:
    told = {"status": "completed", "medicationCodeableConcept": IBUPROFEN, "effectiveDateTime": "2026-01-01"}
    (dose,) = doses(fact("MedicationAdministration", **told, dosage={"dose": mg(400)}))
    assert dose == Dose(amount=QuantityRange(received("400"), received("400")))


@pytest.mark.parametrize(
    ("dosage", "field"),
    [
        ({"doseAndRate": [{"doseQuantity": {"value": "much"}}]}, "doseAndRate[0].doseQuantity.value"),
        ({"doseAndRate": [{"doseQuantity": {**mg(1), "comparator": "~"}}]}, "doseAndRate[0].doseQuantity.comparator"),
        ({"timing": {"repeat": {"frequency": 0}}}, "timing.repeat.frequency"),
        ({"timing": {"repeat": {"frequency": 1.5}}}, "timing.repeat.frequency"),
        ({"timing": {"repeat": {"period": "daily"}}}, "timing.repeat.period"),
        ({"timing": {"repeat": {"period": 1, "periodUnit": "fortnight"}}}, "timing.repeat.periodUnit"),
        ({"maxDosePerPeriod": {"numerator": {"value": True}}}, "maxDosePerPeriod.numerator.value"),
        ({"doseAndRate": [{"doseQuantity": mg(1)}, {"doseQuantity": mg(2)}]}, ""),
    ],
)
def test_a_bad_number_is_reported_and_the_order_stays(dosage: dict[str, Any], field: str) -> None:
    submission = submit(bundle(PATIENT, resource("MedicationRequest", **order(dosage))))
    (problem,) = submission.problems
    assert not problem.rejected
    assert problem.location.field == f"dosageInstruction[0].{field}".rstrip(".")
    assert sum(len(version.facts) for version in submission.resources) == 1


@pytest.mark.parametrize("bad", [{"frequency": 2.5}, {"frequency": 0}, {"frequencyMax": -1}, {"period": -1}])
def test_a_dose_whose_timing_cannot_be_read_is_not_one_a_day(bad: dict[str, Any]) -> None:
    """FHIR's default of one time in a period is for what states none; two and a half a day are not one."""
    dosage = {"doseAndRate": [{"doseQuantity": mg(400)}], "timing": {"repeat": {**DAY, **bad}}}
    submission = submit(bundle(PATIENT, resource("MedicationRequest", **order(dosage))))
    (found,) = [fact for version in submission.resources for fact in version.facts]
    assert doses(found) == (Dose(amount=QuantityRange(received("400"), received("400"))),)


def test_the_json_is_as_it_was_where_no_dose_is_stated() -> None:
    """Versions that are digests of it stay, and what was stored before reads back."""
    found = fact("MedicationRequest", **order({"text": "as told"}))
    assert b"doses" not in to_json(found)
    assert fact_from_json(to_json(found)) == found
    assert doses(found) == ()
    with_dose = fact("MedicationRequest", **order({"doseAndRate": [{"doseQuantity": mg(2)}]}))
    assert fact_from_json(to_json(with_dose)) == with_dose

"""DRUG_EXPOSURE: origin, status, period, supply, dosage."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kgtwin.inference.realising.selection import select
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, Quantity
from kgtwin.model.time import Period
from kgtwin.vocabulary import TAKES_NOW, TOOK_EVER
from tests.inference.factory import endless
from tests.sources.omop.tables import concept, one_fact

LISINOPRIL = concept(19080128, "314076", "lisinopril 10 MG Oral Tablet", "Drug", "RxNorm", "Clinical Drug")
ROW = {
    "drug_concept_id": 19080128,
    "drug_exposure_start_date": "2020-01-01",
    "drug_exposure_end_date": "2020-01-30",
    "drug_type_concept_id": 32838,
}


def exposure(folder: Path, *concepts: dict[str, Any], **cells: Any) -> tuple[Fact, MedicationDetail]:
    fact = one_fact(folder, "drug_exposure", ROW | cells, LISINOPRIL, *concepts)
    assert isinstance(fact.detail, MedicationDetail)
    return fact, fact.detail


@pytest.mark.parametrize(
    ("kind", "origin", "intent"),
    [
        (38000177, "request", "order"),  # prescription written
        (32833, "request", "order"),  # EHR order
        (32837, "request", "plan"),  # EHR planned dispensing record
        (38000175, "statement", None),  # dispensed in pharmacy
        (32869, "statement", None),  # pharmacy claim
        (32865, "statement", None),  # patient self-report
        (38000180, "administration", None),  # inpatient administration
        (32818, "administration", None),  # EHR administration record
        (32817, "statement", None),  # EHR: no more is known
    ],
)
def test_the_type_says_where_it_comes_from(tmp_path: Path, kind: int, origin: str, intent: str | None) -> None:
    _, detail = exposure(tmp_path, drug_type_concept_id=kind)
    assert (detail.origin, detail.intent) == (origin, intent)


def test_a_type_that_is_not_known_is_read_by_its_name(tmp_path: Path) -> None:
    local = concept(2_000_000_001, "x", "Ward administration", "Type Concept", "Type Concept")
    _, detail = exposure(tmp_path, local, drug_type_concept_id=2_000_000_001)
    assert detail.origin == "administration"


def selected(fact: Fact, day: str) -> set[str]:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return {one.role for one in select([fact], at, endless)}


def test_an_exposure_counts_until_its_end_and_then_as_past(tmp_path: Path) -> None:
    fact, _ = exposure(tmp_path)
    assert (fact.status, fact.when) == ("completed", Period("2020-01-01", "2020-01-30"))
    assert selected(fact, "2019-12-31") == set()
    assert selected(fact, "2020-01-15") == {TAKES_NOW}
    assert selected(fact, "2020-02-15") == {TOOK_EVER}


def test_a_missing_end_is_unknown(tmp_path: Path) -> None:
    fact, _ = exposure(tmp_path, drug_exposure_end_date="")
    assert (fact.status, fact.when) == ("active", Period("2020-01-01"))
    assert selected(fact, "2024-01-01") == {TAKES_NOW}


def test_the_verbatim_end_is_the_end(tmp_path: Path) -> None:
    fact, _ = exposure(tmp_path, verbatim_end_date="2020-01-20")
    assert fact.when == Period("2020-01-01", "2020-01-20")


def test_the_year_9999_is_no_end(tmp_path: Path) -> None:
    fact, _ = exposure(tmp_path, drug_exposure_end_date="9999-12-31")
    assert fact.when.end is None


def test_stopped_nobody_knows_when_is_past(tmp_path: Path) -> None:
    fact, detail = exposure(tmp_path, drug_exposure_end_date="", stop_reason="cough", sig="one a day")
    assert (fact.status, detail.dosage) == ("stopped", "one a day\nstop reason: cough")
    assert selected(fact, "2024-01-01") == {TOOK_EVER}


def test_a_planned_dispensing_counts_for_nothing(tmp_path: Path) -> None:
    fact, _ = exposure(tmp_path, drug_type_concept_id=32837)
    assert selected(fact, "2020-01-15") == set()


@pytest.mark.parametrize(
    ("kind", "refills", "end"),
    [(32838, "", "2020-01-30"), (32838, 2, "2020-03-30"), (38000175, 2, "2020-01-30")],
)
def test_the_days_supplied_with_the_refills_of_an_order(tmp_path: Path, kind: int, refills: Any, end: str) -> None:
    _, detail = exposure(tmp_path, days_supply=30, refills=refills, drug_type_concept_id=kind)
    assert detail.supplied == Period("2020-01-01", end)


@pytest.mark.parametrize("days", ["", 0, -5])
def test_no_days_are_no_supply(tmp_path: Path, days: Any) -> None:
    _, detail = exposure(tmp_path, days_supply=days)
    assert detail.supplied is None


def test_quantity_and_route(tmp_path: Path) -> None:
    oral = concept(4132161, "26643006", "Oral", "Route", "SNOMED", "Qualifier Value")
    fact, detail = exposure(tmp_path, oral, quantity="30.0", route_concept_id=4132161, route_source_value="po")
    assert fact.value == Quantity(Decimal("30.0"))
    assert detail.route is not None
    assert [c.code for c in detail.route.codings] == ["26643006", "po"]


def test_a_vaccine_of_cvx_is_an_immunisation(tmp_path: Path) -> None:
    vaccine = concept(40213154, "140", "influenza, seasonal, injectable", "Drug", "CVX", "CVX")
    fact = one_fact(tmp_path, "drug_exposure", ROW | {"drug_concept_id": 40213154}, vaccine)
    assert (fact.kind, fact.status, fact.code.concepts) == (FactKind.IMMUNIZATION, "completed", ("cvx:140",))

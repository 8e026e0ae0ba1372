"""MEASUREMENT and PROCEDURE_OCCURRENCE: numbers, units, comparators, ranges, concepts, times."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kgtwin.model.fact import CodedValue, Fact, FactKind, ObservationDetail, Quantity, TextValue
from kgtwin.model.time import Period
from tests.sources.omop.tables import PERSON, concept, facts_of, one_fact, problems_of, submissions, write_tables

CREATININE = concept(3016723, "2160-0", "Creatinine", "Measurement", "LOINC", "Lab Test")
MG_DL = concept(8840, "mg/dL", "milligram per deciliter", "Unit", "UCUM", "Unit")
POSITIVE = concept(9191, "10828004", "Positive", "Meas Value", "SNOMED", "Qualifier Value")
HIGH = concept(4328749, "75540009", "High", "Meas Value", "SNOMED", "Qualifier Value")
ROW = {"measurement_concept_id": 3016723, "measurement_date": "2021-01-02"}


def result(folder: Path, **cells: Any) -> Fact:
    return one_fact(folder, "measurement", ROW | cells, CREATININE, MG_DL, POSITIVE, HIGH)


def test_a_number_with_its_unit(tmp_path: Path) -> None:
    fact = result(tmp_path, value_as_number="1.50", unit_concept_id=8840, unit_source_value="MG/DL")
    assert (fact.kind, fact.status, fact.code.concepts) == (FactKind.OBSERVATION, "final", ("loinc:2160-0",))
    assert fact.value == Quantity(Decimal("1.50"), None, "MG/DL", "http://unitsofmeasure.org", "mg/dL", "mg/dL")
    assert str(fact.value.value) == "1.50"
    assert fact.when == Period("2021-01-02", "2021-01-02")


@pytest.mark.parametrize(("unit", "ucum"), [("mEq/L", "meq/L"), ("mg/dL", "mg/dL"), ("{score}", "{score}")])
def test_a_unit_without_a_concept_is_read_as_written(tmp_path: Path, unit: str, ucum: str) -> None:
    value = result(tmp_path, value_as_number=4, unit_source_value=unit).value
    assert isinstance(value, Quantity)
    assert (value.unit, value.code, value.ucum) == (unit, None, ucum)


def test_a_unit_whose_concept_is_not_known_is_not_none(tmp_path: Path) -> None:
    """A number without a unit may be a pure number, and one in a unit that nobody knows is not."""
    unknown = result(tmp_path, value_as_number=4, unit_concept_id=2_000_000_123).value
    assert isinstance(unknown, Quantity)
    assert (unknown.code, unknown.ucum, unknown.has_no_unit) == ("2000000123", None, False)


@pytest.mark.parametrize("concept", ["", 0])
def test_a_number_without_a_unit_has_none(tmp_path: Path, concept: object) -> None:
    bare = result(tmp_path, value_as_number=4, unit_concept_id=concept).value
    assert bare == Quantity(Decimal(4))
    assert bare.has_no_unit


def test_a_unit_that_is_none_is_reported_once(tmp_path: Path) -> None:
    row = ROW | {"measurement_id": 1, "person_id": 1, "value_as_number": 4, "unit_source_value": "furlongs"}
    found = submissions(
        write_tables(tmp_path, {"person": [PERSON], "measurement": [row | {"range_low": 1}], "concept": [CREATININE]})
    )
    (problem,) = problems_of(found)
    assert (problem.location.field, problem.rejected) == ("unit_source_value", False)
    assert "measurement/1" in facts_of(found)


@pytest.mark.parametrize(
    ("operator", "received", "comparator"),
    [
        (4171754, "", "<="),
        (4171755, "", ">="),
        (4171756, "", "<"),
        (4172704, "", ">"),
        (4172703, "", None),
        (0, "<5", "<"),
        (0, ">= 5.0 mg/dL", ">="),
        (0, "<6", None),  # another number than the value: nothing is made of it
        (4172703, "<5", None),
    ],
)
def test_the_operator_is_the_comparator(tmp_path: Path, operator: int, received: str, comparator: str | None) -> None:
    value = result(tmp_path, value_as_number=5, operator_concept_id=operator, value_source_value=received).value
    assert isinstance(value, Quantity)
    assert value.comparator == comparator


def test_a_range_is_in_the_row_s_unit_and_a_concept_beside_a_number_interprets_it(tmp_path: Path) -> None:
    fact = result(
        tmp_path,
        value_as_number=5,
        unit_concept_id=8840,
        range_low="0.6",
        range_high="1.2",
        value_as_concept_id=4328749,
    )
    detail = fact.detail
    assert isinstance(detail, ObservationDetail)
    (reference,) = detail.reference
    assert reference.high is not None
    assert (reference.high.value, reference.high.ucum) == (Decimal("1.2"), "mg/dL")
    assert [coded.name for coded in detail.interpretation] == ["High"]


def test_a_range_the_wrong_way_round_is_left_out(tmp_path: Path) -> None:
    fact = result(tmp_path, value_as_number=5, unit_concept_id=8840, range_low="1.2", range_high="0.6")
    assert isinstance(fact.detail, ObservationDetail)
    assert fact.detail.reference == ()


def test_a_concept_is_the_value_where_there_is_no_number(tmp_path: Path) -> None:
    value = result(tmp_path, value_as_concept_id=9191, value_source_value="POS").value
    assert isinstance(value, CodedValue)
    assert [c.code for c in value.value.codings] == ["10828004", "POS"]


def test_the_source_s_words_are_the_value_where_there_is_nothing_else(tmp_path: Path) -> None:
    assert result(tmp_path, value_source_value="trace").value == TextValue("trace")
    assert result(tmp_path / "none").value is None


@pytest.mark.parametrize(
    ("exact", "when"),
    [
        ("2021-01-02 08:15:00", "2021-01-02T08:15:00"),
        ("2021-01-02 00:00:00", "2021-01-02"),  # midnight: the day is all that is known
        ("2021-01-02T08:15:00.5Z", "2021-01-02T08:15:00.5Z"),
        ("2021-01-02 08:15:00+01", "2021-01-02T08:15:00+01:00"),
        ("2021-01-03 08:15:00", "2021-01-02"),  # contradicts the date, which stands
        ("rubbish", "2021-01-02"),
    ],
)
def test_the_time_of_day_where_one_is_known(tmp_path: Path, exact: str, when: str) -> None:
    assert result(tmp_path, measurement_datetime=exact).when.start == when


def test_a_procedure_with_and_without_an_end(tmp_path: Path) -> None:
    surgery = concept(4336464, "232717009", "Coronary artery bypass grafting", "Procedure", "SNOMED", "Procedure")
    row = {"procedure_concept_id": 4336464, "procedure_date": "2020-05-01"}
    fact = one_fact(tmp_path / "a", "procedure_occurrence", row, surgery)
    assert (fact.kind, fact.status, fact.when) == (
        FactKind.PROCEDURE, "completed", Period("2020-05-01", "2020-05-01"),
    )  # fmt: skip
    longer = one_fact(tmp_path / "b", "procedure_occurrence", row | {"procedure_end_date": "2020-05-02"}, surgery)
    assert longer.when == Period("2020-05-01", "2020-05-02")

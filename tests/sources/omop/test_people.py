"""PERSON, DEATH, VISIT_OCCURRENCE and CONDITION_OCCURRENCE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kgtwin.model.fact import CodedValue, FactKind, Identifier, PatientRecord, TextValue
from kgtwin.model.problem import Problem
from kgtwin.model.time import Period
from tests.sources.omop.tables import (
    PERSON,
    concept,
    facts_of,
    maps_to,
    one_fact,
    problems_of,
    records_of,
    submissions,
    write_tables,
)

HYPERTENSION = concept(320128, "59621000", "Essential hypertension")
LOCAL = concept(2_000_000_005, "HTN", "High pressure", vocabulary="Our codes", s="")
OLD = concept(4028741, "38341003", "Hypertensive disorder", s="")
CONDITION = {"condition_concept_id": 320128, "condition_start_date": "2019-03-04"}


def read(folder: Path, **tables: Any) -> tuple[PatientRecord, list[Problem]]:
    found = submissions(write_tables(folder, {"concept": [], **tables}))
    return records_of(found)["omop|1"], problems_of(found)


@pytest.mark.parametrize(
    ("cells", "born"),
    [
        ({}, "1950-05-17"),
        ({"day_of_birth": ""}, "1950-05"),
        ({"month_of_birth": "", "day_of_birth": 17}, "1950"),
        ({"year_of_birth": "", "birth_datetime": "1950-05-17 00:00:00"}, "1950-05-17"),
        ({"year_of_birth": ""}, None),
        ({"day_of_birth": 31, "month_of_birth": 2}, "1950-02"),  # an impossible day
        ({"month_of_birth": 13}, "1950"),
        ({"year_of_birth": 195}, None),
        ({"year_of_birth": "1950.0", "month_of_birth": "5.0", "day_of_birth": "17.0"}, "1950-05-17"),
    ],
)
def test_a_birth_date_is_as_partial_as_it_is_known(tmp_path: Path, cells: dict[str, Any], born: str | None) -> None:
    record, problems = read(tmp_path, person=[PERSON | cells])
    assert record.birth_date == born
    assert not any(problem.rejected for problem in problems)


@pytest.mark.parametrize(
    ("cells", "gender"),
    [
        ({}, "male"),
        ({"gender_concept_id": 8532}, "female"),
        ({"gender_concept_id": 8521}, "other"),
        ({"gender_concept_id": 0, "gender_source_value": "F"}, "female"),
        ({"gender_concept_id": 0}, None),
    ],
)
def test_gender_by_concept_else_by_the_source_s_word(tmp_path: Path, cells: dict[str, Any], gender: str | None) -> None:
    record, _ = read(tmp_path, person=[PERSON | cells])
    assert record.gender == gender


def test_who_it_is_at_the_source(tmp_path: Path) -> None:
    record, _ = read(tmp_path, person=[PERSON | {"person_source_value": "MRN-7"}])
    assert (record.key, record.identifiers) == ("omop|1", (Identifier(value="MRN-7"),))


@pytest.mark.parametrize(
    ("cells", "died", "problems"),
    [
        ({"death_date": "2021-06-07"}, "2021-06-07", 0),
        ({"death_date": "2021-06-07", "death_datetime": "2021-06-07 04:05:00"}, "2021-06-07T04:05:00", 0),
        ({"death_date": ""}, True, 1),
        ({"death_date": "sometime"}, True, 1),
    ],
)
def test_a_row_of_death_is_a_dead_patient(
    tmp_path: Path, cells: dict[str, Any], died: str | bool, problems: int
) -> None:
    record, found = read(tmp_path, person=[PERSON], death=[{"person_id": 1, **cells}])
    assert record.deceased == died
    assert len(found) == problems


def test_the_cause_of_death_is_an_observation(tmp_path: Path) -> None:
    death = [{"person_id": 1, "death_date": "2021-06-07", "cause_concept_id": 320128}]
    found = submissions(write_tables(tmp_path, {"person": [PERSON], "death": death, "concept": [HYPERTENSION]}))
    fact = facts_of(found)["death/1"]
    assert fact.code.concepts == ("loinc:69453-9",)
    assert isinstance(fact.value, CodedValue)
    assert fact.value.value.concepts == ("snomed:59621000",)


def test_a_visit_is_an_encounter_that_others_belong_to(tmp_path: Path) -> None:
    visit = {
        "visit_occurrence_id": 12,
        "person_id": 1,
        "visit_concept_id": 9201,
        "visit_start_date": "2019-03-01",
        "visit_end_date": "2019-03-09",
        "visit_source_value": "ward 3",
    }
    row = {"condition_occurrence_id": 1, "person_id": 1, "visit_occurrence_id": 12, **CONDITION}
    tables = {
        "person": [PERSON],
        "visit_occurrence": [visit],
        "condition_occurrence": [row, row | {"condition_occurrence_id": 2, "visit_occurrence_id": 13}],
        "concept": [HYPERTENSION, concept(9201, "IP", "Inpatient Visit", "Visit", "Visit", "Visit")],
    }
    found = submissions(write_tables(tmp_path, tables))
    facts = facts_of(found)
    encounter = facts["visit_occurrence/12"]
    assert (encounter.kind, encounter.status, encounter.code.name) == (
        FactKind.ENCOUNTER, "finished", "Inpatient Visit",
    )  # fmt: skip
    assert encounter.when == Period("2019-03-01", "2019-03-09")
    assert facts["condition_occurrence/1"].encounter == "visit_occurrence/12"
    assert facts["condition_occurrence/2"].encounter is None
    assert [(p.location.field, p.rejected) for p in problems_of(found)] == [("visit_occurrence_id", False)]


@pytest.mark.parametrize(
    ("status", "clinical", "verification"),
    [
        (0, None, None),
        (32902, None, None),  # primary diagnosis
        (32893, None, "confirmed"),
        (32899, None, "provisional"),
        (32906, "resolved", None),
        (4188893, "inactive", None),
    ],
)
def test_the_condition_status(tmp_path: Path, status: int, clinical: str | None, verification: str | None) -> None:
    fact = one_fact(
        tmp_path, "condition_occurrence", CONDITION | {"condition_status_concept_id": status}, HYPERTENSION,
        concept(32902, "x", "Primary diagnosis", "Condition Status", "Condition Status"),
    )  # fmt: skip
    assert (fact.status, fact.verification) == (clinical, verification)


@pytest.mark.parametrize(
    ("words", "clinical", "verification"),
    [("Ruled out", None, "refuted"), ("UNCONFIRMED", None, "unconfirmed"), ("history of", "inactive", None)],
)
def test_a_condition_status_in_words(
    tmp_path: Path, words: str, clinical: str | None, verification: str | None
) -> None:
    fact = one_fact(
        tmp_path, "condition_occurrence", CONDITION | {"condition_status_source_value": words}, HYPERTENSION
    )
    assert (fact.status, fact.verification) == (clinical, verification)


def test_period_and_stop_reason(tmp_path: Path) -> None:
    cells = {"condition_end_date": "2019-04-01", "stop_reason": "cured"}
    fact = one_fact(tmp_path, "condition_occurrence", CONDITION | cells, HYPERTENSION)
    assert (fact.when, fact.value) == (Period("2019-03-04", "2019-04-01"), TextValue("cured", "stop_reason"))


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({}, ["59621000"]),
        ({"condition_source_concept_id": 320128, "condition_source_value": "59621000"}, ["59621000"]),
        ({"condition_source_concept_id": 2_000_000_005}, ["59621000", "2000000005"]),
        ({"condition_source_concept_id": 320128, "condition_source_value": "HTN2"}, ["59621000", "HTN2"]),
        ({"condition_concept_id": 4028741}, ["59621000", "38341003"]),  # not standard: what it maps to comes first
        ({"condition_concept_id": 0, "condition_source_concept_id": 4028741}, ["59621000", "38341003"]),
        ({"condition_concept_id": 0, "condition_source_value": "our HTN"}, ["our HTN"]),
        ({"condition_concept_id": 0, "condition_source_value": "snomed:38341003"}, ["38341003"]),
        ({"condition_concept_id": 0}, []),
    ],
)  # fmt: skip
def test_standard_source_and_received_codes_stand_beside_each_other(
    tmp_path: Path, cells: dict[str, Any], codes: list[str]
) -> None:
    fact = one_fact(
        tmp_path, "condition_occurrence", CONDITION | cells, HYPERTENSION, OLD, LOCAL,
        concept_relationship=[maps_to(4028741, 320128), maps_to(4028741, 99, invalid="D")],
    )  # fmt: skip
    assert [coding.code for coding in fact.code.codings] == codes

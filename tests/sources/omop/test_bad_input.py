"""What is wrong is named by file, row, column and what was expected; the other rows load."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kgtwin.model.problem import Problem
from kgtwin.sources.omop import text
from tests.sources.omop.tables import (
    PERSON,
    concept,
    facts_of,
    problems_of,
    records_of,
    submissions,
    write_tables,
)

HYPERTENSION = concept(320128, "59621000", "Essential hypertension")
GOOD = {
    "condition_occurrence_id": 1,
    "person_id": 1,
    "condition_concept_id": 320128,
    "condition_start_date": "2019-03-04",
}


def read(folder: Path, *rows: dict[str, Any], **tables: Any) -> tuple[set[str], list[Problem]]:
    """The resources of conditions that were read, and the problems."""
    written = {"person": [PERSON], "condition_occurrence": rows, "concept": [HYPERTENSION], **tables}
    found = submissions(write_tables(folder, written))
    return set(facts_of(found)), problems_of(found)


@pytest.mark.parametrize(
    ("cells", "field", "message"),
    [
        ({"condition_occurrence_id": ""}, "condition_occurrence_id", "missing"),
        ({"condition_occurrence_id": "c7"}, "condition_occurrence_id", "no integer"),
        ({"condition_occurrence_id": 1}, "condition_occurrence_id", "twice"),
        ({"person_id": ""}, "person_id", "missing"),
        ({"person_id": "Ann"}, "person_id", "no integer"),
        ({"person_id": 2**63}, "person_id", "too large"),
        ({"person_id": 77}, "person_id", "not in PERSON"),
        ({"condition_start_date": ""}, "condition_start_date", "missing"),
        ({"condition_start_date": "03/04/2019"}, "condition_start_date", "no date"),
        ({"condition_start_date": "2019-02-30"}, "condition_start_date", "impossible"),
        ({"condition_start_date": "0001-01-01"}, "condition_start_date", "stands for"),
    ],
)
def test_a_row_that_cannot_stand_is_left_out_and_the_others_load(
    tmp_path: Path, cells: dict[str, Any], field: str, message: str
) -> None:
    facts, problems = read(tmp_path, GOOD, GOOD | {"condition_occurrence_id": 2} | cells)
    (problem,) = problems
    assert facts == {"condition_occurrence/1"}
    assert problem.rejected
    assert message in problem.message
    assert problem.location.file == str(tmp_path / "CONDITION_OCCURRENCE.csv")
    assert (problem.location.entry, problem.location.field) == ("line 3", field)
    assert problem.expected


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"condition_end_date": "soon"}, "condition_end_date"),
        ({"condition_end_date": "2018-01-01"}, "condition_end_date"),  # before it starts
        ({"condition_start_datetime": "2019-03-04 25:00:00"}, "condition_start_datetime"),
        ({"condition_concept_id": "I10"}, "condition_concept_id"),
        ({"condition_concept_id": 12345}, "condition_concept_id"),  # CONCEPT has none such
        ({"visit_occurrence_id": "x"}, "visit_occurrence_id"),
    ],
)
def test_a_cell_that_is_wrong_is_reported_and_the_row_stays(tmp_path: Path, cells: dict[str, Any], field: str) -> None:
    facts, problems = read(tmp_path, GOOD | cells)
    assert facts == {"condition_occurrence/1"}
    assert [(problem.location.field, problem.rejected) for problem in problems] == [(field, False)]


@pytest.mark.parametrize("column", ["quantity", "days_supply"])
def test_a_negative_number_is_reported(tmp_path: Path, column: str) -> None:
    row = {
        "drug_exposure_id": 1,
        "person_id": 1,
        "drug_concept_id": 320128,
        "drug_exposure_start_date": "2020-01-01",
        "drug_type_concept_id": 32838,
        column: -3,
    }
    facts, problems = read(tmp_path, drug_exposure=[row])
    assert facts == {"drug_exposure/1"}
    assert [(p.location.field, p.message) for p in problems] == [(column, "a negative number")]


@pytest.mark.parametrize("value", ["1,5", "NaN", "1e500", "five", "0x10", "--1"])
def test_a_value_that_is_no_number_is_reported_and_not_guessed(tmp_path: Path, value: str) -> None:
    row = {"measurement_id": 1, "person_id": 1, "measurement_concept_id": 320128, "measurement_date": "2020-01-01"}
    written = {"person": [PERSON], "measurement": [row | {"value_as_number": value}], "concept": [HYPERTENSION]}
    found = submissions(write_tables(tmp_path, written))
    assert facts_of(found)["measurement/1"].value is None
    assert [problem.location.field for problem in problems_of(found)] == ["value_as_number"]


def test_no_problem_quotes_what_was_in_the_cell(tmp_path: Path) -> None:
    secret = "Ann-Marie"
    cells = {"condition_start_date": secret, "person_id": 1}
    _, problems = read(tmp_path, GOOD | cells, GOOD | {"person_id": secret}, GOOD | {"condition_concept_id": secret})
    assert len(problems) == 3
    assert not any(secret in str(problem) for problem in problems)


def test_a_second_person_and_a_second_death_are_left_out(tmp_path: Path) -> None:
    tables = {
        "person": [PERSON, PERSON | {"year_of_birth": 1960}],
        "death": [{"person_id": 1, "death_date": "2020-01-01"}, {"person_id": 1, "death_date": "2021-01-01"}],
    }
    found = submissions(write_tables(tmp_path, tables | {"concept": [HYPERTENSION]}))
    record = records_of(found)["omop|1"]
    assert (record.birth_date, record.deceased) == ("1950-05-17", "2020-01-01")
    assert [(p.rejected, p.location.entry) for p in problems_of(found)] == [(True, "line 3"), (True, "line 3")]


def test_an_id_of_two_persons_stays_with_the_first(tmp_path: Path) -> None:
    """Else the second would supersede the first one's fact."""
    tables = {
        "person": [PERSON, PERSON | {"person_id": 2}],
        "condition_occurrence": [GOOD | {"person_id": 2}, GOOD],
        "concept": [HYPERTENSION],
    }
    found = submissions(write_tables(tmp_path, tables))
    assert len([r for one in found for r in one.resources if r.resource == "condition_occurrence/1"]) == 1
    assert [problem.rejected for problem in problems_of(found)] == [True]


def raw(folder: Path, conditions: bytes) -> tuple[set[str], list[Problem]]:
    write_tables(folder, {"person": [PERSON], "concept": [HYPERTENSION]})
    (folder / "CONDITION_OCCURRENCE.csv").write_bytes(conditions)
    found = submissions(folder)
    return set(facts_of(found)), problems_of(found)


HEADER = b"condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_source_value\n"
LACKING = {
    "condition_start_datetime",
    "condition_end_date",
    "condition_end_datetime",
    "condition_status_concept_id",
    "stop_reason",
    "visit_occurrence_id",
    "condition_source_concept_id",
    "condition_status_source_value",
}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"2,1,320128,2019-03-04\n", "4 fields"),
        (b"2,1,320128,2019-03-04,a,b\n", "6 fields"),
        (b"2,1,320128,2019-03-04,caf\xe9\n", "not UTF-8"),
        (b'2,1,320128,2019-03-04,"x" y\n', "cannot be read"),
    ],
)
def test_a_ragged_or_undecodable_row_is_left_out(tmp_path: Path, line: bytes, message: str) -> None:
    facts, problems = raw(tmp_path, HEADER + b"1,1,320128,2019-03-04,x\n\n" + line + b"3,1,320128,2019-03-04,y\n")
    (problem,) = [problem for problem in problems if problem.rejected]
    assert facts == {"condition_occurrence/1", "condition_occurrence/3"}
    assert message in problem.message
    assert problem.location.entry == "line 4"


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    facts, problems = raw(tmp_path, HEADER + b"1,1,320128,2019-03-04,x\n")
    assert facts == {"condition_occurrence/1"}
    assert {problem.location.field for problem in problems} == LACKING
    assert not any(problem.rejected for problem in problems)


@pytest.mark.parametrize("column", [b"condition_occurrence_id", b"person_id", b"condition_concept_id"])
def test_a_table_without_its_keys_is_not_read(tmp_path: Path, column: bytes) -> None:
    facts, problems = raw(tmp_path, HEADER.replace(column, b"other") + b"1,1,320128,2019-03-04,x\n")
    assert facts == set()
    assert [p.location.field for p in problems if p.rejected] == [column.decode()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header"),
        (b"\n\n", "no header"),
        (b"\x00\x01\x02", "missing"),
        (HEADER + b'1,1,320128,2019-03-04,"never closed\n2,1,320128,2019-03-04,x\n', "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_a_problem_and_the_person_loads(tmp_path: Path, content: bytes, message: str) -> None:
    write_tables(tmp_path, {"person": [PERSON], "concept": [HYPERTENSION]})
    (tmp_path / "CONDITION_OCCURRENCE.csv").write_bytes(content)
    found = submissions(tmp_path)
    assert set(records_of(found)) == {"omop|1"}
    assert any(re.search(message, problem.message) for problem in problems_of(found))


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LINE_LIMIT", 1_000)
    facts, problems = raw(tmp_path, HEADER + b"1,1,320128,2019-03-04,x\n2,1,320128,2019-03-04," + b"y" * 2_000)
    assert facts == {"condition_occurrence/1"}
    assert any("a line of more than" in problem.message for problem in problems)


def test_two_files_of_one_table_are_not_mixed(tmp_path: Path) -> None:
    write_tables(tmp_path, {"person": [PERSON], "concept": [HYPERTENSION], "condition_occurrence": [GOOD]})
    write_tables(
        tmp_path, {"condition_occurrence": [GOOD | {"condition_occurrence_id": 2}]}, suffix=".tsv", delimiter="\t"
    )
    found = submissions(tmp_path)
    assert set(facts_of(found)) == {"condition_occurrence/1"}
    assert ["another file" in problem.message for problem in problems_of(found)] == [True]


def test_a_damaged_parquet_file_is_a_problem(tmp_path: Path) -> None:
    write_tables(tmp_path, {"person": [PERSON], "concept": [HYPERTENSION]})
    (tmp_path / "measurement.parquet").write_bytes(b"PAR1 and no more")
    found = submissions(tmp_path)
    assert set(records_of(found)) == {"omop|1"}
    assert [problem.location.file for problem in problems_of(found)] == [str(tmp_path / "measurement.parquet")]


def test_files_that_are_no_tables_are_counted(tmp_path: Path) -> None:
    write_tables(tmp_path, {"person": [PERSON], "concept": [HYPERTENSION]})
    (tmp_path / "README.md").write_text("about")
    (problem,) = problems_of(submissions(tmp_path))
    assert (problem.code, problem.message[:7], problem.rejected) == ("skipped-files", "1 files", False)

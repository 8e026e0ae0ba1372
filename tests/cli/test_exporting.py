"""``ingest`` of OMOP and ``export omop`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TESTS, Run
from tests.sources.omop.tables import PERSON, concept, write_tables

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
EXPECTED = json.loads(CASE.with_suffix(".expected.json").read_text())
WORDS = [
    concept(40163924, "860975", "metformin", "Drug", "RxNorm", "Clinical Drug"),
    concept(3049187, "33914-3", "Glomerular filtration rate", "Measurement", "LOINC", "Lab Test"),
    concept(720870, "mL/min/{1.73_m2}", "per 1.73 square meter", "Unit", "UCUM", "Unit"),
    concept(320128, "59621000", "Essential hypertension"),
]
CONDITION = {
    "condition_occurrence_id": 5,
    "person_id": 1,
    "condition_concept_id": 320128,
    "condition_start_date": "2019-03-04",
}


@pytest.fixture
def cdm(tmp_path: Path) -> Path:
    tables = {"person": [PERSON], "condition_occurrence": [CONDITION], "concept": WORDS, "concept_relationship": []}
    return write_tables(tmp_path / "cdm", tables)


def test_ingest_sees_that_a_folder_is_omop(run: Run, cdm: Path) -> None:
    done = run("ingest", cdm, "--source", "clinic")
    assert (done.code, done.err.count("rejected")) == (0, 0)
    assert "2 submissions about 1 patient: 1 new fact" in done.out
    twin = json.loads(run("twin", "clinic|1", "--json").out)
    assert [one["provenance"]["resource"] for one in twin["facts"]] == ["condition_occurrence/5"]


def test_ingesting_twice_changes_nothing_and_a_changed_row_supersedes(run: Run, cdm: Path) -> None:
    run("ingest", cdm)
    assert "2 unchanged" in run("ingest", cdm).out
    write_tables(cdm, {"condition_occurrence": [CONDITION | {"condition_end_date": "2020-01-01"}]})
    assert "1 superseded, 1 unchanged" in run("ingest", cdm).out


def test_problems_are_on_standard_error_and_in_the_exit_code(run: Run, cdm: Path) -> None:
    write_tables(cdm, {"condition_occurrence": [CONDITION, CONDITION | {"condition_start_date": "soon"}]})
    done = run("ingest", cdm)
    assert done.code == 1
    assert f"{cdm}/CONDITION_OCCURRENCE.csv line 3" in done.err


def test_fhir_and_omop_can_be_named_together(run: Run, cdm: Path) -> None:
    done = run("ingest", CASE, cdm)
    assert done.code == 0
    assert "about 2 patients" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "csv"), "auto, fhir or omop"),
        (("--format", "fhir", "--vocabulary", "x"), "a vocabulary is for OMOP"),
        (("--format", "omop", "--vocabulary", "missing"), "no such file"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(run: Run, cdm: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run("ingest", cdm, *arguments)
    assert done.code == 2
    assert message in done.err


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_twin_travels_through_omop(
    run: Run, cdm: Path, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("ingest", CASE)
    done = run("export", "omop", tmp_path / "out", "--vocabulary", cdm, "--format", form)
    assert done.code == 0
    assert "1 PERSON" in done.out
    monkeypatch.setenv("KGTWIN_STORE", f"ladybug:{tmp_path / 'other.lbdb'}")
    assert run("ingest", tmp_path / "out", "--vocabulary", cdm).code == 0
    issues = json.loads(run("infer", "--all", "--at", EXPECTED["at"], "--json").out)
    assert [issue["statement"] for issue in issues] == [row["statement"] for row in EXPECTED["issues"]]


def test_an_export_says_what_it_wrote_to_programs(run: Run, tmp_path: Path) -> None:
    run("ingest", CASE)
    done = run("export", "omop", tmp_path / "out", "--json")
    report = json.loads(done.out)
    assert report["rows"]["person"] == 1
    assert report["without_concept"] == 2


def test_an_export_as_of_a_revision(run: Run, cdm: Path, tmp_path: Path) -> None:
    run("ingest", CASE)
    run("ingest", cdm)
    run("export", "omop", tmp_path / "then", "--as-of", "1")
    run("export", "omop", tmp_path / "now")
    lines = [len((tmp_path / name / "PERSON.csv").read_text().splitlines()) for name in ("then", "now")]
    assert lines == [2, 3]


def test_an_export_writes_over_nothing(run: Run, cdm: Path, tmp_path: Path) -> None:
    run("ingest", CASE)
    before = sorted(path.name for path in cdm.iterdir())
    done = run("export", "omop", cdm)
    assert done.code == 2
    assert "something already" in done.err
    assert sorted(path.name for path in cdm.iterdir()) == before
    assert not list(tmp_path.glob("*.partial-*"))

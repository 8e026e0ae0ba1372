"""``kgtwin query``: the named queries on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TESTS, Run

CASE = TESTS / "cases" / "drug-allergy" / "aspirin-naproxen.json"
MINE = """\
# title: Mine
# question: Who is there?
# audience: data teams
# topic: tests
# parameter: sex string = female [none] administrative sex
# column: patient string [none] the key
PREFIX kgtwin: <https://w3id.org/kgtwin/ontology#>
SELECT ?patient { ?p kgtwin:key ?patient ; kgtwin:gender $sex }
"""


@pytest.fixture
def filled(run: Run) -> Run:
    assert run("ingest", CASE).code == 0
    return run


def test_the_list_needs_no_store(run: Run) -> None:
    done = run("query", "list")
    assert done.code == 0
    assert "polypharmacy" in done.out
    listed = json.loads(run("query", "list", "--json").out)
    assert len(listed) >= 24
    assert {"name", "languages", "title", "question", "audience", "topic", "parameters", "columns"} <= set(listed[0])


def test_show_says_what_to_give_and_what_comes(run: Run) -> None:
    done = run("query", "show", "diabetes-without-hba1c")
    assert "at - P1Y" in done.out
    assert "MATCH (k:Concept)" in done.out
    assert "SELECT ?patient ?latest" in done.out
    only = json.loads(run("query", "show", "diabetes-without-hba1c", "--language", "sparql", "--json").out)
    assert list(only["texts"]) == ["diabetes-without-hba1c.rq"]
    assert run("query", "show", "polypharmacy", "--language", "sparql").code == 3


def test_run_in_every_form(filled: Run) -> None:
    as_table = filled("query", "run", "polypharmacy", "least=1", "at=2026-01-01")
    assert as_table.code == 0
    assert as_table.out.splitlines()[0].split() == ["patient", "substances", "medicines"]
    answer = json.loads(filled("query", "run", "polypharmacy", "least=1", "at=2026-01-01", "--json").out)
    assert answer["parameters"] == {"least": 1, "at": "2026-01-01"}
    assert answer["columns"][1] == {"name": "substances", "type": "integer", "unit": "1"}
    assert len(answer["rows"]) == 1
    as_csv = filled("query", "run", "polypharmacy", "least=1", "at=2026-01-01", "--format", "csv")
    assert as_csv.out.splitlines() == ["patient,substances,medicines", ",".join(map(str, answer["rows"][0]))]


def test_run_writes_tables_for_other_tools(filled: Run, tmp_path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    query = ("query", "run", "polypharmacy", "least=1", "at=2026-01-01")
    rows = json.loads(filled(*query, "--json").out)["rows"]
    file = tmp_path / "answer.parquet"
    assert filled(*query, "--format", "parquet", "--output", file).code == 0
    assert [list(row.values()) for row in pq.read_table(file).to_pylist()] == rows
    assert file.stat().st_mode & 0o777 == 0o600
    tabs = filled(*query, "--format", "tsv").out.splitlines()
    assert [line.split("\t") for line in tabs] == [["patient", "substances", "medicines"], [*map(str, rows[0])]]


def test_both_languages(filled: Run) -> None:
    query = ("query", "run", "data-freshness", "at=2026-01-01", "--json")
    cypher, sparql = json.loads(filled(*query).out), json.loads(filled(*query, "--language", "sparql").out)
    assert (cypher["language"], sparql["language"]) == ("cypher", "sparql")
    assert cypher["rows"] == sparql["rows"] != []


@pytest.mark.slow
def test_a_folder_of_ones_own(filled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.rq").write_text(MINE)
    monkeypatch.setenv("KGTWIN_QUERIES", str(tmp_path))
    everybody = [
        row for sex in ("female", "male", "other", "unknown")
        for row in json.loads(filled("query", "run", "mine", f"sex={sex}", "--json").out)["rows"]
    ]  # fmt: skip
    assert len(everybody) == 1
    attack = filled("query", "run", "mine", 'sex=" } UNION { ?p kgtwin:key ?patient } #', "--json")
    assert json.loads(attack.out)["rows"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nothing"), "no query is named 'nothing'"),
        (("run", "polypharmacy", "least=five"), "expected an integer such as 5 (integer: fewest different substances)"),
        (("run", "polypharmacy", "most=5"), "expected one of least, at"),
        (("run", "polypharmacy", "5"), "expected KEY=VALUE"),
        (("run", "polypharmacy", "least=1", "least=2"), "2 values"),
        (("run", "patient-timeline"), "the parameter 'patient' is missing"),
        (("run", "polypharmacy", "--format", "xml"), "expected one of table, json, csv, tsv, arrow, parquet"),
        (("run", "polypharmacy", "--language", "sql"), "expected cypher or sparql"),
        (("show", "polypharmacy", "--language", "sql"), "expected cypher or sparql"),
    ],
)
def test_what_is_wrong_is_said(filled: Run, arguments: tuple[str, ...], said: str) -> None:
    done = filled("query", *arguments)
    assert done.code in {2, 3}
    assert said in done.err


def test_a_limit_is_said(filled: Run) -> None:
    done = filled("query", "run", "units-by-test", "--limit", "1")
    assert done.code == 0
    many = filled("query", "run", "data-freshness", "--limit", "1", "--format", "csv")
    assert many.err == ""  # one source: nothing is cut

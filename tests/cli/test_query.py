"""``sparql`` and ``cypher``: formats, files, limits."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import TESTS, Run

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
CYPHER = "MATCH (p:Patient) RETURN p.key AS key, p.revision AS revision"
SPARQL = "SELECT ?key (1.5 AS ?n) { ?p kgtwin:key ?key }"
GRAPH = "CONSTRUCT { ?p kgtwin:key ?key } WHERE { ?p kgtwin:key ?key }"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one patient, which the tests only read."""
    return tmp_path_factory.mktemp("store") / "twin.lbdb"


@pytest.fixture
def asked(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("KGTWIN_STORE", f"ladybug:{filled}")
    if not filled.exists():
        run("ingest", CASE)
    return run


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("csv", "key,revision\r\nlocal|p1,1\r\n"),
        ("tsv", "key\trevision\nlocal|p1\t1\n"),
        ("table", "key       revision\nlocal|p1  1\n"),
    ],
)
def test_cypher_as_text(asked: Run, tmp_path: Path, format_: str, text: str) -> None:
    file = tmp_path / "answer"
    assert asked("cypher", CYPHER, "--format", format_, "--output", file).code == 0
    assert file.read_bytes().decode() == text


def test_cypher_for_data_frames(asked: Run, tmp_path: Path) -> None:
    parquet, arrow = tmp_path / "a.parquet", tmp_path / "a.arrow"
    assert asked("cypher", CYPHER, "-f", "parquet", "-o", parquet).code == 0
    assert asked("cypher", CYPHER, "-f", "arrow", "-o", arrow).code == 0
    rows = [{"key": "local|p1", "revision": 1}]
    assert pq.read_table(parquet).to_pylist() == rows
    assert pa.ipc.open_stream(arrow.read_bytes()).read_all().to_pylist() == rows


def test_sparql_in_every_format(asked: Run, tmp_path: Path) -> None:
    found = {}
    for format_ in ("table", "json", "xml", "csv", "tsv", "arrow", "parquet"):
        file = tmp_path / format_
        assert asked("sparql", SPARQL, "--format", format_, "--output", file).code == 0
        found[format_] = file.read_bytes()
    assert found["csv"] == b"key,n\r\nlocal|p1,1.5\r\n"
    assert found["tsv"] == b'?key\t?n\n"local|p1"\t1.5\n'
    assert b"<sparql" in found["xml"]
    assert json.loads(found["json"])["results"]["bindings"][0]["key"]["value"] == "local|p1"
    assert found["table"].decode().splitlines()[0].split() == ["key", "n"]
    for table in (pq.read_table(io.BytesIO(found["parquet"])), pa.ipc.open_stream(found["arrow"]).read_all()):
        assert str(table.schema.field("n").type) == "decimal128(2, 1)"
        assert table.column("key").to_pylist() == ["local|p1"]


@pytest.mark.parametrize(("format_", "sign"), [("", "@prefix"), ("ntriples", "local|p1"), ("jsonld", "@id")])
def test_a_graph(asked: Run, tmp_path: Path, format_: str, sign: str) -> None:
    file = tmp_path / "graph"
    options = ["--format", format_] if format_ else []
    assert asked("sparql", GRAPH, *options, "--output", file).code == 0
    assert sign in file.read_text()


def test_graphs_by_name(asked: Run) -> None:
    ask = "ASK { ?p kgtwin:key ?key }"
    asserted, inferred = (f"https://w3id.org/kgtwin/graph/{name}" for name in ("asserted", "inferred"))
    assert asked("sparql", ask, "--default-graph", asserted).out == "yes\n"
    assert asked("sparql", ask, "--default-graph", inferred).out == "no\n"
    assert asked("sparql", ask, "--named-graph", asserted).out == "no\n"
    assert asked("sparql", "ASK { GRAPH ?g { ?p kgtwin:key ?key } }", "--named-graph", asserted).out == "yes\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["cypher", CYPHER, "--format", "xml"], "table, json, csv, tsv, arrow, parquet"),
        (["sparql", SPARQL, "--format", "xlsx"], "turtle"),
        (["sparql", SPARQL, "--format", "turtle"], "SELECT has no format 'turtle'"),
        (["sparql", GRAPH, "--format", "csv"], "CONSTRUCT has no format 'csv'"),
        (["cypher", CYPHER, "--json", "--format", "csv"], "one of the two"),
        (["cypher", CYPHER, "--format", "csv", "--output", "/no/such/folder/x.csv"], "cannot be written"),
        (["cypher", "@/no/such/file"], "cannot read the query"),
    ],
)
def test_what_is_refused(asked: Run, command: list[str], says: str) -> None:
    done = asked(*command)
    assert done.code in {2, 3}
    assert says in done.err
    assert done.out == ""


def test_bytes_are_not_for_a_terminal(asked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    done = asked("cypher", CYPHER, "--format", "parquet")
    assert (done.code, "--output FILE" in done.err) == (2, True)


def test_a_cut_answer_says_so_beside_it(asked: Run, tmp_path: Path) -> None:
    done = asked("cypher", "UNWIND [1, 2, 3] AS x RETURN x", "--limit", "2", "-f", "csv", "-o", tmp_path / "x.csv")
    assert "cut at 2 rows" in done.err
    assert (tmp_path / "x.csv").read_text().split() == ["x", "1", "2"]
    assert "cut at the row limit" in asked("cypher", "UNWIND [1, 2, 3] AS x RETURN x", "--limit", "2").out


def test_a_query_in_a_file_may_begin_with_a_byte_order_mark(asked: Run, tmp_path: Path) -> None:
    for name, query, command in (("q.cypher", CYPHER, "cypher"), ("q.rq", SPARQL, "sparql")):
        (tmp_path / name).write_text("\ufeff" + query, encoding="utf-8")
        assert "local|p1" in asked(command, f"@{tmp_path / name}").out


def test_what_was_received_cannot_steer_a_terminal(asked: Run) -> None:
    done = asked("cypher", "RETURN $x AS x", "-p", "x=a\u001b[2J\u202eb\tc\u00a0d")
    assert done.out.splitlines()[1] == "a\\x1b[2J\\u202eb\\tc\u00a0d"


def test_formulas_for_a_spreadsheet(asked: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    for options, text in (([], "=1+1"), (["--spreadsheet"], "'=1+1")):
        assert asked("cypher", "RETURN $x AS x", "-p", 'x="=1+1"', "-f", "csv", "-o", file, *options).code == 0
        assert file.read_text().split() == ["x", text]


def test_an_answer_in_a_file_is_its_owner_s_alone(asked: Run, tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    before = os.umask(0o022)
    try:
        done = asked("cypher", CYPHER, "--format", "csv", "--output", file)
    finally:
        os.umask(before)
    assert (done.code, file.read_text().splitlines()[1]) == (0, "local|p1,1")
    assert file.stat().st_mode & 0o777 == 0o600

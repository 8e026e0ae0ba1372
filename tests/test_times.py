"""``at`` and ``as_of`` on every door: the table in docs/analysts.md is walked, and each door gives what it says."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

import kgtwin
from kgtwin import bootstrap
from kgtwin.api.graphql.schema import build_schema
from kgtwin.api.queries import QueryRequest
from kgtwin.api.sparql_request import SparqlRequest
from kgtwin.bootstrap import running
from kgtwin.cli.app import command as command_line
from kgtwin.cli.comparing import each_patient
from kgtwin.client import Connection
from kgtwin.config import Settings
from kgtwin.errors import NotFoundError
from kgtwin.inference import Knowledge
from tests.cli.conftest import Run, run, store
from tests.client.serving import served

__all__ = ["run", "store"]
ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
TABLE = re.search(r"\| Door \| `at` \| `as_of` \|\n\|[-| ]+\|\n((?:\|.*\n)+)", PAGE)
CASE = ROOT / "tests" / "cases" / "drug-lab" / "metformin-egfr-22.json"
EXPECTED = json.loads(CASE.with_suffix(".expected.json").read_text())
AT, BEFORE = EXPECTED["at"], "1990-01-01"
TOLD, NOW, FUTURE = 3, 4, 5
"""The revision at which the issue had been inferred, the one at which its laboratory value was corrected, and none."""


class Row(NamedTuple):
    door: str
    at: str
    as_of: str


def rows() -> list[Row]:
    assert TABLE is not None
    return [Row(*(cell.strip() for cell in line.strip("| \n").split(" | "))) for line in TABLE[1].splitlines()]


def names(cell: str) -> list[str]:
    """The options or arguments that a cell names."""
    return [] if re.match(r"no:|in the|the parameter", cell) else re.findall(r"`([^`]+)`", cell)


def options_of(command: str) -> set[str]:
    found: Any = command_line()
    for word in command.split():
        found = found.commands[word]
    return {name for one in found.params for name in one.opts}


def commands(group: Any = None, before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    root: Any = group or command_line()
    for name, one in root.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, f"{before}{name} ")
        else:
            yield before + name, {option for parameter in one.params for option in parameter.opts}


def arguments_of(row: Row) -> set[str]:
    """What a door takes, as the program itself says."""
    kind, _, name = row.door.strip("`").replace("`", "").partition(" ")
    if kind == "kgtwin":
        return options_of(name)
    if kind.startswith("twin."):
        return set(inspect.signature(getattr(Connection, kind.removeprefix("twin."))).parameters)
    if name == "/sparql":
        return set(SparqlRequest.__struct_fields__)
    if name.startswith("/queries"):
        return set(QueryRequest.__struct_fields__)
    if kind == "POST":
        from kgtwin.api.reading import ReadRequest  # noqa: PLC0415

        return set(ReadRequest.__struct_fields__)
    field = build_schema()._schema.query_type.fields[name]  # type: ignore[union-attr]
    return set(field.args)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.door)
def test_a_door_takes_what_the_table_says_and_no_more(row: Row) -> None:
    arguments = arguments_of(row)
    known = {"at", "as_of", "--at", "--at-before", "--as-of", "--since", "--until", "asOf", "asOfTime"}
    said = set(names(row.at)) | set(names(row.as_of))
    assert said <= arguments
    if not row.door.startswith("`POST /read/patients"):  # the body of all four is one
        assert arguments & known == said


def test_no_door_is_missing_from_the_table() -> None:
    doors = {row.door.replace("`", "") for row in rows()}
    timed_commands = {name for name, options in commands() if {"--at", "--as-of"} & options}
    no_reads = {"infer", "ingest", "refresh", "serve"} | {name for name in timed_commands if name.startswith("export ")}
    assert {f"kgtwin {name}" for name in timed_commands - no_reads} <= doors
    timed = [name for name, field in _queries() if {"at", "asOf"} & set(field.args)]
    assert {f"GraphQL {name}" for name in timed} <= doors
    methods = [name for name, one in inspect.getmembers(Connection, inspect.isfunction) if not name.startswith("_")]
    taken = [name for name in methods if {"at", "as_of"} & set(inspect.signature(getattr(Connection, name)).parameters)]
    assert {f"twin.{name}" for name in taken} <= doors


def _queries() -> list[tuple[str, Any]]:
    query = build_schema()._schema.query_type
    assert query is not None
    return list(query.fields.items())


@pytest.fixture
def one_knowledge(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "load_knowledge", lambda settings: knowledge)


@pytest.fixture
def filled(store: str, tmp_path: Path, one_knowledge: None) -> str:
    """Revision 1: a low eGFR under metformin; 2 and 3: its issue inferred; 4: the value was corrected to a good one."""
    bundle = json.loads(CASE.read_text())
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Observation":
            entry["resource"]["valueQuantity"]["value"] = 85
            entry["resource"]["status"] = "corrected"
    corrected = tmp_path / "corrected.json"
    corrected.write_text(json.dumps(bundle))

    async def fill() -> None:
        async with running(Settings(store=store, predictions=False)) as service:
            async for receipt in service.ingest([str(CASE)], source="local"):
                assert not receipt.rejected
            async for _ in service.infer(at=datetime.fromisoformat(AT)):
                pass
            async for receipt in service.ingest([str(corrected)], source="local"):
                assert not receipt.rejected
            assert await service.store.revision() == NOW

    asyncio.run(fill())
    return store


@pytest.fixture
def service(filled: str) -> Iterator[str]:
    with served(filled) as url:
        yield url


STATEMENT = EXPECTED["issues"][0]["statement"]
ISSUES = {(AT, TOLD): True, (AT, NOW): False, (BEFORE, TOLD): False, (BEFORE, NOW): False}
"""Whether the issue follows at a time, from what was known at a revision."""


def check(has: Callable[[str, int], bool]) -> None:
    assert {(at, as_of): has(at, as_of) for at, as_of in ISSUES} == ISSUES


def test_python_and_http(filled: str, service: str) -> None:
    for address in (filled, service):
        with kgtwin.connect(address) as twin:
            issue = twin.issues(as_of=TOLD).column("issue").to_pylist()[0]
            check(lambda at, as_of: STATEMENT in twin.issues(at=at, as_of=as_of).column("statement").to_pylist())
            check(lambda at, as_of: STATEMENT in twin.issues("p1", at=at, as_of=as_of).column("statement").to_pylist())
            check(lambda at, as_of: _follows(twin.twin("p1", at=at, as_of=as_of)))
            values = {
                (at, as_of): twin.facts(at=at, as_of=as_of).column("value").drop_null().to_pylist()
                for at, as_of in ISSUES
            }
            assert values == {(AT, TOLD): [22.0], (AT, NOW): [85.0], (BEFORE, TOLD): [], (BEFORE, NOW): []}
            if address == filled:
                _check_sparql(twin, values)
            assert twin.sparql(ASKED, at=AT, as_of=TOLD).column("boolean").to_pylist() == [True]
            assert [twin.patients(as_of=n).num_rows for n in (0, 1)] == [0, 1]
            assert twin.issues(as_of=TOLD).num_rows > twin.issues(as_of=1).num_rows == 0
    _check_http(service, issue)
    named = httpx.post(f"{service}/queries/issues-by-statement", json={"as_of": TOLD}, headers={"accept": "text/csv"})
    assert STATEMENT in named.text
    assert httpx.post(f"{service}/queries/issues-by-statement", json={"as_of": FUTURE}).status_code == 404


ASKED = f"ASK {{ ?issue kgtwin:statement {STATEMENT} }}"
VALUES = "SELECT ?value { GRAPH <https://w3id.org/kgtwin/graph/asserted> { ?fact kgtwin:value ?value } }"


def _check_sparql(twin: Connection, values: dict[tuple[str, int], list[float]]) -> None:
    def told(**moment: Any) -> bool:
        answer: list[bool] = twin.sparql(ASKED, **moment).column("boolean").to_pylist()
        return answer == [True]

    def shown(**moment: Any) -> list[float]:
        return [float(value) for value in twin.sparql(VALUES, **moment).column("value").to_pylist()]

    answers = {(at, as_of): (told(at=at, as_of=as_of), shown(at=at, as_of=as_of)) for at, as_of in ISSUES}
    assert answers == {moment: (ISSUES[moment], values[moment]) for moment in ISSUES}
    assert (told(), shown()) == (False, [85.0])
    assert (told(as_of=TOLD), shown(as_of=TOLD)) == (True, [22.0]), "as it was told at the revision"
    assert (told(as_of=1), shown(as_of=1), shown(as_of=0)) == (False, [22.0], [])
    with pytest.raises(NotFoundError, match="no revision 5"):
        shown(as_of=FUTURE)


def _follows(twin: Any) -> bool:
    return STATEMENT in {one.statement for one in twin.inference.issues}


def _check_http(url: str, issue: str) -> None:
    def read(what: str, at: str, as_of: int) -> Any:
        answer = httpx.post(f"{url}/read/{what}", json={"patient": "p1", "at": at, "as_of": as_of})
        assert answer.headers["x-kgtwin-revision"] == str(as_of)
        return answer.json()

    check(lambda at, as_of: STATEMENT in str(read("twin", at, as_of)["inference"]["issues"]))
    check(lambda at, as_of: STATEMENT in str(read("issues", at, as_of)["rows"]))

    def ask(query: str, **variables: Any) -> Any:
        answer = httpx.post(f"{url}/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer
        return answer["data"]

    view = "($at: DateTime, $n: Int) { %s }"
    found = "issues { edges { node { statement } } } facts(trueThen: true) { edges { node { value { number } } } }"
    one = "query " + view % f'patient(id: "p1", at: $at, asOf: $n) {{ {found} }}'
    check(lambda at, n: STATEMENT in str(ask(one, at=at, n=n)))
    assert [("22" in str(ask(one, at=at, n=n))) for at, n in ISSUES] == [True, False, False, False]
    every = "query " + view % f"patients(at: $at, asOf: $n) {{ edges {{ node {{ {found} }} }} }}"
    check(lambda at, n: STATEMENT in str(ask(every, at=at, n=n)))
    stored = "query " + view % f'issue(id: "{issue}", at: $at, asOf: $n) {{ statement id }}'
    check(lambda at, n: STATEMENT in str(ask(stored, at=at, n=n)))
    told = ask(stored, n=TOLD)["issue"]
    assert told["statement"] == STATEMENT
    assert ask(stored)["issue"] is None
    assert ask("query ($id: ID!) { node(id: $id) { id } }", id=told["id"])["node"] == {"id": told["id"]}
    timed = '{ patients(asOfTime: "1990-01-01") { edges { node { key } } } }'
    assert ask(timed) == {"patients": {"edges": []}}
    wrong = {"query": "{ patients(asOf: 99) { edges { node { key } } } }"}
    assert "no revision 99" in httpx.post(f"{url}/graphql", json=wrong).text


def test_the_command_line(filled: str, run: Run) -> None:
    def twin(at: str, as_of: int) -> bool:
        return STATEMENT in run("twin", "p1", "--at", at, "--as-of", as_of, "--json").out

    check(twin)
    issue = json.loads(run("twin", "p1", "--at", AT, "--as-of", TOLD, "--json").out)["issues"][0]["id"]
    told = run("explain", issue, "--as-of", TOLD, "--json")
    assert json.loads(told.out)["id"] == issue
    assert (run("explain", issue).code, run("explain", issue, "--as-of", 1).code) == (3, 3)
    check(lambda at, as_of: run("explain", issue, "--at", at, "--as-of", as_of).code == 0)
    for since, until, at, gone in [(TOLD, NOW, AT, True), (TOLD, NOW, BEFORE, False), (TOLD, TOLD, AT, False)]:
        done = run("what-changed", "p1", "--since", since, "--until", until, "--at", at)
        assert (STATEMENT in done.out) is gone
    query = "MATCH (:Patient)-[:HAS_OBSERVATION]->(f) WHERE f.revisionFrom <= $n AND "
    query += "(f.revisionTo IS NULL OR f.revisionTo > $n) RETURN f.value AS value"
    for as_of, value in ((TOLD, 22.0), (NOW, 85.0)):
        assert json.loads(run("cypher", query, "-p", f"n={as_of}", "--json").out)["rows"] == [[value]]
    for as_of in (1, TOLD, NOW):
        found = run("query", "run", "issues-by-statement", "--as-of", as_of, "--format", "csv")
        assert (STATEMENT in found.out) is (as_of == TOLD)
    done = run("query", "run", "polypharmacy", "--as-of", TOLD)
    assert (done.code, "a query in SPARQL" in done.err) == (2, True)
    for words in (["twin", "p1"], ["explain", issue], ["what-changed", "p1", "--since", FUTURE]):
        done = run(*words, *([] if "--since" in words else ["--as-of", FUTURE]))
        assert (done.code, "there is no revision 5 yet" in done.err) == (3, True)


def test_surveys_of_all_patients(filled: str) -> None:
    """What ``impact`` and ``coverage`` look at."""
    settings = Settings(store=filled, predictions=False)

    def values(as_of: str | None) -> list[Any]:
        found: list[Any] = []
        each_patient(settings, found.append, "surveying", as_of)
        return [str(fact.value.value) for case in found for fact in case.facts if fact.value is not None]

    assert [values(None), values(str(TOLD)), values("0")] == [["85"], ["22"], []]
    with pytest.raises(NotFoundError, match="no revision 5"):
        values(str(FUTURE))

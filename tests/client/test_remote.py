"""A service gives the answers, and the errors, that the store itself gives: column for column, type for type."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import kgtwin
from kgtwin.api.bounds import Bounds
from kgtwin.bootstrap import running
from kgtwin.client import Connection, LocalConnection, RemoteConnection
from kgtwin.config import Settings
from kgtwin.errors import (
    InvalidResourceError,
    KgtwinError,
    NotFoundError,
    QueryRejectedError,
    UsageError,
)
from tests.client.serving import served
from tests.store.builders import make_bundle

CASES = Path(__file__).parents[1] / "cases"
GIVEN = [("drug-lab/metformin-egfr-22.json", "local"), ("drug-allergy/aspirin-naproxen.json", "ward")]
AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
MANY = 450
"""Patients: more than two pages of them."""
Ask = Callable[[Connection], Any]


async def fill(url: str) -> None:
    """Two patients, known one after the other, each inferred; then many with some conditions."""
    async with running(Settings(store=url, predictions=False), now=lambda: AT) as service:
        for file, source in GIVEN:
            async for receipt in service.ingest([str(CASES / file)], source=source):
                assert not receipt.rejected
            async for _ in service.infer():
                pass
        await service.store.write_all([make_bundle(f"m{number:03}", 2) for number in range(MANY)])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"ladybug:{tmp_path_factory.mktemp('remote') / 'twin.lbdb'}"
    asyncio.run(fill(url))
    return url


@pytest.fixture(scope="module")
def both(store: str) -> Iterator[tuple[Connection, Connection]]:
    """A connection that opened the store, and one to a service over it."""
    with served(store) as url, kgtwin.connect(store) as here, kgtwin.connect(url) as there:
        assert isinstance(here, LocalConnection)
        assert isinstance(there, RemoteConnection)
        yield here, there


def alike(both: tuple[Connection, Connection], ask: Ask) -> Any:
    """The one answer that both give."""
    here, there = map(ask, both)
    if isinstance(here, pa.Table):
        assert there.schema.equals(here.schema, check_metadata=True)
        assert there.equals(here, check_metadata=True)
    assert there == here
    return there


def test_tables_of_all_patients_are_alike_over_their_pages(both: tuple[Connection, Connection]) -> None:
    patients = alike(both, lambda twin: twin.patients())
    assert patients.num_rows == MANY + 2
    assert patients.column("patient").to_pylist() == sorted(patients.column("patient").to_pylist())
    facts = alike(both, lambda twin: twin.facts())
    assert len(set(facts.column("patient").to_pylist())) == MANY + 2
    assert facts.column("fact").to_pylist() == list(dict.fromkeys(facts.column("fact").to_pylist()))
    assert alike(both, lambda twin: twin.issues()).num_rows >= 2


@pytest.mark.parametrize("patient", [None, "p1", "ward|p1"])
@pytest.mark.parametrize("at", [None, "2026-01", AT])
def test_each_revision_is_alike_at_each_time(both: tuple[Connection, Connection], patient: Any, at: Any) -> None:
    seen = 0
    revisions: tuple[Any, ...] = (None, 1, 3, 5, "2100-01", datetime(2100, 1, 1, tzinfo=UTC))
    for as_of in revisions:
        if patient == "ward|p1" and as_of in (1, 3):
            continue
        seen += alike(both, partial(Connection.facts, patient=patient, at=at, as_of=as_of)).num_rows
        if patient is not None or as_of in (1, 3):
            seen += alike(both, partial(Connection.issues, patient=patient, at=at, as_of=as_of)).num_rows
    assert seen > 0


def test_a_patient_who_was_unknown_then_is_no_error_for_all(both: tuple[Connection, Connection]) -> None:
    issues = alike(both, lambda twin: twin.issues(at=AT, as_of=1))
    assert set(issues.column("patient").to_pylist()) == {"local|p1"}
    assert alike(both, lambda twin: twin.patients(as_of=1)).column("patient").to_pylist() == ["local|p1"]


@pytest.mark.parametrize("at", ["2026-01-15", AT])
@pytest.mark.parametrize("as_of", [None, 4, "2100-01"])
def test_twins_are_alike(both: tuple[Connection, Connection], at: Any, as_of: Any) -> None:
    twin = alike(both, lambda one: one.twin("ward|p1", at=at, as_of=as_of))
    assert twin.patient.key == "ward|p1"
    assert twin.facts
    assert twin.inference is not None
    assert twin.inference.issues[0].derivation.premises
    assert alike(both, lambda one: one.revision) >= 5


def test_query_languages_are_alike(both: tuple[Connection, Connection]) -> None:
    cypher = """MATCH (p:Patient {key: $key}) RETURN p.key AS key, 1 AS n, 1.5 AS x, true AS t, NULL AS nothing,
        [1, 2] AS numbers, $given AS given, p AS node"""
    given = {"key": "local|p1", "given": [{"a": 1, "b": "ü€"}]}
    assert alike(both, lambda twin: twin.cypher(cypher, given)).num_rows == 1
    assert (
        alike(both, lambda twin: twin.cypher("MATCH (p:Patient) RETURN p.key AS k ORDER BY k", limit=7)).num_rows == 7
    )
    assert alike(both, lambda twin: twin.cypher("MATCH (p:Patient {key: 'x'}) RETURN p.key AS k")).num_rows == 0
    values = "SELECT ?p ?k (1 AS ?n) (1.50 AS ?d) (true AS ?t) (xsd:date('2020-01-02') AS ?day) { ?p kgtwin:key ?k }"
    assert alike(both, lambda twin: twin.sparql(values + " ORDER BY ?k")).num_rows == MANY + 2
    assert alike(both, lambda twin: twin.sparql(values + " ORDER BY ?k", limit=3)).num_rows == 3
    assert alike(both, lambda twin: twin.sparql("ASK { ?p a kgtwin:Patient }")).to_pylist() == [{"boolean": True}]
    assert alike(both, lambda twin: twin.sparql("ASK { ?p a kgtwin:Nothing }")).to_pylist() == [{"boolean": False}]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("polypharmacy", {"least": 1, "at": date(2026, 1, 15)}),
        ("polypharmacy", {"least": "1", "at": "2026-01-15"}),
        ("evidence-of-issues", {"significances": ["major", "contraindicated"]}),
        ("hypertension-uncontrolled", {"systolicFrom": Decimal("130.5")}),
        ("patient-timeline", {"patient": "ward|p1"}),
        ("issues-by-significance", {}),
    ],
)
def test_named_queries_are_alike(both: tuple[Connection, Connection], name: str, parameters: dict[str, Any]) -> None:
    found = alike(both, lambda twin: twin.query(name, **parameters))
    assert found.num_columns > 1
    assert found.num_rows or name == "hypertension-uncontrolled"


WRONG: dict[str, tuple[type[KgtwinError], Ask]] = {
    "no patient": (NotFoundError, lambda twin: twin.twin("nobody")),
    "no patient's facts": (NotFoundError, lambda twin: twin.facts("no|body")),
    "unknown then": (NotFoundError, lambda twin: twin.issues("ward|p1", as_of=1, at=AT)),
    "no such revision": (NotFoundError, lambda twin: twin.twin("p1", as_of=1_000)),
    "no revision": (UsageError, lambda twin: twin.patients(as_of="yesterday")),
    "no truth": (UsageError, lambda twin: twin.patients(as_of=True)),
    "no date": (InvalidResourceError, lambda twin: twin.facts(at="2026-13")),
    "no zone": (UsageError, lambda twin: twin.facts(as_of=datetime(2026, 1, 1))),
    "a write": (QueryRejectedError, lambda twin: twin.cypher("CREATE (:Patient {key: 'x'})")),
    "no Cypher": (QueryRejectedError, lambda twin: twin.cypher("MATCH (")),
    "a missing parameter": (QueryRejectedError, lambda twin: twin.cypher("RETURN $x AS x")),
    "half a character": (QueryRejectedError, lambda twin: twin.cypher("RETURN $x AS x", {"x": "\ud800"})),
    "a huge parameter": (QueryRejectedError, lambda twin: twin.cypher("RETURN $x AS x", {"x": 1 << 64})),
    "an update": (QueryRejectedError, lambda twin: twin.sparql("INSERT DATA { <a:a> <a:b> <a:c> }")),
    "no SPARQL": (QueryRejectedError, lambda twin: twin.sparql("SELECT * {")),
    "another service": (QueryRejectedError, lambda twin: twin.sparql("SELECT * { SERVICE <http://x.example> { } }")),
    "a graph": (UsageError, lambda twin: twin.sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }")),
    "no query": (NotFoundError, lambda twin: twin.query("nothing/../x?y")),
    "a wrong parameter": (UsageError, lambda twin: twin.query("polypharmacy", least="many")),
    "an unknown parameter": (UsageError, lambda twin: twin.query("polypharmacy", most=5)),
    "no rows": (KgtwinError, lambda twin: twin.cypher("RETURN 1 AS n", timeout=-1)),
}


@pytest.mark.parametrize("case", WRONG)
def test_errors_are_alike(both: tuple[Connection, Connection], case: str) -> None:
    kind, ask = WRONG[case]
    told = []
    for connection in both:
        with pytest.raises(kind) as caught:
            ask(connection)
        told.append(caught.value)
    here, there = told
    if case in {"a graph", "no rows"}:
        return
    assert type(there) is type(here)
    assert there.to_dict() == here.to_dict()


def test_what_json_cannot_carry_is_refused_not_changed(both: tuple[Connection, Connection]) -> None:
    _, there = both
    for value in (float("nan"), float("inf"), date(2026, 1, 1), b"x", Decimal("1.5"), {1}):
        with pytest.raises(UsageError, match="the parameter 'x' is a"):
            there.cypher("RETURN $x AS x", {"x": [value]})


def test_more_than_the_service_gives_is_refused(both: tuple[Connection, Connection]) -> None:
    _, there = both
    assert (there.rows, there.seconds) == (10_000, 30.0)
    with pytest.raises(UsageError, match="at most 10000 rows in 30 s"):
        there.cypher("RETURN 1 AS n", limit=10_001)
    with pytest.raises(UsageError, match="at most 10000 rows in 30 s"):
        there.sparql("ASK {}", timeout=31)
    with pytest.raises(UsageError, match="at most 10000 rows in 30 s"):
        there.query("polypharmacy", limit=0)


def test_a_service_may_give_more(both: tuple[Connection, Connection], store: str) -> None:
    query = "UNWIND range(1, 15000) AS n RETURN n"
    with served(store, bounds=Bounds(20_000, 60.0)) as url, kgtwin.connect(url) as there:
        assert (there.rows, there.seconds) == (20_000, 60.0)
        assert there.cypher(query).equals(both[0].cypher(query))
        for ask in (there.cypher, there.sparql):
            with pytest.raises(UsageError, match="at most 20000 rows in 60 s"):
                ask("…", limit=20_001)


def test_options_of_the_other_kind_are_refused(both: tuple[Connection, Connection]) -> None:
    with pytest.raises(UsageError, match="user is for a store that is opened here"):
        kgtwin.connect("http://127.0.0.1:9", user="neo4j")
    with pytest.raises(UsageError, match="token is for a service"):
        kgtwin.connect("ladybug:x.lbdb", token="t")

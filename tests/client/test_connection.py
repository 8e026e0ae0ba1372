"""What analysts get from ``kgtwin.connect``: Arrow tables with schemas that hold, and plain errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

import kgtwin
from kgtwin.bootstrap import running
from kgtwin.client import Connection
from kgtwin.config import Settings
from kgtwin.errors import NotFoundError, QueryRejectedError, StoreError, UsageError
from tests.client.serving import served

CASE = Path(__file__).parents[1] / "cases" / "drug-lab" / "metformin-egfr-22.json"
EXPECTED = json.loads(CASE.with_suffix(".expected.json").read_text())
AT = EXPECTED["at"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with one patient, inferred."""
    url = f"ladybug:{tmp_path_factory.mktemp('client') / 'twin.lbdb'}"

    async def fill() -> None:
        settings = Settings(store=url, predictions=False)
        async with running(settings, now=lambda: datetime.fromisoformat(AT)) as service:
            async for receipt in service.ingest([str(CASE)], source="local"):
                assert not receipt.rejected
            async for _ in service.infer():
                pass

    asyncio.run(fill())
    return url


@pytest.fixture(scope="module")
def service(store: str) -> Iterator[str]:
    with served(store) as url:
        yield url


@pytest.fixture(scope="module", params=["here", "service"])
def address(request: pytest.FixtureRequest, store: str) -> str:
    """The store itself, or a service that reads it."""
    return store if request.param == "here" else str(request.getfixturevalue("service"))


@pytest.fixture(scope="module")
def twin(address: str) -> Iterator[Connection]:
    with kgtwin.connect(address) as connection:
        yield connection


def test_facts_are_a_table_with_instants_and_values(twin: Connection) -> None:
    facts = twin.facts("p1")
    assert facts.schema.field("value").type == pa.float64()
    assert facts.schema.field("began").type == pa.timestamp("us", tz="UTC")
    (lab,) = [row for row in facts.to_pylist() if row["kind"] == "Observation"]
    assert (lab["value"], lab["patient"], lab["source"]) == (22.0, "local|p1", "local")
    assert lab["began"] is not None
    assert twin.facts().equals(facts)
    assert twin.facts("p1", as_of=1).equals(facts)
    assert twin.facts("p1", at="1900").num_rows == 0
    assert twin.facts("p1", at="1900").schema.equals(facts.schema)


def test_issues_are_those_that_were_stored_or_those_of_a_time(twin: Connection) -> None:
    stored = twin.issues("p1")
    assert stored.column("statement").to_pylist() == [one["statement"] for one in EXPECTED["issues"]]
    assert set(stored.column("facts").to_pylist()[0]) <= set(twin.facts("p1").column("fact").to_pylist())
    assert twin.issues(as_of=1).num_rows == 0
    assert twin.issues("p1", at=datetime(1990, 1, 1, tzinfo=UTC)).num_rows == 0
    assert twin.issues(at=AT).column("issue").equals(stored.column("issue"))


def test_a_twin_is_the_model_s(twin: Connection) -> None:
    found = twin.twin("p1", at=AT)
    assert found.patient.key == "local|p1"
    assert found.inference is not None
    assert len(found.inference.issues) == len(EXPECTED["issues"])
    assert twin.patients().column("patient").to_pylist() == ["local|p1"]
    assert twin.revision == 3


def test_the_query_languages_answer_in_tables(twin: Connection) -> None:
    table = twin.cypher("MATCH (p:Patient {key: $key}) RETURN p.id AS id, 1 AS n", {"key": "local|p1"})
    assert (table.to_pylist(), table.schema.field("n").type) == ([{"id": "p1", "n": 1}], pa.int64())
    patients = twin.sparql("SELECT ?key { ?p a kgtwin:Patient ; kgtwin:key ?key }")
    assert patients.to_pylist() == [{"key": "local|p1"}]
    assert twin.query("issues-by-significance").num_rows >= 1
    assert twin.query("polypharmacy", least=1, at=AT[:10]).num_rows == 1


def test_tables_go_on_to_pandas(twin: Connection) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = twin.facts().to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.began.dt.tz is not None


def test_errors_are_the_service_s(twin: Connection, address: str, store: str) -> None:
    with pytest.raises(NotFoundError, match="no patient"):
        twin.facts("nobody")
    with pytest.raises(QueryRejectedError):
        twin.cypher("CREATE (:Patient {key: 'x'})")
    with pytest.raises(UsageError, match="no zone"):
        twin.twin("p1", at=datetime(2026, 1, 1))
    with pytest.raises(UsageError, match="no table"):
        twin.sparql("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }")
    with pytest.raises(NotFoundError, match="no store here"):
        kgtwin.connect(store + "-nowhere")
    with pytest.raises(AttributeError, match="has no attribute 'disconnect'"):
        kgtwin.disconnect  # noqa: B018
    closed = kgtwin.connect(address)
    closed.close()
    closed.close()
    for use in (closed.patients, closed.issues, lambda: closed.twin("p1"), lambda: closed.cypher("RETURN 1 AS n")):
        with pytest.raises(StoreError, match="closed"):
            use()


def test_a_revision_that_does_not_exist_is_refused(twin: Connection) -> None:
    """For all patients as for one; what was unknown at one that does exist is empty, or not found by name."""
    for patient in (None, "p1"):
        for ask in (twin.facts, twin.issues):
            for at in (None, AT):
                with pytest.raises(NotFoundError, match="there is no revision 4 yet"):
                    ask(patient, as_of=4, at=at)
                with pytest.raises(UsageError, match="the revision -1"):
                    ask(patient, as_of=-1, at=at)
    with pytest.raises(NotFoundError, match="there is no revision 99 yet"):
        twin.patients(as_of=99)
    for at in (None, AT):
        assert (twin.facts(as_of=0, at=at).num_rows, twin.issues(as_of=0, at=at).num_rows) == (0, 0)
        for ask in (twin.facts, twin.issues):
            with pytest.raises(NotFoundError, match=r"no patient local\|p1 was known at revision 0"):
                ask("p1", as_of=0, at=at)
            with pytest.raises(NotFoundError, match=r"no patient local\|nobody"):
                ask("nobody", at=at)
    assert twin.patients(as_of=0).num_rows == 0


def test_what_nobody_limited_says_that_it_was_cut(twin: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin, "rows", 2)
    query = "UNWIND [1, 2, 3] AS n RETURN n"
    with pytest.warns(UserWarning, match="cut at 2 rows"):
        assert twin.cypher(query).num_rows == 2
    assert twin.cypher(query, limit=1).schema.metadata[b"truncated"] == b"true"


async def _inside(store: str) -> int:
    with kgtwin.connect(store) as connection:
        return int(connection.patients().num_rows)


def test_it_works_inside_a_running_loop_as_notebooks_have_one(store: str) -> None:
    assert asyncio.run(_inside(store)) == 1

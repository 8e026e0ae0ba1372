"""A store of an older schema is told from a foreign one, and brought forward without loss."""

# files are what these tests are about

from __future__ import annotations

from pathlib import Path
from typing import Any

import ladybug
import neo4j
import pytest

from kgtwin.errors import StoreError
from kgtwin.model.submission import Revision
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.migrations import MIGRATIONS
from kgtwin.store.neo4j import Neo4jStore
from kgtwin.store.rows import text_of
from kgtwin.store.schema import SCHEMA_VERSION
from tests.store.builders import make_bundle, make_inference, make_key, make_patient
from tests.store.conftest import Server, wipe

pytestmark = pytest.mark.anyio
SCHEMAS = Path(__file__).parent / "schemas"
REVISIONS = [
    Revision(number=1, at="2026-01-01T00:00:00.000000Z", kind="facts", patients=("local|1", "local|2")),
    Revision(number=2, at="2026-01-02T00:00:00.000000Z", kind="inferences", patients=("local|1", "local|2")),
    Revision(number=3, at="2026-01-03T00:00:00.000000Z", kind="inferences", patients=("local|1",)),
]


def old_rows() -> list[tuple[str, dict[str, object]]]:
    """A store of version 1 with two patients, the first inferred twice, in the Cypher that both stores speak."""
    store = "CREATE (:Store {id: 'store', `schema`: 1, revision: 3, knowledge: '', digest: ''})"
    found: list[tuple[str, dict[str, object]]] = [(store, {})]
    for one in REVISIONS:
        query = "CREATE (:Revision {number: $n, at: $at, kind: $kind, payload: $payload})"
        found.append((query, {"n": one.number, "at": one.at, "kind": one.kind, "payload": text_of(one)}))
    for patient in "12":
        record = make_patient(patient).record
        inferred = (
            "CREATE (p:Patient {key: $key, revision: 1, payload: $payload})-[:HAS_INFERENCE]->"
            "(:Inference {patient: $key, at: '2026', revision: 1, knowledge: '2026.1', payload: '[]'}) "
            "CREATE (p)-[:HAS_VERSION]->(:PatientVersion {id: $key + '@1', revisionFrom: 1, payload: $payload})"
        )
        found.append((inferred, {"key": make_key(patient), "payload": text_of(record)}))
    return found


@pytest.fixture
def old_ladybug(tmp_path: Path) -> LadybugStore:
    path = tmp_path / "old.lbdb"
    with ladybug.Database(str(path), buffer_pool_size=1 << 28) as database, ladybug.Connection(database) as connection:
        for statement in (SCHEMAS / "v1.ladybug.cypher").read_text(encoding="utf-8").splitlines()[1:]:
            connection.execute(statement)
        for query, parameters in old_rows():
            connection.execute(query, parameters)
    return LadybugStore(path)


@pytest.fixture
def old_neo4j(neo4j_server: Server) -> Neo4jStore:
    wipe(neo4j_server)
    given = neo4j_server
    with neo4j.GraphDatabase.driver(given.url, auth=(given.user, given.password)) as driver:
        for query, parameters in old_rows():
            driver.execute_query(query, parameters)
    return Neo4jStore(given.url, user=given.user, password=given.password)


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def old(request: pytest.FixtureRequest) -> GraphStore:
    found: GraphStore = request.getfixturevalue(f"old_{request.param}")
    return found


async def test_an_old_store_says_how_to_migrate_it(old: GraphStore) -> None:
    with pytest.raises(StoreError, match="the store has schema version 1") as caught:
        await old.open()
    assert (caught.value.where, caught.value.expected) == (old.where, f"schema version {SCHEMA_VERSION}")
    assert "kgtwin migrate" in (caught.value.remedy or "")


async def test_a_dry_run_changes_nothing(old: GraphStore) -> None:
    planned = await old.migrate(dry_run=True)
    assert (planned.before, planned.after) == (1, 1)
    assert planned.steps == tuple(one.title for one in MIGRATIONS)
    with pytest.raises(StoreError, match="schema version 1"):
        await old.open()


async def test_a_migrated_store_has_all_it_had(old: GraphStore) -> None:
    done = await old.migrate()
    assert (done.before, done.after) == (1, SCHEMA_VERSION)
    again = await old.migrate()
    assert (again.before, again.after, again.steps) == (SCHEMA_VERSION, SCHEMA_VERSION, ())
    async with old:
        assert await old.revisions() == tuple(REVISIONS)
        assert [p.key for p in await old.patients()] == ["local|1", "local|2"]
        assert [await old.inference("local|1", as_of=n) is not None for n in (1, 2, 3)] == [False, False, True]
        assert [await old.inference("local|2", as_of=n) is not None for n in (1, 2, 3)] == [False, True, True]
        assert len(await old.identity()) == 36
        await old.write(make_bundle("3"))
        await old.write_inferences([make_inference("1", revision=4), make_inference("2", revision=4)])
        assert await old.inference("local|2", as_of=3) is not None
        await old.erase("local|1")


async def test_an_open_store_cannot_be_migrated(old: GraphStore) -> None:
    await old.migrate()
    async with old:
        with pytest.raises(StoreError, match="the store is open"):
            await old.migrate()


async def test_a_store_of_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "new.lbdb"
    async with LadybugStore(path):
        pass
    with ladybug.Database(str(path), buffer_pool_size=1 << 28) as database, ladybug.Connection(database) as connection:
        connection.execute("MATCH (s:Store) SET s.`schema` = 99")
    for attempt in (LadybugStore(path).open, LadybugStore(path).migrate):
        with pytest.raises(StoreError, match="schema version 99") as caught:
            await attempt()
        assert "newer kgtwin" in (caught.value.remedy or "")


async def test_every_version_has_its_migration() -> None:
    assert [one.to for one in MIGRATIONS] == list(range(2, SCHEMA_VERSION + 1))


async def test_a_migrated_file_has_the_tables_of_a_new_one(old_ladybug: LadybugStore, tmp_path: Path) -> None:
    await old_ladybug.migrate()
    async with LadybugStore(tmp_path / "new.lbdb"):
        pass
    assert tables(tmp_path / "old.lbdb") == tables(tmp_path / "new.lbdb")


def tables(path: Path) -> dict[str, list[tuple[str, str]]]:
    with ladybug.Database(str(path), buffer_pool_size=1 << 28) as database, ladybug.Connection(database) as connection:

        def rows(query: str) -> list[Any]:
            result: Any = connection.execute(query)
            return list(result.get_all())

        names = sorted(row[1] for row in rows("CALL show_tables() RETURN *"))
        return {name: sorted((r[1], r[2]) for r in rows(f"CALL table_info('{name}') RETURN *")) for name in names}

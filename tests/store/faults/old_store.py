"""A large store of schema version 1 in either database, and all that a database holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ladybug
import neo4j

from kgtwin.model.submission import Revision
from kgtwin.store.rows import text_of
from tests.store.builders import make_key, make_patient
from tests.store.faults.processes import Target

SCHEMA = Path(__file__).parents[1] / "schemas" / "v1.ladybug.cypher"
CHUNK = 1_000
Dump = list[Any]


def statements(patients: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What makes such a store of a database that is empty (and, in Ladybug, has its tables)."""
    numbers = range(1, -(-patients // CHUNK) + 2)
    store = "CREATE (:Store {id: 'store', `schema`: 1, revision: $last, knowledge: '', digest: ''})"
    yield store, {"last": numbers[-1]}
    yield "CREATE (:Concept {curie: 'snomed:1'})-[:IS_A]->(:Concept {curie: 'snomed:2'})", {}
    for number in numbers:
        keys = [make_key(str(n)) for n in range((number - 2) * CHUNK, min((number - 1) * CHUNK, patients)) if n >= 0]
        yield from _revision(number, keys)


def _revision(number: int, keys: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The first is the facts' (none), each later one infers some patients."""
    at, kind = f"2026-01-{number:02}T00:00:00.000000Z", "inferences" if keys else "facts"
    payload = text_of(Revision(number=number, at=at, kind=kind, patients=tuple(keys)))
    given = {"n": number, "at": at, "kind": kind, "payload": payload}
    yield "CREATE (:Revision {number: $n, at: $at, kind: $kind, payload: $payload})", given
    rows = [{"key": key, "payload": text_of(make_patient(key.partition("|")[2]).record)} for key in keys]
    if rows:
        made = (
            "UNWIND $rows AS r CREATE (p:Patient {key: r.key, revision: 1, payload: r.payload}), (p)-[:HAS_INFERENCE]->"
            "(:Inference {patient: r.key, at: '2026', revision: 1, knowledge: '2026.1', payload: '[]'})"
        )
        yield made, {"rows": rows}


def make_ladybug(path: Path, patients: int) -> None:
    """A file of version 1."""
    with ladybug.Database(str(path), buffer_pool_size=1 << 28) as database, ladybug.Connection(database) as connection:
        for statement in SCHEMA.read_text(encoding="utf-8").splitlines()[1:]:
            connection.execute(statement)
        for query, parameters in statements(patients):
            connection.execute(query, parameters)


def make_neo4j(target: Target, patients: int) -> None:
    """Version 1 in a database that is empty."""
    with neo4j.GraphDatabase.driver(target.url, auth=(target.user, target.password)) as driver:
        driver.execute_query("CREATE CONSTRAINT IF NOT EXISTS FOR (p:Patient) REQUIRE p.key IS UNIQUE")
        for query, parameters in statements(patients):
            driver.execute_query(query, parameters)


def dump(target: Target) -> Dump:
    """All nodes, edges and properties of a store that nobody has open; in place of an identity, that there is one."""
    return dump_ladybug(Path(target.url.partition(":")[2])) if target.name == "ladybug" else dump_neo4j(target)


def dump_ladybug(path: Path) -> Dump:
    with ladybug.Database(str(path), buffer_pool_size=1 << 28) as database, ladybug.Connection(database) as connection:

        def rows(query: str) -> list[Any]:
            result: Any = connection.execute(query)
            return list(result.get_all())

        nodes = [_plain(row[0]["_LABEL"], row[0]) for row in rows("MATCH (n) RETURN n")]
        edges = [[*map(_end, row[:2]), row[2]] for row in rows("MATCH (a)-[e]->(b) RETURN a, b, label(e)")]
        tables = sorted(row[1] for row in rows("CALL show_tables() RETURN *"))
        columns = [[r[1:3] for r in rows(f"CALL table_info('{one}') RETURN *")] for one in tables]
    return [sorted(nodes, key=repr), sorted(edges), tables, columns]


def dump_neo4j(target: Target) -> Dump:
    with neo4j.GraphDatabase.driver(target.url, auth=(target.user, target.password)) as driver:
        nodes = [_plain(*row.values()) for row in driver.execute_query("MATCH (n) RETURN labels(n)[0], n {.*}").records]
        found = driver.execute_query("MATCH (a)-[e]->(b) RETURN a {.*}, b {.*}, type(e)").records
        edges = [[*map(_end, (row[0], row[1])), row[2]] for row in found]
    return [sorted(nodes, key=repr), sorted(edges)]


def _plain(label: str, cells: dict[str, Any]) -> Any:
    kept = {k: v for k, v in cells.items() if not k.startswith("_") and v is not None and k != "lock"}
    return label, sorted({**kept, "identity": "one"}.items() if "identity" in kept else kept.items())


def _end(cells: dict[str, Any]) -> str:
    return str(next(cells[name] for name in ("key", "patient", "curie") if cells.get(name)))

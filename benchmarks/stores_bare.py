"""The databases alone: the rows of a store, written again with nothing but the driver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import ladybug
import neo4j
import pyarrow as pa

from kgtwin.store.records import Statement, Work
from kgtwin.store.schema import EDGES, FACT_EDGES, NODES, ladybug_tables, neo4j_constraints

Row = dict[str, Any]
POOL = 2 << 30
BATCH = 2_000


class Edges(NamedTuple):
    """The edges of a type between two labels, as columns ``from`` and ``to`` (and ``property``)."""

    kind: str
    ends: tuple[str, str]
    table: pa.Table


class Content(NamedTuple):
    """All nodes of a store by label, and all its edges."""

    nodes: dict[str, pa.Table]
    edges: list[Edges]

    @property
    def rows(self) -> int:
        """How many nodes and edges there are."""
        return sum(len(table) for table in self.nodes.values()) + sum(len(one.table) for one in self.edges)


def content_of(path: Path) -> Content:
    """What a store in a Ladybug file holds."""
    database = ladybug.Database(str(path), read_only=True, buffer_pool_size=POOL)
    connection = ladybug.Connection(database)
    nodes = {}
    for label, columns in NODES.items():
        cells = ", ".join(f"n.`{name}` AS `{name}`" for name in columns)
        table = _arrow(connection, f"MATCH (n:`{label}`) RETURN {cells}")
        if len(table):
            nodes[label] = table
    edges = list(_edges(connection))
    connection.close()
    database.close()
    return Content(nodes, edges)


def _edges(connection: Any) -> Iterator[Edges]:
    for kind, pairs in EDGES.items():
        for a, b in pairs:
            extra = ", e.property AS property" if kind == "ROLE" else ""
            ends = f"a.`{_key(a)}` AS `from`, b.`{_key(b)}` AS `to`{extra}"
            table = _arrow(connection, f"MATCH (a:`{a}`)-[e:`{kind}`]->(b:`{b}`) RETURN {ends}")
            if len(table):
                yield Edges(kind, (a, b), table)


def _arrow(connection: Any, query: str) -> pa.Table:
    result = connection.execute(query)
    table = result.get_as_arrow(10_000)
    result.close()
    return table


def _key(label: str) -> str:
    return next(iter(NODES[label]))


def copy_ladybug(path: Path, content: Content) -> float:
    """Seconds for the content by ``COPY`` into a new file, in one transaction, the commit included."""
    database = ladybug.Database(str(path), buffer_pool_size=POOL, max_num_threads=2)
    connection = ladybug.Connection(database)
    for statement in ladybug_tables():
        connection.execute(statement)
    start = time.perf_counter()
    connection.execute("BEGIN TRANSACTION")
    for label, table in content.nodes.items():
        names = ", ".join(f"`{name}`" for name in table.column_names)
        connection.execute(f"COPY `{label}`({names}) FROM $rows", {"rows": table})
    for kind, (a, b), table in content.edges:
        chosen = f" (from='{a}', to='{b}')" if len(EDGES[kind]) > 1 else ""
        connection.execute(f"COPY `{kind}` FROM $rows{chosen}", {"rows": table})
    connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    database.close()
    return seconds


def unwind_neo4j(session: neo4j.Session, content: Content) -> float:
    """Seconds for the content by batched ``UNWIND`` into an empty Neo4j with the store's constraints."""
    for statement in neo4j_constraints():
        session.run(statement).consume()
    start = time.perf_counter()
    for label, table in content.nodes.items():
        mark = ":Fact" if label in FACT_EDGES else ""
        _run(session, f"UNWIND $rows AS r CREATE (n:`{label}`{mark}) SET n = r", table)
    for kind, (a, b), table in content.edges:
        ends = f"MATCH (a:`{_found(a)}` {{`{_key(a)}`: r.from}}) MATCH (b:`{_found(b)}` {{`{_key(b)}`: r.to}})"
        _run(session, f"UNWIND $rows AS r {ends} CREATE (a)-[:`{kind}`]->(b)", table)
    return time.perf_counter() - start


def _found(label: str) -> str:
    """The label whose constraint finds a node: facts share one."""
    return "Fact" if label in FACT_EDGES else label


def _run(session: neo4j.Session, query: str, table: pa.Table) -> None:
    for batch in _batches(table):
        session.run(query, {"rows": batch}).consume()


def _batches(table: pa.Table) -> Iterator[Sequence[dict[str, Any]]]:
    for first in range(0, len(table), BATCH):
        yield table.slice(first, BATCH).to_pylist()


class Increment(NamedTuple):
    """What one write changed for a patient.

    ``alone`` are new nodes by label, ``hanging`` those on the patient by label and edge, ``coded`` new edges to
    concepts and ``implicates`` from issues by label of fact; ``gone`` are the edges to what is no longer concluded.
    """

    patient: str
    alone: dict[str, list[Row]]
    hanging: dict[tuple[str, str], list[Row]]
    coded: dict[str, list[Row]]
    implicates: dict[str, list[Row]]
    gone: list[str]


def increment_of(patient: str, revision: int) -> Work[Increment]:
    """The rows that a revision changed for a patient, as work that a store drives."""
    given = {"k": patient, "n": revision}
    hanging: dict[tuple[str, str], list[Row]] = {}
    coded: dict[str, list[Row]] = {}
    implicates: dict[str, list[Row]] = {}
    kept = {"Inference": "HAS_INFERENCE", "DetectedIssue": "HAS_ISSUE", "RiskAssessment": "HAS_RISK"}
    past = {"PastInference": "HAD_INFERENCE", "PastIssue": "HAD_ISSUE", "PastRisk": "HAD_RISK"}
    for label, edge in {**FACT_EDGES, **kept, **past}.items():
        when = "revisionTo" if label in past else "revisionFrom"
        found = f"MATCH (:Patient {{key: $k}})-[:{edge}]->(n:{label}) WHERE n.{when} = $n"
        rows = yield from _rows(label, found, given)
        if rows:
            hanging[label, edge] = rows
        if rows and label in FACT_EDGES:
            query = f"{found} MATCH (n)-[:CODED_AS]->(c:Concept) RETURN n.id, c.curie"
            coded[label] = yield from _pairs(query, given)
    for label in FACT_EDGES:
        found = "MATCH (:Patient {key: $k})-[:HAS_ISSUE]->(n) WHERE n.revisionFrom = $n"
        pairs = yield from _pairs(f"{found} MATCH (n)-[:IMPLICATES]->(f:{label}) RETURN n.id, f.id", given)
        if pairs:
            implicates[label] = pairs
    resources = yield from _rows("Resource", "MATCH (n:Resource {patient: $k})", {"k": patient})
    entry = yield from _rows("Revision", "MATCH (n:Revision {number: $n})", {"n": revision})
    new = [row for row in resources if f'"revision":{revision},' in row["payload"]]
    alone = {"Resource": new, "Revision": entry}
    gone = [now for (now, then) in zip(kept.values(), past, strict=True) if (then, past[then]) in hanging]
    return Increment(patient, alone, hanging, coded, implicates, gone)


def _rows(label: str, found: str, given: dict[str, Any]) -> Work[list[Row]]:
    cells = ", ".join(f"n.`{name}`" for name in NODES[label])
    rows = yield Statement(f"{found} RETURN {cells}", given)
    return [{k: v for k, v in zip(NODES[label], row, strict=True) if v is not None} for row in rows]


def _pairs(query: str, given: dict[str, Any]) -> Work[list[Row]]:
    rows = yield Statement(query, given)
    return [{"a": a, "b": b} for a, b in rows]


def write_increment(execute: Callable[[str, dict[str, Any]], object], one: Increment) -> float:
    """Seconds for an increment in one transaction, given what runs a statement."""
    start = time.perf_counter()
    execute("BEGIN TRANSACTION", {})
    for label, rows in one.alone.items():
        for names, alike in _alike(rows):
            execute(f"UNWIND $rows AS r CREATE (:`{label}` {{{names}}})", {"rows": alike})
    for edge in one.gone:
        execute(f"MATCH (p:Patient {{key: $k}})-[:{edge}]->(n) DETACH DELETE n", {"k": one.patient})
    for (label, edge), rows in one.hanging.items():
        for names, alike in _alike(rows):
            query = f"UNWIND $rows AS r MATCH (p:Patient {{key: $k}}) CREATE (p)-[:{edge}]->(:`{label}` {{{names}}})"
            execute(query, {"rows": alike, "k": one.patient})
    for label, rows in one.coded.items():
        ends = f"MATCH (a:`{label}` {{id: r.a}}) MATCH (b:Concept {{curie: r.b}})"
        execute(f"UNWIND $rows AS r {ends} CREATE (a)-[:CODED_AS]->(b)", {"rows": rows})
    for label, rows in one.implicates.items():
        ends = f"MATCH (a:DetectedIssue {{id: r.a}}) MATCH (b:`{label}` {{id: r.b}})"
        execute(f"UNWIND $rows AS r {ends} CREATE (a)-[:IMPLICATES]->(b)", {"rows": rows})
    execute("MATCH (p:Patient {key: $k}) SET p.revision = p.revision + 1", {"k": one.patient})
    execute("MATCH (s:Store {id: 'store'}) SET s.revision = s.revision + 1", {})
    execute("COMMIT", {})
    return time.perf_counter() - start


def _alike(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows that have the same properties, with these as a map's body."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    for names, found in groups.items():
        yield ", ".join(f"`{name}`: r.`{name}`" for name in names), found

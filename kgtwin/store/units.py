"""A store in parts that can be copied: a unit for each patient, and a frame around them, as work.

A unit holds every node that is a patient's, past ones included, as cells in the order of the schema's columns, and the
edges that its labels do not tell. A frame holds what is nobody's: concepts, taxonomy, change feed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from kgtwin.store.bulk import create_edges, create_nodes
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.schema import ANY_FACT_EDGE, EDGES, FACT_EDGES, KINDS, NODES, Dialect
from kgtwin.store.transaction import lock

HANGING: Final = {ends[0][1]: edge for edge, ends in EDGES.items() if ends[0][0] == "Patient"}
"""Label to the edge that leads to it from its patient."""
RESTORING: Final = 0
"""The schema version of a store that is being restored: it is none yet."""
TAXONOMY: Final = tuple(edge for edge, ends in EDGES.items() if ends == (("Concept", "Concept"),))

Row = tuple[Any, ...]


class Unit(msgspec.Struct, frozen=True, tag="patient", tag_field="part"):
    """All that is a patient's, by label; ``coded`` joins facts to concepts, ``implicates`` issues to facts."""

    key: str
    nodes: dict[str, tuple[Row, ...]]
    coded: tuple[tuple[str, str], ...] = ()
    implicates: tuple[tuple[str, str], ...] = ()

    @property
    def size(self) -> int:
        """The number of nodes."""
        return sum(map(len, self.nodes.values()))

    @property
    def digest(self) -> str:
        """A digest of the content, whatever its order was."""
        return sha256(_canonical(self)).hexdigest()


class Frame(msgspec.Struct, frozen=True, tag="frame", tag_field="part"):
    """All that is no patient's; ``revision`` is the store's, ``patients`` are the keys of the units that belong."""

    revision: int
    knowledge: str
    digest: str
    compacted: int
    patients: tuple[str, ...]
    nodes: dict[str, tuple[Row, ...]]
    edges: dict[str, tuple[tuple[str, ...], ...]]

    @property
    def content(self) -> str:
        """A digest of the content, whatever its order was."""
        return sha256(_canonical(self)).hexdigest()


def _canonical(part: Unit | Frame) -> bytes:
    plain = msgspec.to_builtins(part)
    for name, value in plain.items():
        if isinstance(value, dict):
            plain[name] = {key: sorted(rows, key=msgspec.json.encode) for key, rows in sorted(value.items())}
        elif isinstance(value, (list, tuple)):
            plain[name] = sorted(value)
    return msgspec.json.encode(plain)


def total(frame: Frame, units: Iterable[str]) -> str:
    """The digest of a store: of its frame and its units' digests."""
    return sha256("\n".join([frame.content, *sorted(units)]).encode()).hexdigest()


def read(keys: Sequence[str]) -> Work[tuple[Unit, ...]]:
    """The units of some patients, of those that are there. Rows are in order: the database gives them in any."""
    nodes: defaultdict[str, dict[str, list[Row]]] = defaultdict(dict)
    given = {"keys": list(keys)}
    for label in ("Patient", *HANGING, "Resource"):
        for key, *cells in (yield Statement(_reading(label), given)):
            nodes[key].setdefault(label, []).append(tuple(cells))
    coded = yield from _pairs(f"(p)-[:{ANY_FACT_EDGE}]->(f)-[:CODED_AS]->(c:Concept) RETURN k, f.id, c.curie", given)
    implicates = yield from _pairs("(p)-[:HAS_ISSUE]->(i:DetectedIssue)-[:IMPLICATES]->(f) RETURN k, i.id, f.id", given)
    return tuple(
        Unit(
            key,
            {label: _tuples(rows) for label, rows in found.items()},
            _tuples(coded[key]),
            _tuples(implicates[key]),
        )
        for key, found in sorted(nodes.items())
        if "Patient" in found
    )


def _reading(label: str) -> str:
    cells = ", ".join(f"n.`{name}`" for name in NODES[label])
    if label == "Resource":
        return f"UNWIND $keys AS k MATCH (n:Resource {{patient: k}}) RETURN k, {cells}"
    if label == "Patient":
        return f"UNWIND $keys AS k MATCH (n:Patient {{key: k}}) RETURN k, {cells}"
    return f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[:{HANGING[label]}]->(n:{label}) RETURN k, {cells}"


def _pairs(pattern: str, given: dict[str, Any]) -> Work[defaultdict[str, list[tuple[str, str]]]]:
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, a, b in (yield Statement(f"UNWIND $keys AS k MATCH (p:Patient {{key: k}}) MATCH {pattern}", given)):
        found[key].append((a, b))
    return found


def read_frame() -> Work[Frame]:
    """The frame, at one moment."""
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.revision, s.knowledge, s.digest, s.compacted")
    revision, knowledge, digest, compacted = rows[0]
    keys = yield Statement("MATCH (p:Patient) RETURN p.key ORDER BY p.key")
    nodes: dict[str, tuple[Row, ...]] = {}
    for label in ("Concept", "Revision", "Consumer"):
        cells = ", ".join(f"n.`{name}`" for name in NODES[label])
        nodes[label] = _tuples((yield Statement(f"MATCH (n:{label}) RETURN {cells}")))
    orphans = "MATCH (n:Resource) WHERE n.patient = '' RETURN n.id, n.patient, n.payload"
    nodes["Resource"] = _tuples((yield Statement(orphans)))
    edges: dict[str, tuple[Row, ...]] = {}
    for edge in TAXONOMY:
        extra = ", e.property" if edge == "ROLE" else ""
        query = f"MATCH (a:Concept)-[e:{edge}]->(b:Concept) RETURN a.curie, b.curie{extra}"
        edges[edge] = _tuples((yield Statement(query)))
    patients = tuple(row[0] for row in keys)
    return Frame(revision, knowledge, digest, compacted, patients, nodes, edges)


def read_frame_alone(dialect: Dialect) -> Work[Frame]:
    """The frame, when every commit that has begun is there as a whole."""
    yield from lock(dialect)
    return (yield from read_frame())


def _tuples(rows: Rows) -> tuple[Row, ...]:
    return tuple(sorted(map(tuple, rows)))


def begin(dialect: Dialect) -> Work[bool]:
    """Mark an empty store as one that is being restored; False if it is not empty."""
    for label in NODES:
        if label != "Store" and (yield Statement(f"MATCH (n:{label}) RETURN 1 LIMIT 1")):
            return False
    yield Statement(f"MATCH (s:Store {{id: 'store'}}) SET s.`schema` = {RESTORING}")
    return True


def write_frame(frame: Frame, dialect: Dialect) -> Work[None]:
    """Write what is nobody's into an empty store: concepts first, facts need them."""
    for label, rows in frame.nodes.items():
        yield from create_nodes(label, rows, dialect)
    for edge, pairs in frame.edges.items():
        yield from create_edges(edge, ("Concept", "Concept"), pairs, dialect)


def write(units: Sequence[Unit], dialect: Dialect) -> Work[None]:
    """Write patients that are not there yet."""
    kinds: dict[str, str] = {}
    for label in ("Patient", *HANGING, "Resource"):
        owned = [(unit.key, row) for unit in units for row in unit.nodes.get(label, ())]
        yield from create_nodes(label, [row for _, row in owned], dialect)
        if label in HANGING:
            pairs = [(key, row[0]) for key, row in owned]
            yield from create_edges(HANGING[label], ("Patient", label), pairs, dialect)
        if label in FACT_EDGES:
            kinds.update((row[0], label) for _, row in owned)
    coded = [pair for unit in units for pair in unit.coded]
    implicates = [pair for unit in units for pair in unit.implicates]
    for kind in KINDS:
        mine = [pair for pair in coded if kinds.get(pair[0]) == kind]
        yield from create_edges("CODED_AS", (kind, "Concept"), mine, dialect)
        pointed = [pair for pair in implicates if kinds.get(pair[1]) == kind]
        yield from create_edges("IMPLICATES", ("DetectedIssue", kind), pointed, dialect)


def finish(frame: Frame, version: int) -> Work[None]:
    """Make what was restored a store."""
    yield Statement(
        "MATCH (s:Store {id: 'store'}) SET s.revision = $revision, s.knowledge = $knowledge, s.digest = $digest, "
        "s.compacted = $compacted, s.`schema` = $version",
        {
            "revision": frame.revision,
            "knowledge": frame.knowledge,
            "digest": frame.digest,
            "compacted": frame.compacted,
            "version": version,
        },
    )

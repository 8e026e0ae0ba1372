"""What every write transaction shares: the writers' lock, the next revision, statements over many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kgtwin.model.submission import Revision
from kgtwin.store.records import Statement, Work
from kgtwin.store.rows import text_of
from kgtwin.store.schema import GATE, Dialect

CHUNK = 2_000
Clock = Callable[[], datetime]


def lock(dialect: Dialect) -> Work[None]:
    """Lock out other writers until the transaction ends; a store with one writer needs nothing."""
    if dialect.lock:
        yield Statement("MATCH (s:Store {id: 'store'}) SET s.lock = 0")


def begin(dialect: Dialect) -> Work[tuple[int, str]]:
    """Lock out other writers; the number of the next revision and the time of the last."""
    yield from lock(dialect)
    number = yield from last()
    rows = yield Statement("MATCH (r:Revision {number: $n}) RETURN r.at", {"n": number})
    return number + 1, rows[0][0] if rows else ""


def settled() -> Work[int]:
    """The last revision, once all that it wrote can be read: who commits holds the gate until then."""
    rows = yield Statement(
        f"MATCH (g:{GATE} {{id: 'gate'}}) SET g.lock = 0 WITH g MATCH (s:Store {{id: 'store'}}) RETURN s.revision"
    )
    return int(rows[0][0]) if rows else (yield from last())


def last() -> Work[int]:
    """The last revision, as far as it can be read."""
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.revision")
    return int(rows[0][0])


def commit(revision: Revision, dialect: Dialect) -> Work[None]:
    """Make a revision the last one, and tell of it in the change feed; nothing may follow in the transaction."""
    yield Statement(
        "CREATE (:Revision {number: $n, at: $at, kind: $kind, label: $label, added: $added, closed: $closed, "
        "payload: $payload})",
        {
            "n": revision.number,
            "at": revision.at,
            "kind": revision.kind,
            "label": revision.label,
            "added": revision.added,
            "closed": revision.closed,
            "payload": text_of(revision),
        },
    )
    gate = f"MERGE (g:{GATE} {{id: 'gate'}}) SET g.lock = 0 WITH g " if dialect.lock else ""
    number = revision.number
    yield Statement(f"{gate}MATCH (s:Store {{id: 'store'}}) SET s.revision = $n", {"n": number}, makes=number)


def now(clock: Clock, before: str) -> str:
    """The system time of a revision: never before the last one's, whatever the clock does."""
    return max(before, format_time(clock()))


def format_time(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: such texts sort as the instants do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def batch(query: str, name: str, values: Sequence[Any], **others: Any) -> Iterator[Statement]:
    """A statement over many rows, in chunks; none for no rows."""
    for first in range(0, len(values), CHUNK):
        yield Statement(query, {name: list(values[first : first + CHUNK]), **others})


def merge_concepts(labels: Mapping[str, str], dialect: Dialect) -> Work[None]:
    """Create the concepts that are not there yet, with their labels; the writers' lock is held."""
    there: set[str] = set()
    for statement in batch("UNWIND $keys AS k MATCH (c:Concept {curie: k}) RETURN c.curie", "keys", sorted(labels)):
        there |= {row[0] for row in (yield statement)}
    yield from batch(
        f"UNWIND $rows AS r CREATE (:Concept {{curie: r.curie, label: {dialect.text.format('r.label')}}})",
        "rows",
        [{"curie": curie, "label": label} for curie, label in sorted(labels.items()) if curie not in there],
    )

"""Forward migrations of a store's schema, one a version, as work that an adapter drives in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from uuid import uuid4

import msgspec

from kgtwin.errors import StoreError
from kgtwin.model.submission import Revision
from kgtwin.store.conclusions import KEPT
from kgtwin.store.records import Statement, Work
from kgtwin.store.schema import ROLE_EDGES, SCHEMA_VERSION, Dialect, ladybug_edge, ladybug_node
from kgtwin.store.transaction import batch
from kgtwin.store.units import RESTORING

_REVISION = msgspec.json.Decoder(Revision)


class Migration(NamedTuple):
    """What makes a store of version ``to`` out of one of the version before."""

    to: int
    title: str
    work: Callable[[Dialect], Work[None]]


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """The version before and after, and the titles of what was done (or, in a dry run, would be)."""

    before: int
    after: int
    steps: tuple[str, ...] = ()


def pending(version: int, where: str) -> tuple[Migration, ...]:
    """The migrations that a store of a version needs, in order.

    Raises:
        StoreError: if it was made by a newer kgtwin.
    """
    if version == RESTORING:
        raise StoreError(
            "a restore of this store was interrupted", where=where, remedy="remove it, and restore the backup again"
        )
    if version > SCHEMA_VERSION:
        raise _wrong(version, where, "it was made by a newer kgtwin: use that one")
    return tuple(one for one in MIGRATIONS if one.to > version)


def check(version: int, where: str) -> None:
    """Refuse a store of another version.

    Raises:
        StoreError: if it is older (with the way to migrate it) or newer.
    """
    if pending(version, where):
        raise _wrong(version, where, "back it up, then run `kgtwin migrate`")


def _wrong(version: int, where: str, remedy: str) -> StoreError:
    return StoreError(
        f"the store has schema version {version}",
        where=where,
        expected=f"schema version {SCHEMA_VERSION}",
        remedy=remedy,
    )


def finish(to: int) -> Iterator[Statement]:
    """Say which version the store has from now on."""
    yield Statement("MATCH (s:Store {id: 'store'}) SET s.`schema` = $version", {"version": to})


def _memory(dialect: Dialect) -> Work[None]:
    """Version 2: conclusions keep their history, the feed has consumers and a horizon, the store an identity."""
    if dialect.name == "ladybug":
        yield from _memory_tables()
    identity = "MATCH (s:Store {id: 'store'}) SET s.identity = $identity, s.compacted = 0"
    yield Statement(identity, {"identity": str(uuid4())})
    yield Statement(f"MATCH (c:Concept)-[:{'|'.join(_TAXONOMY)}]-() SET c.placed = true")
    rows = yield Statement("MATCH (r:Revision) WHERE r.kind = 'inferences' RETURN r.payload ORDER BY r.number")
    written = {key: found.number for row in rows for found in [_REVISION.decode(row[0])] for key in found.patients}
    for kept in KEPT:
        yield from batch(
            f"UNWIND $rows AS r MATCH (p:Patient {{key: r.key}})-[:{kept.edge}]->(n:{kept.label}) "
            "SET n.revisionFrom = r.number",
            "rows",
            [{"key": key, "number": number} for key, number in sorted(written.items())],
        )


_TAXONOMY = ("IS_A", "ROLE", *ROLE_EDGES.values())


def _memory_tables() -> Iterator[Statement]:
    for label, name, kind in (
        ("Store", "identity", "STRING"),
        ("Store", "compacted", "INT64"),
        ("Concept", "placed", "BOOL"),
        *((kept.label, "revisionFrom", "INT64") for kept in KEPT),
    ):
        yield Statement(f"ALTER TABLE `{label}` ADD `{name}` {kind}")
    for label in (*(kept.past_label for kept in KEPT), "Consumer"):
        yield Statement(ladybug_node(label))
    for kept in KEPT:
        yield Statement(ladybug_edge(kept.past_edge))


def _overrides(dialect: Dialect) -> Work[None]:
    """Version 3: overrides of issues. On a server the constraint is made when the store is opened."""
    if dialect.name == "ladybug":
        yield Statement(ladybug_node("Override"))
        yield Statement(ladybug_edge("HAS_OVERRIDE"))


MIGRATIONS: Final = (
    Migration(2, "keep the history of conclusions; consumers of the change feed; an identity of the store", _memory),
    Migration(3, "overrides of issues", _overrides),
)

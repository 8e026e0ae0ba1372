"""The change feed, as work that an adapter drives: revisions in order, what they changed, durable positions."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import msgspec

from kgtwin.errors import FeedCompactedError, NotFoundError, UsageError
from kgtwin.model.feed import Change, Compaction, Consumer, FactChange
from kgtwin.model.submission import Revision
from kgtwin.store.reads import limited
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.refreshing import REFRESH
from kgtwin.store.rows import text_of
from kgtwin.store.schema import ANY_FACT_EDGE, Dialect
from kgtwin.store.transaction import Clock, batch, last, lock, now

if TYPE_CHECKING:
    from kgtwin.store.base import GraphStore

_REVISION = msgspec.json.Decoder(Revision)
_COMPACTED: Final = '"compacted":true'
"""What the payload of a compacted revision has; within a text of JSON the quotes would be escaped."""
POLL_SECONDS: Final = 1.0
"""How often a follower looks for what another process wrote; what its own wrote it is told at once."""


def revisions(after: int, limit: int | None, upto: int | None) -> Work[tuple[Revision, ...]]:
    horizon = yield from _horizon()
    if after < horizon:
        raise _compacted(after, horizon)
    when, given = ("", {}) if upto is None else (" AND r.number <= $upto", {"upto": upto})
    query = f"MATCH (r:Revision) WHERE r.number > $after{when} RETURN r.payload ORDER BY r.number{limited(limit)}"
    rows = yield Statement(query, {"after": after, **given})
    if any(_COMPACTED in row[0] for row in rows):  # a server shows a commit bit by bit: the horizon is told later
        raise _compacted(after, None)
    return tuple(_REVISION.decode(row[0]) for row in rows)


def _compacted(after: int, horizon: int | None) -> FeedCompactedError:
    return FeedCompactedError(
        f"what changed after revision {after} is no longer told",
        expected=f"a revision from {horizon} on" if horizon else "a later revision",
        remedy="read the store as it is now, then follow from its revision",
    )


def changes(after: int, limit: int | None, upto: int | None) -> Work[tuple[Change, ...]]:
    """Revisions with the facts that they opened and closed."""
    found = yield from revisions(after, limit, upto)
    keys = sorted({key for one in found if one.kind == "facts" for key in one.patients})
    facts: defaultdict[int, set[FactChange]] = defaultdict(set)
    for key, id_, kind, begun, ended in (yield from _touched(keys, after)):
        if begun != ended:
            facts[begun].add(FactChange(id_, kind, key, True))
            facts[ended].add(FactChange(id_, kind, key, False))
    return tuple(Change(one, tuple(sorted(facts[one.number], key=_order))) for one in found)


def _touched(keys: list[str], after: int) -> Work[Rows]:
    if not keys:
        return ()
    return (
        yield Statement(
            f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[:{ANY_FACT_EDGE}]->(f) "
            "WHERE f.revisionFrom > $after OR f.revisionTo > $after "
            "RETURN k, f.id, f.kind, f.revisionFrom, coalesce(f.revisionTo, -1)",
            {"keys": keys, "after": after},
        )
    )


def _order(change: FactChange) -> tuple[bool, str, str, str]:
    return change.opened, change.patient, change.kind, change.fact


def resolve(at: str) -> Work[int]:
    rows = yield Statement("MATCH (r:Revision) WHERE r.at <= $at RETURN max(r.number)", {"at": at})
    return int(rows[0][0] or 0) if rows else 0


def consumers() -> Work[tuple[Consumer, ...]]:
    rows = yield Statement("MATCH (c:Consumer) RETURN c.name, c.position, c.at ORDER BY c.name")
    return tuple(Consumer(*row) for row in rows)


def advance(name: str, position: int, dialect: Dialect, clock: Clock) -> Work[Consumer]:
    """Remember how far a consumer has read. It may not go back, nor beyond the last revision."""
    yield from lock(dialect)
    newest = yield from last()
    found = yield Statement("MATCH (c:Consumer {name: $name}) RETURN c.position, c.at", {"name": name})
    first, before = found[0] if found else (0, "")
    if not first <= position <= newest:
        raise UsageError(f"{name} cannot be at revision {position}", expected=f"from {first} to {newest}")
    at = now(clock, before)
    yield Statement(
        "MERGE (c:Consumer {name: $name}) SET c.position = $position, c.at = $at",
        {"name": name, "position": position, "at": at},
    )
    return Consumer(name, position, at)


def forget(name: str, dialect: Dialect) -> Work[None]:
    """Remove a consumer; it no longer holds the feed."""
    yield from lock(dialect)
    found = yield Statement("MATCH (c:Consumer {name: $name}) RETURN c.position", {"name": name})
    if not found:
        raise NotFoundError(f"the feed has no consumer {name!r}")
    yield Statement("MATCH (c:Consumer {name: $name}) DETACH DELETE c", {"name": name})


def compact(upto: int, dialect: Dialect) -> Work[Compaction]:
    """Drop what revisions changed, up to one, but never what a consumer has not read; numbers and times stay."""
    yield from lock(dialect)
    newest = yield from last()
    known = yield from consumers()
    target = min(upto, newest)
    horizon = min([target, *(one.position for one in known)])
    before = yield from _horizon()
    if horizon > before:
        rows = yield Statement(
            "MATCH (r:Revision) WHERE r.number > $a AND r.number <= $b RETURN r.payload", {"a": before, "b": horizon}
        )
        bare = [_bare(_REVISION.decode(row[0])) for row in rows]
        query = "UNWIND $rows AS x MATCH (r:Revision {number: x.number}) SET r.payload = x.payload, r.label = x.label"
        left = [{"number": one.number, "payload": _marked(one), "label": one.label} for one in bare]
        yield from batch(query, "rows", left)
        yield Statement("MATCH (s:Store {id: 'store'}) SET s.compacted = $n", {"n": horizon})
    held = tuple(one.name for one in known if one.position < target)
    return Compaction(max(horizon, before), max(horizon - before, 0), held)


def _bare(revision: Revision) -> Revision:
    """Without whom it was about; what was refreshed stays known, since what is stored rests on it."""
    label = revision.label if revision.kind == REFRESH else ""
    return msgspec.structs.replace(revision, patients=(), shelved=(), label=label)


def _marked(revision: Revision) -> str:
    return f"{text_of(revision)[:-1]},{_COMPACTED}}}"


def _horizon() -> Work[int]:
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.compacted")
    return int(rows[0][0])


async def may_have_erased(store: GraphStore, after: int) -> bool:
    """Whether somebody was erased after a revision, or the feed no longer tells."""
    try:
        return any(one.kind == "erasure" for one in await store.revisions(after=after))
    except FeedCompactedError:
        return True


async def follow(
    store: GraphStore, name: str, *, limit: int = 100, poll: float = POLL_SECONDS
) -> AsyncIterator[tuple[Change, ...]]:
    """The changes that a consumer has not dealt with, some revisions at a time, for ever.

    A group counts as dealt with when the next one is asked for; until then the position stays, so that a consumer that
    dies meanwhile meets the group again. Nothing is read ahead: a slow consumer holds only what it works on.

    Raises:
        FeedCompactedError: for a new consumer, where the feed no longer goes back to the beginning: let it read the
            store first, then ``store.advance(name, revision)``.
    """
    positions = {one.name: one.position for one in await store.consumers()}
    position = positions.get(name, 0)
    while True:
        news = store.news()
        group = await store.changes(after=position, limit=limit)
        if group:
            yield group
            position = group[-1].revision.number
            await store.advance(name, position)
        else:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), poll)

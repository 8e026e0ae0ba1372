"""With which knowledge stored conclusions were worked out, and up to when all of them were compared with one, as work.

A refresh that went through to its end leaves a revision of the kind ``refresh``: all conclusions that were written
before it are what its knowledge says, whichever knowledge they were worked out with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from kgtwin.model.submission import Revision
from kgtwin.store.records import Statement, Work
from kgtwin.store.schema import Dialect
from kgtwin.store.transaction import Clock, batch, begin, commit, now

REFRESH: Final = "refresh"
"""The kind of its revision."""
_WITH: Final = " with "


class Told(msgspec.Struct, frozen=True):
    """What is stored as following for a patient: from which knowledge, at which time, and since which revision."""

    knowledge: str
    at: str
    since: int


class Mark(msgspec.Struct, frozen=True):
    """The end of a refresh: its revision, its knowledge's version and its embedding (empty: none)."""

    revision: int
    knowledge: str
    model: str


def told(keys: Sequence[str]) -> Work[dict[str, Told]]:
    """What is stored for some patients; of who is left out, nothing is."""
    query = "UNWIND $keys AS k MATCH (n:Inference {patient: k}) RETURN n.patient, n.knowledge, n.at, n.revisionFrom"
    found: dict[str, Told] = {}
    for statement in batch(query, "keys", keys):
        for key, *fields in (yield statement):
            found[key] = Told(*fields)
    return found


def versions(after: int) -> Work[dict[str, int]]:
    """The knowledge of the conclusions that were written after a revision, with how many patients' they are."""
    query = "MATCH (n:Inference) WHERE n.revisionFrom > $after RETURN n.knowledge, count(*) ORDER BY n.knowledge"
    rows = yield Statement(query, {"after": after})
    return {row[0]: int(row[1]) for row in rows}


def models() -> Work[tuple[str, ...]]:
    """The embeddings of the stored predictions."""
    rows = yield Statement("MATCH (n:RiskAssessment) RETURN DISTINCT n.model ORDER BY n.model")
    return tuple(row[0] for row in rows)


def mark() -> Work[Mark | None]:
    """The end of the last refresh."""
    query = "MATCH (r:Revision) WHERE r.kind = $kind RETURN r.number, r.label ORDER BY r.number DESC LIMIT 1"
    rows = yield Statement(query, {"kind": REFRESH})
    if not rows:
        return None
    number, label = rows[0]
    knowledge, _, model = label.partition(_WITH)
    return Mark(int(number), knowledge, model)


def finish(knowledge: str, model: str, after: int, dialect: Dialect, clock: Clock) -> Work[Revision | None]:
    """End a refresh that began at a revision; not, where conclusions from other knowledge were written since."""
    number, before = yield from begin(dialect)
    others = (yield from versions(after)).keys() - {knowledge}
    if others:
        return None
    label = f"{knowledge}{_WITH}{model}" if model else knowledge
    revision = Revision(number=number, at=now(clock, before), kind=REFRESH, label=label)
    yield from commit(revision, dialect)
    return revision

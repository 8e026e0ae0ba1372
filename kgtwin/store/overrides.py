"""Overrides of issues: appended, never changed; read now or as they were known at a revision."""

from __future__ import annotations

from typing import Any

import msgspec

from kgtwin.errors import NotFoundError
from kgtwin.model.override import Override, override_from_json, override_id
from kgtwin.model.submission import Revision
from kgtwin.store.records import Statement, Work
from kgtwin.store.rows import text_of
from kgtwin.store.schema import NODES, Dialect
from kgtwin.store.transaction import Clock, begin, commit, now

KIND = "override"
"""The kind of the revision that records one."""


def write(given: Override, dialect: Dialect, clock: Clock) -> Work[Override]:
    """Record an override; its time and id are those of the revision that records it."""
    number, before = yield from begin(dialect)
    if not (yield Statement("MATCH (p:Patient {key: $key}) RETURN p.key", {"key": given.patient})):
        raise NotFoundError(f"no patient {given.patient}", remedy="ingest the patient first")
    at = now(clock, before)
    made = msgspec.structs.replace(given, at=at, id=override_id(given.issue, given.by, at))
    row: dict[str, Any] = {name: str(getattr(made, name, None) or "") for name in _TEXTS}
    row |= {"payload": text_of(made), "withdrawn": made.withdrawn}
    yield Statement(
        f"UNWIND $rows AS r MATCH (p:Patient {{key: r.patient}}) CREATE (p)-[:HAS_OVERRIDE]->(:Override {{id: r.id, "
        f"{dialect.texts(_TEXTS[1:])}, withdrawn: r.withdrawn, revisionFrom: $n}})",
        {"rows": [row], "n": number},
    )
    revision = Revision(number=number, at=at, kind=KIND, patients=(made.patient,), added=1)
    yield from commit(revision, dialect)
    return made


_TEXTS = [name for name, kind in NODES["Override"].items() if kind == "STRING"]


def read(key: str | None, as_of: int | None) -> Work[tuple[Override, ...]]:
    """The overrides of a patient, or of all, the first made first."""
    whose = "(p:Patient)" if key is None else "(p:Patient {key: $key})"
    given: dict[str, Any] = {} if key is None else {"key": key}
    limit = ""
    if as_of is not None:
        given["n"], limit = as_of, "WHERE o.revisionFrom <= $n "
    rows = yield Statement(f"MATCH {whose}-[:HAS_OVERRIDE]->(o:Override) {limit}RETURN o.payload", given)
    return tuple(sorted((override_from_json(row[0]) for row in rows), key=lambda one: (one.at, one.id)))

"""Whether a store is whole: what it holds agrees with itself, patient by patient, and with its schema.

What is wrong is counted and named by its kind; no patient is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from kgtwin.model.fact import Fact, fact_from_json, patient_from_json
from kgtwin.model.issue import issue_from_json
from kgtwin.model.override import override_from_json
from kgtwin.store.base import GraphStore
from kgtwin.store.records import Statement, VersionRecord, Work
from kgtwin.store.rows import versions_from_text
from kgtwin.store.schema import KINDS, NODES, Dialect, neo4j_constraints
from kgtwin.store.units import Frame, Row, Unit

PAGE: Final = 200
TEXTS: Final = {
    "unreadable": "values whose payload cannot be read",
    "column-differs": "nodes whose properties say something else than their payload",
    "current-differs": "facts that are current and superseded at once, or neither",
    "two-current": "places of resources that state two current facts",
    "fact-without-version": "current facts that no current version of their resource states",
    "version-without-fact": "facts of current versions that are not there, or not current",
    "record-differs": "patients whose record is not their one open version",
    "future": "nodes from a revision that has not been",
    "conclusion-alone": "issues or predictions of patients who count as not inferred",
    "implicates-past": "issues that rest on a fact that is not current",
    "orphan": "facts that are no patient's",
    "feed-gap": "revisions that are missing, or too many",
    "consumer-ahead": "consumers ahead of the feed",
    "structure": "parts of the schema that are missing: constraints, indexes, tables or columns",
}
"""What each kind of flaw is."""


class Flaw(msgspec.Struct, frozen=True):
    """A kind of flaw, how often it was found, and (for ``structure``) where."""

    kind: str
    count: int
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        named = f": {', '.join(self.names)}" if self.names else ""
        return f"{self.count} {TEXTS[self.kind]}{named}"


async def examine(store: GraphStore) -> tuple[Flaw, ...]:
    """Read all that a store holds and say what is wrong with it; empty where nothing is."""
    frame = await store.frame()
    found: Counter[str] = Counter()
    facts = 0
    for first in range(0, len(frame.patients), PAGE):
        for unit in await store.units(frame.patients[first : first + PAGE]):
            found.update(flaws_of(unit, frame.revision))
            facts += sum(len(unit.nodes.get(kind, ())) for kind in KINDS)
    found.update(_of_frame(frame))
    found["orphan"] += abs(await store.inspect(_count_facts) - facts)
    missing = tuple(sorted(await store.inspect(lambda: _missing(store.dialect))))
    flaws = [Flaw(kind, count) for kind, count in sorted(found.items()) if count]
    return (*flaws, *([Flaw("structure", len(missing), missing)] if missing else []))


def flaws_of(unit: Unit, revision: int) -> Iterator[str]:
    """The kinds of flaws of one patient, each as often as it is found."""
    facts: dict[str, tuple[dict[str, Any], Fact | None]] = {}
    for kind in KINDS:
        for row in unit.nodes.get(kind, ()):
            cells = _cells(kind, row)
            facts[cells["id"]] = cells, _fact(cells)
    for cells, fact in facts.values():
        yield from _of_fact(cells, fact, unit.key, revision)
    current = {id_: fact for id_, (cells, fact) in facts.items() if cells["revisionTo"] is None}
    places = Counter((f.provenance.resource, f.provenance.part) for f in current.values() if f is not None)
    yield from ["two-current"] * sum(count - 1 for count in places.values())
    yield from _of_versions(unit, current)
    yield from _of_record(unit)
    yield from _of_conclusions(unit, current)
    yield from _of_overrides(unit, revision)


def _cells(label: str, row: Row) -> dict[str, Any]:
    return dict(zip(NODES[label], row, strict=True))


def _fact(cells: Mapping[str, Any]) -> Fact | None:
    try:
        return fact_from_json(cells["payload"])
    except (msgspec.DecodeError, TypeError):
        return None


def _of_fact(cells: Mapping[str, Any], fact: Fact | None, key: str, revision: int) -> Iterator[str]:
    if fact is None:
        yield "unreadable"
        return
    said = (fact.id, fact.patient, fact.kind.value, fact.provenance.resource, fact.provenance.version)
    if said != tuple(cells[name] for name in ("id", "patient", "kind", "resource", "version")) or fact.patient != key:
        yield "column-differs"
    if bool(cells["current"]) is not (cells["revisionTo"] is None):
        yield "current-differs"
    if cells["revisionFrom"] > revision or (cells["revisionTo"] or 0) > revision:
        yield "future"


def _of_versions(unit: Unit, current: Mapping[str, Fact | None]) -> Iterator[str]:
    stated: set[str] = set()
    received: set[str] = set()
    for row in unit.nodes.get("Resource", ()):
        cells = _cells("Resource", row)
        try:
            versions = versions_from_text(cells["payload"])
        except (msgspec.DecodeError, TypeError):
            yield "unreadable"
            continue
        received.add(cells["id"])
        stated |= _stated(versions, unit.key)
    yield from ["version-without-fact"] * len(stated - current.keys())
    alone = (fact.provenance for id_, fact in current.items() if fact is not None and id_ not in stated)
    yield from ["fact-without-version"] * sum(f"{one.source}|{one.resource}" in received for one in alone)


def _stated(versions: Sequence[VersionRecord], key: str) -> set[str]:
    now = (one for one in versions if one.current and one.patient == key)
    return {id_ for one in now for ids in one.facts.values() for id_ in ids}


def _of_record(unit: Unit) -> Iterator[str]:
    record = _cells("Patient", unit.nodes["Patient"][0])
    try:
        if patient_from_json(record["payload"]).key != unit.key:
            yield "column-differs"
    except (msgspec.DecodeError, TypeError):
        yield "unreadable"
    versions = [_cells("PatientVersion", row) for row in unit.nodes.get("PatientVersion", ())]
    if [one["payload"] for one in versions if one["revisionTo"] is None] != [record["payload"]]:
        yield "record-differs"


def _of_conclusions(unit: Unit, current: Mapping[str, Fact | None]) -> Iterator[str]:
    if not unit.nodes.get("Inference"):
        yield from ["conclusion-alone"] * sum(
            len(unit.nodes.get(one, ())) for one in ("DetectedIssue", "RiskAssessment")
        )
    for row in unit.nodes.get("DetectedIssue", ()):
        cells = _cells("DetectedIssue", row)
        try:
            issue = issue_from_json(cells["payload"])
        except (msgspec.DecodeError, TypeError):
            yield "unreadable"
            continue
        if (issue.id, issue.patient, issue.statement) != (cells["id"], unit.key, cells["statement"]):
            yield "column-differs"
    yield from ["implicates-past"] * sum(fact not in current for _, fact in unit.implicates)


def _of_overrides(unit: Unit, revision: int) -> Iterator[str]:
    for row in unit.nodes.get("Override", ()):
        cells = _cells("Override", row)
        try:
            said = override_from_json(cells["payload"])
        except (msgspec.DecodeError, TypeError):
            yield "unreadable"
            continue
        if (said.id, said.patient, said.issue) != (cells["id"], unit.key, cells["issue"]):
            yield "column-differs"
        if cells["revisionFrom"] > revision:
            yield "future"


def _of_frame(frame: Frame) -> Iterator[str]:
    numbers = {_cells("Revision", row)["number"] for row in frame.nodes["Revision"]}
    yield from ["feed-gap"] * len(numbers ^ set(range(1, frame.revision + 1)))
    ahead = (_cells("Consumer", row)["position"] > frame.revision for row in frame.nodes["Consumer"])
    yield from ["consumer-ahead"] * sum(ahead)


def _count_facts() -> Work[int]:
    total = 0
    for kind in KINDS:
        total += int((yield Statement(f"MATCH (f:{kind}) RETURN count(*)"))[0][0])
    return total


def _missing(dialect: Dialect) -> Work[list[str]]:
    if dialect.name == "neo4j":
        rows = yield Statement("SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name")
        found = {row[0] for row in rows}
        return [name for statement in neo4j_constraints() if (name := statement.split()[2]) not in found]
    rows = yield Statement("CALL show_tables() RETURN *")
    tables = {row[1] for row in rows}
    missing = [label for label in NODES if label not in tables]
    for label in NODES.keys() & tables:
        columns = {row[1] for row in (yield Statement(f"CALL table_info('{label}') RETURN *"))}
        missing += [f"{label}.{name}" for name in NODES[label] if name not in columns]
    return missing

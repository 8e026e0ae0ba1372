"""What follows for patients: written with the facts it follows from, kept as history when they change.

A patient's current conclusions hang on ``HAS_INFERENCE``, ``HAS_ISSUE`` and ``HAS_RISK``. All of them were written by
one revision (``revisionFrom``). When they cease to hold they become ``PastInference``, ``PastIssue`` and ``PastRisk``,
which also have ``revisionTo``, so that an issue may be shown as it was told at any revision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from kgtwin.errors import NotFoundError
from kgtwin.model.caveat import Caveat
from kgtwin.model.issue import DetectedIssue, Inference, RiskAssessment, issue_from_json
from kgtwin.model.submission import Revision
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.rows import Row, issue_row, risk_row, text_of
from kgtwin.store.schema import ANY_FACT_EDGE, NODES, Dialect
from kgtwin.store.transaction import Clock, batch, begin, commit, now

_RISK = msgspec.json.Decoder(RiskAssessment)
_CAVEATS = msgspec.json.Decoder(tuple[Caveat, ...])


class Kept(NamedTuple):
    """One kind of conclusion: its edge and label while it holds, and afterwards."""

    edge: str
    label: str
    past_edge: str
    past_label: str


INFERENCE: Final = Kept("HAS_INFERENCE", "Inference", "HAD_INFERENCE", "PastInference")
ISSUE: Final = Kept("HAS_ISSUE", "DetectedIssue", "HAD_ISSUE", "PastIssue")
RISK: Final = Kept("HAS_RISK", "RiskAssessment", "HAD_RISK", "PastRisk")
KEPT: Final = (INFERENCE, ISSUE, RISK)


def write(inferences: Sequence[Inference], dialect: Dialect, clock: Clock) -> Work[Revision | None]:
    """Replace the stored inferences of exactly those patients whose facts have not changed since."""
    number, before = yield from begin(dialect)
    latest = {inference.patient: inference for inference in inferences}
    rows = yield Statement(
        "UNWIND $keys AS k MATCH (p:Patient {key: k}) RETURN p.key, p.revision", {"keys": sorted(latest)}
    )
    facts_at = {row[0]: row[1] for row in rows}
    missing = sorted(set(latest) - set(facts_at))
    if missing:
        raise NotFoundError(f"no patient {missing[0]}", remedy="ingest the patient first")
    fresh = [i for key, i in sorted(latest.items()) if facts_at[key] <= i.revision]
    if not fresh:
        return None
    yield from close([i.patient for i in fresh], number, dialect)
    facts = {one.fact for i in fresh for issue in i.issues for one in issue.implicated}
    kinds = yield from _kinds([i.patient for i in fresh], sorted(facts))
    yield from create(fresh, kinds, number, dialect)
    revision = Revision(
        number=number,
        at=now(clock, before),
        kind="inferences",
        patients=tuple(i.patient for i in fresh),
        added=sum(len(i.issues) + len(i.risks) for i in fresh),
    )
    yield from commit(revision, dialect)
    return revision


def close(keys: Sequence[str], number: int, dialect: Dialect) -> Work[None]:
    """Move what is stored as following for some patients to their history."""
    held: defaultdict[str, list[str]] = defaultdict(list)
    edges = "|".join(kept.edge for kept in KEPT)
    query = f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[e:{edges}]->() RETURN DISTINCT k, {dialect.edge_type}(e)"
    for statement in batch(query, "keys", keys):
        for key, edge in (yield statement):
            held[edge].append(key)
    for kept in KEPT:
        yield from batch(_move(kept, dialect), "keys", held[kept.edge], n=number)
        gone = f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[:{kept.edge}]->(n) DETACH DELETE n"
        yield from batch(gone, "keys", held[kept.edge])


def _move(kept: Kept, dialect: Dialect) -> str:
    now_, then = NODES[kept.label], NODES[kept.past_label]
    copied = ", ".join(f"`{name}`: n.`{name}`" for name in then if name in now_)
    return (
        f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[:{kept.edge}]->(n:{kept.label}) "
        f"CREATE (p)-[:{kept.past_edge}]->(:{kept.past_label} {{key: n.`{next(iter(now_))}` + '@' + "
        f"{dialect.shown.format('n.revisionFrom')}, {copied}, revisionTo: $n}})"
    )


def create(inferences: Sequence[Inference], kinds: Mapping[str, str], number: int, dialect: Dialect) -> Work[None]:
    """Store what follows for patients of whom nothing is stored; ``kinds`` are those of the facts, by id."""
    heads: list[Row] = [
        {"patient": i.patient, "at": i.at, "revision": i.revision, "knowledge": i.knowledge,
         "payload": text_of(i.caveats)}
        for i in inferences
    ]  # fmt: skip
    issues = {issue.id: issue for i in inferences for issue in i.issues}
    risks = {risk.id: risk for i in inferences for risk in i.risks}
    yield from _attach(INFERENCE, heads, number, dialect)
    yield from _attach(ISSUE, [issue_row(issue) for issue in issues.values()], number, dialect)
    yield from _attach(RISK, [risk_row(risk) for risk in risks.values()], number, dialect)
    edges = {(issue.id, one.fact): None for issue in issues.values() for one in issue.implicated}
    for kind in sorted({kinds[fact] for _, fact in edges if fact in kinds}):
        rows = [{"issue": issue, "fact": fact} for issue, fact in edges if kinds.get(fact) == kind]
        yield from batch(
            f"UNWIND $rows AS r MATCH (i:DetectedIssue {{id: r.issue}}) MATCH (f:{kind} {{id: r.fact}}) "
            "CREATE (i)-[:IMPLICATES]->(f)",
            "rows",
            rows,
        )


def _attach(kept: Kept, rows: list[Row], number: int, dialect: Dialect) -> Work[None]:
    columns = {name: kind for name, kind in NODES[kept.label].items() if name != "revisionFrom"}
    texts = [name for name, kind in columns.items() if kind == "STRING"]
    others = ", ".join(f"`{name}`: r.`{name}`" for name, kind in columns.items() if kind != "STRING")
    body = dialect.texts(texts[1:]) + (f", {others}" if others else "")
    yield from batch(
        f"UNWIND $rows AS r MATCH (p:Patient {{key: r.patient}}) "
        f"CREATE (p)-[:{kept.edge}]->(n:{kept.label} {{`{texts[0]}`: r.`{texts[0]}`, {body}, revisionFrom: $n}})",
        "rows",
        rows,
        n=number,
    )


def _kinds(patients: Sequence[str], facts: Sequence[str]) -> Work[dict[str, str]]:
    """The kind of each of those facts that one of the patients has."""
    if not facts:
        return {}
    rows = yield Statement(
        f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[:{ANY_FACT_EDGE}]->(f) WHERE f.id IN $facts "
        "RETURN f.id, f.kind",
        {"keys": list(patients), "facts": list(facts)},
    )
    return {row[0]: row[1] for row in rows}


def issues(key: str, as_of: int | None) -> Work[tuple[DetectedIssue, ...]]:
    rows = yield from _told(ISSUE, key, as_of, "n.payload")
    return gravest_first(row[0] for row in rows)


def gravest_first(payloads: Iterable[str]) -> tuple[DetectedIssue, ...]:
    """Issues as they are read: the gravest first, then by kind and id."""
    found = map(issue_from_json, payloads)
    return tuple(sorted(found, key=lambda issue: (issue.significance.rank, issue.kind.value, issue.id)))


def issue(id_: str) -> Work[DetectedIssue | None]:
    rows = yield Statement("MATCH (i:DetectedIssue {id: $id}) RETURN i.payload", {"id": id_})
    return issue_from_json(rows[0][0]) if rows else None


def risks(key: str, as_of: int | None) -> Work[tuple[RiskAssessment, ...]]:
    rows = yield from _told(RISK, key, as_of, "n.payload")
    found = [_RISK.decode(row[0]) for row in rows]
    return tuple(sorted(found, key=lambda risk: (-risk.plausibility, risk.id)))


def inference(key: str, as_of: int | None) -> Work[Inference | None]:
    rows = yield from _told(INFERENCE, key, as_of, "n.at, n.revision, n.knowledge, n.payload")
    if not rows:
        return None
    at, revision, knowledge, payload = rows[0]
    return Inference(
        patient=key,
        at=at,
        revision=revision,
        knowledge=knowledge,
        issues=(yield from issues(key, as_of)),
        risks=(yield from risks(key, as_of)),
        caveats=_CAVEATS.decode(payload),
    )


def _told(kept: Kept, key: str, as_of: int | None, columns: str) -> Work[Rows]:
    """The conclusions of a kind that held now, or at a revision: all of a patient's current ones began together."""
    given: dict[str, Any] = {"key": key} if as_of is None else {"key": key, "n": as_of}
    begun = "" if as_of is None else "WHERE n.revisionFrom <= $n "
    rows = yield Statement(
        f"MATCH (p:Patient {{key: $key}})-[:{kept.edge}]->(n:{kept.label}) {begun}RETURN {columns}", given
    )
    if rows or as_of is None:
        return rows
    return (
        yield Statement(
            f"MATCH (p:Patient {{key: $key}})-[:{kept.past_edge}]->(n:{kept.past_label}) "
            f"WHERE n.revisionFrom <= $n AND n.revisionTo > $n RETURN {columns}",
            given,
        )
    )

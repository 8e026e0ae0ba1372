"""The reads of many patients at once, as work that an adapter drives: a few statements however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kgtwin.model.fact import Fact, fact_from_json
from kgtwin.model.issue import DetectedIssue, issue_from_json
from kgtwin.store import reads
from kgtwin.store.conclusions import ISSUE
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.schema import ANY_FACT_EDGE


def facts(keys: Sequence[str], as_of: int | None) -> Work[dict[str, tuple[Fact, ...]]]:
    """The facts of some patients; a key that is no patient's is left out."""
    known = yield from reads.known(keys)
    when, given = reads.counted(as_of)
    query = (
        f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[:{ANY_FACT_EDGE}]->(f) WHERE {when} RETURN p.key, f.payload"
    )
    found = yield from _grouped([query] if known else [], {"keys": sorted(known), **given})
    return {key: reads.in_order(map(fact_from_json, found[key])) for key in keys if key in known}


def issues(keys: Sequence[str], as_of: int | None) -> Work[dict[str, tuple[DetectedIssue, ...]]]:
    """The stored issues of some patients, the gravest first; a key that is no patient's is left out."""
    known = yield from reads.known(keys)
    given = {} if as_of is None else {"n": as_of}
    found = yield from _grouped(_told(as_of) if known else [], {"keys": sorted(known), **given})
    return {key: _gravest_first(found[key]) for key in keys if key in known}


def issue_patient(id_: str) -> Work[str | None]:
    """The patient of a present or past issue."""
    for label in (ISSUE.label, ISSUE.past_label):
        rows = yield Statement(f"MATCH (i:{label} {{id: $id}}) RETURN i.patient LIMIT 1", {"id": id_})
        if rows:
            return str(rows[0][0])
    return None


def _told(as_of: int | None) -> list[str]:
    """What holds now; or, at a revision, what holds since then, and what held then and no longer does."""
    start = "UNWIND $keys AS k MATCH (p:Patient {key: k})-[:"
    current = f"{start}{ISSUE.edge}]->(n:{ISSUE.label})"
    end = " RETURN p.key, n.payload"
    if as_of is None:
        return [current + end]
    past = f"{start}{ISSUE.past_edge}]->(n:{ISSUE.past_label}) WHERE n.revisionFrom <= $n AND n.revisionTo > $n"
    return [f"{current} WHERE n.revisionFrom <= $n{end}", past + end]


def _gravest_first(payloads: Sequence[str]) -> tuple[DetectedIssue, ...]:
    found = map(issue_from_json, payloads)
    return tuple(sorted(found, key=lambda issue: (issue.significance.rank, issue.kind.value, issue.id)))


def _grouped(queries: Sequence[str], given: dict[str, object]) -> Work[dict[str, list[str]]]:
    """The payloads that queries give, by patient."""
    found: dict[str, list[str]] = defaultdict(list)
    for query in queries:
        rows: Rows = yield Statement(query, given)
        for key, payload in rows:
            found[key].append(payload)
    return found

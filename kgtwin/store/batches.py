"""The reads of many patients at once, as work that an adapter drives in one transaction.

A server is asked in one statement for all: a statement is a round trip. The embedded store answers such a statement by
a look at every edge that it has, so of a large store each patient is asked for by key instead; that stays flat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from kgtwin.model.fact import Fact, PatientRecord, fact_from_json, patient_from_json
from kgtwin.model.issue import DetectedIssue
from kgtwin.store import reads
from kgtwin.store.conclusions import ISSUE, gravest_first
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.schema import ANY_FACT_EDGE, Dialect

SCANNED: Final = 15
"""The embedded store looks at the edges of so many patients, of some 50 facts, while it finds one patient by key."""
_ALL: Final = "UNWIND $keys AS k MATCH (p:Patient {key: k})"
_ONE: Final = "MATCH (p:Patient {key: $key})"


def patients(
    after: str | None, limit: int | None, as_of: int | None, dialect: Dialect
) -> Work[tuple[PatientRecord, ...]]:
    """The patients by key, after a key if one is given, now or as known at a revision."""
    if as_of is None:
        return (yield from reads.patients(after, limit))
    if not dialect.scans:
        return (yield from _patients_at_once(after, limit, as_of))
    found: list[PatientRecord] = []
    start = after or ""
    query = "MATCH (p:Patient) WHERE p.key > $after RETURN p.key, p.revision, p.payload ORDER BY p.key"
    query += reads.limited(limit)
    while limit is None or len(found) < limit:
        rows = yield Statement(query, {"after": start})
        found += yield from _as_known(rows, as_of, dialect)
        if limit is None or len(rows) < limit:
            break
        start = rows[-1][0]
    return tuple(found[:limit])


def _patients_at_once(after: str | None, limit: int | None, as_of: int) -> Work[tuple[PatientRecord, ...]]:
    rows = yield Statement(
        "MATCH (p:Patient)-[:HAS_VERSION]->(v:PatientVersion) "
        f"WHERE p.key > $after AND {reads.at('v')} RETURN v.payload ORDER BY p.key{reads.limited(limit)}",
        {"after": after or "", "n": as_of},
    )
    return tuple(patient_from_json(row[0]) for row in rows)


def _as_known(rows: Rows, as_of: int, dialect: Dialect) -> Work[list[PatientRecord]]:
    """The records of patients as they were; those of who did not change since are at hand."""
    payloads = {key: [payload] for key, revision, payload in rows if revision <= as_of}
    changed = [key for key, revision, _ in rows if revision > as_of]
    end = f"-[:HAS_VERSION]->(v:PatientVersion) WHERE {reads.at('v')} RETURN p.key, v.payload"
    payloads |= yield from _payloads(changed, [end], {"n": as_of}, dialect)
    return [patient_from_json(payloads[key][0]) for key, *_ in rows if payloads.get(key)]


def facts(keys: Sequence[str], as_of: int | None, dialect: Dialect) -> Work[dict[str, tuple[Fact, ...]]]:
    """The facts of some patients; a key that is no patient's is left out."""
    known = yield from reads.known(keys)
    when, given = reads.counted(as_of)
    end = f"-[:{ANY_FACT_EDGE}]->(f) WHERE {when} RETURN p.key, f.payload"
    found = yield from _payloads(sorted(known), [end], given, dialect)
    return {key: reads.in_order(map(fact_from_json, found[key])) for key in keys if key in known}


def issues(keys: Sequence[str], as_of: int | None, dialect: Dialect) -> Work[dict[str, tuple[DetectedIssue, ...]]]:
    """The stored issues of some patients, the gravest first; a key that is no patient's is left out."""
    known = yield from reads.known(keys)
    found = yield from _payloads(sorted(known), _told(as_of), {} if as_of is None else {"n": as_of}, dialect)
    return {key: gravest_first(found[key]) for key in keys if key in known}


def issue_patient(id_: str) -> Work[str | None]:
    """The patient of a present or past issue."""
    for label in (ISSUE.label, ISSUE.past_label):
        rows = yield Statement(f"MATCH (i:{label} {{id: $id}}) RETURN i.patient LIMIT 1", {"id": id_})
        if rows:
            return str(rows[0][0])
    return None


def _told(as_of: int | None) -> list[str]:
    """What holds now; or, at a revision, what holds since then, and what held then and no longer does."""
    current, end = f"-[:{ISSUE.edge}]->(n:{ISSUE.label})", " RETURN p.key, n.payload"
    if as_of is None:
        return [current + end]
    past = f"-[:{ISSUE.past_edge}]->(n:{ISSUE.past_label}) WHERE n.revisionFrom <= $n AND n.revisionTo > $n"
    return [f"{current} WHERE n.revisionFrom <= $n{end}", past + end]


def _payloads(
    keys: Sequence[str], ends: Sequence[str], given: Mapping[str, object], dialect: Dialect
) -> Work[dict[str, list[str]]]:
    """The payloads that queries give, by patient; ``ends`` are what follows on the patient ``p`` in each."""
    found: dict[str, list[str]] = defaultdict(list)
    together = bool(keys) and (yield from _together(len(keys), dialect))
    asked = [(_ALL, {"keys": list(keys)})] if together else [(_ONE, {"key": key}) for key in keys]
    for start, whom in asked:
        for end in ends:
            for key, payload in (yield Statement(start + end, {**whom, **given})):
                found[key].append(payload)
    return found


def _together(count: int, dialect: Dialect) -> Work[bool]:
    """Whether one statement for so many patients costs less than one for each."""
    if not dialect.scans:
        return True
    rows = yield Statement("MATCH (p:Patient) RETURN count(*)")
    return int(rows[0][0]) <= count * SCANNED

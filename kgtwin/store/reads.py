"""The reads, as work that an adapter drives."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kgtwin.model.caveat import Caveat
from kgtwin.model.fact import Fact, PatientRecord, fact_from_json, patient_from_json
from kgtwin.model.issue import DetectedIssue, Inference, RiskAssessment, issue_from_json
from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph, KnowledgeRole
from kgtwin.model.submission import Revision
from kgtwin.store.records import CodeUsage, Statement, Work
from kgtwin.store.schema import ANY_FACT_EDGE, KINDS, ROLE_EDGES, Dialect

_REVISION = msgspec.json.Decoder(Revision)
_RISK = msgspec.json.Decoder(RiskAssessment)
_CAVEATS = msgspec.json.Decoder(tuple[Caveat, ...])


def patients(after: str | None, limit: int | None) -> Work[tuple[PatientRecord, ...]]:
    query = "MATCH (p:Patient) WHERE p.key > $after RETURN p.payload ORDER BY p.key" + _limit(limit)
    rows = yield Statement(query, {"after": after or ""})
    return tuple(patient_from_json(row[0]) for row in rows)


def patient(key: str, as_of: int | None) -> Work[PatientRecord | None]:
    if as_of is None:
        rows = yield Statement("MATCH (p:Patient {key: $key}) RETURN p.payload", {"key": key})
    else:
        query = f"MATCH (p:Patient {{key: $key}})-[:HAS_VERSION]->(v:PatientVersion) WHERE {_at('v')} RETURN v.payload"
        rows = yield Statement(query, {"key": key, "n": as_of})
    return patient_from_json(rows[0][0]) if rows else None


def known(keys: Sequence[str]) -> Work[frozenset[str]]:
    if not keys:
        return frozenset()
    rows = yield Statement("UNWIND $keys AS k MATCH (p:Patient {key: k}) RETURN p.key", {"keys": list(keys)})
    return frozenset(row[0] for row in rows)


def facts(key: str, as_of: int | None) -> Work[tuple[Fact, ...]]:
    when, given = ("f.revisionTo IS NULL", {}) if as_of is None else (_at("f"), {"n": as_of})
    query = f"MATCH (p:Patient {{key: $key}})-[:{ANY_FACT_EDGE}]->(f) WHERE {when} RETURN f.payload"
    rows = yield Statement(query, {"key": key, **given})
    found = [fact_from_json(row[0]) for row in rows]
    return tuple(sorted(found, key=lambda fact: (fact.kind.value, fact.when.start or "", fact.id)))


def fact(id_: str, dialect: Dialect) -> Work[Fact | None]:
    for label in dialect.fact_labels:
        rows = yield Statement(f"MATCH (f:{label} {{id: $id}}) RETURN f.payload", {"id": id_})
        if rows:
            return fact_from_json(rows[0][0])
    return None


def issues(key: str) -> Work[tuple[DetectedIssue, ...]]:
    query = "MATCH (p:Patient {key: $key})-[:HAS_ISSUE]->(i:DetectedIssue) RETURN i.payload"
    rows = yield Statement(query, {"key": key})
    found = [issue_from_json(row[0]) for row in rows]
    return tuple(sorted(found, key=lambda issue: (issue.significance.rank, issue.kind.value, issue.id)))


def issue(id_: str) -> Work[DetectedIssue | None]:
    rows = yield Statement("MATCH (i:DetectedIssue {id: $id}) RETURN i.payload", {"id": id_})
    return issue_from_json(rows[0][0]) if rows else None


def risks(key: str) -> Work[tuple[RiskAssessment, ...]]:
    query = "MATCH (p:Patient {key: $key})-[:HAS_RISK]->(r:RiskAssessment) RETURN r.payload"
    rows = yield Statement(query, {"key": key})
    found = [_RISK.decode(row[0]) for row in rows]
    return tuple(sorted(found, key=lambda risk: (-risk.plausibility, risk.id)))


def inference(key: str) -> Work[Inference | None]:
    query = (
        "MATCH (p:Patient {key: $key})-[:HAS_INFERENCE]->(i:Inference) RETURN i.at, i.revision, i.knowledge, i.payload"
    )
    rows = yield Statement(query, {"key": key})
    if not rows:
        return None
    at, revision_, knowledge, payload = rows[0]
    return Inference(
        patient=key,
        at=at,
        revision=revision_,
        knowledge=knowledge,
        issues=(yield from issues(key)),
        risks=(yield from risks(key)),
        caveats=_CAVEATS.decode(payload),
    )


def knowledge() -> Work[KnowledgeGraph | None]:
    found = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.knowledge, s.digest")
    version, digest = found[0]
    if not digest:
        return None
    labels = yield Statement("MATCH (c:Concept) RETURN c.curie, c.label ORDER BY c.curie")
    parents: dict[str, list[str]] = {}
    for child, parent in (yield Statement("MATCH (a:Concept)-[:IS_A]->(b:Concept) RETURN a.curie, b.curie")):
        parents.setdefault(child, []).append(parent)
    roles = []
    for prop, edge in ROLE_EDGES.items():
        rows = yield Statement(f"MATCH (a:Concept)-[:{edge}]->(b:Concept) RETURN a.curie, b.curie")
        roles += [KnowledgeRole(a, prop, b) for a, b in rows]
    rows = yield Statement("MATCH (a:Concept)-[e:ROLE]->(b:Concept) RETURN a.curie, e.property, b.curie")
    roles += [KnowledgeRole(a, prop, b) for a, prop, b in rows]
    concepts = tuple(KnowledgeConcept(c, label or "", tuple(sorted(parents.get(c, ())))) for c, label in labels)
    return KnowledgeGraph(
        version, digest, concepts, tuple(sorted(roles, key=lambda r: (r.subject, r.property, r.object)))
    )


def revision() -> Work[int]:
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.revision")
    return int(rows[0][0])


def patient_revision(key: str) -> Work[int | None]:
    rows = yield Statement("MATCH (p:Patient {key: $key}) RETURN p.revision", {"key": key})
    return int(rows[0][0]) if rows else None


def revisions(after: int, limit: int | None) -> Work[tuple[Revision, ...]]:
    query = "MATCH (r:Revision) WHERE r.number > $after RETURN r.payload ORDER BY r.number" + _limit(limit)
    rows = yield Statement(query, {"after": after})
    return tuple(_REVISION.decode(row[0]) for row in rows)


def resolve(at: str) -> Work[int]:
    rows = yield Statement("MATCH (r:Revision) WHERE r.at <= $at RETURN max(r.number)", {"at": at})
    return int(rows[0][0] or 0) if rows else 0


def counts() -> Work[dict[str, int]]:
    found = {}
    for name, label in _COUNTED.items():
        found[name] = int((yield Statement(f"MATCH (n:{label}) RETURN count(*)"))[0][0])
    kinds = {}
    for kind in KINDS:
        query = f"MATCH (f:{kind}) WHERE f.revisionTo IS NULL RETURN count(*)"
        kinds[kind] = int((yield Statement(query))[0][0])
    return {**found, "facts": sum(kinds.values()), **kinds}


_COUNTED = {
    "patients": "Patient",
    "resources": "Resource",
    "concepts": "Concept",
    "inferences": "Inference",
    "issues": "DetectedIssue",
    "risks": "RiskAssessment",
    "revisions": "Revision",
}


def codes(dialect: Dialect) -> Work[tuple[CodeUsage, ...]]:
    rows = yield Statement(
        f"MATCH (f:{dialect.any_fact}) WHERE f.revisionTo IS NULL OPTIONAL MATCH (f)-[:CODED_AS]->(c:Concept) "
        "RETURN f.system, f.code, f.display, f.kind, count(DISTINCT f.id), collect(DISTINCT c.curie)"
    )
    found = [
        CodeUsage(system=s, code=c, display=d, kind=kind, count=int(n), concepts=tuple(sorted(concepts)))
        for s, c, d, kind, n, concepts in rows
    ]
    return tuple(sorted(found, key=lambda u: (-u.count, u.kind, u.system or "", u.code or "", u.display or "")))


def _at(name: str) -> str:
    """The condition that a node was current at revision ``$n``."""
    return f"{name}.revisionFrom <= $n AND ({name}.revisionTo IS NULL OR {name}.revisionTo > $n)"


def _limit(limit: int | None) -> str:
    return "" if limit is None else f" LIMIT {int(limit)}"

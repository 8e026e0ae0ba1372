"""The reads, as work that an adapter drives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgtwin.model.fact import Fact, PatientRecord, fact_from_json, patient_from_json
from kgtwin.model.history import FactVersion
from kgtwin.store.records import CodeUsage, Known, Statement, VersionRecord, Work
from kgtwin.store.rows import versions_from_text
from kgtwin.store.schema import ANY_FACT_EDGE, KINDS, Dialect
from kgtwin.store.transaction import last


def patients(after: str | None, limit: int | None) -> Work[tuple[PatientRecord, ...]]:
    query = "MATCH (p:Patient) WHERE p.key > $after RETURN p.payload ORDER BY p.key" + limited(limit)
    rows = yield Statement(query, {"after": after or ""})
    return tuple(patient_from_json(row[0]) for row in rows)


def patient(key: str, as_of: int | None) -> Work[PatientRecord | None]:
    if as_of is None:
        rows = yield Statement("MATCH (p:Patient {key: $key}) RETURN p.payload", {"key": key})
    else:
        query = f"MATCH (p:Patient {{key: $key}})-[:HAS_VERSION]->(v:PatientVersion) WHERE {at('v')} RETURN v.payload"
        rows = yield Statement(query, {"key": key, "n": as_of})
    return patient_from_json(rows[0][0]) if rows else None


def known(keys: Sequence[str]) -> Work[frozenset[str]]:
    if not keys:
        return frozenset()
    rows = yield Statement("UNWIND $keys AS k MATCH (p:Patient {key: k}) RETURN p.key", {"keys": list(keys)})
    return frozenset(row[0] for row in rows)


def facts(key: str, as_of: int | None) -> Work[tuple[Fact, ...]]:
    when, given = counted(as_of)
    query = f"MATCH (p:Patient {{key: $key}})-[:{ANY_FACT_EDGE}]->(f) WHERE {when} RETURN f.payload"
    rows = yield Statement(query, {"key": key, **given})
    return in_order(fact_from_json(row[0]) for row in rows)


def in_order(facts_: Iterable[Fact]) -> tuple[Fact, ...]:
    """A patient's facts as they are read: by kind, start and id."""
    return tuple(sorted(facts_, key=lambda fact: (fact.kind.value, fact.when.start or "", fact.id)))


def fact(id_: str, dialect: Dialect) -> Work[Fact | None]:
    for label in dialect.fact_labels:
        rows = yield Statement(f"MATCH (f:{label} {{id: $id}}) RETURN f.payload", {"id": id_})
        if rows:
            return fact_from_json(rows[0][0])
    return None


def history(id_: str, dialect: Dialect) -> Work[tuple[FactVersion, ...]]:
    """What each received version of a fact's resource said in the same place, in the order of arrival."""
    known_ = yield from fact(id_, dialect)
    if known_ is None:
        return ()
    given = known_.provenance
    rows = yield Statement("MATCH (v:Resource {id: $id}) RETURN v.payload", {"id": f"{given.source}|{given.resource}"})
    versions = versions_from_text(rows[0][0]) if rows else ()
    found: list[FactVersion] = []
    for version in versions:
        found.append((yield from _stated(version, given.part)))
    return tuple(found)


def _stated(version: VersionRecord, part: str) -> Work[FactVersion]:
    """The fact that a version states in one part, and the revisions between which it counted."""
    for kind, ids in version.facts.items():
        rows = yield Statement(
            f"UNWIND $ids AS id MATCH (f:{kind} {{id: id}}) RETURN f.payload, f.revisionFrom, f.revisionTo",
            {"ids": list(ids)},
        )
        for payload, begun, ended in rows:
            fact_ = fact_from_json(payload)
            if fact_.provenance.part == part:
                return FactVersion(
                    version=version.version, revision=version.revision, retracted=False, fact=fact_,
                    counted=None if begun == ended else (begun, ended),
                )  # fmt: skip
    return FactVersion(
        version=version.version, revision=version.revision, retracted=version.retracted, deleted=version.deleted
    )


def known_as(key: str, as_of: int | None, dialect: Dialect) -> Work[Known | None]:
    """A patient's record and facts, now or as known at a revision; of a server in one statement."""
    if not dialect.scans:
        return (yield from _known_at_once(key, as_of))
    record = yield from patient(key, as_of)
    if record is None:
        return None
    number = (yield from last()) if as_of is None else as_of
    changed = (yield from patient_revision(key)) or 0
    return Known(min(changed, number), number, record, (yield from facts(key, as_of)))


def _known_at_once(key: str, as_of: int | None) -> Work[Known | None]:
    """All as of one revision, whatever of a later one can be read already: see ``transaction.settled``."""
    number = "s.revision" if as_of is None else "$n"
    rows = yield Statement(
        f"MATCH (s:Store {{id: 'store'}}) MATCH (p:Patient {{key: $key}}) WITH {number} AS n, p, p.revision AS changed "
        f"OPTIONAL MATCH (p)-[:HAS_VERSION]->(v:PatientVersion) WHERE {at('v', 'n')} "
        "WITH n, p, changed, head(collect(v.payload)) AS record "
        f"OPTIONAL MATCH (p)-[:{ANY_FACT_EDGE}]->(f) WHERE {at('f', 'n')} "
        "RETURN n, changed, record, collect(f.payload)",
        {"key": key} if as_of is None else {"key": key, "n": as_of},
    )
    if not rows or rows[0][2] is None:
        return None
    number_, changed, record, found = rows[0]
    return Known(min(changed, number_), number_, patient_from_json(record), in_order(map(fact_from_json, found)))


def patient_revision(key: str) -> Work[int | None]:
    rows = yield Statement("MATCH (p:Patient {key: $key}) RETURN p.revision", {"key": key})
    return int(rows[0][0]) if rows else None


def schema_version() -> Work[int]:
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.`schema`")
    return int(rows[0][0])


def identity() -> Work[str]:
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.identity")
    return str(rows[0][0])


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
    "pastIssues": "PastIssue",
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


def counted(as_of: int | None) -> tuple[str, dict[str, int]]:
    """The condition that a fact ``f`` counts now, or counted at a revision, and its parameters."""
    return ("f.revisionTo IS NULL", {}) if as_of is None else (at("f"), {"n": as_of})


def at(name: str, revision: str = "$n") -> str:
    """The condition that a node was current at a revision, the parameter ``$n`` or another expression."""
    return f"{name}.revisionFrom <= {revision} AND ({name}.revisionTo IS NULL OR {name}.revisionTo > {revision})"


def limited(limit: int | None) -> str:
    """The clause for so many rows at most."""
    return "" if limit is None else f" LIMIT {int(limit)}"

"""The right to erasure (GDPR, article 17): nothing of a patient stays, and what tells of it names no one.

Not FHIR's delete, which is a change like any other: the facts it closes stay readable as history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from kgtwin.errors import NotFoundError
from kgtwin.model.fact import patient_from_json
from kgtwin.model.submission import Revision
from kgtwin.store.conclusions import KEPT
from kgtwin.store.records import Statement, VersionRecord, Work
from kgtwin.store.rows import text_of, versions_from_text, versions_to_text
from kgtwin.store.schema import ANY_FACT_EDGE, FACT_EDGES, Dialect
from kgtwin.store.transaction import Clock, batch, begin, commit, now

_REVISION = msgspec.json.Decoder(Revision)
ERASED = "erased"
"""The label of a revision whose own might name the patient (a file's name)."""


def erase(key: str, dialect: Dialect, clock: Clock) -> Work[Revision]:
    """Remove a patient whole: facts, history, conclusions, overrides, received versions, what the feed says of them."""
    number, before = yield from begin(dialect)
    if not (yield Statement("MATCH (p:Patient {key: $key}) RETURN p.key", {"key": key})):
        raise NotFoundError(f"no patient {key}", remedy="name its source: SOURCE|ID")
    concepts = yield Statement(
        f"MATCH (p:Patient {{key: $key}})-[:{ANY_FACT_EDGE}]->(f)-[:CODED_AS]->(c:Concept) RETURN DISTINCT c.curie",
        {"key": key},
    )
    facts = yield from _erase_graph(key)
    yield from _erase_lone_concepts([row[0] for row in concepts])
    yield from _erase_resources(key)
    yield from _erase_links(key)
    yield from _erase_from_feed(key)
    revision = Revision(number=number, at=now(clock, before), kind="erasure", closed=facts)
    yield from commit(revision, dialect)
    return revision


def _erase_graph(key: str) -> Work[int]:
    """The patient's node and all that hangs on it; the number of current facts among them."""
    facts = 0
    for edge in FACT_EDGES.values():
        rows = yield Statement(
            f"MATCH (p:Patient {{key: $key}})-[:{edge}]->(f) WHERE f.revisionTo IS NULL RETURN count(f)", {"key": key}
        )
        facts += int(rows[0][0])
    others = [edge for kept in KEPT for edge in (kept.edge, kept.past_edge)]
    for edge in (*others, *FACT_EDGES.values(), "HAS_VERSION", "HAS_OVERRIDE"):
        yield Statement(f"MATCH (p:Patient {{key: $key}})-[:{edge}]->(n) DETACH DELETE n", {"key": key})
    yield Statement("MATCH (p:Patient {key: $key}) DETACH DELETE p", {"key": key})
    return facts


def _erase_lone_concepts(curies: Sequence[str]) -> Work[None]:
    """Concepts that only this patient had, and no taxonomy: their labels were the patient's."""
    lone = (
        "UNWIND $curies AS k MATCH (c:Concept {curie: k}) WHERE c.placed IS NULL OR NOT c.placed "
        "OPTIONAL MATCH (c)-[e:CODED_AS]-() WITH c, count(e) AS joins WHERE joins = 0 DETACH DELETE c"
    )
    yield from batch(lone, "curies", list(curies))


def _erase_resources(key: str) -> Work[None]:
    """Received versions about the patient; a resource that is another patient's by now keeps its other versions."""
    rows = yield Statement(
        "MATCH (v:Resource) WHERE v.patient = $key OR v.payload CONTAINS $text RETURN v.id, v.payload",
        {"key": key, "text": text_of(key)},
    )
    gone, changed = [], []
    for id_, payload in rows:
        kept = _of_others(versions_from_text(payload), key)
        if kept:
            changed.append({"id": id_, "payload": versions_to_text(kept)})
        else:
            gone.append(id_)
    yield from batch("UNWIND $ids AS id MATCH (v:Resource {id: id}) DETACH DELETE v", "ids", gone)
    yield from batch("UNWIND $rows AS r MATCH (v:Resource {id: r.id}) SET v.payload = r.payload", "rows", changed)


def _of_others(versions: tuple[VersionRecord, ...], key: str) -> tuple[VersionRecord, ...]:
    return tuple(one for one in versions if one.patient != key)


def _erase_links(key: str) -> Work[None]:
    """``Patient.link`` of others to this patient."""
    for label, name in (("Patient", "key"), ("PatientVersion", "id")):
        rows = yield Statement(
            f"MATCH (p:{label}) WHERE p.payload CONTAINS $text RETURN p.`{name}`, p.payload", {"text": text_of(key)}
        )
        changed: list[dict[str, Any]] = []
        for id_, payload in rows:
            record = patient_from_json(payload)
            bare = msgspec.structs.replace(record, links=_without(record.links, key))
            changed.append({"id": id_, "payload": text_of(bare)})
        query = f"UNWIND $rows AS r MATCH (p:{label} {{`{name}`: r.id}}) SET p.payload = r.payload"
        yield from batch(query, "rows", changed)


def _without(keys: tuple[str, ...], key: str) -> tuple[str, ...]:
    return tuple(one for one in keys if one != key)


def _erase_from_feed(key: str) -> Work[None]:
    rows = yield Statement("MATCH (r:Revision) WHERE r.payload CONTAINS $text RETURN r.payload", {"text": text_of(key)})
    changed = []
    for row in rows:
        found = _REVISION.decode(row[0])
        bare = msgspec.structs.replace(
            found, patients=_without(found.patients, key), shelved=_without(found.shelved, key), label=ERASED
        )
        changed.append({"number": bare.number, "payload": text_of(bare)})
    query = "UNWIND $rows AS x MATCH (r:Revision {number: x.number}) SET r.payload = x.payload, r.label = $label"
    yield from batch(query, "rows", changed, label=ERASED)

"""The taxonomy and the roles between concepts: written as a whole, read as a whole."""

from __future__ import annotations

from kgtwin.model.knowledge import KnowledgeConcept, KnowledgeGraph, KnowledgeRole
from kgtwin.model.submission import Revision
from kgtwin.store.records import Statement, Work
from kgtwin.store.rows import Row
from kgtwin.store.schema import ROLE_EDGES, Dialect
from kgtwin.store.transaction import Clock, batch, begin, commit, merge_concepts, now


def write(graph: KnowledgeGraph, dialect: Dialect, clock: Clock) -> Work[Revision | None]:
    """Replace the taxonomy and role edges, unless this digest is already there."""
    number, before = yield from begin(dialect)
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.digest")
    if rows[0][0] == graph.digest:
        return None
    for edge in ("IS_A", "ROLE", *ROLE_EDGES.values()):
        yield Statement(f"MATCH (:Concept)-[e:{edge}]->(:Concept) DELETE e")
    yield from _nodes(graph, dialect)
    isa = [{"a": c.concept, "b": parent} for c in graph.concepts for parent in dict.fromkeys(c.parents)]
    yield from _join("IS_A", isa)
    for prop, edge in ROLE_EDGES.items():
        yield from _join(edge, [{"a": r.subject, "b": r.object} for r in graph.roles if r.property == prop])
    others = [{"a": r.subject, "b": r.object, "p": r.property} for r in graph.roles if r.property not in ROLE_EDGES]
    yield from _join("ROLE", others, " {property: r.p}")
    query = "MATCH (s:Store {id: 'store'}) SET s.digest = $digest, s.knowledge = $version"
    yield Statement(query, {"digest": graph.digest, "version": graph.version})
    revision = Revision(
        number=number, at=now(clock, before), kind="knowledge", label=graph.version, added=len(graph.concepts)
    )
    yield from commit(revision, dialect)
    return revision


def _nodes(graph: KnowledgeGraph, dialect: Dialect) -> Work[None]:
    """The concepts that the taxonomy places; the others are those that only facts have."""
    ends = {end: "" for r in graph.roles for end in (r.subject, r.object)}
    ends |= {parent: "" for c in graph.concepts for parent in c.parents}
    labels = {c.concept: c.label for c in graph.concepts}
    yield from merge_concepts({end: "" for end in ends if end not in labels}, dialect)
    yield Statement("MATCH (c:Concept) WHERE c.placed SET c.placed = false")
    yield from batch(
        f"UNWIND $rows AS r MERGE (c:Concept {{curie: r.curie}}) SET c.label = {dialect.text.format('r.label')}",
        "rows",
        [{"curie": curie, "label": label} for curie, label in labels.items()],
    )
    query = "UNWIND $curies AS k MATCH (c:Concept {curie: k}) SET c.placed = true"
    yield from batch(query, "curies", sorted(ends | labels))


def _join(edge: str, rows: list[Row], properties: str = "") -> Work[None]:
    yield from batch(
        "UNWIND $rows AS r MATCH (a:Concept {curie: r.a}) MATCH (b:Concept {curie: r.b}) "
        f"CREATE (a)-[:{edge}{properties}]->(b)",
        "rows",
        rows,
    )


def read() -> Work[KnowledgeGraph | None]:
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


def digest() -> Work[str]:
    """The digest of the stored taxonomy; empty where there is none."""
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.digest")
    return str(rows[0][0])

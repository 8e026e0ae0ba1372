"""The write transactions, as work that an adapter drives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kgtwin.errors import NotFoundError
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.model.knowledge import KnowledgeGraph
from kgtwin.model.submission import Receipt, Revision, Submission
from kgtwin.store.plan import Share, WritePlan, plan_write, refused
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.rows import (
    Row,
    concept_labels,
    fact_row,
    issue_row,
    patient_row,
    risk_row,
    text_of,
    versions_from_text,
    versions_to_text,
)
from kgtwin.store.schema import ANY_FACT_EDGE, FACT_ALWAYS, FACT_EDGES, FACT_SOMETIMES, NODES, ROLE_EDGES, Dialect

CHUNK = 2_000
Clock = Callable[[], datetime]


def submissions_work(
    submissions: Sequence[Submission], dialect: Dialect, clock: Clock, *, atomic: bool = False
) -> Work[tuple[Receipt, ...]]:
    """Write submissions of one source: one revision, or none when nothing changes; a receipt each."""
    number, before = yield from _begin(dialect)
    source = submissions[0].source
    resources = sorted({f"{source}|{v.resource}" for one in submissions for v in one.resources})
    existing = yield from _versions(resources, len(source) + 1)
    patients = {r.patient for records in existing.values() for r in records if r.patient}
    known = yield from _known(sorted(patients.union(*(one.patients for one in submissions))))
    plan = plan_write(submissions, existing, known, number)
    if atomic and any(problem.rejected for share in plan.shares for problem in share.problems):
        plan = refused(plan)
    if not plan.empty:
        yield from _write_plan(plan, source, number, known, dialect)
        revision = Revision(
            number=number,
            at=_now(clock, before),
            kind="facts",
            label=_label(submissions),
            patients=tuple(sorted(plan.changed)),
            added=len(plan.opened),
            closed=sum(map(len, plan.closed.values())),
        )
        yield from _commit(revision)
    return tuple(_receipt(one, share, number) for one, share in zip(submissions, plan.shares, strict=True))


def _label(submissions: Sequence[Submission]) -> str:
    first = submissions[0].label
    return first if len(submissions) == 1 else f"{first} and {len(submissions) - 1} more"


def _receipt(submission: Submission, share: Share, number: int) -> Receipt:
    return Receipt(
        label=submission.label,
        revision=number if share.recorded else None,
        outcomes=share.outcomes,
        written=share.written,
        versions=share.versions,
        counted=submission.counted,
        facts=share.opened,
        patients=tuple(sorted(share.changed)),
        problems=submission.problems + share.problems,
    )


def _write_plan(plan: WritePlan, source: str, number: int, known: frozenset[str], dialect: Dialect) -> Work[None]:
    yield from _write_patients(plan, number, dialect)
    for kind, ids in plan.closed.items():
        query = f"UNWIND $ids AS id MATCH (f:{kind} {{id: id}}) SET f.revisionTo = $n, f.current = false"
        yield from _batch(query, "ids", ids, n=number)
    yield from _write_facts(plan.opened + plan.shelved, plan, source, number, dialect)
    yield from _write_resources(plan, source, number)
    yield from _forget(sorted(plan.changed & known))
    touch = "UNWIND $keys AS k MATCH (p:Patient {key: k}) SET p.revision = $n"
    yield from _batch(touch, "keys", sorted(plan.changed), n=number)


def _write_resources(plan: WritePlan, source: str, number: int) -> Work[None]:
    """Create the resources that are new, update the others."""
    rows: tuple[list[Row], list[Row]] = ([], [])
    for resource, records in plan.resources.items():
        row = {"id": f"{source}|{resource}", "patient": records[-1].patient or "", "payload": versions_to_text(records)}
        rows[all(record.revision == number for record in records)].append(row)
    body = "payload: r.payload, patient: r.patient"
    yield from _batch(f"UNWIND $rows AS r CREATE (:Resource {{id: r.id, {body}}})", "rows", rows[True])
    update = "UNWIND $rows AS r MATCH (v:Resource {id: r.id}) SET v.payload = r.payload, v.patient = r.patient"
    yield from _batch(update, "rows", rows[False])


def _write_patients(plan: WritePlan, number: int, dialect: Dialect) -> Work[None]:
    names = [name for name in NODES["Patient"] if name not in {"key", "received", "revision", "payload"}]
    assigned = ", ".join(f"p.`{n}` = {dialect.text.format(f'r.`{n}`')}" for n in names)
    yield from _batch(
        f"UNWIND $rows AS r MERGE (p:Patient {{key: r.key}}) SET {assigned}, p.received = r.received, "
        "p.payload = r.payload",
        "rows",
        [patient_row(record) for record in plan.patients.values()],
    )
    close = (
        "UNWIND $keys AS k MATCH (p:Patient {key: k})-[:HAS_VERSION]->(v:PatientVersion) "
        "WHERE v.revisionTo IS NULL SET v.revisionTo = $n"
    )
    yield from _batch(close, "keys", sorted(plan.patients), n=number)
    yield from _patient_versions(plan.patients.values(), number, "null")
    yield from _patient_versions(plan.shelved_patients, number, "$n")


def _patient_versions(records: Iterable[PatientRecord], number: int, end: str) -> Work[None]:
    rows = [
        {"key": r.key, "id": f"{r.key}@{number}{'' if end == 'null' else f'-{i}'}", "payload": text_of(r)}
        for i, r in enumerate(records)
    ]
    to = "" if end == "null" else f", revisionTo: {end}"
    yield from _batch(
        "UNWIND $rows AS r MATCH (p:Patient {key: r.key}) CREATE (p)-[:HAS_VERSION]->(v:PatientVersion "
        f"{{id: r.id, revisionFrom: $n{to}, payload: r.payload}})",
        "rows",
        rows,
        n=number,
    )


def _write_facts(facts: Sequence[Fact], plan: WritePlan, source: str, number: int, dialect: Dialect) -> Work[None]:
    labels: dict[str, str] = {}
    for fact in facts:
        labels.update({c: label or labels.get(c, "") for c, label in concept_labels(fact).items()})
    yield from _concepts(labels, dialect)
    opened = {fact.id for fact in plan.opened}
    for kind in FACT_EDGES:
        chosen = [fact for fact in facts if fact.kind.value == kind]
        rows = [fact_row(fact) | {"shut": int(fact.id not in opened)} for fact in chosen]
        for coded in (True, False):
            part = [row for row in rows if bool(row["concept"]) is coded]
            if part:
                columns = _columns(part)
                query = _create_fact(kind, coded, columns, dialect)
                yield from _batch(query, "rows", [_only(row, columns) for row in part], n=number, source=source)
        yield from _batch(
            f"UNWIND $rows AS r MATCH (f:{kind} {{id: r.id}}) MATCH (c:Concept {{curie: r.concept}}) "
            "CREATE (f)-[:CODED_AS]->(c)",
            "rows",
            [{"id": fact.id, "concept": concept} for fact in chosen for concept in fact.code.concepts[1:]],
        )


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    """The columns that some row fills, to the group: binding an empty one costs as much as a full one."""
    return FACT_ALWAYS + tuple(
        name for group in FACT_SOMETIMES if any(row[name] for row in rows for name in group) for name in group
    )


def _only(row: Row, columns: tuple[str, ...]) -> Row:
    return {name: row[name] for name in ("id", "patient", "concept", "shut", *columns)}


def _create_fact(kind: str, coded: bool, columns: tuple[str, ...], dialect: Dialect) -> str:
    """Create facts of a kind, each with its edge from the patient and, where coded, the one to its first concept."""
    find, edge = ("MATCH (c:Concept {curie: r.concept})", "(c)<-[:CODED_AS]-") if coded else ("", "")
    number = f", value: {dialect.number.format('r.value')}" if "value" in columns else ""
    texts = dialect.texts([name for name in columns if name != "value"])
    return (
        f"UNWIND $rows AS r MATCH (p:Patient {{key: r.patient}}) {find} CREATE {edge}(f:{kind}{dialect.mark} "
        f"{{id: r.id, kind: '{kind}', patient: r.patient, source: $source, {texts}{number}, "
        "revisionFrom: $n, revisionTo: CASE WHEN r.shut = 1 THEN $n ELSE null END, current: r.shut = 0})"
        f"<-[:{FACT_EDGES[kind]}]-(p)"
    )


def _concepts(labels: Mapping[str, str], dialect: Dialect) -> Work[None]:
    yield from _batch(
        "UNWIND $rows AS r MERGE (c:Concept {curie: r.curie}) "
        f"ON CREATE SET c.label = {dialect.text.format('r.label')}",
        "rows",
        [{"curie": curie, "label": label} for curie, label in sorted(labels.items())],
    )


def inferences_work(inferences: Sequence[Inference], dialect: Dialect, clock: Clock) -> Work[Revision | None]:
    """Replace the stored inferences of exactly those patients whose facts have not changed since."""
    number, before = yield from _begin(dialect)
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
    yield from _forget([i.patient for i in fresh])
    yield from _write_inferences(fresh, dialect)
    revision = Revision(
        number=number,
        at=_now(clock, before),
        kind="inferences",
        patients=tuple(i.patient for i in fresh),
        added=sum(len(i.issues) + len(i.risks) for i in fresh),
    )
    yield from _commit(revision)
    return revision


def _write_inferences(inferences: Sequence[Inference], dialect: Dialect) -> Work[None]:
    heads = [
        {"patient": i.patient, "at": i.at, "revision": i.revision, "knowledge": i.knowledge,
         "payload": text_of(i.caveats)}
        for i in inferences
    ]  # fmt: skip
    issues = {issue.id: issue for i in inferences for issue in i.issues}
    risks = {risk.id: risk for i in inferences for risk in i.risks}
    yield from _attach("HAS_INFERENCE", "Inference", heads, dialect)
    yield from _attach("HAS_ISSUE", "DetectedIssue", [issue_row(issue) for issue in issues.values()], dialect)
    yield from _attach("HAS_RISK", "RiskAssessment", [risk_row(risk) for risk in risks.values()], dialect)
    edges = {(issue.id, one.fact): None for issue in issues.values() for one in issue.implicated}
    kinds = yield from _kinds([i.patient for i in inferences], sorted({fact for _, fact in edges}))
    for kind in sorted(set(kinds.values())):
        rows = [{"issue": issue, "fact": fact} for issue, fact in edges if kinds.get(fact) == kind]
        yield from _batch(
            f"UNWIND $rows AS r MATCH (i:DetectedIssue {{id: r.issue}}) MATCH (f:{kind} {{id: r.fact}}) "
            "CREATE (i)-[:IMPLICATES]->(f)",
            "rows",
            rows,
        )


def _attach(edge: str, label: str, rows: list[Row], dialect: Dialect) -> Work[None]:
    columns = NODES[label]
    texts = [name for name, kind in columns.items() if kind == "STRING"]
    others = ", ".join(f"`{name}`: r.`{name}`" for name, kind in columns.items() if kind != "STRING")
    body = dialect.texts(texts[1:]) + (f", {others}" if others else "")
    yield from _batch(
        f"UNWIND $rows AS r MATCH (p:Patient {{key: r.patient}}) "
        f"CREATE (p)-[:{edge}]->(n:{label} {{`{texts[0]}`: r.`{texts[0]}`, {body}}})",
        "rows",
        rows,
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


def knowledge_work(graph: KnowledgeGraph, dialect: Dialect, clock: Clock) -> Work[Revision | None]:
    """Replace the taxonomy and role edges, unless this digest is already there."""
    number, before = yield from _begin(dialect)
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.digest")
    if rows[0][0] == graph.digest:
        return None
    for edge in ("IS_A", "ROLE", *ROLE_EDGES.values()):
        yield Statement(f"MATCH (:Concept)-[e:{edge}]->(:Concept) DELETE e")
    yield from _knowledge_nodes(graph, dialect)
    isa = [{"a": c.concept, "b": parent} for c in graph.concepts for parent in dict.fromkeys(c.parents)]
    yield from _join("IS_A", isa)
    for prop, edge in ROLE_EDGES.items():
        yield from _join(edge, [{"a": r.subject, "b": r.object} for r in graph.roles if r.property == prop])
    others = [{"a": r.subject, "b": r.object, "p": r.property} for r in graph.roles if r.property not in ROLE_EDGES]
    yield from _join("ROLE", others, " {property: r.p}")
    query = "MATCH (s:Store {id: 'store'}) SET s.digest = $digest, s.knowledge = $version"
    yield Statement(query, {"digest": graph.digest, "version": graph.version})
    revision = Revision(
        number=number, at=_now(clock, before), kind="knowledge", label=graph.version, added=len(graph.concepts)
    )
    yield from _commit(revision)
    return revision


def _knowledge_nodes(graph: KnowledgeGraph, dialect: Dialect) -> Work[None]:
    ends = {end: "" for r in graph.roles for end in (r.subject, r.object)}
    ends |= {parent: "" for c in graph.concepts for parent in c.parents}
    labels = {c.concept: c.label for c in graph.concepts}
    yield from _concepts({end: "" for end in ends if end not in labels}, dialect)
    yield from _batch(
        f"UNWIND $rows AS r MERGE (c:Concept {{curie: r.curie}}) SET c.label = {dialect.text.format('r.label')}",
        "rows",
        [{"curie": curie, "label": label} for curie, label in labels.items()],
    )


def _join(edge: str, rows: list[Row], properties: str = "") -> Work[None]:
    yield from _batch(
        "UNWIND $rows AS r MATCH (a:Concept {curie: r.a}) MATCH (b:Concept {curie: r.b}) "
        f"CREATE (a)-[:{edge}{properties}]->(b)",
        "rows",
        rows,
    )


def _begin(dialect: Dialect) -> Work[tuple[int, str]]:
    """Lock out other writers; the number of the next revision and the time of the last."""
    if dialect.lock:
        yield Statement("MATCH (s:Store {id: 'store'}) SET s.lock = 0")
    rows = yield Statement("MATCH (s:Store {id: 'store'}) RETURN s.revision")
    number = int(rows[0][0])
    rows = yield Statement("MATCH (r:Revision {number: $n}) RETURN r.at", {"n": number})
    return number + 1, rows[0][0] if rows else ""


def _commit(revision: Revision) -> Work[None]:
    yield Statement("MATCH (s:Store {id: 'store'}) SET s.revision = $n", {"n": revision.number})
    yield Statement(
        "CREATE (:Revision {number: $n, at: $at, kind: $kind, label: $label, added: $added, closed: $closed, "
        "payload: $payload})",
        {
            "n": revision.number,
            "at": revision.at,
            "kind": revision.kind,
            "label": revision.label,
            "added": revision.added,
            "closed": revision.closed,
            "payload": text_of(revision),
        },
    )


def _now(clock: Clock, before: str) -> str:
    """The system time of a revision: never before the last one's, whatever the clock does."""
    return max(before, format_time(clock()))


def format_time(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: such texts sort as the instants do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _forget(keys: Sequence[str]) -> Work[None]:
    """Remove the stored inferences of some patients."""
    for edge in ("HAS_INFERENCE", "HAS_ISSUE", "HAS_RISK"):
        yield from _batch(
            f"UNWIND $keys AS k MATCH (p:Patient {{key: k}})-[:{edge}]->(n) DETACH DELETE n", "keys", keys
        )


def _versions(resources: Sequence[str], skip: int) -> Work[dict[str, Any]]:
    found: Rows = []
    if resources:
        query = "UNWIND $ids AS id MATCH (v:Resource {id: id}) RETURN v.id, v.payload"
        found = yield Statement(query, {"ids": list(resources)})
    return {row[0][skip:]: versions_from_text(row[1]) for row in found}


def _known(keys: Sequence[str]) -> Work[frozenset[str]]:
    if not keys:
        return frozenset()
    rows = yield Statement("UNWIND $keys AS k MATCH (p:Patient {key: k}) RETURN p.key", {"keys": list(keys)})
    return frozenset(row[0] for row in rows)


def _batch(query: str, name: str, values: Sequence[Any], **others: Any) -> Iterator[Statement]:
    """A statement over many rows, in chunks; none for no rows."""
    for first in range(0, len(values), CHUNK):
        yield Statement(query, {name: list(values[first : first + CHUNK]), **others})

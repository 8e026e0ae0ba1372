"""The write of submissions, as work that an adapter drives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.submission import Receipt, Revision, Submission
from kgtwin.store import conclusions, reads
from kgtwin.store.plan import Share, WritePlan, plan_write, refused
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.rows import (
    Row,
    concept_labels,
    fact_row,
    patient_row,
    text_of,
    versions_from_text,
    versions_to_text,
)
from kgtwin.store.schema import FACT_ALWAYS, FACT_EDGES, FACT_SOMETIMES, NODES, Dialect
from kgtwin.store.transaction import Clock, batch, begin, commit, merge_concepts, now


def write(
    submissions: Sequence[Submission], dialect: Dialect, clock: Clock, *, atomic: bool = False
) -> Work[tuple[Receipt, ...]]:
    """Write submissions of one source: one revision, or none when nothing changes; a receipt each."""
    number, before = yield from begin(dialect)
    source = submissions[0].source
    resources = sorted({f"{source}|{v.resource}" for one in submissions for v in one.resources})
    existing = yield from _versions(resources, len(source) + 1)
    patients = {r.patient for records in existing.values() for r in records if r.patient}
    known = yield from reads.known(sorted(patients.union(*(one.patients for one in submissions))))
    plan = plan_write(submissions, existing, known, number)
    if atomic and any(problem.rejected for share in plan.shares for problem in share.problems):
        plan = refused(plan)
    if not plan.empty:
        yield from _write_plan(plan, source, number, known, dialect)
        revision = Revision(
            number=number,
            at=now(clock, before),
            kind="facts",
            label=_label(submissions),
            patients=tuple(sorted(plan.changed)),
            shelved=tuple(sorted(_recorded(plan, number) - plan.changed)),
            added=len(plan.opened),
            closed=sum(map(len, plan.closed.values())),
        )
        yield from commit(revision)
    return tuple(_receipt(one, share, number) for one, share in zip(submissions, plan.shares, strict=True))


def _recorded(plan: WritePlan, number: int) -> frozenset[str]:
    """The patients of whom some version was recorded, current or not."""
    new = (one for records in plan.resources.values() for one in records if one.revision == number)
    return frozenset(one.patient for one in new if one.patient is not None)


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
        yield from batch(query, "ids", ids, n=number)
    yield from _write_facts(plan.opened + plan.shelved, plan, source, number, dialect)
    yield from _write_resources(plan, source, number)
    yield from conclusions.close(sorted(plan.changed & known), number, dialect)
    touch = "UNWIND $keys AS k MATCH (p:Patient {key: k}) SET p.revision = $n"
    yield from batch(touch, "keys", sorted(plan.changed), n=number)


def _write_resources(plan: WritePlan, source: str, number: int) -> Work[None]:
    """Create the resources that are new, update the others."""
    rows: tuple[list[Row], list[Row]] = ([], [])
    for resource, records in plan.resources.items():
        row = {"id": f"{source}|{resource}", "patient": records[-1].patient or "", "payload": versions_to_text(records)}
        rows[all(record.revision == number for record in records)].append(row)
    body = "payload: r.payload, patient: r.patient"
    yield from batch(f"UNWIND $rows AS r CREATE (:Resource {{id: r.id, {body}}})", "rows", rows[True])
    update = "UNWIND $rows AS r MATCH (v:Resource {id: r.id}) SET v.payload = r.payload, v.patient = r.patient"
    yield from batch(update, "rows", rows[False])


def _write_patients(plan: WritePlan, number: int, dialect: Dialect) -> Work[None]:
    names = [name for name in NODES["Patient"] if name not in {"key", "received", "revision", "payload"}]
    assigned = ", ".join(f"p.`{n}` = {dialect.text.format(f'r.`{n}`')}" for n in names)
    yield from batch(
        f"UNWIND $rows AS r MERGE (p:Patient {{key: r.key}}) SET {assigned}, p.received = r.received, "
        "p.payload = r.payload",
        "rows",
        [patient_row(record) for record in plan.patients.values()],
    )
    close = (
        "UNWIND $keys AS k MATCH (p:Patient {key: k})-[:HAS_VERSION]->(v:PatientVersion) "
        "WHERE v.revisionTo IS NULL SET v.revisionTo = $n"
    )
    yield from batch(close, "keys", sorted(plan.patients), n=number)
    yield from _patient_versions(plan.patients.values(), number, "null")
    yield from _patient_versions(plan.shelved_patients, number, "$n")


def _patient_versions(records: Iterable[PatientRecord], number: int, end: str) -> Work[None]:
    rows = [
        {"key": r.key, "id": f"{r.key}@{number}{'' if end == 'null' else f'-{i}'}", "payload": text_of(r)}
        for i, r in enumerate(records)
    ]
    to = "" if end == "null" else f", revisionTo: {end}"
    yield from batch(
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
    yield from merge_concepts(labels, dialect)
    opened = {fact.id for fact in plan.opened}
    for kind in FACT_EDGES:
        chosen = [fact for fact in facts if fact.kind.value == kind]
        rows = [fact_row(fact) | {"shut": int(fact.id not in opened)} for fact in chosen]
        for coded in (True, False):
            part = [row for row in rows if bool(row["concept"]) is coded]
            if part:
                columns = _columns(part)
                query = _create_fact(kind, coded, columns, dialect)
                yield from batch(query, "rows", [_only(row, columns) for row in part], n=number, source=source)
        yield from batch(
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


def _versions(resources: Sequence[str], skip: int) -> Work[dict[str, Any]]:
    found: Rows = []
    if resources:
        query = "UNWIND $ids AS id MATCH (v:Resource {id: id}) RETURN v.id, v.payload"
        found = yield Statement(query, {"ids": list(resources)})
    return {row[0][skip:]: versions_from_text(row[1]) for row in found}

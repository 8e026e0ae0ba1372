"""The write of submissions, as work that an adapter drives."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from kgtwin.model.submission import Receipt, Revision, Submission
from kgtwin.store import conclusions, fact_writes, reads
from kgtwin.store.bulk import cells, create_edges, create_nodes, create_nodes_of
from kgtwin.store.concluding import Conclude, concluding
from kgtwin.store.plan import Share, WritePlan, plan_write, refused
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.rows import patient_row, text_of, versions_from_text, versions_to_text
from kgtwin.store.schema import NODES, Dialect
from kgtwin.store.transaction import Clock, batch, begin, commit, now


def write(
    submissions: Sequence[Submission],
    dialect: Dialect,
    clock: Clock,
    *,
    atomic: bool = False,
    conclude: Conclude | None = None,
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
        with concluding(plan, number, known, conclude) as conclusions_:
            yield from _write_plan(plan, source, number, known, dialect)
            if conclusions_ is not None:
                yield from conclusions_.store(dialect)
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
        yield from commit(revision, dialect)
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
    yield from _write_patients(plan, known, number, dialect)
    for kind, ids in plan.closed.items():
        query = f"UNWIND $ids AS id MATCH (f:{kind} {{id: id}}) SET f.revisionTo = $n, f.current = false"
        yield from batch(query, "ids", ids, n=number)
    yield from fact_writes.write(plan.opened, plan.shelved, source, number, dialect)
    yield from _write_resources(plan, source, number, dialect)
    yield from conclusions.close(sorted(plan.changed & known), number, dialect)
    touch = "UNWIND $keys AS k MATCH (p:Patient {key: k}) SET p.revision = $n"
    yield from batch(touch, "keys", sorted(plan.changed & known), n=number)


def _write_resources(plan: WritePlan, source: str, number: int, dialect: Dialect) -> Work[None]:
    """Create the resources that are new, update the others."""

    def row(resource: str) -> tuple[str, str, str]:
        records = plan.resources[resource]
        return f"{source}|{resource}", records[-1].patient or "", versions_to_text(records)

    new = {name for name, records in plan.resources.items() if all(r.revision == number for r in records)}
    yield from create_nodes_of("Resource", [name for name in plan.resources if name in new], row, dialect)
    update = "UNWIND $rows AS r MATCH (v:Resource {id: r.id}) SET v.payload = r.payload, v.patient = r.patient"
    known = [row(name) for name in plan.resources if name not in new]
    yield from batch(update, "rows", [dict(zip(NODES["Resource"], one, strict=True)) for one in known])


def _write_patients(plan: WritePlan, known: AbstractSet[str], number: int, dialect: Dialect) -> Work[None]:
    fresh = [patient_row(record) for key, record in plan.patients.items() if key not in known]
    yield from create_nodes("Patient", [cells("Patient", row, revision=number) for row in fresh], dialect)
    names = [name for name in NODES["Patient"] if name not in {"key", "received", "revision", "payload"}]
    assigned = ", ".join(f"p.`{n}` = {dialect.text.format(f'r.`{n}`')}" for n in names)
    changed = {key: record for key, record in plan.patients.items() if key in known}
    yield from batch(
        f"UNWIND $rows AS r MATCH (p:Patient {{key: r.key}}) SET {assigned}, p.received = r.received, "
        "p.payload = r.payload",
        "rows",
        [patient_row(record) for record in changed.values()],
    )
    close = (
        "UNWIND $keys AS k MATCH (p:Patient {key: k})-[:HAS_VERSION]->(v:PatientVersion) "
        "WHERE v.revisionTo IS NULL SET v.revisionTo = $n"
    )
    yield from batch(close, "keys", sorted(changed), n=number)
    current = [(r.key, f"{r.key}@{number}", None, text_of(r)) for r in plan.patients.values()]
    past = [(r.key, f"{r.key}@{number}-{i}", number, text_of(r)) for i, r in enumerate(plan.shelved_patients)]
    versions = [*current, *past]
    nodes = [(id_, number, end, payload) for _, id_, end, payload in versions]
    yield from create_nodes("PatientVersion", nodes, dialect)
    pairs = [(key, id_) for key, id_, _, _ in versions]
    yield from create_edges("HAS_VERSION", ("Patient", "PatientVersion"), pairs, dialect)


def _versions(resources: Sequence[str], skip: int) -> Work[dict[str, Any]]:
    found: Rows = []
    if resources:
        query = "UNWIND $ids AS id MATCH (v:Resource {id: id}) RETURN v.id, v.payload"
        found = yield Statement(query, {"ids": list(resources)})
    return {row[0][skip:]: versions_from_text(row[1]) for row in found}

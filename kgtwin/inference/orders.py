"""Draft orders checked against what is known of a patient, without being stored: what would they add?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from kgtwin.errors import InputError
from kgtwin.inference.infer import infer
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.caveat import Caveat
from kgtwin.model.fact import Fact, FactKind, MedicationDetail, PatientRecord
from kgtwin.model.issue import DetectedIssue, Implicated
from kgtwin.model.time import Overlap, Period


class OrderCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What draft orders would change, were they taken from ``at`` on.

    ``added`` are the issues that they raise; ``standing`` those that stand already and that they are part of (a second
    order of a contraindicated medicine); ``removed`` those that would be gone (a care gap). ``caveats`` are new ones.
    ``replaced`` is what was received under the id of a draft, and does not count beside it. None added is no proof of
    safety.
    """

    patient: str
    at: str
    revision: int
    knowledge: str
    added: tuple[DetectedIssue, ...] = ()
    standing: tuple[DetectedIssue, ...] = ()
    removed: tuple[DetectedIssue, ...] = ()
    replaced: tuple[Implicated, ...] = ()
    caveats: tuple[Caveat, ...] = ()


def check_orders(
    record: PatientRecord,
    facts: Iterable[Fact],
    drafts: Sequence[Fact],
    knowledge: Knowledge,
    at: datetime,
    *,
    revision: int = 0,
    unverified: bool = True,
) -> OrderCheck:
    """The issues that draft orders would add to those that stand at ``at``.

    A draft counts as taken from ``at`` on, whatever its status and intent; a stored version of it does not count.

    Raises:
        InputError: if a draft is no medicine, is about another patient, or orders that something is not given.
    """
    for draft in drafts:
        check_draft(draft, record.key)
    facts = tuple(facts)
    replaced = {draft.provenance.resource for draft in drafts}
    kept = [fact for fact in facts if fact.provenance.resource not in replaced]
    with_drafts = [*kept, *(as_taken(draft, at) for draft in drafts)]
    before, after = (
        infer(record.key, record, some, knowledge, at=at, revision=revision, unverified=unverified)
        for some in (facts, with_drafts)
    )
    known, found = {issue.id for issue in before.issues}, {issue.id for issue in after.issues}
    return OrderCheck(
        patient=record.key,
        at=after.at,
        revision=revision,
        knowledge=after.knowledge,
        added=tuple(issue for issue in after.issues if issue.id not in known),
        standing=tuple(issue for issue in after.issues if issue.id in known and _rests_on(issue, replaced)),
        removed=tuple(issue for issue in before.issues if issue.id not in found),
        replaced=tuple(
            Implicated(one.provenance.resource, one.coding, one.id)
            for one in facts
            if one.provenance.resource in replaced
        ),
        caveats=tuple(caveat for caveat in after.caveats if caveat not in set(before.caveats)),
    )


def as_taken(draft: Fact, at: datetime) -> Fact:
    """A draft as if it were given from ``at`` on; an end that lies behind is dropped."""
    end = draft.when.end if Period(end=draft.when.end).contains(at) is not Overlap.NO else None
    detail = draft.detail
    assert isinstance(detail, MedicationDetail), "it was checked"
    supplied = detail.supplied if detail.supplied and detail.supplied.contains(at) is Overlap.YES else None
    ordered = msgspec.structs.replace(detail, origin="request", intent="order", supplied=supplied)
    return msgspec.structs.replace(draft, status="active", when=Period(_exactly(at), end), detail=ordered)


def _exactly(at: datetime) -> str:
    """The moment as text, to the microsecond: a second would last beyond it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def check_draft(draft: Fact, patient: str) -> None:
    """Whether a fact can be asked about as a draft order of a patient.

    Raises:
        InputError: if it cannot.
    """
    where = draft.provenance.resource
    if draft.kind is not FactKind.MEDICATION or not isinstance(draft.detail, MedicationDetail):
        raise InputError(f"a {draft.kind.value} is no order of a medicine", where=where, expected="a MedicationRequest")
    if draft.patient != patient:
        raise InputError("the draft is about another patient", where=where, expected=f"an order for {patient}")
    if draft.detail.do_not_perform:
        raise InputError(
            "the draft orders that the medicine is not given",
            where=where,
            expected="an order to be given",
            remedy="leave it out",
        )


def _rests_on(issue: DetectedIssue, resources: set[str]) -> bool:
    return any(one.resource in resources for one in issue.implicated)

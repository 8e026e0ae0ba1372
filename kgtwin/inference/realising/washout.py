"""How long ago a medicine ended that is not taken any more: an interval, since ends are partial or unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kgtwin.model.fact import Fact, MedicationDetail
from kgtwin.model.time import Overlap, earliest, latest

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def ended_within(fact: Fact, span: timedelta, at: datetime) -> Overlap:
    """Whether a past medicine ended at most ``span`` before ``at``; MAYBE where its end is not known well enough."""
    first, last = ended(fact, at)
    if at - first <= span:
        return Overlap.YES
    return Overlap.NO if at - last > span else Overlap.MAYBE


def ended(fact: Fact, at: datetime) -> tuple[datetime, datetime]:
    """The first and the last instant at which a past medicine may have ended.

    Without a stated end, or with one that it was stopped before, it ended between its start and ``at``.
    """
    stated = stated_end(fact)
    if stated is not None and earliest(stated) <= at:
        return earliest(stated), min(latest(stated), at)
    return (earliest(fact.when.start) if fact.when.start else LONG_AGO), at


def stated_end(fact: Fact) -> str | None:
    """The stated end: of a dose that was given, its time; of a completed order without one, its supply's."""
    if fact.when.end:
        return fact.when.end
    detail = fact.detail
    if not isinstance(detail, MedicationDetail):
        return None
    if detail.origin == "administration":
        return fact.when.start
    return detail.supplied.end if fact.status == "completed" and detail.supplied else None

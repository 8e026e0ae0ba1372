"""Clinical time: what was true of a patient at a moment, as far as it is known."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kgtwin.model.fact import Fact, FactKind, ObservationDetail
from kgtwin.model.time import Overlap, earliest, latest

REAL_INTENTS: Final = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
"""Intents of orders that somebody means to be carried out: no proposals, plans or options."""
HAPPENED: Final = frozenset({FactKind.OBSERVATION, FactKind.PROCEDURE, FactKind.IMMUNIZATION})
"""Kinds that happen and then have happened; the others last from their start to their end."""


def true_at(fact: Fact, at: datetime) -> Overlap:
    """Whether a fact was true at a moment: a lasting one goes on, one that happens had happened by then.

    MAYBE where a partial date decides, or the start is not known; an unknown end is open. This is what the record says;
    what a statement may use is selected with more care in ``inference.realising.selection``.

    >>> from datetime import UTC
    >>> from kgtwin.model.concept import Coded
    >>> from kgtwin.model.fact import Provenance
    >>> from kgtwin.model.time import Period
    >>> fact = Fact(id="f-1", patient="local|1", kind=FactKind.CONDITION, code=Coded(),
    ...     when=Period("2019", "2020-03-01"), provenance=Provenance("local", "Condition/c", "1"))
    >>> [true_at(fact, datetime(year, 6, 1, tzinfo=UTC)).value for year in (2018, 2019, 2020)]
    ['no', 'maybe', 'no']
    """
    if fact.kind not in HAPPENED:
        return fact.when.contains(at)
    start = fact.when.start
    if start is None or earliest(start) <= at < latest(start):
        return Overlap.MAYBE
    return Overlap.YES if latest(start) <= at else Overlap.NO


def time_of(fact: Fact) -> str | None:
    """When it was true: its effective time, else when it was issued."""
    issued = fact.detail.issued if isinstance(fact.detail, ObservationDetail) else None
    return fact.when.end or fact.when.start or issued


def order(fact: Fact) -> tuple[datetime, str, str]:
    """By which one of two results is the later one."""
    issued = fact.detail.issued if isinstance(fact.detail, ObservationDetail) else None
    return latest(time_of(fact) or ""), issued or "", fact.id

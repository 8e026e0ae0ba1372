"""What is taken now, ingredient by ingredient, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import micros
from kgtwin.inference.realising.washout import LONG_AGO, ended, stated_end
from kgtwin.inference.rules.known import Known, Present
from kgtwin.model.fact import Fact
from kgtwin.model.time import bounds
from kgtwin.vocabulary import TAKES_NOW, TOOK_EVER

ADJOINING: Final = timedelta(days=2)
"""A medicine that ends on one day and begins on the next was taken without a break: two whole days at most."""


class Since(msgspec.Struct, frozen=True):
    """The first and the last instant at which something may have begun."""

    first: datetime
    last: datetime

    @property
    def known(self) -> bool:
        return self.first > LONG_AGO

    @property
    def micros(self) -> tuple[int, int]:
        """Both as numbers (see `realising.spans.micros`)."""
        return micros(self.first), micros(self.last)


class Taken(msgspec.Struct, frozen=True):
    """An active ingredient (IRI) that is taken now: by which medicines, and since when without a break.

    ``earlier`` are the facts before the present ones that the start rests on. ``settled``: as time goes by, ``since``
    stays what it is, as long as the same facts count.
    """

    ingredient: str
    doses: tuple[Present, ...]
    since: Since
    earlier: tuple[Selected, ...] = ()
    settled: bool = False

    @property
    def as_needed(self) -> bool:
        """Whether every one of them is taken as needed only."""
        return all(one.as_needed for one in self.doses)

    @property
    def systemic(self) -> bool:
        """Whether one of them is not known to act locally."""
        return any(one.local is not True for one in self.doses)

    @property
    def selected(self) -> tuple[Selected, ...]:
        """The present facts."""
        return tuple(one.selected for one in self.doses)


def taken_now(known: Known) -> tuple[Taken, ...]:
    """Every ingredient that is taken now, in the order of IRIs; earlier orders only where a rule asks since when."""
    watched = known.knowledge.by_ingredient.monitoring
    present = {dose.node: dose for dose in known.medicines(TAKES_NOW)}
    every = sorted({one for dose in present.values() for one in dose.ingredients})
    timed = any(map(watched, every))
    past = [dose for dose in known.medicines(TOOK_EVER) if dose.node not in present] if timed else []
    continuous = [one for one in past if not one.as_needed]
    return tuple(taken(one, present.values(), continuous if watched(one) else (), known) for one in every)


def taken(ingredient: str, present: Iterable[Present], past: Iterable[Present], known: Known) -> Taken:
    """What is taken of an ingredient, of all ``present`` medicines and ``past`` ones that were taken continuously."""
    now = tuple(one for one in present if ingredient in one.ingredients)
    related = known.knowledge.by_ingredient.are_related
    before = [one.selected for one in past if any(related(ingredient, other) for other in one.ingredients)]
    facts, at = [one.selected.fact for one in now], known.moment
    since, chained = _since(facts, before, at)
    settled = all(_is_over(one.when.start, at) for one in facts)
    settled = settled and all(_is_settled(one.fact, at) for one in before)
    return Taken(ingredient, now, since, chained, settled)


def _is_settled(fact: Fact, at: datetime) -> bool:
    """Whether it will be known of a past medicine what is known now of its start and its end."""
    end = stated_end(fact)
    return _is_over(fact.when.start, at) and (end is None or _is_over(end, at))


def _is_over(time: str | None, at: datetime) -> bool:
    """Whether the last instant that a time may mean has passed."""
    return time is not None and bounds(time)[1] <= at


def _since(now: Iterable[Fact], before: Iterable[Selected], at: datetime) -> tuple[Since, tuple[Selected, ...]]:
    """When the unbroken taking began: present facts, then past ones that reach up to it, one after the other.

    A past one reaches up to it surely where its end is known to, perhaps where it may. From the latest start to the
    earliest, one look at each is enough.
    """
    starts = [_start(fact, at) for fact in now]
    first, last = min(low for low, _ in starts), min(high for _, high in starts)
    spans = [(one, _start(one.fact, at), ended(one.fact, at)) for one in before]
    chained: list[Selected] = []
    for one, (low, _), (_, end) in sorted(spans, key=lambda span: span[1][0], reverse=True):
        if low < first and end >= _minus(first, ADJOINING):
            first = low
            chained.append(one)
    for one, (_, high), (end, _) in sorted(spans, key=lambda span: span[1][1], reverse=True):
        if high < last and end >= _minus(last, ADJOINING):
            last = high
            chained.append(one)
    return Since(min(first, last), last), tuple({one.fact.id: one for one in chained}.values())


def _start(fact: Fact, at: datetime) -> tuple[datetime, datetime]:
    if fact.when.start is None:
        return LONG_AGO, at
    low, high = bounds(fact.when.start)
    return min(low, at), min(high, at)


def _minus(moment: datetime, span: timedelta) -> datetime:
    return moment - span if moment - LONG_AGO > span else LONG_AGO

"""What is taken now, ingredient by ingredient, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.issues.matching import ingredients_of
from kgtwin.inference.knowledge import named
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.washout import LONG_AGO, ended
from kgtwin.model.fact import Fact, MedicationDetail
from kgtwin.model.time import bounds
from kgtwin.vocabulary import HAS_ROUTE, LOCAL_ROUTE, ROUTE, TAKES_NOW, TOOK_EVER

ADJOINING: Final = timedelta(days=2)
"""A medicine that ends on one day and begins on the next was taken without a break: two whole days at most."""


class Since(msgspec.Struct, frozen=True):
    """The first and the last instant at which something may have begun."""

    first: datetime
    last: datetime

    @property
    def known(self) -> bool:
        return self.first > LONG_AGO


class Present(msgspec.Struct, frozen=True):
    """One present medicine with an ingredient: its individual, what was selected for it, and all of its ingredients.

    ``local`` is None where no route is known.
    """

    node: str
    selected: Selected
    ingredients: frozenset[str]
    local: bool | None

    @property
    def as_needed(self) -> bool:
        detail = self.selected.fact.detail
        return isinstance(detail, MedicationDetail) and detail.as_needed


class Taken(msgspec.Struct, frozen=True):
    """An active ingredient (IRI) that is taken now: by which medicines, and since when without a break.

    ``earlier`` are the facts before the present ones that the start rests on.
    """

    ingredient: str
    doses: tuple[Present, ...]
    since: Since
    earlier: tuple[Selected, ...] = ()

    @property
    def as_needed(self) -> bool:
        """Whether every one of them is taken as needed only."""
        return all(one.as_needed for one in self.doses)

    @property
    def selected(self) -> tuple[Selected, ...]:
        """The present facts."""
        return tuple(one.selected for one in self.doses)


def taken_now(evaluation: Evaluation) -> tuple[Taken, ...]:
    """Every ingredient that is taken now, in the order of IRIs; earlier orders only where a rule asks since when."""
    present = {dose.node: dose for dose in _doses(evaluation, TAKES_NOW)}
    every = sorted({one for dose in present.values() for one in dose.ingredients})
    timed = any(evaluation.knowledge.monitoring_of(one) for one in every)
    past = [dose for dose in _doses(evaluation, TOOK_EVER) if dose.node not in present] if timed else []
    return tuple(_taken(one, list(present.values()), past, evaluation) for one in every)


def _doses(evaluation: Evaluation, role: str) -> Iterator[Present]:
    realisation, knowledge = evaluation.realisation, evaluation.knowledge
    for node in realisation.successors(PATIENT_INDIVIDUAL, role):
        selected = evaluation.box.by_node.get(node) if isinstance(node, str) else None
        if selected is not None and isinstance(node, str):
            found = frozenset(map(to_iri, ingredients_of(node, realisation, knowledge)))
            if found:
                yield Present(node, selected, found, _is_local(node, evaluation))


def _is_local(node: str, evaluation: Evaluation) -> bool | None:
    """Whether all known routes of a medicine are local."""
    routes = named(evaluation.realisation.successors(node, HAS_ROUTE))
    known = [one for one in routes if one in evaluation.knowledge.classes and one != ROUTE]
    return all(evaluation.knowledge.is_a(one, LOCAL_ROUTE) for one in known) if known else None


def _taken(ingredient: str, present: list[Present], past: list[Present], evaluation: Evaluation) -> Taken:
    now = tuple(one for one in present if ingredient in one.ingredients)
    is_a = evaluation.knowledge.is_a
    timed = past if evaluation.knowledge.monitoring_of(ingredient) else []
    others = {other for one in timed for other in one.ingredients}
    same = {other for other in others if is_a(ingredient, other) or is_a(other, ingredient)}
    before = [one.selected for one in timed if not one.as_needed and not same.isdisjoint(one.ingredients)]
    since, chained = _since([one.selected.fact for one in now], before, evaluation.moment)
    return Taken(ingredient, now, since, chained)


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
    for _, (_, high), (end, _) in sorted(spans, key=lambda span: span[1][1], reverse=True):
        if high < last and end >= _minus(last, ADJOINING):
            last = high
    return Since(min(first, last), last), tuple(chained)


def _start(fact: Fact, at: datetime) -> tuple[datetime, datetime]:
    if fact.when.start is None:
        return LONG_AGO, at
    low, high = bounds(fact.when.start)
    return min(low, at), min(high, at)


def _minus(moment: datetime, span: timedelta) -> datetime:
    return moment - span if moment - LONG_AGO > span else LONG_AGO

"""Since when an ingredient that is taken now has been taken without a break, for the checker alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from kgtwin import vocabulary as v
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.time import bounds
from kgtwin.verification.case import LONG_AGO, Case
from kgtwin.verification.counting import coded_in, fills, iris
from kgtwin.verification.verdict import require

ADJOINING: Final = timedelta(days=2)
"""A medicine that ends on one day and begins on the next was taken without a break: two whole days at most."""
Moment = tuple[datetime, datetime]
"""The first and the last instant at which something may have been."""


def started(case: Case, ingredient: str, now: Collection[Fact]) -> Moment:
    """When the unbroken taking began of an ingredient that some facts say is taken now.

    Past medicines that have it, or what may be the same, reach up to the present ones, or to each other. No other
    medication of the patient may: it is proven to have it and counts here, or has it not, or reaches up to nothing.
    """
    begun = [_begin(fact, case.at) for fact in now]
    before = {
        fact.id: fact for fact in case.related(ingredient) if _is_past(fact, case.at) and not case.as_needed(fact)
    }
    spans = [_past(fact, case.at) for fact in before.values()]
    first = _back(min(low for low, _ in begun), [(begin[0], end[1]) for begin, end in spans])
    last = _back(min(high for _, high in begun), [(begin[1], end[0]) for begin, end in spans])
    first, counted = min(first, last), {*before} | {fact.id for fact in now}
    for fact in case.every((FactKind.MEDICATION,)):
        if fact.id not in counted and _would_count(fact, (first, last), case):
            held = case.listed(fact) or iris(*coded_in(fact, v.HAS_ACTIVE_INGREDIENT))
            same = ingredient in held if fills(fact, v.TAKES_NOW, None, case.at) else case.may_be(ingredient, held)
            require(not same, f"{fact.id} has the ingredient, too, and since when it is taken is not shown with it")
    return first, last


def _back(start: datetime, spans: Iterable[Moment]) -> datetime:
    """The start of the first of some spans (start, end) that reach up to a start, or to another one that does."""
    for begin, end in sorted(spans, reverse=True):
        if begin < start <= end + ADJOINING:
            start = begin
    return start


def _would_count(fact: Fact, start: Moment, case: Case) -> bool:
    """Whether a medication would change when the taking began, if it had the ingredient."""
    if not _is_past(fact, case.at) or case.as_needed(fact):
        return fills(fact, v.TAKES_NOW, None, case.at)
    begin, end = _past(fact, case.at)
    return _back(start[0], [(begin[0], end[1])]) < start[0] or _back(start[1], [(begin[1], end[0])]) < start[1]


def _is_past(fact: Fact, at: datetime) -> bool:
    return fills(fact, v.TOOK_EVER, None, at) and not fills(fact, v.TAKES_NOW, None, at)


def _begin(fact: Fact, at: datetime) -> Moment:
    """When a medicine that has begun may have begun."""
    low, high = bounds(fact.when.start) if fact.when.start else (LONG_AGO, at)
    return min(low, at), min(high, at)


def _past(fact: Fact, at: datetime) -> tuple[Moment, Moment]:
    """When one that has ended began and ended: by its stated end, if that is past, else at any time since."""
    begin, detail = _begin(fact, at), fact.detail
    stated = fact.when.end
    if stated is None and isinstance(detail, MedicationDetail):
        supplied = detail.supplied.end if fact.status == "completed" and detail.supplied else None
        stated = fact.when.start if detail.origin == "administration" else supplied
    low, high = bounds(stated) if stated else (at, at)
    if stated is None or low > at:
        return begin, (bounds(fact.when.start)[0] if fact.when.start else LONG_AGO, at)
    return begin, (low, min(high, at))

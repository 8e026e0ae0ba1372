"""What is known of one input of an equation."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.inference.equations.definitions import Input
from kgtwin.inference.equations.formulas import Span
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat
from kgtwin.model.fact import Fact
from kgtwin.model.score import Range, Source, Used

INFINITE: Final = float("inf")
YES: Final = Interval(Decimal(1), False, Decimal(1))
NO: Final = Interval(Decimal(0), False, Decimal(0))


class Known(msgspec.Struct, frozen=True):
    """What is known of an input, or (``interval`` None) the reason why nothing is. ``used`` goes with ``interval``."""

    label: str
    interval: Interval | None
    reason: str
    used: Used | None = None
    caveats: tuple[Caveat, ...] = ()


class Estimated(msgspec.Struct, frozen=True):
    """What an equation gives for a patient, as an input of another one."""

    used: Used
    caveats: tuple[Caveat, ...]


def used(
    one: Input, label: str, value: Interval, reason: str, facts: Iterable[Source], when: str | None = None
) -> Used:
    """A known input."""
    return Used(
        name=one.name,
        kind=one.kind,
        label=label,
        unit=one.unit,
        value=range_of(value),
        reason=reason,
        when=when,
        facts=tuple(dict.fromkeys(facts)),
    )


def source(fact: Fact) -> Source:
    """What an input says of a fact that it rests on."""
    return Source(fact.id, fact.provenance.resource)


def range_of(interval: Interval) -> Range:
    """An interval's ends as numbers."""
    return Range(_number(interval.low), _number(interval.high))


def interval_of(span: Span) -> Interval:
    """A span with decimal ends; an infinite one is none.

    >>> str(interval_of(Span(0.1, float("inf"))))
    '≥ 0.1'
    """
    low = None if span.low == -INFINITE else Decimal(repr(span.low))
    return Interval(low, False, None if span.high == INFINITE else Decimal(repr(span.high)), False)


def span_of(interval: Interval) -> Span:
    """The span that holds an interval."""
    low, high = _number(interval.low), _number(interval.high)
    return Span(-INFINITE if low is None else low, INFINITE if high is None else high)


def _number(bound: Decimal | None) -> float | None:
    return None if bound is None else float(bound)

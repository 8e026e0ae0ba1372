"""What knowing an input would change: the next best facts of an equation.

An open input is tried at the ends of where it must lie (no and yes of a question) and at what lies evenly between. The
share of the result's width that goes in the worst of these cases is ``sure``, that in the best is ``most``. Nothing is
assumed about which value is likely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from kgtwin.inference.equations.definitions import YES_OR_NO, Equation, Input, Sums, evaluate
from kgtwin.inference.equations.formulas import Span
from kgtwin.inference.equations.known import Known
from kgtwin.model.score import Missing, Range

BETWEEN: Final = 3
"""How many values are tried between the ends of a number."""


def next_facts(
    equation: Equation, known: Mapping[str, Known], spans: Mapping[str, Span], result: Span | None
) -> tuple[Missing, ...]:
    """The open inputs, first the one that narrows the result most whatever it turns out to be.

    ``spans`` has what is known as numbers within the equation's limits; an input that is not there is missing.
    """
    sums = Sums(equation)
    places = {name: spans.get(name, one.limits) for name, one in equation.inputs.items()}
    found = [
        _missing(equation, equation.inputs[name], known[name], place, spans, result, sums)
        for name, place in places.items()
        if place.low != place.high
    ]
    return tuple(sorted(found, key=lambda one: (one.assumed.width is not None, -one.sure, -one.most)))


def _missing(
    equation: Equation,
    one: Input,
    known: Known,
    place: Span,
    spans: Mapping[str, Span],
    result: Span | None,
    sums: Sums,
) -> Missing:
    tried = [evaluate(equation, {**spans, one.name: value}, sums).span for value in _values(one, place)]
    shares = [_share(result, span) for span in tried] or [0.0]
    return Missing(
        name=one.name,
        kind=one.kind,
        label=known.label,
        unit=one.unit,
        reason=known.reason,
        assumed=as_range(place),
        if_lowest=as_range(tried[0]) if tried and tried[0] else None,
        if_highest=as_range(tried[-1]) if tried and tried[-1] else None,
        sure=min(shares),
        most=max(shares),
    )


def _values(one: Input, place: Span) -> list[float]:
    """The values to try, the lowest first; none where there is no end to them."""
    if one.kind in YES_OR_NO:
        return [place.low, place.high]
    if not (math.isfinite(place.low) and math.isfinite(place.high)):
        return []
    steps = [number / (BETWEEN + 1) for number in range(1, BETWEEN + 1)]
    between = (place.low + (place.high - place.low) * step for step in steps)
    return [place.low, *(min(max(value, place.low), place.high) for value in between), place.high]


def _share(before: Span | None, after: Span | None) -> float:
    """The share of a result's width that goes."""
    if after is None or (before is not None and before.low == before.high):
        return 0.0
    if before is None:
        return 1.0
    return max(0.0, 1.0 - (after.high - after.low) / (before.high - before.low))


def as_range(span: Span) -> Range:
    """A span's ends; None where it has none."""
    return Range(*(end if math.isfinite(end) else None for end in (span.low, span.high)))

"""Results that lasted: the values of an analyte over a window that ends with the latest one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.realising.reading import Reading, canonical
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat
from kgtwin.model.clinical import time_of
from kgtwin.model.fact import Fact
from kgtwin.model.time import earliest, latest


def lasting(
    analyte: Analyte, facts: list[Fact], last: Reading, role: str, span: timedelta
) -> Iterator[Reading | Caveat]:
    """The interval that all results span over the shortest window that ends with the latest and is ``span`` wide.

    ``facts`` are the analyte's results, the latest first. Nothing where the results do not reach back so far; a
    caveat where one of the window cannot be read, since it may be a normal one.
    """
    window = _window(facts, last.selected.fact, span)
    read = [canonical(fact, analyte) for fact in window]
    values = tuple(one for one in read if isinstance(one, Interval))
    if len(values) < len(read):
        yield from (one for one in read if isinstance(one, Caveat))
    elif values:
        yield Reading(_selected(last, window, analyte, role), analyte, _hull(values), values)


def _window(facts: list[Fact], last: Fact, span: timedelta) -> list[Fact]:
    """The results from the latest back to the first that is certainly ``span`` older, with all of that time."""
    end = earliest(time_of(last) or "")
    first = next((latest(time) for fact in facts if end - latest(time := time_of(fact) or "") >= span), None)
    if first is None:
        return []
    begin = min(earliest(time) for fact in facts if latest(time := time_of(fact) or "") == first)
    return [fact for fact in facts if latest(time_of(fact) or "") >= begin]


def _hull(values: tuple[Interval, ...]) -> Interval:
    """The narrowest interval that holds all the values."""
    low = min(values, key=lambda one: (one.low is not None, one.low or 0, one.low_open))
    high = max(values, key=lambda one: (one.high is None, one.high or 0, not one.high_open))
    return Interval(low.low, low.low_open, high.high, high.high_open)


def _selected(last: Reading, window: list[Fact], analyte: Analyte, role: str) -> Selected:
    oldest = time_of(window[-1])
    reason = f"all {len(window)} results of {analyte.label} from {oldest} on"
    basis = tuple(fact for fact in window if fact.id != last.selected.fact.id)
    return Selected(last.selected.fact, role, reason, last.selected.caveats, (analyte.iri,), f"/{role}", basis)

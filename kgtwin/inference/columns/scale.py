"""Numbers by their place among the ends of the intervals that anything follows from: two of one place are alike."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from decimal import Decimal

from kgtwin.model.axioms import DataRange, Interval, Space
from kgtwin.model.data_ranges import canonical, disjoint, within


class Scale:
    """``cuts`` are the ends of intervals, in order. Each is between two places for lower and for upper bounds.

    Places of lower bounds go below, at (a closed one), just above (an open one) and beyond each cut, in this order;
    those of upper bounds below, just below (an open one), at (a closed one) and beyond.

    >>> scale = Scale([Interval(low=Decimal(3)), Interval(low=Decimal(5), low_open=True)])
    >>> scale.places(Interval(Decimal(3), False, Decimal(4))), scale.places(Interval(low=Decimal(5), low_open=True))
    ((1, 3), (5, 6))
    >>> str(scale.interval(1, 3)), str(scale.interval(5, 6))
    ('≥ 3 and ≤ 4', '> 5')
    """

    def __init__(self, ranges: Iterable[DataRange]) -> None:
        intervals = [canonical(one) for one in ranges]
        self.fits = all(_is_plain(one) for one in intervals)
        """Whether all are intervals of decimal numbers, so that places say all that matters."""
        plain = [one for one in intervals if isinstance(one, Interval) and one.space is Space.DECIMAL]
        self.cuts = sorted({end for one in plain for end in (one.low, one.high) if end is not None})

    @property
    def last(self) -> int:
        """The highest place."""
        return 3 * len(self.cuts)

    def places(self, value: Interval) -> tuple[int, int]:
        """The places of an interval's two bounds."""
        if value.low is not None and value.low is value.high and not (value.low_open or value.high_open):
            at = bisect_left(self.cuts, value.low)
            return (3 * at + 1, 3 * at + 2) if at < len(self.cuts) and self.cuts[at] == value.low else (3 * at, 3 * at)
        low = 0 if value.low is None else self._place(value.low, above=value.low_open)
        high = self.last if value.high is None else self._place(value.high, above=not value.high_open)
        return low, high

    def _place(self, number: Decimal, *, above: bool) -> int:
        at = bisect_left(self.cuts, number)
        if at < len(self.cuts) and self.cuts[at] == number:
            return 3 * at + (2 if above else 1)
        return 3 * at

    def interval(self, low: int, high: int) -> Interval:
        """An interval with bounds at two places; unbounded where they lie below or beyond all cuts."""
        bottom, low_open = self._bound(low)
        top, high_closed = self._bound(high)
        return Interval(
            None if low == 0 else bottom,
            low_open and low % 3 != 0,
            None if high == self.last else top,
            high % 3 != 0 and not high_closed,
        )

    def _bound(self, place: int) -> tuple[Decimal | None, bool]:
        """A number at a place, and whether it is the second of the two places at a cut."""
        at, which = divmod(place, 3)
        if which:
            return self.cuts[at], which == 2
        if at == 0:
            return (self.cuts[0] - 1 if self.cuts else None), False
        if at == len(self.cuts):
            return self.cuts[-1] + 1, False
        return (self.cuts[at - 1] + self.cuts[at]) / 2, False


def _is_plain(one: DataRange) -> bool:
    """Whether it is an interval of decimal numbers, or all of them, or none."""
    if isinstance(one, Interval) and one.space is Space.DECIMAL:
        return not one.integer
    return within(Interval(), one) or disjoint(Interval(), one)

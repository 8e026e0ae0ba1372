"""Intervals of an ordered value space: numbers, ``xsd:double`` and ``xsd:float``, points in time."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

import msgspec

from kgtwin.model import timeline
from kgtwin.model.floats import FloatFormat
from kgtwin.model.timeline import DAY, EXACT


class Space(StrEnum):
    """The kind of values in an interval, and of its bounds.

    - ``DECIMAL``, ``RATIONAL`` and ``REAL``: the ``xsd:decimal``, ``owl:rational`` or ``owl:real`` numbers in between.
    - ``DOUBLE``, ``FLOAT``: without NaN; unbounded includes the infinity; a bound of 0 includes both zeros.
    - ``DATE_TIME_STAMP``: times with time zone; bounds are seconds of the time line in UTC
      (:func:`kgtwin.model.timeline.instant`). A bound includes every offset that tells this instant.
    - ``DATE_TIME``: the same, and the times without time zone that are certainly in between: by more than 14 hours.
    - ``LOCAL_DATE_TIME``: bounds without time zone; and the times with one that are certainly in between.
    - ``DATE``: ``xsd:date``, bounds without time zone in seconds at the day's begin; with time zone as above.
    """

    DECIMAL = "decimal"
    RATIONAL = "rational"
    REAL = "real"
    DOUBLE = "double"
    FLOAT = "float"
    DATE_TIME_STAMP = "dateTimeStamp"
    DATE_TIME = "dateTime"
    LOCAL_DATE_TIME = "dateTime without time zone"
    DATE = "date"


_FORMATS = {Space.DOUBLE: FloatFormat("d"), Space.FLOAT: FloatFormat("f")}


class Interval(msgspec.Struct, frozen=True, gc=False):
    """An interval of an ordered space; None is unbounded. The facets of a ``DatatypeRestriction``.

    ``integer``: only the whole numbers (``xsd:integer`` and what derives from it).
    """

    low: Decimal | None = None
    low_open: bool = False
    high: Decimal | None = None
    high_open: bool = False
    integer: bool = False
    space: Space = Space.DECIMAL

    def within(self, other: Interval) -> bool:
        """Whether every value of this interval lies in ``other``, of the same space.

        >>> Interval(Decimal(5), False, Decimal(5)).within(Interval(low=Decimal(4), low_open=True))
        True
        """
        if self.empty:
            return True
        if self.space is not other.space:
            return False
        one, other = self.normal, other.normal
        if other.integer and not one.integer and not one._whole_number:
            return False
        return one._low_within(other) and one._high_within(other)

    def holds(self, number: Decimal) -> bool:
        """Whether one number lies in the interval."""
        return Interval(number, False, number, space=self.space).within(self)

    def intersection(self, other: Interval) -> Interval:
        """The values that lie in both, of the same space.

        >>> str(Interval(low=Decimal(1)).intersection(Interval(high=Decimal(2), high_open=True)))
        '≥ 1 and < 2'
        """
        low = self if self._low_within(other) else other
        high = self if self._high_within(other) else other
        whole = self.integer or other.integer
        return Interval(low.low, low.low_open, high.high, high.high_open, whole, self.space).normal

    def meets(self, other: Interval) -> bool:
        """Whether the two share a value (both of one space)."""
        if self.space is other.space is Space.DECIMAL and not (self.integer or other.integer):
            pairs = ((self, self), (self, other), (other, self), (other, other))
            return all(low._reaches(high) for low, high in pairs)
        return self.space is other.space and not self.intersection(other).empty

    @property
    def normal(self) -> Interval:
        """The same values with closed bounds where the space has gaps (``> 3`` is ``≥ 4``): equal sets are equal.

        >>> str(Interval(low=Decimal(3), low_open=True, integer=True).normal)
        '≥ 4'
        """
        if self.integer:
            return self._closed(Decimal(1))
        if self.space is Space.DATE:
            return self._closed(Decimal(DAY))
        return self._closed_floats() if self.space in _FORMATS else self

    def _closed(self, step: Decimal) -> Interval:
        low, high = self.low, self.high
        if low is not None:
            least = _multiple(low, step, ROUND_CEILING)
            low = EXACT.add(least, step) if self.low_open and least == low else least
        if high is not None:
            most = _multiple(high, step, ROUND_FLOOR)
            high = EXACT.subtract(most, step) if self.high_open and most == high else most
        many = self.integer and (low is None or low != high)
        return Interval(low, False, high, False, many, self.space)

    def _closed_floats(self) -> Interval:
        low, high, format_ = self.low, self.high, _FORMATS[self.space]
        if low is not None:
            low = format_.least(low, above=self.low_open)
        if high is not None:
            high = format_.most(high, below=self.high_open)
        if (low is None) != (self.low is None) or (high is None) != (self.high is None):
            return Interval(Decimal(1), False, Decimal(0), False, False, self.space)
        return Interval(
            None if low == -INFINITY else low, False, None if high == INFINITY else high, False, False, self.space
        )

    def _reaches(self, other: Interval) -> bool:
        """Whether the lower bound is not beyond the upper bound of another, in a space without gaps."""
        low, high = self.low, other.high
        if low is None or high is None or low < high:
            return True
        return low == high and not (self.low_open or other.high_open)

    @property
    def _whole_number(self) -> bool:
        return self.low is not None and self.low == self.high and self.low == self.low.to_integral_value()

    def _low_within(self, other: Interval) -> bool:
        if other.low is None or self.low is None:
            return other.low is None
        return self.low > other.low or (self.low == other.low and (self.low_open or not other.low_open))

    def _high_within(self, other: Interval) -> bool:
        if other.high is None or self.high is None:
            return other.high is None
        return self.high < other.high or (self.high == other.high and (self.high_open or not other.high_open))

    @property
    def empty(self) -> bool:
        one = self.normal
        if one.low is None or one.high is None:
            return False
        return one.low > one.high or (one.low == one.high and (one.low_open or one.high_open))

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high and not (self.low_open or self.high_open):
            return f"= {self._text(self.low)}"
        low = "" if self.low is None else f"{'>' if self.low_open else '≥'} {self._text(self.low)}"
        high = "" if self.high is None else f"{'<' if self.high_open else '≤'} {self._text(self.high)}"
        return " and ".join(part for part in (low, high) if part) or f"any {_NAMES.get(self.space, self.space)}"

    def _text(self, bound: Decimal) -> str:
        return str(bound) if self.space in _NUMBERS else bound_text(bound, self.space)


INFINITY = Decimal("Infinity")
_NUMBERS = (Space.DECIMAL, Space.RATIONAL, Space.REAL)
_NAMES = dict.fromkeys((*_NUMBERS, *_FORMATS), "number")


def _multiple(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    """The multiple of ``step`` at or beside a value."""
    if step == 1:
        return value.to_integral_value(rounding)
    count = int(value) // int(step)
    if rounding == ROUND_CEILING and Decimal(count * int(step)) < value:
        count += 1
    return Decimal(count * int(step))


def bound_text(bound: Decimal, space: Space) -> str:
    """The lexical form of an interval's bound.

    >>> bound_text(Decimal(0), Space.DATE_TIME), bound_text(Decimal("1.50"), Space.DECIMAL)
    ('0001-01-01T00:00:00Z', '1.50')
    """
    if space in _FORMATS:
        return _FORMATS[space].text(bound)
    if space is Space.DATE:
        return timeline.date(bound)
    if space in _NUMBERS:
        return f"{bound:f}"
    return timeline.date_time(bound, None if space is Space.LOCAL_DATE_TIME else 0)

"""Sets of data values: intervals of an ordered value space, single literals, whole datatypes.

Value spaces are those of OWL 2 (https://www.w3.org/TR/owl2-syntax/#Datatype_Maps): ``xsd:decimal`` with its whole
numbers, ``xsd:double``, ``xsd:float`` and ``xsd:dateTime`` are pairwise disjoint.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from kgtwin.vocabulary import XSD


class Space(StrEnum):
    """An ordered value space. ``LOCAL_DATE_TIME``: ``xsd:dateTime`` without a time zone."""

    DECIMAL = "decimal"
    DOUBLE = "double"
    FLOAT = "float"
    DATE_TIME = "dateTime"
    LOCAL_DATE_TIME = "dateTime without time zone"


class Interval(msgspec.Struct, frozen=True):
    """An interval of ``xsd:decimal``; None is unbounded. The facets of a ``DatatypeRestriction``.

    ``integer``: only its whole numbers (``xsd:integer`` and what derives from it); its bounds are then closed.
    """

    low: Decimal | None = None
    low_open: bool = False
    high: Decimal | None = None
    high_open: bool = False
    integer: bool = False
    space: Space = Space.DECIMAL

    def within(self, other: Interval) -> bool:
        """Whether every number of this interval lies in ``other``.

        >>> Interval(Decimal(5), False, Decimal(5)).within(Interval(low=Decimal(4), low_open=True))
        True
        """
        if self.empty:
            return True
        if self.space is not other.space:
            return False
        if other.integer and not self.integer and not self._whole_number:
            return False
        return self._low_within(other) and self._high_within(other)

    def holds(self, number: Decimal) -> bool:
        """Whether one number lies in the interval."""
        return Interval(number, False, number, space=self.space).within(self)

    def intersection(self, other: Interval) -> Interval:
        """The numbers that lie in both.

        >>> str(Interval(low=Decimal(1)).intersection(Interval(high=Decimal(2), high_open=True)))
        '≥ 1 and < 2'
        """
        low = self if self._low_within(other) else other
        high = self if self._high_within(other) else other
        whole = self.integer or other.integer
        return Interval(low.low, low.low_open, high.high, high.high_open, whole, self.space)

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

    def meets(self, other: Interval) -> bool:
        """Whether the two share a number (dense order)."""
        return self.space is other.space and not (_below(self, other) or _below(other, self))

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        if self.low == self.high:
            return self.low_open or self.high_open or (self.integer and not self._whole_number)
        return self.low > self.high

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high:
            return f"= {self.low}"
        low = "" if self.low is None else f"{'>' if self.low_open else '≥'} {self.low}"
        high = "" if self.high is None else f"{'<' if self.high_open else '≤'} {self.high}"
        return " and ".join(part for part in (low, high) if part) or "any number"


def _below(a: Interval, b: Interval) -> bool:
    if a.high is None or b.low is None:
        return False
    return a.high < b.low or (a.high == b.low and (a.high_open or b.low_open))


class Literal(msgspec.Struct, frozen=True):
    """One data value that is in no ordered space: a string, a boolean, a language-tagged text …

    ``text`` is the lexical form; ``datatype`` a full IRI (``xsd:string`` for a plain one, ``rdf:PlainLiteral`` or
    ``rdf:langString`` for one with a ``language``).
    """

    text: str
    datatype: str = XSD + "string"
    language: str | None = None


class Datatype(msgspec.Struct, frozen=True):
    """All values of a datatype that is no interval (``rdfs:Literal``, ``xsd:string``, one unknown to us)."""

    iri: str


class OtherRange(msgspec.Struct, frozen=True):
    """A data range outside the constructs of this module, as functional syntax."""

    text: str


DataRange = Interval | Literal | Datatype | OtherRange

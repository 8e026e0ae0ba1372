"""OWL 2 class expressions and axioms as values, with the names of the OWL 2 structural specification.

Entities are full IRIs. What lies outside the constructs here is kept as text in an ``Unsupported``
expression or an ``OtherAxiom``, so that a reasoner can name what it did not use.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Class(msgspec.Struct, frozen=True):
    iri: str


class ObjectIntersectionOf(msgspec.Struct, frozen=True):
    operands: tuple[ClassExpression, ...]


class ObjectSomeValuesFrom(msgspec.Struct, frozen=True):
    property: str
    filler: ClassExpression


class Interval(msgspec.Struct, frozen=True):
    """An interval of ``xsd:decimal``; None is unbounded. The facets of a ``DatatypeRestriction``.

    ``integer``: only its whole numbers (``xsd:integer`` and what derives from it); its bounds are then closed.
    """

    low: Decimal | None = None
    low_open: bool = False
    high: Decimal | None = None
    high_open: bool = False
    integer: bool = False

    def within(self, other: Interval) -> bool:
        """Whether every number of this interval lies in ``other``.

        >>> Interval(Decimal(5), False, Decimal(5)).within(Interval(low=Decimal(4), low_open=True))
        True
        """
        if self.empty:
            return True
        if other.integer and not self.integer and not self._whole_number:
            return False
        return self._low_within(other) and self._high_within(other)

    def holds(self, number: Decimal) -> bool:
        """Whether one number lies in the interval."""
        return Interval(number, False, number).within(self)

    def intersection(self, other: Interval) -> Interval:
        """The numbers that lie in both.

        >>> str(Interval(low=Decimal(1)).intersection(Interval(high=Decimal(2), high_open=True)))
        '≥ 1 and < 2'
        """
        low = self if self._low_within(other) else other
        high = self if self._high_within(other) else other
        return Interval(low.low, low.low_open, high.high, high.high_open, self.integer or other.integer)

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
        return not (_below(self, other) or _below(other, self))

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


class DataSomeValuesFrom(msgspec.Struct, frozen=True):
    """``DataSomeValuesFrom(p DatatypeRestriction(xsd:decimal ...))``; also ``DataHasValue`` of a number."""

    property: str
    interval: Interval


class Unsupported(msgspec.Struct, frozen=True):
    """A class expression outside the constructs of this module. ``construct`` is its OWL name.

    ``operands`` are those of an ``ObjectUnionOf``, which a reasoner can use on the left of ``SubClassOf``.
    """

    construct: str
    text: str
    operands: tuple[ClassExpression, ...] = ()


ClassExpression = Class | ObjectIntersectionOf | ObjectSomeValuesFrom | DataSomeValuesFrom | Unsupported


class SubClassOf(msgspec.Struct, frozen=True):
    sub: ClassExpression
    sup: ClassExpression


class EquivalentClasses(msgspec.Struct, frozen=True):
    operands: tuple[ClassExpression, ...]


class DisjointClasses(msgspec.Struct, frozen=True):
    operands: tuple[ClassExpression, ...]


class SubObjectPropertyOf(msgspec.Struct, frozen=True):
    """``chain`` has one property for a plain inclusion, two or more for a property chain."""

    chain: tuple[str, ...]
    sup: str


class EquivalentObjectProperties(msgspec.Struct, frozen=True):
    operands: tuple[str, ...]


class TransitiveObjectProperty(msgspec.Struct, frozen=True):
    property: str


class ReflexiveObjectProperty(msgspec.Struct, frozen=True):
    property: str


class ObjectPropertyDomain(msgspec.Struct, frozen=True):
    property: str
    domain: ClassExpression


class ObjectPropertyRange(msgspec.Struct, frozen=True):
    property: str
    range: ClassExpression


class DataPropertyDomain(msgspec.Struct, frozen=True):
    property: str
    domain: ClassExpression


class ClassAssertion(msgspec.Struct, frozen=True):
    individual: str
    type: ClassExpression


class ObjectPropertyAssertion(msgspec.Struct, frozen=True):
    property: str
    subject: str
    object: str


class DataPropertyAssertion(msgspec.Struct, frozen=True):
    """The value lies in ``interval`` (a single number, or what a comparator such as ``<15`` leaves open)."""

    property: str
    subject: str
    interval: Interval


class OtherAxiom(msgspec.Struct, frozen=True):
    """A logical axiom outside this module. ``construct`` is its OWL name, ``signature`` the IRIs in it."""

    construct: str
    text: str
    signature: tuple[str, ...] = ()


Assertion = ClassAssertion | ObjectPropertyAssertion | DataPropertyAssertion

Axiom = (
    SubClassOf
    | EquivalentClasses
    | DisjointClasses
    | SubObjectPropertyOf
    | EquivalentObjectProperties
    | TransitiveObjectProperty
    | ReflexiveObjectProperty
    | ObjectPropertyDomain
    | ObjectPropertyRange
    | DataPropertyDomain
    | ClassAssertion
    | ObjectPropertyAssertion
    | DataPropertyAssertion
    | OtherAxiom
)

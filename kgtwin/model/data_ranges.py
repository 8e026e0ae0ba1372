"""Sets of data values, and how two of them lie to one another: containment, disjointness, intersection.

Value spaces are those of OWL 2 (https://www.w3.org/TR/owl2-syntax/#Datatype_Maps): numbers, ``xsd:double``,
``xsd:float`` and ``xsd:dateTime`` are pairwise disjoint. Answers are about values: ``"1"^^xsd:boolean`` and
``"true"^^xsd:boolean`` are one. ``within`` and ``disjoint`` are true only where it is certain; where a datatype or a
range is not understood, both are false.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

import msgspec

from kgtwin.model import datatypes as d
from kgtwin.model import timeline
from kgtwin.model.floats import FloatFormat
from kgtwin.model.intervals import Interval, Space
from kgtwin.model.timeline import EXACT, UNKNOWN_ZONE
from kgtwin.vocabulary import XSD

__all__ = [
    "EMPTY",
    "DataRange",
    "Datatype",
    "Interval",
    "Literal",
    "OtherRange",
    "Space",
    "canonical",
    "datatype_range",
    "disjoint",
    "intersection",
    "is_empty",
    "is_single",
    "value_range",
    "within",
]


class Literal(msgspec.Struct, frozen=True, gc=False):
    """One data value that is in no ordered space, or not alone at its place there (a time with its time zone, a zero
    of ``xsd:double``, an infinity): a string, a boolean, a language-tagged text …

    ``text`` is the lexical form; ``datatype`` a full IRI (``xsd:string`` for a plain one, ``rdf:PlainLiteral`` or
    ``rdf:langString`` for one with a ``language``).
    """

    text: str
    datatype: str = XSD + "string"
    language: str | None = None


class Datatype(msgspec.Struct, frozen=True, gc=False):
    """All values of a datatype that is no interval (``rdfs:Literal``, ``xsd:string``, one unknown to us)."""

    iri: str


class OtherRange(msgspec.Struct, frozen=True, gc=False):
    """A data range outside the constructs of this module, as functional syntax."""

    text: str


DataRange = Interval | Literal | Datatype | OtherRange

EMPTY = Interval(Decimal(1), False, Decimal(0), False)
"""No value at all."""

_WHOLE = {
    d.DECIMAL: Interval(),
    d.RATIONAL: Interval(space=Space.RATIONAL),
    d.REAL: Interval(space=Space.REAL),
    d.DATE_TIME: Interval(space=Space.DATE_TIME),
    d.DATE_TIME_STAMP: Interval(space=Space.DATE_TIME_STAMP),
    d.DATE: Interval(space=Space.DATE),
}
_OF_SPACE = {
    Space.DECIMAL: d.DECIMAL,
    Space.RATIONAL: d.RATIONAL,
    Space.REAL: d.REAL,
    Space.DOUBLE: d.DOUBLE,
    Space.FLOAT: d.FLOAT,
    Space.DATE_TIME_STAMP: d.DATE_TIME_STAMP,
    Space.DATE_TIME: d.DATE_TIME,
    Space.LOCAL_DATE_TIME: d.DATE_TIME,
    Space.DATE: d.DATE,
}
_FLOATS = {d.DOUBLE: (Space.DOUBLE, FloatFormat("d")), d.FLOAT: (Space.FLOAT, FloatFormat("f"))}
_DENSITY = (Space.DECIMAL, Space.RATIONAL, Space.REAL)
_SEVERAL = (Space.DATE_TIME, Space.DATE_TIME_STAMP)
"""An instant has as many values as there are offsets: in OWL 2 they are equal but not identical."""
_NARROW = list(_OF_SPACE)
"""Where two intervals of different spaces meet, their common values are of the first of the two."""


def datatype_range(iri: str) -> DataRange:
    """All values of a datatype: an interval where they are one.

    >>> str(datatype_range(d.XSD + "byte"))
    '≥ -128 and ≤ 127'
    """
    if iri in d.INTEGERS:
        low, high = (None if bound is None else Decimal(bound) for bound in d.INTEGERS[iri])
        return Interval(low, False, high, False, True)
    return _WHOLE.get(iri) or Datatype(iri)


def value_range(text: str, datatype: str = d.STRING, language: str | None = None) -> Interval | Literal:
    """The set of the one value that a well-typed literal denotes, spelled in one way only.

    >>> value_range("05.0", d.DECIMAL) == value_range("5", d.INTEGER), value_range("1", d.BOOLEAN).text
    (True, 'true')
    """
    if language is not None or datatype in (d.PLAIN_LITERAL, d.LANG_STRING):
        return _text_value(text, datatype, language)
    if d.root(datatype) is None or datatype == d.XML_LITERAL or not d.well_typed(text, datatype):
        return Literal(text, datatype)
    if datatype in d.TEXTS:
        return Literal(text)
    return _value(text.strip(" \t\r\n"), datatype)


def _text_value(text: str, datatype: str, language: str | None) -> Literal:
    if language is None and datatype == d.PLAIN_LITERAL:
        text, _, language = text.rpartition("@") if "@" in text else (text, "", "")
    return Literal(text, d.LANG_STRING, language.lower()) if language else Literal(text)


def _value(text: str, datatype: str) -> Interval | Literal:
    if datatype == d.DECIMAL or datatype in d.INTEGERS:
        return _point(Decimal(text))
    if datatype == d.RATIONAL:
        return _rational(Fraction(text.replace(" ", "")))
    if datatype in _FLOATS:
        return _float(text, datatype)
    if datatype in (d.DATE_TIME, d.DATE_TIME_STAMP, d.DATE):
        return _time(text, datatype)
    if datatype == d.BOOLEAN:
        text = {"1": "true", "0": "false"}.get(text, text)
    elif datatype == d.HEX_BINARY:
        text = text.upper()
    elif datatype == d.BASE64_BINARY:
        text = base64.b64encode(base64.b64decode(text)).decode()
    return Literal(text, datatype)


def _point(value: Decimal, space: Space = Space.DECIMAL) -> Interval:
    return Interval(value, False, value, False, False, space)


def _rational(value: Fraction) -> Interval | Literal:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        return _point(EXACT.divide(Decimal(value.numerator), Decimal(value.denominator)))
    return Literal(f"{value.numerator}/{value.denominator}", d.RATIONAL)


def _float(text: str, datatype: str) -> Interval | Literal:
    space, float_format = _FLOATS[datatype]
    value = float_format.value(text)
    if value == 0 or not isfinite(value):
        return Literal({"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(str(value), str(value)), datatype)
    return _point(Decimal(value), space)


def _time(text: str, datatype: str) -> Interval | Literal:
    seconds, offset = timeline.instant(text)
    if offset is None:
        return _point(seconds, Space.DATE if datatype == d.DATE else Space.LOCAL_DATE_TIME)
    if datatype == d.DATE:
        return Literal(timeline.date(seconds, offset), d.DATE)
    return Literal(timeline.date_time(seconds, offset), d.DATE_TIME)


@lru_cache(maxsize=4096)
def canonical(data_range: DataRange) -> DataRange:
    """The same values as the one value of the model that stands for them."""
    match data_range:
        case Literal(text, datatype, language):
            return value_range(text, datatype, language)
        case Datatype(iri):
            return datatype_range(iri)
        case Interval():
            return _alone(data_range.normal)
    return data_range


def _alone(interval: Interval) -> Interval | Literal:
    """An interval of doubles that is one infinity is that literal; one of reals that is one decimal is that decimal."""
    if interval.space in _DENSITY and interval.low is not None and interval.low == interval.high:
        return msgspec.structs.replace(interval, space=Space.DECIMAL)
    if interval.low is not None and interval.low.is_infinite() and interval.low > 0 and interval.high is None:
        return Literal("INF", _OF_SPACE[interval.space])
    if interval.high is not None and interval.high.is_infinite() and interval.high < 0 and interval.low is None:
        return Literal("-INF", _OF_SPACE[interval.space])
    return interval


def is_empty(data_range: DataRange) -> bool:
    """Whether a range certainly has no value."""
    return isinstance(data_range, Interval) and data_range.empty


def is_single(data_range: DataRange) -> bool:
    """Whether a range is one value.

    >>> is_single(value_range("5", d.DECIMAL)), is_single(value_range("true", d.BOOLEAN)), is_single(Interval())
    (True, True, False)
    """
    one = canonical(data_range)
    if isinstance(one, Interval):
        several = one.space in _SEVERAL or (one.space in (Space.DOUBLE, Space.FLOAT) and one.low == 0)
        return one.low is not None and one.low == one.high and not one.empty and not several
    return isinstance(one, Literal)


def within(one: DataRange, other: DataRange) -> bool:
    """Whether every value of ``one`` certainly lies in ``other``.

    >>> within(value_range("7", d.INTEGER), Interval(low=Decimal(5))), within(Datatype(d.STRING), Datatype(d.LITERAL))
    (True, True)
    """
    one, other = canonical(one), canonical(other)
    return one == other or other == Datatype(d.LITERAL) or is_empty(one) or _within(one, other)


def _within(one: DataRange, other: DataRange) -> bool:
    match one, other:
        case Interval(), Interval():
            theirs = {part.line: part for part in _parts(other)}
            return all(part.line in theirs and part.within(theirs[part.line]) for part in _parts(one))
        case Interval(), Datatype(iri):
            return iri in d.above(_OF_SPACE[one.space])
        case Literal(), Interval():
            return _lies_in(one, other)
        case Literal(), Datatype(iri):
            return _is_of(one, iri)
        case Datatype(sub), Datatype(sup):
            return sup in d.above(sub)
    return False


def disjoint(one: DataRange, other: DataRange) -> bool:
    """Whether two ranges certainly share no value.

    >>> disjoint(Interval(), Datatype(d.DOUBLE)), disjoint(Datatype(d.STRING), Datatype("http://x/unknown"))
    (True, False)
    """
    one, other = canonical(one), canonical(other)
    roots = _root(one), _root(other)
    if is_empty(one) or is_empty(other):
        return True
    if roots[0] == roots[1] or None in roots:
        return None not in roots and _disjoint(one, other)
    return True


def _disjoint(one: DataRange, other: DataRange) -> bool:
    """The same for two ranges under one widest datatype."""
    match one, other:
        case Interval(), Interval():
            theirs = {part.line: part for part in _parts(other)}
            return not any(part.line in theirs and part.meets(theirs[part.line]) for part in _parts(one))
        case (Literal(), Interval()) | (Interval(), Literal()) | (Literal(), Datatype()) | (Datatype(), Literal()):
            literal, many = (one, other) if isinstance(one, Literal) else (other, one)
            return not within(literal, many)
        case Literal(), Literal():
            return one != other and one.datatype != d.XML_LITERAL
        case Datatype(sub), Datatype(sup):
            return d.LANG_STRING in (sub, sup) and d.STRING in d.above(sub) | d.above(sup)
    return False


def intersection(one: DataRange, other: DataRange) -> DataRange | None:
    """The values in both, or None where no value of the model stands for them.

    >>> str(intersection(Interval(low=Decimal("1.5"), integer=True), Interval(high=Decimal(4), high_open=True)))
    '≥ 2 and ≤ 3'
    """
    one, other = canonical(one), canonical(other)
    if disjoint(one, other):
        return EMPTY
    if within(one, other):
        return one
    if within(other, one):
        return other
    if not (isinstance(one, Interval) and isinstance(other, Interval)):
        return None
    spaces = {one.space, other.space}
    if Space.LOCAL_DATE_TIME in spaces and len(spaces) > 1:
        return None
    narrow = min(one.space, other.space, key=_NARROW.index)
    both = Interval(one.low, one.low_open, one.high, one.high_open, one.integer).intersection(
        Interval(other.low, other.low_open, other.high, other.high_open, other.integer)
    )
    found = Interval(both.low, both.low_open, both.high, both.high_open, both.integer, narrow)
    return canonical(found)


def _root(one: DataRange) -> str | None:
    match one:
        case Interval():
            return d.root(_OF_SPACE[one.space])
        case Literal():
            return d.root(one.datatype)
        case Datatype(iri):
            return d.root(iri)
    return None


class _Part(NamedTuple):
    """An interval on one line, of the values of one density (0 decimal, 1 rational, 2 real)."""

    line: str
    interval: Interval
    density: int = 0

    def within(self, other: _Part) -> bool:
        coarse = self.density <= other.density or self.interval.low == self.interval.high is not None
        return coarse and self.interval.within(other.interval)

    def meets(self, other: _Part) -> bool:
        return self.interval.meets(other.interval)


_LINES: dict[Space, tuple[str, str | None]] = {
    Space.DATE_TIME_STAMP: ("zoned", None),
    Space.DATE_TIME: ("zoned", "local"),
    Space.LOCAL_DATE_TIME: ("local", "zoned"),
    Space.DATE: ("date", "zoned date"),
}


def _parts(interval: Interval) -> Iterator[_Part]:
    """What an interval covers: times with and without time zone lie on lines of their own."""
    space = interval.space
    bare = Interval(interval.low, interval.low_open, interval.high, interval.high_open, interval.integer)
    if space in _DENSITY:
        yield _Part("number", bare, _DENSITY.index(space))
        return
    own, across = _LINES.get(space, (space.value, None))
    yield _Part(own, bare)
    if across is not None and not (inner := _certain(bare)).empty:
        yield _Part(across, inner)


def _certain(interval: Interval) -> Interval:
    """The times that lie in an interval whatever the time zone that one of the two lacks."""
    low, high = interval.low, interval.high
    return Interval(
        None if low is None else EXACT.add(low, UNKNOWN_ZONE),
        True,
        None if high is None else EXACT.subtract(high, UNKNOWN_ZONE),
        True,
    )


def _lies_in(literal: Literal, interval: Interval) -> bool:
    if d.root(literal.datatype) != d.root(_OF_SPACE[interval.space]):
        return False
    if literal.datatype == d.RATIONAL:
        value = Fraction(literal.text)
        return interval.space is not Space.DECIMAL and _fraction_in(value, interval)
    if literal.datatype in _FLOATS:
        if literal.text == "NaN":
            return False
        value_ = Decimal(literal.text.replace("INF", "Infinity"))
        return Interval(value_, False, value_, False, False, interval.space).normal.within(interval)
    line = "zoned date" if literal.datatype == d.DATE else "zoned"
    seconds = timeline.instant(literal.text).seconds
    return any(part.line == line and part.interval.holds(seconds) for part in _parts(interval))


def _fraction_in(value: Fraction, interval: Interval) -> bool:
    low = interval.low is None or Fraction(interval.low) < value
    return low and (interval.high is None or value < Fraction(interval.high))


def _is_of(literal: Literal, datatype: str) -> bool:
    if datatype in d.above(literal.datatype):
        return True
    return literal.datatype == d.STRING and datatype in d.TEXTS and d.well_typed(literal.text, datatype)

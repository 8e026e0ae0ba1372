"""Data ranges and values of every space, with their members told by the definitions of OWL 2 and XML Schema."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from kgtwin.model import datatypes as d
from kgtwin.model.axioms import DataRange, Interval
from kgtwin.ontology.literals import range_of
from kgtwin.ontology.nodes import Iri, Literal, Node, Source, Term
from kgtwin.vocabulary import XSD
from tests.model.ranges import member, value

_SOURCE = Source("generated")
_DAY = "2020-03-01T{}:00:00Z"
_LOCAL = ["2020-02-01T00:00:00", "2020-04-01T00:00:00"]
_SINGLES: dict[str, list[str]] = {
    d.INTEGER: ["0", "2", "3"],
    d.DECIMAL: ["2.5"],
    d.DOUBLE: ["2.5", "INF"],
    d.DATE_TIME: [_DAY.format("01"), _DAY.format("02"), "2020-03-01T02:00:00"],
    d.STRING: ["a", "a b"],
    d.BOOLEAN: ["true", "false"],
}
_BETWEEN: dict[str, list[str]] = {
    d.INTEGER: ["-300", "-1", "1", "4", "127", "128", "300"],
    d.DECIMAL: [str(quarter / 4) for quarter in range(-2, 22)],
    d.RATIONAL: ["-1/3", "1/3", "4/3", "7/3", "8/3", "10/3", "1000/3"],
    d.DOUBLE: ["-INF", "NaN", "0", "2", "3", "1E30"],
    d.FLOAT: ["2.5"],
    d.DATE_TIME: [_DAY.format("00"), "2020-03-01T01:30:00Z", _DAY.format("03"), *_LOCAL],
    d.STRING: ["b", " x", ""],
    XSD + "anyURI": ["a"],
}
_FACETS: list[tuple[str, list[tuple[str, str]]]] = [
    (d.INTEGER, [("minInclusive", "2")]),
    (d.INTEGER, [("minInclusive", "0"), ("maxExclusive", "3")]),
    (d.INTEGER, [("maxInclusive", "0")]),
    (d.INTEGER, [("minExclusive", "3"), ("maxExclusive", "3")]),
    (d.DOUBLE, [("minInclusive", "2.5")]),
    (d.DOUBLE, [("maxExclusive", "2.5")]),
    (d.DATE_TIME, [("minInclusive", _DAY.format("01"))]),
    (d.DATE_TIME, [("maxExclusive", _DAY.format("02"))]),
]
_WHOLE = [d.LITERAL, d.DECIMAL, d.INTEGER, XSD + "byte", d.RATIONAL, d.DOUBLE, d.FLOAT, d.DATE_TIME, d.DATE_TIME_STAMP]
_TEXTS = [d.STRING, XSD + "NCName", d.BOOLEAN, XSD + "anyURI"]


def _literals(texts: dict[str, list[str]]) -> list[Literal]:
    return [Literal(text, None, datatype) for datatype, many in texts.items() for text in many]


def _restriction(base: str, facets: list[tuple[str, str]]) -> Node:
    args: list[Term] = [Iri(base)]
    for name, text in facets:
        args += [Iri(XSD + name), Literal(text, None, base)]
    return Node("DatatypeRestriction", tuple(args))


_TRIED = _literals(_SINGLES) + _literals(_BETWEEN)
_TERMS: dict[DataRange, Term] = {}
_ONES: list[Term] = [Node("DataOneOf", (one,)) for one in _literals(_SINGLES)]
_MANY: list[Term] = [*(_restriction(base, facets) for base, facets in _FACETS), *map(Iri, [*_WHOLE, *_TEXTS])]
for _term in (*_ONES, *_MANY):
    _TERMS.setdefault(range_of(_SOURCE, _term), _term)
VALUES: list[DataRange] = [range_of(_SOURCE, one) for one in _ONES]
"""Single values."""
RANGES: list[DataRange] = list(_TERMS)
"""Values and ranges; what two of them have in common, some value that was tried shows."""


@cache
def members(data_range: DataRange) -> frozenset[int]:
    """The numbers of the tried values in a range: one of the pool, or of decimal numbers between halves from 0 to 5."""
    if data_range in _TERMS:
        return frozenset(i for i, one in enumerate(_TRIED) if member(one, _TERMS[data_range]))
    assert isinstance(data_range, Interval)
    assert data_range.space == Interval().space
    decimals = [(i, value(one)[1]) for i, one in enumerate(_TRIED) if member(one, Iri(d.DECIMAL))]
    return frozenset(i for i, number in decimals if isinstance(number, Fraction) and _between(number, data_range))


def _between(number: Fraction, interval: Interval) -> bool:
    low, high = interval.low, interval.high
    if low is not None and (number < Fraction(low) or (interval.low_open and number == Fraction(low))):
        return False
    if high is not None and (number > Fraction(high) or (interval.high_open and number == Fraction(high))):
        return False
    return not interval.integer or number.denominator == 1

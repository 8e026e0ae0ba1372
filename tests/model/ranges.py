"""Random data ranges, and values to try them with."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kgtwin.model import datatypes as d
from kgtwin.ontology.nodes import Iri, Literal, Node, Term
from kgtwin.vocabulary import XSD

_TIMES = [
    "2020-02-29T00:00:00Z",
    "2020-02-29T12:00:00+14:00",
    "2020-02-29T12:00:00.5-05:00",
    "2020-02-29T17:00:00.5Z",
    "2020-02-29T14:00:00",
    "2020-03-01T00:00:00",
    "2020-03-01T02:00:00.25",
    "2021-01-01T00:00:00Z",
]
_VALUES: dict[str, list[str]] = {
    d.DECIMAL: ["-1.5", "0", "-0.0", "1", "1.0", "2.5", "3", "10"],
    d.INTEGER: ["-2", "0", "1", "2", "3", "200"],
    XSD + "unsignedByte": ["0", "1", "255"],
    d.RATIONAL: ["1/3", "-7/2", "3/1", "2/6"],
    d.DOUBLE: ["0", "-0", "1", "1.5", "-1.5", "INF", "-INF", "NaN", "5e-324", "1.7976931348623157E308", "0.1"],
    d.FLOAT: ["0", "-0", "1", "1.5", "-1.5", "INF", "-INF", "NaN", "1e-45", "0.1"],
    d.DATE_TIME: _TIMES,
    d.DATE_TIME_STAMP: [time for time in _TIMES if len(time) > 22 or time.endswith("Z")],
    d.STRING: ["", "a", "en", "a b", "1", " x"],
    XSD + "token": ["a", "a b"],
    XSD + "NCName": ["a", "b"],
    d.BOOLEAN: ["true", "false", "1", "0"],
    d.HEX_BINARY: ["", "0a", "0A"],
    XSD + "anyURI": ["a", "http://x/"],
}
_BASES = {
    d.DECIMAL: [d.DECIMAL, d.INTEGER, XSD + "unsignedByte"],
    d.INTEGER: [d.DECIMAL, d.INTEGER],
    d.REAL: [d.DECIMAL, d.INTEGER],
    d.RATIONAL: [d.DECIMAL],
    XSD + "byte": [d.INTEGER],
    d.DOUBLE: [d.DOUBLE],
    d.FLOAT: [d.FLOAT],
    d.DATE_TIME: [d.DATE_TIME],
    d.DATE_TIME_STAMP: [d.DATE_TIME_STAMP],
}
_FACETS = [XSD + name for name in ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")]
_WHOLE = [*_VALUES, d.REAL, d.LITERAL, d.PLAIN_LITERAL, XSD + "byte", XSD + "nonNegativeInteger", XSD + "Name"]


def literals(datatype: str) -> SearchStrategy[Literal]:
    """A value of a datatype."""
    return st.sampled_from(_VALUES[datatype]).map(lambda text: Literal(text, None, datatype))


def values() -> SearchStrategy[Literal]:
    """A value of any datatype, or a text with a language."""
    tagged = st.sampled_from([Literal("a", "en"), Literal("a", "EN"), Literal("a", "de")])
    return st.one_of(*map(literals, _VALUES), tagged)


@st.composite
def restrictions(draw: st.DrawFn) -> Term:
    base = draw(st.sampled_from(sorted(_BASES)))
    facets: list[Term] = []
    for facet in draw(st.lists(st.sampled_from(_FACETS), min_size=1, max_size=2, unique=True)):
        value = draw(literals(draw(st.sampled_from(_BASES[base]))).filter(lambda one: one.text != "NaN"))
        facets.extend((Iri(facet), value))
    return Node("DatatypeRestriction", (Iri(base), *facets))


def simple_ranges() -> SearchStrategy[Term]:
    """A data range that the model has a value for."""
    return st.one_of(
        restrictions(), values().map(lambda one: Node("DataOneOf", (one,))), st.sampled_from(_WHOLE).map(Iri)
    )


Number = tuple[str, Fraction | float | datetime | str, object]


def value(literal: Literal) -> Number:
    """The value space, the place in it, and what tells values at one place apart."""
    text, datatype = literal.text.strip(), literal.datatype or d.STRING
    if literal.language:
        return "tagged", literal.text, literal.language.lower()
    if datatype in (d.DECIMAL, d.RATIONAL) or datatype in d.INTEGERS:
        return "number", Fraction(text), None
    if datatype in (d.DOUBLE, d.FLOAT):
        number = float(text.replace("INF", "inf"))
        number = struct.unpack("f", struct.pack("f", number))[0] if datatype == d.FLOAT else number
        return (datatype, "NaN", None) if math.isnan(number) else (datatype, number, math.copysign(1, number))
    if datatype in (d.DATE_TIME, d.DATE_TIME_STAMP):
        time = datetime.fromisoformat(text)
        return ("local", time.replace(tzinfo=UTC), None) if time.tzinfo is None else ("zoned", time, time.utcoffset())
    if datatype == d.BOOLEAN:
        return datatype, str(text in ("1", "true")), None
    return (
        ("text" if datatype in d.TEXTS else datatype),
        text.upper() if datatype == d.HEX_BINARY else literal.text,
        None,
    )


def member(literal: Literal, term: Term) -> bool:
    """Whether a value lies in a data range, from the definitions of OWL 2 and XML Schema."""
    space, place, _ = value(literal)
    if isinstance(term, Iri):
        return _of_type(space, place, term.value)
    assert isinstance(term, Node)
    if term.name == "DataOneOf":
        return any(isinstance(one, Literal) and value(one) == value(literal) for one in term.args)
    base, *facets = term.args
    return member(literal, base) and all(
        isinstance(name, Iri) and isinstance(bound, Literal) and _passes(space, place, name.value, bound)
        for name, bound in zip(facets[::2], facets[1::2], strict=True)
    )


def _of_type(space: str, place: object, datatype: str) -> bool:
    if isinstance(place, Fraction):
        return _of_numbers(place, datatype)
    if space == "text" and datatype in d.TEXTS:
        return d.well_typed(str(place), datatype)
    above = {
        "text": (d.PLAIN_LITERAL,),
        "tagged": (d.PLAIN_LITERAL, d.LANG_STRING),
        "zoned": (d.DATE_TIME, d.DATE_TIME_STAMP),
        "local": (d.DATE_TIME,),
    }
    return datatype in (*above.get(space, (space,)), d.LITERAL)


def _of_numbers(place: Fraction, datatype: str) -> bool:
    if datatype in d.INTEGERS:
        low, high = d.INTEGERS[datatype]
        return place.denominator == 1 and (low is None or low <= place) and (high is None or place <= high)
    rest = place.denominator
    while rest % 2 == 0 or rest % 5 == 0:
        rest //= 2 if rest % 2 == 0 else 5
    return datatype in (d.RATIONAL, d.REAL, d.LITERAL) or (datatype == d.DECIMAL and rest == 1)


def _passes(space: str, place: Any, facet: str, bound: Literal) -> bool:
    other, limit, _ = value(bound)
    if {space, other} == {"local", "zoned"}:
        above, below = place - timedelta(hours=14) > limit, place + timedelta(hours=14) < limit
        return bool(above if "min" in facet else below)
    if space != other or place == "NaN":
        return False
    compare: dict[str, Callable[[Any, Any], Any]] = {
        "minInclusive": operator.ge,
        "minExclusive": operator.gt,
        "maxInclusive": operator.le,
        "maxExclusive": operator.lt,
    }
    return bool(compare[facet.removeprefix(XSD)](place, limit))


EVERY_VALUE = [Literal(text, None, datatype) for datatype, texts in _VALUES.items() for text in texts]
"""Every value that the strategies make, less those with a language."""

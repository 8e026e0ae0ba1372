"""Literals and data ranges: what is well typed, and which sets of numbers they stand for.

Datatypes: https://www.w3.org/TR/owl2-syntax/#Datatype_Maps. ``xsd:double`` and ``xsd:float`` are no numbers here:
in OWL 2 their values are disjoint from those of ``xsd:decimal``.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from math import ceil, floor

import msgspec

from kgtwin.model.axioms import Interval
from kgtwin.ontology.nodes import Iri, Literal, Node, Source, Term
from kgtwin.vocabulary import XSD

_INTEGER = r"[+-]?[0-9]+"
_ZONE = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_TIME = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)"
_DATE = r"(?P<date>-?[0-9]{4,}-[0-9]{2}-[0-9]{2})"
_REAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN"

_LEXICAL: dict[str, str] = {
    XSD + "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    XSD + "integer": _INTEGER,
    XSD + "double": _REAL,
    XSD + "float": _REAL,
    XSD + "boolean": r"true|false|0|1",
    XSD + "dateTime": _DATE + "T" + _TIME + _ZONE,
    XSD + "dateTimeStamp": _DATE + "T" + _TIME + _ZONE.rstrip("?"),
    XSD + "date": _DATE + _ZONE,
}
_BOUNDED: dict[str, tuple[int | None, int | None]] = {
    XSD + "integer": (None, None),
    XSD + "nonNegativeInteger": (0, None),
    XSD + "positiveInteger": (1, None),
    XSD + "nonPositiveInteger": (None, 0),
    XSD + "negativeInteger": (None, -1),
    XSD + "long": (-(2**63), 2**63 - 1),
    XSD + "int": (-(2**31), 2**31 - 1),
    XSD + "short": (-(2**15), 2**15 - 1),
    XSD + "byte": (-(2**7), 2**7 - 1),
    XSD + "unsignedLong": (0, 2**64 - 1),
    XSD + "unsignedInt": (0, 2**32 - 1),
    XSD + "unsignedShort": (0, 2**16 - 1),
    XSD + "unsignedByte": (0, 2**8 - 1),
}
_DECIMAL = XSD + "decimal"
_FACETS = {XSD + name for name in ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")}


def check_literal(source: Source, literal: Literal) -> None:
    """Raises OntologySyntaxError where the text is not in the range of its datatype (numbers, dates, booleans)."""
    if literal.datatype is None or well_typed(literal.text, literal.datatype):
        return
    name = literal.datatype.replace(XSD, "xsd:")
    raise source.error(literal.at, f'"{literal.text}" is no {name}', expected=_range(literal.datatype))


def well_typed(text: str, datatype: str) -> bool:
    """Whether a text is in the lexical space of a datatype (unknown datatypes take any text).

    >>> well_typed("300", XSD + "byte"), well_typed("2026-02-30", XSD + "date")
    (False, False)
    """
    pattern = _INTEGER if datatype in _BOUNDED else _LEXICAL.get(datatype)
    if pattern is None:
        return True
    match = re.fullmatch(pattern, text.strip(" \t\r\n"), re.ASCII)
    if match is None:
        return False
    if datatype in _BOUNDED:
        return Interval(*_bounds(datatype)).holds(Decimal(text.strip()))
    return "date" not in match.groupdict() or _is_day(match["date"])


def _is_day(text: str) -> bool:
    year, month, day = text.lstrip("-").split("-")
    try:
        date(2000 if int(year) % 4 == 0 and (int(year) % 100 or int(year) % 400 == 0) else 2001, int(month), int(day))
    except ValueError:
        return False
    return True


def _bounds(datatype: str) -> tuple[Decimal | None, bool, Decimal | None, bool]:
    low, high = _BOUNDED[datatype]
    return (None if low is None else Decimal(low)), False, (None if high is None else Decimal(high)), False


def _range(datatype: str) -> str:
    if datatype not in _BOUNDED:
        return f"a value of {datatype.replace(XSD, 'xsd:')}"
    low, high = _BOUNDED[datatype]
    if low is None and high is None:
        return "a whole number"
    return f"a whole number{'' if low is None else f' from {low}'}{'' if high is None else f' up to {high}'}"


def number(literal: Literal) -> Decimal | None:
    """The number a literal denotes; None for strings, ``xsd:double`` and the like."""
    if literal.datatype == _DECIMAL or literal.datatype in _BOUNDED:
        return Decimal(literal.text.strip())
    return None


def interval_of(term: Term) -> Interval | None:
    """The set of numbers a data range stands for, or None where it is no interval of numbers.

    >>> facet = Literal("4.5", None, XSD + "decimal")
    >>> str(interval_of(Node("DatatypeRestriction", (Iri(XSD + "decimal"), Iri(XSD + "minInclusive"), facet))))
    '≥ 4.5'
    """
    if isinstance(term, Iri):
        return _plain(term.value)
    if not isinstance(term, Node):
        return None
    if term.name == "DataOneOf" and len(term.args) == 1 and isinstance(term.args[0], Literal):
        return point(term.args[0])
    if term.name == "DataIntersectionOf":
        return _all([interval_of(arg) for arg in term.args])
    if term.name == "DatatypeRestriction" and isinstance(term.args[0], Iri):
        return _all([_plain(term.args[0].value), *_facets(term.args[1:])])
    return None


def point(literal: Literal) -> Interval | None:
    """The interval of one number, or None for a literal that is no number."""
    value = number(literal)
    return None if value is None else Interval(value, False, value)


def _plain(datatype: str) -> Interval | None:
    if datatype == _DECIMAL:
        return Interval()
    return Interval(*_bounds(datatype), integer=True) if datatype in _BOUNDED else None


def _facets(terms: tuple[Term, ...]) -> list[Interval | None]:
    return [_facet(facet, value) for facet, value in zip(terms[::2], terms[1::2], strict=True)]


def _facet(facet: Term, literal: Term) -> Interval | None:
    if not (isinstance(facet, Iri) and facet.value in _FACETS and isinstance(literal, Literal)):
        return None
    value, is_open = number(literal), facet.value.endswith("Exclusive")
    if value is None:
        return None
    return Interval(low=value, low_open=is_open) if "min" in facet.value else Interval(high=value, high_open=is_open)


def _all(parts: list[Interval | None]) -> Interval | None:
    result = Interval()
    for part in parts:
        if part is None:
            return None
        result = result.intersection(part)
    return _whole(result) if result.integer else result


def _whole(interval: Interval) -> Interval:
    """The same whole numbers with closed bounds, so that equal sets are equal values: ``> 3`` is ``≥ 4``."""
    low, high = interval.low, interval.high
    if low is not None:
        low = Decimal(floor(low) + 1 if interval.low_open else ceil(low))
    if high is not None:
        high = Decimal(ceil(high) - 1 if interval.high_open else floor(high))
    whole = msgspec.structs.replace(interval, low=low, low_open=False, high=high, high_open=False)
    return msgspec.structs.replace(whole, integer=False) if low is not None and low == high else whole

"""The datatypes of OWL 2 and XML Schema: how one lies in the other, and which texts are well typed.

Source: https://www.w3.org/TR/owl2-syntax/#Datatype_Maps, https://www.w3.org/TR/xmlschema11-2/.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from kgtwin.vocabulary import OWL, RDF, RDFS, XSD

LITERAL: Final = RDFS + "Literal"
PLAIN_LITERAL: Final = RDF + "PlainLiteral"
LANG_STRING: Final = RDF + "langString"
XML_LITERAL: Final = RDF + "XMLLiteral"
STRING: Final = XSD + "string"
BOOLEAN: Final = XSD + "boolean"
DECIMAL: Final = XSD + "decimal"
INTEGER: Final = XSD + "integer"
RATIONAL: Final = OWL + "rational"
REAL: Final = OWL + "real"
DOUBLE: Final = XSD + "double"
FLOAT: Final = XSD + "float"
DATE_TIME: Final = XSD + "dateTime"
DATE_TIME_STAMP: Final = XSD + "dateTimeStamp"
DATE: Final = XSD + "date"
HEX_BINARY: Final = XSD + "hexBinary"
BASE64_BINARY: Final = XSD + "base64Binary"

INTEGERS: Final[dict[str, tuple[int | None, int | None]]] = {
    INTEGER: (None, None),
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
"""The whole-number datatypes: the least and the greatest value of each, both closed."""

_TEXTS = ("string", "normalizedString", "token", "NMTOKEN", "Name", "NCName", "language")
TEXTS: Final[tuple[str, ...]] = tuple(XSD + name for name in _TEXTS)
"""The datatypes of plain texts, each a subset of the one before: a language tag is an NCName, a Name an NMTOKEN."""

_PARENT: dict[str, str] = {
    **dict(zip(TEXTS[1:], TEXTS[:-1], strict=True)),
    STRING: PLAIN_LITERAL,
    LANG_STRING: PLAIN_LITERAL,
    RATIONAL: REAL,
    DECIMAL: RATIONAL,
    **dict.fromkeys(INTEGERS, DECIMAL),
    DATE_TIME_STAMP: DATE_TIME,
    XSD + "yearMonthDuration": XSD + "duration",
    XSD + "dayTimeDuration": XSD + "duration",
}
_ROOTS = {
    *(PLAIN_LITERAL, REAL, DOUBLE, FLOAT, BOOLEAN, HEX_BINARY, BASE64_BINARY, XSD + "anyURI", XML_LITERAL, DATE_TIME),
    *(XSD + name for name in ("date", "time", "gYearMonth", "gYear", "gMonthDay", "gDay", "gMonth", "duration")),
}

_START = (
    r":A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_NAME = _START + r"\-.0-9\u00B7\u0300-\u036F\u203F-\u2040"
_INTEGER = r"[+-]?[0-9]+"
_ZONE = r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_DATE = r"(?P<date>-?(?:[1-9][0-9]{3,17}|0[0-9]{3})-[0-9]{2}-[0-9]{2})"
_REAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN"
_BASE64 = r"[A-Za-z0-9+/]"
_LEXICAL: dict[str, str] = {
    DECIMAL: r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    **dict.fromkeys(INTEGERS, _INTEGER),
    RATIONAL: r"[+-]?[0-9]+ */ *[0-9]*[1-9][0-9]*",
    DOUBLE: _REAL,
    FLOAT: _REAL,
    BOOLEAN: r"true|false|0|1",
    DATE_TIME: f"{_DATE}T{_TIME}{_ZONE}",
    DATE_TIME_STAMP: f"{_DATE}T{_TIME}{_ZONE.rstrip('?')}",
    DATE: _DATE + _ZONE,
    HEX_BINARY: r"([0-9A-Fa-f]{2})*",
    BASE64_BINARY: rf"(({_BASE64} ?){{4}})*(({_BASE64} ?){{2}}[AEIMQUYcgkosw048] ?=|{_BASE64} ?[AQgw] ?= ?=)?",
}
_TEXT_LEXICAL: dict[str, str] = {
    XSD + "normalizedString": r"[^\t\n\r]*",
    XSD + "token": r"([^\t\n\r ]+( [^\t\n\r ]+)*)?",
    XSD + "NMTOKEN": f"[{_NAME}]+",
    XSD + "Name": f"[{_START}][{_NAME}]*",
    XSD + "NCName": f"[{_START[1:]}][{_NAME.removeprefix(':')}]*",
    XSD + "language": r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",
}
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@cache
def above(datatype: str) -> frozenset[str]:
    """A datatype and every one that certainly contains its values.

    >>> REAL in above(XSD + "byte"), DOUBLE in above(XSD + "byte")
    (True, False)
    """
    found = {datatype, LITERAL}
    if datatype in INTEGERS:
        low, high = INTEGERS[datatype]
        found |= {name for name, (least, most) in INTEGERS.items() if _at_least(low, least) and _at_most(high, most)}
    while datatype in _PARENT:
        datatype = _PARENT[datatype]
        found.add(datatype)
    return frozenset(found)


def _at_least(low: int | None, least: int | None) -> bool:
    return least is None or (low is not None and low >= least)


def _at_most(high: int | None, most: int | None) -> bool:
    return most is None or (high is not None and high <= most)


def root(datatype: str) -> str | None:
    """The widest datatype over one; two with different roots share no value. None where it is not known.

    >>> root(XSD + "token") == PLAIN_LITERAL, root("http://x/mine"), root(LITERAL)
    (True, None, None)
    """
    return next(iter(above(datatype) & _ROOTS), None)


def well_typed(text: str, datatype: str) -> bool:
    """Whether a text is in the lexical space of a datatype (unknown datatypes take any text).

    Space around numbers, dates and the like is let pass, as XML Schema's ``whiteSpace`` facet does.

    >>> well_typed("300", XSD + "byte"), well_typed("2026-02-30", XSD + "date"), well_typed("a b", XSD + "NCName")
    (False, False, False)
    """
    if datatype in _TEXT_LEXICAL:
        return re.fullmatch(_TEXT_LEXICAL[datatype], text) is not None
    pattern = _LEXICAL.get(datatype)
    if pattern is None:
        return True
    match = re.fullmatch(pattern, text.strip(" \t\r\n"), re.ASCII)
    if match is None:
        return False
    if datatype in INTEGERS:
        return _in_bounds(text.strip(), *INTEGERS[datatype])
    return "date" not in match.groupdict() or _is_day(match["date"])


def _in_bounds(text: str, low: int | None, high: int | None) -> bool:
    """Without making an integer of thousands of digits."""
    digits = text.lstrip("+-").lstrip("0")
    negative = text.startswith("-") and bool(digits)
    if len(digits) > 20:
        return (low is None) if negative else (high is None)
    number = -int(digits) if negative else int(digits or "0")
    return (low is None or number >= low) and (high is None or number <= high)


def _is_day(text: str) -> bool:
    year, month, day = (int(part) for part in text.lstrip("-").split("-"))
    if not (1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]):
        return False
    return (month, day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def described(datatype: str) -> str:
    """What a text of a datatype has to be, in words.

    >>> described(XSD + "byte")
    'a whole number from -128 up to 127'
    """
    if datatype not in INTEGERS:
        return f"a value of {datatype.replace(XSD, 'xsd:')}"
    low, high = INTEGERS[datatype]
    return f"a whole number{'' if low is None else f' from {low}'}{'' if high is None else f' up to {high}'}"

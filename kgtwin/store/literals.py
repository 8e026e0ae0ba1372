"""Terms of the SPARQL 1.1 Query Results JSON Format as Python values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from kgtwin.vocabulary import XSD

_INTEGER: Final = re.compile(r"[+-]?\d+")
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_DOUBLE: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?INF|NaN")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})0*)?(Z|[+-]\d\d:\d\d)?")
_LONGEST: Final = 400
"""Digits of a number; longer ones stay text."""


def cell_of(term: dict[str, Any] | None) -> Any:
    """A bound term as a value; a literal that is no value of its datatype stays text.

    >>> cell_of({"type": "literal", "value": "5.10", "datatype": "http://www.w3.org/2001/XMLSchema#decimal"})
    Decimal('5.10')
    >>> cell_of({"type": "bnode", "value": "b0"}), cell_of(None)
    ('_:b0', None)
    """
    if term is None:
        return None
    value = term["value"]
    if term["type"] == "triple":
        return "<< " + " ".join(str(cell_of(value[name])) for name in ("subject", "predicate", "object")) + " >>"
    if term["type"] == "bnode":
        return f"_:{value}"
    datatype = term.get("datatype", "")
    read = _READERS.get(datatype.removeprefix(XSD)) if datatype.startswith(XSD) else None
    if read is None or len(value) > _LONGEST:
        return value
    found = read(value.strip())
    return value if found is None else found


def _boolean(value: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(value)


def _integer(value: str) -> int | None:
    return int(value) if _INTEGER.fullmatch(value) else None


def _decimal(value: str) -> Decimal | None:
    return Decimal(value) if _DECIMAL.fullmatch(value) else None


def _double(value: str) -> float | None:
    return float(value.replace("INF", "inf")) if _DOUBLE.fullmatch(value) else None


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        return None


def _time(value: str) -> datetime | None:
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    whole, fraction, zone = match.groups()
    try:
        return datetime.fromisoformat(f"{whole}.{(fraction or '').ljust(6, '0')}{zone or ''}")
    except ValueError:
        return None


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "boolean": _boolean,
    "decimal": _decimal,
    "double": _double,
    "float": _double,
    "date": _date,
    "dateTime": _time,
    "dateTimeStamp": _time,
    **dict.fromkeys(
        (
            "integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
            "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
        ),
        _integer,
    ),
}  # fmt: skip

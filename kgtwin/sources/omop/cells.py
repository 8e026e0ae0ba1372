"""Cells: what a database or a column holds as text, and text as numbers and dates."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from kgtwin.errors import InvalidResourceError
from kgtwin.model.time import bounds

FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2199
"""Dates outside these years stand for something else: 9999-12-31 for no end, 0001-01-01 for no date."""

MAX_MAGNITUDE: Final = 100
CACHE_SIZE: Final = 50_000
"""Concept ids, dates and times come again and again."""

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}(?:\.0*)?")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_DATETIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]+)?\s*(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


def as_text(value: Any) -> str:
    """A cell of a typed column as the text that a CSV would hold.

    >>> as_text(None), as_text(48.1), as_text(7.0), as_text(datetime(2020, 1, 5, 8, 30)), as_text(date(2020, 1, 5))
    ('', '48.1', '7.0', '2020-01-05 08:30:00', '2020-01-05')
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace").strip()
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - not a number is how some write nothing
        return ""
    return str(value).strip()


@lru_cache(maxsize=CACHE_SIZE)
def integer(text: str) -> int:
    """An integer; ``7.0`` is one, for tables that went through floating point hold it so.

    Raises:
        InvalidResourceError: if it is none; the message does not show it.

    >>> integer("-5"), integer("7.0")
    (-5, 7)
    """
    if not _INTEGER.fullmatch(text):
        raise InvalidResourceError("no integer", expected="an integer")
    found = int(text.partition(".")[0])
    if not -(2**63) <= found < 2**63:
        raise InvalidResourceError("an integer that is too large", expected="an integer of 64 bits")
    return found


def number(text: str) -> Decimal:
    """A number with its digits as received.

    Raises:
        InvalidResourceError: if it is none, or too large to measure anything.

    >>> number("48.10")
    Decimal('48.10')
    """
    if not _NUMBER.fullmatch(text):
        raise InvalidResourceError("no number", expected="a number such as 48.1")
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise InvalidResourceError("no number", expected="a number such as 48.1") from None
    if found and abs(found.adjusted()) > MAX_MAGNITUDE:
        raise InvalidResourceError("a number that measures nothing", expected="at most 1e100")
    return found


@lru_cache(maxsize=CACHE_SIZE)
def day(text: str) -> str:
    """A date column's day; a time of day behind it is not looked at.

    Raises:
        InvalidResourceError: if it is no date, an impossible one, or one of a year that stands for something else.

    >>> day("2020-01-05"), day("20200105"), day("2020-01-05 00:00:00")
    ('2020-01-05', '2020-01-05', '2020-01-05')
    """
    match = _DATE.fullmatch(text)
    if match is None and _DATETIME.fullmatch(text):
        match = _DATE.fullmatch(text[:10])
    if match is None:
        raise InvalidResourceError("no date", expected="YYYY-MM-DD")
    return _possible("-".join(match.groups()))


@lru_cache(maxsize=CACHE_SIZE)
def instant(text: str) -> str:
    """A datetime column's time; midnight is how OMOP writes that only the day is known.

    Raises:
        InvalidResourceError: as for ``day``.

    >>> instant("2020-01-05 08:30:00"), instant("2020-01-05 00:00:00"), instant("2020-01-05T08:30:00.250+01")
    ('2020-01-05T08:30:00', '2020-01-05', '2020-01-05T08:30:00.250+01:00')
    """
    match = _DATETIME.fullmatch(text)
    if match is None:
        return day(text)
    date_part, minutes, seconds, fraction, zone = match.groups()
    nonzero = fraction if fraction and fraction.strip(".0") else ""
    clock = f"{minutes or '00:00'}{seconds or ':00'}{nonzero}"
    if clock == "00:00:00":
        return _possible(date_part)
    return _possible(f"{date_part}T{clock}{_zone(zone)}")


def _zone(text: str | None) -> str:
    if text is None or text == "Z":
        return text or ""
    digits = text[1:].replace(":", "").ljust(4, "0")
    return f"{text[0]}{digits[:2]}:{digits[2:]}"


def _possible(text: str) -> str:
    try:
        bounds(text)
    except InvalidResourceError:
        raise InvalidResourceError("an impossible date", expected="a date that exists") from None
    if not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise InvalidResourceError(
            "a date that stands for something else", expected=f"a year from {FIRST_YEAR} to {LAST_YEAR}"
        )
    return text

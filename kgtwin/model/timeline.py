"""XML Schema's dates and times as seconds of the time line, exact.

Source: https://www.w3.org/TR/xmlschema11-2/#vp-dt-timeOnTimeline (seconds from the start of year 1, no leap seconds,
years with year 0 and before it).
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Final, NamedTuple

EXACT: Final = Context(prec=1_000_000)
"""Sums in this context are never rounded."""
DAY: Final = 86_400
UNKNOWN_ZONE: Final = Decimal(14 * 3600)
"""A time without time zone lies within so many seconds of the same time in UTC."""

_TEXT = re.compile(r"(-?)(\d+)-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d(?:\.\d+)?))?(Z|[+-]\d\d:\d\d)?")


class Instant(NamedTuple):
    """``seconds`` in UTC, or of the local clock where ``offset`` (minutes east of UTC) is None."""

    seconds: Decimal
    offset: int | None


def instant(text: str) -> Instant:
    """The place of a well-typed ``xsd:dateTime`` or ``xsd:date`` (its first moment) on the time line.

    >>> instant("0001-01-01T00:00:01.5Z"), instant("0001-01-02"), instant("0001-01-01T01:00:00+01:00")[0]
    (Instant(seconds=Decimal('1.5'), offset=0), Instant(seconds=Decimal('86400'), offset=None), Decimal('0'))
    """
    match = _TEXT.fullmatch(text.strip())
    assert match is not None, text
    sign, year, month, day, hour, minute, second, zone = match.groups()
    days = _days(int(sign + year), int(month), int(day))
    clock = EXACT.add(Decimal(int(hour or 0) * 3600 + int(minute or 0) * 60), Decimal(second or 0))
    seconds = EXACT.add(Decimal(days * DAY), clock)
    if zone is None:
        return Instant(_plain(seconds), None)
    offset = 0 if zone == "Z" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:]))
    return Instant(_plain(EXACT.subtract(seconds, Decimal(offset * 60))), offset)


def date_time(seconds: Decimal, offset: int | None) -> str:
    """The ``xsd:dateTime`` of an instant.

    >>> date_time(Decimal("-0.5"), 60)
    '0001-01-01T00:59:59.5+01:00'
    """
    local = EXACT.add(seconds, Decimal((offset or 0) * 60))
    days = _floor(local) // DAY
    rest = EXACT.subtract(local, Decimal(days * DAY))
    hour, minute = divmod(int(rest) // 60, 60)
    second = _plain(EXACT.subtract(rest, Decimal(hour * 3600 + minute * 60)))
    whole, _, part = f"{second:f}".partition(".")
    return f"{_date(days)}T{hour:02}:{minute:02}:{whole:0>2}{'.' * bool(part)}{part}{_zone(offset)}"


def date(seconds: Decimal, offset: int | None = None) -> str:
    """The ``xsd:date`` that begins at an instant.

    >>> date(Decimal(86_400 * 31))
    '0001-02-01'
    """
    return _date(_floor(EXACT.add(seconds, Decimal((offset or 0) * 60))) // DAY) + _zone(offset)


def _floor(number: Decimal) -> int:
    return int(number) - (number < int(number))


def _zone(offset: int | None) -> str:
    if not offset:
        return "" if offset is None else "Z"
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def _plain(number: Decimal) -> Decimal:
    """The same number without zeros at its end."""
    return Decimal(int(number)) if number == int(number) else number.normalize(EXACT)


def _days(year: int, month: int, day: int) -> int:
    """Days from 0001-01-01 in the proleptic Gregorian calendar, counted in years that begin in March."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 306


def _date(days: int) -> str:
    era, of_era = divmod(days + 306, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    part = (5 * of_year + 2) // 153
    month = part + 3 if part < 10 else part - 9
    year += era * 400 + (month <= 2)
    day = of_year - (153 * part + 2) // 5 + 1
    return f"{'-' if year < 0 else ''}{abs(year):04}-{month:02}-{day:02}"

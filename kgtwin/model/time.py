"""Clinical time: partial dates are intervals, and stay partial.

FHIR's ``date`` and ``dateTime`` may stop at the year, the month or the day. A date
without a time zone is read as UTC, from its first to its last instant.
"""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from kgtwin.errors import InvalidResourceError

_FORM: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")
_DURATION: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


def earliest(text: str) -> datetime:
    """The first instant that a partial date admits, in UTC.

    Raises:
        InvalidResourceError: if the text is no FHIR date or an impossible one.

    >>> earliest("2020-02").isoformat()
    '2020-02-01T00:00:00+00:00'
    """
    return bounds(text)[0]


def latest(text: str) -> datetime:
    """The last instant (to the microsecond) that a partial date admits, in UTC.

    >>> latest("2020-02").isoformat()
    '2020-02-29T23:59:59.999999+00:00'
    """
    return bounds(text)[1]


@lru_cache(maxsize=100_000)
def bounds(text: str) -> tuple[datetime, datetime]:
    """First and last instant of a FHIR ``date``, ``dateTime`` or ``instant``, in UTC.

    Raises:
        InvalidResourceError: if the text is no FHIR date or an impossible one.
    """
    match = _FORM.fullmatch(text)
    if not match:
        raise InvalidResourceError(
            f"{text!r} is no FHIR date", expected="YYYY, YYYY-MM, YYYY-MM-DD or a dateTime with its time zone"
        )
    try:
        return _bounds(*match.groups())
    except (ValueError, OverflowError) as error:
        raise InvalidResourceError(f"{text!r} is an impossible date ({error})", expected="a date that exists") from None


def _bounds(
    year: str,
    month: str | None,
    day: str | None,
    hour: str | None,
    minute: str | None,
    second: str | None,
    fraction: str | None,
    zone: str | None,
) -> tuple[datetime, datetime]:
    y, tick = int(year), timedelta(microseconds=1)
    if month is None:
        return datetime(y, 1, 1, tzinfo=UTC), datetime(y, 12, 31, 23, 59, 59, 999999, UTC)
    m = int(month)
    if day is None:
        last = calendar.monthrange(y, m)[1]
        return datetime(y, m, 1, tzinfo=UTC), datetime(y, m, last, 23, 59, 59, 999999, UTC)
    if hour is None or minute is None:
        start = datetime(y, m, int(day), tzinfo=UTC)
        return start, start.replace(hour=23, minute=59, second=59, microsecond=999999)
    micro = int(((fraction or ".")[1:] + "000000")[:6])
    start = datetime(y, m, int(day), int(hour), int(minute), int(second or 0), micro, UTC) - _offset(zone)
    width = timedelta() if fraction else (timedelta(seconds=1) if second else timedelta(minutes=1)) - tick
    return start, start + width


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    assert zone is not None
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(f"no time zone {zone}")
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


LONGEST: Final = datetime.max - datetime.min
"""What can lie between two times: almost 10,000 years."""


@lru_cache(maxsize=1_000)
def duration(text: str) -> timedelta:
    """An ``xsd:duration`` as a span; a year is 365 days and a month 30 (used for staleness only).

    Raises:
        InvalidResourceError: if the text is no duration.

    >>> duration("P180D").days
    180
    """
    match = _DURATION.fullmatch(text)
    if not match or text in {"P", "PT"}:
        raise InvalidResourceError(f"{text!r} is no duration", expected="an xsd:duration such as P180D")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    length = timedelta.max
    with suppress(OverflowError):
        length = timedelta(days=years * 365 + months * 30 + weeks * 7 + days, hours=hours, minutes=minutes)
    if length > LONGEST:
        raise InvalidResourceError(f"{text!r} is too long", expected="an xsd:duration such as P180D")
    return length


class Overlap(StrEnum):
    """Whether a period contains an instant, when its ends may be partial or unknown."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Period(msgspec.Struct, frozen=True, gc=False):
    """Clinical time as received: two partial dates, either unknown."""

    start: str | None = None
    end: str | None = None

    def contains(self, at: datetime) -> Overlap:
        """Whether ``at`` lies inside; MAYBE where a partial date or an unknown start decides.

        An unknown end is open: whoever asks decides whether that needs a caveat.

        >>> Period("2020", "2021-06").contains(datetime(2021, 1, 1, tzinfo=UTC)).value
        'yes'
        >>> Period("2020").contains(datetime(2020, 5, 1, tzinfo=UTC)).value
        'maybe'
        """
        if self.start and earliest(self.start) > at:
            return Overlap.NO
        if self.end and latest(self.end) < at:
            return Overlap.NO
        sure_start = self.start is not None and latest(self.start) <= at
        sure_end = self.end is None or earliest(self.end) >= at
        return Overlap.YES if sure_start and sure_end else Overlap.MAYBE


def read_time(text: str | None) -> datetime | None:
    """An evaluation time from a command or a query; a partial date means its last instant.

    Raises:
        InvalidResourceError: if the text is no date.

    >>> read_time("2020-06-30").isoformat()
    '2020-06-30T23:59:59.999999+00:00'
    """
    return None if text is None else latest(text)

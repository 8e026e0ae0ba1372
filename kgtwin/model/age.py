"""Age in years, an interval where the birth date is partial."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from kgtwin.model.intervals import Interval
from kgtwin.model.time import bounds

_DIGITS: Final = Decimal("0.0001")


def age_at(born: str, at: datetime) -> Interval | None:
    """The age in years on the day of ``at`` (in UTC), an interval where the birth date is partial; None before birth.

    >>> today = datetime(2026, 3, 1, tzinfo=UTC)
    >>> str(age_at("2000-03-01", today)), str(age_at("2000", today))
    ('= 26', '≥ 25.1644 and ≤ 26.1616')
    """
    today = at.astimezone(UTC).date()
    first, last = (instant.date() for instant in bounds(born))
    if first > today:
        return None
    return Interval(_years(min(last, today), today), False, _years(first, today), False)


def _years(born: date, today: date) -> Decimal:
    """Birthdays passed, and the part of the year that has passed since; who was born on 29 February has 1 March."""
    whole = today.year - born.year - (_birthday(born, today.year) > today)
    last = _birthday(born, born.year + whole)
    length = (_birthday(born, born.year + whole + 1) - last).days
    part = (Decimal((today - last).days) / length).quantize(_DIGITS)
    return Decimal(whole) + part if part else Decimal(whole)


def _birthday(born: date, year: int) -> date:
    if year > date.max.year:
        return date.max
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)

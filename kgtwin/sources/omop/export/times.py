"""Clinical times as the tables hold them: a date, and a datetime in UTC, midnight where only the day is known."""

from __future__ import annotations

from typing import NamedTuple

from kgtwin.model.time import bounds

_DAY = len("2020-01-05")


class Stamp(NamedTuple):
    """``date`` and ``datetime`` columns; empty where the time is unknown."""

    date: str = ""
    datetime: str = ""


def stamp(text: str | None, *, last: bool = False) -> Stamp:
    """A time; of a partial one the first day, or the last. OMOP has no partial dates.

    >>> stamp("2020-01-05"), stamp("2020-02", last=True).date, stamp("2020-01-05T01:30:00+02:00").datetime
    (Stamp(date='2020-01-05', datetime='2020-01-05 00:00:00'), '2020-02-29', '2020-01-04 23:30:00')
    """
    if text is None:
        return Stamp()
    if len(text) <= _DAY:
        day = bounds(text)[last].date().isoformat()
        return Stamp(day, f"{day} 00:00:00")
    moment = bounds(text)[0].replace(tzinfo=None)
    return Stamp(moment.date().isoformat(), moment.isoformat(sep=" "))


def days(start: str | None, end: str | None) -> int | None:
    """How many days a supply from start to end covers, both counted.

    >>> days("2020-01-05", "2020-02-03"), days("2020-01-05", None)
    (30, None)
    """
    if start is None or end is None:
        return None
    count = (bounds(end)[1].date() - bounds(start)[0].date()).days + 1
    return count if count > 0 else None

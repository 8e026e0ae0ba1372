"""Compiled parts: the age on a day, and gains that depend on an interval."""

from __future__ import annotations

from kgtwin.inference.columns.tables import Tables
from kgtwin.inference.columns.work import MISSES, MISSING, Out, Work
from kgtwin.jit import inlined, part


@inlined
def span_gain(tables: Tables, work: Work, out: Out, what: int, low: int, high: int) -> int:
    """The gain for an interval; -1 where it has not been worked out yet, which is noted."""
    key = what << 44 | low << 22 | high
    first, last = 0, len(tables.span_keys)
    while first < last:
        middle = (first + last) // 2
        if tables.span_keys[middle] < key:
            first = middle + 1
        else:
            last = middle
    if first < len(tables.span_keys) and tables.span_keys[first] == key:
        return int(tables.spans[first])
    work.reg[MISSING] = 1
    for at in range(work.reg[MISSES]):
        if out.misses[at] == key:
            return -1
    out.misses[work.reg[MISSES]] = key
    work.reg[MISSES] += 1
    return -1


@inlined
def age_places(tables: Tables, first: int, last: int, today: int) -> tuple[int, int]:
    """The places of the age, of someone who was born from the day ``first`` to ``last``, on the scale of ages."""
    youngest, oldest = years(last, today), years(first, today)
    low = high = 0
    for cut in range(len(tables.fixed.ages)):
        end, exact = tables.fixed.ages[cut], tables.fixed.exact_ages[cut]
        if youngest >= end:
            low = 3 * cut + (1 if exact and youngest == end else 3)
        if oldest >= end:
            high = 3 * cut + (2 if exact and oldest == end else 3)
    return low, high


@part
def years(born: int, today: int) -> int:
    """The age in ten-thousandths of a year, as `kgtwin.inference.person` counts it."""
    year, month, day = _civil(born)
    this_year, _, _ = _civil(today)
    last = _birthday(month, day, this_year)
    whole = this_year - year
    if last > today:
        whole -= 1
        last = _birthday(month, day, this_year - 1)
    length = _birthday(month, day, year + whole + 1) - last
    part_of = (today - last) * 10_000
    found, rest = part_of // length, part_of % length
    if 2 * rest > length or (2 * rest == length and found % 2 == 1):
        found += 1
    return whole * 10_000 + found


@inlined
def _birthday(month: int, day: int, year: int) -> int:
    """The day on which a year of life ends; who was born on 29 February has 1 March in other years."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if month == 2 and day == 29 and not leap:
        month, day = 3, 1
    return _ordinal(year, month, day)


@inlined
def _ordinal(year: int, month: int, day: int) -> int:
    """As ``date.toordinal``: days from 1 January of the year 1, which is 1 (Howard Hinnant, days_from_civil)."""
    if month <= 2:
        year -= 1
        month += 12
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month - 3) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 305


@inlined
def _civil(ordinal: int) -> tuple[int, int, int]:
    """Year, month and day (Howard Hinnant, civil_from_days)."""
    days = ordinal + 305
    era = days // 146_097
    of_era = days - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (1 if month <= 2 else 0), month, day

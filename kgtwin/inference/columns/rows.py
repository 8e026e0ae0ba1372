"""A patient's facts as rows of numbers, in which nothing depends on the moment that is asked about.

Times are microseconds since 1970 in UTC, dates days as ``date.toordinal`` counts them, gains numbers; -1 is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

# A fact that counts from a time to a time (see kgtwin.inference.realising.spans)
FIRST, LAST, INSIDE, AFTER, OTHERWISE, ENDED, BEGAN, WASHED = range(8)
"""``INSIDE`` and ``OTHERWISE`` are gains, ``WASHED`` the first of those of the wash-out roles; ``ENDED`` is a stated
end, ``BEGAN`` the start (see kgtwin.inference.realising.washout).
"""
SPANS = 8

# A coded observation, in the order of time, and the thing that it is about
SEEN, UNTIL, GROUP, CONCERNS, GAIN = range(5)
"""It counts from ``SEEN`` to ``UNTIL``, if it is the latest of its group, and one of the group concerns the context."""
OBSERVED = 5

# A result, by analyte and then in the order of time
TAKEN, LATEST, ANALYTE, STATE, RESULT, LOW, HIGH, MULTIPLES, MULTIPLE, EXPIRES = range(10)
"""``LOW`` and ``HIGH`` are places on the scale of values; ``MULTIPLES`` gains from ``MULTIPLE`` on are of it, too."""
RESULTS = 10
READ, PASSED_OVER, BLOCKS = range(3)
"""States: it can be read; an older one is looked at instead; no value counts."""

# A patient
BORN_FIRST, BORN_LAST, SEX, SEXED, DIED = range(5)
"""Days of birth (0: unknown), the sex's gain and flag, from when on the patient is dead."""
PERSON = 5

NEVER = np.iinfo(np.int64).max
ALWAYS = np.iinfo(np.int64).min


class Columns(NamedTuple):
    """One patient: ``spans`` (S, 8), ``observed`` (O, 5), ``results`` (R, 10), ``person`` (1, 5), all of int64.

    ``of_…`` say by row which fact it is, by its place among the facts that were given. ``groups`` is above the number
    of any group of observations. ``untimed`` are results of an unknown time, which never count: the number of the
    analyte, and the fact's place.
    """

    person: Rows
    spans: Rows
    observed: Rows
    results: Rows
    of_spans: tuple[int, ...]
    of_observed: tuple[int, ...]
    of_results: tuple[int, ...]
    groups: int
    untimed: tuple[tuple[int, int], ...] = ()


class Most(NamedTuple):
    """The most rows of each kind, and groups of observations, that any of some patients has."""

    spans: int
    observed: int
    results: int
    groups: int


class Many(NamedTuple):
    """Patients in a row: of patient i ``person[i]`` and, by kind, the rows from ``ends[i]`` to ``ends[i + 1]``."""

    person: Rows
    spans: Rows
    observed: Rows
    results: Rows
    span_ends: Rows
    observed_ends: Rows
    result_ends: Rows
    most: Most

    @property
    def size(self) -> int:
        """How many patients."""
        return len(self.person)


def single(one: Columns) -> Many:
    """One patient as a row of one; nothing is copied."""
    return Many(
        one.person,
        one.spans,
        one.observed,
        one.results,
        _whole(len(one.spans)),
        _whole(len(one.observed)),
        _whole(len(one.results)),
        Most(len(one.spans), len(one.observed), len(one.results), one.groups),
    )


@lru_cache(4_096)
def _whole(count: int) -> Rows:
    """The ends of one patient's rows. Not to be written to."""
    return np.array((0, count), np.int64)


def many(patients: Iterable[Columns]) -> Many:
    """Patients put in a row."""
    found = tuple(patients)
    return Many(
        np.concatenate([one.person for one in found]) if found else np.zeros((0, PERSON), np.int64),
        _stacked([one.spans for one in found], SPANS),
        _stacked([one.observed for one in found], OBSERVED),
        _stacked([one.results for one in found], RESULTS),
        _ends([one.spans for one in found]),
        _ends([one.observed for one in found]),
        _ends([one.results for one in found]),
        Most(
            max((len(one.spans) for one in found), default=0),
            max((len(one.observed) for one in found), default=0),
            max((len(one.results) for one in found), default=0),
            max((one.groups for one in found), default=0),
        ),
    )


def _stacked(rows: list[Rows], width: int) -> Rows:
    return np.concatenate(rows) if rows else np.zeros((0, width), np.int64)


def _ends(rows: list[Rows]) -> Rows:
    return np.cumsum([0, *map(len, rows)], dtype=np.int64)

"""The compiled search over the rows of one patient or many, with the memory that it works in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from kgtwin.inference.columns.encoding import today
from kgtwin.inference.columns.growing import Ints
from kgtwin.inference.columns.kernel import find, gather, told
from kgtwin.inference.columns.rows import Columns, Many, Most, single
from kgtwin.inference.columns.tables import Longs, Tables
from kgtwin.inference.columns.work import (
    CONCEPTS,
    FACTS,
    FIRED,
    FULL,
    IS_WHOLE,
    ISSUES,
    MISSES,
    SELECTED,
    WHOLES,
    Out,
    Work,
    fits,
    out_for,
    work_for,
)
from kgtwin.inference.realising.spans import micros
from kgtwin.jit import Bound, bound

if TYPE_CHECKING:
    from kgtwin.inference.columns.finding import Finder

AHEAD = 50_000
"""So many patients are looked through for missing gains at once."""
COUNTING = 1 << 18
"""What counts is told in portions of so many rows."""


class Found(msgspec.Struct, frozen=True):
    """What was found of patients in a row: rows of issues (I, 7) with their ``facts`` (F, 3) and ``concepts`` (C,) (see
    `kgtwin.inference.columns.work.Out`), and the patients that `infer` has to look at (``wholes``).
    """

    issues: Longs
    facts: Longs
    concepts: Ints
    wholes: Longs


class Holding(msgspec.Struct, frozen=True, dict=True):
    """What counts of one patient at a moment (in microseconds): ``rows`` (N, 4) are gains with the kind of row (-1: the
    record) and the patient's rows from one to before another; ``heads`` the atoms that follow from conjunctions.
    """

    moment: int
    rows: Longs
    heads: tuple[int, ...]

    @cached_property
    def selected(self) -> tuple[tuple[int, int, int, int], ...]:
        """The rows as tuples."""
        return tuple(map(tuple, self.rows.tolist()))


class Ready(NamedTuple):
    """The compiled search over some tables, with the memory that it works in and writes to, large enough for patients
    with the ``most`` rows.
    """

    tables: Tables
    most: Most
    work: Work
    out: Out
    find: Bound
    tell: Bound

    def missing(self) -> list[int]:
        """The keys of the gains that are missing."""
        found: list[int] = self.out.misses[: self.work.reg[MISSES]].tolist()
        return found

    def written(self) -> Found:
        """What was found, where it is: whatever is searched next is written over it."""
        out, reg = self.out, self.work.reg.tolist()
        facts, concepts = out.facts[: reg[FACTS]], out.concepts[: reg[CONCEPTS]]
        return Found(out.issues[: reg[ISSUES]], facts, concepts, out.wholes[: reg[WHOLES]])

    def copied(self) -> Found | None:
        """The same to be kept, None where that is nothing."""
        found = self.written()
        if not len(found.issues) and not len(found.wholes):
            return None
        return Found(found.issues.copy(), found.facts.copy(), found.concepts.copy(), found.wholes.copy())


class Search:
    """The compiled search with the memory that it works in: one thread at a time."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._ready: Ready | None = None

    def found(self, patients: Many, at: datetime, first: int = 0, last: int | None = None) -> Iterator[Found]:
        """The issues of the patients from ``first`` to before ``last``, in portions."""
        moment = micros_and_day(at)
        last = patients.size if last is None else last
        while first < last:
            ready = self._begin(patients)
            first = _run(ready, patients, first, last, moment)
            some, missing = ready.copied(), ready.missing()
            if some is not None:
                yield some
            if missing:
                self._finder.learn(missing)
                self._look_ahead(patients, first, min(first + AHEAD, last), moment)
            elif first < last and some is None:
                self._make_room(ready)

    def looked(self, one: Columns, at: datetime) -> tuple[Found, Holding] | None:
        """The issues of one patient who lives, and what counts; None of one that `infer` has to look at. The issues are
        where the next search is written over them.
        """
        patients, moment = single(one), micros_and_day(at)
        while True:
            ready = self._begin(patients)
            _run(ready, patients, 0, 1, moment)
            reg = ready.work.reg
            if reg[MISSES]:
                self._finder.learn(ready.missing())
            elif reg[FULL]:
                self._make_room(ready)
            else:
                holding = self._held(ready, int(reg[SELECTED]), moment[0], ())
                return None if holding is None else (ready.written(), holding)

    def holding(self, patients: Many, number: int, at: datetime) -> Holding | None:
        """What counts of a patient who lives, by number; None of one that `infer` has to look at."""
        moment = micros_and_day(at)
        while True:
            ready = self._begin(patients)
            count = ready.tell(patients, number, *moment)
            assert count is not None, "it says how many"
            if count >= 0:
                break
            self._finder.learn(ready.missing())
        ends = (patients.span_ends, patients.observed_ends, patients.result_ends)
        return self._held(ready, count, moment[0], [int(one[number]) for one in ends])

    def _held(self, ready: Ready, count: int, moment: int, firsts: Sequence[int]) -> Holding | None:
        """``firsts`` are the patient's first rows by kind."""
        work = ready.work
        if work.reg[IS_WHOLE]:
            return None
        fired = work.fired[: work.reg[FIRED]].tolist()
        rows = work.selected[:count].copy()
        for kind, first in enumerate(firsts):
            if first:
                rows[rows[:, 1] == kind, 2:] -= first
        return Holding(moment, rows, self._finder.heads(fired))

    def counting(self, patients: Many, at: datetime) -> Iterator[tuple[Ints, Longs]]:
        """What counts of patients at a moment, in portions: rows (N, 2) of a gain and a patient, in their order; and
        the patients who contradict themselves, of whom nothing is said.
        """
        moment, first = micros_and_day(at), 0
        while first < patients.size:
            ready = self._begin(patients)
            room = np.empty((max(COUNTING, len(ready.work.selected)), 2), np.int32)
            gathering = bound(gather, ready.tables, ready.work, ready.out)
            reached = gathering(patients, first, patients.size, *moment, room)
            assert reached is not None, "the search says where it stopped"
            yield room[: ready.work.reg[FACTS]].copy(), ready.written().wholes.copy()
            missing, first = ready.missing(), reached
            if missing:
                self._finder.learn(missing)
                self._look_ahead(patients, first, min(first + AHEAD, patients.size), moment)

    def _look_ahead(self, patients: Many, first: int, last: int, moment: tuple[int, int]) -> None:
        """Works out the gains by intervals that patients will need, all at once."""
        while first < last:
            ready = self._begin(patients)
            first = _run(ready, patients, first, last, moment, ahead=True)
            self._finder.learn(ready.missing())

    def _begin(self, patients: Many) -> Ready:
        """The search over the present tables, for patients of whom nothing is written yet."""
        tables, ready = self._finder.tables(), self._ready
        if ready is None or tables is not ready.tables or patients.most != ready.most:
            ready = self._ready = self._made(ready, tables, patients)
        ready.work.reg[_FROM_START] = 0
        return ready

    def _made(self, before: Ready | None, tables: Tables, patients: Many) -> Ready:
        """The search over some tables, in the memory that there was ``before`` where that is large enough."""
        if before is None:
            return _bound(tables, patients.most, work_for(tables, patients), out_for(tables, patients.size))
        if not fits(before.work, tables, patients):
            return _bound(tables, patients.most, work_for(tables, patients), before.out)
        if tables is before.tables:
            return before._replace(most=patients.most)
        return _bound(tables, patients.most, before.work, before.out)

    def _make_room(self, ready: Ready) -> None:
        """Where even the issues of one patient do not fit."""
        out = out_for(ready.tables, 0, 4 * len(ready.out.issues))
        self._ready = _bound(ready.tables, ready.most, ready.work, out)


def _bound(tables: Tables, most: Most, work: Work, out: Out) -> Ready:
    find_, tell = (bound(one, tables, work, out) for one in (find, told))
    return Ready(tables, most, work, out, find_, tell)


def _run(ready: Ready, patients: Many, first: int, last: int, moment: tuple[int, int], *, ahead: bool = False) -> int:
    """The first patient that was not dealt with."""
    reached = ready.find(patients, first, last, *moment, int(ahead))
    assert reached is not None, "the search says where it stopped"
    return reached


_FROM_START = np.array([ISSUES, FACTS, CONCEPTS, WHOLES, MISSES, FULL])


@lru_cache(64)
def micros_and_day(at: datetime) -> tuple[int, int]:
    """A moment in microseconds, and its day."""
    return micros(at), today(at)

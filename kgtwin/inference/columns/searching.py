"""The compiled search over the rows of one patient or many, with the memory that it works in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

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


class Search:
    """The compiled search with the memory that it works in: one thread at a time."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._tables: Tables | None = None
        self._work: Work | None = None
        self._out: Out | None = None
        self._find: Bound | None = None
        self._tell: Bound | None = None
        self._most: Most | None = None

    def found(self, patients: Many, at: datetime, first: int = 0, last: int | None = None) -> Iterator[Found]:
        """The issues of the patients from ``first`` to before ``last``, in portions."""
        moment = moment_of(at)
        last = patients.size if last is None else last
        while first < last:
            first = self._run(patients, first, last, moment)
            some, missing = self._copied(), self._missing()
            if some is not None:
                yield some
            if missing:
                self._finder.learn(missing)
                self._look_ahead(patients, first, min(first + AHEAD, last), moment)
            elif first < last and some is None:
                self._make_room()

    def holding(self, patients: Many, number: int, at: datetime) -> Holding | None:
        """What counts of a patient who lives, by number; None of one that `infer` has to look at."""
        moment = moment_of(at)
        while True:
            self._prepared(patients)
            assert self._tell is not None
            assert self._work is not None
            self._work.reg[_FROM_START] = 0
            count = self._tell(patients, number, *moment)
            assert count is not None, "it says how many"
            if count >= 0:
                break
            self._finder.learn(self._missing())
        ends = (patients.span_ends, patients.observed_ends, patients.result_ends)
        return self._held(count, moment[0], [int(one[number]) for one in ends])

    def looked(self, one: Columns, at: datetime) -> Holding | None:
        """What counts of one patient who lives, whose issues then are ``written``; None of one that `infer` has to look
        at.
        """
        patients, moment = single(one), moment_of(at)
        while True:
            self._run(patients, 0, 1, moment)
            assert self._work is not None
            reg = self._work.reg
            if reg[MISSES]:
                self._finder.learn(self._missing())
            elif reg[FULL]:
                self._make_room()
            else:
                return self._held(int(reg[SELECTED]), moment[0], ())

    def written(self) -> Found:
        """What the last search found, where it is: the next one writes over it."""
        out, work = self._out, self._work
        assert out is not None
        assert work is not None
        reg = work.reg.tolist()
        facts, concepts = out.facts[: reg[FACTS]], out.concepts[: reg[CONCEPTS]]
        return Found(out.issues[: reg[ISSUES]], facts, concepts, out.wholes[: reg[WHOLES]])

    def _held(self, count: int, moment: int, firsts: Sequence[int]) -> Holding | None:
        """``firsts`` are the patient's first rows by kind."""
        work = self._work
        assert work is not None
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
        moment, first = moment_of(at), 0
        while first < patients.size:
            self._prepared(patients)
            assert self._work is not None
            room = np.empty((max(COUNTING, len(self._work.selected)), 2), np.int32)
            self._work.reg[_FROM_START] = 0
            gathering = bound(gather, self._tables, self._work, self._out)
            reached = gathering(patients, first, patients.size, *moment, room)
            assert reached is not None, "the search says where it stopped"
            yield room[: self._work.reg[FACTS]].copy(), self._wholes()
            missing, first = self._missing(), reached
            if missing:
                self._finder.learn(missing)
                self._look_ahead(patients, first, min(first + AHEAD, patients.size), moment)

    def _look_ahead(self, patients: Many, first: int, last: int, moment: tuple[int, int]) -> None:
        """Works out the gains by intervals that patients will need, all at once."""
        while first < last:
            first = self._run(patients, first, last, moment, ahead=True)
            self._finder.learn(self._missing())

    def _run(self, patients: Many, first: int, last: int, moment: tuple[int, int], *, ahead: bool = False) -> int:
        """The first patient that was not dealt with."""
        find = self._prepared(patients)
        assert self._work is not None
        self._work.reg[_FROM_START] = 0
        reached = find(patients, first, last, *moment, int(ahead))
        assert reached is not None, "the search says where it stopped"
        return reached

    def _prepared(self, patients: Many) -> Bound:
        """The search over the present tables, with memory that is large enough for each of the patients."""
        tables = self._finder.tables()
        if self._find is not None and self._work is not None:
            if tables is self._tables and patients.most == self._most:
                return self._find
            if not fits(self._work, tables, patients):
                self._work = work_for(tables, patients)
            elif tables is self._tables:
                self._most = patients.most
                return self._find
        else:
            self._work = work_for(tables, patients)
        if self._out is None:
            self._out = out_for(tables, patients.size)
        self._tables, self._most = tables, patients.most
        self._find, self._tell = (bound(one, tables, self._work, self._out) for one in (find, told))
        return self._find

    def _make_room(self) -> None:
        """Where even the issues of one patient do not fit."""
        assert self._out is not None
        self._out, self._find = out_for(self._finder.tables(), 0, 4 * len(self._out.issues)), None

    def _missing(self) -> list[int]:
        """The keys of the gains that are missing."""
        assert self._out is not None
        assert self._work is not None
        found: list[int] = self._out.misses[: self._work.reg[MISSES]].tolist()
        return found

    def _copied(self) -> Found | None:
        """What was found, None where that is nothing."""
        found = self.written()
        if not len(found.issues) and not len(found.wholes):
            return None
        return Found(found.issues.copy(), found.facts.copy(), found.concepts.copy(), found.wholes.copy())

    def _wholes(self) -> Longs:
        return self.written().wholes.copy()


_FROM_START = np.array([ISSUES, FACTS, CONCEPTS, WHOLES, MISSES, FULL])


@lru_cache(64)
def moment_of(at: datetime) -> tuple[int, int]:
    """A moment in microseconds, and its day."""
    return micros(at), today(at)

"""Patients at a moment as sets: whom statements concern, in microseconds for thousands of patients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Final

import msgspec
import numpy as np

from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.growing import GrowingLists, Ints, Lists
from kgtwin.inference.columns.rows import Many
from kgtwin.inference.columns.sets import BITS, PLACES, Block, Question, meet
from kgtwin.inference.columns.tables import MEDICINE, Longs, Tables
from kgtwin.inference.columns.work import I_PATIENT, I_STATEMENT
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.jit import Bound, bound

Numbers = tuple[int, ...]
BLOCK: Final = 1 << 15
"""Patients whose sets are formed at a time: those of all conditions stay in a processor's cache."""
GAP: Final = 8
"""So many patients are searched rather than a search begun anew behind them."""


class Concerned(msgspec.Struct, frozen=True):
    """``pairs`` (N, 2): a patient and a statement, by number, in the order of statements; ``undecided``: patients of
    whom pairs may be missing, since `infer` has to look at them: they contradict themselves, or a statement takes an
    explanation.
    """

    pairs: Longs
    undecided: Longs


class Cohort:
    """Patients in a row, by what counts of them at a moment; asked again and again, one thread at a time.

    The patients are gone through once: what counts of them is a set of patients for each gain (see
    `kgtwin.inference.columns.gains`). What a statement asks beyond its conditions, such as two distinct medicines, is
    looked at patient by patient, of those alone who fill the conditions.
    """

    def __init__(self, finder: Finder, patients: Many, at: datetime) -> None:
        self._finder, self._patients, self._at = finder, patients, at
        with finder.searching() as search:
            parts = list(search.counting(patients, at))
        self._contradictory = np.concatenate([np.zeros(0, np.int64), *(wholes for _, wholes in parts)])
        counting = np.concatenate([np.zeros((0, 2), np.int32), *(found for found, _ in parts)])
        tables = finder.tables()
        self._fixed = tables.fixed
        self._blocks = tuple(_blocks(counting, patients.size, tables, len(finder.gains)))
        self._plain = [self._is_plain(one) for one in range(len(finder.statements))]
        self._found = np.zeros((1_024, 2), np.int64)
        self._known: dict[tuple[str, ...], tuple[Numbers, frozenset[int]]] = {}
        self._questions: dict[Numbers, tuple[Bound, ...]] = {}

    def concerned(self, statements: Iterable[Statement]) -> Concerned:
        """Whom statements concern, as `Finder.found` finds it.

        Raises:
            KeyError: the finder's knowledge has no such statement.
        """
        asked = tuple(one.iri for one in statements)
        known = self._known.get(asked)
        if known is None:
            numbers = sorted({self._finder.numbers[iri] for iri in asked})
            plain = tuple(one for one in numbers if self._plain[one])
            known = self._known[asked] = plain, frozenset(numbers).difference(plain)
        plain, rest = known
        pairs = self._met(plain)
        if not rest:
            return Concerned(pairs, self._contradictory)
        others, undecided = self._searched(rest)
        return Concerned(_in_order(np.concatenate([pairs, others])), undecided)

    def _is_plain(self, number: int) -> bool:
        """Whether whoever fills the conditions of a statement is concerned by it."""
        definition = self._finder.statements[number].definition
        columns = self._columns(number)
        medicines = sum(bool(self._fixed.conjunct_flags[one] & MEDICINE) for one in columns)
        no_more = definition is not None and len(definition.parts) == len(definition.conjuncts) > 0
        return no_more and medicines < 2 and not self._fixed.flags[number]

    def _columns(self, number: int) -> Numbers:
        ends, items = self._fixed.conjuncts
        return tuple(items[ends[number] : ends[number + 1]].tolist())

    def _met(self, numbers: Numbers) -> Longs:
        """Who fills all conditions of statements."""
        if not numbers:
            return self._found[:0].copy()
        asking = self._questions.get(numbers)
        if asking is None:
            asking = self._questions[numbers] = self._asking(numbers)
        parts = [self._of_block(one) for one in asking]
        return parts[0] if len(parts) == 1 else _in_order(np.concatenate([self._found[:0], *parts]))

    def _of_block(self, asking: Bound) -> Longs:
        count = asking(self._found)
        assert count is not None, "the sets say how many were found"
        if count > len(self._found):
            self._found = np.zeros((2 * count, 2), np.int64)
            return self._of_block(asking)
        return self._found[:count].copy()

    def _asking(self, numbers: Numbers) -> tuple[Bound, ...]:
        columns = [self._columns(one) for one in numbers]
        conditions = {one: place for place, one in enumerate(dict.fromkeys(chain(*columns)))}
        question = Question(
            np.array(numbers, np.int32),
            GrowingLists([conditions[one] for one in of_one] for of_one in columns).lists,
            np.array(list(conditions), np.int32),
        )
        memory = np.zeros((len(conditions), -(-min(BLOCK, self._patients.size) // BITS)), np.uint64)
        return tuple(bound(meet, question, block, PLACES, memory) for block in self._blocks)

    def _searched(self, numbers: frozenset[int]) -> tuple[Longs, Longs]:
        """Whom statements concern, and who is undecided, by searching everyone who may be concerned."""
        pairs, wholes = [self._found[:0]], [self._contradictory]
        with self._finder.searching() as search:
            for first, last in self._candidates(numbers):
                for found in search.found(self._patients, self._at, first, last):
                    wanted = np.isin(found.issues[:, I_STATEMENT], list(numbers))
                    pairs.append(found.issues[wanted][:, [I_PATIENT, I_STATEMENT]])
                    wholes.append(found.wholes)
        return np.unique(np.concatenate(pairs), axis=0), np.unique(np.concatenate(wholes))

    def _candidates(self, numbers: frozenset[int]) -> Iterator[tuple[int, int]]:
        """Runs of patients, from one to before another, of all who fill the conditions; everyone if one has none."""
        if not all(self._columns(one) for one in numbers):
            yield 0, self._patients.size
            return
        found = np.unique(self._met(tuple(sorted(numbers)))[:, 0])
        for run in np.split(found, np.flatnonzero(np.diff(found) > GAP) + 1):
            if len(run):
                yield int(run[0]), int(run[-1]) + 1


def _in_order(pairs: Longs) -> Longs:
    return pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]


def _blocks(counting: Ints, patients: int, tables: Tables, gains: int) -> Iterator[Block]:
    """Of rows of a gain and a patient, in the order of patients, the sets block by block."""
    ends = tables.fills.ends[: gains + 1]
    conjuncts = tables.fills.items[: ends[-1] : 2]
    of_gain = np.repeat(np.arange(gains, dtype=np.int32), np.diff(ends) // 2)
    for first in range(0, patients, BLOCK):
        start, end = np.searchsorted(counting[:, 1], (first, first + BLOCK))
        own = counting[start:end]
        members = _lists(own[:, 0], own[:, 1] - np.int32(first), gains)
        there = np.diff(members.ends)[of_gain] > 0
        filled_by = _lists(conjuncts[there], of_gain[there], len(tables.fixed.conjunct_flags))
        yield Block(first, members, filled_by)


def _lists(keys: Ints, items: Ints, count: int) -> Lists:
    """The items of each key below ``count``, in the order they have."""
    ends = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(keys, minlength=count), out=ends[1:])
    return Lists(ends, np.ascontiguousarray(items[np.argsort(keys, kind="stable")]))

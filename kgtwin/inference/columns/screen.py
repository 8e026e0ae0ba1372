"""Whom a clinical rule may concern: of whoever is left out, `kgtwin.inference.rules` certainly says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from math import lcm
from threading import Lock
from typing import NamedTuple

import numpy as np

from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.growing import Growing, GrowingLists, Ints, Lists
from kgtwin.inference.columns.meanings import Answers, Meanings
from kgtwin.inference.columns.rows import AFTER, DIED, FIRST, GAIN, INSIDE, LAST, OTHERWISE, SEEN, Columns, Many, single
from kgtwin.inference.columns.tables import Longs
from kgtwin.inference.realising.spans import micros
from kgtwin.jit import inlined, kernel
from kgtwin.vocabulary import HAS_EVER, HAS_NOW, TAKES_NOW

UNKNOWN, NONE, ALONE = -3, -2, -1
"""What a gain means to rules: that has not been looked at; nothing; one is about it whatever else there is."""


class Concerns(NamedTuple):
    """``meaning`` is of gains: one of the above, or the number of what it adds to burdens, among ``shares``.

    A share is an ingredient's points on a scale, which count once: ``of_share`` (S, 2) are the scale's number and the
    points. ``thresholds`` are of scales. Both are in parts of a point.
    """

    meaning: Ints
    shares: Lists
    of_share: Longs
    thresholds: Longs


class Tally(NamedTuple):
    """Memory of the search: ``noted`` says by share who had it last; ``sums`` (scales, 2) are points and shares."""

    noted: Longs
    sums: Longs
    found: Longs


@kernel
def concerned(concerns: Concerns, tally: Tally, many: Many, at: int) -> int:
    """How many patients a rule may concern: their numbers are put into ``tally.found``."""
    count = 0
    for patient in range(len(many.person)):
        if many.person[patient, DIED] > at and _may_concern(concerns, tally, many, patient, at):
            tally.found[count] = patient
            count += 1
    return count


@inlined
def _may_concern(concerns: Concerns, tally: Tally, many: Many, patient: int, at: int) -> bool:
    for row in range(many.observed_ends[patient], many.observed_ends[patient + 1]):
        gain = many.observed[row, GAIN]
        if gain >= 0 and many.observed[row, SEEN] <= at and concerns.meaning[gain] == ALONE:
            return True
    rows, adds = many.spans, False
    for row in range(many.span_ends[patient], many.span_ends[patient + 1]):
        gain = -1
        if rows[row, FIRST] <= at <= rows[row, LAST]:
            gain = rows[row, INSIDE]
        elif rows[row, AFTER] <= at:
            gain = rows[row, OTHERWISE]
        if gain >= 0:
            meaning = concerns.meaning[gain]
            if meaning == ALONE:
                return True
            if meaning >= 0:
                if not adds:
                    tally.sums[:] = 0
                    adds = True
                _add(concerns, tally, patient, meaning)
    if adds:
        for scale in range(len(concerns.thresholds)):
            if tally.sums[scale, 1] > 1 and tally.sums[scale, 0] >= concerns.thresholds[scale]:
                return True
    return False


@inlined
def _add(concerns: Concerns, tally: Tally, patient: int, number: int) -> None:
    for item in range(concerns.shares.ends[number], concerns.shares.ends[number + 1]):
        share = concerns.shares.items[item]
        if tally.noted[share] != patient:
            tally.noted[share] = patient
            scale = concerns.of_share[share, 0]
            tally.sums[scale, 0] += concerns.of_share[share, 1]
            tally.sums[scale, 1] += 1


class Screen:
    """Rules are about medicines that are taken now, and about conditions that call for one. Threads may share it."""

    def __init__(self, finder: Finder, meanings: Meanings) -> None:
        self._finder, self._meanings, self._rules = finder, meanings, finder.knowledge.rules
        points = [one for scale in self._rules.burdens for one, _ in scale.points]
        points += [scale.threshold for scale in self._rules.burdens]
        self._parts = lcm(*(one.as_integer_ratio()[1] for one in points))
        self._lock = Lock()
        self._meaning = Growing(np.int32)
        self._shares = GrowingLists()
        self._numbers: dict[tuple[int, str], int] = {}
        self._of_share = Growing(np.int64)
        self._thresholds = np.array([self._counted(scale.threshold) for scale in self._rules.burdens], np.int64)

    def may_concern(self, columns: Columns, at: datetime) -> bool:
        """Whether a rule may raise an issue about a patient."""
        return bool(self.concerned(single(columns), at))

    def concerned(self, many: Many, at: datetime) -> list[int]:
        """The patients, by number, about whom a rule may raise an issue."""
        with self._lock:
            self._look_at(many)
            of_share = self._of_share.array[: self._of_share.count].reshape(-1, 2)
            concerns = Concerns(self._meaning.array, self._shares.lists, of_share, self._thresholds)
        tally = Tally(
            np.full(len(of_share) + 1, -1, np.int64),
            np.zeros((len(self._thresholds) + 1, 2), np.int64),
            np.zeros(many.size + 1, np.int64),
        )
        found: list[int] = tally.found[: concerned(concerns, tally, many, micros(at))].tolist()
        return found

    # what gains mean

    def _look_at(self, many: Many) -> None:
        """Works out what the gains of some patients mean, as far as that is not known."""
        total = len(self._finder.gains)
        self._meaning.extend([UNKNOWN] * (total - self._meaning.count))
        meaning = self._meaning.array
        for rows, column in ((many.spans, INSIDE), (many.spans, OTHERWISE), (many.observed, GAIN)):
            gains = rows[:, column]
            gains = gains[gains >= 0]
            for gain in set(gains[meaning[gains] == UNKNOWN].tolist()):
                meaning[gain] = self._meaning_of(gain)

    def _meaning_of(self, gain: int) -> int:
        if any(of_class[gain] for of_class in self._calls):
            return ALONE
        medicine = self._meanings.medicines(TAKES_NOW)[gain]
        if medicine is None or medicine[1] is True:
            return NONE
        about = self._finder.knowledge.by_ingredient
        if any(about.monitoring(one) or about.dose_limits(one) for one in medicine[0]):
            return ALONE
        shares = [share for one in sorted(medicine[0]) for share in self._shares_of(one)]
        if not shares:
            return NONE
        self._shares.append(shares)
        return len(self._shares) - 1

    @cached_property
    def _calls(self) -> list[Answers[bool]]:
        """By gain, whether it is a condition that calls for a medicine."""
        return [
            self._meanings.of_class(role, name)
            for rule in self._rules.care_gaps
            for role, names in ((HAS_NOW, rule.conditions), (HAS_EVER, rule.history))
            for name in names
        ]

    def _shares_of(self, ingredient: str) -> Iterator[int]:
        for number, scale in enumerate(self._rules.burdens):
            found = self._finder.knowledge.by_ingredient.points(ingredient, scale.iri)
            if found:
                if (number, ingredient) not in self._numbers:
                    self._numbers[number, ingredient] = len(self._numbers)
                    self._of_share.extend((number, self._counted(max(found)[0])))
                yield self._numbers[number, ingredient]

    def _counted(self, points: Decimal) -> int:
        """Points in parts of a point."""
        return int(points * self._parts)

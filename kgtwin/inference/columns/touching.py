"""Which rules can decide otherwise when a gain or a fact comes or goes: worked out once each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.growing import Growing
from kgtwin.inference.columns.meanings import Answers, Meanings, Medicine, parts
from kgtwin.inference.columns.rows import Columns
from kgtwin.inference.columns.searching import Holding
from kgtwin.inference.columns.tables import Longs
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.rules import care_gaps, dose
from kgtwin.inference.rules.considered import ingredients_named
from kgtwin.inference.rules.raised import Asked
from kgtwin.model.axioms import Class, ClassExpression, ObjectSomeValuesFrom
from kgtwin.model.fact import Fact, MedicationDetail
from kgtwin.reasoning import Questions
from kgtwin.vocabulary import HAS_LATEST_RESULT, TAKES_NOW, TOOK_EVER

UNKNOWN, NOTHING, SOMETHING = range(3)
Counted = tuple[tuple[int, int, int], ...]
"""What counts at a moment and touches a rule, in order: the kind of row, the place of the fact, the gain."""
MOST = 100_000
"""Codes whose ingredients are kept."""
_OF_RECORD = (-1,)
"""The place of the record, whose kind of row is -1: the last of the kinds."""
_UNKNOWN = bytes((UNKNOWN,))
_NONE: frozenset[int] = frozenset()


class Touched(NamedTuple):
    """What a gain touches: rules by their places in their families.

    ``now`` are ingredients (IRIs) with rules that it says are taken, ``ever`` all that it says were taken. ``calls``
    are care gaps that it may call for, ``gaps`` those that it may silence.
    """

    now: frozenset[str] = frozenset()
    ever: frozenset[str] = frozenset()
    limits: frozenset[int] = _NONE
    calls: frozenset[int] = _NONE
    gaps: frozenset[int] = _NONE


UNTOUCHED = Touched()


class Touching:
    """Answers about gains, heads (atoms that follow from conjunctions) and analytes by number, about facts; kept.

    Threads may share it: two may work out the same answer at once.
    """

    def __init__(self, finder: Finder, meanings: Meanings) -> None:
        self.finder, self.meanings = finder, meanings
        self.knowledge, self.rules = finder.knowledge, finder.knowledge.rules
        self.of_gain = Answers(self._of_gain)
        self.of_head = Answers(self._of_head)
        self.watching = Answers(self._watching)
        """By analyte, the monitoring rules that a result satisfies."""
        self.limiting = Answers(self._limiting)
        """By analyte, the limits that a result may decide."""
        self._matters = Growing(np.int8)
        self._lock = Lock()
        self._named: dict[object, frozenset[str]] = {}
        self._considering: dict[str, frozenset[int]] = {}

    # what counts

    def counted(self, columns: Columns, holding: Holding) -> Counted:
        """What of all that counts touches a rule."""
        rows, array = holding.rows, self._matters.array
        gains = rows[:, 0]
        matters = None if len(self.finder.gains) > len(array) else array[gains]
        if matters is None or _UNKNOWN in matters.tobytes():
            matters = self._looked_at(gains)
        places = (columns.of_spans, columns.of_observed, columns.of_results, _OF_RECORD)
        touching = rows[matters == SOMETHING].tolist()
        return tuple([(kind, places[kind][row], gain) for gain, kind, row, _ in touching])

    def _looked_at(self, gains: Longs) -> NDArray[np.int8]:
        """Which of some gains matter, worked out where that is not known; one thread at a time."""
        with self._lock:
            self._matters.extend([UNKNOWN] * (len(self.finder.gains) - self._matters.count))
            array = self._matters.array
            for gain in set(gains[array[gains] == UNKNOWN].tolist()):
                array[gain] = NOTHING if self.of_gain[gain] == UNTOUCHED else SOMETHING
            return array[gains]

    # gains

    def medicine(self, role: str, gains: tuple[int, ...]) -> Medicine | None:
        """The medicine that fills a role by the first gain that says so."""
        medicines = self.meanings.medicines(role)
        return next((found for gain in gains if (found := medicines[gain]) is not None), None)

    def _of_gain(self, gain: int) -> Touched:
        now, ever = (self._ingredients(role, gain) for role in (TAKES_NOW, TOOK_EVER))
        gaps = set(self._spoken_against(now))
        limits, calls = set[int](), set[int]()
        told = self.finder.gains.found[gain].assertions
        if told:
            holds = self.meanings.realised(gain).answers(PATIENT_INDIVIDUAL, self._questions)
            for number, (into, rule) in enumerate(self._asking):
                if holds[number]:
                    (limits, calls, gaps)[into].add(rule)
        ruled = frozenset(filter(self.has_rules, now))
        near = frozenset[str]() if ever.isdisjoint(self._near_watched) else ever
        return Touched(ruled, near, frozenset(limits), frozenset(calls), frozenset(gaps))

    def _ingredients(self, role: str, gain: int) -> frozenset[str]:
        found = self.meanings.medicines(role)[gain]
        return frozenset() if found is None else found[0]

    def has_rules(self, ingredient: str) -> bool:
        """Whether a rule is about an ingredient (IRI) that is taken, by what it is of."""
        about = self.knowledge.by_ingredient
        points = any(about.points(ingredient, scale.iri) for scale in self.rules.burdens)
        return points or bool(about.monitoring(ingredient) or about.dose_limits(ingredient))

    @cached_property
    def _near_watched(self) -> frozenset[str]:
        """All that may be the same medicine as one that is to be monitored: what is below a rule's, or above that."""
        tree, watched = self.knowledge.classification, {rule.medicine for rule in self.rules.monitoring}
        known = [one for one in watched if one in tree.classes]
        below = watched.union(*map(tree.descendants, known), *map(tree.equivalents, known))
        return frozenset(below.union(*(tree.ancestors(one) for one in below if one in tree.classes)))

    def _spoken_against(self, ingredients: frozenset[str]) -> Iterator[int]:
        for number, rule in enumerate(self.rules.care_gaps):
            if any(care_gaps.speaks_against(rule, one, self.knowledge) for one in ingredients):
                yield number

    # what rules ask

    @cached_property
    def _asked(self) -> list[tuple[int, int, Asked]]:
        """What rules ask: limits (0), what calls for a medicine (1), what silences that (2); the rule's place."""
        found = [(0, number, dose.asked_by(rule, self.knowledge)) for number, rule in enumerate(self.rules.doses)]
        for number, rule in enumerate(self.rules.care_gaps):
            calling, silencing = care_gaps.asked_by(rule, self.knowledge)
            found += [(1, number, calling), (2, number, silencing)]
        return found

    @cached_property
    def _types(self) -> list[tuple[tuple[int, int], ClassExpression]]:
        """The same as types of a patient who has what is asked for."""
        return [
            ((into, rule), part)
            for into, rule, asked in self._asked
            for one in (*asked.types, *(ObjectSomeValuesFrom(role, Class(name)) for role, name in asked.fillers))
            for part in parts(one)
        ]

    @cached_property
    def _asking(self) -> list[tuple[int, int]]:
        return [whose for whose, _ in self._types]

    @cached_property
    def _questions(self) -> Questions:
        return self.finder.gains.additive.classification.questions(tuple(one for _, one in self._types))

    def _of_head(self, atom: int) -> Touched:
        additive = self.finder.gains.additive
        found: tuple[set[int], set[int], set[int]] = set(), set(), set()
        for (into, rule), one in self._types:
            if additive.satisfies(atom, one):
                found[into].add(rule)
        limits, calls, gaps = map(frozenset, found)
        return Touched(limits=limits, calls=calls, gaps=gaps)

    # facts

    def named(self, fact: Fact) -> frozenset[str]:
        """The ingredients (IRIs) that an order or a statement about a medicine names."""
        detail = fact.detail
        inside = tuple(one.concepts for one in detail.ingredients) if isinstance(detail, MedicationDetail) else ()
        key = fact.code.concepts, inside
        found = self._named.get(key)
        if found is None:
            if len(self._named) >= MOST:
                self._named.clear()
            found = self._named[key] = ingredients_named(fact, self.knowledge)
        return found

    def considering(self, ingredient: str) -> frozenset[int]:
        """The care gaps that say nothing where an ingredient (IRI) was considered."""
        if ingredient not in self._considering:
            rules = enumerate(self.rules.care_gaps)
            found = (number for number, rule in rules if care_gaps.may_be_one_of(rule, ingredient, self.knowledge))
            self._considering[ingredient] = frozenset(found)
        return self._considering[ingredient]

    def _watching(self, analyte: int) -> frozenset[str]:
        below = self.finder.encoder.below
        return frozenset(r.iri for r in self.rules.monitoring if any(analyte in below(iri) for iri in r.analytes))

    def _limiting(self, analyte: int) -> frozenset[int]:
        below, of_role = self.finder.encoder.below, HAS_LATEST_RESULT
        return frozenset(
            rule
            for into, rule, asked in self._asked
            if not into and any(analyte in below(name) for role, name in asked.fillers if role == of_role)
        )

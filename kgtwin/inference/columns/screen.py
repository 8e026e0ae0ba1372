"""Whom a clinical rule may concern: of whoever is left out, `kgtwin.inference.rules` certainly says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from kgtwin.identifiers import to_iri
from kgtwin.inference.columns import rows as r
from kgtwin.inference.columns.encoding import micros
from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.gains import Gain
from kgtwin.inference.columns.rows import Columns
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.model.axioms import Class, ObjectSomeValuesFrom
from kgtwin.vocabulary import HAS_EVER, HAS_NOW


class Concern(NamedTuple):
    """What a gain means to rules: ``alone`` one is about it; ``points`` are of a scale by number and an ingredient."""

    alone: bool
    points: tuple[tuple[int, str, Decimal], ...]


class Screen:
    """Rules are about medicines that are taken now, and about conditions that call for one."""

    def __init__(self, finder: Finder) -> None:
        self._finder, self._rules = finder, finder.knowledge.rules
        self._known: dict[int, Concern] = {}

    def may_concern(self, columns: Columns, at: datetime) -> bool:
        """Whether a rule may raise an issue about a patient."""
        moment = micros(at)
        if columns.person[r.DIED] <= moment:
            return False
        shares: dict[int, dict[str, Decimal]] = {}
        for gain in set(_counting(columns, moment)):
            concern = self._of(gain)
            if concern.alone:
                return True
            for scale, ingredient, points in concern.points:
                shares.setdefault(scale, {})[ingredient] = points
        thresholds = (scale.threshold for scale in self._rules.burdens)
        return any(
            len(found) > 1 and sum(found.values()) >= threshold
            for number, threshold in enumerate(thresholds)
            if (found := shares.get(number))
        )

    def _of(self, number: int) -> Concern:
        if number not in self._known:
            gain = self._finder.gains.found[number]
            ingredients = [self._finder.gains.names[one] for one in gain.takes]
            alone = any(map(self._is_watched, ingredients)) or self._calls_for_one(gain)
            self._known[number] = Concern(alone, tuple(self._points(ingredients)))
        return self._known[number]

    def _is_watched(self, ingredient: str) -> bool:
        """Whether a rule is about one medicine: what to measure under it, how much of it."""
        is_a, iri, rules = self._finder.knowledge.is_a, to_iri(ingredient), self._rules
        about = (*(rule.medicine for rule in rules.monitoring), *(rule.medicine for rule in rules.doses))
        return any(is_a(iri, medicine) for medicine in about)

    def _points(self, ingredients: list[str]) -> Iterator[tuple[int, str, Decimal]]:
        is_a = self._finder.knowledge.is_a
        for number, scale in enumerate(self._rules.burdens):
            for ingredient in ingredients:
                found = [points for points, name in scale.points if is_a(to_iri(ingredient), name)]
                if found:
                    yield number, ingredient, max(found)

    def _calls_for_one(self, gain: Gain) -> bool:
        asked = [
            (role, name)
            for rule in self._rules.care_gaps
            for role, names in ((HAS_NOW, rule.conditions), (HAS_EVER, rule.history))
            for name in names
        ]
        if not gain.node or gain.takes or not asked:
            return False
        realisation = self._finder.gains.additive.classification.realise(gain.assertions)
        return any(
            realisation.satisfies(PATIENT_INDIVIDUAL, ObjectSomeValuesFrom(role, Class(name))) for role, name in asked
        )


def _counting(columns: Columns, moment: int) -> Iterator[int]:
    """The gains of medicines, conditions and the like that count at a moment, wash-outs left out."""
    spans = columns.spans
    inside = (spans[:, r.FIRST] <= moment) & (moment <= spans[:, r.LAST])
    yield from spans[inside, r.INSIDE].tolist()
    yield from (gain for gain in spans[~inside & (spans[:, r.AFTER] <= moment), r.OTHERWISE].tolist() if gain >= 0)

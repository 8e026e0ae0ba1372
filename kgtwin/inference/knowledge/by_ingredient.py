"""What rules have to do with an ingredient, and what a medicine holds: each is looked at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final

from kgtwin.inference.knowledge.medicines import bases, held
from kgtwin.inference.knowledge.rules import DoseLimit, MonitoringRule, Rules
from kgtwin.reasoning import Classification

MOST: Final = 100_000
"""Answers of each kind that are kept."""


class ByIngredient:
    """Answers about ingredients and other classes (IRIs), kept.

    ``is_a`` compares classes that may be unknown, ``may_be_local`` says of an ingredient whether it may be given
    locally, ``is_one_medicine`` of a class whether the ingredients below it are forms of one medicine.
    """

    def __init__(
        self,
        rules: Rules,
        classification: Classification,
        is_a: Callable[[str, str], bool],
        may_be_local: Callable[[str], bool],
        is_one_medicine: Callable[[str], bool],
    ) -> None:
        self._rules, self._is_a = rules, is_a
        self._scales = {scale.iri: scale for scale in rules.burdens}
        self.monitoring = lru_cache(MOST)(self._monitoring)
        """The rules on what to measure under it."""
        self.dose_limits = lru_cache(MOST)(self._dose_limits)
        """The limits of its dose."""
        self.plausible_dose = lru_cache(MOST)(self._plausible_dose)
        """The most of it in a day that is believed, in mg: what it says itself, else the most of what is above it."""
        self.points = lru_cache(MOST)(self._points)
        """What it adds to a scale (IRI), by each of the scale's classes that it is in."""
        self.are_related = lru_cache(MOST)(self._are_related)
        """Whether one ingredient is, or lies below, another, whichever of the two."""
        self.may_be_local = lru_cache(MOST)(may_be_local)
        self._classification, self._is_one_medicine = classification, is_one_medicine
        self.medicine = lru_cache(MOST)(self._medicine)
        """What it is a form of (a salt, an ester): coded ingredients above it, and classes of one medicine."""
        self.held = lru_cache(MOST)(partial(held, classification))
        """What a product or a substance has for ingredients."""

    def _monitoring(self, ingredient: str) -> tuple[MonitoringRule, ...]:
        return tuple(rule for rule in self._rules.monitoring if self._is_a(ingredient, rule.medicine))

    def _dose_limits(self, ingredient: str) -> tuple[DoseLimit, ...]:
        return tuple(rule for rule in self._rules.doses if self._is_a(ingredient, rule.medicine))

    def _plausible_dose(self, ingredient: str) -> Decimal | None:
        said = dict(self._rules.plausible_doses)
        above = (most for iri, most in said.items() if self._is_a(ingredient, iri))
        return said.get(ingredient, max(above, default=None))

    def _points(self, ingredient: str, scale: str) -> tuple[tuple[Decimal, str], ...]:
        return tuple(one for one in self._scales[scale].points if self._is_a(ingredient, one[1]))

    def _medicine(self, ingredient: str) -> frozenset[str]:
        if ingredient not in self._classification.classes:
            return frozenset()
        one = filter(self._is_one_medicine, self._classification.ancestors(ingredient))
        return frozenset((*bases(ingredient, self._classification), *one))

    def _are_related(self, one: str, other: str) -> bool:
        return self._is_a(one, other) or self._is_a(other, one)

"""What a gain means to rules: a medicine, a condition, what follows from it about the patient; worked out once each."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from kgtwin.inference.columns.gains import Gains
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.rules.known import medicine_of
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.reasoning import Realisation

Medicine = tuple[frozenset[str], bool | None]
"""Ingredients (IRIs), and whether all known routes are local (see `kgtwin.inference.rules.known.medicine_of`)."""
WHOLE: Final = -1
"""In place of a gain: what is told of every patient."""


class Meanings:
    """Answers about gains by number, and about conjunctions; they are kept, and grow as gains do."""

    def __init__(self, gains: Gains) -> None:
        self._gains, self._additive = gains, gains.additive
        self._medicines: dict[str, dict[int, Medicine | None]] = {}
        self._classes: dict[tuple[str, str], dict[int, bool]] = {}
        self._followed: dict[ClassExpression, dict[int, bool]] = {}
        self._heads: dict[ClassExpression, dict[int, bool]] = {}
        self._realised = lru_cache(256)(self._realise)

    def _realise(self, gain: int) -> Realisation:
        return self._additive.classification.realise(self._gains.found[gain].assertions)

    def medicine(self, gain: int, role: str) -> Medicine | None:
        """The medicine that fills a role by a gain; None where there is none of which an ingredient is known."""
        known = self._medicines.setdefault(role, {})
        if gain not in known:
            node = self._gains.found[gain].node
            fills = bool(node) and node in self._realised(gain).successors(PATIENT_INDIVIDUAL, role)
            known[gain] = medicine_of(node, self._realised(gain), self._gains.knowledge) if fills else None
        return known[gain]

    def is_of(self, gain: int, role: str, name: str) -> bool:
        """Whether what a gain is about fills a role and is of a class (IRI)."""
        known = self._classes.setdefault((role, name), {})
        if gain not in known:
            node = self._gains.found[gain].node
            fills = bool(node) and node in self._realised(gain).successors(PATIENT_INDIVIDUAL, role)
            known[gain] = fills and self._realised(gain).satisfies(node, Class(name))
        return known[gain]

    def follows(self, gain: int, expression: ClassExpression) -> bool:
        """Whether a patient with a gain is of a type for that alone."""
        known = self._followed.setdefault(expression, {})
        if gain not in known:
            told = self._gains.found[gain].assertions
            known[gain] = bool(told) and self._realised(gain).satisfies(PATIENT_INDIVIDUAL, expression)
        return known[gain]

    def follows_from(self, head: int | None, expression: ClassExpression) -> bool:
        """Whether a patient of whom an atom holds is of a type for that alone; None: whether every patient is."""
        known = self._heads.setdefault(expression, {})
        number = WHOLE if head is None else head
        if number not in known:
            known[number] = self._additive.satisfies(head, expression)
        return known[number]


def can_be_put_together(expression: ClassExpression) -> bool:
    """Whether a patient is of a type only if one gain, or what follows from a conjunction, says so alone."""
    return isinstance(expression, Class | ObjectSomeValuesFrom | DataSomeValuesFrom)


def parts(expression: ClassExpression) -> tuple[ClassExpression, ...]:
    """The operands of an intersection, else the expression itself."""
    return expression.operands if isinstance(expression, ObjectIntersectionOf) else (expression,)

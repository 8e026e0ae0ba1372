"""What a gain means to rules: a medicine, a condition, what follows from it about the patient; worked out once each."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeVar

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
Answer = TypeVar("Answer")


class Answers(dict[int, Answer]):
    """Answers by number, each worked out when it is first asked for."""

    def __init__(self, answer: Callable[[int], Answer]) -> None:
        self._answer = answer

    def __missing__(self, number: int) -> Answer:
        found = self[number] = self._answer(number)
        return found


class Meanings:
    """Answers about gains by number, and about the atoms that follow from conjunctions; they are kept."""

    def __init__(self, gains: Gains) -> None:
        self._gains, self._additive = gains, gains.additive
        self._medicines: dict[str, Answers[Medicine | None]] = {}
        self._classes: dict[tuple[str, str], Answers[bool]] = {}
        self._followed: dict[ClassExpression, tuple[bool, Answers[bool], Answers[bool]]] = {}
        self.realised = lru_cache(256)(self._realise)
        """What follows from one gain alone."""

    def _realise(self, gain: int) -> Realisation:
        return self._additive.classification.realise(self._gains.found[gain].assertions)

    def medicines(self, role: str) -> Answers[Medicine | None]:
        """By gain the medicine that fills a role; None where there is none of which an ingredient is known."""
        if role not in self._medicines:
            self._medicines[role] = Answers(partial(self._medicine, role))
        return self._medicines[role]

    def _medicine(self, role: str, gain: int) -> Medicine | None:
        if not self._fills(gain, role):
            return None
        return medicine_of(self._gains.found[gain].node, self.realised(gain), self._gains.knowledge)

    def of_class(self, role: str, name: str) -> Answers[bool]:
        """By gain, whether what it is about fills a role and is of a class (IRI)."""
        if (role, name) not in self._classes:
            self._classes[role, name] = Answers(partial(self._is_of, role, name))
        return self._classes[role, name]

    def _is_of(self, role: str, name: str, gain: int) -> bool:
        return self._fills(gain, role) and self.realised(gain).satisfies(self._gains.found[gain].node, Class(name))

    def _fills(self, gain: int, role: str) -> bool:
        node = self._gains.found[gain].node
        return bool(node) and node in self.realised(gain).successors(PATIENT_INDIVIDUAL, role)

    def follows(self, expression: ClassExpression) -> tuple[bool, Answers[bool], Answers[bool]]:
        """Whether every patient is of a type, then by gain, and by what follows from a conjunction, who is for that."""
        if expression not in self._followed:
            self._followed[expression] = (
                self._additive.satisfies(None, expression),
                Answers(partial(self._follows, expression)),
                Answers(lambda atom: self._additive.satisfies(atom, expression)),
            )
        return self._followed[expression]

    def _follows(self, expression: ClassExpression, gain: int) -> bool:
        told = self._gains.found[gain].assertions
        return bool(told) and self.realised(gain).satisfies(PATIENT_INDIVIDUAL, expression)


def can_be_put_together(expression: ClassExpression) -> bool:
    """Whether a patient is of a type only if one gain, or what follows from a conjunction, says so alone."""
    return isinstance(expression, Class | ObjectSomeValuesFrom | DataSomeValuesFrom)


def parts(expression: ClassExpression) -> tuple[ClassExpression, ...]:
    """The operands of an intersection, else the expression itself."""
    return expression.operands if isinstance(expression, ObjectIntersectionOf) else (expression,)

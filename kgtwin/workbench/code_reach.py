"""Which statements a code can help to meet, whatever else a patient has.

A patient with nothing but that code is realised; a statement is reached when one of its conditions then holds, leaving
aside what the code cannot tell: the number of a result, the route of a medicine, the severity of a condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge.statements import Conjunct
from kgtwin.model.axioms import (
    Assertion,
    Class,
    ClassAssertion,
    ClassExpression,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
)
from kgtwin.model.fact import FactKind
from kgtwin.vocabulary import (
    ALLERGIC_TO,
    FAMILY_HAS,
    HAS_ACTIVE_INGREDIENT,
    HAS_EVER,
    HAS_NOW,
    INTOLERANT_TO,
    PATIENT,
    SUBSTANCE,
    TAKES_NOW,
    TOOK_EVER,
)

SOMEBODY, NODE = "urn:kgtwin:somebody", "urn:kgtwin:code"
ROLES: dict[FactKind, tuple[str, ...]] = {
    FactKind.MEDICATION: (TAKES_NOW,),
    FactKind.CONDITION: (HAS_NOW,),
    FactKind.ALLERGY: (ALLERGIC_TO, INTOLERANT_TO),
    FactKind.FAMILY_HISTORY: (FAMILY_HAS,),
}
"""The strongest contexts of facts; those of other kinds may be anything that these are not."""
_TAKEN = {TAKES_NOW, TOOK_EVER, HAS_NOW, HAS_EVER, ALLERGIC_TO, INTOLERANT_TO, FAMILY_HAS}


class Reach:
    """What codes reach in a knowledge; each set of classes of a kind is looked at once."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._conditions: dict[Conjunct, ClassExpression] = {
            conjunct: ObjectSomeValuesFrom(conjunct.property, told_by_code(conjunct.filler))
            for statement in knowledge.statements.values()
            if statement.definition is not None
            for conjunct in statement.definition.conjuncts
        }
        self._other_roles = tuple(sorted({one.property for one in self._conditions} - _TAKEN))
        self._known: dict[tuple[FactKind, tuple[str, ...]], frozenset[Conjunct]] = {}
        self._always = self._holding([ClassAssertion(SOMEBODY, Class(PATIENT))])

    def conditions(self, kind: FactKind, classes: Iterable[str]) -> frozenset[Conjunct]:
        """The conditions of statements that hold of a patient with a code that means these classes."""
        key = kind, tuple(sorted(classes))
        if key not in self._known:
            self._known[key] = self._holding(self._assertions(*key)) - self._always if key[1] else frozenset()
        return self._known[key]

    def statements(self, met: frozenset[Conjunct]) -> Iterator[str]:
        """The statements with any of these conditions."""
        for iri, statement in self._knowledge.statements.items():
            if statement.definition is not None and met.intersection(statement.definition.conjuncts):
                yield iri

    def _holding(self, assertions: list[Assertion]) -> frozenset[Conjunct]:
        realisation = self._knowledge.classification.realise(assertions)
        found = self._conditions.items()
        return frozenset(one for one, told in found if realisation.satisfies(SOMEBODY, told))

    def _assertions(self, kind: FactKind, classes: tuple[str, ...]) -> list[Assertion]:
        return [
            ClassAssertion(SOMEBODY, Class(PATIENT)),
            *(ClassAssertion(NODE, self._type(kind, iri)) for iri in classes),
            *(ObjectPropertyAssertion(role, SOMEBODY, NODE) for role in ROLES.get(kind, self._other_roles)),
        ]

    def _type(self, kind: FactKind, iri: str) -> ClassExpression:
        """A class; a medicine that is coded as a substance has it as its ingredient."""
        is_ingredient = kind is FactKind.MEDICATION and self._knowledge.is_a(iri, SUBSTANCE)
        return ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(iri)) if is_ingredient else Class(iri)


def told_by_code(filler: ClassExpression) -> ClassExpression:
    """Of a condition's filler, what a code alone can tell: classes and ingredients; all of it, if there is none.

    >>> severe = ObjectSomeValuesFrom("hasSeverity", Class("Severe"))
    >>> told_by_code(ObjectIntersectionOf((Class("Asthma"), severe)))
    Class(iri='Asthma')
    """
    if not isinstance(filler, ObjectIntersectionOf):
        return filler
    told = tuple(one for one in filler.operands if _is_told(one))
    if not told:
        return filler
    return told[0] if len(told) == 1 else ObjectIntersectionOf(told)


def _is_told(one: ClassExpression) -> bool:
    return isinstance(one, Class) or (isinstance(one, ObjectSomeValuesFrom) and one.property == HAS_ACTIVE_INGREDIENT)

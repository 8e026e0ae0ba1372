"""Class expressions turned round: what must be empty where an inclusion follows.

``C ⊑ D`` follows exactly where nothing can be in ``C ⊓ ¬D``. The reasoner is told that a new class is below that, so a
negation should say as much as possible on a right side, and a union there, of which the reasoner makes no use, is
taken apart into classes of their own.
"""

from __future__ import annotations

from itertools import product
from math import prod

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)
_MOST = 64
"""An expression of more disjuncts is not taken apart."""


def negation(expression: ClassExpression) -> ClassExpression:
    """The complement of an expression, as far inside as it goes.

    >>> negation(owl.ObjectAllValuesFrom("r", owl.ObjectComplementOf(Class("A"))))
    ObjectSomeValuesFrom(property='r', filler=Class(iri='A'))
    """
    match expression:
        case Class(iri) if iri in (OWL_THING, OWL_NOTHING):
            return NOTHING if iri == OWL_THING else THING
        case owl.ObjectComplementOf(operand):
            return operand
        case owl.ObjectUnionOf(operands):
            return owl.ObjectIntersectionOf(tuple(map(negation, operands)))
        case owl.ObjectAllValuesFrom(role, filler):
            return owl.ObjectSomeValuesFrom(role, negation(filler))
    return _negated_count(expression)


def _negated_count(expression: ClassExpression) -> ClassExpression:
    match expression:
        case owl.ObjectMinCardinality(0, _, _):
            return NOTHING
        case owl.ObjectMinCardinality(least, role, filler) if least > 1:
            return owl.ObjectMaxCardinality(least - 1, role, filler)
        case owl.ObjectMaxCardinality(most, role, filler):
            return owl.ObjectMinCardinality(most + 1, role, filler)
        case owl.ObjectExactCardinality(0, role, filler):
            return owl.ObjectSomeValuesFrom(role, filler)
    return owl.ObjectComplementOf(expression)


def conjuncts(expression: ClassExpression) -> list[ClassExpression]:
    """What an expression is the conjunction of.

    >>> len(conjuncts(owl.ObjectExactCardinality(2, "r", THING)))
    2
    """
    match expression:
        case owl.ObjectIntersectionOf(operands):
            return [part for operand in operands for part in conjuncts(operand)]
        case owl.ObjectExactCardinality(count, role, filler):
            counts = owl.ObjectMinCardinality(count, role, filler), owl.ObjectMaxCardinality(count, role, filler)
            return list(counts)
    return [expression]


def disjuncts(expression: ClassExpression) -> list[ClassExpression]:
    """What an expression is the union of.

    >>> a, b = Class("A"), Class("B")
    >>> [one.filler.iri for one in disjuncts(owl.ObjectSomeValuesFrom("r", owl.ObjectUnionOf((a, b))))]
    ['A', 'B']
    """
    found = _disjuncts(expression)
    return found if len(found) <= _MOST else [expression]


def _disjuncts(expression: ClassExpression) -> list[ClassExpression]:
    match expression:
        case owl.ObjectUnionOf(operands):
            return [part for operand in operands for part in disjuncts(operand)]
        case owl.ObjectOneOf(individuals):
            return [owl.ObjectOneOf((one,)) for one in individuals]
        case owl.ObjectIntersectionOf(operands):
            parts = [disjuncts(operand) for operand in operands]
            if prod(map(len, parts)) <= _MOST:
                return [owl.ObjectIntersectionOf(choice) for choice in product(*parts)]
        case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectMinCardinality(1, role, filler):
            return [owl.ObjectSomeValuesFrom(role, part) for part in disjuncts(filler)]
        case owl.ObjectComplementOf(owl.ObjectIntersectionOf(operands)):
            return [part for operand in operands for part in disjuncts(negation(operand))]
        case owl.ObjectComplementOf(operand) if (inside := negation(operand)) != expression:
            return disjuncts(inside)
    return [expression]

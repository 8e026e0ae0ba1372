"""Axioms and expressions as they are written, for proofs: what an axiom says of classes, and what an expression says.

Two expressions have the same :func:`meaning` if lowering makes one node of them (or trivially could): nesting, order
and repeats of ``⊓`` and ``⊔`` count for nothing, nor whether ``∃r.{a}`` is written as a value restriction; ``≥ 2 r.C``
also means ``∃r.C``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import permutations

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.model.data_ranges import is_empty
from kgtwin.reasoning.lowering import ANY_VALUE
from kgtwin.reasoning.proxies import reached_by
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Meaning = Hashable
Node = str | ClassExpression
"""An individual's IRI, or a class expression."""
THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)


def meaning(expression: ClassExpression) -> Meaning:
    """One value for all ways to write an expression.

    >>> one, other = Class("A"), Class("B")
    >>> meaning(owl.ObjectIntersectionOf((one, other, one))) == meaning(owl.ObjectIntersectionOf((other, one)))
    True
    """
    match expression:
        case owl.ObjectIntersectionOf(operands):
            return _many("⊓", operands, THING, NOTHING)
        case owl.ObjectUnionOf(operands):
            return _many("⊔", operands, NOTHING, THING)
        case owl.ObjectOneOf(individuals) if len(individuals) != 1:
            return _many("⊔", tuple(owl.ObjectOneOf((one,)) for one in individuals), NOTHING, THING)
        case owl.ObjectComplementOf(operand):
            return _not(meaning(operand))
        case owl.DataSomeValuesFrom(_, data_range) if is_empty(data_range):
            return NOTHING
    some = existential(expression)
    if some is not None:
        return ("∃", some[0], meaning(some[1]))
    several, forbidden = counted(expression), excluded(expression)
    if several is not None:
        return ("⊓", frozenset([expression, meaning(several)]))
    return _trivial(expression) if forbidden is None else _not(meaning(forbidden))


def _trivial(expression: ClassExpression) -> Meaning:
    match expression:
        case owl.ObjectAllValuesFrom(_, filler) if meaning(filler) == THING:
            return THING
        case owl.ObjectMinCardinality(0, _, _):
            return THING
    return expression


def _not(one: Meaning) -> Meaning:
    opposite: dict[Meaning, Meaning] = {THING: NOTHING, NOTHING: THING}
    return opposite.get(one) or ("¬", one)


def _many(sign: str, operands: tuple[ClassExpression, ...], nothing: Class, all_: Class) -> Meaning:
    """A set of meanings, without those that add nothing."""
    found: set[Meaning] = set()
    for operand in operands:
        one = meaning(operand)
        found |= one[1] if isinstance(one, tuple) and one[0] == sign else {one}
    found -= {nothing}
    if sign == "⊔" and all_ in found:
        return all_
    return nothing if not found else next(iter(found)) if len(found) == 1 else (sign, frozenset(found))


def existential(expression: ClassExpression) -> tuple[str, ClassExpression] | None:
    """Role and filler of what says ``∃r.C`` and nothing more."""
    match expression:
        case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectMinCardinality(1, role, filler):
            return role, filler
        case owl.ObjectHasValue(role, individual):
            return role, owl.ObjectOneOf((individual,))
    return None


def counted(expression: ClassExpression) -> owl.ObjectSomeValuesFrom | None:
    """``∃r.C``, where an expression says that there are several, or exactly so many."""
    match expression:
        case owl.ObjectMinCardinality(count, role, filler) if count > 1:
            return owl.ObjectSomeValuesFrom(role, filler)
        case owl.ObjectExactCardinality(count, role, filler) if count > 0:
            return owl.ObjectSomeValuesFrom(role, filler)
    return None


def excluded(expression: ClassExpression) -> ClassExpression | None:
    """C, where an expression says ``¬C``."""
    match expression:
        case owl.ObjectComplementOf(operand):
            return operand
        case owl.ObjectMaxCardinality(0, role, filler) | owl.ObjectExactCardinality(0, role, filler):
            return owl.ObjectSomeValuesFrom(role, filler)
        case owl.ObjectAllValuesFrom(role, filler) if meaning(filler) == NOTHING:
            return owl.ObjectSomeValuesFrom(role, THING)
    return None


def conjuncts(expression: ClassExpression) -> frozenset[Meaning]:
    """The meanings of the parts of a conjunction."""
    found = meaning(expression)
    if isinstance(found, tuple) and found[0] == "⊓":
        parts: frozenset[Meaning] = found[1]
        return parts
    return frozenset() if found == THING else frozenset([found])


def inclusions(axiom: Axiom) -> Iterator[tuple[ClassExpression, ClassExpression]]:
    """``C ⊑ D`` for all that an axiom says in this form.

    >>> list(inclusions(owl.ObjectPropertyDomain("r", Class("A"))))[0][1]
    Class(iri='A')
    """
    match axiom:
        case owl.SubClassOf(sub, sup):
            yield sub, sup
            if isinstance(sup, owl.ObjectAllValuesFrom) and meaning(sub) == THING:
                yield from _in_range(sup.property, sup.filler)
        case owl.EquivalentClasses(operands):
            yield from permutations(operands, 2)
        case owl.DisjointUnion(cls, operands):
            yield from ((one, Class(cls)) for one in operands)
            yield Class(cls), owl.ObjectUnionOf(operands)
        case owl.ObjectPropertyDomain(role, domain):
            yield owl.ObjectSomeValuesFrom(role, THING), domain
        case owl.DataPropertyDomain(data_property, domain):
            yield owl.DataSomeValuesFrom(data_property, ANY_VALUE), domain
        case owl.ReflexiveObjectProperty(role):
            yield THING, owl.ObjectHasSelf(role)
        case owl.IrreflexiveObjectProperty(role):
            yield owl.ObjectHasSelf(role), NOTHING
        case owl.ObjectPropertyRange(role, found):
            yield from _in_range(role, found)
        case _:
            yield from _about_individuals(axiom)


def _in_range(role: str, found: ClassExpression) -> Iterator[tuple[ClassExpression, ClassExpression]]:
    yield owl.ObjectHasSelf(role), found
    yield reached_by(role), found


def expressions_of(axiom: Axiom) -> list[ClassExpression]:
    """The class expressions of a rule or a key."""
    match axiom:
        case owl.HasKey(cls, _, _):
            return [cls]
        case owl.DLSafeRule(body, head):
            return [atom.cls for atom in (*body, *head) if isinstance(atom, owl.ClassAtom)]
    return []


def _about_individuals(axiom: Axiom) -> Iterator[tuple[ClassExpression, ClassExpression]]:
    match axiom:
        case owl.ClassAssertion(individual, expression):
            yield owl.ObjectOneOf((individual,)), expression
        case owl.ObjectPropertyAssertion(role, subject, target):
            yield owl.ObjectOneOf((subject,)), owl.ObjectHasValue(role, target)
        case owl.DataPropertyAssertion(data_property, subject, value):
            yield owl.ObjectOneOf((subject,)), owl.DataSomeValuesFrom(data_property, value)
        case owl.SameIndividual(individuals):
            for one, other in permutations(individuals, 2):
                yield owl.ObjectOneOf((one,)), owl.ObjectOneOf((other,))
        case owl.NegativeObjectPropertyAssertion(role, subject, target):
            yield owl.ObjectIntersectionOf((owl.ObjectOneOf((subject,)), owl.ObjectHasValue(role, target))), NOTHING
        case owl.NegativeDataPropertyAssertion(data_property, subject, value):
            some = owl.DataSomeValuesFrom(data_property, value)
            yield owl.ObjectIntersectionOf((owl.ObjectOneOf((subject,)), some)), NOTHING


def as_class(node: Node) -> ClassExpression:
    """A node as a class expression: an individual as the class that has it alone."""
    return owl.ObjectOneOf((node,)) if isinstance(node, str) else node


def as_node(expression: ClassExpression) -> Node:
    """The other way round."""
    match expression:
        case owl.ObjectOneOf((individual,)):
            return individual
    return expression

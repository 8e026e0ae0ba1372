"""The entities that axioms use, and what kind each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataPropertyDomain,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    EquivalentObjectProperties,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
    Unsupported,
)
from kgtwin.model.ontology import EntityKind

Entity = tuple[str, EntityKind]


def used(axioms: Iterable[Axiom]) -> dict[str, EntityKind]:
    """The entities in axioms, in order of appearance; an IRI of several kinds has its first.

    >>> used([SubClassOf(Class("http://x/A"), ObjectSomeValuesFrom("http://x/r", Class("http://x/B")))])["http://x/r"]
    <EntityKind.OBJECT_PROPERTY: 'ObjectProperty'>
    """
    found: dict[str, EntityKind] = {}
    for axiom in axioms:
        for iri, kind in of_axiom(axiom):
            found.setdefault(iri, kind)
    return found


def of_expression(expression: ClassExpression) -> Iterator[Entity]:
    """The entities in a class expression; of an unsupported one, those in its operands."""
    match expression:
        case Class(iri):
            yield iri, EntityKind.CLASS
        case ObjectIntersectionOf(operands) | Unsupported(_, _, operands):
            for operand in operands:
                yield from of_expression(operand)
        case ObjectSomeValuesFrom(relation, filler):
            yield relation, EntityKind.OBJECT_PROPERTY
            yield from of_expression(filler)
        case DataSomeValuesFrom(relation, _):
            yield relation, EntityKind.DATA_PROPERTY


def of_axiom(axiom: Axiom) -> Iterator[Entity]:
    """The entities in an axiom; none for an ``OtherAxiom``, whose kinds are not known."""
    for name in _relations(axiom):
        yield name, EntityKind.OBJECT_PROPERTY
    match axiom:
        case DataPropertyDomain(relation, _) | DataPropertyAssertion(relation, _, _):
            yield relation, EntityKind.DATA_PROPERTY
    match axiom:
        case ClassAssertion(individual, _) | DataPropertyAssertion(_, individual, _):
            yield individual, EntityKind.NAMED_INDIVIDUAL
        case ObjectPropertyAssertion(_, subject, target):
            yield subject, EntityKind.NAMED_INDIVIDUAL
            yield target, EntityKind.NAMED_INDIVIDUAL
    for expression in expressions(axiom):
        yield from of_expression(expression)


def _relations(axiom: Axiom) -> tuple[str, ...]:
    match axiom:
        case SubObjectPropertyOf(chain, sup):
            return (*chain, sup)
        case EquivalentObjectProperties(operands):
            return operands
        case TransitiveObjectProperty(relation) | ReflexiveObjectProperty(relation):
            return (relation,)
        case ObjectPropertyDomain(relation, _) | ObjectPropertyRange(relation, _):
            return (relation,)
        case ObjectPropertyAssertion(relation, _, _):
            return (relation,)
    return ()


def expressions(axiom: Axiom) -> tuple[ClassExpression, ...]:
    """The class expressions that stand in an axiom, outermost only."""
    match axiom:
        case SubClassOf(sub, sup):
            return (sub, sup)
        case EquivalentClasses(operands) | DisjointClasses(operands):
            return operands
        case ObjectPropertyDomain(_, expression) | DataPropertyDomain(_, expression):
            return (expression,)
        case ObjectPropertyRange(_, expression) | ClassAssertion(_, expression):
            return (expression,)
    return ()

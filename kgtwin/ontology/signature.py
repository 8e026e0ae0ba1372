"""The entities that axioms use, and what kind each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgtwin.model import axioms as ax
from kgtwin.model.axioms import Axiom, ClassExpression, RuleAtom
from kgtwin.model.ontology import EntityKind

Entity = tuple[str, EntityKind]
_OBJECT, _DATA, _PERSON = EntityKind.OBJECT_PROPERTY, EntityKind.DATA_PROPERTY, EntityKind.NAMED_INDIVIDUAL


def used(axioms: Iterable[Axiom]) -> dict[str, EntityKind]:
    """The entities in axioms, in order of appearance; an IRI of several kinds has its first.

    >>> from kgtwin.model.axioms import Class, ObjectSomeValuesFrom, SubClassOf
    >>> used([SubClassOf(Class("http://x/A"), ObjectSomeValuesFrom("http://x/r", Class("http://x/B")))])["http://x/r"]
    <EntityKind.OBJECT_PROPERTY: 'ObjectProperty'>
    """
    found: dict[str, EntityKind] = {}
    for axiom in axioms:
        if isinstance(axiom, ax.SubClassOf):
            _note(axiom.sub, found)
            _note(axiom.sup, found)
        else:
            for iri, kind in of_axiom(axiom):
                found.setdefault(iri, kind)
    return found


def _note(expression: ClassExpression, found: dict[str, EntityKind]) -> None:
    """Adds the entities of an expression, the frequent kinds of it without detours."""
    if isinstance(expression, ax.Class):
        found.setdefault(expression.iri, EntityKind.CLASS)
    elif isinstance(expression, ax.ObjectSomeValuesFrom):
        found.setdefault(expression.property, _OBJECT)
        _note(expression.filler, found)
    else:
        for iri, kind in of_expression(expression):
            found.setdefault(iri, kind)


def of_expression(expression: ClassExpression) -> Iterator[Entity]:
    """The entities in a class expression; none for an ``Unsupported`` one, whose kinds are not known."""
    match expression:
        case ax.Class(iri):
            yield iri, EntityKind.CLASS
        case ax.ObjectIntersectionOf(operands) | ax.ObjectUnionOf(operands):
            for operand in operands:
                yield from of_expression(operand)
        case ax.ObjectComplementOf(operand):
            yield from of_expression(operand)
        case ax.ObjectOneOf(individuals):
            yield from ((one, _PERSON) for one in individuals)
        case ax.DataSomeValuesFrom(relation, _):
            yield relation, _DATA
        case ax.Unsupported():
            return
        case _:
            yield from _of_restriction(expression)


def _of_restriction(expression: ClassExpression) -> Iterator[Entity]:
    match expression:
        case ax.ObjectSomeValuesFrom(relation, filler) | ax.ObjectAllValuesFrom(relation, filler):
            yield relation, _OBJECT
            yield from of_expression(filler)
        case (
            ax.ObjectMinCardinality(_, relation, filler)
            | ax.ObjectMaxCardinality(_, relation, filler)
            | ax.ObjectExactCardinality(_, relation, filler)
        ):
            yield relation, _OBJECT
            yield from of_expression(filler)
        case ax.ObjectHasSelf(relation):
            yield relation, _OBJECT
        case ax.ObjectHasValue(relation, individual):
            yield from ((relation, _OBJECT), (individual, _PERSON))


def of_axiom(axiom: Axiom) -> Iterator[Entity]:
    """The entities in an axiom; none for an ``OtherAxiom``, whose kinds are not known."""
    if isinstance(axiom, ax.DLSafeRule):
        for atom in (*axiom.body, *axiom.head):
            yield from _of_atom(atom)
        return
    yield from ((name, _OBJECT) for name in _relations(axiom))
    yield from ((name, _DATA) for name in _data_properties(axiom))
    yield from ((name, _PERSON) for name in _individuals(axiom))
    if isinstance(axiom, ax.DisjointUnion):
        yield axiom.cls, EntityKind.CLASS
    for expression in expressions(axiom):
        yield from of_expression(expression)


def _relations(axiom: Axiom) -> tuple[str, ...]:
    match axiom:
        case ax.SubObjectPropertyOf(chain, sup):
            return (*chain, sup)
        case ax.EquivalentObjectProperties(operands):
            return operands
        case ax.HasKey(_, relations, _):
            return relations
        case (
            ax.TransitiveObjectProperty(relation)
            | ax.ReflexiveObjectProperty(relation)
            | ax.IrreflexiveObjectProperty(relation)
            | ax.ObjectPropertyDomain(relation, _)
            | ax.ObjectPropertyRange(relation, _)
            | ax.ObjectPropertyAssertion(relation, _, _)
            | ax.NegativeObjectPropertyAssertion(relation, _, _)
        ):
            return (relation,)
    return ()


def _data_properties(axiom: Axiom) -> tuple[str, ...]:
    match axiom:
        case ax.SubDataPropertyOf(sub, sup):
            return sub, sup
        case ax.EquivalentDataProperties(operands) | ax.HasKey(_, _, operands):
            return operands
        case (
            ax.DataPropertyDomain(relation, _)
            | ax.DataPropertyRange(relation, _)
            | ax.FunctionalDataProperty(relation)
            | ax.DataPropertyAssertion(relation, _, _)
            | ax.NegativeDataPropertyAssertion(relation, _, _)
        ):
            return (relation,)
    return ()


def _individuals(axiom: Axiom) -> tuple[str, ...]:
    match axiom:
        case ax.SameIndividual(individuals) | ax.DifferentIndividuals(individuals):
            return individuals
        case (
            ax.ClassAssertion(individual, _)
            | ax.DataPropertyAssertion(_, individual, _)
            | ax.NegativeDataPropertyAssertion(_, individual, _)
        ):
            return (individual,)
        case ax.ObjectPropertyAssertion(_, subject, target) | ax.NegativeObjectPropertyAssertion(_, subject, target):
            return subject, target
    return ()


def _of_atom(atom: RuleAtom) -> Iterator[Entity]:
    people: tuple[ax.IndividualArgument, ...] = ()
    match atom:
        case ax.ClassAtom(cls, argument):
            yield from of_expression(cls)
            people = (argument,)
        case ax.ObjectPropertyAtom(relation, subject, target):
            yield relation, _OBJECT
            people = (subject, target)
        case ax.DataPropertyAtom(relation, subject, _):
            yield relation, _DATA
            people = (subject,)
        case ax.SameIndividualAtom(one, other) | ax.DifferentIndividualsAtom(one, other):
            people = (one, other)
    yield from ((one, _PERSON) for one in people if isinstance(one, str))


def expressions(axiom: Axiom) -> tuple[ClassExpression, ...]:
    """The class expressions that stand in an axiom, outermost only."""
    match axiom:
        case ax.SubClassOf(sub, sup):
            return (sub, sup)
        case ax.EquivalentClasses(operands) | ax.DisjointClasses(operands) | ax.DisjointUnion(_, operands):
            return operands
        case ax.ObjectPropertyDomain(_, expression) | ax.DataPropertyDomain(_, expression):
            return (expression,)
        case ax.ObjectPropertyRange(_, expression) | ax.ClassAssertion(_, expression) | ax.HasKey(expression, _, _):
            return (expression,)
    return ()

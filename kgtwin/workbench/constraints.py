"""Answers expression constraints from a classification, as a terminology server does from inferred relationships."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache, cached_property
from typing import Final

from kgtwin.errors import NotFoundError
from kgtwin.identifiers import to_curie
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    EquivalentObjectProperties,
    Interval,
    Literal,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubObjectPropertyOf,
)
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.ontology.ecl import (
    Attribute,
    Compound,
    Concept,
    Constraint,
    Dotted,
    Group,
    Range,
    Refined,
    Refinement,
    Refinements,
    Related,
    read_constraint,
)
from kgtwin.ontology.postcoordination import ROLE_GROUP
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Relationship = tuple[str, object]
"""An attribute's IRI with the IRI of a class, an interval (a number) or a literal."""
_COMPARISONS: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class Answers:
    """Evaluates constraints. Relationships are the most specific ones that follow; ungrouped, each is its own group."""

    def __init__(self, ontology: Ontology, classification: Classification) -> None:
        self._ontology, self._classification = ontology, classification
        self._relationships = cache(self._relationships_of)

    def of(self, text: str) -> frozenset[str]:
        """The IRIs of the classes that a constraint selects.

        Raises:
            OntologySyntaxError: it does not parse.
            NotFoundError: the ontology has no such concept.
        """
        return self.select(read_constraint(text))

    def select(self, constraint: Constraint) -> frozenset[str]:
        """The same of a constraint that has been read."""
        match constraint:
            case Concept(None):
                return self._every
            case Concept(str(iri)):
                return frozenset({self._known(iri)})
            case Related(operator, of):
                return self._related(operator, self.select(of))
            case Compound(operator, operands):
                return self._compound(operator, [self.select(one) for one in operands])
            case Dotted(of, attribute):
                names = self._attributes(attribute)
                found = (value for iri in self.select(of) for name, value in self._flat(iri) if name in names)
                return frozenset(value for value in found if isinstance(value, str)) & self._every
            case Refined(focus, refinement):
                holds = self._holds(refinement)
                return frozenset(iri for iri in self.select(focus) if holds(iri))
        raise TypeError(type(constraint))

    # concepts

    @cached_property
    def _every(self) -> frozenset[str]:
        found = self._classification
        return frozenset(found.classes - found.unsatisfiable) - {OWL_THING, OWL_NOTHING}

    def _known(self, iri: str) -> str:
        if iri not in self._every:
            raise NotFoundError("no such concept", where=to_curie(iri), expected="a satisfiable class of the ontology")
        return iri

    def _related(self, operator: str, iris: frozenset[str]) -> frozenset[str]:
        if operator in ("!!<", "!!>"):
            others = self._classification.descendants if operator == "!!>" else self._classification.ancestors
            return frozenset(iri for iri in iris if not others(iri) & iris)
        tree, down, near = self._classification, "<" in operator, "!" in operator
        every, direct = (tree.descendants, tree.children) if down else (tree.ancestors, tree.parents)
        found = frozenset(other for iri in iris for other in (direct if near else every)(iri)) & self._every
        return found | iris if operator in ("<<", ">>", "<<!", ">>!") else found

    @staticmethod
    def _compound(operator: str, sets: list[frozenset[str]]) -> frozenset[str]:
        first, *others = sets
        if operator == "AND":
            return first.intersection(*others)
        return first.union(*others) if operator == "OR" else first.difference(*others)

    # attributes

    def _attributes(self, constraint: Constraint) -> frozenset[str]:
        """Properties that a constraint on attributes selects; their hierarchy is that of the object properties."""
        match constraint:
            case Concept(None):
                return frozenset(self._properties)
            case Concept(str(iri)):
                return frozenset({iri})
            case Related(operator, of):
                below = self._below
                inside = self._attributes(of)
                if operator not in ("<", "<<"):
                    return inside
                found = frozenset(sub for sub in self._properties for sup in inside if sup in below.get(sub, ()))
                return found | inside if operator == "<<" else found
            case Compound(operator, operands):
                return self._compound(operator, [self._attributes(one) for one in operands])
        return self.select(constraint)

    @cached_property
    def _properties(self) -> tuple[str, ...]:
        kinds = (EntityKind.OBJECT_PROPERTY, EntityKind.DATA_PROPERTY)
        return tuple(iri for iri, kind in self._ontology.entities.items() if kind in kinds)

    @cached_property
    def _below(self) -> dict[str, frozenset[str]]:
        """Each property with those strictly above it."""
        told: dict[str, set[str]] = {}
        for axiom in self._ontology.axioms:
            if isinstance(axiom, SubObjectPropertyOf) and len(axiom.chain) == 1:
                told.setdefault(axiom.chain[0], set()).add(axiom.sup)
            elif isinstance(axiom, EquivalentObjectProperties):
                for one in axiom.operands:
                    told.setdefault(one, set()).update(set(axiom.operands) - {one})
        return {iri: _closure(iri, told) for iri in told}

    # relationships

    def _flat(self, iri: str) -> Iterator[Relationship]:
        for group in self._relationships(iri):
            yield from group

    def _relationships_of(self, iri: str) -> tuple[tuple[Relationship, ...], ...]:
        """The role groups of a class."""
        groups: list[tuple[Relationship, ...]] = []
        for role in self._properties:
            if self._ontology.entities[role] is not EntityKind.OBJECT_PROPERTY:
                continue
            for node in self._classification.successors(iri, role):
                if role == ROLE_GROUP:
                    groups.append(tuple(_inside(node)))
                else:
                    groups += [((role, one),) for one in _classes(node)]
        told = {group[0] for group in groups if len(group) == 1}
        return tuple(group for group in groups if group and not self._is_wider(group, told))

    def _is_wider(self, group: tuple[Relationship, ...], told: set[Relationship]) -> bool:
        """Whether a property below an ungrouped relationship's leads to the same."""
        role, value = group[0]
        return len(group) == 1 and any(v == value and role in self._below.get(r, ()) for r, v in told if r != role)

    # refinements

    def _holds(self, refinement: Refinement) -> Callable[[str], bool]:
        match refinement:
            case Refinements(operator, operands):
                parts = [self._holds(one) for one in operands]
                every = all if operator == "AND" else any
                return lambda iri: every(part(iri) for part in parts)
            case Group(inside, cardinality):
                fits = self._fits(inside)
                return lambda iri: _in(cardinality, sum(map(fits, self._relationships(iri))))
            case Attribute(reverse=True):
                targets = self._targets(refinement)
                return lambda iri: _in(refinement.cardinality, len(targets.get(iri, ())))
            case Attribute():
                matches = self._matches(refinement)
                return lambda iri: _in(refinement.cardinality, len(set(filter(matches, self._flat(iri)))))
        raise TypeError(type(refinement))

    def _fits(self, refinement: Refinement) -> Callable[[Iterable[Relationship]], bool]:
        """The same for one role group."""
        match refinement:
            case Refinements(operator, operands):
                parts = [self._fits(one) for one in operands]
                every = all if operator == "AND" else any
                return lambda group: every(part(group) for part in parts)
            case Attribute():
                matches = self._matches(refinement)
                return lambda group: _in(refinement.cardinality, len(set(filter(matches, group))))
        raise TypeError("a role group in a role group")

    def _matches(self, attribute: Attribute) -> Callable[[Relationship], bool]:
        names, value, comparison = self._attributes(attribute.name), attribute.value, attribute.comparison
        if isinstance(value, Decimal):
            return lambda one: one[0] in names and _compares(one[1], comparison, value)
        if isinstance(value, str):
            return lambda one: (
                one[0] in names and isinstance(one[1], Literal) and (one[1].text == value) == (comparison == "=")
            )
        wanted = self.select(value)
        return lambda one: one[0] in names and isinstance(one[1], str) and (one[1] in wanted) == (comparison == "=")

    def _targets(self, attribute: Attribute) -> dict[str, set[str]]:
        """What the concepts of a reversed attribute's value lead to, each with those that lead there."""
        assert not isinstance(attribute.value, str | Decimal), "a reversed attribute has concepts as values"
        names, found = self._attributes(attribute.name), dict[str, set[str]]()
        for iri in self.select(attribute.value):
            for name, value in self._flat(iri):
                if name in names and isinstance(value, str):
                    found.setdefault(value, set()).add(iri)
        return found


def _closure(iri: str, told: dict[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    todo = [iri]
    while todo:
        more = told.get(todo.pop(), set()) - found
        found |= more
        todo += more
    return frozenset(found - {iri})


def _in(cardinality: Range | None, count: int) -> bool:
    if cardinality is None:
        return count > 0
    return count >= cardinality.least and (cardinality.most is None or count <= cardinality.most)


def _compares(value: object, comparison: str, wanted: Decimal) -> bool:
    if not isinstance(value, Interval) or value.low is None or value.low != value.high:
        return False
    return _COMPARISONS[comparison](value.low, wanted)


def _classes(node: str | ClassExpression) -> Iterator[str]:
    """The named classes of a filler."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Class):
        yield node.iri
    elif isinstance(node, ObjectIntersectionOf):
        for operand in node.operands:
            yield from _classes(operand)


def _inside(node: str | ClassExpression) -> Iterator[Relationship]:
    """The relationships in a role group."""
    if isinstance(node, ObjectIntersectionOf):
        for operand in node.operands:
            yield from _inside(operand)
    elif isinstance(node, ObjectSomeValuesFrom):
        yield from ((node.property, iri) for iri in _classes(node.filler))
    elif isinstance(node, DataSomeValuesFrom) and isinstance(node.range, Interval | Literal):
        yield node.property, node.range

"""A naive evaluator to hold the engine against: a canonical model grown until no axiom is violated.

It shares no code with the engine: no index, no worklist, no rules; it evaluates left sides by walking the model, and
adds right sides where they do not hold. Exponentially slower, and short enough to be read.

For each class there is a model of its own, grown from one instance of it beside the named individuals (Baader, Brandt
and Lutz, "Pushing the EL envelope", 2005, need no more than that for nominals). An element is a named individual, the
instance asked about, or *some instance of a filler*, one for all that must exist by this filler and the ranges of its
role; so an edge from an element to itself need not lead from a thing to itself, and self restrictions are kept apart
(``loops``). Where an element turns out to be an individual, the two become one.

Complete for OWL 2 EL with unions on left sides and single data values on right ones; of other constructs it uses what
an EL reasoner can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression, DataRange, Datatype
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, RDFS
from tests.reasoning.data_pool import members

THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)


class Some(NamedTuple):
    """Some instance of a filler within ranges; with ``root`` the instance asked about."""

    filler: ClassExpression
    ranges: tuple[ClassExpression, ...] = ()
    root: bool = False


Element = str | Some
Inclusion = tuple[ClassExpression, ClassExpression]


def inclusions(axiom: Axiom) -> Iterator[Inclusion]:
    """An axiom about classes and individuals as inclusions between class expressions, as OWL 2 defines it."""
    match axiom:
        case owl.SubClassOf(sub, sup):
            yield sub, sup
        case owl.EquivalentClasses(operands):
            yield from ((one, other) for one in operands for other in operands if one != other)
        case owl.DisjointClasses(operands):
            yield from _apart(operands)
        case owl.DisjointUnion(cls, operands):
            yield from ((one, Class(cls)) for one in operands)
            yield Class(cls), owl.ObjectUnionOf(tuple(one for one in operands if one != NOTHING))
            yield from _apart(operands)
        case owl.ObjectPropertyDomain(role, domain):
            yield owl.ObjectSomeValuesFrom(role, THING), domain
        case owl.DataPropertyDomain(prop, domain):
            yield owl.DataSomeValuesFrom(prop, Datatype(RDFS + "Literal")), domain
        case owl.ReflexiveObjectProperty(role):
            yield THING, owl.ObjectHasSelf(role)
        case owl.IrreflexiveObjectProperty(role):
            yield owl.ObjectHasSelf(role), NOTHING
        case _:
            yield from _about_individuals(axiom)


def _about_individuals(axiom: Axiom) -> Iterator[Inclusion]:
    match axiom:
        case owl.ClassAssertion(who, expression):
            yield _one(who), expression
        case owl.ObjectPropertyAssertion(role, who, whom):
            yield _one(who), owl.ObjectHasValue(role, whom)
        case owl.DataPropertyAssertion(prop, who, value):
            yield _one(who), owl.DataSomeValuesFrom(prop, value)
        case owl.NegativeObjectPropertyAssertion(role, who, whom):
            yield owl.ObjectIntersectionOf((_one(who), owl.ObjectHasValue(role, whom))), NOTHING
        case owl.NegativeDataPropertyAssertion(prop, who, value):
            yield owl.ObjectIntersectionOf((_one(who), owl.DataSomeValuesFrom(prop, value))), NOTHING
        case owl.SameIndividual(individuals):
            yield from ((_one(one), _one(other)) for one in individuals for other in individuals if one != other)
        case owl.DifferentIndividuals(individuals):
            yield from _apart([_one(one) for one in individuals])


def _apart(operands: Sequence[ClassExpression]) -> Iterator[Inclusion]:
    return ((owl.ObjectIntersectionOf(pair), NOTHING) for pair in combinations(operands, 2))


def _one(individual: str) -> owl.ObjectOneOf:
    return owl.ObjectOneOf((individual,))


class RoleAxioms:
    """Chains (of one role or more) and ranges, as told."""

    def __init__(self, axioms: Iterable[Axiom]) -> None:
        self.chains: list[tuple[tuple[str, ...], str]] = []
        self.told_ranges: list[tuple[str, ClassExpression]] = []
        for axiom in axioms:
            match axiom:
                case owl.SubObjectPropertyOf(chain, sup):
                    self.chains.append((chain, sup))
                case owl.EquivalentObjectProperties(operands):
                    self.chains.extend(((one,), other) for one in operands for other in operands if one != other)
                case owl.TransitiveObjectProperty(role):
                    self.chains.append(((role, role), role))
                case owl.ObjectPropertyRange(role, found):
                    self.told_ranges.append((role, found))
                case owl.SubClassOf(Class("http://www.w3.org/2002/07/owl#Thing"), owl.ObjectAllValuesFrom(role, found)):
                    self.told_ranges.append((role, found))

    def ranges(self, role: str) -> tuple[ClassExpression, ...]:
        """The ranges of a role and of those above it."""
        supers, grown = {role}, True
        while grown:
            more = {sup for chain, sup in self.chains if len(chain) == 1 and chain[0] in supers}
            grown = not more <= supers
            supers |= more
        return tuple(found for prop, found in self.told_ranges if prop in supers)


class DataAxioms:
    """The hierarchy of data properties, their ranges, which are functional."""

    def __init__(self, axioms: Iterable[Axiom]) -> None:
        self._up: list[tuple[str, str]] = []
        self.ranges: list[tuple[str, DataRange]] = []
        self.functional: list[str] = []
        for axiom in axioms:
            match axiom:
                case owl.SubDataPropertyOf(sub, sup):
                    self._up.append((sub, sup))
                case owl.EquivalentDataProperties(operands):
                    self._up.extend((one, other) for one in operands for other in operands if one != other)
                case owl.DataPropertyRange(prop, found):
                    self.ranges.append((prop, found))
                case owl.FunctionalDataProperty(prop):
                    self.functional.append(prop)

    def supers(self, prop: str) -> set[str]:
        """A property and those above it."""
        found, grown = {prop}, True
        while grown:
            more = {sup for sub, sup in self._up if sub in found}
            grown = not more <= found
            found |= more
        return found

    def values(self, told: owl.DataSomeValuesFrom) -> frozenset[int]:
        """The values that a told restriction leaves open."""
        supers = self.supers(told.property)
        found = members(told.range)
        for prop, data_range in self.ranges:
            if prop in supers:
                found &= members(data_range)
        return found

    def holds(self, told: owl.DataSomeValuesFrom, asked: owl.DataSomeValuesFrom) -> bool:
        """Whether the one entails the other."""
        return asked.property in self.supers(told.property) and self.values(told) <= members(asked.range)

    def clash(self, told: Sequence[owl.DataSomeValuesFrom]) -> bool:
        """Whether no values are left for a told restriction, or none for two whose values must be the same."""
        if any(not self.values(one) for one in told):
            return True
        return any(
            not self.values(one) & self.values(other)
            for one, other in combinations(told, 2)
            if self.supers(one.property) & self.supers(other.property) & set(self.functional)
        )


class Model:
    """The elements that must exist beside an instance of ``root``, if one is given, and the named individuals."""

    def __init__(
        self, axioms: Sequence[Axiom], individuals: Iterable[str], root: ClassExpression | None = None
    ) -> None:
        self.inclusions = [one for axiom in axioms for one in inclusions(axiom)]
        self.roles, self.data = RoleAxioms(axioms), DataAxioms(axioms)
        self.types: dict[Element, set[ClassExpression]] = {}
        self.edges: set[tuple[Element, str, Element]] = set()
        self.loops: set[tuple[Element, str]] = set()
        self.same: dict[Element, Element] = {}
        for individual in individuals:
            self.add(individual)
        self.root = None if root is None else self.add(Some(root, root=True))
        self._grow()

    @property
    def impossible(self) -> bool:
        """Whether some element cannot exist (each one must)."""
        return any(NOTHING in types for types in self.types.values())

    # elements

    def the(self, element: Element) -> Element:
        """What an element has become one with."""
        while element in self.same:
            element = self.same[element]
        return element

    def add(self, element: Element) -> Element:
        element = self.the(element)
        if element not in self.types:
            self.types[element] = {THING}
            if isinstance(element, Some):
                for part in (element.filler, *element.ranges):
                    self.make(element, part)
        return self.the(element)

    def merge(self, element: Element, individual: str) -> None:
        one, other = self.the(element), self.add(individual)
        if one == other:
            return
        self.same[one] = other
        self.types[other] |= self.types.pop(one)
        self.edges = {(self.the(s), r, self.the(o)) for s, r, o in self.edges}
        self.loops = {(self.the(s), r) for s, r in self.loops}

    # right sides

    def make(self, element: Element, expression: ClassExpression) -> None:
        element = self.the(element)
        match expression:
            case owl.ObjectIntersectionOf(operands) | (owl.ObjectUnionOf((_,) as operands)):
                for operand in operands:
                    self.make(element, operand)
            case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectMinCardinality(1, role, filler):
                target = self.add(Some(filler, self.roles.ranges(role)))  # which may put new edges in place of all
                self.edges.add((self.the(element), role, target))
            case owl.ObjectHasValue(role, individual):
                target = self.add(individual)
                self.edges.add((self.the(element), role, target))
            case owl.ObjectOneOf((individual,)):
                self.merge(element, individual)
            case owl.ObjectHasSelf(role):
                self.loops.add((element, role))
            case _:
                self.types[element].add(expression)

    # left sides

    def holds(self, element: Element, expression: ClassExpression) -> bool:
        match expression:
            case owl.ObjectIntersectionOf(operands):
                return all(self.holds(element, operand) for operand in operands)
            case owl.ObjectUnionOf(operands):
                return any(self.holds(element, operand) for operand in operands)
            case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectMinCardinality(1, role, filler):
                return any(s == element and r == role and self.holds(o, filler) for s, r, o in self.edges)
        return self._holds_rare(element, expression)

    def _holds_rare(self, element: Element, expression: ClassExpression) -> bool:
        match expression:
            case owl.ObjectHasValue(role, individual):
                return (element, role, self.the(individual)) in self.edges
            case owl.ObjectOneOf(individuals):
                return any(self.the(one) == element for one in individuals)
            case owl.ObjectHasSelf(role):
                return (element, role) in self.loops
            case owl.DataSomeValuesFrom():
                return any(self.data.holds(one, expression) for one in self._told_data(element))
        return expression in self.types[element]

    def _told_data(self, element: Element) -> list[owl.DataSomeValuesFrom]:
        return [one for one in self.types[element] if isinstance(one, owl.DataSomeValuesFrom)]

    # axioms

    def _grow(self) -> None:
        """Applies every axiom to every element until nothing changes."""
        size = None
        while size != self._size() and not self.impossible:
            size = self._size()
            for element in tuple(self.types):
                self._include(element)
            for element in tuple(self.types):
                self._refute(element)
            self._link()
            for role, found in self.roles.told_ranges:
                self._within(role, found)

    def _size(self) -> tuple[int, ...]:
        return len(self.edges), len(self.loops), len(self.same), len(self.types), sum(map(len, self.types.values()))

    def _include(self, element: Element) -> None:
        for sub, sup in self.inclusions:
            if self.holds(self.the(element), sub):
                self.make(element, sup)

    def _refute(self, element: Element) -> None:
        """``⊥`` where a complement, or the data told, leaves no other way."""
        for one in tuple(self.types[element]):
            match one:
                case owl.ObjectComplementOf(operand):
                    refuted = self.holds(element, operand)
                case owl.ObjectMaxCardinality(0, role, filler) | owl.ObjectExactCardinality(0, role, filler):
                    refuted = self.holds(element, owl.ObjectSomeValuesFrom(role, filler))
                case owl.ObjectAllValuesFrom(role, filler) if filler == NOTHING:
                    refuted = self.holds(element, owl.ObjectSomeValuesFrom(role, THING))
                case _:
                    refuted = False
            if refuted:
                self.types[element].add(NOTHING)
        if self.data.clash(self._told_data(element)):
            self.types[element].add(NOTHING)

    def _link(self) -> None:
        self.loops |= {(s, r) for s, r, o in self.edges if s == o and isinstance(s, str)}
        self.edges |= {(s, r, s) for s, r in self.loops}
        for chain, sup in self.roles.chains:
            for start in tuple(self.types):
                self.edges |= {(start, sup, end) for end in self._ends(start, chain)}
                if all((start, role) in self.loops for role in chain):
                    self.loops.add((start, sup))

    def _ends(self, start: Element, chain: tuple[str, ...]) -> set[Element]:
        ends = {start}
        for role in chain:
            ends = {o for s, r, o in self.edges if r == role and s in ends}
        return ends

    def _within(self, role: str, found: ClassExpression) -> None:
        """Ranges of what is one thing: individuals, and what is related to itself. Others are made within theirs."""
        related: list[Element] = [o for _, r, o in self.edges if r == role and isinstance(o, str)]
        for element in (*related, *(element for element, r in self.loops if r == role)):
            self.make(element, found)


class Answer(NamedTuple):
    """``subsumers``: each class with all that are above it, None for an empty one; ``types``: those of individuals."""

    consistent: bool
    subsumers: dict[str, set[str] | None]
    types: dict[str, set[str]]


def evaluate(axioms: Sequence[Axiom], classes: Iterable[str], individuals: Iterable[str] = ()) -> Answer:
    """What follows from axioms about named classes and individuals."""
    bare = Model(axioms, individuals, THING)
    if bare.impossible:
        return Answer(False, {}, {})
    types = {who: _names(bare, who) for who in individuals}
    return Answer(True, {iri: _above(Model(axioms, individuals, Class(iri))) for iri in classes}, types)


def _above(model: Model) -> set[str] | None:
    assert model.root is not None
    return None if model.impossible else _names(model, model.root)


def _names(model: Model, element: Element) -> set[str]:
    return {one.iri for one in model.types[model.the(element)] if isinstance(one, Class)} - {OWL_THING}

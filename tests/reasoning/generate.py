"""Small random ontologies and ABoxes. As :class:`Shape` has it, they stay within what an oracle takes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Assertion, Axiom, Class, ClassExpression, DataRange, Interval
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.reasoning import generate_roles
from tests.reasoning.data_pool import RANGES, VALUES


@dataclass(frozen=True)
class Shape:
    """What a random ontology may contain.

    By default it is one of OWL 2 EL, with unions on left sides, that HermiT takes, too: role chains are regular, and
    ranges stand on roles that no chain leads to.
    """

    classes: int = 6
    roles: int = 4
    axioms: int = 10
    depth: int = 2
    numbers: bool = True
    unions: bool = True
    bottom: bool = True
    reflexive: bool = False
    selfs: bool = False
    """Self restrictions and irreflexive roles, of roles that no chain leads to (of any, where roles are irregular)."""
    nominals: bool = False
    """Individuals in class expressions."""
    facts: bool = False
    """Assertions among the axioms, negative ones and equality too."""
    spaces: bool = False
    """Data ranges of every space, not only decimal numbers; data properties in a hierarchy, with ranges, functional."""
    intervals: bool = False
    """Data ranges on right sides, not only single values."""
    complements: bool = False
    """Complements on right sides, empty universals and cardinalities that say no more than EL can."""
    ranges: bool = True
    irregular: bool = False
    """Cycles of role inclusions and chains."""
    beyond: bool = False
    """Constructs outside of EL on either side, and ranges on any role."""


class Generator:
    """Everything it makes carries ``name`` in its IRIs, so that many ontologies fit in one file."""

    def __init__(self, random: Random, name: str = "t", shape: Shape | None = None) -> None:
        self.random, self.shape = random, shape or Shape()
        stem = f"http://example.org/{name}#"
        self.classes = [Class(f"{stem}C{i}") for i in range(self.shape.classes)]
        self.roles = [f"{stem}r{i}" for i in range(self.shape.roles)]
        self.data = f"{stem}d"
        self.data_properties = [self.data, f"{stem}e", f"{stem}f"] if self.shape.spaces else [self.data]
        self.individuals = [f"{stem}i{i}" for i in range(4)]
        self.simple = self.roles

    def ontology(self) -> list[Axiom]:
        """Axioms in random order."""
        axioms = self._role_axioms()
        if self.shape.spaces:
            axioms.extend(self._data_axiom() for _ in range(self.random.randint(0, 4)))
        axioms.extend(self._class_axiom() for _ in range(self.random.randint(1, self.shape.axioms)))
        if self.shape.facts:
            axioms.extend(self.assertions())
            axioms.extend(self._about_individuals() for _ in range(self.random.randint(0, 3)))
        self.random.shuffle(axioms)
        return axioms

    def assertions(self) -> list[Assertion]:
        """Up to seven facts about four individuals."""
        pick = self.random.choice
        found: list[Assertion] = []
        for _ in range(self.random.randint(1, 7)):
            kind = self.random.random()
            if kind < 0.4:
                found.append(owl.ClassAssertion(pick(self.individuals), self.expression(2)))
            elif kind < 0.8:
                one, other = pick(self.individuals), pick(self.individuals)
                found.append(owl.ObjectPropertyAssertion(pick(self.roles), one, other))
            elif self.shape.numbers:
                value = self._value()
                found.append(owl.DataPropertyAssertion(pick(self.data_properties), pick(self.individuals), value))
        return found

    # expressions

    def expression(self, depth: int, *, left: bool = False) -> ClassExpression:
        """A class expression for a left or a right side."""
        kind = self.random.random()
        if depth == 0 or kind < 0.4:
            return self._atom(left=left)
        if kind < 0.75:
            filler = self.expression(depth - 1, left=left)
            return owl.ObjectSomeValuesFrom(self.random.choice(self.roles), filler)
        if left and self.shape.unions and kind < 0.8:
            return owl.ObjectUnionOf(tuple(self.expression(depth - 1, left=True) for _ in range(2)))
        if self.shape.beyond and kind < 0.9:
            return self._beyond(depth - 1, left=left)
        if self.shape.complements and not left and kind < 0.85:
            return self._negative(depth - 1)
        return owl.ObjectIntersectionOf(
            tuple(self.expression(depth - 1, left=left) for _ in range(self.random.randint(2, 3)))
        )

    def _atom(self, *, left: bool) -> ClassExpression:
        kind = self.random.random()
        pick = self.random.choice
        if kind < 0.05:
            return Class(OWL_THING)
        if kind < 0.2 and self.shape.numbers:
            return owl.DataSomeValuesFrom(pick(self.data_properties), self._range(left=left))
        if kind < 0.3 and self.shape.selfs and self.simple:
            return owl.ObjectHasSelf(pick(self.simple))
        if kind < 0.4 and self.shape.nominals:
            one = pick(self.individuals)
            return owl.ObjectOneOf((one,)) if self.random.random() < 0.5 else owl.ObjectHasValue(pick(self.roles), one)
        return pick(self.classes)

    def _negative(self, depth: int) -> ClassExpression:
        role, filler = self.random.choice(self.roles), self.expression(depth, left=True)
        kind = self.random.randrange(5)
        if kind == 0:
            return owl.ObjectAllValuesFrom(role, Class(OWL_NOTHING))
        if kind == 1 and role in self.simple:
            return owl.ObjectMaxCardinality(0, role, filler)
        if kind == 2 and role in self.simple:
            return owl.ObjectMinCardinality(1, role, self.expression(depth))
        return owl.ObjectComplementOf(filler)

    def _beyond(self, depth: int, *, left: bool) -> ClassExpression:
        inner, role = self.expression(depth, left=left), self.random.choice(self.roles)
        kind, simple = self.random.randrange(6), self.random.choice(self.simple or self.roles)
        if kind == 0:
            return owl.ObjectUnionOf((inner, self.expression(depth, left=left)))
        if kind == 1:
            return owl.ObjectComplementOf(inner)
        if kind == 2:
            return owl.ObjectAllValuesFrom(role, inner)
        if not self.simple:
            return owl.ObjectOneOf(tuple(self.random.sample(self.individuals, 2)))
        cardinality = (owl.ObjectMinCardinality, owl.ObjectMaxCardinality, owl.ObjectExactCardinality)[kind - 3]
        return cardinality(self.random.randrange(3), simple, inner)

    # data

    def _range(self, *, left: bool) -> DataRange:
        ranges = left or self.shape.intervals
        if self.shape.spaces:
            return self.random.choice(RANGES if ranges else VALUES)
        return self._interval() if ranges else self._point()

    def _value(self) -> DataRange:
        return self.random.choice(VALUES) if self.shape.spaces else self._point()

    def _point(self) -> Interval:
        value = Decimal(self.random.randint(0, 8)) / 2
        return Interval(value, False, value)

    def _interval(self) -> Interval:
        low, high = sorted((self.random.randint(0, 8), self.random.randint(0, 8)))
        kind = self.random.random()
        low_open, high_open = self.random.random() < 0.5, self.random.random() < 0.5
        if kind < 0.3:
            return Interval(low=Decimal(low) / 2, low_open=low_open)
        if kind < 0.6:
            return Interval(high=Decimal(high) / 2, high_open=high_open)
        return Interval(Decimal(low) / 2, low_open, Decimal(high + 1) / 2, high_open)

    def _data_axiom(self) -> Axiom:
        pick, kind = self.random.choice, self.random.random()
        one, other = self.random.sample(self.data_properties, 2)
        if kind < 0.3:
            return owl.SubDataPropertyOf(one, other)
        if kind < 0.4:
            return owl.EquivalentDataProperties((one, other))
        if kind < 0.6 and not self.shape.intervals:
            return owl.FunctionalDataProperty(one)
        return owl.DataPropertyRange(one, pick(RANGES))

    # axioms

    def _class_axiom(self) -> Axiom:
        kind, depth = self.random.random(), self.shape.depth
        pick = self.random.choice
        if kind < 0.45:
            return owl.SubClassOf(self.expression(depth, left=True), self.expression(depth))
        if kind < 0.7:
            return owl.EquivalentClasses((pick(self.classes), self._definition()))
        if kind < 0.83 and self.shape.bottom:
            return self._negation()
        return self._rarer_axiom(kind)

    def _rarer_axiom(self, kind: float) -> Axiom:
        pick = self.random.choice
        if kind < 0.9:
            return owl.ObjectPropertyDomain(pick(self.roles), self.expression(1))
        if kind < 0.93 and self.shape.numbers:
            return owl.DataPropertyDomain(pick(self.data_properties), self.expression(1))
        if kind < 0.95 and self.shape.complements:
            return owl.DisjointUnion(pick(self.classes).iri, (self.expression(1), Class(OWL_NOTHING)))
        return owl.SubClassOf(pick(self.classes), self.expression(self.shape.depth))

    def _negation(self) -> Axiom:
        kind = self.random.random()
        if kind < 0.1 and self.shape.selfs and self.simple:
            return owl.IrreflexiveObjectProperty(self.random.choice(self.simple))
        if kind < 0.75:
            count = self.random.choice((2, 2, 3, 3, 5, 6)[: 2 * len(self.classes) // 2])
            return owl.DisjointClasses(tuple(self.random.sample(self.classes, min(count, len(self.classes)))))
        return owl.SubClassOf(self.expression(2, left=True), Class(OWL_NOTHING))

    def _definition(self) -> ClassExpression:
        """An expression for both sides of an equivalence, so its data ranges are single values."""
        return self.expression(self.shape.depth, left=False)

    def _about_individuals(self) -> Axiom:
        pick, kind = self.random.choice, self.random.random()
        one, other = self.random.sample(self.individuals, 2)
        if kind < 0.25:
            return owl.SameIndividual((one, other))
        if kind < 0.5:
            return owl.DifferentIndividuals(tuple(self.random.sample(self.individuals, self.random.randint(2, 4))))
        if kind < 0.75 or not self.shape.numbers:
            return owl.NegativeObjectPropertyAssertion(pick(self.simple or self.roles), one, pick([one, other]))
        return owl.NegativeDataPropertyAssertion(pick(self.data_properties), one, self._value())

    def _role_axioms(self) -> list[Axiom]:
        box = generate_roles.irregular if self.shape.irregular else generate_roles.regular
        axioms, composed = box(self.random, self.roles)
        free = [role for role in self.roles if role not in composed]
        self.simple = self.roles if self.shape.irregular else free
        ranged = self.roles if self.shape.beyond else free
        chosen = self.random.sample(ranged, min(len(ranged), self.random.randint(0, 2)))
        if not self.shape.ranges:
            chosen = []
        axioms.extend(owl.ObjectPropertyRange(role, self.expression(1)) for role in chosen)
        if self.shape.reflexive and (self.shape.irregular or not composed):
            axioms.append(owl.ReflexiveObjectProperty(self.random.choice(self.roles)))
        return axioms

"""Small random ontologies and ABoxes that HermiT takes, too: regular role chains, OWL 2 EL's range restriction."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataPropertyDomain,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    Interval,
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
from kgtwin.model.owl_text import render_expression
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING


@dataclass(frozen=True)
class Shape:
    """What a random ontology may contain."""

    classes: int = 6
    roles: int = 4
    axioms: int = 10
    numbers: bool = True
    unions: bool = True
    bottom: bool = True
    reflexive: bool = False


class Generator:
    """Everything it makes carries ``name`` in its IRIs, so that many ontologies fit in one file."""

    def __init__(self, random: Random, name: str = "t", shape: Shape | None = None) -> None:
        self.random, self.shape = random, shape or Shape()
        stem = f"http://example.org/{name}#"
        self.classes = [Class(f"{stem}C{i}") for i in range(self.shape.classes)]
        self.roles = [f"{stem}r{i}" for i in range(self.shape.roles)]
        self.data = f"{stem}d"
        self.individuals = [f"{stem}i{i}" for i in range(4)]

    def ontology(self) -> list[Axiom]:
        axioms = self._role_axioms()
        axioms.extend(self._class_axiom() for _ in range(self.random.randint(1, self.shape.axioms)))
        self.random.shuffle(axioms)
        return axioms

    def assertions(self) -> list[Assertion]:
        pick = self.random.choice
        found: list[Assertion] = []
        for _ in range(self.random.randint(1, 7)):
            kind = self.random.random()
            if kind < 0.4:
                found.append(ClassAssertion(pick(self.individuals), self.expression(2)))
            elif kind < 0.8:
                found.append(ObjectPropertyAssertion(pick(self.roles), pick(self.individuals), pick(self.individuals)))
            elif self.shape.numbers:
                value = Decimal(self.random.randint(0, 8)) / 2
                found.append(DataPropertyAssertion(self.data, pick(self.individuals), Interval(value, False, value)))
        return found

    def expression(self, depth: int, *, left: bool = False) -> ClassExpression:
        kind = self.random.random()
        if depth == 0 or kind < 0.4:
            return self._atom(left=left)
        if kind < 0.75:
            filler = self.expression(depth - 1, left=left)
            return ObjectSomeValuesFrom(self.random.choice(self.roles), filler)
        if left and self.shape.unions and kind < 0.8:
            return self._union(depth)
        return ObjectIntersectionOf(
            tuple(self.expression(depth - 1, left=left) for _ in range(self.random.randint(2, 3)))
        )

    def _atom(self, *, left: bool) -> ClassExpression:
        kind = self.random.random()
        if kind < 0.05:
            return Class(OWL_THING)
        if kind < 0.2 and self.shape.numbers:
            return DataSomeValuesFrom(self.data, self._interval() if left else self._point())
        return self.random.choice(self.classes)

    def _union(self, depth: int) -> ClassExpression:
        operands = tuple(self.expression(depth - 1, left=True) for _ in range(2))
        text = f"ObjectUnionOf({' '.join(map(render_expression, operands))})"
        return Unsupported("ObjectUnionOf", text, operands)

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

    def _class_axiom(self) -> Axiom:
        kind = self.random.random()
        pick = self.random.choice
        if kind < 0.45:
            return SubClassOf(self.expression(2, left=True), self.expression(2))
        if kind < 0.7:
            return EquivalentClasses((pick(self.classes), self._definition()))
        if kind < 0.83 and self.shape.bottom:
            return self._negation()
        if kind < 0.9:
            return ObjectPropertyDomain(pick(self.roles), self.expression(1))
        if kind < 0.93 and self.shape.numbers:
            return DataPropertyDomain(self.data, self.expression(1))
        return SubClassOf(pick(self.classes), self.expression(2))

    def _negation(self) -> Axiom:
        if self.random.random() < 0.75:
            return DisjointClasses(tuple(self.random.sample(self.classes, self.random.randint(2, 3))))
        return SubClassOf(self.expression(2, left=True), Class(OWL_NOTHING))

    def _definition(self) -> ClassExpression:
        """An expression for both sides of an equivalence, so its numbers are points."""
        return self.expression(2, left=False)

    def _role_axioms(self) -> list[Axiom]:
        """Regular by construction: a chain's roles come before its result, but for one at an end."""
        axioms: list[Axiom] = []
        results: set[int] = set()
        edges: list[tuple[int, int]] = []
        for k in range(1, len(self.roles)):
            kind = self.random.random()
            earlier = [self.random.randrange(k) for _ in range(self.random.randint(2, 3))]
            if kind < 0.3:
                edges.append((earlier[0], k))
                axioms.append(SubObjectPropertyOf((self.roles[earlier[0]],), self.roles[k]))
            elif kind < 0.5:
                results.add(k)
                axioms.append(TransitiveObjectProperty(self.roles[k]))
            elif kind < 0.85:
                results.add(k)
                chain = self.random.choice([earlier, [k, *earlier[1:]], [*earlier[1:], k]])
                axioms.append(SubObjectPropertyOf(tuple(self.roles[i] for i in chain), self.roles[k]))
        axioms.extend(self._ranges(results, edges))
        if self.shape.reflexive and not results:
            axioms.append(ReflexiveObjectProperty(self.random.choice(self.roles)))
        return axioms

    def _ranges(self, results: set[int], edges: list[tuple[int, int]]) -> list[Axiom]:
        """Only on roles that no chain leads to, not even by way of the hierarchy."""
        reached = set(results)
        for sub, sup in sorted(edges):
            if sub in reached:
                reached.add(sup)
        free = [role for i, role in enumerate(self.roles) if i not in reached]
        chosen = self.random.sample(free, min(len(free), self.random.randint(0, 2)))
        return [ObjectPropertyRange(role, self.expression(1)) for role in chosen]

"""A naive evaluator to hold the engine against: a canonical model grown until no axiom is violated.

It shares no code with the engine: no index, no worklist, no rules; it evaluates left sides by walking the model, and
adds right sides where they do not hold. Exponentially slower, and short enough to be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

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
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Element = str | tuple[ClassExpression, tuple[ClassExpression, ...]]


def inside(inner: Interval, outer: Interval) -> bool:
    """Interval inclusion by trying numbers around every bound, not by comparing bounds."""
    bounds = {b for one in (inner, outer) for b in (one.low, one.high) if b is not None}
    tried = [
        b + step
        for b in bounds
        for step in (Decimal(-1000), Decimal("-0.001"), Decimal(0), Decimal("0.001"), Decimal(1000))
    ]
    return all(_in(number, outer) for number in (tried or [Decimal(0)]) if _in(number, inner))


def _in(number: Decimal, interval: Interval) -> bool:
    if interval.low is not None and (number < interval.low or (interval.low_open and number == interval.low)):
        return False
    if interval.high is not None and (number > interval.high or (interval.high_open and number == interval.high)):
        return False
    return not interval.integer or number == number.to_integral_value()


@dataclass
class Model:
    axioms: Sequence[Axiom]
    types: dict[Element, set[ClassExpression]] = field(default_factory=dict)
    edges: set[tuple[Element, str, Element]] = field(default_factory=set)

    def add(self, element: Element) -> Element:
        if element not in self.types:
            self.types[element] = {Class(OWL_THING)}
            if not isinstance(element, str):
                for part in (element[0], *element[1]):
                    self.make(element, part)
        return element

    def make(self, element: Element, expression: ClassExpression) -> None:
        match expression:
            case ObjectIntersectionOf(operands):
                for operand in operands:
                    self.make(element, operand)
            case ObjectSomeValuesFrom(role, filler):
                self.edges.add((element, role, self.add((filler, self._ranges(role)))))
            case _:
                self.types[element].add(expression)

    def _ranges(self, role: str) -> tuple[ClassExpression, ...]:
        supers, grown = {role}, True
        while grown:
            more = {
                a.sup
                for a in self.axioms
                if isinstance(a, SubObjectPropertyOf) and len(a.chain) == 1 and a.chain[0] in supers
            }
            grown = not more <= supers
            supers |= more
        return tuple(a.range for a in self.axioms if isinstance(a, ObjectPropertyRange) and a.property in supers)

    def holds(self, element: Element, expression: ClassExpression) -> bool:
        match expression:
            case ObjectIntersectionOf(operands):
                return all(self.holds(element, operand) for operand in operands)
            case ObjectSomeValuesFrom(role, filler):
                return any(s == element and r == role and self.holds(o, filler) for s, r, o in self.edges)
            case DataSomeValuesFrom(prop, interval):
                return any(
                    isinstance(one, DataSomeValuesFrom) and one.property == prop and inside(one.interval, interval)
                    for one in self.types[element]
                )
            case Unsupported("ObjectUnionOf", _, operands) if operands:
                return any(self.holds(element, operand) for operand in operands)
        return expression in self.types[element]

    def grow(self) -> None:
        """Applies every axiom to every element until nothing changes."""
        size = -1
        while size != self._size():
            size = self._size()
            for axiom in self.axioms:
                self._apply(axiom)
            for subject, _, target in list(self.edges):
                if Class(OWL_NOTHING) in self.types[target]:
                    self.make(subject, Class(OWL_NOTHING))

    def _size(self) -> int:
        return len(self.edges) + len(self.types) + sum(map(len, self.types.values()))

    def _apply(self, axiom: Axiom) -> None:
        for element in list(self.types):
            for sub, sup in self._inclusions(axiom):
                if self.holds(element, sub):
                    self.make(element, sup)
            if isinstance(axiom, DisjointClasses) and sum(self.holds(element, one) for one in axiom.operands) > 1:
                self.make(element, Class(OWL_NOTHING))
            if isinstance(axiom, ReflexiveObjectProperty):
                self.edges.add((element, axiom.property, element))
            if isinstance(axiom, DataPropertyDomain) and any(
                isinstance(one, DataSomeValuesFrom) and one.property == axiom.property for one in self.types[element]
            ):
                self.make(element, axiom.domain)
        for subject, role, target in list(self.edges):
            self._over_edge(axiom, subject, role, target)

    @staticmethod
    def _inclusions(axiom: Axiom) -> Iterable[tuple[ClassExpression, ClassExpression]]:
        if isinstance(axiom, SubClassOf):
            return [(axiom.sub, axiom.sup)]
        if isinstance(axiom, EquivalentClasses):
            return [(one, other) for one in axiom.operands for other in axiom.operands if one != other]
        return []

    def _over_edge(self, axiom: Axiom, subject: Element, role: str, target: Element) -> None:
        match axiom:
            case ObjectPropertyDomain(prop, domain) if prop == role:
                self.make(subject, domain)
            case ObjectPropertyRange(prop, found) if prop == role and (isinstance(target, str) or subject == target):
                self.make(target, found)
            case SubObjectPropertyOf(chain, sup) if chain[0] == role:
                for end in self._ends(target, chain[1:]):
                    self.edges.add((subject, sup, end))
            case TransitiveObjectProperty(prop) if prop == role:
                for end in self._ends(target, (role,)):
                    self.edges.add((subject, role, end))

    def _ends(self, start: Element, chain: tuple[str, ...]) -> set[Element]:
        ends = {start}
        for role in chain:
            ends = {o for s, r, o in self.edges if r == role and s in ends}
        return ends


def subsumers(axioms: Sequence[Axiom], classes: Iterable[str]) -> dict[str, set[str] | None]:
    """Each class with all classes above it; None for an empty one."""
    model = Model(axioms)
    elements = {iri: model.add((Class(iri), ())) for iri in classes}
    model.grow()
    return {iri: _names(model, element) for iri, element in elements.items()}


def types(axioms: Sequence[Axiom]) -> dict[str, set[str] | None]:
    """Each individual of the assertions among the axioms with its classes; None for one that cannot exist."""
    model = Model(
        [
            axiom
            for axiom in axioms
            if not isinstance(axiom, ClassAssertion | ObjectPropertyAssertion | DataPropertyAssertion)
        ]
    )
    for axiom in axioms:
        match axiom:
            case ClassAssertion(who, expression):
                model.make(model.add(who), expression)
            case DataPropertyAssertion(prop, who, interval):
                model.make(model.add(who), DataSomeValuesFrom(prop, interval))
            case ObjectPropertyAssertion(role, who, whom):
                model.edges.add((model.add(who), role, model.add(whom)))
    model.grow()
    return {who: _names(model, who) for who in model.types if isinstance(who, str)}


def _names(model: Model, element: Element) -> set[str] | None:
    names = {one.iri for one in model.types[element] if isinstance(one, Class)}
    return None if OWL_NOTHING in names else names - {OWL_THING}

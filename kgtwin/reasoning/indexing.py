"""Axioms indexed by what triggers them: the occurrences on left sides (negative) and on right sides (positive).

An expression is put together only where it occurs on a left side, and taken apart only where one was told.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    DataPropertyDomain,
    DisjointClasses,
    EquivalentClasses,
    Interval,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    SubClassOf,
    Unsupported,
)
from kgtwin.reasoning.expressions import BOTTOM, Atom, Conjunction, DataAtom, Existential, Expressions
from kgtwin.reasoning.roles import RoleBox


class Index:
    """Frozen once built. Every list is keyed by the number of the expression that triggers it."""

    def __init__(self, axioms: Iterable[Axiom], classes: Iterable[str] = ()) -> None:
        axioms = tuple(axioms)
        self.expressions = Expressions()
        self.roles = RoleBox(axioms)
        self.told: dict[int, list[tuple[int, Axiom]]] = {}
        self.conjunctions: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        self.disjunctions: dict[int, list[int]] = {}
        self.existentials: dict[int, list[tuple[str, int]]] = {}
        self.data_atoms: dict[str, list[tuple[Interval, int]]] = {}
        self.disjoint: dict[int, list[tuple[frozenset[int], Axiom]]] = {}
        self.data_domains: dict[str, list[tuple[int, Axiom]]] = {}
        self._domains: dict[str, list[tuple[int, Axiom]]] = {}
        self._ranges: dict[str, list[tuple[int, Axiom]]] = {}
        self._closed_domains: dict[str, list[tuple[int, str, Axiom]]] = {}
        self._closed_ranges: dict[str, list[tuple[int, str, Axiom]]] = {}
        self.fillers: dict[tuple[str, int], None] = {}
        self._negative: set[int] = set()
        self._positive: set[int] = set()
        for iri in classes:
            self.expressions.intern(Class(iri))
        for axiom in axioms:
            self._tell(axiom)
        self.interesting = {BOTTOM, *self.conjunctions, *self.disjunctions, *self.existentials, *self.disjoint}

    def is_class(self, number: int) -> bool:
        """Whether a number stands for a named class."""
        form = self.expressions.form(number)
        return isinstance(form, Atom) and isinstance(form.expression, Class)

    def domains(self, role: str) -> list[tuple[int, str, Axiom]]:
        """Each domain of a role or of one above it, that role, and the axiom."""
        return self._closed(role, self._domains, self._closed_domains)

    def ranges(self, role: str) -> list[tuple[int, str, Axiom]]:
        """Each range of a role or of one above it, that role, and the axiom."""
        return self._closed(role, self._ranges, self._closed_ranges)

    def _closed(
        self,
        role: str,
        told: dict[str, list[tuple[int, Axiom]]],
        closed: dict[str, list[tuple[int, str, Axiom]]],
    ) -> list[tuple[int, str, Axiom]]:
        found = closed.get(role)
        if found is None:
            first: dict[int, tuple[int, str, Axiom]] = {}
            for sup in self.roles.supers(role) if told else ():
                for number, axiom in told.get(sup, ()):
                    first.setdefault(number, (number, sup, axiom))
            found = closed[role] = list(first.values())
        return found

    def _tell(self, axiom: Axiom) -> None:
        match axiom:
            case SubClassOf(sub, sup):
                self._include(sub, sup, axiom)
            case EquivalentClasses(operands):
                for one, other in pairwise((*operands, operands[0])):
                    self._include(one, other, axiom)
            case DisjointClasses(operands):
                self._separate([self.negative(operand) for operand in operands], axiom)
            case ObjectPropertyDomain(role, expression):
                self._domains.setdefault(role, []).append((self.positive(expression), axiom))
            case ObjectPropertyRange(role, expression):
                self._ranges.setdefault(role, []).append((self.positive(expression), axiom))
            case DataPropertyDomain(data_property, expression):
                self.data_domains.setdefault(data_property, []).append((self.positive(expression), axiom))

    def _include(self, sub: ClassExpression, sup: ClassExpression, axiom: Axiom) -> None:
        self.told.setdefault(self.negative(sub), []).append((self.positive(sup), axiom))

    def _separate(self, numbers: list[int], axiom: Axiom) -> None:
        """Pairwise disjoint; an operand that is there twice is disjoint with itself, so it is empty."""
        for number in set(numbers):
            if numbers.count(number) > 1:
                self.told.setdefault(number, []).append((BOTTOM, axiom))
            others = frozenset(numbers) - {number}
            if others:
                self.disjoint.setdefault(number, []).append((others, axiom))

    def negative(self, expression: ClassExpression) -> int:
        """Indexes an expression of a left side, so that it is put together where its parts are derived."""
        number = self.expressions.intern(expression)
        if number in self._negative:
            return number
        self._negative.add(number)
        match self.expressions.form(number):
            case Conjunction(operands):
                for operand in operands:
                    self.negative(self.expressions.value(operand))
                    self.conjunctions.setdefault(operand, []).append((number, operands))
            case Existential(role, filler):
                self.negative(self.expressions.value(filler))
                self.existentials.setdefault(filler, []).append((role, number))
            case DataAtom(data_property, interval):
                self.data_atoms.setdefault(data_property, []).append((interval, number))
            case Atom(Unsupported("ObjectUnionOf", _, disjuncts)):
                for disjunct in disjuncts:
                    self.disjunctions.setdefault(self.negative(disjunct), []).append(number)
        return number

    def positive(self, expression: ClassExpression) -> int:
        """Indexes an expression of a right side; notes the fillers whose contexts it needs."""
        number = self.expressions.intern(expression)
        if number in self._positive:
            return number
        self._positive.add(number)
        match self.expressions.form(number):
            case Conjunction(operands):
                for operand in operands:
                    self.positive(self.expressions.value(operand))
            case Existential(role, filler):
                self.positive(self.expressions.value(filler))
                self.fillers[role, filler] = None
        return number

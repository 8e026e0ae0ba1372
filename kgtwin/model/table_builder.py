"""Fills an axiom table, one axiom after the other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kgtwin.model.axiom_table import AxiomKind, AxiomTable, Declared, NodeKind
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DisjointClasses,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)


class TableBuilder:
    """Fills a table, one axiom after the other. Numbers are as in the table that :meth:`table` returns."""

    def __init__(self) -> None:
        self._entities: dict[str, int] = {}
        self._declared: list[int] = []
        self._nodes: dict[object, int] = {}
        self._kinds = bytearray()
        self._a: list[int] = []
        self._b: list[int] = []
        self._operands: list[int] = []
        self._values: list[ClassExpression] = []
        self._axiom_kinds = bytearray()
        self._arg_ends: list[int] = []
        self._args: list[int] = []
        self._at: list[int] = []
        self._axiom_values: list[Axiom] = []

    # entities

    def entity(self, iri: str) -> int:
        """The number of an entity."""
        found = self._entities.get(iri)
        if found is None:
            found = self._entities[iri] = len(self._entities)
            self._declared.append(0)
        return found

    def declare(self, iri: str, kind: Declared) -> int:
        """Notes a declaration (or a use in a place that tells the kind)."""
        number = self.entity(iri)
        self._declared[number] |= kind.value  # of flags, an order of magnitude slower
        return number

    # expressions

    def expression(self, expression: ClassExpression) -> int:
        """The number of a class expression."""
        match expression:
            case Class(iri):
                return self.named(iri)
            case ObjectSomeValuesFrom(relation, filler):
                return self.some(self.declare(relation, Declared.OBJECT_PROPERTY), self.expression(filler))
            case ObjectIntersectionOf(operands):
                return self.conjunction(tuple(self.expression(one) for one in operands))
        return self._value(expression)

    def named(self, iri: str) -> int:
        """The number of a named class."""
        entity = self.declare(iri, Declared.CLASS)
        return self._node((NodeKind.CLASS, entity), entity, 0)

    def some(self, role: int, filler: int) -> int:
        """The number of ``∃role.filler``."""
        return self._node((NodeKind.SOME, role, filler), role, filler)

    def conjunction(self, operands: tuple[int, ...]) -> int:
        """The number of the conjunction of expressions."""
        key = (NodeKind.AND, operands)
        found = self._nodes.get(key)
        if found is None:
            start = len(self._operands)
            self._operands.extend(operands)
            found = self._node(key, start, len(self._operands))
        return found

    def _value(self, expression: ClassExpression) -> int:
        key = (NodeKind.VALUE, expression)
        found = self._nodes.get(key)
        if found is None:
            self._values.append(expression)
            found = self._node(key, len(self._values) - 1, 0)
        return found

    def _node(self, key: tuple[object, ...], a: int, b: int) -> int:
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = len(self._kinds)
            kind = key[0]
            assert isinstance(kind, NodeKind)
            self._kinds.append(kind)
            self._a.append(a)
            self._b.append(b)
        return found

    # axioms

    def add(self, axiom: Axiom, at: int = -1) -> None:
        """Appends an axiom that begins at byte ``at`` of its file."""
        kind, args = self._row(axiom)
        self.row(kind, args, at)

    def row(self, kind: AxiomKind, args: Iterable[int], at: int = -1) -> None:
        """Appends an axiom given by its arguments."""
        self._axiom_kinds.append(kind)
        self._args.extend(args)
        self._arg_ends.append(len(self._args))
        self._at.append(at)

    def _row(self, axiom: Axiom) -> tuple[AxiomKind, list[int]]:
        match axiom:
            case SubClassOf(sub, sup):
                return AxiomKind.SUB_CLASS_OF, [self.expression(sub), self.expression(sup)]
            case EquivalentClasses(operands):
                return AxiomKind.EQUIVALENT_CLASSES, [self.expression(one) for one in operands]
            case DisjointClasses(operands):
                return AxiomKind.DISJOINT_CLASSES, [self.expression(one) for one in operands]
            case ClassAssertion(individual, expression):
                return AxiomKind.CLASS_ASSERTION, [self._individual(individual), self.expression(expression)]
            case ObjectPropertyAssertion(relation, subject, target):
                pair = [self._individual(subject), self._individual(target)]
                return AxiomKind.OBJECT_PROPERTY_ASSERTION, [self._role(relation), *pair]
        return self._row_of_roles(axiom)

    def _row_of_roles(self, axiom: Axiom) -> tuple[AxiomKind, list[int]]:
        match axiom:
            case SubObjectPropertyOf(chain, sup):
                return AxiomKind.SUB_OBJECT_PROPERTY_OF, [self._role(one) for one in (*chain, sup)]
            case TransitiveObjectProperty(relation):
                return AxiomKind.TRANSITIVE_OBJECT_PROPERTY, [self._role(relation)]
            case ObjectPropertyDomain(relation, expression):
                return AxiomKind.OBJECT_PROPERTY_DOMAIN, [self._role(relation), self.expression(expression)]
            case ObjectPropertyRange(relation, expression):
                return AxiomKind.OBJECT_PROPERTY_RANGE, [self._role(relation), self.expression(expression)]
        self._axiom_values.append(axiom)
        return AxiomKind.VALUE, [len(self._axiom_values) - 1]

    def _role(self, iri: str) -> int:
        return self.declare(iri, Declared.OBJECT_PROPERTY)

    def _individual(self, iri: str) -> int:
        return self.declare(iri, Declared.NAMED_INDIVIDUAL)

    def table(self) -> AxiomTable:
        """The table of all that was added."""
        names = [iri.encode() for iri in self._entities]
        lengths = np.fromiter(map(len, names), np.int64, len(names))
        return AxiomTable(
            names=np.frombuffer(b"".join(names), np.uint8),
            name_ends=np.cumsum(lengths),
            declared=np.array(self._declared, np.uint8),
            node_kind=np.frombuffer(bytes(self._kinds), np.uint8),
            node_a=np.array(self._a, np.int32),
            node_b=np.array(self._b, np.int32),
            operands=np.array(self._operands, np.int32),
            axiom_kind=np.frombuffer(bytes(self._axiom_kinds), np.uint8),
            arg_ends=np.array(self._arg_ends, np.int64),
            args=np.array(self._args, np.int32),
            axiom_at=np.array(self._at, np.int64),
            values=tuple(self._values),
            axiom_values=tuple(self._axiom_values),
        )

"""Where an axiom stands in a table, found by its columns."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from kgtwin.model.axiom_table import AxiomKind, AxiomTable, Ints, NodeKind, Offsets
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    DisjointClasses,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
)

_CLASS, _SOME, _AND, _VALUE = map(int, NodeKind)
_NONE = np.zeros(0, np.int32)


class TableSearch:
    """Finds the axioms of a table that equal a given one.

    >>> a, b = Class("http://x/A"), Class("http://x/B")
    >>> TableSearch(AxiomTable.of([SubClassOf(a, b), SubClassOf(b, a), SubClassOf(a, b)])).places(SubClassOf(a, b))
    [0, 2]
    """

    def __init__(self, table: AxiomTable) -> None:
        self._table = table

    def places(self, axiom: Axiom) -> list[int]:
        """The indices of all that equal an axiom, in order."""
        match axiom:
            case SubClassOf(sub, sup):
                return self._over_classes(AxiomKind.SUB_CLASS_OF, (sub, sup))
            case EquivalentClasses(operands):
                return self._over_classes(AxiomKind.EQUIVALENT_CLASSES, operands)
            case DisjointClasses(operands):
                return self._over_classes(AxiomKind.DISJOINT_CLASSES, operands)
        table = self._table
        others = np.flatnonzero(table.axiom_kind > AxiomKind.DISJOINT_CLASSES).tolist()
        return [place for place in others if table[place] == axiom]

    def _over_classes(self, kind: AxiomKind, operands: tuple[ClassExpression, ...]) -> list[int]:
        table, wanted = self._table, int(kind)
        return [
            place
            for place in self._with_first(operands[0])
            if table.axiom_kind.item(place) == wanted and self._are(table.arguments(place).tolist(), operands)
        ]

    def _with_first(self, first: ClassExpression) -> list[int]:
        """The axioms over classes that begin with an expression, or could."""
        starts, places, compound = self._by_first
        if not isinstance(first, Class):
            return compound
        entity = self._table.entity_of(first.iri)
        node = None if entity is None else self._table.class_node(entity)
        return [] if node is None else places[starts.item(node) : starts.item(node + 1)].tolist()

    @cached_property
    def _by_first(self) -> tuple[Offsets, Ints, list[int]]:
        """The axioms by their first expression, a named class; then those whose first one is another expression."""
        table = self._table
        places = np.flatnonzero(table.axiom_kind <= AxiomKind.DISJOINT_CLASSES).astype(np.int32)
        first = table.args[np.where(places > 0, table.arg_ends[places - 1], 0)]
        named = table.node_kind[first] == NodeKind.CLASS
        starts = np.zeros(len(table.node_kind) + 1, np.int64)
        np.cumsum(np.bincount(first[named], minlength=len(table.node_kind)), out=starts[1:])
        return starts, places[named][np.argsort(first[named], kind="stable")], places[~named].tolist()

    def _are(self, nodes: list[int], operands: tuple[ClassExpression, ...]) -> bool:
        return len(nodes) == len(operands) and all(map(self._is, nodes, operands))

    def _is(self, node: int, expression: ClassExpression) -> bool:
        """Whether a node is an expression."""
        table = self._table
        kind, a = table.node_kind.item(node), table.node_a.item(node)
        if isinstance(expression, Class):
            return kind == _CLASS and a == table.entity_of(expression.iri)
        if isinstance(expression, ObjectSomeValuesFrom):
            return (
                kind == _SOME
                and a == table.entity_of(expression.property)
                and self._is(table.node_b.item(node), expression.filler)
            )
        if isinstance(expression, ObjectIntersectionOf):
            parts = table.operands[a : table.node_b.item(node)] if kind == _AND else _NONE
            return self._are(parts.tolist(), expression.operands)
        return kind == _VALUE and table.values[a] == expression

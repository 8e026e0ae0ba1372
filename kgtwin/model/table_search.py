"""Where an axiom stands in a table, found by its columns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from kgtwin.model.axiom_table import AxiomKind, AxiomTable, Ints, NodeKind
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
        table = self._table
        candidates = self._with_first(operands[0])
        return [
            place
            for place in candidates
            if table.axiom_kind[place] == kind and self._are(table.arguments(place).tolist(), operands)
        ]

    def _with_first(self, first: ClassExpression) -> Iterator[int]:
        """The axioms over classes that begin with an expression, or could."""
        keys, places, compound = self._by_first
        if not isinstance(first, Class):
            yield from compound
            return
        entity = self._table.entity_of(first.iri)
        node = None if entity is None else self._table.class_node(entity)
        if node is not None:
            low, high = np.searchsorted(keys, np.array([node, node + 1], np.int32))
            yield from places[low:high].tolist()

    @cached_property
    def _by_first(self) -> tuple[Ints, Ints, list[int]]:
        """First expressions in order with their axioms, then the axioms whose first one is no named class."""
        table = self._table
        places = np.flatnonzero(table.axiom_kind <= AxiomKind.DISJOINT_CLASSES).astype(np.int32)
        first = table.args[np.where(places > 0, table.arg_ends[places - 1], 0)]
        named = table.node_kind[first] == NodeKind.CLASS
        order = np.argsort(first[named], kind="stable")
        return first[named][order], places[named][order], places[~named].tolist()

    def _are(self, nodes: list[int], operands: tuple[ClassExpression, ...]) -> bool:
        return len(nodes) == len(operands) and all(map(self._is, nodes, operands))

    def _is(self, node: int, expression: ClassExpression) -> bool:
        """Whether a node is an expression."""
        table, kind = self._table, self._table.node_kind[node]
        a, b = int(table.node_a[node]), int(table.node_b[node])
        match expression:
            case Class(iri):
                return bool(kind == NodeKind.CLASS) and table.iri(a) == iri
            case ObjectSomeValuesFrom(role, filler):
                return bool(kind == NodeKind.SOME) and table.iri(a) == role and self._is(b, filler)
            case ObjectIntersectionOf(operands):
                return bool(kind == NodeKind.AND) and self._are(table.operands[a:b].tolist(), operands)
        return bool(kind == NodeKind.VALUE) and table.values[a] == expression

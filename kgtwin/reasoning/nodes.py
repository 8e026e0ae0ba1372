"""Class expressions as numbered nodes: those of a table, and those into which lowering turns the rarer constructs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomTable, Ints, NodeKind
from kgtwin.model.axioms import Class, ClassExpression, DataRange
from kgtwin.model.data_ranges import canonical, is_empty
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING


class Kind(IntEnum):
    """What a node is, and what its columns hold. The first three are those of the table."""

    CLASS = NodeKind.CLASS
    SOME = NodeKind.SOME
    AND = NodeKind.AND
    OPAQUE = 3
    """Taken as it stands, which is sound: ``A ⊑ ∀r.B`` and ``∀r.B ⊑ C`` give ``A ⊑ C``, nothing more."""
    OR = 4
    """``operands[a:b]``: each is below it."""
    NOT = 5
    """``a``: the node that it is the complement of."""
    NOMINAL = 6
    """``a``: the individual's entity."""
    SELF = 7
    """``a``: the role's entity."""
    DATA = 8
    """``a``: the data property's entity, ``b``: the index of its range."""


class Nodes(NamedTuple):
    """N nodes: ``kind`` uint8 (N,), ``a`` and ``b`` int32 (N,), ``operands`` int32.

    ``ranges`` are the data ranges, ``opaque`` the expressions taken as they stand; ``new_entities`` are the IRIs that
    the table has no number for, numbered on from its own.
    """

    kind: NDArray[np.uint8]
    a: Ints
    b: Ints
    operands: Ints
    top: int
    bottom: int
    ranges: tuple[DataRange, ...]
    new_entities: tuple[str, ...]
    opaque: dict[ClassExpression, int]


class NodeBuilder:
    """Numbers on from a table's nodes. What lowering replaces keeps its number and is redirected (:meth:`actual`)."""

    def __init__(self, table: AxiomTable) -> None:
        self._table = table
        self._kind = bytearray()
        self._a: list[int] = []
        self._b: list[int] = []
        self._operands: list[int] = []
        self._first, self._first_operand = len(table.node_kind), len(table.operands)
        self._known: dict[tuple[object, ...], int] = {}
        self._entities: dict[str, int] = {}
        self._opaques: dict[ClassExpression, int] = {}
        self.ranges: list[DataRange] = []
        self.universals: dict[int, tuple[int, int]] = {}
        """Nodes of universal restrictions with their role's entity and their filler."""
        self.proxies: set[int] = set()
        """Nodes of stand-ins, see :mod:`kgtwin.reasoning.proxies`."""
        self.top, self.bottom = self.named(OWL_THING), self.named(OWL_NOTHING)
        self._actual = np.arange(self._first, dtype=np.int32)
        for number in np.flatnonzero(table.node_kind == NodeKind.VALUE):
            self._actual[number] = self.lower(table.expression(int(number)))

    def actual(self, nodes: Ints) -> Ints:
        """Nodes of the table (or lowered ones) as what they were lowered to."""
        told = nodes < self._first
        if told.all():
            return self._actual[nodes]
        found = nodes.copy()
        found[told] = self._actual[nodes[told]]
        return found

    def entity(self, iri: str) -> int:
        """The number of an entity, a new one where the table has none."""
        known = self._table.entity_of(iri)
        if known is None:
            known = self._entities.setdefault(iri, self._table.entity_count + len(self._entities))
        return known

    def iri(self, entity: int) -> str:
        """The IRI of an entity."""
        known = self._table.entity_count
        return self._table.iri(entity) if entity < known else tuple(self._entities)[entity - known]

    # nodes

    def named(self, iri: str) -> int:
        entity = self.entity(iri)
        known = self._table.class_node(entity) if entity < self._table.entity_count else None
        return self._add(Kind.CLASS, entity, 0) if known is None else known

    def some(self, role: str, filler: int) -> int:
        return self._add(Kind.SOME, self.entity(role), filler)

    def nominal(self, iri: str) -> int:
        return self._add(Kind.NOMINAL, self.entity(iri), 0)

    def loop(self, role: str) -> int:
        return self.loop_of(self.entity(role))

    def loop_of(self, role: int) -> int:
        """``∃r.Self``, by the role's entity."""
        return self._add(Kind.SELF, role, 0)

    def proxy(self, expression: ClassExpression) -> int:
        """A stand-in as a node."""
        node = self.lower(expression)
        if not isinstance(expression, Class):
            self.proxies.add(node)
        return node

    @property
    def has_loops(self) -> bool:
        """Whether some self restriction occurs."""
        return Kind.SELF in self._kind

    def complement(self, node: int) -> int:
        """``¬C``; of ``⊤`` and ``⊥`` each other."""
        opposite = {self.top: self.bottom, self.bottom: self.top}
        return opposite[node] if node in opposite else self._add(Kind.NOT, node, 0)

    def both(self, nodes: Iterable[int]) -> int:
        """``C ⊓ D ⊓ …``"""
        return self._many(Kind.AND, tuple(nodes))

    def either(self, nodes: Iterable[int]) -> int:
        """``C ⊔ D ⊔ …``, without ``⊥``."""
        operands = tuple(dict.fromkeys(node for node in nodes if node != self.bottom))
        if self.top in operands:
            return self.top
        return self.bottom if not operands else operands[0] if len(operands) == 1 else self._many(Kind.OR, operands)

    def data(self, data_property: str, data_range: DataRange) -> int:
        """``∃p.R`` for a data range; ``⊥`` for an empty one."""
        if isinstance(data_range, owl.OtherRange):
            return self._opaque(owl.DataSomeValuesFrom(data_property, data_range))
        if is_empty(data_range):
            return self.bottom
        key = (Kind.DATA, self.entity(data_property), canonical(data_range))
        if key not in self._known:
            self.ranges.append(data_range)
            self._known[key] = self._add(Kind.DATA, key[1], len(self.ranges) - 1)
        return self._known[key]

    # lowering

    def lower(self, expression: ClassExpression) -> int:
        """The node of a class expression."""
        match expression:
            case Class(iri):
                return self.named(iri)
            case owl.ObjectIntersectionOf(operands):
                return self.both(self.lower(one) for one in operands)
            case owl.ObjectSomeValuesFrom(role, filler):
                return self.some(role, self.lower(filler))
            case owl.ObjectUnionOf(operands):
                return self.either(self.lower(one) for one in operands)
            case owl.ObjectComplementOf(operand):
                return self.complement(self.lower(operand))
        return self._restriction(expression)

    def _restriction(self, expression: ClassExpression) -> int:
        match expression:
            case owl.ObjectHasValue(role, individual):
                return self.some(role, self.nominal(individual))
            case owl.ObjectOneOf(individuals):
                return self.either(self.nominal(one) for one in individuals)
            case owl.ObjectHasSelf(role):
                return self.loop(role)
            case owl.DataSomeValuesFrom(data_property, data_range):
                return self.data(data_property, data_range)
            case owl.ObjectAllValuesFrom(role, filler):
                return self._universal(expression, role, self.lower(filler))
            case owl.ObjectMinCardinality(least, role, filler):
                return self._at_least(expression, least, self.some(role, self.lower(filler)))
            case owl.ObjectMaxCardinality(0, role, filler) | owl.ObjectExactCardinality(0, role, filler):
                return self.complement(self.some(role, self.lower(filler)))
            case owl.ObjectExactCardinality(_, role, filler):
                return self.both((self._opaque(expression), self.some(role, self.lower(filler))))
        return self._opaque(expression)

    def _at_least(self, expression: ClassExpression, least: int, some: int) -> int:
        if least < 2:
            return some if least else self.top
        return self.both((self._opaque(expression), some))

    def _universal(self, expression: ClassExpression, role: str, filler: int) -> int:
        if filler == self.top:
            return self.top
        if filler == self.bottom:
            return self.complement(self.some(role, self.top))
        node = self._opaque(expression)
        self.universals[node] = (self.entity(role), filler)
        return node

    # numbering

    def _opaque(self, expression: ClassExpression) -> int:
        node = self._add(Kind.OPAQUE, -1, 0, expression)
        self._opaques[expression] = node
        return node

    def _add(self, kind: Kind, a: int, b: int, *more: object) -> int:
        key = (kind, a, b, *more)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._first + len(self._kind)
            self._kind.append(kind)
            self._a.append(a)
            self._b.append(b)
        return found

    def _many(self, kind: Kind, nodes: tuple[int, ...]) -> int:
        key = (kind, nodes)
        found = self._known.get(key)
        if found is None:
            start = self._first_operand + len(self._operands)
            self._operands.extend(nodes)
            found = self._known[key] = self._add(kind, start, start + len(nodes))
        return found

    def nodes(self) -> Nodes:
        """All nodes, those of the table first."""
        table = self._table
        kind = np.concatenate([table.node_kind, np.frombuffer(bytes(self._kind), np.uint8)])
        a = np.concatenate([table.node_a, np.array(self._a, np.int32)])
        b = np.concatenate([table.node_b, np.array(self._b, np.int32)])
        some = kind == Kind.SOME
        b[some] = self.actual(b[some])
        operands = self.actual(np.concatenate([table.operands, np.array(self._operands, np.int32)]))
        return Nodes(
            kind, a, b, operands, self.top, self.bottom, tuple(self.ranges), tuple(self._entities), self._opaques
        )

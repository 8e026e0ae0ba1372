"""An axiom table with some axioms more and some less, by columns: what did not change never becomes a value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import AxiomKind, AxiomTable, Bytes, Declared, Ints, NodeKind, Offsets
from kgtwin.model.axioms import Axiom, ClassExpression

_OVER_NODES = (AxiomKind.SUB_CLASS_OF, AxiomKind.EQUIVALENT_CLASSES, AxiomKind.DISJOINT_CLASSES)
_ENTITY_THEN_NODE = (AxiomKind.OBJECT_PROPERTY_DOMAIN, AxiomKind.OBJECT_PROPERTY_RANGE, AxiomKind.CLASS_ASSERTION)


def edited(
    table: AxiomTable, added: Sequence[Axiom], removed: Collection[int], classes: Iterable[str] = ()
) -> AxiomTable:
    """A table without the axioms of some indices, and with others after the last; it keeps the entities.

    ``classes`` are more classes to declare.

    >>> from kgtwin.model.axioms import Class, SubClassOf
    >>> a, b, c = (Class(f"http://x/{name}") for name in "abc")
    >>> table = AxiomTable.of([SubClassOf(a, b), SubClassOf(b, c)])
    >>> list(edited(table, [SubClassOf(a, c)], {0})) == [SubClassOf(b, c), SubClassOf(a, c)]
    True
    """
    kept = _without(table, removed) if removed else table
    more = AxiomTable.of(added, classes)
    return _Joining(table, kept, more).joined() if more.entity_count or len(more) else kept


def _without(table: AxiomTable, removed: Collection[int]) -> AxiomTable:
    """A table without some axioms, and without the expressions that only they had."""
    stays = np.ones(len(table), np.bool_)
    stays[list(removed)] = False
    lengths = np.diff(table.arg_ends, prepend=0)
    args = table.args[np.repeat(stays, lengths)]
    kinds, lengths = table.axiom_kind[stays], lengths[stays]
    is_node = _nodes_among(kinds, lengths)
    used = _used(table, args[is_node])
    number = np.cumsum(used, dtype=np.int32) - 1
    args = args.copy()
    args[is_node] = number[args[is_node]]
    a, b, operands = _renumbered(table, used, number)
    return AxiomTable(
        names=table.names,
        name_ends=table.name_ends,
        declared=_declared(table),
        node_kind=table.node_kind[used],
        node_a=a,
        node_b=b,
        operands=operands,
        axiom_kind=kinds,
        arg_ends=np.cumsum(lengths),
        args=args,
        axiom_at=table.axiom_at[stays],
        values=table.values,
        axiom_values=table.axiom_values,
    )


def _declared(table: AxiomTable) -> Bytes:
    """Classes stay classes where nothing uses them any more."""
    declared = table.declared.copy()
    declared[table.node_a[table.node_kind == NodeKind.CLASS]] |= np.uint8(Declared.CLASS)
    return declared


def _nodes_among(kinds: Bytes, lengths: Offsets) -> NDArray[np.bool_]:
    """Which arguments are expressions."""
    found = np.repeat(np.isin(kinds, _OVER_NODES), lengths)
    starts = np.cumsum(lengths) - lengths
    found[starts[np.isin(kinds, _ENTITY_THEN_NODE)] + 1] = True
    return found


def _used(table: AxiomTable, nodes: Ints) -> NDArray[np.bool_]:
    """The expressions that some are, or are made of."""
    used, next_ones = (np.zeros(len(table.node_kind), np.bool_) for _ in range(2))
    some, both = table.node_kind == NodeKind.SOME, table.node_kind == NodeKind.AND
    next_ones[nodes] = True
    while (new := next_ones & ~used).any():
        used |= new
        here = np.flatnonzero(new)
        next_ones[table.node_b[here[some[here]]]] = True
        next_ones[table.operands[_spread(table, here[both[here]])]] = True
    return used


def _spread(table: AxiomTable, conjunctions: Ints | Offsets) -> Offsets:
    """Where the operands of some conjunctions stand, one after the other."""
    starts, ends = table.node_a[conjunctions].astype(np.int64), table.node_b[conjunctions].astype(np.int64)
    lengths = ends - starts
    found: Offsets = np.arange(int(lengths.sum())) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return found


def _renumbered(table: AxiomTable, used: NDArray[np.bool_], number: Ints) -> tuple[Ints, Ints, Ints]:
    """The columns of the expressions that are used."""
    a, b, kinds = table.node_a[used], table.node_b[used], table.node_kind[used]
    some, both = kinds == NodeKind.SOME, kinds == NodeKind.AND
    operands = number[table.operands[_spread(table, np.flatnonzero(used)[both])]]
    ends = np.cumsum(b[both] - a[both], dtype=np.int32)
    a, b = a.copy(), b.copy()
    b[some] = number[b[some]]
    a[both], b[both] = np.concatenate([np.zeros(1, np.int32), ends[:-1]])[: len(ends)], ends
    return a, b, operands


class _Joining:
    """Two tables one after the other. ``named`` has the entities of the first, and knows their numbers."""

    def __init__(self, named: AxiomTable, first: AxiomTable, second: AxiomTable) -> None:
        self._named, self._first, self._second = named, first, second
        self._new_entities: list[int] = []
        self._kinds = bytearray()
        self._a: list[int] = []
        self._b: list[int] = []
        self._operands: list[int] = []
        self._entity = [self._entity_of(entity) for entity in range(second.entity_count)]
        self._node: list[int] = []
        self._values: list[ClassExpression] = []
        for node in range(len(second.node_kind)):
            self._node.append(self._node_of(node))

    def joined(self) -> AxiomTable:
        first, second = self._first, self._second
        return AxiomTable(
            names=np.concatenate([first.names, *map(self._name, self._new_entities)]),
            name_ends=self._name_ends(),
            declared=self._declared(),
            node_kind=np.concatenate([first.node_kind, np.frombuffer(bytes(self._kinds), np.uint8)]),
            node_a=_appended(first.node_a, self._a),
            node_b=_appended(first.node_b, self._b),
            operands=_appended(first.operands, self._operands),
            axiom_kind=np.concatenate([first.axiom_kind, second.axiom_kind]),
            arg_ends=np.concatenate([first.arg_ends, len(first.args) + second.arg_ends]),
            args=np.concatenate([first.args, self._args()]),
            axiom_at=np.concatenate([first.axiom_at, second.axiom_at]),
            values=(*first.values, *self._values),
            axiom_values=(*first.axiom_values, *second.axiom_values),
        )

    # entities

    def _entity_of(self, entity: int) -> int:
        known = self._named.entity_of(self._second.iri(entity))
        if known is not None:
            return known
        self._new_entities.append(entity)
        return self._named.entity_count + len(self._new_entities) - 1

    def _name(self, entity: int) -> Bytes:
        second = self._second
        return second.names[second.name_ends[entity - 1] if entity else 0 : second.name_ends[entity]]

    def _name_ends(self) -> Offsets:
        lengths = np.diff(self._second.name_ends, prepend=0)[self._new_entities]
        return np.concatenate([self._first.name_ends, len(self._first.names) + np.cumsum(lengths)])

    def _declared(self) -> Bytes:
        found = np.concatenate([self._first.declared, np.zeros(len(self._new_entities), np.uint8)])
        found[self._entity] |= self._second.declared
        return found

    # expressions

    def _node_of(self, node: int) -> int:
        second, kind = self._second, NodeKind(self._second.node_kind[node])
        a, b = int(second.node_a[node]), int(second.node_b[node])
        match kind:
            case NodeKind.CLASS:
                return self._plain(kind, self._entity[a], 0)
            case NodeKind.SOME:
                return self._plain(kind, self._entity[a], self._node[b])
            case NodeKind.AND:
                return self._conjunction([self._node[one] for one in second.operands[a:b].tolist()])
        known = self._by_value.get(second.values[a])
        if known is None:
            self._values.append(second.values[a])
            known = self._new(kind, len(self._first.values) + len(self._values) - 1, 0)
        return known

    def _plain(self, kind: NodeKind, a: int, b: int) -> int:
        """A class, or an existential: the number that it has, or a new one."""
        keys, nodes = self._sorted[kind]
        at = int(np.searchsorted(keys, a << 32 | b))
        return int(nodes[at]) if at < len(keys) and keys[at] == a << 32 | b else self._new(kind, a, b)

    def _conjunction(self, operands: list[int]) -> int:
        keys, nodes = self._sorted[NodeKind.AND]
        key = np.int64(operands[0] << 32 | operands[-1])
        for node in nodes[np.searchsorted(keys, key) : np.searchsorted(keys, key, "right")].tolist():
            if self._first.operands[self._first.node_a[node] : self._first.node_b[node]].tolist() == operands:
                return int(node)
        start = len(self._first.operands) + len(self._operands)
        self._operands += operands
        return self._new(NodeKind.AND, start, start + len(operands))

    def _new(self, kind: NodeKind, a: int, b: int) -> int:
        self._kinds.append(kind)
        self._a.append(a)
        self._b.append(b)
        return len(self._first.node_kind) + len(self._kinds) - 1

    @cached_property
    def _sorted(self) -> dict[NodeKind, tuple[Offsets, Ints]]:
        """The expressions of the first table in the order of a key: their columns, or their first and last operand."""
        table, found = self._first, {}
        for kind in (NodeKind.CLASS, NodeKind.SOME, NodeKind.AND):
            nodes = np.flatnonzero(table.node_kind == kind).astype(np.int32)
            one, other = table.node_a[nodes], table.node_b[nodes]
            if kind is NodeKind.AND:
                one, other = table.operands[one], table.operands[other - 1]
            keys = one.astype(np.int64) << 32 | (0 if kind is NodeKind.CLASS else other)
            order = np.argsort(keys)
            found[kind] = keys[order], nodes[order]
        return found

    @cached_property
    def _by_value(self) -> dict[ClassExpression, int]:
        table = self._first
        nodes = np.flatnonzero(table.node_kind == NodeKind.VALUE).tolist()
        return {table.values[table.node_a[node]]: node for node in nodes}

    # axioms

    def _args(self) -> Ints:
        second = self._second
        lengths = np.diff(second.arg_ends, prepend=0)
        is_node = _nodes_among(second.axiom_kind, lengths)
        is_value = np.repeat(second.axiom_kind == AxiomKind.VALUE, lengths)
        args = second.args.copy()
        args[is_node] = np.array(self._node, np.int32)[args[is_node]]
        args[is_value] += len(self._first.axiom_values)
        entities = ~is_node & ~is_value
        args[entities] = np.array(self._entity, np.int32)[args[entities]]
        return args


def _appended(column: Ints, more: list[int]) -> Ints:
    return np.concatenate([column, np.array(more, np.int32)])

"""Adds the columns of one table to those of another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kgtwin.jit import kernel, part
from kgtwin.model.axiom_table import AxiomKind, AxiomTable, Bytes, Ints, NodeKind, Offsets
from kgtwin.model.axioms import Axiom, ClassExpression
from kgtwin.ontology.fast.building import ARGS, PUT_OFF, ROWS, Rows
from kgtwin.ontology.fast.interning import (
    NAME_SLOTS,
    NAMES,
    NODES,
    OPERANDS,
    PAIRS,
    POOL,
    SLACK,
    SLOTS,
    Names,
    Nodes,
    add,
    conjunction,
    entity,
    named,
    some,
)
from kgtwin.ontology.fast.tables import Tables
from kgtwin.ontology.fast.words import hash_of, read_only, signed

_CLASS, _SOME, _AND, _VALUE = (int(kind) for kind in NodeKind)
_LAST_OVER_CLASSES, _LAST_OVER_ROLES = int(AxiomKind.DISJOINT_CLASSES), int(AxiomKind.TRANSITIVE_OBJECT_PROPERTY)
_RELATION, _OTHER = int(AxiomKind.OBJECT_PROPERTY_ASSERTION), int(AxiomKind.VALUE)


class Other(NamedTuple):
    """The table that is added, and the new numbers of its entities, expressions and values."""

    names: Bytes
    name_ends: Offsets
    declared: Bytes
    node_kind: Bytes
    node_a: Ints
    node_b: Ints
    operands: Ints
    axiom_kind: Bytes
    arg_ends: Offsets
    args: Ints
    at: Offsets
    new_entities: Ints
    new_nodes: Ints
    new_values: Ints


@kernel
def absorb(names: Names, nodes: Nodes, rows: Rows, other: Other, value_nodes: Ints, first_value: int) -> None:
    """Adds a table for which there is room. ``value_nodes``: the expression that each value is, or -1.

    ``first_value``: the number of its first axiom that is a value.
    """
    start = signed(0)
    for k in range(len(other.name_ends)):
        length = signed(other.name_ends[k]) - start
        found = entity(names, other.names, start, length, hash_of(other.names, start, length))
        names.declared[found] |= other.declared[k]
        other.new_entities[k] = found
        start = signed(other.name_ends[k])
    for k in range(len(other.node_kind)):
        other.new_nodes[k] = _node(names, nodes, other, k, value_nodes)
    start = signed(0)
    for k in range(len(other.axiom_kind)):
        kind, row = signed(other.axiom_kind[k]), rows.used[0]
        for place in range(start, other.arg_ends[k]):
            rows.args[rows.used[1]] = _argument(kind, other, place, place - start, first_value)
            rows.used[1] += 1
        rows.kind[row], rows.at[row], rows.arg_ends[row] = kind, other.at[k], rows.used[1]
        rows.used[0] = row + 1
        start = signed(other.arg_ends[k])


@part
def _node(names: Names, nodes: Nodes, other: Other, k: int, value_nodes: Ints) -> int:
    kind, a, b = other.node_kind[k], signed(other.node_a[k]), signed(other.node_b[k])
    if kind == _CLASS:
        return named(names, nodes, signed(other.new_entities[a]))
    if kind == _SOME:
        return some(nodes, signed(other.new_entities[a]), signed(other.new_nodes[b]))
    if kind == _AND:
        for place in range(a, b):
            nodes.operands[nodes.used[1] + place - a] = other.new_nodes[other.operands[place]]
        return conjunction(nodes, b - a)
    value = signed(other.new_values[a])
    if value_nodes[value] < 0:
        value_nodes[value] = add(nodes, value, signed(0))
        nodes.kind[value_nodes[value]] = _VALUE
    return signed(value_nodes[value])


@part
def _argument(kind: int, other: Other, place: int, which: int, first_value: int) -> int:
    argument = signed(other.args[place])
    if kind == _OTHER:
        return argument + first_value
    is_node = kind <= _LAST_OVER_CLASSES or (which == 1 and _LAST_OVER_ROLES < kind < _RELATION)
    return signed(other.new_nodes[argument]) if is_node else signed(other.new_entities[argument])


class Merger:
    """Tables to which others are added, with the values of all."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._values: dict[ClassExpression, int] = {}
        self._value_nodes = np.empty(0, np.int32)
        self._axiom_values: list[Axiom] = []

    def add(self, table: AxiomTable) -> None:
        """Adds the entities, expressions and axioms of a table."""
        self._make_room(table)
        new_values = [self._values.setdefault(value, len(self._values)) for value in table.values]
        fresh = np.full(len(self._values) - len(self._value_nodes), -1, np.int32)
        self._value_nodes = np.concatenate([self._value_nodes, fresh])
        other = Other(
            names=read_only(table.names),
            name_ends=read_only(table.name_ends),
            declared=read_only(table.declared),
            node_kind=read_only(table.node_kind),
            node_a=read_only(table.node_a),
            node_b=read_only(table.node_b),
            operands=read_only(table.operands),
            axiom_kind=read_only(table.axiom_kind),
            arg_ends=read_only(table.arg_ends),
            args=read_only(table.args),
            at=read_only(table.axiom_at),
            new_entities=np.empty(table.entity_count, np.int32),
            new_nodes=np.empty(len(table.node_kind), np.int32),
            new_values=np.array(new_values, np.int32),
        )
        tables = self.tables
        absorb(tables.names, tables.nodes, tables.rows, other, self._value_nodes, len(self._axiom_values))
        self._axiom_values.extend(table.axiom_values)

    def _make_room(self, table: AxiomTable) -> None:
        reserve = self.tables.reserve
        reserve(NAMES, table.entity_count)
        reserve(POOL, len(table.names) + SLACK)
        reserve(NAME_SLOTS, table.entity_count)
        reserve(NODES, len(table.node_kind))
        reserve(OPERANDS, len(table.operands))
        reserve(SLOTS, len(table.node_kind))
        reserve(PAIRS, len(table.node_kind))
        reserve(ROWS, len(table))
        reserve(ARGS, len(table.args))

    def table(self) -> AxiomTable:
        """All that was added."""
        return self.tables.table(tuple(self._values), tuple(self._axiom_values))


def weave(rows: Rows, own: int, spans: list[int]) -> Rows:
    """Puts each axiom read later in the place of its span.

    ``own``: how many rows were there before; ``spans``: the span of each one that was added.
    """
    count = int(rows.used[0])
    kind, arg_ends, at = rows.kind[:count], rows.arg_ends[:count], rows.at[:count].copy()
    later = np.flatnonzero(kind[:own] == PUT_OFF)
    places = np.arange(count)
    places[own:] = later[spans]
    at[own:] = at[places[own:]]
    kept = np.flatnonzero(kind != PUT_OFF)
    order = kept[np.argsort(places[kept], kind="stable")]
    lengths = np.diff(arg_ends, prepend=0)
    ends = np.cumsum(lengths[order])
    starts = (arg_ends - lengths)[order]
    gather = np.repeat(starts - (ends - lengths[order]), lengths[order]) + np.arange(ends[-1] if len(ends) else 0)
    used = rows.used.copy()
    used[0] = len(order)
    return rows._replace(kind=kind[order], arg_ends=ends, args=rows.args[gather], at=at[order], used=used)

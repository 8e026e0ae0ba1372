"""One number for each name and for each class expression: hash tables over columns.

A slot of names or conjunctions holds the upper half of the hash and the number plus one; 0 is free. Slots are at most
three quarters full. Where something does not fit, ``FULL`` less the table's number comes back and nothing has changed.
"""

# ruff: noqa: SIM110 - Numba has no generators
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined, kernel
from kgtwin.model.axiom_table import Bytes, Ints, NodeKind, Offsets
from kgtwin.ontology.fast.words import FOLD, SEED, U, Word, copy, hash_of, mixed, same, signed

FULL = -2
NAMES, POOL, NAME_SLOTS, NODES, OPERANDS, SLOTS, PAIRS = range(7)
"""Tables that may be full: see ``used`` and ``slots`` of each."""
SLACK = 8
"""Bytes behind the last name that copying may overwrite."""

_CLASS, _SOME, _AND = int(NodeKind.CLASS), int(NodeKind.SOME), int(NodeKind.AND)
_LOW = U(0xFFFFFFFF)

Slots = NDArray[np.uint64]


class Names(NamedTuple):
    """Entities: ``ends[e]`` in ``pool``, the expression that each is as a class or -1.

    ``stated``: what a declaration says that it is; ``declared``: that, and what it is used as. ``used``: entities,
    bytes of the pool.
    """

    slots: Slots
    pool: Bytes
    ends: Offsets
    declared: Bytes
    stated: Bytes
    nodes: Ints
    used: Offsets


class Nodes(NamedTuple):
    """Class expressions, as in :class:`~kgtwin.model.axiom_table.AxiomTable`.

    ``slots`` are for conjunctions; ``pairs`` for ``∃r.C``, in twos: role and filler plus one, the number. ``used``:
    expressions, operands, conjunctions, pairs.
    """

    slots: Slots
    pairs: Slots
    kind: Bytes
    a: Ints
    b: Ints
    operands: Ints
    used: Offsets


@inlined
def entity(names: Names, source: Bytes, at: int, length: int, hashed: Word) -> int:
    """The number of the name at a place."""
    mask = len(names.slots) - 1
    place = signed(hashed) & mask
    while names.slots[U(place)] != U(0):
        slot = names.slots[U(place)]
        if slot >> FOLD == hashed >> FOLD:
            found = signed(slot & _LOW) - 1
            begin = names.ends[U(found - 1)] if found else 0
            if names.ends[U(found)] - begin == length and same(names.pool, begin, source, at, length):
                return found
        place = (place + 1) & mask
    number: int = names.used[0]
    start: int = names.used[1]
    if number >= len(names.ends):
        return FULL - NAMES
    if start + length + SLACK > len(names.pool):
        return FULL - POOL
    if 4 * number >= 3 * mask:
        return FULL - NAME_SLOTS
    copy(source, at, length, names.pool, start)
    names.slots[place] = _slot(hashed, number)
    names.ends[number] = start + length
    names.declared[number] = 0
    names.stated[number] = 0
    names.nodes[number] = -1
    names.used[0] = number + 1
    names.used[1] = start + length
    return number


@inlined
def _slot(hashed: Word, number: int) -> Word:
    return (hashed >> FOLD) << FOLD | U(number + 1)


@inlined
def add(nodes: Nodes, a: int, b: int) -> int:
    """The number of a new expression, whose kind is to be set; room was checked."""
    number: int = nodes.used[0]
    nodes.a[number] = a
    nodes.b[number] = b
    nodes.used[0] = number + 1
    return number


@inlined
def named(names: Names, nodes: Nodes, number: int) -> int:
    """The expression that is a named class."""
    found = signed(names.nodes[U(number)])
    if found >= 0:
        return found
    if nodes.used[0] >= len(nodes.kind):
        return FULL - NODES
    names.declared[number] |= 1
    found = add(nodes, number, signed(0))
    nodes.kind[found] = _CLASS
    names.nodes[number] = found
    return found


@inlined
def some(nodes: Nodes, role: int, filler: int) -> int:
    """The expression ``∃role.filler``."""
    key = _key(role, filler)
    mask = (len(nodes.pairs) >> 1) - 1
    place = signed(mixed(SEED, key)) & mask
    while nodes.pairs[U(2 * place)] != U(0):
        if nodes.pairs[U(2 * place)] == key:
            return signed(nodes.pairs[U(2 * place + 1)])
        place = (place + 1) & mask
    if nodes.used[0] >= len(nodes.kind):
        return FULL - NODES
    if 4 * nodes.used[3] >= 3 * mask:
        return FULL - PAIRS
    nodes.used[3] += 1
    found = add(nodes, role, filler)
    nodes.kind[found] = _SOME
    nodes.pairs[2 * place] = key
    nodes.pairs[2 * place + 1] = U(found)
    return found


@inlined
def _key(role: int, filler: int) -> Word:
    return (U(role) << FOLD | U(filler)) + U(1)


@inlined
def conjunction(nodes: Nodes, length: int) -> int:
    """The conjunction of the operands that stand behind the last ones; room for them was checked."""
    start = nodes.used[1]
    hashed = _hash_of_operands(nodes.operands, start, start + length)
    mask = len(nodes.slots) - 1
    place = signed(hashed) & mask
    while nodes.slots[U(place)] != U(0):
        slot = nodes.slots[U(place)]
        found = signed(slot & _LOW) - 1
        if slot >> FOLD == hashed >> FOLD and _same_operands(nodes, found, start, length):
            return found
        place = (place + 1) & mask
    if nodes.used[0] >= len(nodes.kind):
        return FULL - NODES
    if 4 * nodes.used[2] >= 3 * mask:
        return FULL - SLOTS
    nodes.used[2] += 1
    found = add(nodes, start, start + length)
    nodes.kind[found] = _AND
    nodes.slots[place] = _slot(hashed, found)
    nodes.used[1] = start + length
    return found


@inlined
def _hash_of_operands(operands: Ints, begin: int, stop: int) -> Word:
    hashed = SEED ^ U(stop - begin)
    for k in range(begin, stop):
        hashed = mixed(hashed, U(operands[k]))
    return hashed


@inlined
def _same_operands(nodes: Nodes, found: int, start: int, length: int) -> bool:
    begin = signed(nodes.a[found])
    if signed(nodes.b[found]) - begin != length:
        return False
    for k in range(length):
        if nodes.operands[begin + k] != nodes.operands[start + k]:
            return False
    return True


@kernel
def index_names(names: Names) -> None:
    """Fills empty slots with the names there are."""
    start = signed(0)
    for number in range(names.used[0]):
        _put(names.slots, hash_of(names.pool, start, signed(names.ends[number]) - start), number)
        start = signed(names.ends[number])


@kernel
def index_nodes(nodes: Nodes) -> None:
    """Fills empty slots and empty pairs with the expressions there are."""
    for number in range(nodes.used[0]):
        kind, a, b = nodes.kind[number], signed(nodes.a[number]), signed(nodes.b[number])
        if kind == _AND:
            _put(nodes.slots, _hash_of_operands(nodes.operands, a, b), number)
        elif kind == _SOME:
            _put_pair(nodes.pairs, _key(a, b), number)


@inlined
def _put(slots: Slots, hashed: Word, number: int) -> None:
    mask = len(slots) - 1
    place = signed(hashed) & mask
    while slots[place] != U(0):
        place = (place + 1) & mask
    slots[place] = _slot(hashed, number)


@inlined
def _put_pair(pairs: Slots, key: Word, number: int) -> None:
    mask = (len(pairs) >> 1) - 1
    place = signed(mixed(SEED, key)) & mask
    while pairs[2 * place] != U(0):
        place = (place + 1) & mask
    pairs[2 * place] = key
    pairs[2 * place + 1] = U(number)

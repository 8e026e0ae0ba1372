"""Writes the taxonomy of hundreds of thousands of classes, as :func:`kgtwin.ontology.writer.write_taxonomy` does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kgtwin.jit import inlined, kernel, part
from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.ontology.fast.sorting import by_name
from kgtwin.ontology.fast.words import copy, read_only, signed

_CHUNK = 1 << 20
_LINE = 64
"""More bytes than a line takes beside its names."""
PHASE, PLACE, ITEM = range(3)
_DECLARATIONS, _GROUPS, _DONE = range(3)
"""Where the writer is: in which part, at which class, at which of its equivalents and children."""

_DECLARATION, _DECLARED = (np.frombuffer(text, np.uint8) for text in (b"Declaration(Class(<", b">))\n"))
_EQUIVALENTS, _SUB_CLASS = (np.frombuffer(text, np.uint8) for text in (b"EquivalentClasses(<", b"SubClassOf(<"))
_BETWEEN, _END = (np.frombuffer(text, np.uint8) for text in (b"> <", b">)\n"))


class Lists(NamedTuple):
    """Classes in the order in which they are written; all lists hold places in that order.

    ``classes`` (K,): their entities. ``first`` (K,): the first class equivalent to each. ``groups`` and ``children``,
    to ``group_ends`` and ``child_ends`` (K,): the classes equivalent to each first one, and those directly below it.
    """

    classes: Ints
    first: Ints
    group_ends: Offsets
    groups: Ints
    child_ends: Offsets
    children: Ints


def taxonomy_bytes(
    names: Bytes,
    name_ends: Offsets,
    classes: Ints,
    head: Ints,
    parent_ends: Offsets,
    parents: Ints,
    *,
    top: int = 0,
    bottom: int = 1,
) -> Iterator[memoryview]:
    """The file of a taxonomy, in pieces that are to be used before the next one is asked for.

    ``names``, ``name_ends``: of all entities. ``classes`` int32 (K,): the entities that are named classes, ``top`` and
    ``bottom`` the places of ``owl:Thing`` and ``owl:Nothing`` in it. ``head`` int32 (K,): for each class the place of
    one of those equivalent to it, the same for all of them. ``parents[parent_ends[h - 1] : parent_ends[h]]``: the
    heads directly above a head h.
    """
    lists = _lists(by_name(classes, names, name_ends), classes, head, parent_ends, parents, top, bottom)
    longest = int(np.max(np.diff(name_ends, prepend=0), initial=0))
    out = np.empty(_CHUNK + 2 * longest + _LINE, np.uint8)
    names, name_ends = read_only(names), read_only(name_ends)
    state = np.array([_DECLARATIONS, 2, 0])
    yield memoryview(b"Ontology(\n")
    while state[PHASE] != _DONE:
        yield out[: emit(out, _CHUNK, names, name_ends, lists, state)].data
    yield memoryview(b")\n")


def _lists(order: Ints, classes: Ints, head: Ints, parent_ends: Offsets, parents: Ints, top: int, bottom: int) -> Lists:
    """The lists of classes in the order of their names, but for ``owl:Nothing`` and ``owl:Thing``, which come first."""
    count = len(order)
    order = np.concatenate([np.array([bottom, top], np.int32), order[(order != top) & (order != bottom)]])
    lists = Lists(
        classes=classes[order],
        first=np.empty(count, np.int32),
        group_ends=np.zeros(count, np.int64),
        groups=np.empty(count, np.int32),
        child_ends=np.zeros(count, np.int64),
        children=np.empty(len(parents), np.int32),
    )
    leader = np.full(count, -1, np.int32)
    arrange(lists, order, read_only(head), read_only(parent_ends), read_only(parents), leader)
    return lists


@kernel
def arrange(lists: Lists, order: Ints, head: Ints, parent_ends: Offsets, parents: Ints, leader: Ints) -> None:
    """Fills the lists. ``leader``: of each head, the first class of its group."""
    count = len(order)
    for place in range(count):
        own = head[order[place]]
        if leader[own] < 0:
            leader[own] = place
        lists.first[place] = leader[own]
        lists.group_ends[leader[own]] += 1
    for filling in range(2):
        if filling:
            _begin(lists.group_ends)
            _begin(lists.child_ends)
        for place in range(count):
            own = signed(head[order[place]])
            if filling:
                _append(lists.group_ends, lists.groups, signed(lists.first[place]), place)
            if leader[own] == place and place != 0:
                _list_below(lists, head, parent_ends, parents, leader, own, filling)


@part
def _begin(ends: Offsets) -> None:
    """From how long each list is to where it begins; what is appended moves that to its end."""
    total = signed(0)
    for k in range(len(ends)):
        length = signed(ends[k])
        ends[k] = total
        total += length


@inlined
def _append(ends: Offsets, items: Ints, k: int, item: int) -> None:
    items[ends[k]] = item
    ends[k] += 1


@inlined
def _list_below(
    lists: Lists, head: Ints, parent_ends: Offsets, parents: Ints, leader: Ints, own: int, filling: int
) -> None:
    """Lists a group among the children of those above it, or counts it; as ELK does, not below ``owl:Thing``."""
    for k in range(signed(parent_ends[own - 1]) if own else 0, parent_ends[own]):
        above = signed(leader[head[parents[k]]])
        if above > 1 and filling:
            _append(lists.child_ends, lists.children, above, signed(leader[own]))
        elif above > 1:
            lists.child_ends[above] += 1


@kernel
def emit(out: Bytes, room: int, names: Bytes, name_ends: Offsets, lists: Lists, state: Offsets) -> int:
    """Writes from where ``state`` says until ``room`` bytes are passed; how many. Sets ``state`` to what comes next."""
    at = signed(0)
    while at <= room and state[PHASE] != _DONE:
        place = signed(state[PLACE])
        if place >= len(lists.classes):
            state[PHASE] += 1
            state[PLACE] = 0
        elif state[PHASE] == _DECLARATIONS:
            at = _text(out, at, _DECLARATION)
            at = _name(out, at, names, name_ends, signed(lists.classes[place]))
            at = _text(out, at, _DECLARED)
            state[PLACE] += 1
        else:
            at = _next_of(out, at, names, name_ends, lists, state)
    return at


@inlined
def _next_of(out: Bytes, at: int, names: Bytes, name_ends: Offsets, lists: Lists, state: Offsets) -> int:
    """Writes the next name of an ``EquivalentClasses`` or the next ``SubClassOf`` of a class, if there is one."""
    place, item = signed(state[PLACE]), signed(state[ITEM])
    own = signed(lists.classes[place])
    group, size = _range(lists.group_ends, place)
    children, count = _range(lists.child_ends, place)
    equivalents = size if size > 1 else 0
    state[ITEM] += 1
    if item < equivalents:
        at = _text(out, at, _BETWEEN if item else _EQUIVALENTS)
        at = _name(out, at, names, name_ends, signed(lists.classes[lists.groups[group + item]]))
        return _text(out, at, _END) if item == equivalents - 1 else at
    if item < equivalents + count:
        at = _text(out, at, _SUB_CLASS)
        at = _name(out, at, names, name_ends, signed(lists.classes[lists.children[children + item - equivalents]]))
        at = _name(out, _text(out, at, _BETWEEN), names, name_ends, own)
        return _text(out, at, _END)
    state[PLACE] += 1
    state[ITEM] = 0
    return at


@inlined
def _range(ends: Offsets, k: int) -> tuple[int, int]:
    """Where a list begins, and how long it is."""
    begin = signed(ends[k - 1]) if k else 0
    return begin, signed(ends[k]) - begin


@inlined
def _text(out: Bytes, at: int, text: Bytes) -> int:
    copy(text, signed(0), len(text), out, at)
    return at + len(text)


@inlined
def _name(out: Bytes, at: int, names: Bytes, name_ends: Offsets, entity: int) -> int:
    begin, length = _range(name_ends, entity)
    copy(names, begin, length, out, at)
    return at + length

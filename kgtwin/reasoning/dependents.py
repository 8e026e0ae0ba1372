"""Kernels that find which contexts depend on which atoms, in a closed state and after layers of edits on it.

Of the state itself two indexes are made once: the contexts below each atom, and the atoms that say of themselves that
they are linked to a context. A layer adds list nodes for the contexts and atoms that it replaces; those that an older
layer, or the state itself, has for them are passed over, as their stamp is not the one that counts.
"""

from __future__ import annotations

from typing import NamedTuple

from kgtwin.jit import inlined, kernel
from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.program import LINKS, TOLD
from kgtwin.reasoning.state import (
    LINKS_AT,
    LINKS_N,
    LINKS_ROOM,
    SUBS,
    SUBS_N,
    SUBS_ROOM,
    WAITS_AT,
    WAITS_N,
    WAITS_ROOM,
    State,
)
from kgtwin.reasoning.workspace import Rules

ATOMS, NODES, EPOCH, QUEUED, CHOICE, EDIT = range(6)
REGISTERS = 6


class Backwards(NamedTuple):
    """``having[having_starts[a]:having_starts[a+1]]`` are the contexts below atom a; ``telling`` likewise.

    ``version`` of a context and ``recorded`` of an atom: the layer that has it, or 0. ``below`` and ``told`` (A,) are
    the first nodes of lists, or 0: nodes (``key``, ``value``, ``stamp``, ``after``), the key being ~atom in ``told``.
    ``mark``, ``asked``, ``chosen``, ``altered`` and ``settled`` (A,) are marks by epochs, ``queue`` is what was found.
    ``reg``: registers, as numbered above.
    """

    having_starts: Offsets
    having: Ints
    telling_starts: Offsets
    telling: Ints
    version: Ints
    recorded: Ints
    below: Ints
    told: Ints
    key: Ints
    value: Ints
    stamp: Ints
    after: Ints
    mark: Ints
    asked: Ints
    chosen: Ints
    altered: Ints
    settled: Ints
    queue: Ints
    reg: Offsets


# layers


@inlined
def _push(back: Backwards, heads: Ints, atom: int, key: int, value: int, stamp: int) -> bool:
    at = back.reg[NODES]
    if at >= len(back.key):
        return False
    back.reg[NODES] += 1
    back.key[at], back.value[at], back.stamp[at], back.after[at] = key, value, stamp, heads[atom]
    heads[atom] = at
    return True


@kernel
def put_on(rules: Rules, pools: State, back: Backwards, contexts: Ints, atoms: Ints, stamp: int) -> bool:
    """Notes a layer's contexts, as they stand in the pools, and the links of its records; whether there was room."""
    for i in range(len(contexts)):
        x = contexts[i]
        back.version[x] = stamp
        start = pools.rows[x, SUBS]
        for j in range(start, start + pools.rows[x, SUBS_N]):
            atom = pools.subs[j]
            if not _push(back, back.below, atom, atom, x, stamp):
                return False
    for i in range(len(atoms)):
        here = atoms[i]
        back.recorded[here] = stamp
        flags, at = rules.flags[here], rules.starts[here]
        if not flags & LINKS:
            continue
        if flags & TOLD:
            at += 1 + rules.code[at]
        for j in range(at + 1, at + 1 + 2 * rules.code[at], 2):
            target = rules.code[j + 1]
            if target >= 0 and not _push(back, back.told, target, ~target, here, stamp):
                return False
    return True


@kernel
def take_off(back: Backwards, first: int) -> None:
    """Forgets all nodes from ``first`` on."""
    for at in range(back.reg[NODES] - 1, first - 1, -1):
        key = back.key[at]
        if key >= 0:
            back.below[key] = back.after[at]
        else:
            back.told[~key] = back.after[at]
    back.reg[NODES] = first


# what depends on what


@inlined
def _has(pools: State, x: int, atom: int) -> bool:
    start = pools.rows[x, SUBS]
    found = False
    for i in range(start, start + pools.rows[x, SUBS_N]):
        if pools.subs[i] == atom:
            found = True
            break
    return found


@inlined
def _queue(back: Backwards, x: int) -> None:
    reg = back.reg
    if back.mark[x] != reg[EPOCH] and back.settled[x] != reg[EDIT]:
        back.mark[x] = reg[EPOCH]
        back.queue[reg[QUEUED]] = x
        reg[QUEUED] += 1


@inlined
def _queue_below(pools: State, back: Backwards, atom: int, other: int) -> None:
    """Queues the contexts below an atom and another one, or -1 for no other."""
    if atom < back.reg[ATOMS]:
        for i in range(back.having_starts[atom], back.having_starts[atom + 1]):
            x = back.having[i]
            if back.version[x] == 0 and (other < 0 or _has(pools, x, other)):
                _queue(back, x)
    at = back.below[atom]
    while at > 0:
        x = back.value[at]
        if back.version[x] == back.stamp[at] and (other < 0 or _has(pools, x, other)):
            _queue(back, x)
        at = back.after[at]


@inlined
def _count_in_state(back: Backwards, atom: int) -> int:
    """How many contexts the state itself has below an atom."""
    found = 0
    if atom < back.reg[ATOMS]:
        found = back.having_starts[atom + 1] - back.having_starts[atom]
    return found


@inlined
def queue_below(pools: State, back: Backwards, atom: int) -> None:
    """Queues the contexts below an atom, once in an epoch."""
    if back.asked[atom] != back.reg[EPOCH]:
        back.asked[atom] = back.reg[EPOCH]
        _queue_below(pools, back, atom, -1)


@inlined
def queue_linked_to(pools: State, back: Backwards, x: int) -> None:
    """Queues the contexts below what is told links to x, by the state's records and by those of edits."""
    if x < back.reg[ATOMS]:
        for i in range(back.telling_starts[x], back.telling_starts[x + 1]):
            if back.recorded[back.telling[i]] == 0:
                queue_below(pools, back, back.telling[i])
    at = back.told[x]
    while at > 0:
        if back.recorded[back.value[at]] == back.stamp[at]:
            queue_below(pools, back, back.value[at])
        at = back.after[at]


@kernel
def find_seeds(pools: State, back: Backwards, pairs: Ints) -> int:
    """How many contexts are below both atoms of a pair (twice the same for one), in ``queue``."""
    reg = back.reg
    reg[EPOCH] += 1
    reg[QUEUED] = 0
    for i in range(0, len(pairs), 2):
        one, other = pairs[i], pairs[i + 1]
        if one == other:
            queue_below(pools, back, one)
        elif _count_in_state(back, one) <= _count_in_state(back, other):
            _queue_below(pools, back, one, other)
        else:
            _queue_below(pools, back, other, one)
    found: int = reg[QUEUED]
    return found


@kernel
def find_dependents(pools: State, back: Backwards, contexts: Ints) -> int:
    """How many there are of some contexts and those that depend on them, in ``queue``, and marked.

    Dependent is what is linked to them or to dependents. Whatever is below these says all the links that they say, so
    it is among them.
    """
    reg = back.reg
    reg[EPOCH] += 1
    reg[QUEUED] = 0
    for i in range(len(contexts)):
        _queue(back, contexts[i])
    here = 0
    while here < reg[QUEUED]:
        x = back.queue[here]
        here += 1
        queue_linked_to(pools, back, x)
    found: int = reg[QUEUED]
    return found


@kernel
def below(pools: State, back: Backwards, atom: int) -> int:
    """How many contexts are below an atom; they are in ``queue``."""
    back.reg[EPOCH] += 1
    back.reg[EDIT] += 1
    back.reg[QUEUED] = 0
    _queue_below(pools, back, atom, -1)
    found: int = back.reg[QUEUED]
    return found


@kernel
def pack(pools: State, contexts: Ints, packed: State, ends: Offsets) -> None:
    """Copies rows, and what they point to, one after the other behind ``ends``: of rows, subsumers, waits and links."""
    first, subs, waits, links = ends[0], ends[1], ends[2], ends[3]
    for i in range(len(contexts)):
        row, to = pools.rows[contexts[i]], packed.rows[first + i]
        for column in range(len(row)):
            to[column] = row[column]
        to[SUBS], to[SUBS_ROOM], to[WAITS_AT], to[WAITS_ROOM] = subs, row[SUBS_N], waits, row[WAITS_N]
        to[LINKS_AT], to[LINKS_ROOM] = links, row[LINKS_N]
        for j in range(row[SUBS_N]):
            packed.subs[subs + j] = pools.subs[row[SUBS] + j]
        for j in range(row[WAITS_N]):
            packed.waits[waits + j] = pools.waits[row[WAITS_AT] + j]
        for j in range(row[LINKS_N]):
            packed.links[links + j] = pools.links[row[LINKS_AT] + j]
        subs, waits, links = subs + row[SUBS_N], waits + row[WAITS_N], links + row[LINKS_N]
    ends[0], ends[1], ends[2], ends[3] = first + len(contexts), subs, waits, links

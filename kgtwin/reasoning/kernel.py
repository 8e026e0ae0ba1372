"""The saturation, compiled: one context at a time, its subsumers marked by epoch, finished ones in flat pools.

A context is an atom of which all that follows is derived. Contexts are visited depth first, told superclasses and fillers
before what needs them, and Tarjan's algorithm finds on the way which depend on one another: outside of such a
component every context is finished in one go and never touched again, so that others copy what it has; inside, news are
queued with the context that they concern until the component has none left.

``x`` is the active context. Its lists grow at the ends of the pools; :func:`_commit` leaves them there.
"""

# ruff: noqa: PLR0912
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.jit import inlined, kernel
from kgtwin.reasoning.program import BOTTOM, CHECKED, FIRST, GROUPS, JOINS, LINKS, LOOPS, SECOND, TOLD, TOP, WAITS
from kgtwin.reasoning.state import (
    BACK,
    CLOSED,
    CURSOR,
    LINKS_AT,
    LINKS_N,
    LOW,
    NEW,
    NEWS,
    OPEN,
    ORDER,
    STATE,
    SUBS,
    SUBS_N,
    WAITS_AT,
    WAITS_N,
)

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Uint8s = NDArray[np.uint8]

ALL = TOLD | LINKS | JOINS | WAITS | GROUPS | LOOPS

# Registers
X, EPOCH, SUBS_END, SUBS_HERE, WAITS_END, WAITS_HERE, LINKS_END, LINKS_HERE, TODO, FOLLOWED = range(10)
NODES, VISITED, STACKED, FRAMES, STATUS, ROOT = range(10, 16)
REGISTERS = 16
RUNNING, FULL = range(2)


class Rules(NamedTuple):
    """The parts of a program that the engine reads."""

    starts: Int64s
    code: Int32s
    flags: Uint8s
    is_context: Uint8s
    parts: Int32s
    part_ends: Int32s
    heads: Int32s
    above: Uint8s
    role_flags: Uint8s
    domain_starts: Int64s
    domains: Int32s
    first: Int32s
    second: Int32s
    cells: Int32s
    cell_ends: Int32s
    results: Int32s


class Work(NamedTuple):
    """Scratch: marks by epoch, the to-do lists of the active context, news and back-links as linked lists, the stacks."""

    mark: Int32s
    group_mark: Int32s
    link_mark: Int32s
    link_head: Int32s
    link_next: Int32s
    todo: Int32s
    node_next: Int32s
    node_role: Int32s
    node_atom: Int32s
    stack: Int32s
    frames: Int32s
    reg: Int64s


@inlined
def _above(rules, role, sup):
    return (rules.above[role, sup >> 3] >> (sup & 7)) & 1


@inlined
def _add(rules, pools, work, atom, bits):
    """``x ⊑ atom``, unless known; notes it where one of its sections of ``bits`` is to be looked at."""
    reg = work.reg
    if work.mark[atom] == reg[EPOCH]:
        return
    work.mark[atom] = reg[EPOCH]
    at = reg[SUBS_END] + reg[SUBS_HERE]
    if at >= len(pools.subs):
        reg[STATUS] = FULL
        return
    pools.subs[at] = atom
    reg[SUBS_HERE] += 1
    if rules.flags[atom] & bits:
        work.todo[reg[TODO]] = atom if bits == ALL else ~atom
        reg[TODO] += 1


@inlined
def _node(work, role, atom, after):
    """A new list node before ``after``; -1 where there is no room."""
    reg = work.reg
    at = reg[NODES]
    if at >= len(work.node_next):
        reg[STATUS] = FULL
        return after
    reg[NODES] += 1
    work.node_next[at], work.node_role[at], work.node_atom[at] = after, role, atom
    return at


@inlined
def _tell(rules, pools, work, context, atom):
    """``context ⊑ atom``: at once for the active context, else as news."""
    if context == work.reg[X]:
        _add(rules, pools, work, atom, ALL)
    else:
        pools.rows[context, NEWS] = _node(work, -1, atom, pools.rows[context, NEWS])


@inlined
def _tell_link(rules, pools, work, context, role, target):
    """``context -role→ target``, likewise."""
    if context == work.reg[X]:
        _link(rules, pools, work, role, target)
    else:
        pools.rows[context, NEWS] = _node(work, role, target, pools.rows[context, NEWS])


@inlined
def _link(rules, pools, work, role, target):
    """``x -role→ target``, unless it is known by this role or one below it."""
    reg = work.reg
    if work.link_mark[target] == reg[EPOCH]:
        entry = work.link_head[target]
        while entry >= 0:
            if _above(rules, pools.links[reg[LINKS_END] + entry] >> 32, role):
                return
            entry = work.link_next[entry]
    _note_link(pools, work, role, target)


@inlined
def _note_link(pools, work, role, target):
    """Appends a link, to be found by its target."""
    reg = work.reg
    here = reg[LINKS_HERE]
    at = reg[LINKS_END] + here
    if at >= len(pools.links) or here >= len(work.link_next):
        reg[STATUS] = FULL
        return
    known = work.link_mark[target] == reg[EPOCH]
    work.link_next[here] = work.link_head[target] if known else -1
    work.link_mark[target] = reg[EPOCH]
    work.link_head[target] = here
    pools.links[at] = role << 32 | target
    reg[LINKS_HERE] += 1


@inlined
def _wait(rules, pools, work, role, head):
    """``y -r→ x ⊢ y ⊑ head`` for r below a role: kept for those to come, told to those known."""
    reg = work.reg
    at = reg[WAITS_END] + reg[WAITS_HERE]
    if at >= len(pools.waits):
        reg[STATUS] = FULL
        return
    pools.waits[at] = role << 32 | head
    reg[WAITS_HERE] += 1
    _announce(rules, pools, work, role, head)


@inlined
def _announce(rules, pools, work, role, head):
    """Tells a head that waits for a role to those known to lead to x."""
    node = pools.rows[work.reg[X], BACK]
    while node >= 0:
        if _above(rules, work.node_role[node], role):
            _tell(rules, pools, work, work.node_atom[node], head)
        node = work.node_next[node]


@inlined
def _join(rules, work, other, head):
    """The atom that a conjunction leads to, or -1 where a conjunct is missing."""
    epoch = work.reg[EPOCH]
    if work.mark[other] != epoch:
        return -1
    if head >= 0:
        return head
    number = ~head
    start = rules.part_ends[number - 1] if number else 0
    for at in range(start, rules.part_ends[number]):
        if work.mark[rules.parts[at]] != epoch:
            return -1
    return rules.heads[number]


@inlined
def _take(rules, pools, work, noted):
    """Applies the rules that an atom of x triggers; those it has been taken over with (``~atom``) only to be checked."""
    reg, code = work.reg, rules.code
    atom = noted if noted >= 0 else ~noted
    full = noted >= 0
    flags = rules.flags[atom]
    at = rules.starts[atom]
    if flags & TOLD:
        end = at + 1 + code[at]
        if full:
            for i in range(at + 1, end):
                _add(rules, pools, work, code[i], ALL)
        at = end
    if flags & LINKS:
        end = at + 1 + 2 * code[at]
        if full or flags & LOOPS:
            for i in range(at + 1, end, 2):
                if code[i + 1] < 0:
                    _link(rules, pools, work, code[i], reg[X])
                elif full:
                    _link(rules, pools, work, code[i], code[i + 1])
        at = end
    if flags & JOINS:
        end = at + 1 + 2 * code[at]
        for i in range(at + 1, end, 2):
            head = _join(rules, work, code[i], code[i + 1])
            if head >= 0:
                _add(rules, pools, work, head, ALL)
        at = end
    if flags & WAITS:
        end = at + 1 + 2 * code[at]
        for i in range(at + 1, end, 2):
            _wait(rules, pools, work, code[i], code[i + 1])
        at = end
    if flags & GROUPS:
        for i in range(at + 1, at + 1 + code[at]):
            if work.group_mark[code[i]] == reg[EPOCH]:
                _add(rules, pools, work, BOTTOM, ALL)
            work.group_mark[code[i]] = reg[EPOCH]


@inlined
def _mark_groups(rules, work, atom):
    """Notes that x is in the groups of an atom whose rules are done."""
    code, flags, at = rules.code, rules.flags[atom], rules.starts[atom]
    if flags & TOLD:
        at += 1 + code[at]
    if flags & LINKS:
        at += 1 + 2 * code[at]
    if flags & JOINS:
        at += 1 + 2 * code[at]
    if flags & WAITS:
        at += 1 + 2 * code[at]
    for i in range(at + 1, at + 1 + code[at]):
        work.group_mark[code[i]] = work.reg[EPOCH]


@inlined
def _follow(rules, pools, work, link):
    """Applies the rules that a link of x triggers."""
    reg, rows = work.reg, pools.rows
    x, role, target = reg[X], link >> 32, link & 0xFFFFFFFF
    for i in range(rules.domain_starts[role], rules.domain_starts[role + 1]):
        _add(rules, pools, work, rules.domains[i], ALL)
    if target == x:
        start, count = reg[WAITS_END], reg[WAITS_HERE]
    else:
        start, count = np.int64(rows[target, WAITS_AT]), np.int64(rows[target, WAITS_N])
    for i in range(start, start + count):
        if _above(rules, role, pools.waits[i] >> 32):
            _add(rules, pools, work, pools.waits[i] & 0xFFFFFFFF, ALL)
    if rules.role_flags[role] & FIRST:
        _compose_right(rules, pools, work, role, target)
    if rules.role_flags[role] & SECOND:
        _compose_left(rules, pools, work, role, target)
    if rows[target, STATE] == OPEN:
        rows[target, BACK] = _node(work, role, x, rows[target, BACK])
        rows[x, LOW] = min(rows[x, LOW], rows[target, ORDER])


@inlined
def _compose_right(rules, pools, work, role, target):
    """``x -role→ target -s→ z``"""
    reg = work.reg
    if target == reg[X]:
        start, count = reg[LINKS_END], reg[LINKS_HERE]
    else:
        start, count = np.int64(pools.rows[target, LINKS_AT]), np.int64(pools.rows[target, LINKS_N])
    row = rules.cells[rules.first[role]]
    for i in range(start, start + count):
        link = pools.links[i]
        column = rules.second[link >> 32]
        if column >= 0:
            cell = row[column]
            if cell:
                for j in range(rules.cell_ends[cell - 1], rules.cell_ends[cell]):
                    _link(rules, pools, work, np.int64(rules.results[j]), link & 0xFFFFFFFF)


@inlined
def _compose_left(rules, pools, work, role, target):
    """``y -r→ x -role→ target`` for every y known to lead to x."""
    node = pools.rows[work.reg[X], BACK]
    column = rules.second[role]
    while node >= 0:
        row = rules.first[work.node_role[node]]
        if row >= 0:
            cell = rules.cells[row, column]
            if cell:
                for j in range(rules.cell_ends[cell - 1], rules.cell_ends[cell]):
                    _tell_link(rules, pools, work, work.node_atom[node], np.int64(rules.results[j]), target)
        node = work.node_next[node]


@kernel
def _close(rules, pools, work):
    """Applies the rules to x until nothing new follows from what is known of the other contexts."""
    reg, rows = work.reg, pools.rows
    while reg[STATUS] == RUNNING:
        if reg[TODO]:
            reg[TODO] -= 1
            _take(rules, pools, work, work.todo[reg[TODO]])
        elif reg[FOLLOWED] < reg[LINKS_HERE]:
            link = pools.links[reg[LINKS_END] + reg[FOLLOWED]]
            target = link & 0xFFFFFFFF
            if rows[target, STATE] == NEW:
                _postpone(pools, work, link)
            else:
                reg[FOLLOWED] += 1
                _follow(rules, pools, work, link)
        else:
            return


@inlined
def _postpone(pools, work, link):
    """Turns a link to a context not yet visited into news of x; the last link takes its place."""
    reg, rows = work.reg, pools.rows
    x, target = reg[X], link & 0xFFFFFFFF
    rows[x, NEWS] = _node(work, link >> 32, target, rows[x, NEWS])
    at = reg[FOLLOWED]
    _forget_link(pools, work, at)
    reg[LINKS_HERE] -= 1
    last = reg[LINKS_HERE]
    if at < last:
        moved = pools.links[reg[LINKS_END] + last]
        _forget_link(pools, work, last)
        pools.links[reg[LINKS_END] + at] = moved
        target = moved & 0xFFFFFFFF
        work.link_next[at] = work.link_head[target]
        work.link_head[target] = at


@inlined
def _forget_link(pools, work, entry):
    """Takes a link out of the list of those with its target."""
    target = pools.links[work.reg[LINKS_END] + entry] & 0xFFFFFFFF
    here = work.link_head[target]
    if here == entry:
        work.link_head[target] = work.link_next[entry]
        return
    while work.link_next[here] != entry:
        here = work.link_next[here]
    work.link_next[here] = work.link_next[entry]


@inlined
def _begin(work, x):
    reg = work.reg
    reg[X] = x
    reg[EPOCH] += 1
    reg[SUBS_HERE] = reg[WAITS_HERE] = reg[LINKS_HERE] = reg[TODO] = reg[FOLLOWED] = 0


@kernel
def _start(rules, pools, work, x):
    """What x is told, with all that its finished superclasses have: the largest as a block, the others element by element."""
    _begin(work, x)
    rows, code = pools.rows, rules.code
    first, end = rules.starts[x], rules.starts[x]
    if rules.flags[x] & TOLD:
        first, end = first + 1, first + 1 + code[first]
    largest = -1
    for i in range(first, end):
        parent = code[i]
        if rows[parent, STATE] == CLOSED and (largest < 0 or rows[parent, SUBS_N] > rows[largest, SUBS_N]):
            largest = parent
    if largest >= 0:
        _copy(rules, pools, work, largest)
    _add(rules, pools, work, x, ALL)
    _add(rules, pools, work, TOP, ALL)
    for i in range(first, end):
        parent = code[i]
        if parent != largest and rows[parent, STATE] == CLOSED and work.mark[parent] != work.reg[EPOCH]:
            _merge(rules, pools, work, parent)
    if rows[x, BACK] >= 0:
        _announce_copies(rules, pools, work)


@inlined
def _announce_copies(rules, pools, work):
    """Tells what x has taken over to those that were led to x before it was started."""
    reg = work.reg
    for i in range(reg[WAITS_END], reg[WAITS_END] + reg[WAITS_HERE]):
        _announce(rules, pools, work, pools.waits[i] >> 32, pools.waits[i] & 0xFFFFFFFF)
    for i in range(reg[LINKS_END], reg[LINKS_END] + reg[LINKS_HERE]):
        link = pools.links[i]
        if rules.role_flags[link >> 32] & SECOND:
            _compose_left(rules, pools, work, link >> 32, link & 0xFFFFFFFF)


@inlined
def _copy(rules, pools, work, parent):
    """Takes over all of a finished context; its conjunctions are done, its groups and loops are not."""
    reg, rows, epoch = work.reg, pools.rows, work.reg[EPOCH]
    start, count, end = rows[parent, SUBS], rows[parent, SUBS_N], reg[SUBS_END]
    if end + count > len(pools.subs):
        reg[STATUS] = FULL
        return
    for i in range(count):
        atom = pools.subs[start + i]
        pools.subs[end + i] = atom
        work.mark[atom] = epoch
        if rules.flags[atom] & LOOPS:
            work.todo[reg[TODO]] = ~atom
            reg[TODO] += 1
        elif rules.flags[atom] & GROUPS:
            _mark_groups(rules, work, atom)
    reg[SUBS_HERE] = count
    start, count, end = rows[parent, WAITS_AT], rows[parent, WAITS_N], reg[WAITS_END]
    if end + count > len(pools.waits):
        reg[STATUS] = FULL
        return
    for i in range(count):
        pools.waits[end + i] = pools.waits[start + i]
    reg[WAITS_HERE] = count
    _take_links(rules, pools, work, parent)


@inlined
def _merge(rules, pools, work, parent):
    """Takes over what a finished context has and x has not."""
    rows = pools.rows
    start = rows[parent, SUBS]
    for i in range(start, start + rows[parent, SUBS_N]):
        _add(rules, pools, work, pools.subs[i], CHECKED | LOOPS)
    _take_links(rules, pools, work, parent)


@inlined
def _take_links(rules, pools, work, parent):
    """Takes over a finished context's links; what they lead to is known already."""
    reg, rows = work.reg, pools.rows
    start = rows[parent, LINKS_AT]
    for i in range(start, start + rows[parent, LINKS_N]):
        link = pools.links[i]
        if not rules.role_flags[link >> 32] & 4:
            _link(rules, pools, work, link >> 32, link & 0xFFFFFFFF)
    reg[FOLLOWED] = reg[LINKS_HERE]


@kernel
def _resume(rules, pools, work, x):
    """Makes x active again, with its news."""
    _begin(work, x)
    reg, rows, epoch = work.reg, pools.rows, work.reg[EPOCH]
    start, count, end = rows[x, SUBS], rows[x, SUBS_N], reg[SUBS_END]
    room = end + count <= len(pools.subs) and reg[WAITS_END] + rows[x, WAITS_N] <= len(pools.waits)
    if not room or reg[LINKS_END] + rows[x, LINKS_N] > len(pools.links):
        reg[STATUS] = FULL
        return
    for i in range(count):
        atom = pools.subs[start + i]
        pools.subs[end + i] = atom
        work.mark[atom] = epoch
        if rules.flags[atom] & GROUPS:
            _mark_groups(rules, work, atom)
    reg[SUBS_HERE] = count
    start, count, end = rows[x, WAITS_AT], rows[x, WAITS_N], reg[WAITS_END]
    for i in range(count):
        pools.waits[end + i] = pools.waits[start + i]
    reg[WAITS_HERE] = count
    start, count = rows[x, LINKS_AT], rows[x, LINKS_N]
    for i in range(start, start + count):
        _note_link(pools, work, pools.links[i] >> 32, pools.links[i] & 0xFFFFFFFF)
    reg[FOLLOWED] = count
    node = rows[x, NEWS]
    rows[x, NEWS] = -1
    while node >= 0:
        after = work.node_next[node]
        if work.node_role[node] < 0:
            _add(rules, pools, work, work.node_atom[node], ALL)
        else:
            _link(rules, pools, work, np.int64(work.node_role[node]), np.int64(work.node_atom[node]))
        node = after


@kernel
def _commit(rules, pools, work):
    """Keeps what x has: where it was if there is room, else at the ends of the pools."""
    reg, rows = work.reg, pools.rows
    x = reg[X]
    open_still = rows[x, LOW] < rows[x, ORDER] or rows[x, NEWS] >= 0 or rows[x, BACK] >= 0
    if not open_still:
        reg[LINKS_HERE] = _only_second(rules, pools, reg[LINKS_END], reg[LINKS_HERE])
    slack = 1 if open_still else 0
    reg[SUBS_END] += _keep(pools.subs, rows[x], SUBS, reg[SUBS_END], reg[SUBS_HERE], slack)
    reg[WAITS_END] += _keep64(pools.waits, rows[x], WAITS_AT, reg[WAITS_END], reg[WAITS_HERE], slack)
    reg[LINKS_END] += _keep64(pools.links, rows[x], LINKS_AT, reg[LINKS_END], reg[LINKS_HERE], slack)


@inlined
def _only_second(rules, pools, start, count):
    """Keeps of a list of links those that can end a chain: nobody asks a finished context for the others."""
    kept = 0
    for i in range(start, start + count):
        if rules.role_flags[pools.links[i] >> 32] & SECOND:
            pools.links[start + kept] = pools.links[i]
            kept += 1
    return kept


@inlined
def _keep(pool, row, column, end, count, slack):
    """Stores a list that stands at the end of its pool; the room that it takes there."""
    room = row[column + 2]
    if count <= room:
        start = row[column]
        for i in range(count):
            pool[start + i] = pool[end + i]
        row[column + 1] = count
        return 0
    room = min(count + slack * (count // 2 + 4), len(pool) - end)
    row[column], row[column + 1], row[column + 2] = end, count, room
    return room


@inlined
def _keep64(pool, row, column, end, count, slack):
    room = row[column + 2]
    if count <= room:
        start = row[column]
        for i in range(count):
            pool[start + i] = pool[end + i]
        row[column + 1] = count
        return 0
    room = min(count + slack * (count // 2 + 4), len(pool) - end)
    row[column], row[column + 1], row[column + 2] = end, count, room
    return room


# depth first


@inlined
def _open(rules, pools, work, x):
    """Puts a context on both stacks."""
    reg, row = work.reg, pools.rows[x]
    reg[VISITED] += 1
    row[STATE], row[ORDER], row[LOW], row[CURSOR] = OPEN, reg[VISITED], reg[VISITED], 0
    row[BACK], row[NEWS] = -1, -1
    work.stack[reg[STACKED]], work.frames[reg[FRAMES]] = x, x
    reg[STACKED] += 1
    reg[FRAMES] += 1


@inlined
def _next_unvisited(rules, pools, work, x):
    """The next told superclass or filler of x to visit before it, or -1."""
    rows, code = pools.rows, rules.code
    at, flags = rules.starts[x], rules.flags[x]
    told = code[at] if flags & TOLD else 0
    links_at = at + 1 + told if flags & TOLD else at
    links = code[links_at] if flags & LINKS else 0
    while rows[x, CURSOR] < told + links:
        i = rows[x, CURSOR]
        rows[x, CURSOR] += 1
        found = code[at + 1 + i] if i < told else code[links_at + 2 + 2 * (i - told)]
        if found < 0 or not rules.is_context[found]:
            continue
        if rows[found, STATE] == NEW:
            return found
        if rows[found, STATE] == OPEN:
            rows[x, LOW] = min(rows[x, LOW], rows[found, ORDER])
    return -1


@inlined
def _unvisited_news(pools, work, x):
    """A context that the news of x link to and that was not visited, or -1."""
    node = pools.rows[x, NEWS]
    while node >= 0:
        if work.node_role[node] >= 0 and pools.rows[work.node_atom[node], STATE] == NEW:
            return work.node_atom[node]
        node = work.node_next[node]
    return -1


@inlined
def _with_news(pools, work, x):
    """A context of the component above x with news, or -1."""
    at = work.reg[STACKED] - 1
    while True:
        found = work.stack[at]
        if pools.rows[found, NEWS] >= 0:
            return found
        if found == x:
            return -1
        at -= 1


@inlined
def _finish(rules, pools, work, x):
    """Closes the component of x."""
    reg, rows = work.reg, pools.rows
    while True:
        reg[STACKED] -= 1
        found = work.stack[reg[STACKED]]
        row = rows[found]
        row[STATE], row[BACK] = CLOSED, -1
        row[LINKS_N] = _only_second(rules, pools, np.int64(row[LINKS_AT]), np.int64(row[LINKS_N]))
        if found == x:
            break
    if reg[STACKED] == 0:
        reg[NODES] = 0


@kernel
def _step(rules, pools, work):
    """One step for the context on top: visit what it needs, derive what it has, hear news, close its component."""
    reg, rows = work.reg, pools.rows
    x = work.frames[reg[FRAMES] - 1]
    if rows[x, CURSOR] >= 0:
        needed = _next_unvisited(rules, pools, work, x)
        if needed >= 0:
            _open(rules, pools, work, needed)
            return
        rows[x, CURSOR] = -1
        _start(rules, pools, work, x)
        _close(rules, pools, work)
        _commit(rules, pools, work)
    concerned = x if rows[x, NEWS] >= 0 else -1
    if concerned < 0 and rows[x, LOW] == rows[x, ORDER]:
        concerned = _with_news(pools, work, x)
    if concerned >= 0:
        needed = _unvisited_news(pools, work, concerned)
        if needed >= 0:
            _open(rules, pools, work, needed)
            return
        _resume(rules, pools, work, concerned)
        _close(rules, pools, work)
        _commit(rules, pools, work)
        rows[x, LOW] = min(rows[x, LOW], rows[concerned, LOW])
        return
    reg[FRAMES] -= 1
    if rows[x, LOW] == rows[x, ORDER]:
        _finish(rules, pools, work, x)
    elif reg[FRAMES]:
        below = work.frames[reg[FRAMES] - 1]
        rows[below, LOW] = min(rows[below, LOW], rows[x, LOW])


@kernel
def run(rules, pools, work, roots, steps):
    """Closes contexts and all that they need, in so many steps; the register ``ROOT`` counts the roots that are done.

    True where something is left to do; the register ``STATUS`` says whether there is memory left to do it in.
    """
    reg = work.reg
    while steps and reg[STATUS] == RUNNING:
        steps -= 1
        if reg[FRAMES]:
            _step(rules, pools, work)
        elif reg[ROOT] == len(roots):
            return False
        else:
            x = roots[reg[ROOT]]
            reg[ROOT] += 1
            if pools.rows[x, STATE] == NEW:
                _open(rules, pools, work, x)
    return reg[STATUS] == RUNNING

"""What follows in the active context: the rules of the calculus, compiled into :mod:`kgtwin.reasoning.kernel`."""

from __future__ import annotations

from kgtwin.jit import inlined
from kgtwin.reasoning.program import BOTTOM, FIRST, GROUPS, JOINS, LINKS, LOOPS, SECOND, TOLD, WAITS
from kgtwin.reasoning.state import BACK, LINKS_AT, LINKS_N, LOW, NEWS, OPEN, ORDER, STATE, WAITS_AT, WAITS_N, State
from kgtwin.reasoning.workspace import (
    ALL,
    EPOCH,
    FULL,
    LINKS_END,
    LINKS_HERE,
    LOOKED_AT,
    NODES,
    ONLY_JOINS,
    STATUS,
    SUBS_END,
    SUBS_HERE,
    TODO,
    WAITS_END,
    WAITS_HERE,
    Rules,
    Work,
    X,
    wide,
)


@inlined
def _above(rules: Rules, role: int, sup: int) -> int:
    bit: int = (rules.above[role, sup >> 3] >> (sup & 7)) & 1
    return bit


@inlined
def add_atom(rules: Rules, pools: State, work: Work, atom: int, bits: int) -> None:
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
def new_node(work: Work, role: int, atom: int, after: int) -> int:
    """A new list node before ``after``; -1 where there is no room."""
    reg = work.reg
    at: int = reg[NODES]
    if at >= len(work.node_next):
        reg[STATUS] = FULL
        return after
    reg[NODES] += 1
    work.node_next[at], work.node_role[at], work.node_atom[at] = after, role, atom
    return at


@inlined
def _tell(rules: Rules, pools: State, work: Work, context: int, atom: int) -> None:
    """``context ⊑ atom``: at once for the active context, else as news."""
    if context == work.reg[X]:
        add_atom(rules, pools, work, atom, ALL)
    else:
        pools.rows[context, NEWS] = new_node(work, -1, atom, pools.rows[context, NEWS])


@inlined
def _tell_link(rules: Rules, pools: State, work: Work, context: int, role: int, target: int) -> None:
    """``context -role→ target``, likewise."""
    if context == work.reg[X]:
        add_link(rules, pools, work, role, target)
    else:
        pools.rows[context, NEWS] = new_node(work, role, target, pools.rows[context, NEWS])


@inlined
def add_link(rules: Rules, pools: State, work: Work, role: int, target: int) -> None:
    """``x -role→ target``, unless it is known by this role or one below it."""
    reg = work.reg
    if work.link_mark[target] == reg[EPOCH]:
        entry = work.link_head[target]
        while entry >= 0:
            if _above(rules, pools.links[reg[LINKS_END] + entry] >> 32, role):
                return
            entry = work.link_next[entry]
    note_link(pools, work, role, target)


@inlined
def note_link(pools: State, work: Work, role: int, target: int) -> None:
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
def _wait(rules: Rules, pools: State, work: Work, role: int, head: int) -> None:
    """``y -r→ x ⊢ y ⊑ head`` for r below a role: kept for those to come, told to those known."""
    reg = work.reg
    at = reg[WAITS_END] + reg[WAITS_HERE]
    if at >= len(pools.waits):
        reg[STATUS] = FULL
        return
    pools.waits[at] = role << 32 | head
    reg[WAITS_HERE] += 1
    announce(rules, pools, work, role, head)


@inlined
def announce(rules: Rules, pools: State, work: Work, role: int, head: int) -> None:
    """Tells a head that waits for a role to those known to lead to x."""
    node = pools.rows[work.reg[X], BACK]
    while node >= 0:
        if _above(rules, work.node_role[node], role):
            _tell(rules, pools, work, work.node_atom[node], head)
        node = work.node_next[node]


@inlined
def _join(rules: Rules, work: Work, other: int, head: int) -> int:
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
    found: int = rules.heads[number]
    return found


@inlined
def take_atom(rules: Rules, pools: State, work: Work, noted: int) -> None:
    """Applies the rules that an atom of x triggers; those taken over (``~atom``) are only checked.

    Of those taken over as a block (``atom + ONLY_JOINS``), only conjunctions with others are.
    """
    reg, code = work.reg, rules.code
    in_block = noted >= ONLY_JOINS
    full = noted >= 0 and not in_block
    atom = noted - ONLY_JOINS if in_block else noted if noted >= 0 else ~noted
    flags = rules.flags[atom]
    at = rules.starts[atom]
    if flags & TOLD:
        end = at + 1 + code[at]
        if full:
            for i in range(at + 1, end):
                add_atom(rules, pools, work, code[i], ALL)
        at = end
    if flags & LINKS:
        end = at + 1 + 2 * code[at]
        if full or flags & LOOPS:
            for i in range(at + 1, end, 2):
                if code[i + 1] < 0:
                    add_link(rules, pools, work, code[i], reg[X])
                elif full:
                    add_link(rules, pools, work, code[i], code[i + 1])
        at = end
    if flags & JOINS:
        end = at + 1 + 2 * code[at]
        for i in range(at + 1, end, 2):
            head = _join(rules, work, code[i], code[i + 1])
            if head >= 0:
                add_atom(rules, pools, work, head, ALL)
        at = end
    if in_block:
        return
    if flags & WAITS:
        end = at + 1 + 2 * code[at]
        for i in range(at + 1, end, 2):
            _wait(rules, pools, work, code[i], code[i + 1])
        at = end
    if flags & GROUPS:
        for i in range(at + 1, at + 1 + code[at]):
            if work.group_mark[code[i]] == reg[EPOCH]:
                add_atom(rules, pools, work, BOTTOM, ALL)
            work.group_mark[code[i]] = reg[EPOCH]


@inlined
def mark_groups(rules: Rules, work: Work, atom: int) -> None:
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
def follow_link(rules: Rules, pools: State, work: Work, link: int) -> None:
    """Applies the rules that a link of x triggers."""
    reg, rows = work.reg, pools.rows
    x, role, target = reg[X], link >> 32, link & 0xFFFFFFFF
    for i in range(rules.domain_starts[role], rules.domain_starts[role + 1]):
        add_atom(rules, pools, work, rules.domains[i], ALL)
    if target == x:
        start, count = reg[WAITS_END], reg[WAITS_HERE]
    else:
        start, count = wide(rows[target, WAITS_AT]), wide(rows[target, WAITS_N])
    reg[LOOKED_AT] += count
    for i in range(start, start + count):
        if _above(rules, role, pools.waits[i] >> 32):
            add_atom(rules, pools, work, pools.waits[i] & 0xFFFFFFFF, ALL)
    if rules.role_flags[role] & FIRST:
        _compose_right(rules, pools, work, role, target)
    if rules.role_flags[role] & SECOND:
        compose_left(rules, pools, work, role, target)
    if rows[target, STATE] == OPEN:
        rows[target, BACK] = new_node(work, role, x, rows[target, BACK])
        rows[x, LOW] = min(rows[x, LOW], rows[target, ORDER])


@inlined
def _compose_right(rules: Rules, pools: State, work: Work, role: int, target: int) -> None:
    """``x -role→ target -s→ z``"""
    reg = work.reg
    if target == reg[X]:
        start, count = reg[LINKS_END], reg[LINKS_HERE]
    else:
        start, count = wide(pools.rows[target, LINKS_AT]), wide(pools.rows[target, LINKS_N])
    reg[LOOKED_AT] += count
    row = rules.cells[rules.first[role]]
    for i in range(start, start + count):
        link = pools.links[i]
        column = rules.second[link >> 32]
        if column >= 0:
            cell = row[column]
            if cell:
                for j in range(rules.cell_ends[cell - 1], rules.cell_ends[cell]):
                    add_link(rules, pools, work, wide(rules.results[j]), link & 0xFFFFFFFF)


@inlined
def compose_left(rules: Rules, pools: State, work: Work, role: int, target: int) -> None:
    """``y -r→ x -role→ target`` for every y known to lead to x."""
    node = pools.rows[work.reg[X], BACK]
    column = rules.second[role]
    while node >= 0:
        work.reg[LOOKED_AT] += 1
        row = rules.first[work.node_role[node]]
        if row >= 0:
            cell = rules.cells[row, column]
            if cell:
                for j in range(rules.cell_ends[cell - 1], rules.cell_ends[cell]):
                    _tell_link(rules, pools, work, work.node_atom[node], wide(rules.results[j]), target)
        node = work.node_next[node]

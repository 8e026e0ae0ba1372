"""Making a context active and putting it away again: what it takes over from others, and what is kept of it."""

from __future__ import annotations

from kgtwin.jit import inlined, kernel
from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.deriving import add_atom, add_link, announce, compose_left, mark_groups, note_link
from kgtwin.reasoning.program import CHECKED, GROUPS, LINKS, LOOPS, PRIMARY, SECOND, TOLD, TOP, WAITS
from kgtwin.reasoning.state import (
    BACK,
    CLOSED,
    LINKS_AT,
    LINKS_N,
    LOW,
    NEWS,
    ORDER,
    STATE,
    SUBS,
    SUBS_N,
    WAITS_AT,
    WAITS_N,
    State,
)
from kgtwin.reasoning.workspace import (
    ALL,
    EPOCH,
    FOLLOWED,
    FULL,
    LINKS_END,
    LINKS_HERE,
    ONLY_JOINS,
    REFINED,
    STATUS,
    SUBS_END,
    SUBS_HERE,
    TODO,
    TOUCHED,
    WAITS_END,
    WAITS_HERE,
    Rules,
    Work,
    X,
    wide,
)


@inlined
def _begin(work: Work, x: int) -> None:
    reg = work.reg
    reg[X] = x
    reg[EPOCH] += 1
    reg[SUBS_HERE] = reg[WAITS_HERE] = reg[LINKS_HERE] = reg[TODO] = reg[FOLLOWED] = 0


@kernel
def start_context(rules: Rules, pools: State, work: Work, x: int) -> None:
    """What x is told, and all that its finished superclasses have: the largest as a block, others by element."""
    _begin(work, x)
    reg, rows, code = work.reg, pools.rows, rules.code
    first, end = rules.starts[x], rules.starts[x]
    if rules.flags[x] & TOLD:
        first, end = first + 1, first + 1 + code[first]
    largest = -1
    for i in range(first, end):
        parent = code[i]
        if rows[parent, STATE] == CLOSED and (largest < 0 or rows[parent, SUBS_N] > rows[largest, SUBS_N]):
            largest = parent
    if largest >= 0:
        _copy(rules, pools, work, largest, end - first)
    add_atom(rules, pools, work, x, ALL)
    add_atom(rules, pools, work, TOP, ALL)
    for i in range(first, end):
        parent = code[i]
        if parent != largest and rows[parent, STATE] == CLOSED and work.mark[parent] != work.reg[EPOCH]:
            _merge(rules, pools, work, parent)
    if rows[x, BACK] >= 0:
        _announce_copies(rules, pools, work)
    if reg[REFINED]:
        _touch_rules(rules, work)


@kernel
def look_ahead(rules: Rules, pools: State, work: Work, contexts: Ints) -> None:
    """Reads a little of all that some contexts are told of: memory answers many questions at a time."""
    rows, subs, waits, code, found = pools.rows, pools.subs, pools.waits, rules.code, 0
    for i in range(len(contexts)):
        at, flags = rules.starts[contexts[i]], rules.flags[contexts[i]]
        if flags & TOLD:
            first, at = at + 1, at + 1 + code[at]
            for j in range(first, at):
                found += rows[code[j], SUBS]
        if flags & LINKS:
            for j in range(at + 2, at + 2 + 2 * code[at], 2):
                if code[j] >= 0:
                    found += rows[code[j], WAITS_AT]
    for i in range(len(contexts)):
        at, flags = rules.starts[contexts[i]], rules.flags[contexts[i]]
        if flags & TOLD:
            first, at = at + 1, at + 1 + code[at]
            for j in range(first, at):
                start = wide(rows[code[j], SUBS])
                for k in range(start, start + rows[code[j], SUBS_N], 16):
                    found += subs[k]
        if flags & LINKS:
            for j in range(at + 2, at + 2 + 2 * code[at], 2):
                if code[j] >= 0:
                    found += waits[rows[code[j], WAITS_AT]]
    work.reg[TOUCHED] = found


@inlined
def _touch_rules(rules: Rules, work: Work) -> None:
    """The same of the rules of the atoms to be looked at."""
    found, starts, code = 0, rules.starts, rules.code
    for i in range(work.reg[TODO]):
        noted = work.todo[i]
        atom = noted - ONLY_JOINS if noted >= ONLY_JOINS else noted if noted >= 0 else ~noted
        found += code[starts[atom]]
    work.reg[TOUCHED] += found


@inlined
def _announce_copies(rules: Rules, pools: State, work: Work) -> None:
    """Tells what x has taken over to those that were led to x before it was started."""
    reg = work.reg
    for i in range(reg[WAITS_END], reg[WAITS_END] + reg[WAITS_HERE]):
        announce(rules, pools, work, pools.waits[i] >> 32, pools.waits[i] & 0xFFFFFFFF)
    for i in range(reg[LINKS_END], reg[LINKS_END] + reg[LINKS_HERE]):
        link = pools.links[i]
        if rules.role_flags[link >> 32] & SECOND:
            compose_left(rules, pools, work, link >> 32, link & 0xFFFFFFFF)


@inlined
def _copy(rules: Rules, pools: State, work: Work, parent: int, parents: int) -> None:
    """Takes over all of a finished context; its conjunctions are done, its groups and loops are not.

    Conjunctions with what comes of other parents are looked at from there, or under their rarest conjunct.
    """
    reg, rows, subs, flags = work.reg, pools.rows, pools.subs, rules.flags
    start, count, end = wide(rows[parent, SUBS]), wide(rows[parent, SUBS_N]), reg[SUBS_END]
    if end + count > len(subs):
        reg[STATUS] = FULL
        return
    mark, epoch = work.mark, reg[EPOCH]
    for i in range(count):
        atom = subs[start + i]
        subs[end + i] = atom
        mark[atom] = epoch
    block = PRIMARY if parents > 1 and reg[REFINED] else 0
    noted = reg[TODO]
    for i in range(count):
        atom = subs[end + i]
        has = flags[atom]
        work.todo[noted] = ~atom if has & LOOPS else atom + ONLY_JOINS
        noted += (has & (block | LOOPS)) != 0
        if has & (GROUPS | LOOPS) == GROUPS:
            mark_groups(rules, work, atom)
    reg[TODO] = noted
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
def _merge(rules: Rules, pools: State, work: Work, parent: int) -> None:
    """Takes over what a finished context has and x has not."""
    reg, rows, subs, flags = work.reg, pools.rows, pools.subs, rules.flags
    start, count, first = wide(rows[parent, SUBS]), wide(rows[parent, SUBS_N]), reg[SUBS_END] + reg[SUBS_HERE]
    if first + count > len(subs):
        reg[STATUS] = FULL
        return
    mark, epoch, end = work.mark, reg[EPOCH], first
    for i in range(start, start + count):
        atom = subs[i]
        subs[end] = atom
        end += mark[atom] != epoch
        mark[atom] = epoch
    bits = PRIMARY | WAITS | GROUPS | LOOPS if reg[REFINED] else CHECKED | LOOPS
    noted = reg[TODO]
    for i in range(first, end):
        work.todo[noted] = ~subs[i]
        noted += (flags[subs[i]] & bits) != 0
    reg[SUBS_HERE] += end - first
    reg[TODO] = noted
    _take_links(rules, pools, work, parent)


@inlined
def _take_links(rules: Rules, pools: State, work: Work, parent: int) -> None:
    """Takes over a finished context's links; what they lead to is known already."""
    reg, rows = work.reg, pools.rows
    start = rows[parent, LINKS_AT]
    for i in range(start, start + rows[parent, LINKS_N]):
        link = pools.links[i]
        if not rules.role_flags[link >> 32] & 4:
            add_link(rules, pools, work, link >> 32, link & 0xFFFFFFFF)
    reg[FOLLOWED] = reg[LINKS_HERE]


@kernel
def resume_context(rules: Rules, pools: State, work: Work, x: int) -> None:
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
            mark_groups(rules, work, atom)
    reg[SUBS_HERE] = count
    start, count, end = rows[x, WAITS_AT], rows[x, WAITS_N], reg[WAITS_END]
    for i in range(count):
        pools.waits[end + i] = pools.waits[start + i]
    reg[WAITS_HERE] = count
    start, count = rows[x, LINKS_AT], rows[x, LINKS_N]
    for i in range(start, start + count):
        note_link(pools, work, pools.links[i] >> 32, pools.links[i] & 0xFFFFFFFF)
    reg[FOLLOWED] = count
    node = rows[x, NEWS]
    rows[x, NEWS] = -1
    while node >= 0:
        after = work.node_next[node]
        if work.node_role[node] < 0:
            add_atom(rules, pools, work, work.node_atom[node], ALL)
        else:
            add_link(rules, pools, work, wide(work.node_role[node]), wide(work.node_atom[node]))
        node = after


@kernel
def commit(rules: Rules, pools: State, work: Work) -> None:
    """Keeps what x has: where it was if there is room, else at the ends of the pools."""
    reg, rows = work.reg, pools.rows
    x = reg[X]
    open_still = rows[x, LOW] < rows[x, ORDER] or rows[x, NEWS] >= 0 or rows[x, BACK] >= 0
    if not open_still:
        reg[LINKS_HERE] = only_second(rules, pools, reg[LINKS_END], reg[LINKS_HERE])
    slack = 1 if open_still else 0
    reg[SUBS_END] += _keep(pools.subs, rows[x], SUBS, reg[SUBS_END], reg[SUBS_HERE], slack)
    reg[WAITS_END] += _keep(pools.waits, rows[x], WAITS_AT, reg[WAITS_END], reg[WAITS_HERE], slack)
    reg[LINKS_END] += _keep(pools.links, rows[x], LINKS_AT, reg[LINKS_END], reg[LINKS_HERE], slack)


@inlined
def only_second(rules: Rules, pools: State, start: int, count: int) -> int:
    """Keeps of a list of links those that can end a chain: nobody asks a finished context for the others."""
    kept = 0
    for i in range(start, start + count):
        if rules.role_flags[pools.links[i] >> 32] & SECOND:
            pools.links[start + kept] = pools.links[i]
            kept += 1
    return kept


@inlined
def _keep(pool: Ints | Offsets, row: Ints, column: int, end: int, count: int, slack: int) -> int:
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

"""The saturation, compiled: one context at a time, its subsumers marked by epoch, finished ones in flat pools.

A context is an atom of which all that follows is derived. Contexts are visited depth first, told superclasses and
fillers before what needs them, and Tarjan's algorithm finds on the way which depend on one another: outside of such a
component every context is finished in one go and never touched again, so that others copy what it has; inside, news are
queued with the context that they concern until the component has none left.

``x`` is the active context. Its lists grow at the ends of the pools, where
:func:`~kgtwin.reasoning.resuming.commit` leaves them.
"""

from __future__ import annotations

from kgtwin.jit import inlined, kernel
from kgtwin.model.axiom_table import Ints
from kgtwin.reasoning.deriving import follow_link, new_node, take_atom
from kgtwin.reasoning.program import LINKS, TOLD
from kgtwin.reasoning.resuming import commit, look_ahead, only_second, resume_context, start_context
from kgtwin.reasoning.state import BACK, CLOSED, CURSOR, LINKS_AT, LINKS_N, LOW, NEW, NEWS, OPEN, ORDER, STATE, State
from kgtwin.reasoning.workspace import (
    FOLLOWED,
    FRAMES,
    LINKS_END,
    LINKS_HERE,
    LOOKED_AT,
    NODES,
    REFINED,
    ROOT,
    RUNNING,
    STACKED,
    STATUS,
    TODO,
    VISITED,
    Rules,
    Work,
    X,
    wide,
)


@kernel
def _close(rules: Rules, pools: State, work: Work) -> None:
    """Applies the rules to x until nothing new follows from what is known of the other contexts."""
    reg, rows = work.reg, pools.rows
    while reg[STATUS] == RUNNING:
        if reg[TODO]:
            reg[TODO] -= 1
            take_atom(rules, pools, work, work.todo[reg[TODO]])
        elif reg[FOLLOWED] < reg[LINKS_HERE]:
            link = pools.links[reg[LINKS_END] + reg[FOLLOWED]]
            target = link & 0xFFFFFFFF
            if rows[target, STATE] == NEW:
                _postpone(pools, work, link)
            else:
                reg[FOLLOWED] += 1
                follow_link(rules, pools, work, link)
        else:
            return


@inlined
def _postpone(pools: State, work: Work, link: int) -> None:
    """Turns a link to a context not yet visited into news of x; the last link takes its place."""
    reg, rows = work.reg, pools.rows
    x, target = reg[X], link & 0xFFFFFFFF
    rows[x, NEWS] = new_node(work, link >> 32, target, rows[x, NEWS])
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
def _forget_link(pools: State, work: Work, entry: int) -> None:
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
def _open(rules: Rules, pools: State, work: Work, x: int) -> None:
    """Puts a context on both stacks."""
    reg, row = work.reg, pools.rows[x]
    reg[VISITED] += 1
    row[STATE], row[ORDER], row[LOW], row[CURSOR] = OPEN, reg[VISITED], reg[VISITED], 0
    row[BACK], row[NEWS] = -1, -1
    work.stack[reg[STACKED]], work.frames[reg[FRAMES]] = x, x
    reg[STACKED] += 1
    reg[FRAMES] += 1


@inlined
def _next_unvisited(rules: Rules, pools: State, work: Work, x: int) -> int:
    """The next told superclass or filler of x to visit before it, or -1."""
    rows, code = pools.rows, rules.code
    at, flags = rules.starts[x], rules.flags[x]
    told = code[at] if flags & TOLD else 0
    links_at = at + 1 + told if flags & TOLD else at
    links = code[links_at] if flags & LINKS else 0
    while rows[x, CURSOR] < told + links:
        i = rows[x, CURSOR]
        rows[x, CURSOR] += 1
        found: int = code[at + 1 + i] if i < told else code[links_at + 2 + 2 * (i - told)]
        if found < 0 or not rules.is_context[found]:
            continue
        if rows[found, STATE] == NEW:
            return found
        if rows[found, STATE] == OPEN:
            rows[x, LOW] = min(rows[x, LOW], rows[found, ORDER])
    return -1


@inlined
def _unvisited_news(pools: State, work: Work, x: int) -> int:
    """A context that the news of x link to and that was not visited, or -1."""
    node = pools.rows[x, NEWS]
    while node >= 0:
        target: int = work.node_atom[node]
        if work.node_role[node] >= 0 and pools.rows[target, STATE] == NEW:
            return target
        node = work.node_next[node]
    return -1


@inlined
def _with_news(pools: State, work: Work, x: int) -> int:
    """A context of the component above x with news, or -1."""
    at = work.reg[STACKED] - 1
    while True:
        found: int = work.stack[at]
        if pools.rows[found, NEWS] >= 0:
            return found
        if found == x:
            return -1
        at -= 1


@inlined
def _finish(rules: Rules, pools: State, work: Work, x: int) -> None:
    """Closes the component of x."""
    reg, rows = work.reg, pools.rows
    while True:
        reg[STACKED] -= 1
        found = work.stack[reg[STACKED]]
        row = rows[found]
        row[STATE], row[BACK] = CLOSED, -1
        row[LINKS_N] = only_second(rules, pools, wide(row[LINKS_AT]), wide(row[LINKS_N]))
        if found == x:
            break
    if reg[STACKED] == 0:
        reg[NODES] = 0


@kernel
def _step(rules: Rules, pools: State, work: Work) -> None:
    """One step for the context on top: visit what it needs, derive what it has, hear news, close its component."""
    reg, rows = work.reg, pools.rows
    x = work.frames[reg[FRAMES] - 1]
    if rows[x, CURSOR] >= 0:
        needed = _next_unvisited(rules, pools, work, x)
        if needed >= 0:
            _open(rules, pools, work, needed)
            return
        rows[x, CURSOR] = -1
        start_context(rules, pools, work, x)
        _close(rules, pools, work)
        commit(rules, pools, work)
    concerned = x if rows[x, NEWS] >= 0 else -1
    if concerned < 0 and rows[x, LOW] == rows[x, ORDER]:
        concerned = _with_news(pools, work, x)
    if concerned >= 0:
        needed = _unvisited_news(pools, work, concerned)
        if needed >= 0:
            _open(rules, pools, work, needed)
            return
        resume_context(rules, pools, work, concerned)
        _close(rules, pools, work)
        commit(rules, pools, work)
        rows[x, LOW] = min(rows[x, LOW], rows[concerned, LOW])
        return
    reg[FRAMES] -= 1
    if rows[x, LOW] == rows[x, ORDER]:
        _finish(rules, pools, work, x)
    elif reg[FRAMES]:
        below = work.frames[reg[FRAMES] - 1]
        rows[below, LOW] = min(rows[below, LOW], rows[x, LOW])


@kernel
def run(rules: Rules, pools: State, work: Work, roots: Ints, steps: int) -> bool:
    """Closes contexts and all that they need, in so many steps; the register ``ROOT`` counts the roots that are done.

    A step in which more than 256 things are looked at counts as several. True where something is left to do; the
    register ``STATUS`` says whether there is memory left to do it in.
    """
    reg = work.reg
    if reg[REFINED] and reg[ROOT] == 0 and reg[FRAMES] == 0:
        look_ahead(rules, pools, work, roots)
    while steps > 0 and reg[STATUS] == RUNNING:
        steps -= 1 + (reg[LOOKED_AT] >> 8)
        reg[LOOKED_AT] = 0
        if reg[FRAMES]:
            _step(rules, pools, work)
        elif reg[ROOT] == len(roots):
            return False
        else:
            x = roots[reg[ROOT]]
            reg[ROOT] += 1
            if pools.rows[x, STATE] == NEW:
                _open(rules, pools, work, x)
    unfinished: bool = reg[STATUS] == RUNNING
    return unfinished

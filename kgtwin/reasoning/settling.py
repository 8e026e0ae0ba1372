"""Kernels for an edit in rounds: which contexts can be closed anew already, and what that changes for others.

*Stale* is what may change still: what was found to depend on contexts that are to be closed anew (the *marked* ones),
but for those *chosen* to be closed next. What is closed from others that are not stale is as it stays.
"""

from __future__ import annotations

from kgtwin.jit import inlined, kernel
from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.dependents import CHOICE, EDIT, EPOCH, QUEUED, Backwards, queue_linked_to
from kgtwin.reasoning.program import LINKS, TOLD
from kgtwin.reasoning.state import LINKS_AT, LINKS_N, SUBS, SUBS_N, WAITS_AT, WAITS_N, State
from kgtwin.reasoning.workspace import Rules

_WORTHWHILE = 1 << 12
"""Lists in different orders are compared up to this product of their lengths; beyond they are taken to differ."""


@inlined
def _is_stale(back: Backwards, x: int) -> bool:
    stale: bool = back.mark[x] == back.reg[EPOCH] and back.chosen[x] != back.reg[CHOICE]
    return stale


@inlined
def _links_to_stale(rules: Rules, back: Backwards, atom: int, x: int) -> bool:
    """Whether x, being below an atom, is linked to something stale."""
    found = False
    if rules.flags[atom] & LINKS:
        at, code = rules.starts[atom], rules.code
        if rules.flags[atom] & TOLD:
            at += 1 + code[at]
        for i in range(at + 2, at + 2 + 2 * code[at], 2):
            if code[i] >= 0 and code[i] != x and _is_stale(back, code[i]):
                found = True
                break
    return found


@inlined
def _needs_stale(rules: Rules, pools: State, back: Backwards, x: int) -> bool:
    """Whether a context copies from something stale, or is linked to it."""
    at, code = rules.starts[x], rules.code
    if rules.flags[x] & TOLD:
        for i in range(at + 1, at + 1 + code[at]):
            if _is_stale(back, code[i]):
                return True
    if _links_to_stale(rules, back, x, x):
        return True
    start, found = pools.rows[x, SUBS], False
    for i in range(start, start + pools.rows[x, SUBS_N]):
        if _links_to_stale(rules, back, pools.subs[i], x):
            found = True
            break
    return found


@kernel
def choose(rules: Rules, pools: State, back: Backwards, among: Ints, anew: int) -> int:
    """Drops of some contexts those that need what is stale, until there is none; how many are left, in front.

    With ``anew`` all of them are chosen at first, else they have been.
    """
    reg = back.reg
    if anew:
        reg[CHOICE] += 1
        for i in range(len(among)):
            back.chosen[among[i]] = reg[CHOICE]
    count = len(among)
    while count:
        kept = 0
        for i in range(count):
            x = among[i]
            if _needs_stale(rules, pools, back, x):
                back.chosen[x] = 0
            else:
                among[kept] = x
                kept += 1
        if kept == count:
            break
        count = kept
    return count


@inlined
def _lists_all(pool: Offsets, start: int, count: int, others: int, wanted: int) -> bool:
    """Whether all of some entries of a pool are among some others of it."""
    found = True
    for i in range(others, others + wanted):
        hit = False
        for j in range(start, start + count):
            if pool[j] == pool[i]:
                hit = True
                break
        if not hit:
            found = False
            break
    return found


@inlined
def _are_same(pool: Offsets, start: int, count: int, other: int, other_count: int) -> bool:
    """Whether two lists of a pool have the same entries."""
    same = count == other_count
    if same:
        for i in range(count):
            if pool[start + i] != pool[other + i]:
                same = False
                break
    if not same and count * other_count <= _WORTHWHILE:
        same = _lists_all(pool, start, count, other, other_count) and _lists_all(pool, other, other_count, start, count)
    return same


@inlined
def _leads_to_altered(back: Backwards, pools: State, row: Ints) -> bool:
    found = False
    for i in range(row[LINKS_AT], row[LINKS_AT] + row[LINKS_N]):
        if back.altered[pools.links[i] & 0xFFFFFFFF] == back.reg[EDIT]:
            found = True
            break
    return found


@kernel
def find_altered(pools: State, back: Backwards, contexts: Ints, before: Ints) -> int:
    """How many of some contexts, whose rows were others before, give others something else than they did.

    Others take from a context what waits there, and the links that can end a chain: with these also what the targets of
    such links give. All of them are settled, they do not change any more.
    """
    altered, count, again = back.altered, 0, True
    for i in range(len(contexts)):
        back.settled[contexts[i]] = back.reg[EDIT]
    while again:
        again = False
        for i in range(len(contexts)):
            x, old = contexts[i], before[i]
            row = pools.rows[x]
            if altered[x] == back.reg[EDIT]:
                continue
            if (
                not _are_same(pools.waits, row[WAITS_AT], row[WAITS_N], old[WAITS_AT], old[WAITS_N])
                or not _are_same(pools.links, row[LINKS_AT], row[LINKS_N], old[LINKS_AT], old[LINKS_N])
                or _leads_to_altered(back, pools, row)
                or _leads_to_altered(back, pools, old)
            ):
                altered[x] = back.reg[EDIT]
                count += 1
                again = True
    return count


@kernel
def find_concerned(pools: State, back: Backwards, contexts: Ints, waiting: Ints) -> int:
    """How many contexts are to be closed anew next, in ``queue``: those waiting, and what is linked to altered ones.

    Without those chosen last: they have been closed together with the altered ones.
    """
    reg = back.reg
    reg[EPOCH] += 1
    reg[QUEUED] = 0
    for i in range(len(contexts)):
        x = contexts[i]
        if back.altered[x] != reg[EDIT]:
            continue
        queue_linked_to(pools, back, x)
    kept = 0
    for i in range(reg[QUEUED]):
        x = back.queue[i]
        if back.chosen[x] != reg[CHOICE]:
            back.queue[kept] = x
            kept += 1
        else:
            back.mark[x] = 0
    for i in range(len(waiting)):
        x = waiting[i]
        if back.chosen[x] != reg[CHOICE] and back.mark[x] != reg[EPOCH]:
            back.mark[x] = reg[EPOCH]
            back.queue[kept] = x
            kept += 1
    reg[QUEUED] = kept
    return kept

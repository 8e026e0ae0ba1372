"""From subsumers to a taxonomy: groups of equivalent classes and their direct superclasses (transitive reduction)."""

from __future__ import annotations

from kgtwin.jit import kernel
from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.state import SUBS, SUBS_N, State
from kgtwin.reasoning.workspace import EPOCH, TOUCHED, Work


@kernel
def count_named(rows: Ints, subs: Ints, named: int, counts: Ints) -> None:
    """``counts[c]``: how many named classes are above a class, itself included; -1 for an empty one."""
    for c in range(named):
        start = rows[c, SUBS]
        count = 0
        for i in range(start, start + rows[c, SUBS_N]):
            if subs[i] == BOTTOM:
                count = -1
                break
            count += subs[i] < named
        counts[c] = count


@kernel
def reduce(
    rows: Ints, subs: Ints, named: int, counts: Ints, mark: Ints, head: Ints, ends: Offsets, parents: Ints
) -> int:
    """Direct superclasses of the classes ``0 … named-1``; the room used in ``parents``, or -1 if there is too little.

    ``head[c]`` is the first class equivalent to c. For a head c, ``parents[ends[c-1]:ends[c]]`` has one class of each
    group directly above it. The subsumers added last are taken first: as a rule they are the most
    specific, and what lies above a superclass need not be looked at again.
    """
    used = 0
    for c in range(named):
        head[c] = c
        if counts[c] < 0:
            head[c] = BOTTOM
        else:
            start = rows[c, SUBS]
            for i in range(start + rows[c, SUBS_N] - 1, start - 1, -1):
                d = subs[i]
                if d >= named or d == c:
                    continue
                if counts[d] == counts[c]:
                    head[c] = min(head[c], d)
                elif mark[d] != c + 1:
                    if used >= len(parents):
                        return -1
                    parents[used] = d
                    used += 1
                    above = rows[d, SUBS]
                    for j in range(above, above + rows[d, SUBS_N]):
                        if subs[j] < named and subs[j] != d:
                            mark[subs[j]] = c + 1
            used = _uncovered(parents, ends[c - 1] if c else 0, used, mark, c + 1)
            if head[c] != c:
                used = ends[c - 1] if c else 0
        ends[c] = used
    return used


@kernel
def _uncovered(parents: Ints, start: int, end: int, mark: Ints, stamp: int) -> int:
    """Drops the candidates that a later one turned out to be below."""
    kept = start
    for i in range(start, end):
        if mark[parents[i]] != stamp:
            parents[kept] = parents[i]
            kept += 1
    return kept


@kernel
def most_specific(pools: State, work: Work, among: Ints) -> int:
    """Leaves the most specific of ``among`` (each once) at its beginning; how many there are.

    The classes strictly above one that is taken are marked by an epoch, so that they need not be looked at; what was
    taken is marked by the next one, until it proves to be covered. All rows are read ahead: memory answers many
    questions at a time.
    """
    rows, subs, mark, reg = pools.rows, pools.subs, work.mark, work.reg
    covered, taken = reg[EPOCH] + 1, reg[EPOCH] + 2
    reg[EPOCH] = taken
    ahead, last = 0, 0
    for i in range(len(among)):
        ahead += rows[among[i], SUBS]
        last = max(last, among[i])
    reg[TOUCHED] = ahead
    kept = 0
    for i in range(len(among)):
        c = among[i]
        if mark[c] == covered or mark[c] == taken:
            continue
        start, size = rows[c, SUBS], rows[c, SUBS_N]
        for j in range(start, start + size):
            if subs[j] <= last and rows[subs[j], SUBS_N] < size:
                mark[subs[j]] = covered
        mark[c] = taken
        among[kept] = c
        kept += 1
    found = 0
    for i in range(kept):
        if mark[among[i]] == taken:
            among[found] = among[i]
            found += 1
    return found

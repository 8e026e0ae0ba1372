"""Kernels that read a closed state backwards."""

from __future__ import annotations

from kgtwin.jit import kernel
from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.state import SUBS, SUBS_N


@kernel
def count_having(rows: Ints, subs: Ints, atoms: int, starts: Offsets) -> None:
    """``starts[a+2]``: how many contexts are below the atoms up to a."""
    for x in range(atoms):
        for i in range(rows[x, SUBS], rows[x, SUBS] + rows[x, SUBS_N]):
            starts[subs[i] + 2] += 1
    for a in range(2, atoms + 2):
        starts[a] += starts[a - 1]


@kernel
def fill_having(rows: Ints, subs: Ints, atoms: int, starts: Offsets, contexts: Ints) -> None:
    """Puts each context under its subsumers; afterwards those of atom a are at ``starts[a] … starts[a+1]-1``."""
    for x in range(atoms):
        for i in range(rows[x, SUBS], rows[x, SUBS] + rows[x, SUBS_N]):
            place = subs[i] + 1
            contexts[starts[place]] = x
            starts[place] += 1

"""Kernels that make indexes of what is given by other keys: a closed state read backwards, entries by their axiom."""

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


@kernel
def count_keys(keys: Ints, starts: Offsets) -> None:
    """``starts[k+2]``: how many keys there are up to k; negative ones are passed over."""
    for i in range(len(keys)):
        if keys[i] >= 0:
            starts[keys[i] + 2] += 1
    for k in range(2, len(starts)):
        starts[k] += starts[k - 1]


@kernel
def fill_keys(keys: Ints, starts: Offsets, places: Ints) -> None:
    """Puts the place of each key under it; afterwards those of key k are at ``starts[k] … starts[k+1]-1``."""
    for i in range(len(keys)):
        if keys[i] >= 0:
            at = keys[i] + 1
            places[starts[at]] = i
            starts[at] += 1

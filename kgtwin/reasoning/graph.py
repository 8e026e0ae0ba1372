"""The contexts of a closure read backwards: who is below an atom, who has links to a context."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.polarity import spread
from kgtwin.reasoning.program import BOTTOM, SELF


class Graph:
    """The contexts of a closure, read backwards: who is below an atom, who has links to a context."""

    def __init__(self, index: Index, closure: Closure) -> None:
        self._index = index
        self._contexts, self._starts = _contexts_below(index, closure)
        self.possible = index.program.is_context.copy()
        self.possible[self._below(BOTTOM)] = False

    @property
    def all(self) -> Ints:
        """All contexts of which there can be an instance."""
        return np.flatnonzero(self.possible).astype(np.int32)

    def below(self, atoms: Iterable[int]) -> Ints:
        """The contexts below one of some atoms, of which there can be an instance."""
        found = [self._below(atom) for atom in atoms]
        every = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)
        kept: Ints = every[self.possible[every]]
        return kept

    def size(self, atom: int) -> int:
        """How many contexts are below an atom."""
        return len(self._below(atom))

    def linked(self, roles: frozenset[int], *, away: bool = False) -> Ints:
        """The contexts that are told links by some roles; with ``away``, to others than themselves."""
        columns = self._index.program.links.columns
        wanted = np.zeros(len(self._index.box), np.bool_)
        wanted[list(roles)] = True
        chosen = wanted[columns[0]] & (columns[1] != SELF) if away else wanted[columns[0]]
        return self.below(np.unique(self._tellers[chosen]).tolist())

    @cached_property
    def led_to(self) -> NDArray[np.bool_]:
        """Whether some link leads to each context, bool (A,)."""
        targets = self._index.program.links.columns[1]
        found = np.zeros(self._index.program.atoms, np.bool_)
        found[targets[targets != SELF]] = True
        return found

    def leading_to(self, contexts: Ints) -> Ints:
        """Some contexts with all that lead to them by links, of which there can be an instance."""
        found = np.zeros(self._index.program.atoms, np.bool_)
        told = np.zeros(self._index.program.atoms, np.bool_)
        found[contexts] = True
        frontier = contexts
        while len(frontier):
            atoms = np.unique(_all_of(self._sources, self._source_starts, frontier))
            atoms = atoms[~told[atoms]]
            told[atoms] = True
            frontier = np.unique(_all_of(self._contexts, self._starts, atoms))
            frontier = frontier[~found[frontier] & self.possible[frontier]]
            found[frontier] = True
        return np.flatnonzero(found).astype(np.int32)

    def _below(self, atom: int) -> Ints:
        return self._contexts[self._starts[atom] : self._starts[atom + 1]]

    @cached_property
    def _tellers(self) -> Ints:
        """The atoms that say the program's links."""
        return np.repeat(
            np.arange(self._index.program.atoms, dtype=np.int32), np.diff(self._index.program.links.starts)
        )

    @cached_property
    def _by_target(self) -> tuple[Ints, Offsets]:
        targets = self._index.program.links.columns[1]
        known = targets >= 0
        return _grouped(targets[known], self._tellers[known], self._index.program.atoms)

    @property
    def _sources(self) -> Ints:
        return self._by_target[0]

    @property
    def _source_starts(self) -> Offsets:
        return self._by_target[1]


def _contexts_below(index: Index, closure: Closure) -> tuple[Ints, Offsets]:
    """The contexts below each atom, and where those of each begin."""
    atoms = index.program.atoms
    if isinstance(closure, CompiledClosure):
        from kgtwin.reasoning.reading import count_having, fill_having  # noqa: PLC0415 - loads compiled code

        rows, subs = (np.require(one, requirements="W") for one in closure.state[:2])
        starts = np.zeros(atoms + 2, np.int64)
        count_having(rows, subs, atoms, starts)
        found = np.empty(int(starts[atoms + 1]), np.int32)
        fill_having(rows, subs, atoms, starts, found)
        return found, starts
    contexts = np.flatnonzero(index.program.is_context).astype(np.int32)
    above = [closure.array(x) for x in contexts.tolist()]
    return _grouped(np.concatenate(above), np.repeat(contexts, [len(one) for one in above]), atoms)


def _grouped(keys: Ints, values: Ints, count: int) -> tuple[Ints, Offsets]:
    """Values by their keys, and where those of each key begin."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(keys, minlength=count), out=starts[1:])
    return values[np.argsort(keys, kind="stable")], starts


def _all_of(values: Ints, starts: Offsets, keys: Ints) -> Ints:
    places, _ = spread(starts[keys], starts[keys + 1])
    return values[places]

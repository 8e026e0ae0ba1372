"""A closure read backwards: which contexts have an atom among their subsumers, and which lead to a context."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from kgtwin.model.axiom_table import Ints, Offsets
from kgtwin.reasoning.program import Program
from kgtwin.reasoning.state import State


class Reverse:
    """Indexes of a closed state, built when they are first asked for."""

    def __init__(self, program: Program, state: State) -> None:
        self._program, self._state = program, state

    def having(self, atom: int) -> Ints:
        """The contexts that are below an atom."""
        starts, contexts = self._having
        return contexts[starts[atom] : starts[atom + 1]]

    def telling(self, context: int) -> Ints:
        """The atoms that say of themselves that they are linked to a context."""
        starts, atoms = self._telling
        return atoms[starts[context] : starts[context + 1]]

    @cached_property
    def _having(self) -> tuple[Offsets, Ints]:
        from kgtwin.reasoning.reading import count_having, fill_having  # noqa: PLC0415 - loads compiled code

        atoms = self._program.atoms
        rows, subs = self._state.rows, self._state.subs
        starts = np.zeros(atoms + 2, np.int64)
        count_having(rows, subs, atoms, starts)
        contexts = np.empty(int(starts[atoms + 1]), np.int32)
        fill_having(rows, subs, atoms, starts, contexts)
        return starts, contexts

    @cached_property
    def _telling(self) -> tuple[Offsets, Ints]:
        links = self._program.links
        sources = np.repeat(np.arange(self._program.atoms, dtype=np.int32), np.diff(links.starts))
        targets = links.columns[1]
        known = targets >= 0
        starts = np.zeros(self._program.atoms + 1, np.int64)
        np.cumsum(np.bincount(targets[known], minlength=self._program.atoms), out=starts[1:])
        return starts, sources[known][np.argsort(targets[known], kind="stable")]

"""A closure by compiled code. What is closed is read without it: a question to a saved one does not wait."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from kgtwin.model.axiom_table import Ints
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.program import Program
from kgtwin.reasoning.state import State

if TYPE_CHECKING:
    from kgtwin.reasoning.change import ChangedClosure
    from kgtwin.reasoning.machine import Machine, Progress


class CompiledClosure:
    """What follows from each context of a program."""

    def __init__(self, program: Program, state: State) -> None:
        self.program, self.state = program, state
        self._lock = Lock()

    @classmethod
    def of(cls, program: Program, limit: int | None = None, progress: Progress | None = None) -> CompiledClosure:
        """Closes a program.

        Raises:
            ReasonerMemoryError: more than ``limit`` bytes are needed.
        """
        from kgtwin.reasoning.machine import Machine  # noqa: PLC0415 - loads compiled code

        machine = Machine(program, limit=limit)
        machine.run(np.flatnonzero(program.is_context).astype(np.int32), progress)
        found = cls(program, machine.state())
        found._machine = machine
        return found

    def subsumers(self, atom: int) -> Ints:
        """All atoms above a context, itself included."""
        return self.state.subsumers(atom)

    def array(self, atom: int) -> Ints:
        """The same."""
        return self.state.subsumers(atom)

    def size(self, atom: int) -> int:
        """How many atoms are above a context."""
        return self.state.size(atom)

    def most_specific(self, classes: Ints) -> list[int]:
        """Those of some classes that are strictly above no other of them."""
        with self._lock:
            found: list[int] = self._machine.most_specific(classes).tolist()
        return found

    def links(self, atom: int) -> list[Pair]:
        """The links of a context that can end a chain, as (role, target)."""
        return self.state.links_of(atom)

    def on_top(self, extension: Extension) -> OnTop:
        """The closure of an extension's atoms, on top of this one."""
        while True:
            with self._lock:
                state = self._machine.on_top(extension.own, extension.count)
            found = OnTop(self, extension.first, state)
            if not extension.refuted(found.subsumers):
                return found

    def beside(self) -> Machine:
        """A machine that goes on from what is closed, and leaves it as it is."""
        from kgtwin.reasoning.machine import Machine  # noqa: PLC0415 - loads compiled code

        with self._lock:
            return Machine(self.program, beside=self._machine)

    @cached_property
    def _machine(self) -> Machine:
        from kgtwin.reasoning.machine import Machine  # noqa: PLC0415 - loads compiled code

        return Machine(self.program, self.state)

    def __getstate__(self) -> tuple[Program, State]:
        return self.program, self.state

    def __setstate__(self, saved: tuple[Program, State]) -> None:
        self.program, self.state = saved
        self._lock = Lock()


class OnTop:
    """What follows from the atoms of an extension, from ``first`` on; of the others, what follows without it."""

    def __init__(self, base: CompiledClosure | ChangedClosure, first: int, state: State) -> None:
        self._base, self._first, self._state = base, first, state
        self._subsumers: dict[int, frozenset[int]] = {}

    def subsumers(self, atom: int) -> Collection[int]:
        """All atoms above a context, itself included."""
        found = self._subsumers.get(atom)
        if found is None:
            found = self._subsumers[atom] = frozenset(self.array(atom).tolist())
        return found

    def array(self, atom: int) -> Ints:
        """The same, as an array."""
        return self._state.subsumers(atom - self._first) if atom >= self._first else self._base.array(atom)

    def size(self, atom: int) -> int:
        """How many atoms are above a context."""
        return self._state.size(atom - self._first) if atom >= self._first else self._base.size(atom)

    def most_specific(self, classes: Ints) -> list[int]:
        """Those of some classes, none of them new, that are strictly above no other of them."""
        return self._base.most_specific(classes)

    def links(self, atom: int) -> Collection[Pair]:
        """The links of a context that can end a chain, as (role, target)."""
        return self._state.links_of(atom - self._first) if atom >= self._first else self._base.links(atom)

    def on_top(self, extension: Extension) -> OnTop:
        """Not offered: an extension is put on a classification."""
        raise NotImplementedError("one extension on top of another")

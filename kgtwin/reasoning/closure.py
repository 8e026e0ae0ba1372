"""A closed program, by plain Python for small work and compiled code for large: the same answers from both."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import Protocol

import numpy as np

from kgtwin.model.axiom_table import Ints
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.plain import Pair, Plain, atom_rules, role_rules
from kgtwin.reasoning.program import Program
from kgtwin.reasoning.specific import most_specific

SMALL = 8_000
"""Up to so many atoms, a program is closed by plain Python, unless compiled code has been loaded already."""


class Closure(Protocol):
    """What follows from each context. ``links`` has at least those that can end a chain.

    ``most_specific`` are the named classes of an index that are strictly above no other one of those given.
    """

    def subsumers(self, atom: int) -> Collection[int]: ...
    def array(self, atom: int) -> Ints: ...
    def size(self, atom: int) -> int: ...
    def most_specific(self, classes: Ints) -> list[int]: ...
    def links(self, atom: int) -> Collection[Pair]: ...
    def on_top(self, extension: Extension) -> Closure: ...


class PlainClosure:
    """By sets and a worklist."""

    def __init__(self, plain: Plain) -> None:
        self._plain = plain

    @classmethod
    def of(cls, program: Program) -> PlainClosure:
        """Closes a program."""
        plain = Plain(atom_rules(program), role_rules(program))
        plain.close(np.flatnonzero(program.is_context).tolist())
        return cls(plain)

    def subsumers(self, atom: int) -> Collection[int]:
        return self._plain.subsumers(atom)

    def array(self, atom: int) -> Ints:
        found = self._plain.subsumers(atom)
        return np.fromiter(found, np.int32, len(found))

    def size(self, atom: int) -> int:
        return len(self._plain.subsumers(atom))

    def most_specific(self, classes: Ints) -> list[int]:
        return most_specific(classes.tolist(), self)

    def links(self, atom: int) -> Collection[Pair]:
        return self._plain.links(atom)

    def on_top(self, extension: Extension) -> Closure:
        """The closure of an extension's atoms, on top of this one."""
        base, atoms = self._plain, range(extension.first, extension.first + extension.count)
        while True:
            plain = Plain(base.rules, base.roles, base=base, own=extension.own, first=extension.first)
            plain.close(atoms)
            if not extension.refuted(plain.subsumers):
                return PlainClosure(plain)


def close(program: Program, progress: Callable[[int, int], None] | None = None) -> Closure:
    """The closure of a program.

    Raises:
        ReasonerMemoryError: it does not fit in memory.
    """
    if len(program.node) <= SMALL and "kgtwin.reasoning.kernel" not in sys.modules:
        return PlainClosure.of(program)
    return CompiledClosure.of(program, progress=progress)

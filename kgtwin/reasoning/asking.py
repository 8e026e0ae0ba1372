"""Expressions that are asked of many individuals: looked up once, then one membership each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from kgtwin.model.axioms import ClassExpression
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.view import View


class Together(NamedTuple):
    """Some questions, by number: ``atoms`` answer those that the closure knows, ``others`` are asked one by one."""

    numbers: tuple[int, ...]
    atoms: frozenset[int]
    others: tuple[int, ...]


class Questions:
    """Expressions, by number, with the atoms by which a closure answers those that the ontology's left sides have."""

    def __init__(self, index: Index, expressions: Sequence[ClassExpression]) -> None:
        self.index = index
        self.expressions: Final = tuple(expressions)
        self.atoms: Final = tuple(map(index.waited_link, self.expressions))

    def together(self, numbers: Iterable[int]) -> Together:
        """Some of the questions, to be answered at once."""
        given = tuple(numbers)
        atoms = frozenset(known for number in given if (known := self.atoms[number]) is not None)
        return Together(given, atoms, tuple(number for number in given if self.atoms[number] is None))

    @cached_property
    def by_atom(self) -> dict[int | None, list[int]]:
        """The questions by the atom that answers them; those without one by None."""
        found: dict[int | None, list[int]] = {}
        for number, atom in enumerate(self.atoms):
            found.setdefault(atom, []).append(number)
        return found


class Answers:
    """Which of some questions are true of one individual; one that needs work is answered when it is asked, once."""

    def __init__(self, questions: Questions, view: View, above: Collection[int], atom: int) -> None:
        self._questions, self._view, self._atom = questions, view, atom
        self._above = frozenset(above)
        self._known = questions.index is view.index
        """Whether the atoms are those of this closure: not where all had to be classified afresh."""
        self._others: dict[int, bool] = {}

    def __getitem__(self, number: int) -> bool:
        known = self._questions.atoms[number]
        if known is not None and self._known:
            return known in self._above
        found = self._others.get(number)
        if found is None:
            expression = self._questions.expressions[number]
            found = self._others[number] = self._view.satisfies(self._atom, expression)
        return found

    def true(self) -> list[int]:
        """The questions that are true, in order."""
        if not self._known:
            return [number for number in range(len(self._questions.atoms)) if self[number]]
        by_atom = self._questions.by_atom
        known = [number for atom in by_atom.keys() & self._above for number in by_atom[atom]]
        return sorted([*known, *(number for number in by_atom.get(None, ()) if self[number])])

    def all(self, asked: Together) -> bool:
        """Whether all of some questions are true."""
        if not self._known:
            return all(self[number] for number in asked.numbers)
        return asked.atoms <= self._above and all(self[number] for number in asked.others)

    def untrue(self, asked: Together) -> tuple[int, ...]:
        """Those of some questions that are not true."""
        return tuple(number for number in asked.numbers if not self[number])

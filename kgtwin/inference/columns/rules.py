"""The conjunctions that can hold of a patient, and what follows from those of which patients have all the parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from kgtwin.reasoning import Additive


class Rules:
    """``conjunctions`` are parts and what follows, those that every patient has left out; ``heads`` all that follows
    from one of them, by its number, as soon as patients have its parts.

    ``disjoint`` are groups of atoms of which nobody can have two.
    """

    def __init__(self, additive: Additive) -> None:
        self._additive = additive
        self._base = additive.given()
        self._known: set[int] = set(self._base)
        given = ((parts - self._base, head) for parts, head in additive.conjunctions)
        self.conjunctions = [(parts, head) for parts, head in given if len(parts) > 1]
        self.disjoint = [group - self._base for group in additive.disjoint]
        self.heads: dict[int, frozenset[int]] = {}
        self._missing = [len(parts) for parts, _ in self.conjunctions]
        self._given: dict[int, frozenset[int]] = {}

    @cached_property
    def atoms(self) -> list[int]:
        """The atoms that conjunctions and disjoint groups are about."""
        parts = (sorted(parts) for parts, _ in self.conjunctions)
        return list(dict.fromkeys(atom for some in (*parts, *map(sorted, self.disjoint)) for atom in some))

    def add(self, atoms: Iterable[int]) -> Iterator[int]:
        """Notes that atoms can hold of a patient, and all that follows; the conjunctions that now can hold, too."""
        todo = [atom for atom in atoms if atom not in self._known]
        while todo:
            atom = todo.pop()
            if atom in self._known:
                continue
            self._known.add(atom)
            for number in self._by_part.get(atom, ()):
                self._missing[number] -= 1
                if not self._missing[number]:
                    self.heads[number] = self._follows_from(self.conjunctions[number][1])
                    todo += self.heads[number]
                    yield number

    def _follows_from(self, head: int) -> frozenset[int]:
        if head not in self._given:
            self._given[head] = self._additive.given(head) - self._base
        return self._given[head]

    @cached_property
    def _by_part(self) -> dict[int, list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for number, (parts, _) in enumerate(self.conjunctions):
            for part in parts:
                found[part].append(number)
        return dict(found)

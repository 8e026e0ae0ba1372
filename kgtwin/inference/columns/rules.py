"""The conjunctions that can hold of a patient, as far as gains have given their parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from kgtwin.reasoning import Additive


class Rule(NamedTuple):
    """From all of ``parts`` together follow ``heads``; all are atoms."""

    parts: frozenset[int]
    heads: frozenset[int]


class Rules:
    """Grows with the atoms that patients have: a conjunction counts once each of its parts can hold of one."""

    def __init__(self, additive: Additive) -> None:
        self._additive = additive
        self._base = additive.given()
        self._known: set[int] = set(self._base)
        self._heads: dict[int, frozenset[int]] = {}
        self.found: list[Rule] = []

    def add(self, atoms: Iterable[int]) -> None:
        """Notes that atoms can hold of a patient, and all that follows from them with others."""
        todo = [atom for atom in atoms if atom not in self._known]
        while todo:
            atom = todo.pop()
            if atom in self._known:
                continue
            self._known.add(atom)
            for rule in self._by_part[atom]:
                self._missing[rule] -= 1
                if not self._missing[rule]:
                    parts, head = self._conjunctions[rule]
                    todo += self._activate(parts, head)
            for group in self._by_member[atom]:
                for other in group & self._known - {atom}:
                    todo += self._activate(frozenset((atom, other)) - self._base, self._additive.nothing)

    def _activate(self, parts: frozenset[int], head: int) -> frozenset[int]:
        if head not in self._heads:
            self._heads[head] = self._additive.given(head) - self._base
        heads = self._heads[head]
        self.found.append(Rule(parts, heads))
        return heads

    @cached_property
    def _conjunctions(self) -> list[tuple[frozenset[int], int]]:
        """Those of two and more atoms that not every patient has; what one atom says alone, its gain says already."""
        given = ((parts - self._base, head) for parts, head in self._additive.conjunctions)
        return [(parts, head) for parts, head in given if len(parts) > 1]

    @cached_property
    def _missing(self) -> list[int]:
        return [len(parts) for parts, _ in self._conjunctions]

    @cached_property
    def _by_part(self) -> defaultdict[int, list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for number, (parts, _) in enumerate(self._conjunctions):
            for part in parts:
                found[part].append(number)
        return found

    @cached_property
    def _by_member(self) -> defaultdict[int, list[frozenset[int]]]:
        found: defaultdict[int, list[frozenset[int]]] = defaultdict(list)
        for group in self._additive.disjoint:
            for member in group:
                found[member].append(group)
        return found

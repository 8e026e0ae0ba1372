"""All derivations of some goals as a graph, and the smallest sets of axioms that suffice for one.

After Kazakov, Klinov and Stupnikov, *Towards Reusable Explanation Services in Protégé* (DL 2017), justifications are
found from inferences alone, whatever reasoner made them; axiom sets are bit masks here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from math import prod
from typing import NamedTuple

from kgtwin.reasoning.inferences import Fact, Inference

GOAL = 0
"""The number of the goal: it follows from any of the facts that are asked for."""


class Edge(NamedTuple):
    """``conclusion`` follows from ``premises``, by the axioms of ``mask``; facts by their numbers."""

    conclusion: int
    premises: tuple[int, ...]
    mask: int


class Derivations:
    """The inferences that some goals can rest on. ``axioms[i]`` is the axiom of bit i, as ``key`` tells them apart.

    Raises:
        TooMuch: there are more than ``most``.
    """

    def __init__(
        self,
        goals: Sequence[Fact],
        inferences: Callable[[Fact], Sequence[Inference]],
        key: Callable[[int], object],
        most: int | None = None,
    ) -> None:
        self.numbers: dict[Fact, int] = {}
        self.axioms: list[int] = []
        self.edges: list[Edge] = []
        self._bits: dict[object, int] = {}
        self._masks: dict[int, int] = {}
        self._key = key
        self._queue: list[Fact] = []
        for goal in goals:
            self.edges.append(Edge(GOAL, (self._number(goal),), 0))
        for fact in self._queue:
            conclusion = self.numbers[fact]
            if most is not None and len(self.edges) > most:
                raise TooMuch
            for inference in inferences(fact):
                premises = tuple(dict.fromkeys(self._number(one) for one in inference.premises))
                if conclusion not in premises:
                    self.edges.append(Edge(conclusion, premises, self._mask(inference.axioms)))
        self.count = len(self.numbers) + 1
        self.uses: list[list[int]] = [[] for _ in range(self.count)]
        for place, edge in enumerate(self.edges):
            for premise in edge.premises:
                self.uses[premise].append(place)

    def _number(self, fact: Fact) -> int:
        found = self.numbers.get(fact)
        if found is None:
            found = self.numbers[fact] = len(self.numbers) + 1
            self._queue.append(fact)
        return found

    def _mask(self, axioms: tuple[int, ...]) -> int:
        found = 0
        for axiom in axioms:
            mask = self._masks.get(axiom)
            if mask is None:
                bit = self._bits.setdefault(self._key(axiom), len(self.axioms))
                if bit == len(self.axioms):
                    self.axioms.append(axiom)
                mask = self._masks[axiom] = 1 << bit
            found |= mask
        return found

    def of(self, mask: int) -> list[int]:
        """The axioms of a mask."""
        return [axiom for bit, axiom in enumerate(self.axioms) if mask >> bit & 1]

    # what suffices

    def smallest(self, work: int, *, targets: frozenset[int] = frozenset({GOAL})) -> Iterator[tuple[int, int]]:
        """The smallest sufficient masks of the targets, each with its target, by number of axioms.

        Masks are worked out for all facts together, in the order of their size, so that each is final when its turn
        comes: what contains a known mask of the same fact, or one of a target strictly, is dropped.

        Raises:
            TooMuch: more than ``work`` comparisons of masks had to be made.
        """
        found: list[list[int]] = [[] for _ in range(self.count)]
        heap = [(edge.mask.bit_count(), edge.conclusion, edge.mask) for edge in self.edges if not edge.premises]
        heapify(heap)
        done: list[int] = []
        while heap:
            _, fact, mask = heappop(heap)
            own = found[fact]
            work -= len(own) + len(done)
            if any(one & mask == one for one in own) or any(one & mask == one != mask for one in done):
                continue
            own.append(mask)
            if fact in targets:
                if mask not in done:
                    done.append(mask)
                yield fact, mask
            for place in self.uses[fact]:
                edge = self.edges[place]
                known = found[edge.conclusion]
                others = [found[premise] for premise in edge.premises if premise != fact]
                work -= prod(map(len, others)) * (len(known) + 1)
                if work < 0:
                    raise TooMuch
                for more in _unions(mask | edge.mask, others):
                    if not any(one & more == one for one in known):
                        heappush(heap, (more.bit_count(), edge.conclusion, more))

    def one(self, allowed: int) -> int | None:
        """A minimal sufficient mask within another, or None: a small one, without what it does not need."""
        mask = self._small(allowed)
        if mask is None:
            return None
        part = _Part(self.edges, mask)
        for bit in range(mask.bit_length()):
            if mask >> bit & 1 and part.suffices(mask & ~(1 << bit)):
                mask &= ~(1 << bit)
        return mask

    def _small(self, allowed: int) -> int | None:
        """A sufficient mask, each fact taking the smallest that it gets first."""
        found: list[int | None] = [None] * self.count
        heap = [
            (edge.mask.bit_count(), edge.conclusion, edge.mask)
            for edge in self.edges
            if not edge.premises and not edge.mask & ~allowed
        ]
        heapify(heap)
        while heap:
            _, fact, mask = heappop(heap)
            if found[fact] is not None:
                continue
            found[fact] = mask
            if fact == GOAL:
                return mask
            for place in self.uses[fact]:
                edge = self.edges[place]
                if found[edge.conclusion] is None and not edge.mask & ~allowed:
                    parts = [found[premise] for premise in edge.premises]
                    if None not in parts:
                        whole = edge.mask
                        for part in parts:
                            whole |= part or 0
                        heappush(heap, (whole.bit_count(), edge.conclusion, whole))
        return None


class _Part:
    """The inferences by axioms of a mask."""

    def __init__(self, edges: Sequence[Edge], mask: int) -> None:
        self._edges = [edge for edge in edges if not edge.mask & ~mask]
        self._uses: dict[int, list[int]] = {}
        for place, edge in enumerate(self._edges):
            for premise in edge.premises:
                self._uses.setdefault(premise, []).append(place)
        self._missing = [len(edge.premises) for edge in self._edges]

    def suffices(self, allowed: int) -> bool:
        """Whether the goal follows by axioms of a smaller mask alone."""
        missing = self._missing.copy()
        queue = [edge.conclusion for edge in self._edges if not edge.premises and not edge.mask & ~allowed]
        known = set[int]()
        for fact in queue:
            if fact in known:
                continue
            known.add(fact)
            for place in self._uses.get(fact, ()):
                missing[place] -= 1
                edge = self._edges[place]
                if not missing[place] and not edge.mask & ~allowed:
                    queue.append(edge.conclusion)
        return GOAL in known


class TooMuch(Exception):  # noqa: N818 - no error: it says that another way has to be taken
    """More work than was allowed."""


def _unions(mask: int, others: Iterable[Sequence[int]]) -> set[int]:
    """A mask joined with one of each of some others."""
    masks = {mask}
    for some in others:
        masks = {one | other for one in masks for other in some}
    return masks

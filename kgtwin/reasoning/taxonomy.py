"""From subsumers to a taxonomy: groups of equivalent classes and their direct links (transitive reduction)."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from kgtwin.model.axiom_table import Bytes, Ints, Offsets
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.specific import direct


class Taxonomy:
    """Named classes by their atoms, 0 being ``⊤`` and 1 ``⊥``.

    ``head`` int32 (K,) is one class of each class's group of equivalents; of a head c, ``parents[ends[c-1]:ends[c]]``
    are heads of the groups directly above. ``⊥`` is nobody's parent.

    >>> Taxonomy(np.array([0, 1, 2, 2], np.int32), np.array([0, 0, 1, 1]), np.array([0], np.int32)).group(3)
    [2, 3]
    """

    def __init__(self, head: Ints, ends: Offsets, parents: Ints) -> None:
        self.head, self.ends, self.parents = head, ends, parents

    def head_of(self, c: int) -> int:
        """The representative of a class's group of equivalents."""
        return int(self.head[c])

    def above(self, head: int) -> list[int]:
        """The heads of the groups directly above one."""
        start = int(self.ends[head - 1]) if head else 0
        found: list[int] = self.parents[start : self.ends[head]].tolist()
        return found

    def below(self, head: int) -> list[int]:
        """The heads of the groups directly below one."""
        starts, children = self._children
        found: list[int] = children[starts[head] : starts[head + 1]].tolist()
        return found

    def descendants(self, head: int) -> list[int]:
        """The heads of all groups below one, each once."""
        found = dict.fromkeys(self.below(head))
        queue = list(found)
        for here in queue:
            for child in self.below(here):
                if child not in found:
                    found[child] = None
                    queue.append(child)
        return queue

    def group(self, c: int) -> list[int]:
        """The classes equivalent to a class, itself included."""
        starts, members = self._groups
        head = int(self.head[c])
        found: list[int] = members[starts[head] : starts[head + 1]].tolist()
        return found

    @property
    def heads(self) -> Ints:
        """One class of each group."""
        return np.flatnonzero(self.head == np.arange(len(self.head))).astype(np.int32)

    @property
    def leaves(self) -> list[int]:
        """The heads with nothing but ``⊥`` below."""
        starts, _ = self._children
        heads = self.heads
        found: list[int] = heads[(np.diff(starts)[heads] == 0) & (heads != BOTTOM)].tolist()
        return found

    @cached_property
    def _children(self) -> tuple[Offsets, Ints]:
        child = np.repeat(np.arange(len(self.head), dtype=np.int32), np.diff(self.ends, prepend=0))
        return _inverse(self.parents, child, len(self.head))

    @cached_property
    def _groups(self) -> tuple[Offsets, Ints]:
        return _inverse(self.head, np.arange(len(self.head), dtype=np.int32), len(self.head))


def _inverse(keys: Ints, values: Ints, count: int) -> tuple[Offsets, Ints]:
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(keys, minlength=count), out=starts[1:])
    return starts, values[np.argsort(keys, kind="stable")]


class TaxonomyColumns(NamedTuple):
    """``classes`` int32 (K,) are entities of ``names``, ``owl:Thing``, ``owl:Nothing`` first; see :class:`Taxonomy`."""

    names: Bytes
    name_ends: Offsets
    classes: Ints
    head: Ints
    parent_ends: Offsets
    parents: Ints


def taxonomy(closure: Closure, named: int) -> Taxonomy:
    """The taxonomy of the classes ``0 … named-1`` of a closure."""
    if not isinstance(closure, CompiledClosure):
        return _plain(closure, named)
    from kgtwin.reasoning.machine import reduced  # noqa: PLC0415 - loads compiled code

    return reduced(closure.state, named)


def _plain(closure: Closure, named: int) -> Taxonomy:
    above = [[d for d in closure.subsumers(c) if d < named] for c in range(named)]
    empty = [BOTTOM in found for found in above]
    counts = [len(found) for found in above]
    head = [BOTTOM if empty[c] else min(d for d in above[c] if counts[d] == counts[c]) for c in range(named)]
    parents: list[int] = []
    ends: list[int] = []
    for c in range(named):
        if head[c] == c and not empty[c]:
            strict = {head[d] for d in above[c] if counts[d] < counts[c]}
            parents += direct(strict, counts, above)
        ends.append(len(parents))
    return Taxonomy(np.array(head, np.int32), np.array(ends, np.int64), np.array(parents, np.int32))

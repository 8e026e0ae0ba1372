"""What classes reach along edges, forwards and backwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from typing import Final

from kgtwin.inference.editing.edges import Edge

REMEMBERED: Final = 100_000
"""Combinations of classes of which it is remembered whether they reach a target."""


class Reaching:
    """Edges, asked what can be reached from where.

    ``always`` is reached from nowhere; it is left out of everything else that is said here. ``implied`` are the classes
    that are there whenever a class is reached, unless one begins with that class.
    """

    def __init__(self, edges: Iterable[Edge], start: Iterable[str] = ()) -> None:
        given = tuple(dict.fromkeys(edges))
        self.always = frozenset(_forwards(given, _by_need(given), (*start, *_of_free(given))))
        left = [self.rest(edge) for edge in given]
        self.implied = _implied(left)
        lean = (_lean(edge, self.implied) for edge in left if edge.least > 0)
        self._edges = tuple(dict.fromkeys(edge for edge in lean if edge.adds))
        self._by_need = _by_need(self._edges)

    def rest(self, edge: Edge) -> Edge:
        """What of an edge is not always there; of one that always is, ``least`` is not above 0."""
        needs = edge.needs - self.always
        return Edge(needs, edge.least - len(edge.needs) + len(needs), edge.adds - self.always)

    def forwards(self, start: Iterable[str]) -> set[str]:
        """All classes that are reached where some are there; they themselves are among them."""
        begun = set(start) - self.always
        return _forwards(self._edges, self._by_need, begun.union(*(self.implied.get(one, ()) for one in begun)))

    def backwards(self, ends: Iterable[str]) -> set[str]:
        """All classes that can help to reach some; they themselves are among them."""
        by_added: defaultdict[str, list[int]] = defaultdict(list)
        for number, edge in enumerate(self._edges):
            for one in edge.adds:
                by_added[one].append(number)
        begun_with = _inverse(self.implied)
        found: set[str] = set()
        todo = [one for one in ends if one not in self.always]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += begun_with.get(one, ())
                for number in by_added.get(one, ()):
                    todo += self._edges[number].needs
        return found

    def towards(self, classes: Set[str]) -> Reaching:
        """The same, of nothing but some classes."""
        copy = object.__new__(type(self))
        some = (Edge(edge.needs, edge.least, edge.adds & classes) for edge in self._edges)
        copy.always, copy.implied = self.always, self.implied
        copy._edges = tuple(edge for edge in some if edge.adds)
        copy._by_need = _by_need(copy._edges)
        return copy


class Question:
    """Whether any of some targets is reached; a target is an edge that adds nothing."""

    def __init__(self, reaching: Reaching, targets: Iterable[Edge]) -> None:
        self._targets = tuple(targets)
        self._relevant = frozenset(reaching.backwards(one for target in self._targets for one in target.needs))
        self._reaching = reaching.towards(self._relevant)
        self._known: dict[frozenset[str], bool] = {}

    def is_met(self, start: frozenset[str]) -> bool:
        """Whether some target is reached from some classes."""
        given = start & self._relevant
        if not given:
            return False
        found = self._known.get(given)
        if found is None:
            reached = self._reaching.forwards(given)
            found = any(len(target.needs & reached) >= target.least for target in self._targets)
            if len(self._known) < REMEMBERED:
                self._known[given] = found
        return found


def _forwards(edges: tuple[Edge, ...], by_need: dict[str, list[int]], start: Iterable[str]) -> set[str]:
    found: set[str] = set()
    missing: dict[int, int] = {}
    todo = list(start)
    while todo:
        one = todo.pop()
        if one in found:
            continue
        found.add(one)
        for number in by_need.get(one, ()):
            missing[number] = missing.get(number, edges[number].least) - 1
            if not missing[number]:
                todo += edges[number].adds
    return found


def _of_free(edges: Iterable[Edge]) -> Iterable[str]:
    return (one for edge in edges if edge.least <= 0 for one in edge.adds)


def _by_need(edges: Iterable[Edge]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, edge in enumerate(edges):
        for one in edge.needs:
            found[one].append(number)
    return found


def _implied(edges: Iterable[Edge]) -> dict[str, frozenset[str]]:
    """Of each class, what all edges that lead to it need; those that need it itself lead nowhere."""
    found: dict[str, frozenset[str]] = {}
    for edge in edges:
        whole = edge.needs if edge.least == len(edge.needs) else frozenset[str]()
        for one in edge.adds - edge.needs:
            found[one] = found[one] & whole if one in found else whole
    return {one: needs for one, needs in found.items() if needs}


def _lean(edge: Edge, implied: dict[str, frozenset[str]]) -> Edge:
    """An edge without what is there anyhow, where it begins."""
    there = edge.needs.union(*(implied.get(one, ()) for one in edge.needs))
    return Edge(edge.needs, edge.least, edge.adds - there if edge.least == len(edge.needs) else edge.adds)


def _inverse(implied: dict[str, frozenset[str]]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one, others in implied.items():
        for other in others:
            found[other].append(one)
    return found

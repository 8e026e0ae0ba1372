"""The most specific of some classes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol


class _Counts(Protocol):
    def __getitem__(self, c: int, /) -> int: ...


class _Above(Protocol):
    def __getitem__(self, c: int, /) -> Sequence[int]: ...


def direct(candidates: Iterable[int], counts: _Counts, above: _Above) -> list[int]:
    """The candidates that are above no other one, sorted.

    The candidate with most subsumers is direct; all that lies above it is not; and so on.
    """
    found: list[int] = []
    covered: set[int] = set()
    for candidate in sorted(candidates, key=lambda c: -counts[c]):
        if candidate not in covered:
            found.append(candidate)
            covered.update(above[candidate])
    return sorted(found)


class _Subsumers(Protocol):
    def subsumers(self, atom: int, /) -> Collection[int]: ...
    def size(self, atom: int, /) -> int: ...


def most_specific(classes: Iterable[int], closure: _Subsumers) -> list[int]:
    """The classes that are strictly above no other of them; equivalent ones all or none."""
    found: list[int] = []
    covered: set[int] = set()
    for c in sorted(classes, key=closure.size, reverse=True):
        if c not in covered:
            found.append(c)
            covered.update(d for d in map(int, closure.subsumers(c)) if closure.size(d) < closure.size(c))
    return found

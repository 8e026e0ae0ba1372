"""From subsumer sets to a taxonomy: groups of equivalent classes and their direct links (transitive reduction)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Taxonomy(NamedTuple):
    """``group[c]``: the classes equivalent to c, itself included; the others hold one representative a group.

    ``above``/``below`` are the direct links; ``supers`` all strict ones upwards. ``⊥`` is in none of them.
    """

    group: dict[str, frozenset[str]]
    head: dict[str, str]
    above: dict[str, tuple[str, ...]]
    below: dict[str, tuple[str, ...]]
    supers: dict[str, frozenset[str]]


def taxonomy(subsumers: Mapping[str, frozenset[str]]) -> Taxonomy:
    """Reduces ``subsumers`` (reflexive and transitive, satisfiable classes only).

    >>> t = taxonomy({"a": frozenset("abc"), "b": frozenset("bc"), "c": frozenset("c")})
    >>> t.above["a"], t.below["c"]
    (('b',), ('b',))
    """
    group = {c: frozenset(d for d in supers if c in subsumers[d]) for c, supers in subsumers.items()}
    head = {c: min(members) for c, members in group.items()}
    heads = sorted(set(head.values()))
    supers = {c: frozenset(head[d] for d in subsumers[c]) - {c} for c in heads}
    above = {c: direct(supers[c], supers) for c in heads}
    below: dict[str, list[str]] = {c: [] for c in heads}
    for c in heads:
        for d in above[c]:
            below[d].append(c)
    return Taxonomy(group, head, above, {c: tuple(found) for c, found in below.items()}, supers)


def direct(candidates: frozenset[str], supers: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The candidates that are above no other candidate, sorted.

    The candidate with most subsumers is direct; all that lies above it is not; and so on.
    """
    found: list[str] = []
    covered: set[str] = set()
    for candidate in sorted(candidates, key=lambda c: -len(supers[c])):
        if candidate not in covered:
            found.append(candidate)
            covered |= supers[candidate]
    return tuple(sorted(found))

"""Restrictions on data values, decided before saturation: which range lies in which, which two have nothing in common.

For told values that are single ones this is complete; for told intervals see Magka, Kazakov and Horrocks (2010).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kgtwin.model.axioms import DataRange
from kgtwin.model.data_ranges import disjoint, intersection, within
from kgtwin.reasoning.atoms import Atoms
from kgtwin.reasoning.lowering import Told
from kgtwin.reasoning.nodes import Kind, Nodes
from kgtwin.reasoning.polarity import Polarity
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.rolebox import NO_AXIOM, RoleBox


class DataAtom(NamedTuple):
    """``∃property.range``, by the property's entity."""

    atom: int
    property: int
    range: DataRange


class DataRules(NamedTuple):
    """Rows (atom, atom, axiom) told, and (atom, atom, head, axiom) joined."""

    told: list[tuple[int, int, int]]
    joins: list[tuple[int, int, int, int]]


def data_rules(told: Told, nodes: Nodes, box: RoleBox, atoms: Atoms, where: Polarity) -> DataRules:
    """The rules between the data atoms of an ontology."""
    found = [int(node) for node in np.flatnonzero(nodes.kind == Kind.DATA)]
    if not found:
        return DataRules([], [])
    all_atoms = {
        node: DataAtom(int(atoms.of_node[node]), int(nodes.a[node]), nodes.ranges[nodes.b[node]]) for node in found
    }
    asserted = [all_atoms[node] for node in found if where.positive[node]]
    waited = [all_atoms[node] for node in found if where.negative[node]]
    properties = DataProperties(told)
    rules = DataRules([], [])
    for one in asserted:
        rules.told.extend(properties.entailed(one, waited))
    rules.joins.extend(properties.clashes(asserted))
    return rules


class DataProperties:
    """The hierarchy of data properties with their ranges, closed."""

    def __init__(self, told: Told) -> None:
        self._edges: dict[int, list[int]] = {}
        for inclusion in told.data_inclusions:
            self._edges.setdefault(inclusion.sub, []).append(inclusion.sup)
        self._ranges: dict[int, list[tuple[DataRange, int]]] = {}
        for entity, data_range, axiom in told.data_ranges:
            self._ranges.setdefault(entity, []).append((data_range, axiom))
        self._functional = dict(told.functional)

    def supers(self, entity: int) -> list[int]:
        """A property and those above it."""
        found = [entity]
        for here in found:
            found.extend(sup for sup in self._edges.get(here, ()) if sup not in found)
        return found

    def functional_above(self, entity: int) -> list[int]:
        """The functional properties among a property and those above it."""
        return [sup for sup in self.supers(entity) if sup in self._functional] if self._functional else []

    def functional_axiom(self, entity: int) -> int:
        """The axiom that says that a property is functional."""
        return self._functional[entity]

    def entailed(self, one: DataAtom, waited: list[DataAtom]) -> list[tuple[int, int, int]]:
        """``∃p.R ⊑ ∃q.S`` where ``p ⊑* q`` and the values of R in p's ranges lie in S; ``∃p.R ⊑ ⊥`` where there are none."""
        supers, value, rows = self.supers(one.property), one.range, []
        for entity in supers:
            for data_range, axiom in self._ranges.get(entity, ()):
                if disjoint(value, data_range):
                    rows.append((one.atom, BOTTOM, axiom))
                value = intersection(value, data_range) or value
        rows += [
            (one.atom, other.atom, NO_AXIOM)
            for other in waited
            if other.atom != one.atom and other.property in supers and within(value, other.range)
        ]
        return rows

    def clashes(self, asserted: list[DataAtom]) -> list[tuple[int, int, int, int]]:
        """Two values of one functional property that cannot be the same."""
        rows = []
        for functional, axiom in self._functional.items():
            values = [one for one in asserted if functional in self.functional_above(one.property)]
            for i, one in enumerate(values):
                for other in values[i + 1 :]:
                    if disjoint(one.range, other.range):
                        rows.append((one.atom, other.atom, BOTTOM, axiom))
        return rows

    def narrowings(self, one: DataAtom, other: DataAtom | None) -> list[list[tuple[int, int]]]:
        """The smallest sets of ranges (property, axiom) above a value that put it into another, or (None) leave none."""
        told = [(sup, values, axiom) for sup in self.supers(one.property) for values, axiom in self._ranges.get(sup, ())]

        def suffices(places: frozenset[int]) -> bool:
            value: DataRange = one.range
            for place in sorted(places):
                if other is None and disjoint(value, told[place][1]):
                    return True
                value = intersection(value, told[place][1]) or value
            return other is not None and within(value, other.range)

        return [[(told[i][0], told[i][2]) for i in sorted(found)] for found in minimal_sets(len(told), suffices)]


def minimal_sets(count: int, suffices: Callable[[frozenset[int]], bool]) -> list[frozenset[int]]:
    """All smallest sets of the numbers below a count that suffice, where a larger set suffices if a smaller one does.

    By Reiter's hitting set tree: without one member of a set that was found, another set may be left.

    >>> sorted(map(sorted, minimal_sets(3, lambda some: 0 in some or {1, 2} <= some)))
    [[0], [1, 2]]
    """
    found: dict[frozenset[int], None] = {}
    seen: set[frozenset[int]] = set()
    todo = [frozenset(range(count))]
    while todo:
        allowed = todo.pop()
        if allowed in seen or not suffices(allowed):
            continue
        seen.add(allowed)
        least = next((known for known in found if known <= allowed), None)
        if least is None:
            least = allowed
            for one in sorted(allowed):
                if suffices(least - {one}):
                    least -= {one}
            found[least] = None
        todo.extend(allowed - {one} for one in least)
    return list(found)

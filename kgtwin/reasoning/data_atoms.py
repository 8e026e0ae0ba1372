"""Restrictions on data values, decided before saturation: which range lies in which, which two have nothing in common.

For told values that are single ones this is complete; for told intervals see Magka, Kazakov and Horrocks (2010).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import permutations
from typing import NamedTuple

import numpy as np

from kgtwin.model import datatypes as d
from kgtwin.model.axioms import DataRange, Interval, Literal, Space
from kgtwin.model.data_ranges import canonical, disjoint, intersection, is_single, within
from kgtwin.reasoning.atoms import Atoms
from kgtwin.reasoning.lowering import Told
from kgtwin.reasoning.nodes import Kind, Nodes
from kgtwin.reasoning.polarity import Polarity
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.rolebox import NO_AXIOM, RoleBox

_NUMBERS = (Space.DECIMAL, Space.RATIONAL, Space.REAL)


class DataAtom(NamedTuple):
    """``∃property.range``, by the property's entity."""

    atom: int
    property: int
    range: DataRange


class DataRules(NamedTuple):
    """Rows told (atom, atom, axiom) and joined (atom, atom, head, axiom); groups of disjoint atoms, with axiom."""

    told: list[tuple[int, int, int]]
    joins: list[tuple[int, int, int, int]]
    groups: list[tuple[list[int], int]]


def data_rules(told: Told, nodes: Nodes, box: RoleBox, atoms: Atoms, where: Polarity) -> DataRules:
    """The rules between the data atoms of an ontology."""
    found = [int(node) for node in np.flatnonzero(nodes.kind == Kind.DATA)]
    rules = DataRules([], [], [])
    if not found:
        return rules
    all_atoms = {
        node: DataAtom(int(atoms.of_node[node]), int(nodes.a[node]), nodes.ranges[nodes.b[node]]) for node in found
    }
    asserted = [all_atoms[node] for node in found if where.positive[node]]
    properties, waited = DataProperties(told), Waited(all_atoms[node] for node in found if where.negative[node])
    rules.told.extend(on_line(properties, [one for one in asserted if is_point(one.range)], waited))
    for one in asserted:
        rules.told.extend(properties.entailed(one, waited, sorted_out=is_point(one.range)))
    for functional, axiom in told.functional:
        values = [one for one in asserted if functional in properties.supers(one.property)]
        groups, rest = apart(values)
        rules.groups.extend((group, axiom) for group in groups)
        rules.joins.extend((one.atom, other.atom, BOTTOM, axiom) for one, other in clashes(values, rest))
    return rules


def is_point(data_range: DataRange) -> bool:
    """Whether a range is one decimal number."""
    one = canonical(data_range)
    return isinstance(one, Interval) and one.space is Space.DECIMAL and is_single(one)


class Line:
    """Intervals of numbers, cut where one of them begins or ends: which lie around a number is looked up."""

    def __init__(self, atoms: Sequence[DataAtom]) -> None:
        self._atoms = atoms
        bounds = (bound for one in atoms for bound in _bounds(one))
        self._cuts = sorted({bound for bound in bounds if bound is not None})
        self._known: dict[tuple[int, bool], list[DataAtom]] = {}

    def around(self, number: Decimal) -> list[DataAtom]:
        """The intervals in which a number lies: the same for each between two cuts, if whole or if not."""
        first, last = bisect_left(self._cuts, number), bisect_right(self._cuts, number)
        place = (first + last, number == number.to_integral_value())
        found = self._known.get(place)
        if found is None:
            point = Interval(number, False, number)
            found = self._known[place] = [one for one in self._atoms if within(point, one.range)]
        return found


def _bounds(one: DataAtom) -> tuple[Decimal | None, Decimal | None]:
    interval = canonical(one.range)
    assert isinstance(interval, Interval)
    return interval.low, interval.high


class Waited:
    """Restrictions that are waited for, by property: single values by a look-up, others one by one."""

    def __init__(self, atoms: Iterable[DataAtom]) -> None:
        self._all = list(atoms)
        self._singles: dict[tuple[int, DataRange], list[DataAtom]] = {}
        self.intervals: dict[int, list[DataAtom]] = {}
        """Those that are intervals of numbers, so that points can be sorted out."""
        self._others: dict[int, list[DataAtom]] = {}
        self._lines: dict[int, Line] = {}
        for one in self._all:
            values = canonical(one.range)
            if is_single(values):
                self._singles.setdefault((one.property, values), []).append(one)
            elif isinstance(values, Interval) and values.space in _NUMBERS:
                self.intervals.setdefault(one.property, []).append(one)
            else:
                self._others.setdefault(one.property, []).append(one)

    def __iter__(self) -> Iterator[DataAtom]:
        return iter(self._all)

    def around(self, properties: Iterable[int], value: DataRange, *, intervals: bool = True) -> Iterator[DataAtom]:
        """Those of some properties in which all of a range lies; with ``intervals`` of numbers or without them."""
        value = canonical(value)
        for one in properties:
            yield from self._singles.get((one, value), ())
            if intervals:
                yield from self._wide(one, value)
            yield from (other for other in self._others.get(one, ()) if within(value, other.range))

    def _wide(self, data_property: int, value: DataRange) -> Iterable[DataAtom]:
        """The intervals of numbers in which a range lies: found by bisection where it is one decimal number."""
        found = self.intervals.get(data_property, ())
        if not found or not (isinstance(value, Interval) and is_point(value) and value.low is not None):
            return (other for other in found if within(value, other.range))
        line = self._lines.get(data_property)
        if line is None:
            line = self._lines[data_property] = Line(found)
        return line.around(value.low)


def _rows(one: DataAtom, others: Iterable[DataAtom]) -> list[tuple[int, int, int]]:
    return [(one.atom, other.atom, NO_AXIOM) for other in others if other.atom != one.atom]


def on_line(properties: DataProperties, points: Iterable[DataAtom], waited: Waited) -> Iterator[tuple[int, int, int]]:
    """Which decimal numbers lie in which intervals of numbers: by sorting, so that only what holds is looked at."""
    by_property: dict[int, list[tuple[Decimal, int]]] = {}
    for one in points:
        value = canonical(one.range)
        assert isinstance(value, Interval)
        assert value.low is not None
        by_property.setdefault(one.property, []).append((value.low, one.atom))
    for entity, found in by_property.items():
        found.sort()
        numbers = [number for number, _ in found]
        for other in (one for sup in properties.supers(entity) for one in waited.intervals.get(sup, ())):
            interval = canonical(other.range)
            assert isinstance(interval, Interval)
            for number, atom in found[_first(numbers, interval) : _last(numbers, interval)]:
                if not interval.integer or number == number.to_integral_value():
                    yield atom, other.atom, NO_AXIOM


def _first(numbers: list[Decimal], interval: Interval) -> int:
    if interval.low is None:
        return 0
    return bisect_right(numbers, interval.low) if interval.low_open else bisect_left(numbers, interval.low)


def _last(numbers: list[Decimal], interval: Interval) -> int:
    if interval.high is None:
        return len(numbers)
    return bisect_left(numbers, interval.high) if interval.high_open else bisect_right(numbers, interval.high)


# functional properties


def apart(values: Sequence[DataAtom]) -> tuple[list[list[int]], list[DataAtom]]:
    """Groups of atoms in which any two that are of different single values meet; and the values that are no such.

    Of each property, all single values are one group. Those of two properties may be equal: there, a pair differs in
    some bit of the values' numbers, and for each bit there is a group of those without it by one property and those
    with it by the other.
    """
    numbers: dict[DataRange, int] = {}
    single: dict[int, dict[int, int]] = {}
    rest = []
    for one in values:
        value = canonical(one.range)
        if is_certain(value):
            single.setdefault(one.property, {}).setdefault(numbers.setdefault(value, len(numbers)), one.atom)
        else:
            rest.append(one)
    groups = [list(one.values()) for one in single.values()]
    for first, second in permutations(single.values(), 2):
        for bit in range(len(numbers).bit_length()):
            without = [atom for number, atom in first.items() if not number >> bit & 1]
            groups.append(without + [atom for number, atom in second.items() if number >> bit & 1])
    return [group for group in groups if len(group) > 1], rest


def is_certain(data_range: DataRange) -> bool:
    """Whether a range is one value that certainly is no other than itself."""
    value = canonical(data_range)
    known = isinstance(value, Interval) or (
        isinstance(value, Literal) and d.root(value.datatype) is not None and value.datatype != d.XML_LITERAL
    )
    return known and is_single(value)


def clashes(values: Sequence[DataAtom], rest: Sequence[DataAtom]) -> Iterator[tuple[DataAtom, DataAtom]]:
    """The pairs of values, one of them among the ``rest``, that cannot be the same."""
    place = {one.atom: i for i, one in enumerate(rest)}
    for one in rest:
        for other in values:
            if place.get(other.atom, len(rest)) > place[one.atom] and disjoint(one.range, other.range):
                yield one, other


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

    def entailed(self, one: DataAtom, waited: Waited, *, sorted_out: bool = False) -> list[tuple[int, int, int]]:
        """``∃p.R ⊑ ∃q.S``, p below q, the values of R in p's ranges lying in S; ``∃p.R ⊑ ⊥`` where there are none.

        Of a point that is ``sorted_out``, intervals of numbers are left out: see :func:`on_line`.
        """
        supers, value, rows = self.supers(one.property), one.range, []
        for entity in supers:
            for data_range, axiom in self._ranges.get(entity, ()):
                if disjoint(value, data_range):
                    rows.append((one.atom, BOTTOM, axiom))
                elif not sorted_out:
                    value = intersection(value, data_range) or value
        return rows + _rows(one, waited.around(supers, value, intervals=not sorted_out))

    def narrowings(self, one: DataAtom, other: DataAtom | None) -> list[list[tuple[int, int]]]:
        """The smallest sets of ranges (property, axiom) above a value that put it into another, or leave none."""
        supers = self.supers(one.property)
        told = [(sup, values, axiom) for sup in supers for values, axiom in self._ranges.get(sup, ())]

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

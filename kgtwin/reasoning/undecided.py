"""Numbers known only as an interval, of which each value would fire some condition, though no condition covers all.

EL cannot derive what follows in each case; where some value fires nothing new, nothing is missed. One number is varied
at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from kgtwin.model.axioms import DataSomeValuesFrom
from kgtwin.model.data_ranges import Interval, is_single
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.program import TOP

_PROBE = "urn:kgtwin:probe"


class Undecided(NamedTuple):
    """The interval of a property that is told of a context, and the conditions that cover it only together."""

    context: int
    property: int
    interval: Interval
    conditions: tuple[Interval, ...]


def undecided(
    index: Index, closure: Closure, base: Closure, told: Iterable[DataAtom], contexts: Iterable[int]
) -> Iterator[Undecided]:
    """The undecided numbers among those ``told`` of some contexts; the closure lies on top of ``base`` or is it."""
    open_ones = [(one, one.range, _met(index, one)) for one in told if isinstance(one.range, Interval)]
    open_ones = [(one, interval, met) for one, interval, met in open_ones if met and not is_single(interval)]
    if not open_ones:
        return
    for context in contexts:
        above = closure.subsumers(context)
        for one, interval, met in open_ones:
            if one.atom in above and all(_fires(index, base, above, one, v) for v in _samples(interval, met)):
                yield Undecided(context, one.property, interval, tuple(met))


def _met(index: Index, one: DataAtom) -> list[Interval]:
    """The conditions that some values of an atom fulfil and others do not."""
    supers = index.data_properties.supers(one.property)
    conditions = [other.range for other in index.waited_data if other.property in supers]
    assert isinstance(one.range, Interval)
    mine = one.range
    return [c for c in conditions if isinstance(c, Interval) and mine.meets(c) and not mine.within(c)]


def _samples(value: Interval, conditions: Sequence[Interval]) -> list[Decimal]:
    """One number of every stretch that the bounds of the conditions cut an interval into, the bounds among them."""
    bounds = sorted({b for one in (value, *conditions) for b in (one.low, one.high) if b is not None})
    if not bounds:
        return []
    middles = [(one + other) / 2 for one, other in pairwise(bounds)]
    points = [bounds[0] - 1, *bounds, *middles, bounds[-1] + 1]
    if value.integer:
        points = [whole for p in points for whole in (Decimal(floor(p)), Decimal(ceil(p)))]
    return [point for point in points if _point(value, point).within(value)]


def _point(value: Interval, number: Decimal) -> Interval:
    return Interval(low=number, high=number, space=value.space)


def _fires(index: Index, base: Closure, above: Iterable[int], one: DataAtom, number: Decimal) -> bool:
    """Whether a number in the place of its interval leads to more than the conditions on that number themselves."""
    assert isinstance(one.range, Interval)
    probe = Extension(index)
    atom = probe.individual(_PROBE)
    known = [int(other) for other in above if other < probe.first]
    probe.own.told.setdefault(atom, []).extend(other for other in known if other != TOP)
    probe.tell(atom, DataSomeValuesFrom(index.iri(one.property), _point(one.range, number)))
    found = base.on_top(probe).subsumers(atom)
    data = {other.atom for other in index.waited_data}
    return any(other not in data and other not in known for other in map(int, found) if other < probe.first)

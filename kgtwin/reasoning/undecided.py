"""Data values known only as ranges: what may follow from the value, whichever it is, is not derived.

A value is open where each that it may be would fire some condition, though no condition covers the whole range. Where
it is the only open one, and some value leads to nothing but the conditions on itself, nothing is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from kgtwin.model.axioms import DataRange, DataSomeValuesFrom, Datatype
from kgtwin.model.data_ranges import Interval, OtherRange, disjoint, intersection, is_single, within
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.conditions import UndecidedNumber
from kgtwin.reasoning.data_atoms import DataAtom, is_certain
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.program import TOP
from kgtwin.reasoning.view import View
from kgtwin.vocabulary import RDFS, XSD

_PROBE = "urn:kgtwin:probe"


class Narrowed(NamedTuple):
    """A value's range within those of its properties; ``lost`` are those (property, range) that were not all used."""

    range: DataRange
    lost: tuple[tuple[int, DataRange], ...]


def narrowed(index: Index, one: DataAtom) -> Narrowed:
    """What the ranges of a value's property and of those above it leave of it."""
    value, supers, lost = one.range, index.data_properties.supers(one.property), []
    for entity, found, _ in index.told.data_ranges:
        if entity in supers:
            both = intersection(value, found)
            value = both or value
            if both is None or isinstance(both, OtherRange):
                lost.append((entity, found))
    return Narrowed(value, tuple(lost))


def tells_more(index: Index, a: DataAtom, b: DataAtom) -> bool:
    """Whether more follows from two restrictions on the same value than from each of them."""
    supers = index.data_properties.supers
    told = any(
        one.range == other.range or (is_single(one.range) and within(one.range, other.range))
        for one, other in ((a, b), (b, a))
        if other.property in supers(one.property)
    )
    certain = is_certain(a.range) and is_certain(b.range)
    return not told and not certain and not disjoint(a.range, b.range)


def open_values(index: Index, told: Iterable[DataAtom]) -> Iterator[UndecidedNumber]:
    """The open ones among some values."""
    for one in told:
        if met := _open(index, one):
            yield UndecidedNumber(index.iri(one.property), one.range, met, one.atom)


def _open(index: Index, one: DataAtom) -> tuple[DataRange, ...]:
    """The conditions that a value meets, if they leave it open; kept, as many elements share a value."""
    found = index.open_ranges.get((one.property, one.range))
    if found is None:
        met = () if is_single(one.range) else tuple(_met(index, one))
        found = met if met and _are_cover(narrowed(index, one).range, met) else ()
        index.open_ranges[one.property, one.range] = found
    return found


def open_at(view: View, y: int) -> tuple[UndecidedNumber, ...]:
    """The open ones among the strictest values of an element."""
    return tuple(open_values(view.index, _strictest(view.index, list(view.data(y)))))


def undecided(view: View, base: Closure, y: int, atom: int, found: Sequence[UndecidedNumber]) -> bool:
    """Whether something may follow of an element from one of its open values (``found``), whichever it is."""
    mine = next((one for one in found if one.atom == atom), None)
    if mine is None or len(found) > 1 or not isinstance(mine.range, Interval):
        return mine is not None
    above = [int(one) for one in view.closure.subsumers(y)]
    samples = _samples(mine.range, [one for one in mine.conditions if isinstance(one, Interval)])
    return all(_fires(view.index, base, above, mine, value) for value in samples)


def _strictest(index: Index, told: Sequence[DataAtom]) -> list[DataAtom]:
    """Values without those that another one is anyway."""

    def is_told_by(other: DataAtom, one: DataAtom) -> bool:
        return one.property in index.data_properties.supers(other.property) and within(other.range, one.range)

    kept: list[DataAtom] = []
    for one in told:
        if not any(is_told_by(other, one) for other in kept):
            kept = [*(other for other in kept if not is_told_by(one, other)), one]
    return kept


def _met(index: Index, one: DataAtom) -> list[DataRange]:
    """The conditions that some values of an atom fulfil and others do not."""
    supers = index.data_properties.supers(one.property)
    mine = narrowed(index, one).range
    conditions = (other.range for other in index.waited_data if other.property in supers)
    return [c for c in dict.fromkeys(conditions) if not disjoint(mine, c) and not within(mine, c)]


def _are_cover(mine: DataRange, met: Sequence[DataRange]) -> bool:
    """Whether each value of a range may be in some of those that it meets."""
    if isinstance(mine, Interval):
        intervals = [one for one in met if isinstance(one, Interval)]
        if len(intervals) == len(met):
            return all(any(_point(mine, v).within(c) for c in intervals) for v in _samples(mine, intervals))
    if mine == Datatype(RDFS + "Literal"):
        return False
    return mine == Datatype(XSD + "boolean") or not all(map(is_single, met))


def _samples(value: Interval, conditions: Sequence[Interval]) -> list[Decimal]:
    """One number of every stretch that the bounds of the conditions cut an interval into, the bounds among them."""
    bounds = sorted({b for one in (value, *conditions) for b in (one.low, one.high) if b is not None})
    if not bounds:
        return [Decimal(0)]
    middles = [(one + other) / 2 for one, other in pairwise(bounds)]
    points = [bounds[0] - 1, *bounds, *middles, bounds[-1] + 1]
    if value.integer:
        points = [whole for p in points for whole in (Decimal(floor(p)), Decimal(ceil(p)))]
    return [point for point in points if _point(value, point).within(value)]


def _point(value: Interval, number: Decimal) -> Interval:
    return Interval(low=number, high=number, space=value.space)


def _fires(index: Index, base: Closure, above: Sequence[int], one: UndecidedNumber, number: Decimal) -> bool:
    """Whether a number in the place of its interval leads to more than the conditions on that number themselves."""
    assert isinstance(one.range, Interval)
    probe = Extension(index)
    atom = probe.individual(_PROBE)
    known = {other for other in above if other < probe.first}
    probe.own.told.setdefault(atom, []).extend(other for other in known if other != TOP)
    probe.tell(atom, DataSomeValuesFrom(one.property, _point(one.range, number)))
    data = {other.atom for other in index.waited_data}
    found = [other for other in map(int, base.on_top(probe).subsumers(atom)) if other < probe.first]
    return any(other not in known and (other not in data or _is_noticed(index, other)) for other in found)


def _is_noticed(index: Index, atom: int) -> bool:
    """Whether something waits for links to what has an atom."""
    return atom < index.program.atoms and len(index.program.waits.of(atom)[0]) > 0

"""Gaps in what axioms say of data: values that are known only as ranges, and properties that are not like others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

import numpy as np

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, DataSomeValuesFrom
from kgtwin.model.data_ranges import DataRange, Datatype, Interval
from kgtwin.model.owl_text import render, render_expression
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.conditions import (
    BOTTOM_DATA,
    TOP_DATA,
    DataRangeGap,
    FunctionalData,
    Inclusion,
    Other,
    UndecidedNumber,
)
from kgtwin.reasoning.data_atoms import DataAtom, is_certain
from kgtwin.reasoning.gaps import Gap, Numbered
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.undecided import narrowed, open_values, tells_more
from kgtwin.vocabulary import OWL_NOTHING, RDFS


def data_gaps(index: Index, closure: Closure) -> Iterator[Numbered]:
    """The gaps in what axioms say of data."""
    contexts = np.flatnonzero(index.program.is_context).tolist()
    yield from gaps_of_values(index, closure, index.asserted_data, contexts)
    yield from _special(index)


def gaps_of_values(
    index: Index, closure: Closure, values: Sequence[DataAtom], contexts: Sequence[int]
) -> Iterator[Numbered]:
    """What some values lose that are told of some contexts; whether they are undecided there is not looked at."""
    yield from _ranges(index, values)
    yield from _functional(index, closure, values, contexts)
    yield from ((-1, _open(one)) for one in open_values(index, values))


def _ranges(index: Index, values: Sequence[DataAtom]) -> Iterator[Numbered]:
    lost = {pair for one in values for pair in narrowed(index, one).lost}
    for entity, data_range, axiom in index.told.data_ranges:
        if (entity, data_range) in lost:
            condition = DataRangeGap(index.iri(entity), data_range)
            text = f"not used with every value: {render(index.table[axiom])}"
            yield axiom, Gap(condition, text, (condition.property,))


def _functional(
    index: Index, closure: Closure, told: Sequence[DataAtom], contexts: Sequence[int]
) -> Iterator[Numbered]:
    """Two ranges told of one value: that it lies in both is used only where nothing can."""
    for entity, axiom in index.told.functional:
        values = [one for one in told if entity in index.data_properties.supers(one.property)]
        single = [one for one in values if is_certain(one.range)]
        rest = [one for one in values if not is_certain(one.range)]
        some = chain(combinations(rest, 2), ((a, b) for a in rest for b in single))
        pairs = [(a.atom, b.atom) for a, b in some if tells_more(index, a, b)]
        if pairs and _meet(closure, pairs, contexts):
            condition = FunctionalData(index.iri(entity))
            text = f"not used with every two values: {render(index.table[axiom])}"
            yield axiom, Gap(condition, text, (condition.property,))


def _meet(closure: Closure, pairs: Sequence[tuple[int, int]], contexts: Sequence[int]) -> bool:
    """Whether some context is below both of a pair of atoms."""
    concerned = {one for one, _ in pairs}
    for x in contexts:
        above = closure.subsumers(x)
        if not concerned.isdisjoint(above) and any(one in above and other in above for one, other in pairs):
            return True
    return False


def _open(one: UndecidedNumber) -> Gap:
    conditions = ", ".join(map(_shown, one.conditions))
    text = f"what follows from a number ({_shown(one.range)}) in any case of {conditions} is not derived"
    return Gap(one, text, (one.property,))


def _shown(values: DataRange) -> str:
    return str(values) if isinstance(values, Interval) else render_expression(DataSomeValuesFrom("", values))


def _special(index: Index) -> Iterator[Numbered]:
    """``owl:topDataProperty`` and ``owl:bottomDataProperty`` are to the engine as any others."""
    top, bottom, told = index.entity(TOP_DATA), index.entity(BOTTOM_DATA), index.told
    used = [one.property for one in index.waited_data]
    used += [entity for entity, _, _ in told.data_ranges] + [entity for entity, _ in told.functional]
    used += [one.sub for one in told.data_inclusions]
    if top is not None and top in used:
        condition = Other("owl:topDataProperty", (TOP_DATA,))
        yield -1, Gap(condition, "not used: that everything has every value of owl:topDataProperty", (TOP_DATA,))
    if bottom is not None and any(one.property == bottom for one in index.asserted_data):
        some = owl.DataSomeValuesFrom(BOTTOM_DATA, Datatype(RDFS + "Literal"))
        text = "not used: that nothing has a value of owl:bottomDataProperty"
        yield -1, Gap(Inclusion(some, Class(OWL_NOTHING)), text, (BOTTOM_DATA,))

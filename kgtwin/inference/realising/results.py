"""The latest valid result of each analyte, in its canonical unit, and what is computed from results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

import msgspec

from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.realising.lasting import lasting
from kgtwin.inference.realising.reading import Reading, canonical, multiple
from kgtwin.inference.realising.selection import FINAL_RESULTS, Selected
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import order, time_of
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.time import earliest, latest
from kgtwin.vocabulary import HAS_LATEST_RESULT

BLOCKING = frozenset({CaveatCode.UNKNOWN_UNIT, CaveatCode.IMPLAUSIBLE})
"""After a result with such a caveat no older one counts: the present value is not known."""
MEASURED = frozenset({FactKind.OBSERVATION, FactKind.BEHAVIOUR, FactKind.GENOTYPE})


def results(
    facts: Iterable[Fact], knowledge: Knowledge, at: datetime
) -> tuple[tuple[Reading, ...], tuple[Caveat, ...]]:
    """What the final results of each analyte say at ``at``, and what could not be read."""
    candidates: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.kind in MEASURED:
            analyte = knowledge.analyte_of(fact)
            if analyte is not None and is_valid(fact, at):
                candidates.setdefault(analyte.iri, []).append(fact)
    read = [one for iri, found in candidates.items() for one in _of_analyte(iri, found, knowledge, at)]
    readings = tuple(one for one in read if isinstance(one, Reading))
    caveats = [one for one in read if isinstance(one, Caveat)]
    caveats += [c for one in readings for c in (*_undecided(one, knowledge), *_of_doubtful_time(one))]
    return readings, tuple(dict.fromkeys(caveats))


def is_result(fact: Fact) -> bool:
    """Whether it is a result that may count, once it has been taken."""
    return fact.status in FINAL_RESULTS and fact.value is not None and time_of(fact) is not None


def is_valid(fact: Fact, at: datetime) -> bool:
    """Whether it is a result that counts: final, with a value, taken by ``at``."""
    return is_result(fact) and earliest(time_of(fact) or "") <= at


def _of_analyte(iri: str, facts: list[Fact], knowledge: Knowledge, at: datetime) -> Iterator[Reading | Caveat]:
    """The latest result, its multiple of the upper limit, and what lasted up to it."""
    analyte = knowledge.analytes[iri]
    facts.sort(key=order, reverse=True)
    for latest_one in latest_of(analyte, facts, at):
        found = latest_one
        if isinstance(found, Reading):
            found = with_rivals(found, facts, partial(_decides_otherwise, found, knowledge))
        yield found
        if isinstance(found, Reading):
            multiples = (
                one for one in knowledge.multiples.get(iri, ()) if (HAS_LATEST_RESULT, one.iri) in knowledge.asked
            )
            yield from (one for m in multiples if (one := multiple(found, m)) is not None)
            for role, span in knowledge.roles.persistent.items():
                if (role, iri) in knowledge.asked:
                    yield from lasting(analyte, facts, found, role, span)


def latest_of(analyte: Analyte, facts: list[Fact], at: datetime) -> Iterator[Reading | Caveat]:
    """The latest result that is a quantity; if its unit cannot be read, or it cannot be, none counts."""
    for fact in facts:
        age = at - latest(time_of(fact) or "")
        if analyte.expires is not None and age > analyte.expires:
            text = f"{analyte.label}: the latest value is {age.days} days old and does not count any more"
            yield Caveat(CaveatCode.STALE_LAB, text, (fact.provenance.resource,), "measure it again")
            return
        read = canonical(fact, analyte)
        if not isinstance(read, Caveat):
            yield Reading(_selected(fact, analyte, age.days), analyte, read, (read,))
            return
        yield read
        if read.code in BLOCKING:
            return


def _selected(fact: Fact, analyte: Analyte, days: int) -> Selected:
    caveats: tuple[Caveat, ...] = ()
    if analyte.stale is not None and days > analyte.stale.days:
        text = f"{analyte.label}: the latest value is {days} days old"
        caveats = (Caveat(CaveatCode.STALE_LAB, text, (fact.provenance.resource,), "measure it again"),)
    return Selected(fact, HAS_LATEST_RESULT, f"latest {fact.status} {analyte.label}", caveats)


def with_rivals(reading: Reading, facts: Iterable[Fact], matters: Callable[[Interval], bool]) -> Reading:
    """With a caveat where another result may be the latest one, and its value is another one that matters."""
    rivals = [other for other in facts if _may_be_later(other, reading.selected.fact)]
    read = {fact.provenance.resource: canonical(fact, reading.analyte) for fact in rivals}
    differing = {
        resource: value
        for resource, value in read.items()
        if isinstance(value, Interval) and value != reading.interval and matters(value)
    }
    if not differing:
        return reading
    others = ", ".join(dict.fromkeys(map(str, differing.values())))
    text = f"{reading.analyte.label}: {reading.interval} counts, and {others} {reading.analyte.unit} may be as late"
    touches = (reading.selected.fact.provenance.resource, *differing)
    doubt = Caveat(CaveatCode.UNDECIDED_VALUE, text, touches, "send the time of each result")
    selected = msgspec.structs.replace(reading.selected, caveats=(*reading.selected.caveats, doubt))
    return msgspec.structs.replace(reading, selected=selected)


def _may_be_later(other: Fact, chosen: Fact) -> bool:
    """Whether a result may have been taken after, or at the same time as, the one that counts.

    Of results of one time that say when they were issued, the last one issued is later.
    """
    if other.id == chosen.id or latest(time_of(other) or "") < earliest(time_of(chosen) or ""):
        return False
    times, issued = {time_of(other), time_of(chosen)}, {order(other)[1], order(chosen)[1]}
    return len(times) > 1 or "" in issued or len(issued) == 1


def _decides_otherwise(reading: Reading, knowledge: Knowledge, value: Interval) -> bool:
    """Whether some threshold is met by one of two values only."""
    return any(value.within(one) != reading.interval.within(one) for one in _thresholds(reading, knowledge))


def _of_doubtful_time(reading: Reading) -> Iterator[Caveat]:
    if reading.selected.role == HAS_LATEST_RESULT and not reading.selected.part:
        yield from (one for one in reading.selected.caveats if one.code is CaveatCode.UNDECIDED_VALUE)


def _thresholds(reading: Reading, knowledge: Knowledge) -> Iterator[Interval]:
    """The intervals that statements ask a reading to lie in."""
    for iri in (reading.analyte.iri, *knowledge.classification.ancestors(reading.analyte.iri)):
        yield from knowledge.thresholds.get((reading.selected.role, iri), ())


def _undecided(reading: Reading, knowledge: Knowledge) -> Iterator[Caveat]:
    """Thresholds that an inexact value neither meets nor misses; one that any value certainly misses is missed."""
    if all(value.low == value.high for value in reading.values):
        return
    analyte = reading.analyte
    for threshold in _thresholds(reading, knowledge):
        possible = all(value.meets(threshold) for value in reading.values)
        if possible and not reading.interval.within(threshold):
            text = f"{analyte.label} {reading.interval} does not decide {threshold} {analyte.unit}"
            yield Caveat(CaveatCode.UNDECIDED_VALUE, text, (reading.selected.fact.provenance.resource,))

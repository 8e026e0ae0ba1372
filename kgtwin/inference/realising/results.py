"""The latest valid result of each analyte, in its canonical unit, and what is computed from results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.realising.lasting import lasting
from kgtwin.inference.realising.reading import Reading, canonical, multiple
from kgtwin.inference.realising.selection import FINAL_RESULTS, Selected
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
    caveats += [c for one in readings for c in _undecided(one, knowledge)]
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
    for found in latest_of(analyte, facts, at):
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


def _undecided(reading: Reading, knowledge: Knowledge) -> Iterator[Caveat]:
    """Thresholds that an inexact value neither meets nor misses; one that any value certainly misses is missed."""
    if all(value.low == value.high for value in reading.values):
        return
    role, analyte = reading.selected.role, reading.analyte
    for iri in (analyte.iri, *knowledge.classification.ancestors(analyte.iri)):
        for threshold in knowledge.thresholds.get((role, iri), ()):
            possible = all(value.meets(threshold) for value in reading.values)
            if possible and not reading.interval.within(threshold):
                text = f"{analyte.label} {reading.interval} does not decide {threshold} {analyte.unit}"
                yield Caveat(CaveatCode.UNDECIDED_VALUE, text, (reading.selected.fact.provenance.resource,))

"""The latest valid result of each analyte, in its canonical unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Analyte, Knowledge
from kgtwin.inference.selection import FINAL_RESULTS, Selected
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, FactKind, ObservationDetail, Quantity
from kgtwin.model.time import earliest, latest
from kgtwin.terminology.units import convert
from kgtwin.vocabulary import HAS_LATEST_RESULT


class LatestResult(msgspec.Struct, frozen=True):
    """A result that counts: its analyte, and its value as an interval in the analyte's unit."""

    selected: Selected
    analyte: Analyte
    interval: Interval


def latest_results(
    facts: Iterable[Fact], knowledge: Knowledge, at: datetime
) -> tuple[tuple[LatestResult, ...], tuple[Caveat, ...]]:
    """The latest final result of each analyte at ``at``, and what could not be read."""
    candidates: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.kind is FactKind.OBSERVATION and fact.status in FINAL_RESULTS:
            analyte = _analyte(fact, knowledge)
            if analyte is not None and fact.value is not None and _time(fact) and earliest(_time(fact) or "") <= at:
                candidates.setdefault(analyte.iri, []).append(fact)
    found: list[LatestResult] = []
    caveats: list[Caveat] = []
    for iri, results in candidates.items():
        results.sort(key=_order, reverse=True)
        _read_latest(knowledge.analytes[iri], results, at, found, caveats)
    caveats += [c for result in found for c in _undecided(result, knowledge)]
    return tuple(found), tuple(caveats)


def _analyte(fact: Fact, knowledge: Knowledge) -> Analyte | None:
    return next((a for c in fact.code.concepts if (a := knowledge.analyte(to_iri(c)))), None)


def _time(fact: Fact) -> str | None:
    """When it was true: its effective time, else when it was issued."""
    issued = fact.detail.issued if isinstance(fact.detail, ObservationDetail) else None
    return fact.when.end or fact.when.start or issued


def _order(fact: Fact) -> tuple[datetime, str, str]:
    issued = fact.detail.issued if isinstance(fact.detail, ObservationDetail) else None
    return latest(_time(fact) or ""), issued or "", fact.id


def _read_latest(
    analyte: Analyte, results: list[Fact], at: datetime, found: list[LatestResult], caveats: list[Caveat]
) -> None:
    """Take the latest result that is a quantity; if its unit cannot be read, none counts and the caveat says so."""
    for fact in results:
        age = at - latest(_time(fact) or "")
        if analyte.expires is not None and age > analyte.expires:
            text = f"{analyte.label}: the latest value is {age.days} days old and does not count any more"
            caveats.append(Caveat(CaveatCode.STALE_LAB, text, (fact.provenance.resource,), "measure it again"))
            return
        read = canonical(fact, analyte)
        if isinstance(read, Caveat):
            caveats.append(read)
            if read.code is CaveatCode.UNKNOWN_UNIT:
                return
            continue
        found.append(LatestResult(_selected(fact, analyte, age.days), analyte, read))
        return


def _selected(fact: Fact, analyte: Analyte, days: int) -> Selected:
    caveats: tuple[Caveat, ...] = ()
    if analyte.stale is not None and days > analyte.stale.days:
        text = f"{analyte.label}: the latest value is {days} days old"
        caveats = (Caveat(CaveatCode.STALE_LAB, text, (fact.provenance.resource,), "measure it again"),)
    return Selected(fact, HAS_LATEST_RESULT, f"latest {fact.status} {analyte.label}", caveats)


def canonical(fact: Fact, analyte: Analyte) -> Interval | Caveat:
    """The value in the analyte's unit, a comparator as an interval; a caveat where it cannot be read."""
    resource = (fact.provenance.resource,)
    if not isinstance(fact.value, Quantity):
        return Caveat(CaveatCode.NOT_EVALUATED, f"{analyte.label}: the value is no quantity", resource)
    quantity = fact.value
    unit = quantity.ucum
    value = convert(quantity.value, unit, analyte.unit, analyte.molar_mass, analyte.valence) if unit else None
    if value is None:
        text = f"{analyte.label}: unit {quantity.code or quantity.unit or '(none)'} cannot be read as {analyte.unit}"
        return Caveat(CaveatCode.UNKNOWN_UNIT, text, resource, f"send the UCUM unit {analyte.unit}")
    interval = _interval(value, quantity.comparator)
    if interval is None:
        text = f"{analyte.label}: comparator {quantity.comparator} cannot be read"
        return Caveat(CaveatCode.NOT_EVALUATED, text, resource)
    return interval


def _interval(value: Decimal, comparator: str | None) -> Interval | None:
    match comparator:
        case None:
            return Interval(value, False, value, False)
        case "<" | "<=":
            return Interval(high=value, high_open=comparator == "<")
        case ">" | ">=":
            return Interval(low=value, low_open=comparator == ">")
    return None


def _undecided(result: LatestResult, knowledge: Knowledge) -> Iterator[Caveat]:
    """Thresholds that an inexact value neither meets nor misses."""
    if result.interval.low == result.interval.high:
        return
    for iri in (result.analyte.iri, *knowledge.classification.ancestors(result.analyte.iri)):
        for threshold in knowledge.thresholds.get(iri, ()):
            if result.interval.meets(threshold) and not result.interval.within(threshold):
                text = f"{result.analyte.label} {result.interval} does not decide {threshold} {result.analyte.unit}"
                yield Caveat(CaveatCode.UNDECIDED_VALUE, text, (result.selected.fact.provenance.resource,))

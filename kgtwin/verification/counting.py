"""Which facts count for what: the tables of ``docs/modelling.md`` once more, small, for the checker alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from kgtwin import vocabulary as v
from kgtwin.identifiers import to_iri
from kgtwin.model import fact as facts
from kgtwin.model.clinical import order, time_of
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.intervals import Interval
from kgtwin.model.proof_document import Conversion, ProofReading, Selection
from kgtwin.model.time import Overlap, Period, duration, earliest, latest
from kgtwin.verification.units import Values, is_pure_number, stated

COMPARED: Final = (None, "<", "<=", ">", ">=")
FINAL: Final = ("final", "amended", "corrected")
MEASURED: Final = (FactKind.OBSERVATION, FactKind.BEHAVIOUR, FactKind.GENOTYPE)
ORDERS: Final = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def iris(*coded: Coded | None) -> set[str]:
    """The IRIs of the concepts that codes certainly mean."""
    return {to_iri(concept) for one in coded if one for concept in one.certain}


def coded_in(fact: Fact, role: str) -> Collection[Coded | None]:
    """The codes of a fact that can fill a role of what it stands for: an ingredient, a route, a severity."""
    match role, fact.detail:
        case v.HAS_ACTIVE_INGREDIENT, facts.MedicationDetail() as detail:
            return (fact.code, *detail.ingredients)
        case v.HAS_ROUTE, facts.MedicationDetail() as detail:
            return (detail.route,)
        case v.HAS_SEVERITY, facts.ConditionDetail() as detail:
            return (detail.severity,)
    return ()


def counts(chosen: Selection, known: Mapping[str, Fact], values: Values, at: datetime) -> tuple[bool, str]:
    """Whether the facts of a selection count in its role, and what the name of its individual ends in."""
    found, role = [known[one] for one in chosen.facts], chosen.role
    rivals = newest([known[one] for one in chosen.snapshot], at)
    if chosen.reading is not None:
        return _latest_results(chosen, chosen.reading, found, rivals, values)
    if role in (v.HAS_PHENOTYPE, v.HAS_BEHAVIOUR, v.HAS_NOW_AS_ANSWERED):
        coded = [one for one in rivals if isinstance(one.value, facts.CodedValue | facts.BooleanValue | None)]
        return found == coded[:1] and _says_something(found[0], chosen.classes), f"/{role}"
    span = values.get((role, "within"))
    alone = len(found) == 1 and not chosen.classes
    lasts = shortest(chosen.above, values)
    return alone and fills(found[0], role, duration(span) if span else None, at, lasts), ""


def shortest(classes: Iterable[str], values: Values) -> timedelta | None:
    """How long conditions of some classes last at the longest, by that which says the least; None where none does."""
    said = [values.get((one, "longestDuration")) for one in classes]
    return min((duration(one) for one in said if one), default=None)


def fills(fact: Fact, role: str, span: timedelta | None, at: datetime, lasts: timedelta | None = None) -> bool:
    """Whether a fact that is no observation counts in a role at a time, or up to a span after it ended.

    A condition that nobody ended is there for as long as it ``lasts`` at the longest.
    """
    inside, begun = fact.when.contains(at) is not Overlap.NO, not fact.when.start or earliest(fact.when.start) <= at
    match fact.kind, fact.detail:
        case FactKind.MEDICATION, facts.MedicationDetail() as detail:
            real = not detail.do_not_perform and (detail.origin != "request" or detail.intent in ORDERS)
            return real and begun and _taken(fact, detail, role, span, at)
        case FactKind.CONDITION, _ if begun and fact.verification in (None, "confirmed"):
            in_words = isinstance(fact.value, facts.TextValue) and fact.value.form.startswith("abatement")
            past = fact.status in ("inactive", "remission", "resolved") or (fact.status is None and in_words)
            since = fact.when.start or fact.provenance.recorded
            past |= bool(lasts is not None and since and at - latest(since) > lasts)
            return role == (v.HAS_NOW if inside and (fact.when.end or not past) else v.HAS_EVER)
        case FactKind.ALLERGY, detail if inside and fact.verification not in ("refuted", "entered-in-error"):
            intolerance = isinstance(detail, facts.AllergyDetail) and detail.type == "intolerance"
            wanted = v.INTOLERANT_TO if intolerance else v.ALLERGIC_TO
            return fact.status not in ("inactive", "resolved") and role == wanted
        case FactKind.FAMILY_HISTORY, _:
            return begun and fact.status in ("partial", "completed", None) and role == v.FAMILY_HAS
    return False


def _taken(fact: Fact, detail: facts.MedicationDetail, role: str, span: timedelta | None, at: datetime) -> bool:
    """Whether a medicine that began counts as taken now, or ended, certainly, within a span."""
    start, end, status, supply = fact.when.start, fact.when.end, fact.status, detail.supplied or Period()
    inside = fact.when.contains(at) is not Overlap.NO
    if detail.origin == "administration":
        given = start is not None and latest(end or start) + timedelta(hours=24) >= at
        now, ended = (inside and status == "in-progress") or (given and status == "completed"), end or start
    else:
        ahead = end is not None or (supply.end is not None and supply.contains(at) is not Overlap.NO)
        now = inside and (status == "active" or (status == "completed" and ahead))
        ended = end or (supply.end if status == "completed" else None)
    if now or status not in ("active", "completed", "stopped", "in-progress"):
        return bool(now) and role == v.TAKES_NOW
    last = ended if ended and earliest(ended) <= at else start or "0001"
    return role == v.TOOK_EVER or (span is not None and at - earliest(last) <= span)


def newest(found: Sequence[Fact], at: datetime) -> list[Fact]:
    """The final ones of some results or observations, taken by a time, the newest first."""
    valid = [one for one in found if one.kind in MEASURED and one.status in FINAL and time_of(one)]
    return sorted((one for one in valid if earliest(time_of(one) or "") <= at), key=order, reverse=True)


def _says_something(fact: Fact, classes: Collection[str]) -> bool:
    """Whether a coded observation says some classes: its code's or its value's; of a coded value, one of them."""
    values = iris(fact.value.value) if isinstance(fact.value, facts.CodedValue) else set()
    absent = isinstance(fact.detail, facts.ObservationDetail) and fact.detail.absent is not None
    if fact.value == facts.BooleanValue(value=False) or (fact.value is None and absent):
        return False
    named = bool(values & {*classes}) or not isinstance(fact.value, facts.CodedValue)
    return named and {*classes} <= iris(fact.code) | values


def _latest_results(
    chosen: Selection, reading: ProofReading, found: list[Fact], rivals: list[Fact], values: Values
) -> tuple[bool, str]:
    """Whether results count: the latest of an analyte, or all of a window up to it; and as what."""
    analyte, last, lasting = reading.analyte, found[0], values.get((chosen.role, "persistsFor"))
    valued = [one for one in rivals if one.value is not None]
    newer = [one.value for one in valued[: valued.index(last)]]
    if any(isinstance(one, facts.Quantity) and one.comparator in COMPARED for one in newer):
        return False, ""
    if reading.multiple:
        (cls,) = chosen.classes
        fits, part = values.get((cls, "multipleOfUpperLimitOf")) == analyte and not lasting, f"/{cls}"
    else:
        fits, part = chosen.classes == ((analyte,) if lasting else ()), f"/{chosen.role}" if lasting else ""
    of_role = bool(lasting) or chosen.role == v.HAS_LATEST_RESULT
    whole = _window(valued, last, duration(lasting)) if lasting else [last]
    can_be = all(interval(one, reading, False).meets(plausible(analyte, values)) for one in found)
    read = can_be and reading.unit == values[analyte, "canonicalUnit"]
    return fits and of_role and read and {one.id for one in whole} == {*chosen.facts}, part


def plausible(analyte: str, values: Values) -> Interval:
    """The values that an analyte can have."""
    ends = [values.get((analyte, f"plausible{end}")) for end in ("From", "To")]
    low, high = (Decimal(text) if text else None for text in ends)
    return Interval(low, False, high)


def _window(found: list[Fact], last: Fact, span: timedelta) -> list[Fact]:
    """Of results, the newest first, those from the last back to the first that is certainly a span older."""
    ends = [latest(time_of(one) or "") for one in found]
    begin = max(end for end in ends if earliest(time_of(last) or "") - end >= span)
    first = min(earliest(time_of(one) or "") for one, end in zip(found, ends, strict=True) if end == begin)
    return [one for one, end in zip(found, ends, strict=True) if end >= first]


def interval(fact: Fact, reading: ProofReading, multiple: bool) -> Interval:
    """The interval that a result says, divided by its upper reference limit where it is read as a multiple."""
    assert isinstance(fact.value, facts.Quantity), "a number is read of quantities"
    value, by = _number(fact.value, reading), [Decimal(1)]
    if multiple:
        ranges = fact.detail.reference if isinstance(fact.detail, facts.ObservationDetail) else ()
        highs = [one.high for one in ranges if one.high and not one.high.comparator]
        by = [limit for one in highs if (limit := _number(one, reading)) > 0]
    low, high = min(value / one for one in by), max(value / one for one in by)
    return {
        None: Interval(low, False, high),
        "<": Interval(None, False, high, True),
        "<=": Interval(None, False, high),
        ">": Interval(low, True),
        ">=": Interval(low),
    }[fact.value.comparator]


def _number(quantity: facts.Quantity, reading: ProofReading) -> Decimal:
    """A quantity in the unit of a reading."""
    if is_in(quantity, reading.unit):
        return quantity.value
    (by,) = [one for one in reading.conversions if one.unit == quantity.ucum]
    return converted(quantity.value, by)


def is_in(quantity: facts.Quantity, unit: str) -> bool:
    """Whether a number is in a unit: it says so, or says none, and the unit is that of a pure number."""
    return quantity.ucum == unit or (quantity.has_no_unit and is_pure_number(unit))


def converted(value: Decimal, by: Conversion) -> Decimal:
    """A number in another unit, to 28 digits as the engine has it.

    Raises:
        ValueError: it is too large, too small or too long to be one.
    """
    if abs(value.adjusted()) > 100 or len(value.as_tuple().digits) > 100:
        raise ValueError("a number is too large or too small")
    factor, offset = stated(by)
    exact = Fraction(value) * factor + offset
    return Context(prec=28).divide(Decimal(exact.numerator), Decimal(exact.denominator))

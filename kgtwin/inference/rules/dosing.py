"""The daily dose of an ingredient in mg, as far as orders say it: an interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.rules.known import Present
from kgtwin.inference.rules.taking import Taken
from kgtwin.model.axioms import Interval
from kgtwin.model.fact import Dose, Fact, MedicationDetail, Quantity, QuantityRange, Ratio
from kgtwin.model.time import Overlap
from kgtwin.terminology.units import convert
from kgtwin.vocabulary import kgtwin

STRENGTH: Final = kgtwin("strength")
PIECES: Final = frozenset(
    f"{open_}{word}{close}"
    for word in ("tbl", "tab", "tablet", "cap", "capsule", "caplet")
    for open_, close in (("", ""), ("", "s"), ("", "(s)"), ("{", "}"))
)
"""How a dose in tablets or capsules is written, in small letters."""
TIMES_A_DAY: Final[dict[str, Decimal]] = {
    **dict.fromkeys(("QD", "AM", "PM", "BED"), Decimal(1)),
    "BID": Decimal(2), "TID": Decimal(3), "QID": Decimal(4),
    "Q1H": Decimal(24), "Q2H": Decimal(12), "Q3H": Decimal(8), "Q4H": Decimal(6), "Q6H": Decimal(4), "Q8H": Decimal(3),
    "QOD": Decimal("0.5"), "WK": Decimal("0.142857"), "MO": Decimal("0.033333"),
}  # fmt: skip
"""HL7's abbreviations of timings (v3-GTSAbbreviation) that fix how often; FHIR R4, Timing.code."""


class Daily(msgspec.Struct, frozen=True):
    """A daily dose in mg, and what is missing to know it, None where nothing is."""

    amount: Interval | None
    lacks: str | None = None


def daily(taken: Taken, knowledge: Knowledge, at: datetime) -> Daily:
    """How much of an ingredient is taken in a day: at least the largest single order, at most all orders together.

    Orders that say the same are renewals and count once.
    """
    orders: dict[object, Daily] = {}
    for one in taken.doses:
        fact = one.selected.fact
        detail = fact.detail
        doses = detail.instructions if isinstance(detail, MedicationDetail) else ()
        orders.setdefault((fact.code.concepts, doses), _of_order(one, taken.ingredient, knowledge, at))
    lacking = next((one.lacks for one in orders.values() if one.amount is None), None)
    amounts = [one.amount for one in orders.values() if one.amount is not None]
    if not amounts:
        return Daily(None, lacking)
    low = max((one.low or Decimal(0) for one in amounts), default=Decimal(0))
    highs = [one.high for one in amounts]
    bounded = lacking is None and None not in highs
    return Daily(Interval(low, False, sum((h for h in highs if h), Decimal(0)) if bounded else None, False), lacking)


def is_steady(taken: Taken) -> bool:
    """Whether no instruction is for a time only, so that the daily dose stays the same as time goes by."""
    details = (one.selected.fact.detail for one in taken.doses)
    return all(dose.bounds is None for one in details if isinstance(one, MedicationDetail) for dose in one.instructions)


def _of_order(one: Present, ingredient: str, knowledge: Knowledge, at: datetime) -> Daily:
    detail = one.selected.fact.detail
    doses = detail.instructions if isinstance(detail, MedicationDetail) else ()
    if not doses:
        return Daily(None, "the dose is not stated in numbers")
    steps: dict[int, list[Interval]] = {}
    for dose in doses:
        holds = Overlap.YES if dose.bounds is None else dose.bounds.contains(at)
        if holds is Overlap.NO:
            continue
        found = _of_dose(dose, one, ingredient, knowledge)
        if isinstance(found, str):
            return Daily(None, found)
        if holds is Overlap.MAYBE:
            found = Interval(Decimal(0), False, found.high, False)
        steps.setdefault(dose.sequence or 0, []).append(found)
    sums = [_sum(parts) for parts in steps.values()]
    return Daily(_hull(sums)) if sums else Daily(None, "no dose is stated for this time")


def _of_dose(dose: Dose, one: Present, ingredient: str, knowledge: Knowledge) -> Interval | str:
    """One instruction a day, in mg; in words what is missing."""
    unbelieved = beyond(dose, one, ingredient, knowledge)
    if unbelieved is not None:
        return f"{unbelieved:f} mg in a day cannot be"
    often = times_a_day(dose)
    most = _most(dose.maximum, one, ingredient, knowledge)
    amount = _in_mg(dose.amount, one, ingredient, knowledge) if dose.amount is not None else None
    if isinstance(amount, Interval) and often is not None:
        found = _product(amount, often)
    elif dose.amount is None and isinstance(dose.rate, QuantityRange) and often is None:
        rate = _rate(dose.rate, one)
        if isinstance(rate, str):
            return rate
        found = rate
    elif most is not None:
        found = Interval(Decimal(0), False, most, False)
    else:
        return amount if isinstance(amount, str) else "how often it is taken is not stated"
    low = Decimal(0) if dose.as_needed else found.low or Decimal(0)
    high = found.high
    if most is not None:
        low, high = min(low, most), most if high is None else min(high, most)
    return Interval(low, False, high, False)


def beyond(dose: Dose, one: Present, ingredient: str, knowledge: Knowledge) -> Decimal | None:
    """What an instruction says at least, in mg at a time or in a day, where nobody takes that much; else None."""
    limit = knowledge.by_ingredient.plausible_dose(ingredient)
    found = max(_least(dose, one, ingredient, knowledge), default=None) if limit is not None else None
    return found if found is not None and limit is not None and found > limit else None


def _least(dose: Dose, one: Present, ingredient: str, knowledge: Knowledge) -> Iterator[Decimal]:
    """The least of one instruction in mg: at a time, and in a day, as far as it says so."""
    often = times_a_day(dose)
    amount = _in_mg(dose.amount, one, ingredient, knowledge) if dose.amount is not None else None
    if isinstance(amount, Interval) and amount.low is not None:
        yield amount.low
        if often is not None and often.low is not None:
            yield amount.low * often.low
    elif dose.amount is None and isinstance(dose.rate, QuantityRange) and often is None:
        rate = _rate(dose.rate, one)
        if isinstance(rate, Interval) and rate.low is not None:
            yield rate.low


def times_a_day(dose: Dose) -> Interval | None:
    """How often a day, on average; None where that is not stated.

    >>> str(times_a_day(Dose(frequency=1, period=Decimal(6), period_max=Decimal(8), period_unit="h")))
    '≥ 3 and ≤ 4'
    """
    if dose.period is not None and dose.period_unit is not None:
        unit = convert(Decimal(1), dose.period_unit, "d")
        if unit is None:
            return None
        least, most = dose.frequency or 1, dose.frequency_max or dose.frequency or 1
        if dose.frequency is None and (dose.times or dose.events):
            least = most = len(dose.times) + len(dose.events)
        longest = max(dose.period_max or dose.period, dose.period)
        found = Interval(_ratio(least, longest * unit), False, _ratio(max(least, most), dose.period * unit), False)
        weekly = dose.days and dose.period_unit == "d"
        return _product(found, _exactly(_ratio(len(set(dose.days)), Decimal(7)))) if weekly else found
    times = len(dose.times) + len(dose.events)
    if times or dose.days:
        return _exactly(_ratio(max(times, 1) * (len(set(dose.days)) or 7), Decimal(7)))
    known = TIMES_A_DAY.get((dose.code or "").upper())
    return None if known is None else _exactly(known)


def in_words(dose: Dose) -> str:
    """An instruction as people write it.

    >>> in_words(Dose(code="BID", as_needed=True))
    'BID, as needed'
    """
    often = f"{_upto(dose.frequency or 1, dose.frequency_max)} times in " if dose.period is not None else ""
    every = f"{_upto(dose.period, dose.period_max)} {dose.period_unit or ''}".strip() if dose.period is not None else ""
    parts = [
        _quantities(dose.amount),
        f"at {_quantities(dose.rate)}" if isinstance(dose.rate, QuantityRange) else "",
        often + every,
        " ".join((*dose.times, *dose.events, *dose.days)),
        dose.code or "",
        "as needed" if dose.as_needed else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing in numbers"


def _upto(low: object, high: object) -> str:
    return f"{low}" if high is None or high == low else f"{low} to {high}"


def _quantities(some: QuantityRange | None) -> str:
    if some is None:
        return ""
    ends = [f"{one.value:f} {one.unit or one.code or ''}".strip() for one in (some.low, some.high) if one is not None]
    return " to ".join(dict.fromkeys(ends))


def _ratio(count: int, days: Decimal) -> Decimal:
    return (Decimal(count) / days).quantize(Decimal("0.000001")).normalize()


def _exactly(value: Decimal) -> Interval:
    return Interval(value, False, value, False)


def _in_mg(amount: QuantityRange, one: Present, ingredient: str, knowledge: Knowledge) -> Interval | str:
    low, high = (_of_ingredient(end, one, ingredient, knowledge) for end in (amount.low, amount.high))
    if isinstance(low, str) or isinstance(high, str):
        return low if isinstance(low, str) else str(high)
    return Interval(low, False, high, False)


def _of_ingredient(
    quantity: Quantity | None, one: Present, ingredient: str, knowledge: Knowledge
) -> Decimal | str | None:
    """How much of the ingredient a dose has, in mg; None where that end is open, in words what is missing."""
    if quantity is None:
        return None
    if quantity.comparator is not None or quantity.value < 0:
        return f"the dose is {quantity.comparator or ''}{quantity.value:f}"
    unit = quantity.ucum or quantity.code or quantity.unit
    if unit is None:
        return "the dose has no unit"
    mass = convert(quantity.value, quantity.ucum, "mg") if quantity.ucum else None
    if mass is not None:
        return mass if len(one.ingredients) == 1 else "the dose is of a product with several ingredients"
    return _of_product(quantity, unit, one, ingredient, knowledge)


def _of_product(quantity: Quantity, unit: str, one: Present, ingredient: str, knowledge: Knowledge) -> Decimal | str:
    """How much is in so many pieces or so much volume of a product."""
    written = {text.lower() for text in (quantity.unit, quantity.code, quantity.ucum) if text}
    if written & PIECES:
        return _times(quantity.value, strength(one.selected.fact, ingredient, "mg", knowledge), unit)
    volume = convert(quantity.value, quantity.ucum, "mL") if quantity.ucum else None
    if volume is not None:
        return _times(volume, strength(one.selected.fact, ingredient, "mg/mL", knowledge), unit)
    return f"the dose is in {unit}"


def _times(count: Decimal, each: Decimal | None, unit: str) -> Decimal | str:
    return f"the dose is in {unit}, and the strength of the product is not known" if each is None else count * each


def strength(fact: Fact, ingredient: str, unit: str, knowledge: Knowledge) -> Decimal | None:
    """How much of an ingredient is in a piece (``mg``) or a millilitre (``mg/mL``) of a product."""
    for product in knowledge.classes_of(fact):
        for text in knowledge.ontology.values(product, STRENGTH):
            name, amount, stated = (*text.split("|"), "", "")[:3]
            if name == to_curie(ingredient):
                found = _number(amount)
                per_volume = unit == "mg/mL"
                same = stated.endswith("/mL") if per_volume else "/" not in stated
                return convert(found, stated, unit) if found is not None and same else None
    return None


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text.replace(".", "", 1).isdecimal() else None


def _most(maximum: Ratio | None, one: Present, ingredient: str, knowledge: Knowledge) -> Decimal | None:
    """The most in a day, in mg, where a maximum says it."""
    if maximum is None or maximum.numerator is None or maximum.denominator is None:
        return None
    amount = _of_ingredient(maximum.numerator, one, ingredient, knowledge)
    unit = maximum.denominator.ucum
    days = convert(maximum.denominator.value, unit, "d") if unit else None
    if not isinstance(amount, Decimal) or days is None or days <= 0:
        return None
    return amount / days


def _rate(rate: QuantityRange, one: Present) -> Interval | str:
    """A steady rate in mg a day."""
    if len(one.ingredients) != 1:
        return "the rate is of a product with several ingredients"
    ends: list[Decimal | None] = []
    for end in (rate.low, rate.high):
        if end is not None and (end.comparator is not None or end.value < 0):
            return f"the rate is {end.comparator or ''}{end.value:f}"
        converted = convert(end.value, end.ucum, "mg/d") if end is not None and end.ucum else None
        if end is not None and converted is None:
            return f"the rate is in {end.ucum or end.unit or 'no unit'}"
        ends.append(converted)
    return Interval(ends[0], False, ends[1], False)


def _product(one: Interval, other: Interval) -> Interval:
    """The product of two intervals of numbers that are not negative."""
    low = (one.low or Decimal(0)) * (other.low or Decimal(0))
    high = None if one.high is None or other.high is None else one.high * other.high
    return Interval(low.normalize(), False, None if high is None else high.normalize(), False)


def _sum(parts: Iterable[Interval]) -> Interval:
    low, high = Decimal(0), Decimal(0)
    unbounded = False
    for one in parts:
        low += one.low or Decimal(0)
        high += one.high or Decimal(0)
        unbounded |= one.high is None
    return Interval(low, False, None if unbounded else high, False)


def _hull(parts: list[Interval]) -> Interval:
    low = min(one.low or Decimal(0) for one in parts)
    highs = [one.high for one in parts]
    return Interval(low, False, None if None in highs else max(h for h in highs if h is not None), False)

"""One result read in an analyte's unit, as an interval of numbers."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, ObservationDetail, Quantity
from kgtwin.terminology.units import convert, is_pure_number


class Reading(msgspec.Struct, frozen=True):
    """A result that counts: its analyte, and its value as an interval in the analyte's unit.

    ``values`` are the intervals of the single results that ``interval`` spans; with one result, the same.
    """

    selected: Selected
    analyte: Analyte
    interval: Interval
    values: tuple[Interval, ...]


def canonical(fact: Fact, analyte: Analyte) -> Interval | Caveat:
    """The value in the analyte's unit, a comparator as an interval; a caveat where it cannot be read."""
    resource = (fact.provenance.resource,)
    if not isinstance(fact.value, Quantity):
        return Caveat(CaveatCode.NOT_EVALUATED, f"{analyte.label}: the value is no quantity", resource)
    quantity = fact.value
    value = in_unit(quantity, analyte)
    if value is None:
        text = f"{analyte.label}: unit {quantity.code or quantity.unit or '(none)'} cannot be read as {analyte.unit}"
        return Caveat(CaveatCode.UNKNOWN_UNIT, text, resource, f"send the UCUM unit {analyte.unit}")
    interval = _interval(value, quantity.comparator)
    if interval is None:
        text = f"{analyte.label}: comparator {quantity.comparator} cannot be read"
        return Caveat(CaveatCode.NOT_EVALUATED, text, resource)
    if analyte.plausible is not None and not interval.meets(analyte.plausible):
        text = f"{analyte.label} {interval} {analyte.unit} cannot be: plausible is {analyte.plausible}"
        return Caveat(CaveatCode.IMPLAUSIBLE, text, resource, "correct the value or its unit")
    return interval


def in_unit(quantity: Quantity, analyte: Analyte) -> Decimal | None:
    """The number of a quantity in the analyte's unit, None where it does not convert.

    A number without a unit is one in the unit of an analyte that is a pure number (an INR), of no other.
    """
    if quantity.has_no_unit and is_pure_number(analyte.unit):
        return quantity.value
    if not quantity.ucum:
        return None
    return convert(quantity.value, quantity.ucum, analyte.unit, analyte.molar_mass, analyte.valence)


def _interval(value: Decimal, comparator: str | None) -> Interval | None:
    match comparator:
        case None:
            return Interval(value, False, value, False)
        case "<" | "<=":
            return Interval(high=value, high_open=comparator == "<")
        case ">" | ">=":
            return Interval(low=value, low_open=comparator == ">")
    return None


def multiple(reading: Reading, analyte: Analyte) -> Reading | None:
    """A result divided by the upper end of its reference range; None where it has none that can be read.

    Several ranges that differ make it an interval.
    """
    limits = upper_limits(reading.selected.fact, reading.analyte)
    if not limits:
        return None
    value = reading.interval
    low = None if value.low is None else value.low / (max(limits) if value.low >= 0 else min(limits))
    high = None if value.high is None else value.high / (min(limits) if value.high >= 0 else max(limits))
    interval = Interval(low, value.low_open, high, value.high_open)
    words = " or ".join(f"{limit:f}" for limit in sorted(limits))
    unit = reading.analyte.unit
    reason = f"{reading.selected.reason} {value} {unit}, divided by its upper reference limit {words} {unit}"
    selected = msgspec.structs.replace(reading.selected, reason=reason, classes=(analyte.iri,), part=f"/{analyte.iri}")
    return Reading(selected, analyte, interval, (interval,))


def upper_limits(fact: Fact, analyte: Analyte) -> frozenset[Decimal]:
    """The upper ends of the reference ranges of a result, in the analyte's unit, as far as they can be read."""
    ranges = fact.detail.reference if isinstance(fact.detail, ObservationDetail) else ()
    read = (in_unit(one.high, analyte) for one in ranges if one.high is not None and one.high.comparator is None)
    return frozenset(limit for limit in read if limit is not None and limit > 0)

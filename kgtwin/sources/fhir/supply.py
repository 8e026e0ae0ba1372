"""How long a medicine was ordered, dosed or supplied for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from kgtwin.model.fact import Quantity
from kgtwin.model.time import Period, bounds
from kgtwin.sources.fhir.context import NO_TIME, Context
from kgtwin.sources.fhir.datatypes import Dosage, TimingRepeat
from kgtwin.sources.fhir.structs import DispenseRequest
from kgtwin.terminology.units import convert

MAX_DAYS = Decimal(365 * 100)


def dosed(dosages: Sequence[Dosage], start: str | None, field: str, context: Context) -> Period:
    """The period that the dosage instructions bound, from ``start`` where they give only a duration.

    Instructions with different sequence numbers follow each other, those with the same are concurrent (FHIR R4,
    Dosage.sequence). Unbounded where one of them is.
    """
    repeats = [_repeat(dosage) for dosage in dosages]
    periods = [
        context.period(repeat.bounds_period, f"{field}[{i}].timing.repeat.boundsPeriod")
        for i, repeat in enumerate(repeats)
        if repeat and repeat.bounds_period
    ]
    if periods and len(periods) == len(dosages):
        return _span(periods)
    days = _days_in_sequence(dosages, repeats, field, context)
    return Period(start, after(start, days)) if start and days is not None else NO_TIME


def _repeat(dosage: Dosage) -> TimingRepeat | None:
    return dosage.timing.repeat if dosage.timing else None


def _span(periods: list[Period]) -> Period:
    starts = [period.start for period in periods if period.start]
    ends = [period.end for period in periods if period.end]
    return Period(
        min(starts, key=lambda text: bounds(text)[0], default=None),
        max(ends, key=lambda text: bounds(text)[1]) if len(ends) == len(periods) else None,
    )


def _days_in_sequence(
    dosages: Sequence[Dosage], repeats: Sequence[TimingRepeat | None], field: str, context: Context
) -> Decimal | None:
    longest: dict[int, Decimal] = {}
    for i, (dosage, repeat) in enumerate(zip(dosages, repeats, strict=True)):
        days = bounded_days(repeat, f"{field}[{i}].timing.repeat", context) if repeat else None
        if days is None:
            return None
        step = dosage.sequence or 0
        longest[step] = max(days, longest.get(step, days))
    return sum(longest.values(), Decimal(0)) if longest else None


def bounded_days(repeat: TimingRepeat, field: str, context: Context) -> Decimal | None:
    """How long an instruction holds, at most; None where no duration bounds it."""
    if repeat.bounds_duration is not None:
        return days_of(context.quantity(repeat.bounds_duration, f"{field}.boundsDuration"))
    if repeat.bounds_range is not None:
        return days_of(context.quantity(repeat.bounds_range.high, f"{field}.boundsRange.high"))
    return None


def dispensed(request: DispenseRequest | None, start: str | None, context: Context) -> Period | None:
    """What was to be dispensed: the expected supply with its repeats from ``start``, else the validity period."""
    if request is None:
        return None
    validity = context.period(request.validity_period, "dispenseRequest.validityPeriod")
    supply = context.quantity(request.expected_supply_duration, "dispenseRequest.expectedSupplyDuration")
    days = days_of(supply)
    begin = validity.start or start
    if days is not None and begin:
        repeats = max(request.number_of_repeats_allowed or 0, 0)
        return Period(begin, after(begin, days * (1 + repeats)))
    return validity if validity != NO_TIME else None


def days_of(duration: Quantity | None) -> Decimal | None:
    """A duration in days; None where its unit is no UCUM unit of time or its value no length of time."""
    if duration is None or duration.ucum is None:
        return None
    days = convert(duration.value, duration.ucum, "d")
    return days if days is not None and 0 < days <= MAX_DAYS else None


def after(start: str, days: Decimal) -> str | None:
    """The last moment of so many days from ``start``: a date for a date, an instant for an instant.

    None where the start is less than a day precise or the end lies beyond the calendar.

    >>> after("2020-01-05", Decimal(30)), after("2020-01-05T08:00:00Z", Decimal("0.5")), after("2020", Decimal(1))
    ('2020-02-03', '2020-01-05T20:00:00+00:00', None)
    """
    try:
        if len(start) == len("2020-01-05"):
            return (date.fromisoformat(start) + timedelta(days=math.ceil(days) - 1)).isoformat()
        if len(start) > len("2020-01-05"):
            return (datetime.fromisoformat(start) + timedelta(days=float(days))).isoformat()
    except (ValueError, OverflowError):
        return None
    return None

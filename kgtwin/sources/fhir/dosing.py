"""Dosage instructions as numbers: how much, how often, until when.

What cannot be read of an instruction is reported and left out of it; the order stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from kgtwin.errors import InputError, InvalidResourceError
from kgtwin.model.fact import Dose, QuantityRange, Ratio
from kgtwin.model.time import Period
from kgtwin.sources.fhir import datatypes as fhir
from kgtwin.sources.fhir.context import NO_TIME, Context
from kgtwin.sources.fhir.supply import after, bounded_days

UNITS_OF_TIME: Final = frozenset(["s", "min", "h", "d", "wk", "mo", "a"])


def doses(
    dosages: Sequence[fhir.Dosage], start: str | None, field: str, context: Context
) -> tuple[Dose, ...] | msgspec.UnsetType:
    """The instructions that say how much; ``start`` is where those begin that are bounded by a duration only."""
    read = [_dose(dosage, f"{field}[{i}]", context) for i, dosage in enumerate(dosages)]
    if not any(_says_how_much(dose) for dose in read):
        return msgspec.UNSET
    bounds = _bounds(dosages, start, field, context)
    return tuple(msgspec.structs.replace(dose, bounds=bound) for dose, bound in zip(read, bounds, strict=True))


def given(dosage: fhir.Dosage | None, field: str, context: Context) -> tuple[Dose, ...] | msgspec.UnsetType:
    """What a MedicationAdministration says was given."""
    if dosage is None:
        return msgspec.UNSET
    dose = Dose(
        amount=_exactly(dosage.dose, f"{field}.dose", context),
        rate=_rate(dosage.rate_quantity, None, dosage.rate_ratio, field, context),
    )
    return (dose,) if _says_how_much(dose) else msgspec.UNSET


def _says_how_much(dose: Dose) -> bool:
    return dose.amount is not None or dose.rate is not None or dose.maximum is not None


def _dose(dosage: fhir.Dosage, field: str, context: Context) -> Dose:
    rates = dosage.dose_and_rate
    rate = rates[0] if len(rates) == 1 else fhir.DoseAndRate()
    if len(rates) > 1:
        expected = "one doseAndRate in an instruction"
        context.report(InvalidResourceError("several doses in one instruction", expected=expected), field)
    where = f"{field}.doseAndRate[0]"
    timing = dosage.timing or fhir.Timing()
    dose = Dose(
        sequence=dosage.sequence,
        amount=_amount(rate.dose_quantity, rate.dose_range, where, context),
        rate=_rate(rate.rate_quantity, rate.rate_range, rate.rate_ratio, where, context),
        code=_abbreviation(timing.code),
        as_needed=bool(dosage.as_needed_boolean) or dosage.as_needed_codeable_concept is not None,
        maximum=_ratio(dosage.max_dose_per_period, f"{field}.maxDosePerPeriod", context),
    )
    return _timed(dose, timing.repeat, f"{field}.timing.repeat", context) if timing.repeat else dose


def _timed(dose: Dose, repeat: fhir.TimingRepeat, field: str, context: Context) -> Dose:
    if repeat.period_unit is not None and repeat.period_unit not in UNITS_OF_TIME:
        _report(context, f"{field}.periodUnit", "no unit of time", ", ".join(sorted(UNITS_OF_TIME)))
        return dose
    stated = (repeat.frequency, repeat.frequency_max, repeat.period, repeat.period_max)
    frequency = _count(repeat.frequency, f"{field}.frequency", context)
    frequency_max = _count(repeat.frequency_max, f"{field}.frequencyMax", context)
    period = _positive(repeat.period, f"{field}.period", context)
    period_max = _positive(repeat.period_max, f"{field}.periodMax", context)
    read = (frequency, frequency_max, period, period_max)
    if any(told is not None and number is None for told, number in zip(stated, read, strict=True)):
        return dose  # not once where nobody can say how often
    return msgspec.structs.replace(
        dose,
        frequency=frequency,
        frequency_max=frequency_max,
        period=period,
        period_max=period_max,
        period_unit=repeat.period_unit,
        times=tuple(filter(None, repeat.time_of_day)),
        events=tuple(filter(None, repeat.when)),
        days=tuple(filter(None, repeat.day_of_week)),
    )


def _amount(one: fhir.Quantity | None, some: fhir.Range | None, field: str, context: Context) -> QuantityRange | None:
    """What an instruction gives at a time: a quantity, or a range of them."""
    exact = _exactly(one, f"{field}.doseQuantity", context)
    return exact or _between(some, f"{field}.doseRange", context)


def _rate(
    one: fhir.Quantity | None, some: fhir.Range | None, ratio: fhir.Ratio | None, field: str, context: Context
) -> QuantityRange | Ratio | None:
    exact = _exactly(one, f"{field}.rateQuantity", context) or _between(some, f"{field}.rateRange", context)
    return exact or _ratio(ratio, f"{field}.rateRatio", context)


def _exactly(one: fhir.Quantity | None, field: str, context: Context) -> QuantityRange | None:
    try:
        found = context.quantity(one, field)
    except InputError as error:
        context.report(error)
        return None
    return None if found is None else QuantityRange(found, found)


def _between(some: fhir.Range | None, field: str, context: Context) -> QuantityRange | None:
    if some is None:
        return None
    try:
        found = context.range(some.low, some.high, field)
    except InputError as error:
        context.report(error)
        return None
    return None if found == QuantityRange() else found


def _ratio(ratio: fhir.Ratio | None, field: str, context: Context) -> Ratio | None:
    try:
        return None if ratio is None else context.ratio(ratio, field)
    except InputError as error:
        context.report(error)
        return None


def _abbreviation(code: fhir.CodeableConcept | None) -> str | None:
    if code is None:
        return None
    return next((coding.code for coding in code.coding if coding.code), code.text)


def _count(value: Any, field: str, context: Context) -> int | None:
    number = _positive(value, field, context)
    if number is None:
        return None
    if number != number.to_integral_value():
        _report(context, field, "no whole number", "a positive integer")
        return None
    return int(number)


def _positive(value: Any, field: str, context: Context) -> Decimal | None:
    if value is None:
        return None
    try:
        number = context.number(value, field)
    except InputError as error:
        context.report(error)
        return None
    if number <= 0:
        _report(context, field, "a number that is not positive", "a number above 0")
        return None
    return number


def _report(context: Context, field: str, message: str, expected: str) -> None:
    context.report(InvalidResourceError(message, expected=expected), field)


def _bounds(dosages: Sequence[fhir.Dosage], start: str | None, field: str, context: Context) -> list[Period | None]:
    """When each instruction holds: its period, or its duration after those of lower sequence have ended.

    Faults of these were reported with the time that all of them bound.
    """
    quiet = msgspec.structs.replace(context, bundle=msgspec.structs.replace(context.bundle, problems=[]))
    found: list[Period | None] = [None] * len(dosages)
    passed: Decimal | None = Decimal(0)
    for step in sorted({dosage.sequence or 0 for dosage in dosages}):
        places = [i for i, dosage in enumerate(dosages) if (dosage.sequence or 0) == step]
        lengths = [_length(dosages[i], f"{field}[{i}].timing.repeat", quiet) for i in places]
        for i, days in zip(places, lengths, strict=True):
            found[i] = _bound(dosages[i], f"{field}[{i}].timing.repeat", start, passed, days, quiet)
        known = [days for days in lengths if days is not None]
        passed = None if passed is None or len(known) < len(lengths) else passed + max(known)
    return found


def _length(dosage: fhir.Dosage, field: str, context: Context) -> Decimal | None:
    repeat = dosage.timing.repeat if dosage.timing else None
    return None if repeat is None else bounded_days(repeat, field, context)


def _bound(
    dosage: fhir.Dosage, field: str, start: str | None, passed: Decimal | None, days: Decimal | None, context: Context
) -> Period | None:
    repeat = dosage.timing.repeat if dosage.timing else None
    if repeat is not None and repeat.bounds_period is not None:
        period = context.period(repeat.bounds_period, f"{field}.boundsPeriod")
        return None if period == NO_TIME else period
    if start is None or passed is None or days is None:
        return None
    begin = after(start, passed) if passed else start
    return None if begin is None else Period(begin, after(start, passed + days))

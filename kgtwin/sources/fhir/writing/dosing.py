"""Dosage instructions from a medicine's doses."""

from __future__ import annotations

from typing import Final

from kgtwin.model.fact import Dose, QuantityRange, Ratio
from kgtwin.sources.fhir.writing.elements import ABSENT, Json, compact, ends, listed, period, quantity, ratio

ABBREVIATIONS: Final = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


def instruction(dose: Dose) -> Json:
    """A Dosage of an order or a statement."""
    amounts = compact(
        **_choice(dose.amount, "doseQuantity", "doseRange"),
        **_rate(dose.rate),
    )
    told = compact(
        sequence=dose.sequence,
        timing=_timing(dose) or None,
        asNeededBoolean=dose.as_needed or None,
        doseAndRate=[amounts] if amounts else None,
        maxDosePerPeriod=None if dose.maximum is None else ratio(dose.maximum),
    )
    return told or ABSENT


def given(dose: Dose) -> Json:
    """What the dosage of a MedicationAdministration says was given."""
    return {**_choice(dose.amount, "dose", "dose"), **_rate(dose.rate)}


def _choice(value: QuantityRange | None, one: str, some: str) -> Json:
    if value is None:
        return {}
    return compact(**{one: quantity(value.low)}) if value.low == value.high else {some: ends(value)}


def _rate(value: QuantityRange | Ratio | None) -> Json:
    return {"rateRatio": ratio(value)} if isinstance(value, Ratio) else _choice(value, "rateQuantity", "rateRange")


def _timing(dose: Dose) -> Json:
    repeat = compact(
        boundsPeriod=None if dose.bounds is None else period(dose.bounds),
        frequency=dose.frequency,
        frequencyMax=dose.frequency_max,
        period=dose.period,
        periodMax=dose.period_max,
        periodUnit=dose.period_unit,
        timeOfDay=listed(dose.times),
        when=listed(dose.events),
        dayOfWeek=listed(dose.days),
    )
    code = None if dose.code is None else {"coding": [{"system": ABBREVIATIONS, "code": dose.code}]}
    return compact(repeat=repeat or None, code=code)

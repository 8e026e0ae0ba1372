"""MEASUREMENT: a result, with its comparator, unit and range; PROCEDURE_OCCURRENCE: a procedure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

from kgtwin.errors import InvalidResourceError
from kgtwin.model.concept import Coded
from kgtwin.model.fact import CodedValue, FactKind, ObservationDetail, Quantity, QuantityRange, TextValue, Value
from kgtwin.model.time import Period
from kgtwin.sources.omop.context import Context, Draft, received
from kgtwin.sources.omop.vocabulary import OHDSI
from kgtwin.terminology.units import ucum_code

OPERATORS: Final = {4171754: "<=", 4171755: ">=", 4171756: "<", 4172704: ">", 4172703: None}
"""Concepts of operators; 4172703 is ``=``, which FHIR does not write."""

_COMPARED: Final = re.compile(r"\s*(<=|>=|<|>)\s*([0-9.]+)\b.*", re.DOTALL)


def measurement(context: Context) -> Draft:
    """A result at a time: the number with its unit, else the concept, else the source's text."""
    at = context.time("measurement")
    value, beside = _value(context)
    return Draft(
        kind=FactKind.OBSERVATION,
        code=context.coded("measurement_concept_id", "measurement_source_concept_id", "measurement_source_value"),
        status="final",
        when=Period(at, at),
        value=value,
        detail=ObservationDetail(interpretation=beside, reference=_range(context)),
        encounter=context.encounter(),
    )


def _value(context: Context) -> tuple[Value | None, tuple[Coded, ...]]:
    """The value; a concept beside a number (high, abnormal) is its interpretation."""
    number = context.number("value_as_number")
    concept = context.concept("value_as_concept_id")
    source = context.text("value_source_value")
    if number is None:
        return coded_or_text(context, source), ()
    beside = (context.coded("value_as_concept_id"),) if concept else ()
    return quantity(number, context, _comparator(number, source, context)), beside


def coded_or_text(context: Context, words: str) -> Value | None:
    """The concept that a row has as its value, or a code that stands in its source value; else the words."""
    if context.concept("value_as_concept_id") or received(context.text("value_source_value")).system:
        return CodedValue(context.coded("value_as_concept_id", None, "value_source_value"))
    return TextValue(words) if words else None


def _comparator(number: Decimal, source: str, context: Context) -> str | None:
    """By the operator; where there is none, as the source wrote the same number (``<5``)."""
    concept = context.concept("operator_concept_id")
    if concept in OPERATORS:
        return OPERATORS[concept]
    if concept:
        context.report(
            InvalidResourceError("an unknown operator: the number was read as it stands", expected="=, <, <=, > or >="),
            "operator_concept_id",
        )
    match = _COMPARED.fullmatch(source)
    return match.group(1) if match and _same(match.group(2), number) else None


def _same(text: str, number: Decimal) -> bool:
    return text.count(".") < 2 and text.strip(".") != "" and Decimal(text.rstrip(".")) == number


def quantity(number: Decimal, context: Context, comparator: str | None = None) -> Quantity:
    """A number with the row's unit; a unit that is no UCUM is reported."""
    unit = _unit(number, context)
    if unit.ucum is None and (unit.unit or (unit.code and unit.system != OHDSI)):
        error = InvalidResourceError(
            "the unit is no UCUM unit: the value was kept, and is compared with nothing", expected="a UCUM unit"
        )
        context.report(error, "unit_concept_id" if unit.code else "unit_source_value")
    return msgspec.structs.replace(unit, comparator=comparator)


def _unit(number: Decimal, context: Context) -> Quantity:
    """A number with the unit of its concept, as received beside it."""
    concept = context.concept("unit_concept_id")
    shown = context.text("unit_source_value") or None
    coding = context.coding(concept, "unit_concept_id") if concept else None
    if coding is not None and coding.system == OHDSI and shown is None:
        return Quantity(number, None, None, coding.system, coding.code)  # some unit; a number without one is another
    if coding is None or coding.system == OHDSI:
        return Quantity(number, None, shown, None, None, ucum_code(None, None, shown))
    ucum = ucum_code(coding.system, coding.code, shown)
    return Quantity(number, None, shown or coding.code, coding.system, coding.code, ucum)


def _range(context: Context) -> tuple[QuantityRange, ...]:
    ends = [context.number("range_low"), context.number("range_high")]
    if ends == [None, None]:
        return ()
    low, high = ends
    if low is not None and high is not None and low > high:
        context.report(InvalidResourceError("it is above range_high: the range was left out"), "range_low")
        return ()
    return (QuantityRange(*[None if end is None else _unit(end, context) for end in ends]),)


def procedure(context: Context) -> Draft:
    """What was done; without an end it was done at its time."""
    when = context.period("procedure", "procedure_end")
    count = context.positive("quantity")
    return Draft(
        kind=FactKind.PROCEDURE,
        code=context.coded("procedure_concept_id", "procedure_source_concept_id", "procedure_source_value"),
        status="completed",
        when=when if when.end else Period(when.start, when.start),
        value=None if count is None else Quantity(count),
        encounter=context.encounter(),
    )

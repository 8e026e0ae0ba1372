"""FHIR R4 data types as msgspec structs: the fields that facts come from, others are skipped."""

from __future__ import annotations

from typing import Any

import msgspec

from kgtwin.model.concept import Coding


class Element(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """The base of every struct here: camelCase names, and only what was given when written again.

    They are trees, so that the garbage collector need not look for cycles.
    """


class Meta(Element):
    version_id: str | None = None
    last_updated: str | None = None


class Identifier(Element):
    use: str | None = None
    system: str | None = None
    value: str | None = None


class Reference(Element):
    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None


class NamedReference(Reference):
    display: str | None = None


class CodeableConcept(Element):
    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Symbol(Element):
    code: str | None = None


class Category(Element):
    """A CodeableConcept of which the codes alone matter."""

    coding: tuple[Symbol, ...] = ()


class Quantity(Element):
    """``value`` is an int or a Decimal with the digits as received, or, in bad input, anything else."""

    value: Any = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Element):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Period(Element):
    start: str | None = None
    end: str | None = None


class TimingRepeat(Element):
    """The numbers are as received, or, in bad input, anything else."""

    bounds_period: Period | None = None
    bounds_duration: Quantity | None = None
    bounds_range: Range | None = None
    frequency: Any = None
    frequency_max: Any = None
    period: Any = None
    period_max: Any = None
    period_unit: str | None = None
    day_of_week: tuple[str | None, ...] = ()
    time_of_day: tuple[str | None, ...] = ()
    when: tuple[str | None, ...] = ()


class Timing(Element):
    event: tuple[str, ...] = ()
    repeat: TimingRepeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Element):
    dose_range: Range | None = None
    dose_quantity: Quantity | None = None
    rate_ratio: Ratio | None = None
    rate_range: Range | None = None
    rate_quantity: Quantity | None = None


class Dosage(Element):
    sequence: int | None = None
    text: str | None = None
    patient_instruction: str | None = None
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    route: CodeableConcept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    max_dose_per_period: Ratio | None = None
    dose: Quantity | None = None
    """Of a MedicationAdministration, as are the two rates."""
    rate_ratio: Ratio | None = None
    rate_quantity: Quantity | None = None


class HumanName(Element):
    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: tuple[str | None, ...] = ()


class Valued(Element):
    """Every ``value[x]`` of an Observation and of its components."""

    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    value_sampled_data: dict[str, Any] | None = None
    value_time: str | None = None
    value_date_time: str | None = None
    value_period: Period | None = None

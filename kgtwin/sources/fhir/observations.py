"""Observation: one fact for a value, one for each component."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec

from kgtwin.errors import InvalidResourceError, UnresolvedReferenceError
from kgtwin.model.fact import (
    BooleanValue,
    CodedValue,
    Fact,
    FactKind,
    ObservationDetail,
    PeriodValue,
    Quantity,
    QuantityRange,
    TextValue,
    Value,
)
from kgtwin.model.time import Period, bounds
from kgtwin.sources.fhir.context import NO_TIME, Context, require
from kgtwin.sources.fhir.datatypes import Category, CodeableConcept, Reference, Timing, Valued
from kgtwin.sources.fhir.structs import Component, Observation, ReferenceRange

STATUSES: Final = frozenset(
    ["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"]
)
_KINDS: Final = {"social-history": FactKind.BEHAVIOUR, "GE": FactKind.GENOTYPE, "genomics": FactKind.GENOTYPE}
"""Category code to kind: FHIR's social history; HL7 v2 table 0074's genetics, as the genomics guide uses it."""


def observation(resource: Observation, context: Context) -> list[Fact]:
    """The observation where it has a value, a reason for having none, or no components; then its components.

    A component shares status, time, category and encounter; its part is ``component[i]``. What is observed of a fetus,
    a donor or a device (``focus``) says nothing of the patient.
    """
    if any(not _is_patient(one, context) for one in resource.focus):
        context.report(InvalidResourceError("its focus is not the patient: it states nothing", where="focus"))
        return []
    require(resource.status, "status", "a code")
    require(resource.code, "code", "a CodeableConcept")
    context.record(resource.issued, "issued")
    shared = _Shared(
        resource,
        _categories(resource.category),
        context.word(resource.status, "status", STATUSES),
        _effective(resource, context),
        context.encounter(resource.encounter),
    )
    return [_fact(item, part, shared, context) for part, item in _parts(resource)]


def _is_patient(focus: Reference, context: Context) -> bool:
    try:
        target = context.bundle.references.resolve(focus)
    except UnresolvedReferenceError:
        return False
    return target.type == "Patient" and f"{context.bundle.source}|{target.id}" == context.patient


class _Shared(msgspec.Struct, gc=False):
    """What the facts of one observation have in common."""

    resource: Observation
    categories: tuple[str, ...]
    status: str | None
    when: Period
    encounter: str | None


def _parts(resource: Observation) -> list[tuple[str, Component]]:
    if not resource.component:
        return [("", resource)]
    components = [(f"component[{i}]", item) for i, item in enumerate(resource.component)]
    if resource.data_absent_reason is not None or _values(resource).count(None) < len(_FORMS):
        return [("", resource), *components]
    return components


def _fact(item: Component, part: str, shared: _Shared, context: Context) -> Fact:
    stem = f"{part}." if part else ""
    require(item.code, f"{stem}code", "a CodeableConcept")
    return context.fact(
        _kind(shared.categories),
        context.coded(item.code, f"{stem}code"),
        part=part,
        status=shared.status,
        when=shared.when,
        value=value(item, context, stem),
        detail=_detail(item, stem, shared, context),
        encounter=shared.encounter,
    )


def _detail(item: Component, stem: str, shared: _Shared, context: Context) -> ObservationDetail:
    ranges = item.reference_range
    return ObservationDetail(
        shared.categories,
        context.all_coded(item.interpretation, f"{stem}interpretation"),
        context.coded(item.data_absent_reason, f"{stem}dataAbsentReason") if item.data_absent_reason else None,
        shared.resource.issued,
        tuple(_references(ranges, f"{stem}referenceRange", context)) if ranges else (),
    )


def _references(ranges: Sequence[ReferenceRange], field: str, context: Context) -> Iterator[QuantityRange]:
    """The reference ranges, without those whose ends are the wrong way round (FHIR's rng-2): neither end is known."""
    for one in ranges:
        found = context.range(one.low, one.high, field)
        low, high = found.low, found.high
        if low is not None and high is not None and low.ucum == high.ucum and low.value > high.value:
            remedy = "correct it at its source; it was left out"
            context.report(InvalidResourceError("a range whose low end is above its high end", remedy=remedy), field)
        else:
            yield found


def _categories(categories: Sequence[Category]) -> tuple[str, ...]:
    return tuple([coding.code for category in categories for coding in category.coding if coding.code])


@lru_cache(maxsize=1_000)
def _kind(categories: tuple[str, ...]) -> FactKind:
    return next((_KINDS[code] for code in categories if code in _KINDS), FactKind.OBSERVATION)


def _effective(resource: Observation, context: Context) -> Period:
    if resource.effective_date_time is not None:
        return context.instant(resource.effective_date_time, "effectiveDateTime")
    if resource.effective_period is not None:
        return context.period(resource.effective_period, "effectivePeriod")
    if resource.effective_instant is not None:
        return context.instant(resource.effective_instant, "effectiveInstant")
    if resource.effective_timing is not None:
        return _timing(resource.effective_timing, context)
    return NO_TIME


def _timing(timing: Timing, context: Context) -> Period:
    events = [event for event in timing.event if context.date(event, "effectiveTiming.event")]
    if events:
        return Period(min(events, key=lambda e: bounds(e)[0]), max(events, key=lambda e: bounds(e)[1]))
    repeat = timing.repeat
    return context.period(repeat.bounds_period, "effectiveTiming.repeat.boundsPeriod") if repeat else NO_TIME


def value(item: Valued, context: Context, stem: str = "") -> Value | None:
    """The ``value[x]``.

    Raises:
        InvalidResourceError: if there is more than one, or a number or date in it is none.
    """
    values = _values(item)
    absent = values.count(None)
    if absent == len(_FORMS):
        return None
    if absent < len(_FORMS) - 1:
        raise InvalidResourceError("more than one value[x]", where=f"{stem}value[x]", expected="one value")
    if item.value_quantity is not None:
        return context.quantity(item.value_quantity, f"{stem}valueQuantity")
    at = next(i for i, received in enumerate(values) if received is not None)
    _, name, read = _FORMS[at]
    return read(values[at], context, f"{stem}{name}")


_Reader = Callable[[Any, Context, str], Value | None]


def _integer(value: int, context: Context, field: str) -> Quantity:
    return Quantity(context.number(value, field))


def _coded(value: CodeableConcept, context: Context, field: str) -> CodedValue:
    return CodedValue(context.coded(value, field))


def _time(value: str, _context: Context, _field: str) -> TextValue:
    return TextValue(value, "time")


def _sampled(value: dict[str, Any], _context: Context, _field: str) -> TextValue:
    return TextValue(_SAMPLED.encode(value).decode(), "SampledData")


_SAMPLED: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_FORMS: Final[tuple[tuple[str, str, _Reader], ...]] = (
    ("value_quantity", "valueQuantity", lambda value, context, field: context.quantity(value, field)),
    ("value_codeable_concept", "valueCodeableConcept", _coded),
    ("value_string", "valueString", lambda value, _context, _field: TextValue(value)),
    ("value_boolean", "valueBoolean", lambda value, _context, _field: BooleanValue(value)),
    ("value_integer", "valueInteger", _integer),
    ("value_range", "valueRange", lambda value, context, field: context.range(value.low, value.high, field)),
    ("value_ratio", "valueRatio", lambda value, context, field: context.ratio(value, field)),
    ("value_sampled_data", "valueSampledData", _sampled),
    ("value_time", "valueTime", _time),
    ("value_date_time", "valueDateTime", lambda v, context, field: PeriodValue(context.instant(v, field))),
    ("value_period", "valuePeriod", lambda value, context, field: PeriodValue(context.period(value, field))),
)
_values: Final = attrgetter(*(form[0] for form in _FORMS))

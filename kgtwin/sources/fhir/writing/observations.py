"""Observations with their components, and the conclusions of diagnostic reports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any, Final

import msgspec

from kgtwin.model.fact import (
    BooleanValue,
    CodedValue,
    Fact,
    ObservationDetail,
    PeriodValue,
    Quantity,
    QuantityRange,
    Ratio,
    TextValue,
)
from kgtwin.model.time import Period
from kgtwin.sources.fhir.writing.elements import (
    ABSENT,
    TERMINOLOGY,
    Json,
    compact,
    concept,
    ends,
    listed,
    moment,
    period,
    quantity,
    ratio,
    reference,
)
from kgtwin.sources.fhir.writing.parts import numbered

_GENETICS: Final = "http://terminology.hl7.org/CodeSystem/v2-0074"
_CATEGORIES: Final = dict.fromkeys(
    ["social-history", "vital-signs", "imaging", "laboratory", "procedure", "survey", "exam", "therapy", "activity"],
    TERMINOLOGY + "observation-category",
) | {"GE": _GENETICS}


def observation(facts: Sequence[Fact]) -> Json:
    """An Observation: its own value, and its components. The code of one that has components alone is not known."""
    whole = next((fact for fact in facts if not fact.provenance.part), None)
    components = numbered(facts, "component")
    first = whole or facts[0]
    shared = _detail(first)
    return compact(
        status=first.status or "unknown",
        category=listed(_category(code) for code in shared.categories),
        encounter=reference(first.encounter),
        **moment(first.when, "effective"),
        issued=shared.issued,
        **({"code": ABSENT} if whole is None else _measured(whole, bool(components))),
        component=listed({"code": ABSENT} if one is None else _measured(one) for one in components),
    )


def _detail(fact: Fact) -> ObservationDetail:
    return fact.detail if isinstance(fact.detail, ObservationDetail) else ObservationDetail()


def _category(code: str) -> Json:
    return {"coding": [compact(system=_CATEGORIES.get(code), code=code)]}


def _measured(fact: Fact, beside: bool = False) -> Json:
    """Code and value. One without a value that stands ``beside`` components says so, or it would not be read."""
    detail = _detail(fact)
    value = {} if fact.value is None else valued(fact.value)
    if beside and fact.value is None and detail.absent is None:
        value = {"valueQuantity": ABSENT}
    return compact(
        code=concept(fact.code),
        **value,
        dataAbsentReason=None if detail.absent is None else concept(detail.absent),
        interpretation=listed(concept(one) for one in detail.interpretation),
        referenceRange=listed(ends(one) for one in detail.reference),
    )


@singledispatch
def valued(value: Any) -> Json:
    """The ``value[x]`` of a value."""
    raise AssertionError(f"no value[x] for {type(value).__name__}")


@valued.register
def _(value: Quantity) -> Json:
    return {"valueQuantity": quantity(value)}


@valued.register
def _(value: QuantityRange) -> Json:
    return {"valueRange": ends(value)}


@valued.register
def _(value: Ratio) -> Json:
    return {"valueRatio": ratio(value)}


@valued.register
def _(value: CodedValue) -> Json:
    return {"valueCodeableConcept": concept(value.value)}


@valued.register
def _(value: BooleanValue) -> Json:
    return {"valueBoolean": value.value}


@valued.register
def _(value: TextValue) -> Json:
    if value.form == "SampledData":
        return {"valueSampledData": msgspec.Raw(value.value.encode())}
    return {"valueTime" if value.form == "time" else "valueString": value.value}


@valued.register
def _(value: PeriodValue) -> Json:
    when = value.value
    instant = when.start == when.end and when != Period()
    return {"valueDateTime": when.start} if instant else {"valuePeriod": period(when)}


def report(facts: Sequence[Fact]) -> Json:
    """A DiagnosticReport with its coded conclusions."""
    first = facts[0]
    return compact(
        status=first.status or "unknown",
        code=concept(first.code),
        encounter=reference(first.encounter),
        **moment(first.when, "effective"),
        issued=first.provenance.recorded,
        conclusionCode=[
            concept(one.value.value) if one is not None and isinstance(one.value, CodedValue) else ABSENT
            for one in numbered(facts, "conclusionCode")
        ],
    )

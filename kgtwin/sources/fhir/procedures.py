"""Procedure: one fact."""

from __future__ import annotations

from typing import Final

from kgtwin.model.fact import Fact, FactKind, TextValue
from kgtwin.model.time import Period
from kgtwin.sources.fhir.context import NO_TIME, Context, require
from kgtwin.sources.fhir.structs import Procedure
from kgtwin.sources.fhir.wording import quantity_text, range_text

STATUSES: Final = frozenset(
    ["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"]
)


def procedure(resource: Procedure, context: Context) -> list[Fact]:
    """What was done, or, by its status, not done. A time in words is kept as its value."""
    require(resource.status, "status", "a code")
    when, words = _performed(resource, context)
    return [
        context.fact(
            FactKind.PROCEDURE,
            context.coded(resource.code, "code"),
            status=context.word(resource.status, "status", STATUSES),
            when=when,
            value=words,
            encounter=context.encounter(resource.encounter),
            reasons=context.reasons(resource.reason_reference, resource.reason_code),
        )
    ]


def _performed(resource: Procedure, context: Context) -> tuple[Period, TextValue | None]:
    if resource.performed_period is not None:
        return context.period(resource.performed_period, "performedPeriod"), None
    if resource.performed_date_time is not None:
        return context.instant(resource.performed_date_time, "performedDateTime"), None
    return NO_TIME, _words(resource, context)


def _words(resource: Procedure, context: Context) -> TextValue | None:
    if resource.performed_string is not None:
        return TextValue(resource.performed_string, "performedString")
    if resource.performed_age is not None:
        return TextValue(quantity_text(context.quantity(resource.performed_age, "performedAge")), "performedAge")
    if resource.performed_range is not None:
        ends = context.range(resource.performed_range.low, resource.performed_range.high, "performedRange")
        return TextValue(range_text(ends), "performedRange")
    return None

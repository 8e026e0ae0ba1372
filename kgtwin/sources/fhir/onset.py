"""When a condition began and ended: ``onset[x]`` and ``abatement[x]``."""

from __future__ import annotations

from typing import Final

from kgtwin.model.fact import Quantity, TextValue
from kgtwin.model.time import Period
from kgtwin.sources.fhir.birth import year_at_age
from kgtwin.sources.fhir.context import Context
from kgtwin.sources.fhir.stated import stated
from kgtwin.sources.fhir.structs import Condition, Onset
from kgtwin.sources.fhir.wording import quantity_text, range_text

NOTHING: Final[tuple[str | None, TextValue | None]] = (None, None)


def onset(resource: Onset, context: Context, field: str = "onset") -> tuple[str | None, TextValue | None]:
    """When it began, and in what words where those were no date.

    An age becomes the year in which the patient reached it, when the patient's birth date is in the bundle: a partial
    date before which the condition was not. The age stays beside it in words.
    """
    if resource.onset_date_time is not None:
        words = stated(resource.onset_date_time_, field, context)
        return context.date(resource.onset_date_time, f"{field}DateTime"), words
    if resource.onset_period is not None:
        return context.period(resource.onset_period, f"{field}Period").start, None
    if resource.onset_age is not None:
        return _age(context.quantity(resource.onset_age, f"{field}Age"), f"{field}Age", context)
    if resource.onset_range is not None:
        ends = context.range(resource.onset_range.low, resource.onset_range.high, f"{field}Range")
        return None, TextValue(range_text(ends), f"{field}Range")
    if resource.onset_string is not None:
        return None, TextValue(resource.onset_string, f"{field}String")
    return NOTHING


def abatement(resource: Condition, context: Context) -> tuple[str | None, TextValue | None]:
    """When it ended, and in what words where those were no date."""
    if resource.abatement_date_time is not None:
        words = stated(resource.abatement_date_time_, "abatement", context)
        return context.date(resource.abatement_date_time, "abatementDateTime"), words
    if resource.abatement_period is not None:
        return context.period(resource.abatement_period, "abatementPeriod").end, None
    if resource.abatement_age is not None:
        return _age(context.quantity(resource.abatement_age, "abatementAge"), "abatementAge", context)
    if resource.abatement_range is not None:
        ends = context.range(resource.abatement_range.low, resource.abatement_range.high, "abatementRange")
        return None, TextValue(range_text(ends), "abatementRange")
    if resource.abatement_string is not None:
        return None, TextValue(resource.abatement_string, "abatementString")
    return NOTHING


def course(resource: Condition, context: Context) -> tuple[Period, TextValue | None]:
    """From onset to abatement; the words of the end, else of the start, where they were no date."""
    start, start_text = onset(resource, context)
    end, end_text = abatement(resource, context)
    return Period(start, end), end_text or start_text


def _age(age: Quantity | None, field: str, context: Context) -> tuple[str | None, TextValue | None]:
    if age is None:
        return NOTHING
    return year_at_age(age, context), TextValue(quantity_text(age), field)

"""FamilyMemberHistory: one fact for each condition of the relative."""

from __future__ import annotations

from typing import Final

from kgtwin.model.fact import Fact, FactKind, FamilyDetail, TextValue
from kgtwin.sources.fhir.context import Context, require
from kgtwin.sources.fhir.structs import FamilyCondition, FamilyMemberHistory
from kgtwin.sources.fhir.wording import quantity_text, range_text

STATUSES: Final = frozenset(["partial", "completed", "entered-in-error", "health-unknown"])


def family_history(resource: FamilyMemberHistory, context: Context) -> list[Fact]:
    """A relative's conditions, each with the relationship; its part is ``condition[i]``.

    When the condition began is the relative's time, which says nothing about the patient's: it is kept in words.
    """
    require(resource.status, "status", "a code")
    context.record(resource.date, "date")
    status = context.word(resource.status, "status", STATUSES)
    related = resource.relationship
    said = related is not None and (related.coding or related.text is not None)
    relationship = context.coded(related, "relationship") if said else None
    deceased = _deceased(resource, context)
    facts = []
    for i, item in enumerate(resource.condition):
        part = f"condition[{i}]"
        require(item.code, f"{part}.code", "a CodeableConcept")
        facts.append(
            context.fact(
                FactKind.FAMILY_HISTORY,
                context.coded(item.code, f"{part}.code"),
                part=part,
                status=status,
                value=_onset(item, part, context),
                detail=FamilyDetail(relationship, item.contributed_to_death, deceased),
            )
        )
    return facts


def _onset(item: FamilyCondition, part: str, context: Context) -> TextValue | None:
    if item.onset_age is not None:
        return TextValue(quantity_text(context.quantity(item.onset_age, f"{part}.onsetAge")), "onsetAge")
    if item.onset_range is not None:
        ends = context.range(item.onset_range.low, item.onset_range.high, f"{part}.onsetRange")
        return TextValue(range_text(ends), "onsetRange")
    if item.onset_period is not None:
        period = context.period(item.onset_period, f"{part}.onsetPeriod")
        return TextValue(f"{period.start or ''}/{period.end or ''}", "onsetPeriod")
    return None if item.onset_string is None else TextValue(item.onset_string, "onsetString")


def _deceased(resource: FamilyMemberHistory, context: Context) -> str | bool | None:
    """Whether the relative is dead; the date, the age or the words where they are given."""
    if resource.deceased_date is not None:
        return context.date(resource.deceased_date, "deceasedDate")
    if resource.deceased_age is not None:
        return quantity_text(context.quantity(resource.deceased_age, "deceasedAge")) or True
    if resource.deceased_range is not None:
        return range_text(context.range(resource.deceased_range.low, resource.deceased_range.high, "deceasedRange"))
    return resource.deceased_boolean if resource.deceased_string is None else resource.deceased_string

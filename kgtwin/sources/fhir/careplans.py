"""CarePlan: one fact for each category and each coded activity."""

from __future__ import annotations

from typing import Any, Final

from kgtwin.errors import InvalidResourceError
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind
from kgtwin.sources.fhir.context import Context, require
from kgtwin.sources.fhir.structs import ActivityDetail, CarePlan

STATUSES: Final = frozenset(["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"])


def care_plan(resource: CarePlan, context: Context) -> list[Fact]:
    """What is planned: parts ``category[i]`` and ``activity[i]``; the title alone where there is neither."""
    require(resource.status, "status", "a code")
    context.record(resource.created, "created")
    shared: dict[str, Any] = {
        "status": context.word(resource.status, "status", STATUSES),
        "when": context.period(resource.period, "period"),
        "encounter": context.encounter(resource.encounter),
        "reasons": context.reasons(resource.addresses, ()),
    }
    coded = [(f"category[{i}]", category) for i, category in enumerate(resource.category)]
    facts = [
        context.fact(FactKind.CARE_PLAN, context.coded(concept, part), part=part, **shared) for part, concept in coded
    ]
    for i, activity in enumerate(resource.activity):
        if activity.detail is not None and activity.detail.code is not None:
            facts += _activity(activity.detail, f"activity[{i}]", shared, context)
    text = resource.title or resource.description
    return facts or [context.fact(FactKind.CARE_PLAN, Coded(text=text), **shared)]


def _activity(detail: ActivityDetail, part: str, shared: dict[str, Any], context: Context) -> list[Fact]:
    """One planned activity. One that must not be done is no activity: it is reported and left out."""
    if detail.do_not_perform:
        context.report(
            InvalidResourceError("an activity that must not be done is not kept as a fact"), f"{part}.detail"
        )
        return []
    own = dict(shared)
    if detail.status is not None:
        own["status"] = detail.status
    if detail.scheduled_period is not None:
        own["when"] = context.period(detail.scheduled_period, f"{part}.detail.scheduledPeriod")
    return [context.fact(FactKind.CARE_PLAN, context.coded(detail.code, f"{part}.detail.code"), part=part, **own)]

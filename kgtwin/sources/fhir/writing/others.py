"""Encounters, procedures, immunizations, family histories and care plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kgtwin.errors import InvalidResourceError
from kgtwin.model.fact import Fact, FamilyDetail, TextValue
from kgtwin.model.time import Period, bounds
from kgtwin.sources.fhir.careplans import STATUSES as PLAN_STATUSES
from kgtwin.sources.fhir.writing.elements import (
    ABSENT,
    TERMINOLOGY,
    Json,
    compact,
    concept,
    concept_or_none,
    ends,
    listed,
    moment,
    period,
    reasons,
    reference,
)
from kgtwin.sources.fhir.writing.parts import numbered
from kgtwin.sources.fhir.writing.words import age_in, range_in, worded

_ACT: Final = TERMINOLOGY + "v3-ActCode"
_UNKNOWN: Final = {"system": TERMINOLOGY + "v3-NullFlavor", "code": "UNK"}


def encounter(facts: Sequence[Fact]) -> Json:
    """An Encounter, by its class where that is its code; a class is required, and otherwise not known."""
    (fact,) = facts
    code = concept(fact.code)
    codings = fact.code.codings
    classed = len(codings) == 1 and codings[0].system == _ACT and fact.code.text is None
    return compact(
        status=fact.status or "unknown",
        **{"class": code["coding"][0] if classed else _UNKNOWN},
        type=None if classed else [code],
        period=None if fact.when == Period() else period(fact.when),
        **reasons(fact),
    )


def procedure(facts: Sequence[Fact]) -> Json:
    """A Procedure."""
    (fact,) = facts
    return compact(
        status=fact.status or "unknown",
        code=concept_or_none(fact.code),
        encounter=reference(fact.encounter),
        **moment(fact.when, "performed") or _worded(fact),
        **reasons(fact),
    )


def immunization(facts: Sequence[Fact]) -> Json:
    """An Immunization; when it was given is required, and may not be known. FHIR has no period for it."""
    (fact,) = facts
    when = compact(occurrenceDateTime=fact.when.start) | _worded(fact)
    return compact(
        **compact(status=fact.status) or {"_status": ABSENT},
        vaccineCode=concept(fact.code),
        encounter=reference(fact.encounter),
        **when or {"_occurrenceDateTime": ABSENT},
        recorded=fact.provenance.recorded,
        **reasons(fact),
    )


def _worded(fact: Fact) -> Json:
    return worded(fact.value) if isinstance(fact.value, TextValue) else {}


def family_history(facts: Sequence[Fact]) -> Json:
    """A FamilyMemberHistory with its conditions."""
    first = facts[0]
    detail = _family(first)
    return compact(
        status=first.status or "health-unknown",
        date=first.provenance.recorded,
        relationship=ABSENT if detail.relationship is None else concept(detail.relationship),
        **_deceased(detail.deceased),
        condition=listed(_relative_s(one) for one in numbered(facts, "condition") or [first]),
    )


def _family(fact: Fact) -> FamilyDetail:
    return fact.detail if isinstance(fact.detail, FamilyDetail) else FamilyDetail()


def _relative_s(fact: Fact | None) -> Json:
    if fact is None:
        return {"code": ABSENT}
    died_of = _family(fact).contributed_to_death
    return compact(code=concept(fact.code), **_worded(fact), contributedToDeath=died_of)


def _deceased(deceased: str | bool | None) -> Json:
    """A date, an age, a range or words."""
    if deceased is None or isinstance(deceased, bool):
        return compact(deceasedBoolean=deceased)
    if _is_date(deceased):
        return {"deceasedDate": deceased}
    age, span = age_in(deceased), range_in(deceased)
    if age is not None:
        return {"deceasedAge": age}
    return {"deceasedString": deceased} if span is None else {"deceasedRange": ends(span)}


def _is_date(text: str) -> bool:
    try:
        bounds(text)
    except InvalidResourceError:
        return False
    return True


def care_plan(facts: Sequence[Fact]) -> Json:
    """A CarePlan: what its categories say is the plan's; without one, what its activities agree on."""
    categories, activities = numbered(facts, "category"), numbered(facts, "activity")
    whole = next((fact for fact in facts if not fact.provenance.part), None)
    plan = whole or next((fact for fact in categories if fact is not None), None)
    first = plan or facts[0]
    status, when = _plan_status(plan, activities), first.when if plan else Period()
    return compact(
        status=status,
        _intent=ABSENT,
        title=None if whole is None else whole.code.text,
        category=listed(ABSENT if one is None else concept(one.code) for one in categories),
        encounter=reference(first.encounter),
        period=None if when == Period() else period(when),
        created=first.provenance.recorded,
        addresses=listed({"reference": reason} for reason in first.reasons),
        activity=listed({"detail": _activity(one, status, when)} for one in activities),
    )


def _plan_status(plan: Fact | None, activities: Sequence[Fact | None]) -> str:
    if plan is not None:
        return plan.status or "unknown"
    found = {fact.status for fact in activities if fact is not None}
    (only,) = found if len(found) == 1 else [None]
    return only if only in PLAN_STATUSES and only != "entered-in-error" else "unknown"


def _activity(fact: Fact | None, status: str, when: Period) -> dict[str, Any]:
    """An activity that states no fact has no code."""
    if fact is None:
        return {"_status": ABSENT}
    own = {"_status": ABSENT} if fact.status == status else compact(status=fact.status)
    return compact(code=concept(fact.code), **own, scheduledPeriod=None if fact.when == when else period(fact.when))

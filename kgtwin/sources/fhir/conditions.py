"""Condition: one fact."""

from __future__ import annotations

from typing import Final

from kgtwin.model.fact import ConditionDetail, Fact, FactKind
from kgtwin.sources.fhir.context import Context
from kgtwin.sources.fhir.datatypes import CodeableConcept
from kgtwin.sources.fhir.onset import course
from kgtwin.sources.fhir.structs import Condition

CLINICAL: Final = frozenset(["active", "recurrence", "relapse", "inactive", "remission", "resolved"])
VERIFICATION: Final = frozenset(
    ["unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"]
)


def condition(resource: Condition, context: Context) -> list[Fact]:
    """The condition from onset to abatement. An onset in words is kept as its value."""
    context.record(resource.recorded_date, "recordedDate")
    when, words = course(resource, context)
    return [
        context.fact(
            FactKind.CONDITION,
            context.coded(resource.code, "code"),
            status=context.word(status_code(resource.clinical_status), "clinicalStatus", CLINICAL),
            verification=context.word(status_code(resource.verification_status), "verificationStatus", VERIFICATION),
            when=when,
            value=words,
            detail=_detail(resource, context),
            encounter=context.encounter(resource.encounter),
        )
    ]


def _detail(resource: Condition, context: Context) -> ConditionDetail | None:
    """How severe it was said to be; most conditions say nothing of it."""
    if resource.severity is None:
        return None
    return ConditionDetail(context.coded(resource.severity, "severity"))


def status_code(concept: CodeableConcept | None) -> str | None:
    """The code of a clinical or verification status: FHIR's own where there are several, else the text."""
    if concept is None:
        return None
    codes = [coding for coding in concept.coding if coding.code]
    ours = next((coding for coding in codes if "terminology.hl7.org" in (coding.system or "")), None)
    best = ours or next(iter(codes), None)
    return best.code if best else concept.text

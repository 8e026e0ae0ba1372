"""DiagnosticReport: one fact for each coded conclusion. Its results are Observations of their own."""

from __future__ import annotations

from typing import Any, Final

from kgtwin.model.fact import CodedValue, Fact, FactKind
from kgtwin.sources.fhir.context import Context, require
from kgtwin.sources.fhir.structs import DiagnosticReport

STATUSES: Final = frozenset(
    [
        "registered",
        "partial",
        "preliminary",
        "final",
        "amended",
        "corrected",
        "appended",
        "cancelled",
        "entered-in-error",
        "unknown",
    ]
)


def report(resource: DiagnosticReport, context: Context) -> list[Fact]:
    """An observation with the report's code and a conclusion as its value; its part is ``conclusionCode[i]``.

    A report without a coded conclusion states no fact, and supersedes an earlier version that did.
    """
    require(resource.status, "status", "a code")
    require(resource.code, "code", "a CodeableConcept")
    if not resource.conclusion_code:
        return []
    context.record(resource.issued, "issued")
    shared: dict[str, Any] = {
        "status": context.word(resource.status, "status", STATUSES),
        "when": context.instant(resource.effective_date_time, "effectiveDateTime")
        if resource.effective_date_time is not None
        else context.period(resource.effective_period, "effectivePeriod"),
        "encounter": context.encounter(resource.encounter),
    }
    code = context.coded(resource.code, "code")
    return [
        context.fact(FactKind.OBSERVATION, code, part=part, value=CodedValue(context.coded(conclusion, part)), **shared)
        for part, conclusion in ((f"conclusionCode[{i}]", c) for i, c in enumerate(resource.conclusion_code))
    ]

"""CONDITION_OCCURRENCE: a condition."""

from __future__ import annotations

from typing import Final, NamedTuple

from kgtwin.model.fact import FactKind, TextValue
from kgtwin.sources.omop.context import Context, Draft


class Status(NamedTuple):
    """FHIR's words for a condition status: clinical status and verification."""

    clinical: str | None = None
    verification: str | None = None


RESOLVED: Final = 32906
CONFIRMED: Final = 32893
PRELIMINARY: Final = 32899
HISTORY: Final = 4188893

STATUSES: Final = {
    RESOLVED: Status(clinical="resolved"),
    HISTORY: Status(clinical="inactive"),
    CONFIRMED: Status(verification="confirmed"),
    PRELIMINARY: Status(verification="provisional"),
}
_WORDS: Final = (
    ("ruled out", Status(verification="refuted")),
    ("refuted", Status(verification="refuted")),
    ("resolved", Status(clinical="resolved")),
    ("history of", Status(clinical="inactive")),
    ("confirmed", Status(verification="confirmed")),
    ("preliminary", Status(verification="provisional")),
    ("provisional", Status(verification="provisional")),
    ("suspected", Status(verification="provisional")),
    ("possible", Status(verification="provisional")),
    ("to be diagnosed", Status(verification="provisional")),
    ("differential", Status(verification="differential")),
)
"""What the name of any other status says. Primary, admission, discharge and the like say nothing of either."""

STOP_REASON: Final = "stop_reason"


def condition(context: Context) -> Draft:
    """A condition from start to end; a stop reason is kept as its value."""
    status = _status(context)
    reason = context.text("stop_reason")
    return Draft(
        kind=FactKind.CONDITION,
        code=context.coded("condition_concept_id", "condition_source_concept_id", "condition_source_value"),
        status=status.clinical,
        verification=status.verification,
        when=context.period("condition_start", "condition_end"),
        value=TextValue(reason, STOP_REASON) if reason else None,
        encounter=context.encounter(),
    )


def _status(context: Context) -> Status:
    """By the concept, else by its name, else by the source's word."""
    concept = context.concept("condition_status_concept_id")
    if concept in STATUSES:
        return STATUSES[concept]
    name = (context.person.vocabulary.name(concept) or context.text("condition_status_source_value")).lower()
    if "unconfirmed" in name or "not confirmed" in name:
        return Status(verification="unconfirmed")
    return next((status for word, status in _WORDS if word in name), Status())

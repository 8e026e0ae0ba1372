"""Conditions and allergies."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model.fact import AllergyDetail, ConditionDetail, Fact, TextValue
from kgtwin.sources.fhir.allergies import CLINICAL as ALLERGY_CLINICAL
from kgtwin.sources.fhir.allergies import VERIFICATION as ALLERGY_VERIFICATION
from kgtwin.sources.fhir.conditions import CLINICAL, VERIFICATION
from kgtwin.sources.fhir.writing.elements import (
    ABSENT,
    Json,
    compact,
    concept,
    concept_or_none,
    listed,
    reference,
    word,
)
from kgtwin.sources.fhir.writing.words import timed


def condition(facts: Sequence[Fact]) -> Json:
    """A Condition. Words are those of its end where they say so, else of its beginning."""
    (fact,) = facts
    words = fact.value if isinstance(fact.value, TextValue) else None
    ended = words is not None and words.form.startswith("abatement")
    severity = fact.detail.severity if isinstance(fact.detail, ConditionDetail) else None
    return compact(
        clinicalStatus=word(fact.status, "condition-clinical", CLINICAL),
        verificationStatus=word(fact.verification, "condition-ver-status", VERIFICATION),
        severity=None if severity is None else concept(severity),
        code=concept_or_none(fact.code),
        encounter=reference(fact.encounter),
        **timed("onset", fact.when.start, None if ended else words),
        **timed("abatement", fact.when.end, words if ended else None),
        recordedDate=fact.provenance.recorded,
    )


def allergy(facts: Sequence[Fact]) -> Json:
    """An AllergyIntolerance."""
    (fact,) = facts
    detail = fact.detail if isinstance(fact.detail, AllergyDetail) else AllergyDetail()
    return compact(
        clinicalStatus=word(fact.status, "allergyintolerance-clinical", ALLERGY_CLINICAL),
        verificationStatus=word(fact.verification, "allergyintolerance-verification", ALLERGY_VERIFICATION),
        type=detail.type,
        category=listed(detail.categories),
        criticality=detail.criticality,
        code=concept_or_none(fact.code),
        encounter=reference(fact.encounter),
        **timed("onset", fact.when.start, fact.value if isinstance(fact.value, TextValue) else None),
        recordedDate=fact.provenance.recorded,
        reaction=listed(_reactions(detail)),
    )


def _reactions(detail: AllergyDetail) -> list[Json]:
    """The manifestations together, each substance apart: which of them belong together is not known."""
    shown = [{"manifestation": [concept(one) for one in detail.reactions]}] if detail.reactions else []
    return shown + [{"substance": concept(one), "manifestation": [ABSENT]} for one in detail.substances]

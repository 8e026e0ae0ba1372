"""PERSON and DEATH: who the patient is, when born, whether and when dead."""

from __future__ import annotations

from typing import Final

from kgtwin.errors import InvalidResourceError
from kgtwin.identifiers import patient_key
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import CodedValue, FactKind, Identifier, ObservationDetail, PatientRecord
from kgtwin.model.time import Period, bounds
from kgtwin.sources.omop.cells import FIRST_YEAR, LAST_YEAR, instant, integer
from kgtwin.sources.omop.context import Context, Draft

GENDERS: Final = {8507: "male", 8532: "female", 8521: "other", 8551: "unknown", 8570: "unknown"}
"""Concepts of the vocabulary Gender, and FHIR's words for them; 8570 is ambiguous."""

_WORDS: Final = {"m": "male", "male": "male", "f": "female", "female": "female", "other": "other", "unknown": "unknown"}

CAUSE: Final = Coding("http://loinc.org", "69453-9", "Cause of death")


def person(context: Context, died: str | bool | None) -> PatientRecord:
    """The patient's record, without provenance yet; ``died`` is from DEATH."""
    identifier = context.text("person_source_value")
    key = patient_key(context.person.source, str(context.person.id))
    return PatientRecord(
        key=key,
        source=context.person.source,
        id=str(context.person.id),
        gender=_gender(context),
        birth_date=_born(context),
        deceased=died,
        identifiers=(Identifier(value=identifier),) if identifier else (),
    )


def _gender(context: Context) -> str | None:
    """By the concept, else by the source's word."""
    concept = context.concept("gender_concept_id")
    known = GENDERS.get(concept) or GENDERS.get(context.concept("gender_source_concept_id"))
    named = _WORDS.get(context.person.vocabulary.name(concept).lower())
    return known or named or _WORDS.get(context.text("gender_source_value").lower())


def _born(context: Context) -> str | None:
    """The date of birth as far as it is known: a year, a month, a day."""
    year = _within(context, "year_of_birth", FIRST_YEAR, LAST_YEAR)
    if year is None:
        exact = context.optional("birth_datetime", instant)
        return exact[:10] if exact else None
    month = _within(context, "month_of_birth", 1, 12)
    if month is None:
        return f"{year:04d}"
    date = f"{year:04d}-{month:02d}"
    born = _within(context, "day_of_birth", 1, 31)
    return date if born is None else _real(f"{date}-{born:02d}", date, context)


def _within(context: Context, column: str, low: int, high: int) -> int | None:
    found = context.optional(column, integer)
    if found is not None and not low <= found <= high:
        context.report(InvalidResourceError("out of range", expected=f"{low} to {high}"), column)
        return None
    return found


def _real(date: str, otherwise: str, context: Context) -> str:
    try:
        bounds(date)
    except InvalidResourceError:
        context.report(
            InvalidResourceError("an impossible date of birth", expected="a day that exists"), "day_of_birth"
        )
        return otherwise
    return date


def cause(context: Context) -> Draft | None:
    """The cause of death as an observation, as Synthea's FHIR has it; None where none is stated."""
    found = context.coded("cause_concept_id", "cause_source_concept_id", "cause_source_value")
    if found == Coded():
        return None
    died = context.time("death")
    return Draft(
        kind=FactKind.OBSERVATION,
        code=context.terms([CAUSE], "cause_concept_id"),
        status="final",
        when=Period(died, died),
        value=CodedValue(found),
        detail=ObservationDetail(),
    )

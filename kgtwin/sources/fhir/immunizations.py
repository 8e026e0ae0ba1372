"""Immunization: one fact."""

from __future__ import annotations

from typing import Final

from kgtwin.model.fact import Fact, FactKind, TextValue
from kgtwin.sources.fhir.context import Context, require
from kgtwin.sources.fhir.structs import Immunization

STATUSES: Final = frozenset(["completed", "entered-in-error", "not-done"])


def immunization(resource: Immunization, context: Context) -> list[Fact]:
    """A vaccine given, or, by its status, not given."""
    require(resource.status, "status", "a code")
    require(resource.vaccine_code, "vaccineCode", "a CodeableConcept")
    context.record(resource.recorded, "recorded")
    words = resource.occurrence_string
    return [
        context.fact(
            FactKind.IMMUNIZATION,
            context.coded(resource.vaccine_code, "vaccineCode"),
            status=context.word(resource.status, "status", STATUSES),
            when=context.instant(resource.occurrence_date_time, "occurrenceDateTime"),
            value=None if words is None else TextValue(words, "occurrenceString"),
            encounter=context.encounter(resource.encounter),
            reasons=context.reasons(resource.reason_reference, resource.reason_code),
        )
    ]

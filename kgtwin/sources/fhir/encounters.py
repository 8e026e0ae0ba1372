"""Encounter: one fact."""

from __future__ import annotations

from typing import Final

from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind
from kgtwin.sources.fhir.context import Context, require
from kgtwin.sources.fhir.datatypes import CodeableConcept
from kgtwin.sources.fhir.structs import Encounter

STATUSES: Final = frozenset(
    ["planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"]
)


def encounter(resource: Encounter, context: Context) -> list[Fact]:
    """A visit or a stay, by its types, else by its class."""
    require(resource.status, "status", "a code")
    return [
        context.fact(
            FactKind.ENCOUNTER,
            _code(resource, context),
            status=context.word(resource.status, "status", STATUSES),
            when=context.period(resource.period, "period"),
            reasons=context.reasons(resource.reason_reference, resource.reason_code),
        )
    ]


def _code(resource: Encounter, context: Context) -> Coded:
    if len(resource.type) == 1:
        return context.coded(resource.type[0], "type[0]")
    if resource.type:
        return context.merged(resource.type, "type")
    coding = (resource.class_,) if resource.class_ else ()
    return context.coded(CodeableConcept(coding), "class")

"""AllergyIntolerance: one fact."""

from __future__ import annotations

from typing import Final

from kgtwin.model.concept import Coded
from kgtwin.model.fact import AllergyDetail, Fact, FactKind
from kgtwin.model.time import Period
from kgtwin.sources.fhir.conditions import status_code
from kgtwin.sources.fhir.context import Context
from kgtwin.sources.fhir.onset import onset
from kgtwin.sources.fhir.structs import AllergyIntolerance

CLINICAL: Final = frozenset(["active", "inactive", "resolved"])
VERIFICATION: Final = frozenset(["unconfirmed", "presumed", "confirmed", "refuted", "entered-in-error"])


def allergy(resource: AllergyIntolerance, context: Context) -> list[Fact]:
    """What the patient does or does not tolerate, with the manifestations and substances of its reactions."""
    context.record(resource.recorded_date, "recordedDate")
    start, words = onset(resource, context)
    return [
        context.fact(
            FactKind.ALLERGY,
            _cause(resource, context),
            status=context.word(status_code(resource.clinical_status), "clinicalStatus", CLINICAL),
            verification=context.word(status_code(resource.verification_status), "verificationStatus", VERIFICATION),
            when=Period(start),
            value=words,
            detail=_detail(resource, context),
            encounter=context.encounter(resource.encounter),
        )
    ]


def _cause(resource: AllergyIntolerance, context: Context) -> Coded:
    """What is not tolerated; where only the reactions say it, the one substance of theirs."""
    stated = [reaction.substance for reaction in resource.reaction if reaction.substance]
    named = resource.code is not None and (resource.code.coding or resource.code.text is not None)
    if not named and stated and all(one == stated[0] for one in stated):
        return context.coded(stated[0], "reaction[0].substance")
    return context.coded(resource.code, "code")


def _detail(resource: AllergyIntolerance, context: Context) -> AllergyDetail:
    stated = [m for reaction in resource.reaction for m in reaction.manifestation]
    manifestations = [m for m in stated if m.coding or m.text is not None]
    substances = [reaction.substance for reaction in resource.reaction if reaction.substance]
    return AllergyDetail(
        resource.type,
        tuple(resource.category),
        resource.criticality,
        context.all_coded(manifestations, "reaction.manifestation"),
        context.all_coded(substances, "reaction.substance"),
    )

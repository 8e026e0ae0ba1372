"""DRUG_EXPOSURE: a medicine ordered, dispensed, taken or given; a vaccine given."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from kgtwin.model.concept import Coded
from kgtwin.model.fact import FactKind, MedicationDetail, Quantity
from kgtwin.model.time import Period
from kgtwin.sources.fhir.supply import MAX_DAYS, after
from kgtwin.sources.omop.cells import day
from kgtwin.sources.omop.context import Context, Draft
from kgtwin.vocabulary import CODE_SYSTEMS


class Origin(NamedTuple):
    """``MedicationDetail.origin`` and ``intent``."""

    origin: str
    intent: str | None = None


ORDER: Final = Origin("request", "order")
PLAN: Final = Origin("request", "plan")
STATEMENT: Final = Origin("statement")
GIVEN: Final = Origin("administration")

PRESCRIPTION: Final = 32838
ADMINISTRATION: Final = 32818
SELF_REPORT: Final = 32865
PLANNED: Final = 32837

ORIGINS: Final = {
    **dict.fromkeys((38000177, 32833, PRESCRIPTION, 32839), ORDER),
    PLANNED: PLAN,
    **dict.fromkeys((38000175, 38000176, 581452, 32825, 32857, 32869), STATEMENT),
    **dict.fromkeys((38000178, 44787730, 32830, SELF_REPORT), STATEMENT),
    **dict.fromkeys((38000179, 38000180, 43542356, 43542357, 43542358, 581373, ADMINISTRATION), GIVEN),
}
"""Type concepts: prescription written, order; planned dispensing; dispensed, claimed; listed, self-reported; given."""

_WORDS: Final = (("planned", PLAN), ("administ", GIVEN), ("dispens", STATEMENT), ("prescri", ORDER), ("order", ORDER))

STOPPED: Final = "stop reason: "
"""A stop reason is the last line of the dosage, behind this."""

_CVX: Final = frozenset(system for system, prefix in CODE_SYSTEMS.items() if prefix == "cvx")


def drug(context: Context) -> Draft:
    """A vaccine where a code is CVX's, else a medicine."""
    code = context.coded("drug_concept_id", "drug_source_concept_id", "drug_source_value")
    if any(coding.system in _CVX for coding in code.codings):
        return _vaccine(context, code)
    return _medicine(context, code)


def _vaccine(context: Context, code: Coded) -> Draft:
    given = context.time("drug_exposure_start")
    return Draft(
        kind=FactKind.IMMUNIZATION,
        code=code,
        status="completed",
        when=Period(given, given),
        encounter=context.encounter(),
    )


def _medicine(context: Context, code: Coded) -> Draft:
    origin = _origin(context)
    when = _exposed(context)
    reason = context.text("stop_reason")
    lines = [context.text("sig"), STOPPED + reason if reason else ""]
    quantity = context.positive("quantity")
    detail = MedicationDetail(
        origin=origin.origin,
        intent=origin.intent,
        route=_route(context),
        supplied=_supplied(context, when.start, origin),
        dosage="\n".join(line for line in lines if line) or None,
    )
    return Draft(
        kind=FactKind.MEDICATION,
        code=code,
        status=_status(origin, when, reason),
        when=when,
        value=None if quantity is None else Quantity(quantity),
        detail=detail,
        encounter=context.encounter(),
    )


def _status(origin: Origin, when: Period, reason: str) -> str:
    """OMOP states no status: what has a stated end is completed, and counts until then; a stated reason stops it."""
    if origin is GIVEN or when.end:
        return "completed"
    return "stopped" if reason else "active"


def _origin(context: Context) -> Origin:
    """By the type concept, else by its name; what is neither ordered nor given is a statement."""
    concept = context.concept("drug_type_concept_id")
    name = context.person.vocabulary.name(concept).lower()
    named = next((origin for word, origin in _WORDS if word in name), STATEMENT)
    return ORIGINS.get(concept, named)


def _exposed(context: Context) -> Period:
    """From start to end: the end as the source has it, where it is told apart from the one that was worked out."""
    found = context.period("drug_exposure_start", "drug_exposure_end")
    verbatim = context.optional("verbatim_end_date", day)
    if verbatim is None or (found.end or "")[:10] == verbatim:
        return found
    return Period(found.start, verbatim)


def _route(context: Context) -> Coded | None:
    found = context.coded("route_concept_id", None, "route_source_value")
    return found if found.codings else None


def _supplied(context: Context, start: str | None, origin: Origin) -> Period | None:
    """The days supplied from the start, of an order with its refills."""
    days = context.positive("days_supply")
    refills = context.positive("refills") if origin is ORDER else None
    if days is None or start is None:
        return None
    whole = min(days * (1 + (refills or Decimal(0))), MAX_DAYS)
    end = after(start[:10], whole)
    return Period(start[:10], end) if end else None

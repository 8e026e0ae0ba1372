"""Facts as rows: which table, and which cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from kgtwin.model.clinical import REAL_INTENTS
from kgtwin.model.concept import Coded
from kgtwin.model.fact import (
    AllergyDetail,
    ConditionDetail,
    Fact,
    FactKind,
    FamilyDetail,
    MedicationDetail,
    Quantity,
    TextValue,
)
from kgtwin.sources.omop.conditions import CONFIRMED, HISTORY, PRELIMINARY, RESOLVED, STOP_REASON
from kgtwin.sources.omop.drugs import ADMINISTRATION, PLANNED, PRESCRIPTION, STOPPED
from kgtwin.sources.omop.export.concepts import INTOLERANCE, Concepts
from kgtwin.sources.omop.export.people import EHR, Cells
from kgtwin.sources.omop.export.times import Stamp, days, stamp
from kgtwin.sources.omop.export.values import value_cells
from kgtwin.sources.omop.observations import ALLERGY, FAMILY, PAST, states_allergy

HAPPENED: Final = {
    FactKind.ENCOUNTER: frozenset({"finished", "in-progress", "arrived", "triaged", "onleave", "unknown"}),
    FactKind.OBSERVATION: frozenset({"final", "amended", "corrected"}),
    FactKind.PROCEDURE: frozenset({"completed", "in-progress"}),
    FactKind.IMMUNIZATION: frozenset({"completed"}),
    FactKind.FAMILY_HISTORY: frozenset({"completed", "partial", None}),
    FactKind.MEDICATION: frozenset({"active", "completed", "stopped", "in-progress"}),
}
"""The statuses that OMOP can say: that something happened."""


class Event(NamedTuple):
    """A row: its table, its cells without ids, its start and its end."""

    table: str
    cells: Cells
    start: Stamp
    end: Stamp = Stamp()


class LeftOut(Exception):  # noqa: N818 - an answer, not a failure
    """A fact that OMOP has no row for; its argument says why."""


def event(fact: Fact, concepts: Concepts) -> Event:
    """The row of a fact.

    Raises:
        LeftOut: if OMOP cannot say it: it did not happen, or there is no table for its kind.
    """
    writer = _WRITERS.get(fact.kind)
    if writer is None:
        raise LeftOut(f"{fact.kind} has no table")
    allowed = HAPPENED.get(FactKind.OBSERVATION if writer is _observation else fact.kind)
    if allowed is not None and fact.status not in allowed:
        raise LeftOut(f"{fact.kind} with the status {fact.status}")
    found = writer(fact, concepts)
    if not found.start.date:
        raise LeftOut(f"{fact.kind} without a date")
    return found


def lost(fact: Fact) -> Iterator[str]:
    """What of a fact's has no column in its row."""
    detail: Any = fact.detail
    if isinstance(detail, ConditionDetail) and not fact.provenance.resource.startswith("observation/"):
        yield "severity of a Condition"
    if (
        isinstance(detail, MedicationDetail)
        and detail.ingredients
        and (fact.code.codings or len(detail.ingredients) > 1)
    ):
        yield "ingredients of a Medication"
    if isinstance(detail, MedicationDetail) and detail.as_needed:
        yield "as needed, of a Medication"
    if isinstance(detail, AllergyDetail) and (detail.reactions or detail.substances or detail.criticality):
        yield "reactions or criticality of an Allergy"
    if fact.reasons:
        yield f"reasons of a fact: {fact.kind}"


def _start(fact: Fact) -> Stamp:
    """When it was, else when it was recorded: every table wants a date."""
    return stamp(fact.when.start or fact.when.end or fact.provenance.recorded)


def _named(stem: str, code: Coded, concepts: Concepts) -> Cells:
    named = concepts.named(code)
    return {
        f"{stem}_concept_id": named.concept,
        f"{stem}_source_value": named.source_value,
        f"{stem}_source_concept_id": named.source_concept,
    }


def _visit(fact: Fact, concepts: Concepts) -> Event:
    cells = {**_named("visit", fact.code, concepts), "visit_type_concept_id": EHR}
    return Event("visit_occurrence", cells, _start(fact), stamp(fact.when.end, last=True))


def _condition(fact: Fact, concepts: Concepts) -> Event:
    if fact.verification in {"refuted", "entered-in-error"}:
        raise LeftOut(f"Condition that is {fact.verification}")
    if fact.provenance.resource.startswith("observation/"):
        return _finding(fact, concepts)
    reason = fact.value.value if isinstance(fact.value, TextValue) and fact.value.form == STOP_REASON else ""
    cells = {
        **_named("condition", fact.code, concepts),
        "condition_type_concept_id": EHR,
        "condition_status_concept_id": _condition_status(fact),
        "stop_reason": reason,
    }
    return Event("condition_occurrence", cells, _start(fact), stamp(fact.when.end, last=True))


def _condition_status(fact: Fact) -> int:
    """One column for two of FHIR's: that it is over comes before that it is confirmed."""
    if fact.verification in {"provisional", "differential", "unconfirmed"}:
        return PRELIMINARY
    if fact.status == "resolved":
        return RESOLVED
    if fact.status in {"inactive", "remission"}:
        return HISTORY
    return CONFIRMED if fact.verification == "confirmed" else 0


def _finding(fact: Fact, concepts: Concepts) -> Event:
    """A condition that came from OBSERVATION goes back to it."""
    cells = _about(fact.code, PAST, concepts) if fact.status == "inactive" else _says(fact.code, concepts)
    if isinstance(fact.detail, ConditionDetail):
        cells |= _qualifier(fact.detail.severity, concepts)
    return Event("observation", cells, _start(fact))


def _says(code: Coded, concepts: Concepts) -> Cells:
    return {**_named("observation", code, concepts), "observation_type_concept_id": EHR}


def _about(code: Coded, marker: int, concepts: Concepts) -> Cells:
    """A row that says of a thing that it is an allergy, in the family, in the past."""
    named = concepts.named(code)
    return {
        "observation_concept_id": marker,
        "observation_type_concept_id": EHR,
        "value_as_concept_id": named.concept or named.source_concept,
        "value_source_value": named.source_value,
    }


def _qualifier(code: Coded, concepts: Concepts) -> Cells:
    named = concepts.named(code)
    return {
        "qualifier_concept_id": named.concept or named.source_concept,
        "qualifier_source_value": named.source_value,
    }


def _allergy(fact: Fact, concepts: Concepts) -> Event:
    detail = fact.detail
    if fact.verification in {"refuted", "entered-in-error"} or fact.status in {"inactive", "resolved"}:
        raise LeftOut(f"Allergy that is {fact.verification or fact.status}")
    known = [found for coding in fact.code.codings if (found := concepts.get(coding))]
    by_itself = bool(known) and known[0].standard and states_allergy(known[0])
    intolerance = isinstance(detail, AllergyDetail) and detail.type == "intolerance"
    marker = concepts.id(INTOLERANCE) if intolerance else ALLERGY
    if not marker and not by_itself:
        raise LeftOut("Allergy that is an intolerance: the vocabulary has no concept for it")
    cells = _says(fact.code, concepts) if by_itself else _about(fact.code, marker, concepts)
    return Event("observation", cells, _start(fact))


def _family(fact: Fact, concepts: Concepts) -> Event:
    cells = _about(fact.code, FAMILY, concepts)
    if isinstance(fact.detail, FamilyDetail) and fact.detail.relationship is not None:
        cells |= _qualifier(fact.detail.relationship, concepts)
    return Event("observation", cells, _start(fact))


def _medicine(fact: Fact, concepts: Concepts) -> Event:
    detail = fact.detail
    if not isinstance(detail, MedicationDetail) or detail.do_not_perform:
        raise LeftOut("Medication that must not be taken")
    supplied = detail.supplied
    end = fact.when.end or (supplied.end if supplied and fact.status == "completed" else None)
    code = fact.code if fact.code.codings or len(detail.ingredients) != 1 else detail.ingredients[0]
    cells = {
        **_named("drug", code, concepts),
        "drug_type_concept_id": _drug_type(detail),
        "verbatim_end_date": stamp(fact.when.end, last=True).date,
        "quantity": fact.value.value if isinstance(fact.value, Quantity) else None,
        "days_supply": days(supplied.start, supplied.end) if supplied else None,
        **_dosage(detail.dosage or "", fact.status if end is None else None),
        **_route(detail.route, concepts),
    }
    return Event("drug_exposure", cells, _start(fact), stamp(end, last=True))


def _drug_type(detail: MedicationDetail) -> int:
    if detail.origin == "administration":
        return ADMINISTRATION
    if detail.origin != "request":
        return EHR
    if detail.intent == "plan":
        return PLANNED
    if detail.intent not in REAL_INTENTS:
        raise LeftOut(f"Medication with the intent {detail.intent}")
    return PRESCRIPTION


def _dosage(dosage: str, status: str | None) -> Cells:
    """The dosage without its last line where that is the stop reason; what ended nobody knows when has its status."""
    *lines, last = dosage.split("\n")
    if last.startswith(STOPPED):
        return {"sig": "\n".join(lines), "stop_reason": last.removeprefix(STOPPED)}
    return {"sig": dosage, "stop_reason": status if status in {"stopped", "completed"} else ""}


def _route(route: Coded | None, concepts: Concepts) -> Cells:
    if route is None:
        return {"route_concept_id": 0}
    named = concepts.named(route)
    return {"route_concept_id": named.concept or named.source_concept, "route_source_value": named.source_value}


def _vaccine(fact: Fact, concepts: Concepts) -> Event:
    given = _start(fact)
    cells = {**_named("drug", fact.code, concepts), "drug_type_concept_id": ADMINISTRATION, "route_concept_id": 0}
    return Event("drug_exposure", cells, given, given)


def _procedure(fact: Fact, concepts: Concepts) -> Event:
    cells: dict[str, Any] = {
        **_named("procedure", fact.code, concepts),
        "procedure_type_concept_id": EHR,
        "quantity": fact.value.value if isinstance(fact.value, Quantity) else None,
    }
    return Event("procedure_occurrence", cells, _start(fact), stamp(fact.when.end, last=True))


def _observation(fact: Fact, concepts: Concepts) -> Event:
    detail: Any = fact.detail
    if detail is not None and detail.absent is not None:
        raise LeftOut(f"{fact.kind} without a value, for a reason")
    table = _observed_in(fact, concepts)
    cells = {
        **_named(table, fact.code, concepts),
        f"{table}_type_concept_id": EHR,
        **value_cells(fact, table, concepts),
    }
    if table == "observation" and detail is not None and detail.interpretation:
        cells |= _qualifier(detail.interpretation[0], concepts)
    start = _start(fact)
    return Event(table, cells, start if start.date or detail is None else stamp(detail.issued))


def _observed_in(fact: Fact, concepts: Concepts) -> str:
    """Where it came from, else the domain of its concept; a number without one is a measurement."""
    table = fact.provenance.resource.partition("/")[0]
    if table in {"measurement", "observation"}:
        return table
    domains = {found.domain for coding in fact.code.codings if (found := concepts.get(coding))}
    numeric = isinstance(fact.value, Quantity)
    if "Measurement" in domains or (numeric and (fact.value.comparator or not domains)):  # type: ignore[union-attr]
        return "measurement"
    return "observation"


_WRITERS: Final[dict[FactKind, Callable[[Fact, Concepts], Event]]] = {
    FactKind.ENCOUNTER: _visit,
    FactKind.CONDITION: _condition,
    FactKind.ALLERGY: _allergy,
    FactKind.FAMILY_HISTORY: _family,
    FactKind.MEDICATION: _medicine,
    FactKind.IMMUNIZATION: _vaccine,
    FactKind.PROCEDURE: _procedure,
    FactKind.OBSERVATION: _observation,
    FactKind.BEHAVIOUR: _observation,
    FactKind.GENOTYPE: _observation,
}

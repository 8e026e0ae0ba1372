"""Medication requests, statements and administrations."""

from __future__ import annotations

from collections.abc import Sequence

from kgtwin.model.fact import Fact, MedicationDetail
from kgtwin.model.time import Period
from kgtwin.sources.fhir.writing.dosing import given, instruction
from kgtwin.sources.fhir.writing.elements import (
    ABSENT,
    Json,
    compact,
    concept,
    concept_or_none,
    listed,
    moment,
    period,
    reasons,
    reference,
)


def request(facts: Sequence[Fact]) -> Json:
    """A MedicationRequest. What bounds it is its dosage where its time ends with it, else what was to be dispensed."""
    fact, detail = _one(facts)
    bounded = _bounded(fact, detail)
    validity = detail.supplied if detail.supplied is not None and not bounded else None
    return compact(
        status=fact.status or "unknown",
        **compact(intent=detail.intent) or {"_intent": ABSENT},
        doNotPerform=detail.do_not_perform or None,
        **_medicine(fact, detail),
        encounter=reference(fact.encounter),
        authoredOn=_authored(fact, bounded),
        **reasons(fact),
        dosageInstruction=listed(_dosages(detail, detail.supplied if bounded else None)),
        dispenseRequest=None if validity is None else {"validityPeriod": period(validity)},
    )


def _bounded(fact: Fact, detail: MedicationDetail) -> bool:
    """Whether the fact's time is what the dosage bounds, rather than open from when it was authored."""
    supplied = detail.supplied
    if supplied is None or supplied.end != fact.when.end or supplied.start not in {None, fact.when.start}:
        return False
    return supplied.end is not None or fact.provenance.recorded != fact.when.start


def _authored(fact: Fact, bounded: bool) -> str | None:
    return fact.provenance.recorded if bounded and fact.when.start is not None else fact.when.start


def statement(facts: Sequence[Fact]) -> Json:
    """A MedicationStatement; one dateTime is since when it was taken."""
    fact, detail = _one(facts)
    when = fact.when
    return compact(
        status=fact.status or "unknown",
        **_medicine(fact, detail),
        context=reference(fact.encounter),
        **({"effectivePeriod": period(when)} if when.end else compact(effectiveDateTime=when.start)),
        dateAsserted=fact.provenance.recorded,
        **reasons(fact),
        dosage=listed(_dosages(detail, detail.supplied)),
    )


def administration(facts: Sequence[Fact]) -> Json:
    """A MedicationAdministration; FHIR has no asNeeded here."""
    fact, detail = _one(facts)
    when = moment(fact.when, "effective")
    dosage = compact(
        text=detail.dosage,
        route=None if detail.route is None else concept(detail.route),
        **(given(detail.instructions[0]) if detail.instructions else {}),
    )
    return compact(
        status=fact.status or "unknown",
        **_medicine(fact, detail),
        context=reference(fact.encounter),
        **when or {"_effectiveDateTime": ABSENT},
        **reasons(fact),
        dosage=dosage or None,
    )


def _one(facts: Sequence[Fact]) -> tuple[Fact, MedicationDetail]:
    (fact,) = facts
    return fact, fact.detail if isinstance(fact.detail, MedicationDetail) else MedicationDetail("request")


def _medicine(fact: Fact, detail: MedicationDetail) -> Json:
    """The product; its ingredients, which FHIR states of a Medication alone, in one that is contained."""
    if not detail.ingredients:
        return {"medicationCodeableConcept": concept(fact.code)}
    medicine = compact(
        resourceType="Medication",
        id="medication",
        code=concept_or_none(fact.code),
        ingredient=[{"itemCodeableConcept": concept(one)} for one in detail.ingredients],
    )
    return {"contained": [medicine], "medicationReference": {"reference": "#medication"}}


def _dosages(detail: MedicationDetail, bounds: Period | None) -> list[Json]:
    """The instructions, the first with the words and the route; as one where no amount is known."""
    said = compact(text=detail.dosage, route=None if detail.route is None else concept(detail.route))
    if detail.instructions:
        first, *others = map(instruction, detail.instructions)
        return [{**said, **first}, *others]
    dosage = compact(
        timing=None if bounds is None else {"repeat": {"boundsPeriod": period(bounds)}},
        asNeededBoolean=detail.as_needed or None,
        **said,
    )
    return [dosage] if dosage else []

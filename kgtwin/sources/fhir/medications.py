"""MedicationRequest, MedicationStatement and MedicationAdministration: one fact each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from kgtwin.errors import InvalidResourceError, UnresolvedReferenceError
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.time import Period
from kgtwin.sources.fhir.context import NO_TIME, Context, require
from kgtwin.sources.fhir.datatypes import Dosage, Reference
from kgtwin.sources.fhir.dosing import doses, given
from kgtwin.sources.fhir.structs import (
    Ingredient,
    Medicated,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
)
from kgtwin.sources.fhir.supply import dispensed, dosed

REQUEST: Final = frozenset(
    ["active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"]
)
INTENT: Final = frozenset(
    ["proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"]
)
STATEMENT: Final = frozenset(
    ["active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"]
)
ADMINISTRATION: Final = frozenset(
    ["in-progress", "not-done", "on-hold", "completed", "entered-in-error", "stopped", "unknown"]
)


def request(resource: MedicationRequest, context: Context) -> list[Fact]:
    """An order from ``authoredOn``, or from where its dosage starts, to where its dosage ends, if it says so.

    ``supplied`` is the period that the dosage bounds, else what was to be dispensed.
    """
    require(resource.intent, "intent", "a code")
    authored = resource.authored_on
    context.record(authored, "authoredOn")
    bounded = dosed(resource.dosage_instruction, authored, "dosageInstruction", context)
    supplied = bounded if bounded != NO_TIME else dispensed(resource.dispense_request, authored, context)
    when = Period(bounded.start or authored, bounded.end)
    intent = context.word(resource.intent, "intent", INTENT)
    code, detail = _medicine(resource, "request", resource.dosage_instruction, "dosageInstruction", context)
    detail = msgspec.structs.replace(
        detail,
        intent=intent,
        do_not_perform=bool(resource.do_not_perform),
        supplied=supplied,
        doses=doses(resource.dosage_instruction, authored, "dosageInstruction", context),
    )
    return [_fact(resource, code, when, detail, REQUEST, resource.encounter, context)]


def statement(resource: MedicationStatement, context: Context) -> list[Fact]:
    """What somebody says is, was or will be taken."""
    context.record(resource.date_asserted, "dateAsserted")
    when = _effective(resource, context)
    if resource.effective_date_time is not None:
        when = Period(when.start)
    bounded = dosed(resource.dosage, when.start, "dosage", context)
    code, detail = _medicine(resource, "statement", resource.dosage, "dosage", context)
    detail = msgspec.structs.replace(
        detail,
        supplied=bounded if bounded != NO_TIME else None,
        doses=doses(resource.dosage, when.start, "dosage", context),
    )
    return [_fact(resource, code, when, detail, STATEMENT, resource.context, context)]


def administration(resource: MedicationAdministration, context: Context) -> list[Fact]:
    """What was given, when it was given."""
    dosages = [resource.dosage] if resource.dosage else []
    when = _effective(resource, context)
    code, detail = _medicine(resource, "administration", dosages, "dosage", context)
    detail = msgspec.structs.replace(detail, doses=given(resource.dosage, "dosage", context))
    return [_fact(resource, code, when, detail, ADMINISTRATION, resource.context, context)]


def _fact(
    resource: Medicated,
    code: Coded,
    when: Period,
    detail: MedicationDetail,
    statuses: frozenset[str],
    encounter: Reference | None,
    context: Context,
) -> Fact:
    require(resource.status, "status", "a code")
    return context.fact(
        FactKind.MEDICATION,
        code,
        status=context.word(resource.status, "status", statuses),
        when=when,
        detail=detail,
        encounter=context.encounter(encounter, "encounter" if detail.origin == "request" else "context"),
        reasons=context.reasons(resource.reason_reference, resource.reason_code),
    )


def _effective(resource: MedicationStatement | MedicationAdministration, context: Context) -> Period:
    if resource.effective_date_time is not None:
        return context.instant(resource.effective_date_time, "effectiveDateTime")
    return context.period(resource.effective_period, "effectivePeriod")


def _medicine(
    resource: Medicated, origin: str, dosages: Sequence[Dosage], field: str, context: Context
) -> tuple[Coded, MedicationDetail]:
    code, ingredients = _product(resource, context)
    routes = [dosage.route for dosage in dosages if dosage.route]
    texts = [dosage.text or dosage.patient_instruction for dosage in dosages]
    detail = MedicationDetail(
        origin,
        as_needed=bool(dosages) and all(_as_needed(dosage) for dosage in dosages),
        route=context.merged(routes, f"{field}.route") if routes else None,
        ingredients=ingredients,
        dosage="; ".join(text for text in texts if text) or None,
    )
    return code, detail


def _as_needed(dosage: Dosage) -> bool:
    return bool(dosage.as_needed_boolean) or dosage.as_needed_codeable_concept is not None


def _product(resource: Medicated, context: Context) -> tuple[Coded, tuple[Coded, ...]]:
    """The product's code and its active ingredients, which only a Medication resource states."""
    if resource.medication_codeable_concept is not None:
        return context.coded(resource.medication_codeable_concept, "medicationCodeableConcept"), ()
    reference = resource.medication_reference
    require(reference, "medication[x]", "a CodeableConcept or a Reference(Medication)")
    assert reference is not None
    found = medication(reference, resource.contained, context)
    if found is None:
        context.report(_not_here(reference), "medicationReference")
        return Coded(text=reference.display or reference.reference), ()
    code = context.coded(found.code, "medicationReference.code") if found.code else Coded(text=reference.display)
    return code, tuple(_ingredients(found.ingredient, context))


def _ingredients(ingredients: Sequence[Ingredient], context: Context) -> list[Coded]:
    """The active ones; an ingredient that is a Medication itself counts by its code."""
    found = []
    for i, ingredient in enumerate(ingredients):
        field = f"medicationReference.ingredient[{i}]"
        if ingredient.is_active is False:
            continue
        if ingredient.item_codeable_concept is not None:
            found.append(context.coded(ingredient.item_codeable_concept, f"{field}.itemCodeableConcept"))
        elif ingredient.item_reference is not None:
            item = medication(ingredient.item_reference, (), context)
            if item is None:
                context.report(_not_here(ingredient.item_reference), f"{field}.itemReference")
            else:
                found.append(context.coded(item.code, f"{field}.itemReference.code"))
    return found


def _not_here(reference: Reference) -> UnresolvedReferenceError:
    return UnresolvedReferenceError(
        f"the Medication {reference.reference or '(by identifier)'} is not in this submission",
        expected="a Medication in the same bundle, or earlier in the same ingest",
        remedy="send it before or with this resource; the fact was kept with the text of the reference",
    )


def medication(reference: Reference, contained: Sequence[Any], context: Context) -> Medication | None:
    """The Medication that a reference means: contained, in the bundle, or earlier in the same ingest."""
    text = reference.reference or ""
    if text.startswith("#"):
        return _contained(text[1:], contained)
    try:
        target = context.bundle.references.resolve(reference, "Medication")
    except UnresolvedReferenceError:
        return None
    entry = context.bundle.references.entry(target)
    if entry is None:
        return context.bundle.medications.get(target.name)
    return entry.resource if isinstance(entry.resource, Medication) else None


def _contained(identifier: str, contained: Sequence[Any]) -> Medication | None:
    for item in contained:
        if isinstance(item, dict) and item.get("id") == identifier and item.get("resourceType") == "Medication":
            try:
                return msgspec.convert(item, Medication)
            except msgspec.ValidationError:
                raise InvalidResourceError(
                    "the contained Medication is none", where="contained", expected="a FHIR R4 Medication"
                ) from None
    raise UnresolvedReferenceError(
        f"nothing contained is #{identifier}",
        where="medicationReference.reference",
        expected="a contained Medication with that id",
        remedy="correct the reference at its source",
    )

"""FHIR R4 resources as msgspec structs: the fields that facts come from, others are skipped.

Nothing is required here: ``resources`` names what is missing, a decoder would only say where.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kgtwin.model.concept import Coding
from kgtwin.sources.fhir.datatypes import (
    Category,
    CodeableConcept,
    Dosage,
    Element,
    HumanName,
    Identifier,
    Meta,
    NamedReference,
    Period,
    Quantity,
    Range,
    Reference,
    Timing,
    Valued,
)


class Resource(Element):
    id: str | None = None
    meta: Meta | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()


class PatientLink(Element):
    other: Reference | None = None
    type: str | None = None


class Patient(Resource, tag_field="resourceType", tag=True):
    active: bool | None = None
    identifier: tuple[Identifier, ...] = ()
    name: tuple[HumanName, ...] = ()
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    link: tuple[PatientLink, ...] = ()


class Encounter(Resource, tag_field="resourceType", tag=True):
    status: str | None = None
    class_: Coding | None = msgspec.field(default=None, name="class")
    type: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()


class Onset(Resource):
    """The ``onset[x]`` that conditions, allergies and family members' conditions share.

    A name that ends in ``_`` is what FHIR puts beside a primitive: its extensions.
    """

    onset_date_time: str | None = None
    onset_date_time_: Any = msgspec.field(default=None, name="_onsetDateTime")
    onset_age: Quantity | None = None
    onset_period: Period | None = None
    onset_range: Range | None = None
    onset_string: str | None = None


class Condition(Onset, tag_field="resourceType", tag=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    abatement_date_time: str | None = None
    abatement_date_time_: Any = msgspec.field(default=None, name="_abatementDateTime")
    abatement_age: Quantity | None = None
    abatement_period: Period | None = None
    abatement_range: Range | None = None
    abatement_string: str | None = None
    recorded_date: str | None = None


class AllergyReaction(Element):
    substance: CodeableConcept | None = None
    manifestation: tuple[CodeableConcept, ...] = ()


class AllergyIntolerance(Onset, tag_field="resourceType", tag=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str | None = None
    category: tuple[str, ...] = ()
    criticality: str | None = None
    code: CodeableConcept | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    recorded_date: str | None = None
    reaction: tuple[AllergyReaction, ...] = ()


class Ingredient(Element):
    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    is_active: bool | None = None


class Medication(Resource, tag_field="resourceType", tag=True):
    """Also a contained one."""

    code: CodeableConcept | None = None
    ingredient: tuple[Ingredient, ...] = ()


class Medicated(Resource):
    """What requests, statements and administrations of a medicine share."""

    contained: tuple[Any, ...] = ()
    status: str | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: NamedReference | None = None
    subject: Reference | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()


class DispenseRequest(Element):
    validity_period: Period | None = None
    number_of_repeats_allowed: int | None = None
    expected_supply_duration: Quantity | None = None


class MedicationRequest(Medicated, tag_field="resourceType", tag=True):
    intent: str | None = None
    do_not_perform: bool | None = None
    encounter: Reference | None = None
    authored_on: str | None = None
    dosage_instruction: tuple[Dosage, ...] = ()
    dispense_request: DispenseRequest | None = None


class MedicationStatement(Medicated, tag_field="resourceType", tag=True):
    context: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    dosage: tuple[Dosage, ...] = ()


class MedicationAdministration(Medicated, tag_field="resourceType", tag=True):
    context: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    dosage: Dosage | None = None


class ReferenceRange(Element):
    low: Quantity | None = None
    high: Quantity | None = None


class Component(Valued):
    code: CodeableConcept | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    reference_range: tuple[ReferenceRange, ...] = ()


class Observation(Component, tag_field="resourceType", tag=True):
    """A resource; structs have one base, so that it repeats ``Resource``'s fields."""

    id: str | None = None
    meta: Meta | None = None
    modifier_extension: tuple[msgspec.Raw, ...] = ()
    status: str | None = None
    category: tuple[Category, ...] = ()
    subject: Reference | None = None
    focus: tuple[Reference, ...] = ()
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_timing: Timing | None = None
    effective_instant: str | None = None
    issued: str | None = None
    component: tuple[Component, ...] = ()


class Procedure(Resource, tag_field="resourceType", tag=True):
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    performed_string: str | None = None
    performed_age: Quantity | None = None
    performed_range: Range | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()


class Immunization(Resource, tag_field="resourceType", tag=True):
    status: str | None = None
    vaccine_code: CodeableConcept | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_string: str | None = None
    recorded: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    reason_reference: tuple[Reference, ...] = ()


class FamilyCondition(Onset):
    code: CodeableConcept | None = None
    contributed_to_death: bool | None = None


class FamilyMemberHistory(Resource, tag_field="resourceType", tag=True):
    status: str | None = None
    patient: Reference | None = None
    date: str | None = None
    relationship: CodeableConcept | None = None
    deceased_boolean: bool | None = None
    deceased_age: Quantity | None = None
    deceased_range: Range | None = None
    deceased_date: str | None = None
    deceased_string: str | None = None
    condition: tuple[FamilyCondition, ...] = ()


class ActivityDetail(Element):
    code: CodeableConcept | None = None
    status: str | None = None
    do_not_perform: bool | None = None
    scheduled_period: Period | None = None


class Activity(Element):
    detail: ActivityDetail | None = None


class CarePlan(Resource, tag_field="resourceType", tag=True):
    status: str | None = None
    intent: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    title: str | None = None
    description: str | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    period: Period | None = None
    created: str | None = None
    addresses: tuple[Reference, ...] = ()
    activity: tuple[Activity, ...] = ()


class DiagnosticReport(Resource, tag_field="resourceType", tag=True):
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    conclusion_code: tuple[CodeableConcept, ...] = ()

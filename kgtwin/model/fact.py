"""A fact about a patient: what was received, what it maps to, when, and where from."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from kgtwin.identifiers import digest
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.time import Period


class FactKind(StrEnum):
    """The kinds; each is a node label in the graph."""

    CONDITION = "Condition"
    MEDICATION = "Medication"
    ALLERGY = "Allergy"
    OBSERVATION = "Observation"
    PROCEDURE = "Procedure"
    IMMUNIZATION = "Immunization"
    FAMILY_HISTORY = "FamilyHistory"
    GENOTYPE = "Genotype"
    BEHAVIOUR = "Behaviour"
    ENCOUNTER = "Encounter"
    CARE_PLAN = "CarePlan"


class Quantity(msgspec.Struct, frozen=True, gc=False, tag="quantity"):
    """A measured number: as received, and in its canonical UCUM form where its unit parses.

    ``code`` and ``system`` are the unit's as received; ``ucum`` is the unit as UCUM (annotations in
    braces kept), None where it cannot be parsed.
    """

    value: Decimal
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    ucum: str | None = None

    @property
    def has_no_unit(self) -> bool:
        """Whether nothing at all was received as its unit."""
        return not (self.unit or self.code or self.ucum)


class QuantityRange(msgspec.Struct, frozen=True, gc=False, tag="range"):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(msgspec.Struct, frozen=True, gc=False, tag="ratio"):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class CodedValue(msgspec.Struct, frozen=True, gc=False, tag="coded"):
    value: Coded


class BooleanValue(msgspec.Struct, frozen=True, gc=False, tag="boolean"):
    value: bool


class TextValue(msgspec.Struct, frozen=True, gc=False, tag="text"):
    """A string, a time, or sampled data kept as received. ``form`` is the FHIR type."""

    value: str
    form: str = "string"


class PeriodValue(msgspec.Struct, frozen=True, gc=False, tag="period"):
    value: Period


Value = Quantity | QuantityRange | Ratio | CodedValue | BooleanValue | TextValue | PeriodValue


class Dose(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One dosage instruction, as far as it is structured (FHIR R4, Dosage and Timing).

    ``amount`` is given at a time, ``rate`` is how fast; ``frequency`` to ``frequency_max`` times in ``period`` to
    ``period_max`` of ``period_unit`` (UCUM), at ``times`` of the day, ``events`` (ACM: before meals) or on ``days`` of
    the week, or as ``code`` abbreviates (BID); ``maximum`` is the most in a time. Instructions with one ``sequence``
    are concurrent, those with different ones follow each other.
    """

    sequence: int | None = None
    amount: QuantityRange | None = None
    rate: QuantityRange | Ratio | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    times: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    code: str | None = None
    bounds: Period | None = None
    as_needed: bool = False
    maximum: Ratio | None = None


class MedicationDetail(msgspec.Struct, frozen=True, gc=False, tag_field="detail", tag="medication"):
    """``origin`` is the FHIR resource: request, statement or administration.

    ``supplied`` is the period for which it was ordered, dispensed or dosed, where one is stated; ``doses`` are the
    instructions that have an amount, a rate or a maximum, and not in the JSON where none has.
    """

    origin: str
    intent: str | None = None
    do_not_perform: bool = False
    as_needed: bool = False
    route: Coded | None = None
    ingredients: tuple[Coded, ...] = ()
    supplied: Period | None = None
    dosage: str | None = None
    doses: tuple[Dose, ...] | msgspec.UnsetType = msgspec.UNSET

    @property
    def instructions(self) -> tuple[Dose, ...]:
        """The doses, none where none was received."""
        return () if self.doses is msgspec.UNSET else self.doses


class AllergyDetail(msgspec.Struct, frozen=True, gc=False, tag_field="detail", tag="allergy"):
    type: str | None = None
    categories: tuple[str, ...] = ()
    criticality: str | None = None
    reactions: tuple[Coded, ...] = ()
    substances: tuple[Coded, ...] = ()


class ConditionDetail(msgspec.Struct, frozen=True, gc=False, tag_field="detail", tag="condition"):
    severity: Coded


class ObservationDetail(msgspec.Struct, frozen=True, gc=False, tag_field="detail", tag="observation"):
    categories: tuple[str, ...] = ()
    interpretation: tuple[Coded, ...] = ()
    absent: Coded | None = None
    issued: str | None = None
    reference: tuple[QuantityRange, ...] = ()


class FamilyDetail(msgspec.Struct, frozen=True, gc=False, tag_field="detail", tag="family"):
    """``deceased`` is about the relative: a date, an age or words, True (dead), False or None."""

    relationship: Coded | None = None
    contributed_to_death: bool | None = None
    deceased: str | bool | None = None


Detail = MedicationDetail | AllergyDetail | ConditionDetail | ObservationDetail | FamilyDetail


class Provenance(msgspec.Struct, frozen=True, gc=False):
    """Where a fact came from. ``version`` is ``meta.versionId``, else a digest of the resource's content.

    ``part`` is the element inside the resource (``component[0]``), empty for the whole; ``recorded`` is when
    its source recorded it. The system time at which kgtwin learnt it is the revision of the write.
    """

    source: str
    resource: str
    version: str
    part: str = ""
    recorded: str | None = None


class Fact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One immutable fact. ``status`` and ``verification`` are the resource's own words."""

    id: str
    patient: str
    kind: FactKind
    code: Coded
    status: str | None = None
    verification: str | None = None
    when: Period = Period()
    value: Value | None = None
    detail: Detail | None = None
    encounter: str | None = None
    reasons: tuple[str, ...] = ()
    provenance: Provenance

    @property
    def coding(self) -> Coding:
        """The coding to show: the first received, else the text."""
        return self.code.codings[0] if self.code.codings else Coding(display=self.code.text)


def fact_id(patient: str, provenance: Provenance) -> str:
    """The id of a fact: the same resource version gives the same id.

    >>> fact_id("local|1", Provenance("local", "Condition/c1", "1"))
    'f-ff753b467f07e794'
    """
    p = provenance
    return "f-" + digest(patient, p.source, p.resource, p.part, p.version)


class Identifier(msgspec.Struct, frozen=True, gc=False):
    system: str | None = None
    value: str | None = None


class PatientRecord(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who the patient is, as received. ``deceased`` is a date, True (dead, date unknown), False or None.

    ``received`` is False for a patient known only from references.
    """

    key: str
    source: str
    id: str
    name: str | None = None
    gender: str | None = None
    birth_date: str | None = None
    deceased: str | bool | None = None
    identifiers: tuple[Identifier, ...] = ()
    links: tuple[str, ...] = ()
    active: bool | None = None
    received: bool = True
    provenance: Provenance | None = None


def to_json(value: Any) -> bytes:
    """Any model value as JSON; decimals as numbers.

    >>> to_json(Period("2020", None))
    b'{"start":"2020","end":null}'
    """
    return _ENCODER.encode(value)


def fact_from_json(data: bytes | str) -> Fact:
    """A fact that ``to_json`` wrote."""
    return _FACT.decode(data)


def patient_from_json(data: bytes | str) -> PatientRecord:
    """A patient record that ``to_json`` wrote."""
    return _PATIENT.decode(data)


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_FACT = msgspec.json.Decoder(Fact)
_PATIENT = msgspec.json.Decoder(PatientRecord)

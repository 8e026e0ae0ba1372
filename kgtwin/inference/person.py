"""What the Patient resource says of the patient: age and administrative sex."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from kgtwin.model.age import age_at
from kgtwin.model.axioms import Assertion, Class, ClassAssertion, DataPropertyAssertion
from kgtwin.model.fact import PatientRecord, Provenance
from kgtwin.vocabulary import FEMALE_PATIENT, HAS_AGE, MALE_PATIENT

PATIENT_INDIVIDUAL = "urn:kgtwin:patient"
_SEXES = {"female": FEMALE_PATIENT, "male": MALE_PATIENT}


class Stated(msgspec.Struct, frozen=True):
    """An element of the Patient resource on which an assertion rests, and how it was read."""

    patient: str
    provenance: Provenance
    text: str
    reason: str


def told_of(record: PatientRecord | None, at: datetime) -> Iterator[tuple[Assertion, Stated]]:
    """What is asserted about the patient: the sex where it is female or male, the age where a birth date is known."""
    origin = record.provenance if record is not None else None
    if record is None or origin is None:
        return
    sex = sex_of(record)
    if sex is not None:
        yield sex, Stated(record.key, origin, f"gender {record.gender}", "administrative sex")
    age = age_at(record.birth_date, at) if record.birth_date else None
    if age is not None:
        stated = Stated(record.key, origin, f"birth date {record.birth_date}", f"age {age} years at {at.date()}")
        yield DataPropertyAssertion(HAS_AGE, PATIENT_INDIVIDUAL, age), stated


def sex_of(record: PatientRecord) -> ClassAssertion | None:
    """What the administrative sex says, where it is female or male."""
    sex = _SEXES.get(record.gender or "")
    return ClassAssertion(PATIENT_INDIVIDUAL, Class(sex)) if sex is not None else None

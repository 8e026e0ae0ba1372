"""What the Patient resource says of the patient: age and administrative sex."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from kgtwin.model.age import age_at
from kgtwin.model.axioms import Assertion, Class, ClassAssertion, DataPropertyAssertion
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import PatientRecord, Provenance
from kgtwin.model.time import bounds, earliest, latest
from kgtwin.vocabulary import FEMALE_PATIENT, HAS_AGE, MALE_PATIENT

PATIENT_INDIVIDUAL = "urn:kgtwin:patient"
_SEXES = {"female": FEMALE_PATIENT, "male": MALE_PATIENT}
OLDEST = timedelta(days=366 * 130)
"""Longer than any life that is known: 122 years and 164 days (Jeanne Calment; general knowledge, not opened)."""


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


def coherent(record: PatientRecord | None) -> PatientRecord | None:
    """The record less a birth and a death that cannot both be true.

    Nothing tells which of the two is wrong. Without both the patient counts as alive and of unknown age: that hides
    no issue, and caveats name what the age would decide.
    """
    if record is None or record.birth_date is None or not isinstance(record.deceased, str):
        return record
    if latest(record.deceased) >= earliest(record.birth_date):
        return record
    return msgspec.structs.replace(record, birth_date=None, deceased=None)


def believed(record: PatientRecord | None, at: datetime) -> tuple[PatientRecord | None, tuple[Caveat, ...]]:
    """The record less the dates that cannot both be true, and what is wrong with its dates."""
    if record is None or record.birth_date is None:
        return record, ()
    born, died = record.birth_date, record.deceased
    touches = (record.provenance.resource if record.provenance else record.key,)
    alive = coherent(record)
    if alive is not record:
        text = f"born on {born}, after the death on {died}: neither date counts, and the patient counts as alive"
        caveat = Caveat(CaveatCode.IMPLAUSIBLE, text, touches, "correct birthDate or deceasedDateTime")
        return alive, (caveat,)
    if earliest(born) > at:
        text = f"born on {born}, after {at.date()}: the age is unknown"
        return record, (Caveat(CaveatCode.IMPLAUSIBLE, text, touches, "correct birthDate, or ask of a later time"),)
    if latest(born) < at - OLDEST:
        text = f"born on {born}: nobody is known to have lived so long"
        return record, (Caveat(CaveatCode.IMPLAUSIBLE, text, touches, "correct birthDate, or send the death"),)
    return record, ()


def differences(record: PatientRecord, other: PatientRecord) -> Iterator[Caveat]:
    """What two records of one person (``Patient.link``) say differently of birth and sex; silence is no difference."""
    touches = tuple(one.provenance.resource if one.provenance else one.key for one in (record, other))
    for name, mine, theirs in (
        ("birth date", record.birth_date, other.birth_date),
        ("administrative sex", record.gender, other.gender),
    ):
        if mine and theirs and not _agree(name, mine, theirs):
            text = f"{name} is {mine} here and {theirs} in the linked record {other.key}: this record's counts"
            yield Caveat(CaveatCode.IMPLAUSIBLE, text, touches, "correct one of them, or the link")


def _agree(name: str, mine: str, theirs: str) -> bool:
    """Partial dates agree where one admits the other."""
    if name != "birth date":
        return mine == theirs
    (first, last), (begin, end) = bounds(mine), bounds(theirs)
    return first <= end and begin <= last

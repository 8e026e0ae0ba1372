"""What the Patient resource says of the patient: age and administrative sex."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from kgtwin.model.axioms import Assertion, Class, ClassAssertion, DataPropertyAssertion, Interval
from kgtwin.model.fact import PatientRecord, Provenance
from kgtwin.model.time import bounds
from kgtwin.vocabulary import FEMALE_PATIENT, HAS_AGE, MALE_PATIENT

PATIENT_INDIVIDUAL = "urn:kgtwin:patient"
_SEXES = {"female": FEMALE_PATIENT, "male": MALE_PATIENT}
_DIGITS = Decimal("0.0001")


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


def age_at(born: str, at: datetime) -> Interval | None:
    """The age in years on the day of ``at`` (in UTC), an interval where the birth date is partial; None before birth.

    >>> today = datetime(2026, 3, 1, tzinfo=UTC)
    >>> str(age_at("2000-03-01", today)), str(age_at("2000", today))
    ('= 26', '≥ 25.1644 and ≤ 26.1616')
    """
    today = at.astimezone(UTC).date()
    first, last = (instant.date() for instant in bounds(born))
    if first > today:
        return None
    return Interval(_years(min(last, today), today), False, _years(first, today), False)


def _years(born: date, today: date) -> Decimal:
    """Birthdays passed, and the part of the year that has passed since; who was born on 29 February has 1 March."""
    whole = today.year - born.year - (_birthday(born, today.year) > today)
    last = _birthday(born, born.year + whole)
    length = (_birthday(born, born.year + whole + 1) - last).days
    part = (Decimal((today - last).days) / length).quantize(_DIGITS)
    return Decimal(whole) + part if part else Decimal(whole)


def _birthday(born: date, year: int) -> date:
    if year > date.max.year:
        return date.max
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)

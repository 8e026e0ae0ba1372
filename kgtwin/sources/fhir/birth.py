"""Ages as dates, where the birth date is in the same bundle."""

from __future__ import annotations

from decimal import Decimal

from kgtwin.errors import InvalidResourceError
from kgtwin.model.fact import Quantity
from kgtwin.model.time import bounds
from kgtwin.sources.fhir.context import Context
from kgtwin.sources.fhir.references import Target
from kgtwin.sources.fhir.structs import Patient
from kgtwin.terminology.units import convert

MAX_AGE = 150


def year_at_age(age: Quantity, context: Context) -> str | None:
    """The year in which the patient reached an age in UCUM years, months, weeks or days; None where that is unknown.

    The age must be exact (no comparator) and the birth date known to the year at least.
    """
    years = convert(age.value, age.ucum, "a") if age.ucum and not age.comparator else None
    born = _birth_date(context)
    if years is None or born is None or not 0 <= years <= MAX_AGE:
        return None
    try:
        first, last = bounds(born)
    except InvalidResourceError:
        return None
    reached = {_year_after(first.year, first.month, years), _year_after(last.year, last.month, years)}
    return f"{min(reached):04d}"


def _year_after(year: int, month: int, years: Decimal) -> int:
    return int(year + Decimal(month - 1) / 12 + years)


def _birth_date(context: Context) -> str | None:
    patient = context.patient.partition("|")[2]
    entry = context.bundle.references.entry(Target.of("Patient", patient))
    return entry.resource.birth_date if entry is not None and isinstance(entry.resource, Patient) else None

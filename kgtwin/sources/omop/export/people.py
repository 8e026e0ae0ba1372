"""PERSON, DEATH and OBSERVATION_PERIOD of a patient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kgtwin.model.fact import CodedValue, Fact, PatientRecord
from kgtwin.sources.omop.export.concepts import Concepts
from kgtwin.sources.omop.export.times import stamp
from kgtwin.sources.omop.persons import GENDERS

Cells = dict[str, Any]

EHR: Final = 32817
"""The type concept *EHR*: where rows come from is not known more exactly."""

_CONCEPTS: Final = {word: concept for concept, word in reversed(GENDERS.items())} | {"unknown": 8551}


def person_row(record: PatientRecord, number: int) -> Cells:
    """The row of PERSON. Race and ethnicity are not kept in a twin: 0."""
    born = (record.birth_date or "")[:10]
    year, month, day = (*born.split("-"), "", "", "")[:3]
    return {
        "person_id": number,
        "gender_concept_id": _CONCEPTS.get(record.gender or "", 0),
        "year_of_birth": year,
        "month_of_birth": month.lstrip("0"),
        "day_of_birth": day.lstrip("0"),
        "birth_datetime": f"{born} 00:00:00" if day else "",
        "race_concept_id": 0,
        "ethnicity_concept_id": 0,
        "person_source_value": _source_value(record),
        "gender_source_value": record.gender,
        "gender_source_concept_id": 0,
    }


def _source_value(record: PatientRecord) -> str:
    """The identifier that OMOP gave, else the patient's id at its source."""
    if record.provenance is not None and record.provenance.resource.startswith("person/"):
        return next((i.value for i in record.identifiers if i.value), "")
    return record.id


def death_row(record: PatientRecord, number: int, cause: Fact | None, concepts: Concepts) -> Cells | None:
    """The row of DEATH, None of who is not dead; without a date where it is not known."""
    if record.deceased in (None, False):
        return None
    when = stamp(record.deceased if isinstance(record.deceased, str) else None)
    cells: Cells = {
        "person_id": number,
        "death_date": when.date,
        "death_datetime": when.datetime,
        "death_type_concept_id": EHR,
    }
    if cause is not None and isinstance(cause.value, CodedValue):
        named = concepts.named(cause.value.value)
        cells |= {
            "cause_concept_id": named.concept,
            "cause_source_value": named.source_value,
            "cause_source_concept_id": named.source_concept,
        }
    return cells


def period_row(number: int, person: int, dates: Iterable[str]) -> Cells | None:
    """The row of OBSERVATION_PERIOD: from the first date of the person's rows to the last."""
    known = sorted(date for date in dates if date)
    if not known:
        return None
    return {
        "observation_period_id": number,
        "person_id": person,
        "observation_period_start_date": known[0],
        "observation_period_end_date": known[-1],
        "period_type_concept_id": EHR,
    }

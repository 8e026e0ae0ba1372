"""Small OMOP tables for tests: rows as dictionaries, columns from the specification."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.problem import Problem
from kgtwin.model.submission import Submission
from kgtwin.sources import omop
from kgtwin.sources.omop.tables import TABLES
from kgtwin.terminology import Terminology

PERSON = {
    "person_id": 1,
    "gender_concept_id": 8507,
    "year_of_birth": 1950,
    "month_of_birth": 5,
    "day_of_birth": 17,
    "race_concept_id": 0,
    "ethnicity_concept_id": 0,
}
"""A man born on 17 May 1950."""


def concept(
    number: int,
    code: str,
    name: str,
    domain: str = "Condition",
    vocabulary: str = "SNOMED",
    kind: str = "",
    s: str = "S",
) -> dict[str, Any]:
    """A row of CONCEPT."""
    return {
        "concept_id": number,
        "concept_name": name,
        "domain_id": domain,
        "vocabulary_id": vocabulary,
        "concept_class_id": kind or {"Condition": "Clinical Finding"}.get(domain, domain),
        "standard_concept": s,
        "concept_code": code,
        "valid_start_date": "1970-01-01",
        "valid_end_date": "2099-12-31",
    }


def maps_to(one: int, other: int, invalid: str = "") -> dict[str, Any]:
    """A row of CONCEPT_RELATIONSHIP."""
    return {"concept_id_1": one, "concept_id_2": other, "relationship_id": "Maps to", "invalid_reason": invalid}


def write_tables(folder: Path, tables: Mapping[str, Any], *, delimiter: str = ",", suffix: str = ".csv") -> Path:
    """Write tables as text, with all columns of the specification."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = [column.name for column in TABLES[name].columns]
        path = folder / f"{name.upper()}{suffix}"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
    return folder


def submissions(folder: Path | str, **options: Any) -> list[Submission]:
    """What is read of a path."""
    return list(omop.read(str(folder), source="omop", terminology=Terminology(), **options))


def facts_of(found: Iterable[Submission]) -> dict[str, Fact]:
    """The facts by resource."""
    return {r.resource: fact for one in found for r in one.resources for fact in r.facts}


def records_of(found: Iterable[Submission]) -> dict[str, PatientRecord]:
    """The records by key."""
    return {r.record.key: r.record for one in found for r in one.resources if r.record is not None}


def problems_of(found: Iterable[Submission]) -> list[Problem]:
    """All problems."""
    return [problem for one in found for problem in one.problems]


def one_fact(folder: Path, table: str, row: Mapping[str, Any], *concepts: dict[str, Any], **more: Any) -> Fact:
    """The fact of one row about the person; its key is 1 unless it says otherwise."""
    key = TABLES[table].key
    tables: dict[str, Any] = {"person": [PERSON], table: [{key: 1, "person_id": 1, **row}], "concept": concepts, **more}
    return facts_of(submissions(write_tables(folder, tables)))[f"{table}/{row.get(key, 1)}"]

"""Every patient's rows, in the specification's columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.model.fact import Fact, FactKind, PatientRecord
from kgtwin.sources.omop.export.concepts import Concepts
from kgtwin.sources.omop.export.events import Event, LeftOut, event, lost
from kgtwin.sources.omop.export.files import Folder
from kgtwin.sources.omop.export.numbering import Numbering
from kgtwin.sources.omop.export.people import Cells, death_row, period_row, person_row
from kgtwin.sources.omop.locating import locate

VERSION: Final = 756265
"""The concept of CDM 5.4.0."""

_STEMS: Final = {
    "visit_occurrence": ("visit_start", "visit_end"),
    "condition_occurrence": ("condition_start", "condition_end"),
    "drug_exposure": ("drug_exposure_start", "drug_exposure_end"),
    "procedure_occurrence": ("procedure", "procedure_end"),
    "measurement": ("measurement", ""),
    "observation": ("observation", ""),
}
"""Table to the stems of its date columns."""


class Report(msgspec.Struct):
    """What was written, by table; what was left out, by reason; codes without a concept (0 without a vocabulary)."""

    rows: Counter[str] = msgspec.field(default_factory=Counter)
    left_out: Counter[str] = msgspec.field(default_factory=Counter)
    without_concept: int = 0
    without_end: int = 0


class Export:
    """One export into a folder that does not exist yet, or is empty.

    Raises:
        UsageError: if there is something in the folder, the form is unknown, or the vocabulary is not there.
    """

    def __init__(self, path: Path, *, form: str = "csv", vocabulary: str | None = None, today: date) -> None:
        self.report = Report()
        self._concepts = Concepts(set(), {}, {})
        self._vocabulary = vocabulary
        self._holding = locate(vocabulary) if vocabulary else None
        self._today = today
        self._numbers = Numbering()
        self._folder = Folder(path, form)

    def survey(self, record: PatientRecord, facts: Sequence[Fact]) -> None:
        """Learn a patient's codes and numbers."""
        self._numbers.survey(record, facts)
        for fact in facts:
            self._concepts.note(fact)

    def surveyed(self) -> None:
        """Look the codes up, once every patient was surveyed.

        Raises:
            InputError: if the vocabulary cannot be read.
        """
        if self._holding is not None:
            self._concepts.load(self._holding)
            self._holding.close()

    def write(self, record: PatientRecord, facts: Sequence[Fact]) -> None:
        """Write a patient's rows."""
        person = self._numbers.person(record)
        self._put("person", person_row(record, person))
        cause = next((fact for fact in facts if fact.provenance.resource.startswith("death/")), None)
        self._put("death", death_row(record, person, cause, self._concepts))
        dates = self._events(person, [fact for fact in facts if fact is not cause])
        number = self._numbers.next("observation_period")
        self._put("observation_period", period_row(number, person, dates))

    def close(self) -> Report:
        """Write CDM_SOURCE and let the folder appear."""
        self._put("cdm_source", self._source())
        self._folder.close()
        return self.report

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._folder.abandon()

    def _events(self, person: int, facts: Iterable[Fact]) -> list[str]:
        """The rows of the events, visits first, for the others refer to them; their dates."""
        visits: dict[str, int] = {}
        dates = []
        for fact in sorted(facts, key=lambda fact: fact.kind is not FactKind.ENCOUNTER):
            try:
                found = event(fact, self._concepts)
            except LeftOut as reason:
                self.report.left_out[str(reason)] += 1
                continue
            self.report.left_out.update(lost(fact))
            number = self._numbers.row(found.table, fact)
            if fact.kind is FactKind.ENCOUNTER:
                visits[fact.provenance.resource] = number
            visit = visits.get(fact.encounter or "")
            self._put(found.table, self._row(found, number, person, visit))
            dates += [found.start.date, found.end.date]
        return dates

    def _row(self, found: Event, number: int, person: int, visit: int | None) -> Cells:
        start, end = _STEMS[found.table]
        cells: Cells = {
            "visit_occurrence_id": visit,
            f"{found.table}_id": number,
            "person_id": person,
            f"{start}_date": found.start.date,
            f"{start}_datetime": found.start.datetime,
        }
        if end:
            cells |= {f"{end}_date": found.end.date, f"{end}_datetime": found.end.datetime}
        self._note(found)
        return found.cells | cells

    def _note(self, found: Event) -> None:
        concept = f"{found.table.partition('_')[0]}_concept_id"
        self.report.without_concept += not found.cells.get(concept)
        self.report.without_end += found.table in {"drug_exposure", "visit_occurrence"} and not found.end.date

    def _put(self, table: str, cells: Cells | None) -> None:
        if cells is not None:
            self._folder.tables[table].write(cells)
            self.report.rows[table] += 1

    def _source(self) -> Cells:
        return {
            "cdm_source_name": "kgtwin",
            "cdm_source_abbreviation": "kgtwin",
            "cdm_holder": "unknown",
            "source_description": "The current facts of a kgtwin store, as facts of patients; not clinically validated",
            "cdm_etl_reference": "kgtwin export omop",
            "source_release_date": self._today.isoformat(),
            "cdm_release_date": self._today.isoformat(),
            "cdm_version": "5.4",
            "cdm_version_concept_id": VERSION,
            "vocabulary_version": self._concepts.version,
        }

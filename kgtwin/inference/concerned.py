"""Whom of many patients a statement, a rule or a class concerns: `explaining.whynot` asks it of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from kgtwin.inference.columns import Finder, many
from kgtwin.inference.columns.cohort import Cohort
from kgtwin.inference.explaining.whynot import Case, Question, is_of, silences
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.inference.population import Patient, Row, Rows


class Concerned(msgspec.Struct, frozen=True, order=True):
    """A patient who is what was asked. ``issues`` are the ids of what a statement or a rule raises, ``facts`` of what
    these rest on; a class that raises nothing has neither.
    """

    patient: str
    issues: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class Asking:
    """Asks the same of one portion of patients after the other. ``unverified``: as of `infer`.

    A statement is asked of sets of patients (see `columns.cohort`), and then of those alone whom it may concern; rules
    and other classes are asked patient by patient.
    """

    def __init__(self, question: Question, finder: Finder, *, unverified: bool = True) -> None:
        self._question, self._finder, self._unverified = question, finder, unverified
        self._rows = Rows(finder, unverified=unverified)
        knowledge, iri = finder.knowledge, question.iri or ""
        self._statement, self._rule = knowledge.statements.get(iri), knowledge.rules.called(iri)
        self.silent = next(silences(question, knowledge, unverified=unverified), None)
        """Why nobody can be found, whatever the facts are."""

    def of(self, patients: Sequence[Patient], at: datetime) -> list[Concerned]:
        """Those of some patients who are what was asked, by key."""
        asked = self._statement or self._rule
        if self.silent is not None:
            return []
        if asked is None:
            return sorted(Concerned(one[0].key) for one in patients if self._is_of(one, at))
        if self._statement is not None and self._finder.obstacle is None:
            patients = self._perhaps(self._statement, patients, at)
        rows = [row for row in self._rows.of(patients, at) if row.statement == asked.curie]
        return [_together(key, of_one) for key, of_one in groupby(rows, key=lambda row: row.patient)]

    def _is_of(self, patient: Patient, at: datetime) -> bool:
        record, facts = patient
        case = Case(
            patient=record.key,
            record=record,
            facts=facts,
            knowledge=self._finder.knowledge,
            at=at,
            revision=0,
            unverified=self._unverified,
        )
        return is_of(case, self._question)

    def _perhaps(self, statement: Statement, patients: Sequence[Patient], at: datetime) -> list[Patient]:
        """Those whom a statement concerns, and those of whom that is undecided."""
        rows = many(self._finder.columns(record, facts) for record, facts in patients)
        found = Cohort(self._finder, rows, at).concerned([statement])
        return [patients[one] for one in sorted({*found.pairs[:, 0].tolist(), *found.undecided.tolist()})]


def _together(patient: str, rows: Iterable[Row]) -> Concerned:
    found = tuple(rows)
    return Concerned(
        patient, tuple(row.issue for row in found), tuple(sorted({fact for row in found for fact in row.facts}))
    )

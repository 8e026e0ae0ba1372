"""Issues of one patient or many, found on rows of numbers: who is concerned by which statement, by which facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import ROUND_CEILING
from functools import cached_property
from itertools import accumulate
from threading import RLock
from typing import Final

import msgspec
import numpy as np

from kgtwin.inference.columns.encoding import Encoder
from kgtwin.inference.columns.gains import Gains
from kgtwin.inference.columns.rows import DIED, Columns, Many, single
from kgtwin.inference.columns.scale import Scale
from kgtwin.inference.columns.searching import Found, Holding, Search, micros_and_day
from kgtwin.inference.columns.tables import Compiler, Tables, in_micros, span_of_key
from kgtwin.inference.columns.work import (
    I_CONCEPTS,
    I_FACTS,
    I_FACTS_END,
    I_MEDICINES,
    I_OTHERS,
    I_PATIENT,
    I_STATEMENT,
)
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.reading import Reading
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import DataPropertyAssertion
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Provenance
from kgtwin.model.issue import issue_id
from kgtwin.vocabulary import HAS_AGE, HAS_VALUE


class Finding(msgspec.Struct, frozen=True):
    """An issue without its words: a statement, CURIEs of ingredients and conditions, and the facts by their places."""

    patient: int
    statement: Statement
    ingredients: frozenset[str]
    conditions: frozenset[str]
    facts: tuple[int, ...]

    def id_for(self, patient: str) -> str:
        """The id of the issue, for the patient's key."""
        return issue_id(patient, self.statement.curie, self.ingredients, self.conditions)


class Finder:
    """Finds issues by one knowledge. ``obstacle`` says why it cannot, where it cannot: `infer` always can.

    Threads may share it: each searches with a `Search` of its own.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.gains = Gains(knowledge)
        additive = self.gains.additive
        self._values, self._ages = Scale(additive.ranges(HAS_VALUE)), Scale(additive.ranges(HAS_AGE))
        numbers = None if self._values.fits and self._ages.fits else "the ontology asks for other than decimal numbers"
        self.obstacle: str | None = additive.obstacle or numbers
        self.encoder = Encoder(self.gains, self._values)
        self._lasting = [
            (role, iri)
            for iri in knowledge.analytes
            for role in knowledge.roles.persistent
            if (role, iri) in knowledge.asked
        ]
        self._compiler = self._made_compiler()
        self._spans: dict[int, int] = {}
        self._tables: Tables | None = None
        self._made_for = (-1, -1)
        self.lock: Final = RLock()
        """Held by whoever reads facts into rows: that may take new gains."""
        self._idle: list[Search] = []

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements by their numbers."""
        return self._compiler.statements

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The numbers of statements, by their IRIs."""
        return {one.iri: number for number, one in enumerate(self.statements)}

    def columns(self, record: PatientRecord | None, facts: Iterable[Fact]) -> Columns:
        """A patient's rows."""
        with self.lock:
            return self.encoder.columns(record, facts)

    def find(self, columns: Columns, at: datetime) -> tuple[Finding, ...] | None:
        """The issues of one patient; None where `infer` has to find them."""
        if self.obstacle:
            return None
        with self.searching() as search:
            found = next(search.found(single(columns), at), None)
        if found is None:
            return ()
        return None if len(found.wholes) else tuple(self.findings(found, (columns,)))

    def look(self, columns: Columns, at: datetime) -> tuple[tuple[Finding, ...], Holding | None] | None:
        """The issues of one patient, and what counts of one who lives; None where `infer` has to find them."""
        if self.obstacle:
            return None
        if columns.person[0, DIED] <= micros_and_day(at)[0]:
            return (), None
        search = self._lent()
        try:
            looked = search.looked(columns, at)
            return None if looked is None else (tuple(self.findings(looked[0], (columns,))), looked[1])
        finally:
            self._idle.append(search)

    def found(self, patients: Many, at: datetime) -> Iterator[Found]:
        """The issues of patients in a row, in portions; whoever is in none has no issue."""
        with self.searching() as search:
            yield from search.found(patients, at)

    @contextmanager
    def searching(self) -> Iterator[Search]:
        """A search that nobody else uses meanwhile; its memory is kept for whoever is next."""
        search = self._lent()
        try:
            yield search
        finally:
            self._idle.append(search)

    def _lent(self) -> Search:
        try:
            return self._idle.pop()
        except IndexError:
            return Search(self)

    def findings(self, found: Found, patients: Sequence[Columns]) -> Iterator[Finding]:
        """The rows of issues as values; facts by their places among those that each patient's rows were made of."""
        names, statements = self.gains.names, self.statements
        firsts = [_firsts(patients, kind) for kind in range(3)]
        concepts, of_facts = found.concepts.tolist(), found.facts.tolist()
        for row in found.issues.tolist():
            patient, first = row[I_PATIENT], row[I_CONCEPTS]
            middle = first + row[I_MEDICINES]
            columns = patients[patient]
            of_rows = (columns.of_spans, columns.of_observed, columns.of_results)
            facts: list[int] = []
            for kind, start, end in of_facts[row[I_FACTS] : row[I_FACTS_END]]:
                own = firsts[kind][patient]
                facts += of_rows[kind][start - own : end - own]
            yield Finding(
                patient,
                statements[row[I_STATEMENT]],
                frozenset([names[one] for one in concepts[first:middle]]),
                frozenset([names[one] for one in concepts[middle : middle + row[I_OTHERS]]]),
                tuple(dict.fromkeys(facts)),
            )

    # for searches

    def tables(self) -> Tables:
        """The arrays for all gains so far: the same ones as long as there are no others."""
        with self.lock:
            made_for = len(self.gains), len(self._spans)
            if self._tables is None or self._made_for != made_for:
                self._tables, self._made_for = self._compiler.tables(self._spans), made_for
            return self._tables

    def heads(self, fired: Iterable[int]) -> tuple[int, ...]:
        """The atoms that follow from conjunctions, by the numbers of these."""
        conjunctions = self._compiler.rules.conjunctions
        return tuple(dict.fromkeys(conjunctions[number][1] for number in fired))

    def learn(self, keys: Iterable[int]) -> None:
        """Works out gains by an age or a lasting result."""
        with self.lock:
            for key in keys:
                if key not in self._spans:
                    self._spans[key] = self._gain_of_span(key)

    def _gain_of_span(self, key: int) -> int:
        what, low, high = span_of_key(key)
        if what == 0:
            age = DataPropertyAssertion(HAS_AGE, PATIENT_INDIVIDUAL, self._ages.interval(low, high))
            return self.gains.of_person(key, (age,))
        role, iri = self._lasting[what - 1]
        interval = self._values.interval(low, high)
        lasted = Selected(_NOTHING, role, "", classes=(iri,), part=f"/{role}")
        return self.gains.of_readings(key, (Reading(lasted, self.knowledge.analytes[iri], interval, (interval,)),))

    def _made_compiler(self) -> Compiler:
        by_analyte: dict[str, list[int]] = {iri: [] for iri in self.knowledge.analytes}
        for number, (_, iri) in enumerate(self._lasting):
            by_analyte[iri].append(number)
        lasting_for = in_micros(self.knowledge.roles.persistent[role] for role, _ in self._lasting)
        cuts = [cut * 10_000 for cut in self._ages.cuts]
        rounded = np.array([int(cut.to_integral_value(ROUND_CEILING)) for cut in cuts], np.int64)
        exact = np.array([cut == cut.to_integral_value() for cut in cuts], np.uint8)
        return Compiler(self.gains, by_analyte.values(), lasting_for, (rounded, exact))


_NOTHING = Fact(
    id="",
    patient="",
    kind=FactKind.OBSERVATION,
    code=Coded(),
    provenance=Provenance(source="", resource="", version=""),
)


def _firsts(patients: Sequence[Columns], kind: int) -> list[int]:
    """The first row of each patient, by kind of row."""
    if len(patients) == 1:
        return [0]
    return [0, *accumulate(len((one.spans, one.observed, one.results)[kind]) for one in patients)]

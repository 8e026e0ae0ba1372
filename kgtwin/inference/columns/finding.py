"""Issues of one patient or many, found on rows of numbers: who is concerned by which statement, by which facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import ROUND_CEILING
from itertools import accumulate
from threading import RLock

import msgspec
import numpy as np

from kgtwin.inference.columns.encoding import Encoder, micros, today
from kgtwin.inference.columns.gains import Gains
from kgtwin.inference.columns.growing import Ints
from kgtwin.inference.columns.kernel import find
from kgtwin.inference.columns.rows import Columns, Many, single
from kgtwin.inference.columns.scale import Scale
from kgtwin.inference.columns.tables import Compiler, Longs, Tables, in_micros, span_of_key
from kgtwin.inference.columns.work import (
    CONCEPTS,
    FACTS,
    FULL,
    I_CONCEPTS,
    I_FACTS,
    I_FACTS_END,
    I_MEDICINES,
    I_OTHERS,
    I_PATIENT,
    I_STATEMENT,
    ISSUES,
    MISSES,
    WHOLES,
    Out,
    Work,
    fits,
    out_for,
    work_for,
)
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.reading import Reading
from kgtwin.inference.selection import Selected
from kgtwin.inference.statements import Statement
from kgtwin.jit import Bound, bound
from kgtwin.model.axioms import DataPropertyAssertion
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Provenance
from kgtwin.model.issue import issue_id
from kgtwin.vocabulary import HAS_AGE, HAS_VALUE

AHEAD = 50_000
"""So many patients are looked through for missing gains at once."""


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


class Found(msgspec.Struct, frozen=True):
    """What was found of patients in a row: rows of issues (I, 7) with their ``facts`` (F, 3) and ``concepts`` (C,) (see
    `kgtwin.inference.columns.work.Out`), and the patients that `infer` has to look at (``wholes``).
    """

    issues: Longs
    facts: Longs
    concepts: Ints
    wholes: Longs


class Finder:
    """Finds issues by one knowledge. ``obstacle`` says why it cannot, where it cannot: `infer` always can."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.gains = Gains(knowledge)
        additive = self.gains.additive
        self._values, self._ages = Scale(additive.ranges(HAS_VALUE)), Scale(additive.ranges(HAS_AGE))
        numbers = None if self._values.fits and self._ages.fits else "the ontology asks for other than decimal numbers"
        self.obstacle: str | None = additive.obstacle or numbers
        self._encoder = Encoder(self.gains, self._values)
        self._lasting = [
            (role, iri)
            for iri in knowledge.analytes
            for role in knowledge.roles.persistent
            if (role, iri) in knowledge.asked
        ]
        self.compiler = self._compiler()
        self._spans: dict[int, int] = {}
        self._ready: _Ready | None = None
        self._lock = RLock()

    def columns(self, record: PatientRecord | None, facts: Iterable[Fact]) -> Columns:
        """A patient's rows."""
        with self._lock:
            return self._encoder.columns(record, facts)

    def find(self, columns: Columns, at: datetime) -> tuple[Finding, ...] | None:
        """The issues of one patient; None where `infer` has to find them."""
        with self._lock:
            found = next(self.found(single(columns), at), None)
        if found is None:
            return ()
        return None if len(found.wholes) else tuple(self.findings(found, (columns,)))

    def found(self, patients: Many, at: datetime) -> Iterator[Found]:
        """The issues of patients in a row, in portions; whoever is in none has no issue."""
        moment = micros(at), today(at)
        first, last = 0, len(patients)
        while first < last:
            ready = self._prepared(patients)
            first = ready.run(patients, first, last, moment)
            some = ready.copied()
            if some is not None:
                yield some
            if ready.misses:
                self._learn(ready.misses)
                self._look_ahead(patients, first, min(first + AHEAD, last), moment)
            elif first < last and some is None:
                self._ready = _Ready(ready.tables, ready.work, out_for(len(ready.out.issues)), ready.made_for)

    def _look_ahead(self, patients: Many, first: int, last: int, moment: Moment) -> None:
        """Works out the gains by intervals that patients will need, all at once."""
        while first < last:
            ready = self._prepared(patients)
            first = ready.run(patients, first, last, moment, ahead=True)
            self._learn(ready.misses)

    def _learn(self, keys: Iterable[int]) -> None:
        """Works out gains by an age or a lasting result."""
        for key in keys:
            what, low, high = span_of_key(key)
            if what == 0:
                age = DataPropertyAssertion(HAS_AGE, PATIENT_INDIVIDUAL, self._ages.interval(low, high))
                self._spans[key] = self.gains.of_person(key, (age,))
            else:
                role, iri = self._lasting[what - 1]
                interval = self._values.interval(low, high)
                lasted = Selected(_NOTHING, role, "", classes=(iri,), part=f"/{role}")
                reading = Reading(lasted, self.knowledge.analytes[iri], interval, (interval,))
                self._spans[key] = self.gains.of_readings(key, (reading,))

    # results

    def findings(self, found: Found, patients: Sequence[Columns]) -> Iterator[Finding]:
        """The rows of issues as values; facts by their places among those that each patient's rows were made of."""
        names = self.gains.names
        firsts = [_firsts(patients, kind) for kind in range(3)]
        for row in found.issues.tolist():
            patient, first = row[I_PATIENT], row[I_CONCEPTS]
            middle = first + row[I_MEDICINES]
            columns = patients[patient]
            of_rows = (columns.of_spans, columns.of_observed, columns.of_results)
            facts: dict[int, None] = {}
            for kind, start, end in found.facts[row[I_FACTS] : row[I_FACTS_END]].tolist():
                own = firsts[kind][patient]
                facts.update(dict.fromkeys(of_rows[kind][start - own : end - own]))
            yield Finding(
                patient,
                self.compiler.statements[row[I_STATEMENT]],
                frozenset(names[one] for one in found.concepts[first:middle].tolist()),
                frozenset(names[one] for one in found.concepts[middle : middle + row[I_OTHERS]].tolist()),
                tuple(facts),
            )

    # inside

    def _prepared(self, patients: Many) -> _Ready:
        """Arrays for all gains so far, and memory that is large enough for each of the patients."""
        ready = self._ready
        made_for = len(self.gains), len(self._spans)
        if ready is not None and ready.made_for == made_for and fits(ready.work, ready.tables, patients):
            return ready
        tables = self.compiler.tables(self._spans)
        keeps = ready is not None and fits(ready.work, tables, patients)
        work = ready.work if ready is not None and keeps else work_for(tables, patients)
        out = out_for(len(patients)) if ready is None else ready.out
        self._ready = _Ready(tables, work, out, made_for)
        return self._ready

    def _compiler(self) -> Compiler:
        by_analyte: dict[str, list[int]] = {iri: [] for iri in self.knowledge.analytes}
        for number, (_, iri) in enumerate(self._lasting):
            by_analyte[iri].append(number)
        lasting_for = in_micros(self.knowledge.roles.persistent[role] for role, _ in self._lasting)
        cuts = [cut * 10_000 for cut in self._ages.cuts]
        rounded = np.array([int(cut.to_integral_value(ROUND_CEILING)) for cut in cuts], np.int64)
        exact = np.array([cut == cut.to_integral_value() for cut in cuts], np.uint8)
        return Compiler(self.gains, by_analyte.values(), lasting_for, (rounded, exact))


Moment = tuple[int, int]
"""Microseconds and the day of an evaluation time."""


class _Ready:
    """The compiled search with its arrays; one call at a time."""

    def __init__(self, tables: Tables, work: Work, out: Out, made_for: Moment) -> None:
        self.tables, self.work, self.out, self.made_for = tables, work, out, made_for
        self._find: Bound = bound(find, tables, work, out)

    def run(self, patients: Many, first: int, last: int, moment: Moment, *, ahead: bool = False) -> int:
        """The first patient that was not dealt with."""
        self.work.reg[_FROM_START] = 0
        found = self._find(patients, first, last, *moment, int(ahead))
        assert found is not None, "the search says where it stopped"
        return found

    @property
    def misses(self) -> list[int]:
        """The keys of the gains that are missing."""
        found: list[int] = self.out.misses[: self.work.reg[MISSES]].tolist()
        return found

    def copied(self) -> Found | None:
        """What was found, None where that is nothing."""
        reg, out = self.work.reg, self.out
        if not reg[ISSUES] and not reg[WHOLES]:
            return None
        return Found(
            out.issues[: reg[ISSUES]].copy(),
            out.facts[: reg[FACTS]].copy(),
            out.concepts[: reg[CONCEPTS]].copy(),
            out.wholes[: reg[WHOLES]].copy(),
        )


_FROM_START = [ISSUES, FACTS, CONCEPTS, WHOLES, MISSES, FULL]
_NOTHING = Fact(
    id="",
    patient="",
    kind=FactKind.OBSERVATION,
    code=Coded(),
    provenance=Provenance(source="", resource="", version=""),
)


def _firsts(patients: Sequence[Columns], kind: int) -> list[int]:
    """The first row of each patient, by kind of row."""
    return [0, *accumulate(len((one.spans, one.observed, one.results)[kind]) for one in patients)]

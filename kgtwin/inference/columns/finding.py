"""Issues of one patient or many, found on rows of numbers: who is concerned by which statement, by which facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import ROUND_CEILING
from functools import cached_property, lru_cache
from itertools import accumulate
from threading import RLock

import msgspec
import numpy as np

from kgtwin.inference.columns.encoding import Encoder, today
from kgtwin.inference.columns.gains import Gains
from kgtwin.inference.columns.growing import Ints
from kgtwin.inference.columns.kernel import find, gather, told
from kgtwin.inference.columns.rows import DIED, Columns, Many, Most, single
from kgtwin.inference.columns.scale import Scale
from kgtwin.inference.columns.tables import Compiler, Longs, Tables, in_micros, span_of_key
from kgtwin.inference.columns.work import (
    CONCEPTS,
    FACTS,
    FIRED,
    FULL,
    I_CONCEPTS,
    I_FACTS,
    I_FACTS_END,
    I_MEDICINES,
    I_OTHERS,
    I_PATIENT,
    I_STATEMENT,
    IS_WHOLE,
    ISSUES,
    MISSES,
    SELECTED,
    WHOLES,
    Out,
    Work,
    fits,
    out_for,
    work_for,
)
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.reading import Reading
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import micros
from kgtwin.jit import Bound, bound
from kgtwin.model.axioms import DataPropertyAssertion
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, FactKind, PatientRecord, Provenance
from kgtwin.model.issue import issue_id
from kgtwin.vocabulary import HAS_AGE, HAS_VALUE

AHEAD = 50_000
"""So many patients are looked through for missing gains at once."""
COUNTING = 1 << 18
"""What counts is told in portions of so many rows."""


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


class Holding(msgspec.Struct, frozen=True, dict=True):
    """What counts of one patient at a moment (in microseconds): ``rows`` (N, 4) are gains with the kind of row (-1: the
    record) and the patient's rows from one to before another; ``heads`` the atoms that follow from conjunctions.
    """

    moment: int
    rows: Longs
    heads: tuple[int, ...]

    @cached_property
    def selected(self) -> tuple[tuple[int, int, int, int], ...]:
        """The rows as tuples."""
        return tuple(map(tuple, self.rows.tolist()))


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
        self._lock = RLock()
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
        with self._lock:
            return self.encoder.columns(record, facts)

    def find(self, columns: Columns, at: datetime) -> tuple[Finding, ...] | None:
        """The issues of one patient; None where `infer` has to find them."""
        with self.searching() as search:
            found = next(search.found(single(columns), at), None)
        if found is None:
            return ()
        return None if len(found.wholes) else tuple(self.findings(found, (columns,)))

    def look(self, columns: Columns, at: datetime) -> tuple[tuple[Finding, ...], Holding | None] | None:
        """The issues of one patient, and what counts of one who lives; None where `infer` has to find them."""
        if columns.person[0, DIED] <= _moment(at)[0]:
            return (), None
        with self.searching() as search:
            found, holding = search.looked(columns, at)
        if holding is None:
            return None
        return (() if found is None else tuple(self.findings(found, (columns,)))), holding

    def found(self, patients: Many, at: datetime) -> Iterator[Found]:
        """The issues of patients in a row, in portions; whoever is in none has no issue."""
        with self.searching() as search:
            yield from search.found(patients, at)

    @contextmanager
    def searching(self) -> Iterator[Search]:
        """A search that nobody else uses meanwhile; its memory is kept for whoever is next."""
        try:
            search = self._idle.pop()
        except IndexError:
            search = Search(self)
        try:
            yield search
        finally:
            self._idle.append(search)

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
        with self._lock:
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
        with self._lock:
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


class Search:
    """The compiled search with the memory that it works in: one thread at a time."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._tables: Tables | None = None
        self._work: Work | None = None
        self._out: Out | None = None
        self._find: Bound | None = None
        self._tell: Bound | None = None
        self._most: Most | None = None

    def found(self, patients: Many, at: datetime, first: int = 0, last: int | None = None) -> Iterator[Found]:
        """The issues of the patients from ``first`` to before ``last``, in portions."""
        moment = _moment(at)
        last = patients.size if last is None else last
        while first < last:
            first = self._run(patients, first, last, moment)
            some, missing = self._copied(), self._missing()
            if some is not None:
                yield some
            if missing:
                self._finder.learn(missing)
                self._look_ahead(patients, first, min(first + AHEAD, last), moment)
            elif first < last and some is None:
                self._make_room()

    def holding(self, patients: Many, number: int, at: datetime) -> Holding | None:
        """What counts of a patient who lives, by number; None of one that `infer` has to look at."""
        moment = _moment(at)
        while True:
            self._prepared(patients)
            assert self._tell is not None
            assert self._work is not None
            self._work.reg[_FROM_START] = 0
            count = self._tell(patients, number, *moment)
            assert count is not None, "it says how many"
            if count >= 0:
                break
            self._finder.learn(self._missing())
        ends = (patients.span_ends, patients.observed_ends, patients.result_ends)
        return self._held(count, moment[0], [int(one[number]) for one in ends])

    def looked(self, one: Columns, at: datetime) -> tuple[Found | None, Holding | None]:
        """The issues of one patient who lives, if there are any, and what counts: None of one that `infer` has to look
        at.
        """
        patients, moment = single(one), _moment(at)
        self._run(patients, 0, 1, moment)
        assert self._work is not None
        if self._work.reg[MISSES] or self._work.reg[FULL]:
            found = next(self.found(patients, at), None)
        else:
            found = self._copied()
        return found, self._held(int(self._work.reg[SELECTED]), moment[0], ())

    def _held(self, count: int, moment: int, firsts: Sequence[int]) -> Holding | None:
        """``firsts`` are the patient's first rows by kind."""
        work = self._work
        assert work is not None
        if work.reg[IS_WHOLE]:
            return None
        fired = work.fired[: work.reg[FIRED]].tolist()
        rows = work.selected[:count].copy()
        for kind, first in enumerate(firsts):
            if first:
                rows[rows[:, 1] == kind, 2:] -= first
        return Holding(moment, rows, self._finder.heads(fired))

    def counting(self, patients: Many, at: datetime) -> Iterator[tuple[Ints, Longs]]:
        """What counts of patients at a moment, in portions: rows (N, 2) of a gain and a patient, in their order; and
        the patients who contradict themselves, of whom nothing is said.
        """
        moment, first = _moment(at), 0
        while first < patients.size:
            self._prepared(patients)
            assert self._work is not None
            room = np.empty((max(COUNTING, len(self._work.selected)), 2), np.int32)
            self._work.reg[_FROM_START] = 0
            gathering = bound(gather, self._tables, self._work, self._out)
            reached = gathering(patients, first, patients.size, *moment, room)
            assert reached is not None, "the search says where it stopped"
            yield room[: self._work.reg[FACTS]].copy(), self._wholes()
            missing, first = self._missing(), reached
            if missing:
                self._finder.learn(missing)
                self._look_ahead(patients, first, min(first + AHEAD, patients.size), moment)

    def _look_ahead(self, patients: Many, first: int, last: int, moment: tuple[int, int]) -> None:
        """Works out the gains by intervals that patients will need, all at once."""
        while first < last:
            first = self._run(patients, first, last, moment, ahead=True)
            self._finder.learn(self._missing())

    def _run(self, patients: Many, first: int, last: int, moment: tuple[int, int], *, ahead: bool = False) -> int:
        """The first patient that was not dealt with."""
        find = self._prepared(patients)
        assert self._work is not None
        self._work.reg[_FROM_START] = 0
        reached = find(patients, first, last, *moment, int(ahead))
        assert reached is not None, "the search says where it stopped"
        return reached

    def _prepared(self, patients: Many) -> Bound:
        """The search over the present tables, with memory that is large enough for each of the patients."""
        tables = self._finder.tables()
        if self._find is not None and self._work is not None:
            if tables is self._tables and patients.most == self._most:
                return self._find
            if not fits(self._work, tables, patients):
                self._work = work_for(tables, patients)
            elif tables is self._tables:
                self._most = patients.most
                return self._find
        else:
            self._work = work_for(tables, patients)
        if self._out is None:
            self._out = out_for(tables, patients.size)
        self._tables, self._most = tables, patients.most
        self._find, self._tell = (bound(one, tables, self._work, self._out) for one in (find, told))
        return self._find

    def _make_room(self) -> None:
        """Where even the issues of one patient do not fit."""
        assert self._out is not None
        self._out, self._find = out_for(self._finder.tables(), 0, 4 * len(self._out.issues)), None

    def _missing(self) -> list[int]:
        """The keys of the gains that are missing."""
        assert self._out is not None
        assert self._work is not None
        found: list[int] = self._out.misses[: self._work.reg[MISSES]].tolist()
        return found

    def _copied(self) -> Found | None:
        """What was found, None where that is nothing."""
        assert self._out is not None
        assert self._work is not None
        reg, out = self._work.reg, self._out
        if not reg[ISSUES] and not reg[WHOLES]:
            return None
        return Found(
            out.issues[: reg[ISSUES]].copy(),
            out.facts[: reg[FACTS]].copy(),
            out.concepts[: reg[CONCEPTS]].copy(),
            self._wholes(),
        )

    def _wholes(self) -> Longs:
        assert self._out is not None
        assert self._work is not None
        return self._out.wholes[: self._work.reg[WHOLES]].copy()


_FROM_START = np.array([ISSUES, FACTS, CONCEPTS, WHOLES, MISSES, FULL])
_NOTHING = Fact(
    id="",
    patient="",
    kind=FactKind.OBSERVATION,
    code=Coded(),
    provenance=Provenance(source="", resource="", version=""),
)


@lru_cache(64)
def _moment(at: datetime) -> tuple[int, int]:
    """A moment in microseconds, and its day."""
    return micros(at), today(at)


def _firsts(patients: Sequence[Columns], kind: int) -> list[int]:
    """The first row of each patient, by kind of row."""
    if len(patients) == 1:
        return [0]
    return [0, *accumulate(len((one.spans, one.observed, one.results)[kind]) for one in patients)]

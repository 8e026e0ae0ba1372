"""From facts to rows: all that is known before a moment is asked about, with the gains of each fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

import numpy as np

from kgtwin.inference.columns import rows as r
from kgtwin.inference.columns.gains import Gains
from kgtwin.inference.columns.rows import Columns
from kgtwin.inference.columns.scale import Scale
from kgtwin.inference.columns.tables import FEMALE, MALE
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.person import coherent, sex_of
from kgtwin.inference.realising.observed import CONTEXTS, OBSERVED, concerns, is_candidate, limits, said, thing
from kgtwin.inference.realising.reading import Reading, canonical, multiple
from kgtwin.inference.realising.results import BLOCKING, MEASURED
from kgtwin.inference.realising.selection import FINAL_RESULTS, Selected
from kgtwin.inference.realising.spans import TICK, Counting, counting, micros
from kgtwin.inference.realising.washout import stated_end
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import Caveat
from kgtwin.model.clinical import order, time_of
from kgtwin.model.fact import CodedValue, ConditionDetail, Fact, MedicationDetail, ObservationDetail, PatientRecord
from kgtwin.model.time import bounds
from kgtwin.vocabulary import HAS_LATEST_RESULT, TAKES_NOW, TOOK_EVER

Thing = tuple[str, str]
"""A role, and what coded observations are about."""
_Saying = tuple[str, str | None, int, int, int | None]
"""A role; what an observation is about, None where that is nothing but the fact itself; whether it concerns the
context; the gain, or -1; after how many microseconds it does not count any more.
"""
MOST: Final = 100_000
"""What so many observations say is kept."""


@lru_cache(maxsize=100_000)
def _bounds(text: str) -> tuple[int, int]:
    first, last = bounds(text)
    return micros(first), micros(last)


class Encoder:
    """Turns facts into rows, with the gains of one knowledge."""

    def __init__(self, gains: Gains, scale: Scale) -> None:
        self._gains, self._scale = gains, scale
        self._knowledge = knowledge = gains.knowledge
        self.analytes: Final = tuple(knowledge.analytes.values())
        self.numbers: Final = {one.iri: number for number, one in enumerate(self.analytes)}
        """The numbers of analytes in rows."""
        self._multiples = [
            tuple(m for m in knowledge.multiples.get(one.iri, ()) if (HAS_LATEST_RESULT, m.iri) in knowledge.asked)
            for one in self.analytes
        ]
        self._sayings: dict[object, tuple[_Saying, ...]] = {}
        self._below: dict[str, tuple[int, ...]] = {}
        self._wash_outs = tuple(self._knowledge.roles.wash_outs)

    def below(self, analyte: str) -> tuple[int, ...]:
        """The numbers of an analyte (IRI) and of those below it."""
        if analyte not in self._below:
            is_a = self._knowledge.is_a
            self._below[analyte] = tuple(n for n, one in enumerate(self.analytes) if is_a(one.iri, analyte))
        return self._below[analyte]

    # facts

    def columns(self, record: PatientRecord | None, facts: Iterable[Fact]) -> Columns:
        """The rows of one patient."""
        given = tuple(facts)
        spans: list[tuple[int, ...]] = []
        of_spans: list[int] = []
        coded: list[tuple[int, Fact]] = []
        measured: dict[str, list[tuple[int, Fact]]] = {}
        untimed: list[tuple[int, int]] = []
        for number, fact in enumerate(given):
            if fact.kind in OBSERVED:
                if is_candidate(fact):
                    coded.append((number, fact))
                analyte = self.analyte(fact)
                if analyte is not None and time_of(fact) is None:
                    untimed.append((self.numbers[analyte.iri], number))
                elif analyte is not None:
                    measured.setdefault(analyte.iri, []).append((number, fact))
            else:
                row = self.span(fact)
                if row is not None:
                    spans.append(row)
                    of_spans.append(number)
        observed, of_observed, groups = self.observed(coded)
        results = self._results(measured)
        return Columns(
            self.person(record)[None],
            _array(spans, r.SPANS),
            observed,
            _array([row for row, _ in results], r.RESULTS),
            tuple(of_spans),
            of_observed,
            tuple(number for _, number in results),
            groups,
            tuple(untimed),
        )

    def person(self, record: PatientRecord | None) -> r.Rows:
        """The row of a Patient resource."""
        found = np.array([0, 0, -1, 0, r.NEVER], np.int64)
        record = coherent(record)
        if record is None:
            return found
        if record.deceased not in (None, False):
            found[r.DIED] = r.ALWAYS if record.deceased is True else _bounds(str(record.deceased))[0]
        if record.provenance is None:
            return found
        if record.birth_date:
            found[r.BORN_FIRST : r.BORN_LAST + 1] = _days(record.birth_date)
        told = sex_of(record)
        if told is not None:
            key = ("sex", record.gender)
            known = self._gains.known(key)
            found[r.SEX] = self._gains.of_person(key, (told,)) if known is None else known
            found[r.SEXED] = FEMALE if record.gender == "female" else MALE
        return found

    def analyte(self, fact: Fact) -> Analyte | None:
        """What a final result measures; None of any other fact."""
        if fact.value is None or fact.kind not in MEASURED or fact.status not in FINAL_RESULTS:
            return None
        return self._knowledge.analyte_of(fact)

    # what counts from a time to a time

    def span(self, fact: Fact) -> tuple[int, ...] | None:
        """The row of a medicine, a condition, an allergy or a relative's disease; None where it never counts."""
        longest = self._knowledge.durations.of(fact)
        known = counting(fact, longest and longest.span)
        if known is None:
            return None
        inside, otherwise, washed = self._contexts(fact, known)
        if not any(self._gains.found[one].node for one in (inside, otherwise) if one >= 0):
            return None
        ended = began = r.NEVER
        if washed >= 0:
            stated = stated_end(fact)
            ended = _bounds(stated)[0] if stated else r.NEVER
            began = _bounds(fact.when.start)[0] if fact.when.start else r.ALWAYS
        after = micros(known.after) if otherwise >= 0 else r.NEVER
        return micros(known.first), micros(known.last), inside, after, otherwise, ended, began, washed

    def _contexts(self, fact: Fact, known: Counting) -> tuple[int, int, int]:
        """The gains of a fact in its contexts, and the first of those of the wash-out roles; -1 for none."""
        assert known.role is not None
        key = (known.role, known.otherwise, _said(fact))
        first = self._gains.known(key)
        if first is None:
            roles = [known.role, *([known.otherwise] if known.otherwise else [])]
            roles += self._wash_outs if known.role == TAKES_NOW else ()
            first = self._gains.of_selected(key, (Selected(fact, role, "") for role in roles))
        washed = first + 2 if known.otherwise == TOOK_EVER and self._wash_outs else -1
        return first, first + 1 if known.otherwise else -1, washed

    # the latest of its kind

    def observed(self, coded: Iterable[tuple[int, Fact]]) -> tuple[r.Rows, tuple[int, ...], int]:
        """The rows of coded observations, which come with their places; the places of the rows; how many groups."""
        facts = sorted(coded, key=lambda one: order(one[1]))
        found: list[tuple[tuple[int, ...], int]] = []
        groups: dict[Thing, int] = {}
        for number, fact in facts:
            for thing_of, row in self.said_rows(fact):
                found.append((_in_group(row, groups.setdefault(thing_of, len(groups))), number))
        wanted = {group: at for at, group in enumerate(sorted({row[r.GROUP] for row, _ in found if row[r.CONCERNS]}))}
        kept = [(_in_group(row, wanted[row[r.GROUP]]), number) for row, number in found if row[r.GROUP] in wanted]
        return _array([row for row, _ in kept], r.OBSERVED), tuple(number for _, number in kept), len(wanted)

    def said_rows(self, fact: Fact) -> Iterator[tuple[Thing, tuple[int, ...]]]:
        """The rows of a coded observation, one for each context, with what it is about; their group is open."""
        first, last = _bounds(time_of(fact) or "")
        for role, about, concerned, gain, expires in self._all_said(fact):
            until = r.NEVER if expires is None else last + expires
            yield (role, about or fact.id), (first, until, -1, concerned, gain)

    def _all_said(self, fact: Fact) -> tuple[_Saying, ...]:
        """What a coded observation says in each context: the same for all that have one code and one value."""
        value = fact.value.value.concepts if isinstance(fact.value, CodedValue) else fact.value
        absent = isinstance(fact.detail, ObservationDetail) and fact.detail.absent is not None
        name = "" if fact.code.concepts else fact.code.name
        key = (fact.code.concepts, value, absent, name)
        found = self._sayings.get(key)
        if found is None:
            if len(self._sayings) >= MOST:
                self._sayings.clear()
            found = self._sayings[key] = tuple(self._said_of(fact, role, kind) for role, kind in CONTEXTS)
        return found

    def _said_of(self, fact: Fact, role: str, kind: str) -> _Saying:
        knowledge = self._knowledge
        about, concerned = thing(fact, kind, knowledge), int(concerns(fact, kind, knowledge))
        own = None if about == fact.id else about
        classes = said(fact, kind, knowledge)
        if isinstance(classes, Caveat) or not classes:
            return role, own, concerned, -1, None
        key = (role, classes, fact.code.concepts)
        known = self._gains.known(key)
        if known is None:
            known = self._gains.of_selected(key, [Selected(fact, role, "", classes=classes, part=f"/{role}")])
        _, expires = limits(classes, knowledge)
        return role, own, concerned, known, None if expires is None else expires // TICK

    def _results(self, measured: dict[str, list[tuple[int, Fact]]]) -> list[tuple[tuple[int, ...], int]]:
        found = []
        for iri, facts in measured.items():
            facts.sort(key=lambda one: order(one[1]))
            found += [(self.result(fact, self._knowledge.analytes[iri]), number) for number, fact in facts]
        return found

    def result(self, fact: Fact, analyte: Analyte) -> tuple[int, ...]:
        """The row of a result."""
        first, last = _bounds(time_of(fact) or "")
        expires = r.NEVER if analyte.expires is None else last + analyte.expires // TICK
        number = self.numbers[analyte.iri]
        read = canonical(fact, analyte)
        if isinstance(read, Caveat):
            state = r.BLOCKS if read.code in BLOCKING else r.PASSED_OVER
            return first, last, number, state, -1, 0, 0, 0, 0, expires
        multiples = self._readings(fact, analyte, read)[1:] if self._multiples[number] else ()
        low, high = self._scale.places(read)
        places = tuple((one.selected.classes, self._scale.places(one.interval)) for one in multiples)
        key = (HAS_LATEST_RESULT, self._knowledge.classes_of(fact), low, high, places)
        known = self._gains.known(key)
        if known is None:
            known = self._gains.of_readings(key, map(self._on_scale, self._readings(fact, analyte, read)))
        return first, last, number, r.READ, known, low, high, len(multiples), known + 1, expires

    def readings(self, fact: Fact, analyte: Analyte) -> Sequence[Reading]:
        """A result and what is computed from it, in the order of their gains; none where it cannot be read."""
        read = canonical(fact, analyte)
        return () if isinstance(read, Caveat) else self._readings(fact, analyte, read)

    def _readings(self, fact: Fact, analyte: Analyte, read: Interval) -> list[Reading]:
        reading = Reading(Selected(fact, HAS_LATEST_RESULT, ""), analyte, read, (read,))
        wanted = self._multiples[self.numbers[analyte.iri]]
        return [reading, *(one for m in wanted if (one := multiple(reading, m)) is not None)]

    def _on_scale(self, reading: Reading) -> Reading:
        """The reading with an interval that stands for all of its places."""
        interval = self._scale.interval(*self._scale.places(reading.interval))
        return Reading(reading.selected, reading.analyte, interval, (interval,))


def _in_group(row: tuple[int, ...], group: int) -> tuple[int, ...]:
    return (*row[: r.GROUP], group, *row[r.GROUP + 1 :])


def _array(rows: list[tuple[int, ...]], width: int) -> r.Rows:
    return np.array(rows, np.int64).reshape(len(rows), width)


@lru_cache(maxsize=100_000)
def _days(text: str) -> tuple[int, int]:
    first, last = bounds(text)
    return first.date().toordinal(), last.date().toordinal()


def today(moment: datetime) -> int:
    """The day of a moment in UTC, counted from the year 1."""
    found: date = moment.astimezone(UTC).date()
    return found.toordinal()


def _said(fact: Fact) -> object:
    """All of a fact that its assertions are made of."""
    detail = fact.detail
    if isinstance(detail, MedicationDetail):
        route = detail.route.concepts if detail.route is not None else ()
        return fact.kind, fact.code.concepts, tuple(one.concepts for one in detail.ingredients), route
    if isinstance(detail, ConditionDetail):
        return fact.kind, fact.code.concepts, detail.severity.concepts
    return fact.kind, fact.code.concepts

"""A patient's rows as rules ask them: what is taken, present, measured at a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import msgspec
import numpy as np

from kgtwin.inference.columns import rows as r
from kgtwin.inference.columns.finding import Finder, Finding
from kgtwin.inference.columns.meanings import Meanings, can_be_put_together, parts
from kgtwin.inference.columns.rows import Columns
from kgtwin.inference.columns.searching import Holding
from kgtwin.inference.columns.work import OBSERVED_ROWS, RESULT_ROWS, SPAN_ROWS
from kgtwin.inference.person import Stated, believed, told_of
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.rules.considered import considered_in
from kgtwin.inference.rules.known import Present, Received, Result, Time, latest_first
from kgtwin.model.axioms import Assertion, ClassExpression
from kgtwin.model.clinical import order
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.vocabulary import HAS_LATEST_RESULT


class NotOnRowsError(Exception):
    """What a rule asks is not told by rows: `infer` has to look at the patient."""


class Ruled(msgspec.Struct, frozen=True):
    """A patient whose rules are asked: the record, the facts by their places, None where there is none any more."""

    record: PatientRecord | None
    given: Sequence[Fact | None]
    columns: Columns


class Seen(NamedTuple):
    """A patient who was looked at: what counts at a moment, and the issues of statements that were found."""

    patient: Ruled
    at: datetime
    holding: Holding
    found: Sequence[Finding]


class OnRows:
    """What rows say to rules: a `kgtwin.inference.rules.known.Known`.

    ``considered`` are the ingredients that orders name, where that is known already.
    """

    def __init__(
        self, seen: Seen, finder: Finder, meanings: Meanings, considered: Collection[str] | None = None
    ) -> None:
        self.knowledge, self.moment = finder.knowledge, seen.at
        self._patient, self._holding, self._considered = seen.patient, seen.holding, considered
        self._finder, self._meanings = finder, meanings

    @cached_property
    def considered(self) -> Collection[str]:
        if self._considered is not None:
            return self._considered
        return considered_in((fact for fact in self._patient.given if fact is not None), self.knowledge)

    def _fact(self, place: int) -> Fact:
        found = self._patient.given[place]
        assert found is not None, "a row is of a fact that is there"
        return found

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        """Gains of medicines, conditions and the like that count, with the facts' places."""
        return self._of_rows(SPAN_ROWS, self._patient.columns.of_spans)

    @cached_property
    def _observed(self) -> list[tuple[int, int]]:
        """The same of coded observations."""
        return self._of_rows(OBSERVED_ROWS, self._patient.columns.of_observed)

    def _of_rows(self, wanted: int, places: Sequence[int]) -> list[tuple[int, int]]:
        return [(gain, places[row]) for gain, kind, row, _ in self._holding.selected if kind == wanted]

    def medicines(self, role: str) -> Iterator[Present]:
        last, medicines = -1, self._meanings.medicines(role)
        for gain, place in self._spans:
            found = medicines[gain]
            if found is not None and place != last:
                last = place
                yield Present(str(place), Selected(self._fact(place), role, ""), *found)

    def received(self, role: str, names: Sequence[str]) -> Iterator[Received]:
        last, classes = -1, [(name, self._meanings.of_class(role, name)) for name in names]
        for gain, place in chain(self._spans, self._observed):
            for name, of_class in classes:
                if of_class[gain] and place != last:
                    last = place
                    yield Received(str(place), Selected(self._fact(place), role, ""), name)
                    break

    def holds(self, expression: ClassExpression) -> bool:
        return all(map(self._holds, parts(expression)))

    def _holds(self, part: ClassExpression) -> bool:
        if not can_be_put_together(part):
            raise NotOnRowsError
        always, of_gain, of_head = self._meanings.follows(part)
        return always or any(of_gain[one] for one in self._gains) or any(of_head[one] for one in self._holding.heads)

    @cached_property
    def _gains(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(gain for gain, _, _, _ in self._holding.selected))

    def results(self, name: str) -> list[Result]:
        of_class = self._meanings.of_class(HAS_LATEST_RESULT, name)
        wanted = [one for one in self._holding.selected if one[1] == RESULT_ROWS and of_class[one[0]]]
        return latest_first([self._result(gain, row) for gain, _, row, _ in wanted])

    def _result(self, gain: int, row: int) -> Result:
        columns, encoder = self._patient.columns, self._finder.encoder
        place = columns.of_results[row]
        number = gain - int(columns.results[row, r.RESULT])
        readings = encoder.readings(self._fact(place), encoder.analytes[columns.results[row, r.ANALYTE]])
        if not 0 <= number < len(readings):
            raise NotOnRowsError  # it is of several results
        reading = readings[number]
        return Result(f"{place}/{number}", reading.selected, reading.interval)

    def measured(self, analytes: Sequence[str]) -> MeasuredRows:
        wanted = dict.fromkeys(number for iri in analytes for number in self._finder.encoder.below(iri))
        places = [place for number, place in self._patient.columns.untimed if number in wanted]
        found = filter(None, map(self._rows_of, wanted))
        return MeasuredRows(self._patient, tuple(found), untimed=len(places), at=self._holding.moment)

    def _rows_of(self, analyte: int) -> tuple[int, int] | None:
        """The rows of an analyte's results, from one to before another."""
        found = np.flatnonzero(self._patient.columns.results[:, r.ANALYTE] == analyte)
        return (int(found[0]), int(found[-1]) + 1) if len(found) else None

    def told(self) -> Iterator[tuple[Assertion, Stated]]:
        return told_of(believed(self._patient.record, self.moment)[0], self.moment)


class MeasuredRows:
    """What was measured, told by rows, of which each ``of`` some are one analyte's, in the order of time."""

    pending: tuple[Fact, ...] = ()

    def __init__(self, patient: Ruled, of: Sequence[tuple[int, int]], *, untimed: int, at: int) -> None:
        self._patient, self._of, self._untimed, self._at = patient, of, untimed, at

    @cached_property
    def _known(self) -> list[list[Time]]:
        rows = self._patient.columns.results
        return [rows[first:end, r.TAKEN : r.LATEST + 1].tolist() for first, end in self._of]

    @cached_property
    def times(self) -> Sequence[Time]:
        if len(self._of) == 1 and not self._untimed:
            return self._known[0]
        return [*(time for some in self._known for time in some), *[(r.ALWAYS, self._at)] * self._untimed]

    @cached_property
    def last(self) -> Fact | None:
        facts = [fact for fact in map(self._last_of, self._of, self._known) if fact is not None]
        return facts[0] if len(facts) == 1 else max(facts, key=order, default=None)

    def _last_of(self, rows: tuple[int, int], times: list[Time]) -> Fact | None:
        """The last that certainly was."""
        row = next((at for at in range(len(times) - 1, -1, -1) if times[at][0] <= self._at), None)
        return None if row is None else self._patient.given[self._patient.columns.of_results[rows[0] + row]]

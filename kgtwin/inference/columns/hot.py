"""A patient kept ready: asked again and again, changed by a fact at a time, or supposed to be otherwise."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, Self

import numpy as np

from kgtwin.identifiers import to_iri
from kgtwin.inference.columns import rows as r
from kgtwin.inference.columns.encoding import Encoder
from kgtwin.inference.columns.finding import Finder, Finding
from kgtwin.inference.columns.on_rows import Ruled, Seen
from kgtwin.inference.columns.proved import passing_conditions, proved
from kgtwin.inference.columns.rows import Columns
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.columns.standing import Changed, Standing
from kgtwin.inference.infer import infer
from kgtwin.inference.realising.observed import OBSERVED, is_candidate
from kgtwin.inference.rules.raised import Raised
from kgtwin.model.clinical import order, time_of
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue

MOST_GONE: Final = 256
"""So many places of facts that are gone are kept, or half as many as there are facts."""


class Issues(NamedTuple):
    """Issues of statements, ``stated``, and of rules, ``raised``, without their words."""

    stated: tuple[Finding, ...]
    raised: tuple[Raised, ...]


class _Last(NamedTuple):
    """What rules decided last, and the facts that changed since."""

    ruling: Ruling | None = None
    standing: Standing | None = None
    changed: Changed = Changed()

    def then(self, changed: Changed) -> _Last:
        """After a further change; where nothing was decided, none is noted."""
        if self.standing is None:
            return self
        added, removed = self.changed
        return self._replace(changed=Changed((*added, *changed.added), (*removed, *changed.removed)))


class Hot:
    """One patient's rows. Never changed: `changed` gives another one, which shares all that stays the same.

    >>> from kgtwin.bootstrap import load_knowledge
    >>> from kgtwin.config import Settings
    >>> finder = Finder(load_knowledge(Settings()))
    >>> Hot(finder, None, ()).findings(datetime.fromisoformat("2026-01-15T12:00:00+00:00"))
    ()
    """

    def __init__(self, finder: Finder, record: PatientRecord | None, facts: Iterable[Fact]) -> None:
        self.record = record
        self._finder = finder
        self._given: tuple[Fact | None, ...] = tuple(facts)
        self._columns = finder.columns(record, self.facts)
        self._noted = _places(self._given)
        self._gone = 0
        self._last = _Last()
        self._passing: tuple[Fact, ...] | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The patient's facts."""
        return tuple(fact for fact in self._given if fact is not None)

    @property
    def columns(self) -> Columns:
        """The rows; facts by their places among those that were given, with those that are gone since."""
        return self._columns

    def findings(self, at: datetime) -> tuple[Finding, ...] | None:
        """The issues at a moment, without their words; None where only `infer` finds them (see `Finder.find`)."""
        return self._finder.find(self._columns, at)

    def issue_ids(self, at: datetime) -> frozenset[str]:
        """The ids of the issues of statements at a moment, however they have to be found; rules are not asked."""
        key = self._key
        found = self.findings(at)
        if found is not None:
            return frozenset(one.id_for(key) for one in found)
        knowledge = self._finder.knowledge
        inference = infer(key, self.record, self.facts, knowledge, at=at, revision=0)
        return frozenset(issue.id for issue in inference.issues if to_iri(issue.statement) in knowledge.statements)

    def raised(self, at: datetime, ruling: Ruling) -> tuple[Raised, ...] | None:
        """What rules raise at a moment, without its words; None where only `infer` finds it."""
        found = self.issues(at, ruling)
        return None if found is None else found.raised

    def issues(self, at: datetime, ruling: Ruling) -> Issues | None:
        """All issues at a moment, without their words; None where only `infer` finds them.

        It is kept: asked again after a change, or later, only what that touches is decided again.
        """
        looked = self._finder.look(self._columns, at)
        if looked is None:
            return None
        found, holding = looked
        if holding is None:
            return Issues((), ())
        seen = Seen(Ruled(self.record, self._given, self._columns), at, holding, found)
        last = self._last
        before = last if last.ruling is ruling else _Last()
        standing = ruling.again(seen, before.standing, before.changed)
        self._last = _Last(ruling, standing)
        return None if standing.unclear else Issues(found, standing.untold)

    def proved(self, finding: Finding, *, at: datetime, revision: int) -> DetectedIssue:
        """The whole of one of the issues that `findings` gave."""
        knowledge = self._finder.knowledge
        if self._passing is None:
            self._passing = passing_conditions(self._given, knowledge)
        return proved(
            finding, self._key, self.record, self._given, knowledge, at=at, revision=revision, passing=self._passing
        )

    @property
    def _key(self) -> str:
        return self.record.key if self.record is not None else next((fact.patient for fact in self.facts), "")

    # changes

    def changed(self, *, add: Iterable[Fact] = (), remove: Iterable[str] = ()) -> Self:
        """The same patient without some facts, by their ids, and with others.

        Raises:
            KeyError: there is no fact with such an id.
        """
        found = self
        for one in remove:
            found = found._without(one)
        for fact in add:
            with self._finder.lock:
                found = found._with(fact)
        if found._gone > MOST_GONE and 3 * found._gone > len(found._given):
            return type(self)(self._finder, self.record, found.facts)
        return found

    def _copy(self, given: tuple[Fact | None, ...], columns: Columns, changed: Changed) -> Self:
        copy = object.__new__(type(self))
        copy._last, copy._passing = self._last.then(changed), None
        copy.record, copy._finder, copy._noted = self.record, self._finder, self._noted
        copy._given, copy._columns = given, columns
        copy._gone = self._gone + len(changed.removed)
        return copy

    def _without(self, fact_id: str) -> Self:
        place = self._place(fact_id)
        gone = self._given[place]
        assert gone is not None, "it is there"
        given = (*self._given[:place], None, *self._given[place + 1 :])
        old = self._columns
        if gone.kind in OBSERVED:
            observed, of_observed = _kept(old.observed, old.of_observed, place)
            results, of_results = _kept(old.results, old.of_results, place)
            untimed = tuple(one for one in old.untimed if one[1] != place)
            columns = old._replace(
                observed=observed, results=results, of_observed=of_observed, of_results=of_results, untimed=untimed
            )
        else:
            spans, of_spans = _kept(old.spans, old.of_spans, place)
            columns = old._replace(spans=spans, of_spans=of_spans)
        return self._copy(given, columns, Changed(removed=(gone,)))

    def _place(self, fact_id: str) -> int:
        """Where a fact is: where it was noted last, unless that was noted of another change."""
        place = self._noted.get(fact_id, 0)
        fact = self._given[place] if place < len(self._given) else None
        if fact is None or fact.id != fact_id:
            places = (number for number, one in enumerate(self._given) if one is not None and one.id == fact_id)
            place = next(places, -1)
        if place < 0:
            raise KeyError(fact_id)
        return place

    def _with(self, fact: Fact) -> Self:
        place, encoder = len(self._given), self._finder.encoder
        if len(self._noted) > place + MOST_GONE:  # most are of facts that were only supposed
            self._noted.clear()
            self._noted.update(_places(self._given))
        self._noted[fact.id] = place
        given = (*self._given, fact)
        old = self._columns
        if fact.kind not in OBSERVED:
            row = encoder.span(fact)
            if row is None:
                return self._copy(given, old, Changed(added=(fact,)))
            spans = np.concatenate((old.spans, np.array((row,), np.int64)))
            return self._copy(given, old._replace(spans=spans, of_spans=(*old.of_spans, place)), Changed(added=(fact,)))
        if is_candidate(fact):
            return self._with_said(fact, place, given)
        return self._copy(given, self._with_result(fact, place, old, encoder), Changed(added=(fact,)))

    def _with_result(self, fact: Fact, place: int, old: Columns, encoder: Encoder) -> Columns:
        analyte = encoder.analyte(fact)
        if analyte is None:
            return old
        if time_of(fact) is None:
            return old._replace(untimed=(*old.untimed, (encoder.numbers[analyte.iri], place)))
        row, rows = encoder.result(fact, analyte), old.results
        of_analyte = np.flatnonzero(rows[:, r.ANALYTE] == row[r.ANALYTE])
        first, last = (int(of_analyte[0]), int(of_analyte[-1]) + 1) if len(of_analyte) else (len(rows),) * 2
        latest = rows[first:last, r.LATEST].tolist()
        at = bisect_left(latest, row[r.LATEST])
        while at < len(latest) and latest[at] == row[r.LATEST] and self._is_before(old.of_results[first + at], fact):
            at += 1
        at += first
        results = np.empty((len(rows) + 1, r.RESULTS), np.int64)
        results[:at], results[at], results[at + 1 :] = rows[:at], row, rows[at:]
        return old._replace(results=results, of_results=(*old.of_results[:at], place, *old.of_results[at:]))

    def _is_before(self, place: int, fact: Fact) -> bool:
        other = self._given[place]
        assert other is not None, "a row is of a fact that is there"
        return order(other) < order(fact)

    def _with_said(self, fact: Fact, place: int, given: tuple[Fact | None, ...]) -> Self:
        """A coded observation may make others of the same thing matter, so all of them are looked at again."""
        encoder = self._finder.encoder
        coded = ((number, one) for number, one in enumerate(given) if one is not None and is_candidate(one))
        observed, of_observed, groups = encoder.observed(coded)
        columns = self._columns._replace(observed=observed, of_observed=of_observed, groups=groups)
        return self._copy(given, self._with_result(fact, place, columns, encoder), Changed(added=(fact,)))


def _places(given: Iterable[Fact | None]) -> dict[str, int]:
    """The places of facts by their ids."""
    return {fact.id: place for place, fact in enumerate(given) if fact is not None}


def _kept(rows: r.Rows, of: tuple[int, ...], place: int) -> tuple[r.Rows, tuple[int, ...]]:
    """The rows that are not of one fact, by its place."""
    while place in of:
        at = of.index(place)
        rows, of = np.concatenate((rows[:at], rows[at + 1 :])), (*of[:at], *of[at + 1 :])
    return rows, of

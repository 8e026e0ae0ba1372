"""What rules ask about a patient. It is answered by a realised patient here, by rows in `kgtwin.inference.columns`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final, Protocol, TypeAlias

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.issues.matching import ingredients_of
from kgtwin.inference.knowledge import Knowledge, named
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.realising.results import MEASURED
from kgtwin.inference.realising.selection import FINAL_RESULTS, Selected
from kgtwin.inference.realising.spans import micros
from kgtwin.inference.realising.washout import LONG_AGO
from kgtwin.inference.rules.considered import considered_in
from kgtwin.model.axioms import Assertion, Class, ClassExpression, DataPropertyAssertion, Interval
from kgtwin.model.clinical import order, time_of
from kgtwin.model.fact import Fact, MedicationDetail
from kgtwin.model.time import bounds, earliest
from kgtwin.reasoning import Realisation
from kgtwin.terminology.units import convert
from kgtwin.vocabulary import HAS_LATEST_RESULT, HAS_ROUTE, HAS_VALUE, LOCAL_ROUTE, ROUTE

Time: TypeAlias = Sequence[int]
"""The first and the last instant at which something may have been, in microseconds (see `realising.spans.micros`)."""
PENDING: Final = frozenset({"registered", "preliminary"})


class Present(msgspec.Struct, frozen=True):
    """One present medicine with an ingredient: its individual, what was selected for it, and all of its ingredients.

    ``local`` is None where no route is known.
    """

    node: str
    selected: Selected
    ingredients: frozenset[str]
    local: bool | None

    @property
    def as_needed(self) -> bool:
        detail = self.selected.fact.detail
        return isinstance(detail, MedicationDetail) and detail.as_needed


class Received(msgspec.Struct, frozen=True):
    """Something that was received and counts: its individual, what was selected for it, and a class that it is of."""

    node: str
    selected: Selected
    name: str


class Result(msgspec.Struct, frozen=True):
    """A latest result: its individual, what was selected for it, and its value in its own analyte's unit."""

    node: str
    selected: Selected
    value: Interval


def value_in(unit: str, one: Result, knowledge: Knowledge) -> Interval | None:
    """The value of a result in a unit; None where that of the analyte that it was read as does not convert.

    What is asked for may be a class above that analyte, which has a unit of its own.
    """
    read_as = (knowledge.analyte(iri) for iri in one.selected.classes)
    own = next((found for found in read_as if found is not None), knowledge.analyte_of(one.selected.fact))
    if own is None or own.unit == unit:
        return one.value if own is not None else None
    value = one.value
    low, high = (
        None if end is None else convert(end, own.unit, unit, own.molar_mass, own.valence)
        for end in (value.low, value.high)
    )
    if (low is None) != (value.low is None) or (high is None) != (value.high is None):
        return None
    return Interval(low, value.low_open, high, value.high_open)


class Measured(Protocol):
    """The observations of some analytes, as they are asked about at a moment."""

    @property
    def times(self) -> Sequence[Time]:
        """When final results with a value were taken; at an unknown time: up to the moment."""

    @property
    def last(self) -> Fact | None:
        """The latest of them that certainly was by the moment."""

    @property
    def pending(self) -> Sequence[Fact]:
        """Those that are no results yet."""


class Known(Protocol):
    """A patient at a moment, as far as rules ask; what was received comes in the order of the facts."""

    @property
    def knowledge(self) -> Knowledge: ...

    @property
    def moment(self) -> datetime: ...

    @property
    def considered(self) -> Collection[str]:
        """The ingredients (IRIs) of every order or statement about a medicine (see `rules.considered`)."""

    def medicines(self, role: str) -> Iterable[Present]:
        """What fills a role and has a known ingredient."""

    def received(self, role: str, names: Sequence[str]) -> Iterable[Received]:
        """What fills a role and is of one of some classes (IRIs), with the first of these."""

    def holds(self, expression: ClassExpression) -> bool:
        """Whether the patient is of a type."""

    def results(self, name: str) -> Iterable[Result]:
        """The latest results of a class (IRI), the latest of all first; each in its analyte's unit: see `value_in`."""

    def measured(self, analytes: Sequence[str]) -> Measured:
        """What was measured of some analytes (IRIs), or of those below them."""

    def told(self) -> Iterable[tuple[Assertion, Stated]]:
        """What the Patient resource says of the patient."""


class Realised:
    """What an evaluation knows."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.knowledge, self.moment, self._facts = evaluation.knowledge, evaluation.moment, evaluation.facts
        self._realisation, self._box = evaluation.realisation, evaluation.box

    @cached_property
    def considered(self) -> frozenset[str]:
        return considered_in(self._facts, self.knowledge)

    def medicines(self, role: str) -> Iterator[Present]:
        for node, selected in self._filling(role):
            medicine = medicine_of(node, self._realisation, self.knowledge)
            if medicine is not None:
                yield Present(node, selected, *medicine)

    def received(self, role: str, names: Sequence[str]) -> Iterator[Received]:
        for node, selected in self._filling(role):
            name = next((one for one in names if self._realisation.satisfies(node, Class(one))), None)
            if name is not None:
                yield Received(node, selected, name)

    def _filling(self, role: str) -> Iterator[tuple[str, Selected]]:
        for node in self._realisation.successors(PATIENT_INDIVIDUAL, role):
            selected = self._box.by_node.get(node) if isinstance(node, str) else None
            if selected is not None and isinstance(node, str):
                yield node, selected

    def holds(self, expression: ClassExpression) -> bool:
        return self._realisation.satisfies(PATIENT_INDIVIDUAL, expression)

    def results(self, name: str) -> list[Result]:
        wanted = {one.node for one in self.received(HAS_LATEST_RESULT, (name,))}
        return latest_first(
            [
                Result(told.subject, self._box.by_node[told.subject], told.range)
                for told in (self._box.sources if wanted else ())
                if isinstance(told, DataPropertyAssertion) and told.subject in wanted
                if told.property == HAS_VALUE and isinstance(told.range, Interval)
            ]
        )

    def measured(self, analytes: Sequence[str]) -> Observations:
        is_a = self.knowledge.is_a
        some = [facts for iri in analytes for known, facts in self._by_analyte.items() if is_a(known, iri)]
        return Observations([fact for facts in some for fact in facts], self.moment)

    @cached_property
    def _by_analyte(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for fact in self._facts:
            known = self.knowledge.analyte_of(fact) if fact.kind in MEASURED else None
            if known is not None:
                found.setdefault(known.iri, []).append(fact)
        return found

    def told(self) -> Iterator[tuple[Assertion, Stated]]:
        for told, source in self._box.sources.items():
            if isinstance(source, Stated):
                yield told, source


class Observations:
    """What was measured, told by facts."""

    def __init__(self, facts: Sequence[Fact], at: datetime) -> None:
        self._facts, self._at = facts, at

    @cached_property
    def _results(self) -> list[Fact]:
        return [fact for fact in self._facts if fact.status in FINAL_RESULTS and fact.value is not None]

    @cached_property
    def times(self) -> tuple[Time, ...]:
        return times_of(self._results, self._at)

    @cached_property
    def last(self) -> Fact | None:
        known = [fact for fact in self._results if time_of(fact) is not None]
        return max((fact for fact in known if earliest(time_of(fact) or "") <= self._at), key=order, default=None)

    @property
    def pending(self) -> list[Fact]:
        return [fact for fact in self._facts if fact.status in PENDING]


def latest_first(results: Sequence[Result]) -> list[Result]:
    """The results of several kinds of one analyte: the one that was taken last is the one to look at."""
    return sorted(results, key=lambda one: order(one.selected.fact), reverse=True)


def times_of(results: Iterable[Fact], at: datetime) -> tuple[Time, ...]:
    """When results were taken; one of an unknown time by ``at``."""
    times = map(time_of, results)
    found = ((LONG_AGO, at) if time is None else bounds(time) for time in times)
    return tuple((micros(first), micros(last)) for first, last in found)


def medicine_of(node: str, realisation: Realisation, knowledge: Knowledge) -> tuple[frozenset[str], bool | None] | None:
    """The ingredients (IRIs) of what an individual stands for, and whether all its known routes are local.

    None where it has no known ingredient; no route is known where the second is None.
    """
    found = frozenset(map(to_iri, ingredients_of(node, realisation, knowledge)))
    if not found:
        return None
    routes = named(realisation.successors(node, HAS_ROUTE))
    known = [one for one in routes if one in knowledge.classes and one != ROUTE]
    return found, all(knowledge.is_a(one, LOCAL_ROUTE) for one in known) if known else None

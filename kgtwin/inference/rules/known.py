"""What rules ask about a patient. It is answered by a realised patient here, by rows in `kgtwin.inference.columns`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.issues.matching import ingredients_of
from kgtwin.inference.knowledge import Knowledge, named
from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.realising.results import MEASURED
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Assertion, Class, ClassExpression, DataPropertyAssertion, Interval
from kgtwin.model.fact import Fact, MedicationDetail
from kgtwin.reasoning import Realisation
from kgtwin.vocabulary import HAS_LATEST_RESULT, HAS_ROUTE, HAS_VALUE, LOCAL_ROUTE, ROUTE


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
    """A latest result: its individual, what was selected for it, and its value in its analyte's unit."""

    node: str
    selected: Selected
    value: Interval


class Known(Protocol):
    """A patient at a moment, as far as rules ask; what was received comes in the order of the facts."""

    @property
    def knowledge(self) -> Knowledge: ...

    @property
    def moment(self) -> datetime: ...

    @property
    def facts(self) -> Sequence[Fact]:
        """All that are known of the patient, selected or not: a rule may ask what was *not* done."""

    def medicines(self, role: str) -> Iterable[Present]:
        """What fills a role and has a known ingredient."""

    def received(self, role: str, names: Sequence[str]) -> Iterable[Received]:
        """What fills a role and is of one of some classes (IRIs), with the first of these."""

    def holds(self, expression: ClassExpression) -> bool:
        """Whether the patient is of a type."""

    def results(self, name: str) -> Iterable[Result]:
        """The latest results of a class (IRI)."""

    def measured(self, analyte: str) -> Sequence[Fact]:
        """The results of an analyte (IRI), or of one below it, that are not known to be of a later moment.

        There may be observations that are no results.
        """

    def told(self) -> Iterable[tuple[Assertion, Stated]]:
        """What the Patient resource says of the patient."""


class Realised:
    """What an evaluation knows."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.knowledge, self.moment, self.facts = evaluation.knowledge, evaluation.moment, evaluation.facts
        self._realisation, self._box = evaluation.realisation, evaluation.box
        self._by_analyte: dict[str, list[Fact]] | None = None

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

    def results(self, name: str) -> Iterator[Result]:
        wanted = {one.node for one in self.received(HAS_LATEST_RESULT, (name,))}
        for told in self._box.sources if wanted else ():
            if not isinstance(told, DataPropertyAssertion) or told.subject not in wanted:
                continue
            if told.property == HAS_VALUE and isinstance(told.range, Interval):
                yield Result(told.subject, self._box.by_node[told.subject], told.range)

    def measured(self, analyte: str) -> list[Fact]:
        if self._by_analyte is None:
            self._by_analyte = {}
            for fact in self.facts:
                known: Analyte | None = self.knowledge.analyte_of(fact) if fact.kind in MEASURED else None
                if known is not None:
                    self._by_analyte.setdefault(known.iri, []).append(fact)
        is_a = self.knowledge.is_a
        return [fact for known, facts in self._by_analyte.items() if is_a(known, analyte) for fact in facts]

    def told(self) -> Iterator[tuple[Assertion, Stated]]:
        for told, source in self._box.sources.items():
            if isinstance(source, Stated):
                yield told, source


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

"""A patient's selected facts as assertions about individuals, each remembering the fact it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from functools import cached_property
from typing import Final

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.durations import SITUATIONS
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.realising.reading import Reading
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import (
    Assertion,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
)
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.concept import Coded
from kgtwin.model.fact import ConditionDetail, Fact, FactKind, MedicationDetail
from kgtwin.vocabulary import (
    HAS_ACTIVE_INGREDIENT,
    HAS_ROUTE,
    HAS_SEVERITY,
    HAS_VALUE,
    MEDICINAL_PRODUCT,
    PATIENT,
    ROUTE,
    SEVERITY,
    SITUATION,
    SUBSTANCE,
)

_PREFERRED: Final[dict[FactKind, tuple[str, ...]]] = {
    FactKind.ALLERGY: (SUBSTANCE,),
    FactKind.CONDITION: SITUATIONS,
}


class ABox(msgspec.Struct, frozen=True, dict=True):
    """``assertions`` in order; ``sources`` maps each to what was received for it, ``by_node`` an individual."""

    assertions: tuple[Assertion, ...]
    sources: dict[Assertion, Selected | Stated]
    by_node: dict[str, Selected]
    caveats: tuple[Caveat, ...]

    def told_of(self, node: str) -> tuple[Assertion, ...]:
        """What is told of an individual, in order."""
        return tuple(self._by_individual.get(node, ()))

    @cached_property
    def _by_individual(self) -> dict[str, list[Assertion]]:
        found: dict[str, list[Assertion]] = {}
        for assertion, source in self.sources.items():
            found.setdefault(_about(source), []).append(assertion)
        return found

    def without(self, gone: Set[str | Assertion]) -> ABox:
        """The same less some individuals, with all that is asserted of them, and some assertions."""
        sources = {a: one for a, one in self.sources.items() if a not in gone and _about(one) not in gone}
        by_node = {node: one for node, one in self.by_node.items() if node not in gone}
        return ABox((self.assertions[0], *sources), sources, by_node, self.caveats)


def _about(source: Selected | Stated) -> str:
    return individual(source) if isinstance(source, Selected) else PATIENT_INDIVIDUAL


def individual(one: Selected) -> str:
    """The IRI of the individual that stands for a fact, or for what is computed from it."""
    return f"urn:kgtwin:fact:{one.fact.id}{one.part}"


def name_of(one: Selected, knowledge: Knowledge) -> str:
    """What to call what was selected: the classes that were read out of it, else its fact's name."""
    return ", ".join(map(knowledge.label, one.classes)) if one.classes else knowledge.name_of(one.fact)


def abox(
    selected: Iterable[Selected],
    readings: Iterable[Reading],
    told: Iterable[tuple[Assertion, Stated]],
    knowledge: Knowledge,
) -> ABox:
    """The assertions that the selected facts make about the patient, over known classes only."""
    sources: dict[Assertion, Selected | Stated] = dict(told)
    by_node: dict[str, Selected] = {}
    caveats: list[Caveat] = []
    for one in selected:
        types, missing = _types(one, knowledge)
        caveats += missing
        if types:
            _assert(one, types, sources, by_node)
    for reading in readings:
        one = reading.selected
        _assert(one, map(Class, one.classes or _measured(reading, knowledge)), sources, by_node)
        sources[DataPropertyAssertion(HAS_VALUE, individual(one), reading.interval)] = one
    patient = ClassAssertion(PATIENT_INDIVIDUAL, Class(PATIENT))
    return ABox((patient, *sources), sources, by_node, tuple(dict.fromkeys(caveats)))


def _measured(reading: Reading, knowledge: Knowledge) -> Iterator[str]:
    """The classes of a result, without those of another analyte: the number is not in its unit."""
    for iri in knowledge.classes_of(reading.selected.fact):
        analyte = knowledge.analyte(iri)
        if analyte is None or analyte.iri == reading.analyte.iri:
            yield iri


def _assert(
    one: Selected,
    types: Iterable[Class | ObjectSomeValuesFrom],
    sources: dict[Assertion, Selected | Stated],
    by_node: dict[str, Selected],
) -> None:
    node = individual(one)
    by_node.setdefault(node, one)
    sources[ObjectPropertyAssertion(one.role, PATIENT_INDIVIDUAL, node)] = one
    for expression in types:
        sources.setdefault(ClassAssertion(node, expression), one)


def _types(one: Selected, knowledge: Knowledge) -> tuple[list[Class | ObjectSomeValuesFrom], list[Caveat]]:
    fact = one.fact
    known = one.classes or knowledge.classes_of(fact)
    if fact.kind is FactKind.MEDICATION:
        types = list(_medicine(fact, known, knowledge))
    else:
        types = [Class(iri) for iri in _of_one_kind(fact.kind, known, knowledge)]
    if not types:
        return [], [] if _says_none(known, knowledge) else [_unmapped(fact)]
    return [*types, *_severity(fact, knowledge)], []


def _says_none(known: Iterable[str], knowledge: Knowledge) -> bool:
    """Whether the codes are of a record about what is taken: that nothing is, or that nothing is known of it."""
    return any(knowledge.is_a(iri, SITUATION) for iri in known)


def _of_one_kind(kind: FactKind, known: tuple[str, ...], knowledge: Knowledge) -> tuple[str, ...]:
    """The classes of a fact; where it has codes of two kinds, and nothing is both, those that say more.

    Of an allergy its substances rather than the finding; of a condition its history, say, rather than the disorder.
    """
    preferred = _PREFERRED.get(kind, ())
    return tuple(iri for iri in known if any(knowledge.is_a(iri, one) for one in preferred)) or known


def _severity(fact: Fact, knowledge: Knowledge) -> Iterator[ObjectSomeValuesFrom]:
    if isinstance(fact.detail, ConditionDetail):
        for iri in _below(fact.detail.severity, SEVERITY, knowledge):
            yield ObjectSomeValuesFrom(HAS_SEVERITY, Class(iri))


def _medicine(fact: Fact, known: tuple[str, ...], knowledge: Knowledge) -> Iterator[Class | ObjectSomeValuesFrom]:
    """A product's class; what is coded as a substance is a product that has it as active ingredient."""
    for iri in known:
        if knowledge.is_a(iri, SUBSTANCE):
            yield ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(iri))
        elif knowledge.is_a(iri, MEDICINAL_PRODUCT):
            yield Class(iri)
    detail = fact.detail
    if isinstance(detail, MedicationDetail):
        for ingredient in detail.ingredients:
            for iri in _below(ingredient, SUBSTANCE, knowledge):
                yield ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(iri))
        for iri in _below(detail.route or Coded(), ROUTE, knowledge):
            yield ObjectSomeValuesFrom(HAS_ROUTE, Class(iri))


def _below(coded: Coded, kind: str, knowledge: Knowledge) -> Iterator[str]:
    return (iri for c in coded.concepts if knowledge.is_a(iri := to_iri(c), kind))


def _unmapped(fact: Fact) -> Caveat:
    coding = fact.coding
    if not coding.code:
        text = f"{fact.provenance.resource}: {fact.code.name} has no code: no statement can reach it"
        return Caveat(CaveatCode.UNMAPPED_CODE, text, (fact.provenance.resource,), "send a code")
    code = f"{coding.system or '(no system)'} {coding.code or '(no code)'}"
    text = f"{fact.code.name} ({code}) is not in the knowledge: no statement can reach it"
    return Caveat(CaveatCode.UNMAPPED_CODE, text, (fact.provenance.resource, code), "map the code in an SSSOM file")

"""A patient's selected facts as assertions about individuals, each remembering the fact it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.results import LatestResult
from kgtwin.inference.selection import Selected
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
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.vocabulary import (
    HAS_ACTIVE_INGREDIENT,
    HAS_ROUTE,
    HAS_VALUE,
    MEDICINAL_PRODUCT,
    PATIENT,
    ROUTE,
    SUBSTANCE,
)

PATIENT_INDIVIDUAL = "urn:kgtwin:patient"


class ABox(msgspec.Struct, frozen=True):
    """``assertions`` in order; ``sources`` maps each to the selected fact behind it, ``by_node`` an individual."""

    assertions: tuple[Assertion, ...]
    sources: dict[Assertion, Selected]
    by_node: dict[str, Selected]
    caveats: tuple[Caveat, ...]

    def without(self, nodes: Set[str]) -> ABox:
        """The same less some individuals and all that is asserted of them."""
        facts = {individual(one.fact) for node, one in self.by_node.items() if node in nodes}
        sources = {a: one for a, one in self.sources.items() if individual(one.fact) not in facts}
        by_node = {node: one for node, one in self.by_node.items() if node not in nodes}
        return ABox((self.assertions[0], *sources), sources, by_node, self.caveats)


def individual(fact: Fact) -> str:
    """The IRI of the individual that stands for a fact."""
    return f"urn:kgtwin:fact:{fact.id}"


def abox(selected: Iterable[Selected], results: Iterable[LatestResult], knowledge: Knowledge) -> ABox:
    """The assertions that the selected facts make about the patient, over known classes only."""
    sources: dict[Assertion, Selected] = {}
    by_node: dict[str, Selected] = {}
    caveats: list[Caveat] = []
    for one in selected:
        types, missing = _types(one.fact, knowledge)
        caveats += missing
        if types:
            _assert(one, types, sources, by_node)
    for result in results:
        fact = result.selected.fact
        iris = [Class(iri) for iri in knowledge.classes_of(fact)]
        _assert(result.selected, iris, sources, by_node)
        sources[DataPropertyAssertion(HAS_VALUE, individual(fact), result.interval)] = result.selected
    told = ClassAssertion(PATIENT_INDIVIDUAL, Class(PATIENT))
    return ABox((told, *sources), sources, by_node, tuple(dict.fromkeys(caveats)))


def _assert(
    one: Selected,
    types: Iterable[Class | ObjectSomeValuesFrom],
    sources: dict[Assertion, Selected],
    by_node: dict[str, Selected],
) -> None:
    node = individual(one.fact)
    by_node[node] = one
    sources[ObjectPropertyAssertion(one.role, PATIENT_INDIVIDUAL, node)] = one
    for expression in types:
        sources[ClassAssertion(node, expression)] = one


def _types(fact: Fact, knowledge: Knowledge) -> tuple[list[Class | ObjectSomeValuesFrom], list[Caveat]]:
    known = knowledge.classes_of(fact)
    if fact.kind is FactKind.MEDICATION:
        types = list(_medicine(fact, known, knowledge))
    else:
        types = [Class(iri) for iri in known]
    return types, [] if types else [_unmapped(fact)]


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
    code = f"{coding.system or '(no system)'} {coding.code or '(no code)'}"
    text = f"{fact.code.name} ({code}) is not in the knowledge: no statement can reach it"
    return Caveat(CaveatCode.UNMAPPED_CODE, text, (fact.provenance.resource, code), "map the code in an SSSOM file")

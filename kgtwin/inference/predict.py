"""Predicted relations between what a patient takes and has: plausible, never proven, never a patient's probability."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from kgtwin.identifiers import digest, to_curie
from kgtwin.inference.knowledge import Knowledge, named
from kgtwin.inference.selection import Selected
from kgtwin.model.caveat import Caveat
from kgtwin.model.issue import RiskAssessment
from kgtwin.vocabulary import (
    CLINICAL_CONDITION,
    HAS_ACTIVE_INGREDIENT,
    HAS_NOW,
    MEDICINAL_PRODUCT,
    SUBSTANCE,
    TAKES_NOW,
)

TREATS = "treats"


class Prediction(Protocol):
    """What an embedding says of one relation."""

    @property
    def head(self) -> str: ...
    @property
    def tail(self) -> str: ...
    @property
    def plausibility(self) -> float: ...
    @property
    def prior(self) -> float: ...
    @property
    def rank(self) -> float: ...
    @property
    def candidates(self) -> int: ...
    @property
    def known(self) -> bool: ...
    @property
    def model(self) -> str: ...
    @property
    def caveats(self) -> tuple[Caveat, ...]: ...


class Predictor(Protocol):
    """Scores relations between concepts (CURIEs); most plausible first, unknown concepts left out.

    ``model`` names it: another model's predictions are other ones.
    """

    @property
    def model(self) -> str: ...
    def best(self, heads: Iterable[str], relation: str, tails: Iterable[str]) -> Iterable[Prediction]: ...


def predictions(
    patient: str, selected: Iterable[Selected], knowledge: Knowledge, predictor: Predictor, *, at: str
) -> tuple[RiskAssessment, ...]:
    """How plausible it is that each of a patient's active ingredients treats each present condition.

    A pair whose ends the ontology does not place under substance and condition is refuted by domain and range,
    and not shown; nor is one that the graph already knew, since that predicts nothing.
    """
    selected = tuple(selected)
    heads = _facts_by_concept(selected, TAKES_NOW, knowledge)
    tails = _facts_by_concept(selected, HAS_NOW, knowledge)
    return tuple(
        _risk(patient, one, heads[one.head] + tails[one.tail], knowledge, at)
        for one in predictor.best(heads, TREATS, tails)
        if not one.known
    )


def _facts_by_concept(selected: Iterable[Selected], role: str, knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in selected:
        if one.role == role:
            for iri in knowledge.classes_of(one.fact):
                for concept in _ends(iri, role, knowledge):
                    found[concept] = (*found.get(concept, ()), one.fact.id)
    return found


def _ends(iri: str, role: str, knowledge: Knowledge) -> Iterable[str]:
    if role == HAS_NOW:
        return [to_curie(iri)] if knowledge.is_a(iri, CLINICAL_CONDITION) else []
    if knowledge.is_a(iri, MEDICINAL_PRODUCT):
        fillers = named(knowledge.classification.successors(iri, HAS_ACTIVE_INGREDIENT))
        return sorted(to_curie(filler) for filler in fillers if filler != SUBSTANCE)
    return [to_curie(iri)] if knowledge.is_a(iri, SUBSTANCE) else []


def _risk(patient: str, one: Prediction, facts: tuple[str, ...], knowledge: Knowledge, at: str) -> RiskAssessment:
    return RiskAssessment(
        id="ra-" + digest(patient, one.head, TREATS, one.tail),
        patient=patient,
        head=one.head,
        head_label=knowledge.label_of(one.head),
        relation=TREATS,
        tail=one.tail,
        tail_label=knowledge.label_of(one.tail),
        plausibility=one.plausibility,
        prior=one.prior,
        rank=one.rank,
        candidates=one.candidates,
        model=one.model,
        at=at,
        facts=tuple(dict.fromkeys(facts)),
        caveats=one.caveats,
    )

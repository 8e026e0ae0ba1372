"""Medicines that somebody thought of: tried, stopped, on hold, planned, refused; errors are not counted."""

from __future__ import annotations

from collections.abc import Iterable

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.fact import Fact, FactKind, MedicationDetail


def considered_in(facts: Iterable[Fact], knowledge: Knowledge) -> frozenset[str]:
    """The ingredients (IRIs) of every order or statement about a medicine, whatever became of it."""
    return frozenset(one for fact in facts if is_considered(fact) for one in ingredients_named(fact, knowledge))


def is_considered(fact: Fact) -> bool:
    """Whether a fact is an order or a statement about a medicine, and no error."""
    return fact.kind is FactKind.MEDICATION and fact.status != "entered-in-error"


def ingredients_named(fact: Fact, knowledge: Knowledge) -> frozenset[str]:
    """The ingredients (IRIs) that the codes of a medication fact name, whatever became of it."""
    codes = list(knowledge.classes_of(fact))
    if isinstance(fact.detail, MedicationDetail):
        codes += [to_iri(c) for one in fact.detail.ingredients for c in one.concepts if to_iri(c) in knowledge.classes]
    return frozenset(one for iri in codes for one in knowledge.by_ingredient.held(iri))

"""Proofs about the thing that a fact stands for: made once for all facts of which the same is told, then renamed.

What such a thing is, and how the patient is related to it, rests on nothing but what is told of it (see
`kgtwin.reasoning.additive`), so that the proofs of many patients differ in names alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    ObjectPropertyAssertion,
)
from kgtwin.model.proof import Conclusion, Membership, Proof
from kgtwin.reasoning import Additive, Classification, Realisation
from kgtwin.vocabulary import PATIENT

IT: Final = "urn:kgtwin:it"
"""The individual that kept proofs are about."""
KEPT = 20_000
"""Proofs that are kept."""
REALISED = 2_000
"""Realisations that are kept to make further proofs about the same thing."""

Told = tuple[Assertion, ...]
Proofs = tuple[Proof, Proof]


class AlikeProofs:
    """Kept proofs by one classification: of the patient's link to a thing, and of what the thing is."""

    def __init__(self, classification: Classification) -> None:
        self._classification = classification
        self._applies = Additive(classification, PATIENT_INDIVIDUAL).obstacle is None
        self._kept: dict[tuple[Told, str, ClassExpression], Proofs | None] = {}
        self._realised: dict[Told, Realisation] = {}

    def of(self, node: str, role: str, filler: ClassExpression, told: Iterable[Assertion]) -> Proofs | None:
        """Why the patient is linked to a thing by a role, and why it is of a type; ``told`` is all that is told of it.

        None where that does not follow from what is told of the thing alone.
        """
        if not self._applies:
            return None
        key = (tuple(_renamed_assertion(one, node, IT) for one in told), role, filler)
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = self._made(*key)
        found = self._kept[key]
        return None if found is None else (renamed(found[0], IT, node), renamed(found[1], IT, node))

    def _made(self, told: Told, role: str, filler: ClassExpression) -> Proofs | None:
        realisation = self._realised.get(told)
        if realisation is None:
            if len(self._realised) >= REALISED:
                self._realised.clear()
            bare = ClassAssertion(PATIENT_INDIVIDUAL, Class(PATIENT))
            realisation = self._realised[told] = self._classification.realise((bare, *told))
        link = realisation.explain_link(PATIENT_INDIVIDUAL, role, IT)
        member = realisation.explain(IT, filler)
        return None if link is None or member is None else (link, member)


def renamed(proof: Proof, old: str, new: str) -> Proof:
    """A proof about another individual.

    >>> told = ClassAssertion("urn:a", Class("urn:C"))
    >>> renamed(Proof("told", Membership("urn:a", Class("urn:C")), (), told), "urn:a", "urn:b").axiom.individual
    'urn:b'
    """
    done: dict[int, Proof] = {}
    todo = [proof]
    while todo:
        step = todo[-1]
        waiting = [one for one in step.premises if id(one) not in done]
        if waiting:
            todo += waiting
            continue
        todo.pop()
        if id(step) not in done:
            done[id(step)] = Proof(
                step.rule,
                _renamed_conclusion(step.conclusion, old, new),
                tuple(done[id(one)] for one in step.premises),
                None if step.axiom is None else _renamed_axiom(step.axiom, old, new),
            )
    return done[id(proof)]


def _renamed_conclusion(one: Conclusion, old: str, new: str) -> Conclusion:
    if isinstance(one, Membership):
        return Membership(new, one.type) if one.subject == old else one
    if old not in (one.subject, one.object):
        return one
    return msgspec.structs.replace(
        one, subject=new if one.subject == old else one.subject, object=new if one.object == old else one.object
    )


def _renamed_axiom(axiom: Axiom, old: str, new: str) -> Axiom:
    return _renamed_assertion(axiom, old, new) if isinstance(axiom, Assertion) else axiom


def _renamed_assertion(one: Assertion, old: str, new: str) -> Assertion:
    match one:
        case ClassAssertion(individual, type_):
            return ClassAssertion(new, type_) if individual == old else one
        case DataPropertyAssertion(prop, subject, data_range):
            return DataPropertyAssertion(prop, new, data_range) if subject == old else one
        case ObjectPropertyAssertion(prop, subject, target):
            ends = (new if end == old else end for end in (subject, target))
            return ObjectPropertyAssertion(prop, *ends) if old in (subject, target) else one

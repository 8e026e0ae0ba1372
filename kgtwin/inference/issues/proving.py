"""The proof that a patient meets a statement, by the witnesses that an issue names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kgtwin.identifiers import to_curie
from kgtwin.inference.issues.derive import exists_proof, patient_proof
from kgtwin.inference.issues.matching import Match, Witness, allergen
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.statements import Conjunct, Definition, Statement
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.proof import Membership, Proof
from kgtwin.reasoning import Node, Realisation
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, PATIENT


class Grounds(NamedTuple):
    """What proofs about a patient are made from."""

    realisation: Realisation
    box: ABox
    knowledge: Knowledge


def issue_proof(statement: Statement, match: Match, grounds: Grounds) -> Proof:
    """The proof of the first combination of a match, down to what was told."""
    assert statement.definition is not None
    witnesses = match.combinations[0]
    proving = _Proving(statement.definition, witnesses, grounds)
    also = list(_substance(witnesses, grounds)) if statement.same_substance else []
    return proving.of_class(statement.iri, also)


def _substance(witnesses: Sequence[Witness], grounds: Grounds) -> Iterator[Proof]:
    """That the medicine has what the allergy is to; that this is a form of it, where it is."""
    knowledge = grounds.knowledge
    roles = knowledge.roles.medicines
    (medicine,) = [w for w in witnesses if w.conjunct.property in roles]
    others = [w for w in witnesses if w is not medicine]
    iri = allergen([medicine], others, knowledge)
    assert iri is not None, "the match says so"
    filler = ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(iri))
    yield _exists(medicine, Conjunct(medicine.conjunct.property, filler), grounds)
    if not any(to_curie(iri) in w.identity for w in others):
        allergy = next(w for w in others if allergen([medicine], [w], knowledge) == iri)
        yield _exists(allergy, Conjunct(allergy.conjunct.property, Class(iri)), grounds)


class _Proving:
    """Follows a definition from the outside in; the classes that it names are unfolded where they stand."""

    def __init__(self, definition: Definition, witnesses: Sequence[Witness], grounds: Grounds) -> None:
        self._definition, self._grounds = definition, grounds
        self._witnesses = witnesses
        self._open: set[str] = set()

    def of_class(self, iri: str, also: Sequence[Proof] = ()) -> Proof:
        """A defined class by its definition, another one by what the reasoner says."""
        if iri not in self._definition.unfolded or iri in self._open:
            return self._told(Class(iri)) if iri != PATIENT else patient_proof()
        axiom, body = self._definition.unfolded[iri]
        self._open.add(iri)
        premise = _joined(body, [*self._parts(body), *also])
        self._open.remove(iri)
        return Proof("R⊑", Membership(PATIENT_INDIVIDUAL, Class(iri)), (premise,), axiom)

    def _parts(self, expression: ClassExpression) -> list[Proof]:
        match expression:
            case ObjectIntersectionOf(operands):
                return [proof for operand in operands for proof in self._parts(operand)]
            case ObjectSomeValuesFrom(prop, filler):
                wanted = Conjunct(prop, filler)
                found = [w for w in self._witnesses if w.conjunct == wanted]
                return [_exists(one, wanted, self._grounds) for one in found]
            case DataSomeValuesFrom():
                return [self._told(expression)]
            case Class(iri):
                return [self.of_class(iri)]
        raise AssertionError("a definition has no other parts")

    def _told(self, expression: ClassExpression) -> Proof:
        proof = self._grounds.realisation.explain(PATIENT_INDIVIDUAL, expression)
        assert proof is not None, "the statement is met"
        return proof


def _joined(expression: ClassExpression, parts: Sequence[Proof]) -> Proof:
    if len(parts) == 1:
        return parts[0]
    return Proof("R⊓+", Membership(PATIENT_INDIVIDUAL, expression), tuple(parts))


def _exists(witness: Witness, conjunct: Conjunct, grounds: Grounds) -> Proof:
    return filled(witness.node, conjunct.property, conjunct.filler, grounds)


def filled(node: Node, role: str, filler: ClassExpression, grounds: Grounds) -> Proof:
    """Why something that the patient is related to by a role is of a type."""
    alike = None
    if isinstance(node, str):
        alike = grounds.knowledge.alike.of(node, role, filler, grounds.box.told_of(node))
    link, member = alike or (
        grounds.realisation.explain_link(PATIENT_INDIVIDUAL, role, node),
        grounds.realisation.explain(node, filler),
    )
    assert link is not None, "it is a successor"
    assert member is not None, "it is of the type"
    return exists_proof(role, filler, link, member)

"""Whether a relation supposed of a patient follows already, or cannot be: by the reasoner, beside all that is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from kgtwin.inference.issues.derive import Deriver
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.realising.abox import ABox, individual
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    DisjointClasses,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
)
from kgtwin.model.derivation import Derivation
from kgtwin.model.fact import Provenance
from kgtwin.model.predicted import RefutedBy
from kgtwin.model.proof import Proof
from kgtwin.reasoning import Realisation
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, OWL_NOTHING


class Supposed(msgspec.Struct, frozen=True):
    """``head`` (a class), of which the medicine has some, stands in ``relation`` to the condition, a ``tail``.

    ``prediction`` is the id of what supposes it.
    """

    medicine: Selected
    condition: Selected
    relation: str
    head: str
    tail: str
    prediction: str
    model: str

    @property
    def head_node(self) -> str:
        """The individual that stands for the substance in this medicine."""
        return individual(self.substance)

    @property
    def substance(self) -> Selected:
        """What the medicine has of the head."""
        part = f"/has/{self.head}"
        return Selected(self.medicine.fact, HAS_ACTIVE_INGREDIENT, "what it contains", (), (self.head,), part)

    def assertions(self, box: ABox, *, predicted: bool) -> Iterator[tuple[Assertion, Selected | Stated]]:
        """What it adds to what is told of the patient."""
        substance, medicine, condition = self.substance, individual(self.medicine), individual(self.condition)
        yield ClassAssertion(self.head_node, Class(self.head)), substance
        if medicine in box.by_node:
            yield ObjectPropertyAssertion(HAS_ACTIVE_INGREDIENT, medicine, self.head_node), substance
        yield ClassAssertion(condition, Class(self.tail)), self.condition
        if predicted:
            origin = Provenance("prediction", self.prediction, self.model)
            stated = Stated(
                self.medicine.fact.patient, origin, "predicted, not received", "supposed, to see if it can be"
            )
            yield ObjectPropertyAssertion(self.relation, self.head_node, condition), stated


class Impossible(msgspec.Struct, frozen=True):
    """Why something supposed cannot be."""

    by: RefutedBy
    proof: Proof
    evaluation: Evaluation
    box: ABox

    def derivation(self) -> Derivation:
        """The proof that it cannot be, down to the facts and to what was predicted."""
        return Deriver(self.evaluation.knowledge, self.box).derivation(self.proof)


def supposing(
    medicine: Selected, condition: Selected, relation: str, ends: tuple[str, str], prediction: str, model: str
) -> Supposed:
    """That an ingredient of a medicine stands in a relation to a condition; ``ends`` are the classes' IRIs."""
    return Supposed(medicine, condition, relation, *ends, prediction, model)


def proven(supposed: Sequence[Supposed], evaluation: Evaluation) -> Mapping[Supposed, Derivation]:
    """What the knowledge derives by itself, with the proof: the substance stands in the relation to such a thing."""
    box = _with(evaluation.box, supposed, predicted=False)
    realisation = evaluation.knowledge.classification.realise(box.assertions)
    deriver = Deriver(evaluation.knowledge, box)
    found: dict[Supposed, Derivation] = {}
    for one in supposed:
        wanted = ObjectSomeValuesFrom(one.relation, Class(one.tail))
        if one.head_node not in realisation.inconsistent and realisation.satisfies(one.head_node, wanted):
            proof = realisation.explain(one.head_node, wanted)
            assert proof is not None, "it follows"
            found[one] = deriver.derivation(proof)
    return found


def refuted(supposed: Sequence[Supposed], evaluation: Evaluation) -> Mapping[Supposed, Impossible]:
    """What cannot be, each beside all that is known.

    All are told together first, for what is consistent together is so alone; then each half by itself.
    """
    found: dict[Supposed, Impossible] = {}
    todo = [list(dict.fromkeys(supposed))] if supposed else []
    while todo:
        some = todo.pop()
        box = _with(evaluation.box, some, predicted=True)
        realisation = evaluation.knowledge.classification.realise(box.assertions)
        if realisation.consistent:
            continue
        if len(some) == 1:
            found[some[0]] = _impossible(some[0], realisation, evaluation, box)
        else:
            middle = len(some) // 2
            todo += [some[:middle], some[middle:]]
    return found


def _with(box: ABox, supposed: Sequence[Supposed], *, predicted: bool) -> ABox:
    sources = dict(box.sources)
    nodes = dict(box.by_node)
    for one in supposed:
        for assertion, source in one.assertions(box, predicted=predicted):
            sources.setdefault(assertion, source)
        nodes.setdefault(one.head_node, one.substance)
        nodes.setdefault(individual(one.condition), one.condition)
    return ABox((box.assertions[0], *sources), sources, nodes, box.caveats)


def _impossible(one: Supposed, realisation: Realisation, evaluation: Evaluation, box: ABox) -> Impossible:
    nothing = Class(OWL_NOTHING)
    cannot = [node for node in realisation.inconsistent if node != PATIENT_INDIVIDUAL]
    first = [one.head_node, individual(one.condition)]
    node = next((node for node in (*first, *cannot) if node in cannot), PATIENT_INDIVIDUAL)
    proof = realisation.explain(node, nothing)
    assert proof is not None, "it cannot be"
    axioms = [step.axiom for step in proof.walk() if step.axiom is not None]
    return Impossible(_by(axioms, box), proof, evaluation, box)


def _by(axioms: Sequence[Axiom], box: ABox) -> RefutedBy:
    """Which axioms of the relation, or else which kind of axiom, a proof rests on."""
    received = (one for one, source in box.sources.items() if isinstance(source, Selected))
    told = {one.property for one in received if isinstance(one, ObjectPropertyAssertion)}
    for kind, by in ((ObjectPropertyDomain, RefutedBy.DOMAIN), (ObjectPropertyRange, RefutedBy.RANGE)):
        if any(isinstance(axiom, kind) and axiom.property not in told for axiom in axioms):
            return by
    if any(isinstance(axiom, DisjointClasses) for axiom in axioms):
        return RefutedBy.DISJOINTNESS
    return RefutedBy.OTHER

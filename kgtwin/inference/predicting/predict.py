"""Predicted relations between what a patient takes and has: plausible, never proven, never a patient's probability.

Each is added to what is known of the patient, and the reasoner says what becomes of it: the ontology derives it
already (then that is shown, and the prediction is a note beside it), it is consistent, or it cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from kgtwin.identifiers import digest, to_curie, to_iri
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.knowledge import named
from kgtwin.inference.predicting.supposing import Impossible, Supposed, proven, refuted, supposing
from kgtwin.inference.realising.abox import individual
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.caveat import Caveat
from kgtwin.model.derivation import Derivation
from kgtwin.model.issue import DetectedIssue, RiskAssessment
from kgtwin.model.predicted import Predicted, Refutation, Refuted, RefutedBy
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_NOW, MEDICINAL_PRODUCT, SUBSTANCE, TAKES_NOW, kgtwin

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


class Fused(NamedTuple):
    """The predictions to show, what became of all, and, where asked for, why some are not shown."""

    risks: tuple[RiskAssessment, ...] = ()
    predicted: Predicted = Predicted()
    refutations: tuple[Refutation, ...] = ()


def predictions(
    selected: Iterable[Selected],
    evaluation: Evaluation,
    issues: Iterable[DetectedIssue],
    predictor: Predictor,
    *,
    refutations: bool = False,
) -> Fused:
    """How plausible it is that each of a patient's active ingredients treats each present condition.

    Not shown is what the ontology refutes, for every medicine and condition that it is predicted of; nor what the
    graph already knew, since that predicts nothing. ``issues`` are what was proven, and none of it changes.
    """
    selected = tuple(selected)
    heads, tails = _facts_by_concept(selected, TAKES_NOW, evaluation), _facts_by_concept(selected, HAS_NOW, evaluation)
    found = [one for one in predictor.best(heads, TREATS, tails) if not one.known]
    if not found:
        return Fused()
    pairs = [[_supposed(one, a, b, evaluation) for a in heads[one.head] for b in tails[one.tail]] for one in found]
    every = [pair for some in pairs for pair in some]
    impossible, derived = refuted(every, evaluation), proven(every, evaluation)
    shown, hidden = [], []
    for one, some in zip(found, pairs, strict=True):
        left = [pair for pair in some if pair not in impossible]
        if left:
            proof = next((derived[pair] for pair in left if pair in derived), None)
            shown.append(_risk(one, left, proof, evaluation, tuple(issues)))
        else:
            hidden.append((one, impossible[some[0]]))
    told = [_refutation(one, why, evaluation) for one, why in hidden] if refutations else []
    return Fused(tuple(shown), _counted(shown, [why.by for _, why in hidden]), tuple(told))


def _counted(shown: list[RiskAssessment], refusals: list[RefutedBy]) -> Predicted:
    proven = sum(one.basis == "proven" for one in shown)
    counts = tuple(Refuted(by, refusals.count(by)) for by in RefutedBy if by in refusals)
    return Predicted(proven, len(shown) - proven, counts)


def _facts_by_concept(selected: Iterable[Selected], role: str, evaluation: Evaluation) -> dict[str, list[Selected]]:
    found: dict[str, list[Selected]] = {}
    for one in selected:
        if one.role == role:
            for concept in dict.fromkeys(_ends(one, evaluation)):
                found.setdefault(concept, []).append(one)
    return found


def _ends(one: Selected, evaluation: Evaluation) -> Iterator[str]:
    """What a prediction can be about: of a product its active ingredients; else what its code means."""
    knowledge, node = evaluation.knowledge, individual(one)
    classes = knowledge.classes_of(one.fact)
    if one.role == HAS_NOW:
        yield from map(to_curie, classes) if node in evaluation.box.by_node else ()
        return
    if node in evaluation.box.by_node:
        fillers = named(evaluation.realisation.successors(node, HAS_ACTIVE_INGREDIENT)) - {SUBSTANCE}
        yield from sorted(map(to_curie, fillers))
    kinds = (MEDICINAL_PRODUCT, SUBSTANCE)
    yield from (to_curie(iri) for iri in classes if not any(knowledge.is_a(iri, kind) for kind in kinds))


def _supposed(one: Prediction, medicine: Selected, condition: Selected, evaluation: Evaluation) -> Supposed:
    number = _id(one, evaluation)
    return supposing(medicine, condition, kgtwin(TREATS), (to_iri(one.head), to_iri(one.tail)), number, one.model)


def _id(one: Prediction, evaluation: Evaluation) -> str:
    return "ra-" + digest(evaluation.patient, one.head, TREATS, one.tail)


def _risk(
    one: Prediction,
    pairs: list[Supposed],
    proof: Derivation | None,
    evaluation: Evaluation,
    issues: tuple[DetectedIssue, ...],
) -> RiskAssessment:
    label = evaluation.knowledge.label_of
    return RiskAssessment(
        id=_id(one, evaluation),
        patient=evaluation.patient,
        head=one.head,
        head_label=label(one.head),
        relation=TREATS,
        tail=one.tail,
        tail_label=label(one.tail),
        plausibility=one.plausibility,
        prior=one.prior,
        rank=one.rank,
        candidates=one.candidates,
        model=one.model,
        at=evaluation.at,
        facts=tuple(dict.fromkeys([*(pair.medicine.fact.id for pair in pairs), *(p.condition.fact.id for p in pairs)])),
        basis="predicted" if proof is None else "proven",
        caveats=one.caveats,
        derivation=proof,
        proven_issues=tuple(issue.id for issue in issues if _is_about(issue, pairs)),
    )


def _is_about(issue: DetectedIssue, pairs: list[Supposed]) -> bool:
    """Whether an issue implicates both facts of a pair."""
    facts = {one.fact for one in issue.implicated}
    return any({pair.medicine.fact.id, pair.condition.fact.id} <= facts for pair in pairs)


def _refutation(one: Prediction, why: Impossible, evaluation: Evaluation) -> Refutation:
    label = evaluation.knowledge.label_of
    return Refutation(
        head=one.head,
        head_label=label(one.head),
        relation=TREATS,
        tail=one.tail,
        tail_label=label(one.tail),
        model=one.model,
        by=why.by,
        derivation=why.derivation(),
    )

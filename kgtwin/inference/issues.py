"""Detected issues: a statement met by a patient, with everything that a reader needs to judge it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kgtwin.inference.abox import PATIENT_INDIVIDUAL, ABox
from kgtwin.inference.derive import Deriver, exists_proof, match_proof, patient_proof
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.matching import MEDICINE_ROLES, Match, Witness, matches
from kgtwin.inference.selection import Selected
from kgtwin.inference.statements import Statement
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat
from kgtwin.model.derivation import Derivation
from kgtwin.model.issue import DetectedIssue, Implicated, issue_id
from kgtwin.model.proof import Proof
from kgtwin.reasoning import Realisation
from kgtwin.vocabulary import PATIENT


class Evaluation(msgspec.Struct, frozen=True):
    """What an issue records about how it was found: who, when (clinical), on which facts, with which knowledge."""

    patient: str
    at: str
    revision: int
    knowledge: Knowledge
    box: ABox
    realisation: Realisation


def detected_issues(evaluation: Evaluation) -> tuple[DetectedIssue, ...]:
    """Every issue of a patient, gravest first."""
    knowledge = evaluation.knowledge
    deriver = Deriver(knowledge, evaluation.box)
    found: list[DetectedIssue] = []
    for iri in evaluation.realisation.types(PATIENT_INDIVIDUAL) & knowledge.statements.keys():
        found += _of_statement(knowledge.statements[iri], evaluation, deriver)
    return tuple(sorted(found, key=lambda issue: (issue.significance.rank, issue.statement, issue.id)))


def _of_statement(statement: Statement, evaluation: Evaluation, deriver: Deriver) -> Iterator[DetectedIssue]:
    definition = statement.definition
    box, realisation, knowledge = evaluation.box, evaluation.realisation, evaluation.knowledge
    if definition is None:
        proof = realisation.explain(PATIENT_INDIVIDUAL, Class(statement.iri))
        if proof is not None:
            yield _undefined(statement, evaluation, deriver.derivation(proof))
        return
    for match in matches(definition, realisation, box, knowledge):
        derivation = deriver.derivation(_proof(statement, match, evaluation))
        derivation = msgspec.structs.replace(derivation, note=_distinct_note(match))
        yield _issue(statement, match, evaluation, derivation)


def _undefined(statement: Statement, evaluation: Evaluation, derivation: Derivation) -> DetectedIssue:
    """A statement that is no pattern: its facts are those of its derivation."""
    wanted = {ref.fact for ref in derivation.facts}
    selected = [one for one in evaluation.box.by_node.values() if one.fact.id in wanted]
    concepts = frozenset(c for one in selected for c in one.fact.code.concepts)
    match = Match(frozenset(), concepts, ())
    return _build(statement, match, evaluation, derivation, selected)


def _issue(statement: Statement, match: Match, evaluation: Evaluation, derivation: Derivation) -> DetectedIssue:
    nodes = dict.fromkeys(w.node for combination in match.combinations for w in combination)
    selected = [evaluation.box.by_node[n] for n in nodes if isinstance(n, str) and n in evaluation.box.by_node]
    leaves = {ref.fact for ref in derivation.facts} - {one.fact.id for one in selected}
    selected += [one for one in evaluation.box.by_node.values() if one.fact.id in leaves]
    return _build(statement, match, evaluation, derivation, selected)


def _build(
    statement: Statement, match: Match, evaluation: Evaluation, derivation: Derivation, selected: list[Selected]
) -> DetectedIssue:
    caveats = [caveat for one in selected for caveat in one.caveats]
    return DetectedIssue(
        id=issue_id(evaluation.patient, statement.curie, match.ingredients, match.conditions),
        patient=evaluation.patient,
        kind=statement.kind,
        significance=statement.significance,
        statement=statement.curie,
        title=statement.title,
        detail=_detail(statement, selected, evaluation.knowledge),
        at=evaluation.at,
        revision=evaluation.revision,
        knowledge=evaluation.knowledge.version,
        implicated=tuple(_implicated(one) for one in selected),
        evidence=statement.evidence,
        mitigation=statement.mitigation,
        review=statement.review,
        derivation=derivation,
        caveats=tuple(dict.fromkeys([*caveats, *_ignored(statement, evaluation.knowledge)])),
    )


def _detail(statement: Statement, selected: list[Selected], knowledge: Knowledge) -> str:
    names = dict.fromkeys(knowledge.name_of(one.fact) for one in selected)
    return f"{statement.detail} Found: {'; '.join(names)}."


def _implicated(one: Selected) -> Implicated:
    return Implicated(one.fact.provenance.resource, one.fact.coding, one.fact.id)


def _ignored(statement: Statement, knowledge: Knowledge) -> Iterator[Caveat]:
    """Axioms that the reasoner did not use and that touch the statement."""
    names = {statement.iri, statement.curie}
    return (caveat for caveat in knowledge.classification.caveats if names & set(caveat.touches))


def _proof(statement: Statement, match: Match, evaluation: Evaluation) -> Proof:
    """The proof of the first combination of a match, conjunct by conjunct, nested definitions inlined."""
    definition = statement.definition
    assert definition is not None
    parts = [_class_proof(iri, evaluation) for iri in definition.classes]
    parts += [_conjunct_proof(witness, evaluation) for witness in match.combinations[0]]
    return match_proof(parts, definition.expression, statement.iri, definition.axioms[0])


def _class_proof(iri: str, evaluation: Evaluation) -> Proof:
    proof = evaluation.realisation.explain(PATIENT_INDIVIDUAL, Class(iri)) if iri != PATIENT else None
    return proof or patient_proof()


def _conjunct_proof(witness: Witness, evaluation: Evaluation) -> Proof:
    realisation = evaluation.realisation
    link = realisation.explain_link(PATIENT_INDIVIDUAL, witness.conjunct.property, witness.node)
    member = realisation.explain(witness.node, witness.conjunct.filler)
    assert link is not None, "a witness is a successor"
    assert member is not None, "a witness satisfies its conjunct"
    return exists_proof(witness.conjunct.property, witness.conjunct.filler, link, member)


def _distinct_note(match: Match) -> str | None:
    """What the engine checked beyond the axioms, for a pair of medicines."""
    medicines = [w for w in match.combinations[0] if w.conjunct.property in MEDICINE_ROLES]
    if len(medicines) < 2:
        return None
    return "distinct ingredients from distinct facts: " + " and ".join(sorted(match.ingredients))

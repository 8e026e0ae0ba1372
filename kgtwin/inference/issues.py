"""Detected issues: a statement met by a patient, with everything that a reader needs to judge it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from datetime import datetime
from typing import Final

import msgspec

from kgtwin.inference.abox import ABox, name_of
from kgtwin.inference.derive import Deriver
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.matching import Match, matches
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.proving import Grounds, issue_proof
from kgtwin.inference.selection import Selected
from kgtwin.inference.statements import Statement
from kgtwin.model.axioms import Class
from kgtwin.model.derivation import Derivation
from kgtwin.model.issue import DetectedIssue, Implicated, IssueKind, issue_id
from kgtwin.reasoning import Node, Realisation

AMONG_USABLE: Final = " (among what consent lets be used)"
"""What is said of something that is not there, where it may be withheld."""


class Evaluation(msgspec.Struct, frozen=True):
    """What an issue records about how it was found: who, when (clinical), on which facts, with which knowledge.

    ``withheld``: there may be more facts than these, which consent keeps from being used.
    """

    patient: str
    moment: datetime
    at: str
    revision: int
    knowledge: Knowledge
    box: ABox
    realisation: Realisation
    withheld: bool = False


def detected_issues(evaluation: Evaluation, among: Set[str] | None = None) -> tuple[DetectedIssue, ...]:
    """Every issue of a patient, gravest first; ``among``: of some statements, by IRI, as if there were no others."""
    deriver = Deriver(evaluation.knowledge, evaluation.box)
    asked = evaluation.knowledge.statements.keys() if among is None else among
    met = evaluation.realisation.types(PATIENT_INDIVIDUAL) & asked
    met_statements = [evaluation.knowledge.statements[iri] for iri in sorted(met)]
    found = [_undefined(s, evaluation, deriver) for s in met_statements if s.definition is None]
    for statement, match in _matches([s for s in met_statements if s.definition is not None], evaluation):
        found.append(_issue(statement, match, evaluation, deriver))
    return tuple(sorted(found, key=lambda issue: (issue.significance.rank, issue.statement, issue.id)))


def _matches(met: list[Statement], evaluation: Evaluation) -> Iterator[tuple[Statement, Match]]:
    """The matches of all statements; of the same substance only what no other statement of the kind says."""
    said: set[tuple[IssueKind, str, Node]] = set()
    for statement in sorted(met, key=lambda one: one.same_substance):
        for match in matches(statement, evaluation.realisation, evaluation.box, evaluation.knowledge):
            pairs = {(statement.kind, *pair) for pair in match.pairs}
            if statement.same_substance and pairs <= said:
                continue
            said |= pairs
            yield statement, match


def _undefined(statement: Statement, evaluation: Evaluation, deriver: Deriver) -> DetectedIssue:
    """A statement that is no pattern: its facts are those of its derivation."""
    proof = evaluation.realisation.explain(PATIENT_INDIVIDUAL, Class(statement.iri))
    assert proof is not None, "the statement is met"
    derivation = deriver.derivation(proof)
    selected = _behind(derivation, evaluation)
    concepts = frozenset(c for one in selected for c in one.fact.code.concepts)
    return _build(statement, Match(frozenset(), concepts, ()), evaluation, derivation, selected)


def _issue(statement: Statement, match: Match, evaluation: Evaluation, deriver: Deriver) -> DetectedIssue:
    proof = issue_proof(statement, match, Grounds(evaluation.realisation, evaluation.box, evaluation.knowledge))
    derivation = msgspec.structs.replace(deriver.derivation(proof), note=_note(statement, match, evaluation))
    nodes = dict.fromkeys(w.node for combination in match.combinations for w in combination)
    selected = [evaluation.box.by_node[n] for n in nodes if isinstance(n, str) and n in evaluation.box.by_node]
    shown = {fact.id for one in selected for fact in one.facts}
    selected += [one for one in _behind(derivation, evaluation) if one.fact.id not in shown]
    return _build(statement, match, evaluation, derivation, selected)


def _behind(derivation: Derivation, evaluation: Evaluation) -> list[Selected]:
    """What was selected of the facts at the leaves of a derivation, each fact once."""
    wanted = {ref.fact for ref in derivation.facts}
    found: dict[str, Selected] = {}
    for one in evaluation.box.by_node.values():
        if one.fact.id in wanted:
            found.setdefault(one.fact.id, one)
    return list(found.values())


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
        implicated=tuple(_implicated(selected)),
        evidence=statement.evidence,
        mitigation=statement.mitigation,
        review=statement.review,
        derivation=derivation,
        caveats=tuple(dict.fromkeys([*caveats, *evaluation.knowledge.caveats_of(statement.iri)])),
    )


def _detail(statement: Statement, selected: list[Selected], knowledge: Knowledge) -> str:
    names = dict.fromkeys(name_of(one, knowledge) for one in selected)
    return f"{statement.detail} Found: {'; '.join(names)}."


def _implicated(selected: Iterable[Selected]) -> Iterator[Implicated]:
    facts = {fact.id: fact for one in selected for fact in one.facts}
    return (Implicated(fact.provenance.resource, fact.coding, fact.id) for fact in facts.values())


def _note(statement: Statement, match: Match, evaluation: Evaluation) -> str | None:
    """What the engine checked beyond the axioms."""
    medicines = [w for w in match.combinations[0] if w.conjunct.property in evaluation.knowledge.roles.medicines]
    notes = []
    if len(medicines) > 1:
        notes.append("distinct ingredients from distinct facts: " + " and ".join(sorted(match.ingredients)))
    if statement.wash_out:
        notes.append("what ended is not taken now")
    if statement.same_substance:
        notes.append("the ingredient is the substance of the allergy or a kind of it")
    return "; ".join(notes) or None

"""Detected issues: a statement met by a patient, with everything that a reader needs to judge it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from typing import Final, Protocol

import msgspec

from kgtwin.inference.issues.best import Best
from kgtwin.inference.issues.derive import Deriver
from kgtwin.inference.issues.matching import Match, matches
from kgtwin.inference.issues.proving import Grounds, issue_proof
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox, name_of
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat
from kgtwin.model.derivation import Derivation
from kgtwin.model.evidence import Evidence
from kgtwin.model.fact import Fact
from kgtwin.model.issue import DetectedIssue, Implicated, IssueKind, Significance, issue_id
from kgtwin.model.proof import Proof
from kgtwin.reasoning import Node, Realisation

AMONG_USABLE: Final = " (among what consent lets be used)"
"""What is said of something that is not there, where it may be withheld."""


class Evaluation(msgspec.Struct, frozen=True):
    """What an issue records about how it was found: who, when (clinical), on which facts, with which knowledge.

    ``facts`` are all that are known of the patient, selected or not: a rule may ask what was *not* done.
    ``withheld``: there may be others, which consent keeps from being used.
    """

    patient: str
    moment: datetime
    at: str
    revision: int
    knowledge: Knowledge
    box: ABox
    realisation: Realisation
    facts: tuple[Fact, ...] = ()
    withheld: bool = False


class Found(msgspec.Struct, frozen=True):
    """An issue with the statement that is met, by what, and the proof that its derivation shows."""

    issue: DetectedIssue
    statement: Statement
    match: Match
    proof: Proof


def detected_issues(evaluation: Evaluation, among: Set[str] | None = None) -> tuple[DetectedIssue, ...]:
    """Every issue of a patient, gravest first; ``among``: of some statements, by IRI, as if there were no others."""
    return tuple(one.issue for one in found_issues(evaluation, among))


def found_issues(evaluation: Evaluation, among: Set[str] | None = None) -> tuple[Found, ...]:
    """The same, each with how it was found."""
    deriver = Deriver(evaluation.knowledge, evaluation.box)
    met = met_statements(evaluation, among)
    found = [_undefined(statement, evaluation, deriver) for statement in met if statement.definition is None]
    found += [_issue(statement, match, evaluation, deriver) for statement, match in all_matches(met, evaluation)]
    return tuple(sorted(found, key=lambda one: (one.issue.significance.rank, one.issue.statement, one.issue.id)))


def met_statements(evaluation: Evaluation, among: Set[str] | None = None) -> list[Statement]:
    """The statements, or some of them, whose class the patient is in."""
    asked = evaluation.knowledge.statements.keys() if among is None else among
    met = evaluation.realisation.types(PATIENT_INDIVIDUAL) & asked
    return [evaluation.knowledge.statements[iri] for iri in sorted(met)]


def gravest_first(issues: Iterable[DetectedIssue]) -> tuple[DetectedIssue, ...]:
    """Issues in the order in which they are shown."""
    return tuple(sorted(issues, key=lambda issue: (issue.significance.rank, issue.statement, issue.id)))


def all_matches(met: list[Statement], evaluation: Evaluation) -> Iterator[tuple[Statement, Match]]:
    """The matches of all defined statements; of the same substance only what no other statement of the kind says."""
    said: set[tuple[IssueKind, str, Node]] = set()
    best = Best(evaluation.realisation, evaluation.box)
    defined = [statement for statement in met if statement.definition is not None]
    for statement in sorted(defined, key=lambda one: one.same_substance):
        for match in matches(statement, evaluation.realisation, evaluation.box, evaluation.knowledge):
            pairs = {(statement.kind, *pair) for pair in match.pairs}
            if statement.same_substance and pairs <= said:
                continue
            said |= pairs
            yield statement, best.first(match)


def _undefined(statement: Statement, evaluation: Evaluation, deriver: Deriver) -> Found:
    """A statement that is no pattern: its facts are those of its derivation."""
    proof = evaluation.realisation.explain(PATIENT_INDIVIDUAL, Class(statement.iri))
    assert proof is not None, "the statement is met"
    derivation = deriver.derivation(proof)
    selected = _behind(derivation, evaluation)
    match = Match(frozenset(), frozenset(c for one in selected for c in one.fact.code.concepts), ())
    return Found(_build(statement, match, evaluation, derivation, selected), statement, match, proof)


def _issue(statement: Statement, match: Match, evaluation: Evaluation, deriver: Deriver) -> Found:
    proof = issue_proof(statement, match, Grounds(evaluation.realisation, evaluation.box, evaluation.knowledge))
    derivation = msgspec.structs.replace(deriver.derivation(proof), note=_note(statement, match, evaluation))
    nodes = dict.fromkeys(w.node for combination in match.combinations for w in combination)
    selected = [evaluation.box.by_node[n] for n in nodes if isinstance(n, str) and n in evaluation.box.by_node]
    shown = {fact.id for one in selected for fact in one.facts}
    selected += [one for one in _behind(derivation, evaluation) if one.fact.id not in shown]
    return Found(_build(statement, match, evaluation, derivation, selected), statement, match, proof)


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
    return build(
        statement,
        evaluation,
        kind=statement.kind,
        of=(match.ingredients, match.conditions),
        detail=statement.detail,
        derivation=derivation,
        selected=selected,
        caveats=ignored(statement.iri, evaluation),
    )


def ignored(iri: str, evaluation: Evaluation) -> tuple[Caveat, ...]:
    """The axioms not used that can touch a class of patients, and of this patient what may follow.

    That some number below 30 may be below 15, too, touches no patient whose result of 25 was received.
    """
    told = evaluation.knowledge.caveats_of(iri)
    open_here = frozenset(evaluation.realisation.caveats_of(PATIENT_INDIVIDUAL)) if told else frozenset()
    return tuple(one for one in told if one in open_here)


class Source(Protocol):
    """What says that something is an issue: a statement, or a rule."""

    @property
    def curie(self) -> str: ...
    @property
    def significance(self) -> Significance: ...
    @property
    def title(self) -> str: ...
    @property
    def evidence(self) -> tuple[Evidence, ...]: ...
    @property
    def mitigation(self) -> str | None: ...
    @property
    def review(self) -> str: ...


def build(
    source: Source,
    evaluation: Evaluation,
    *,
    kind: IssueKind,
    of: tuple[frozenset[str], frozenset[str]],
    detail: str,
    derivation: Derivation,
    selected: Sequence[Selected],
    caveats: Iterable[Caveat],
) -> DetectedIssue:
    """An issue ``of`` ingredients and conditions (CURIEs); ``caveats`` are those beside the facts' own."""
    names = dict.fromkeys(name_of(one, evaluation.knowledge) for one in selected)
    own = [caveat for one in selected for caveat in one.caveats]
    return DetectedIssue(
        id=issue_id(evaluation.patient, source.curie, *of),
        patient=evaluation.patient,
        kind=kind,
        significance=source.significance,
        statement=source.curie,
        title=source.title,
        detail=f"{detail} Found: {'; '.join(names)}.",
        at=evaluation.at,
        revision=evaluation.revision,
        knowledge=evaluation.knowledge.version,
        implicated=tuple(implicated(selected)),
        evidence=source.evidence,
        mitigation=source.mitigation,
        review=source.review,
        derivation=derivation,
        caveats=tuple(dict.fromkeys([*own, *caveats])),
    )


def implicated(selected: Iterable[Selected]) -> Iterator[Implicated]:
    """All received facts behind what was selected, each once."""
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

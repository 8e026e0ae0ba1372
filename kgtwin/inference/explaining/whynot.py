"""Why a patient is not of a class: the parts of its definition, and what keeps an issue away beyond the axioms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.evaluating import Evaluated, evaluate
from kgtwin.inference.explaining.nearest import Nearness, Withdrawn, bodies
from kgtwin.inference.issues.derive import Deriver, leaf
from kgtwin.inference.issues.found import Evaluation, detected_issues, ignored
from kgtwin.inference.issues.gaps import gap
from kgtwin.inference.issues.matching import hindrances, matches, taken_again
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import Rule
from kgtwin.inference.knowledge.statements import SILENT, Statement, definition_of
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated, believed
from kgtwin.inference.realising.selection import deceased
from kgtwin.inference.rules.evaluate import rule_issues
from kgtwin.inference.rules.silence import demanded, silence
from kgtwin.model.axioms import (
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.derivation import Derivation, FactRef
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.owl_text import manchester
from kgtwin.model.whynot import Near, Part, WhyNot


class Question(msgspec.Struct, frozen=True):
    """A class of patients, and what to call it."""

    expression: ClassExpression
    title: str

    @property
    def iri(self) -> str | None:
        """Of a named class."""
        return self.expression.iri if isinstance(self.expression, Class) else None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a patient at a revision, and the moment that is asked about."""

    patient: str
    record: PatientRecord | None
    facts: tuple[Fact, ...]
    knowledge: Knowledge
    at: datetime
    revision: int
    withdrawn: tuple[Withdrawn, ...] = ()
    unverified: bool = True

    def evaluated(self) -> Evaluated:
        """What is true of the patient."""
        return evaluate(self.patient, self.record, self.facts, self.knowledge, at=self.at, revision=self.revision)


def why_not(case: Case, question: Question) -> WhyNot:
    """Why a patient is not of a class, part by part; whether it is."""
    found = case.evaluated()
    evaluation, knowledge = found.evaluation, case.knowledge
    rule = knowledge.rules.called(question.iri or "")
    if rule is not None:
        return _why_no_rule(case, question, rule, found)
    statement = knowledge.statements.get(question.iri or "")
    explaining = _Explaining(case, found, statement)
    parts = tuple(map(explaining.part, parts_of(question.expression, knowledge)))
    obstacles = tuple(dict.fromkeys(_obstacles(case, question, evaluation)))
    issues = _issues(statement, evaluation) if statement is not None and not obstacles else ()
    is_one = evaluation.realisation.satisfies(PATIENT_INDIVIDUAL, question.expression)
    return WhyNot(
        patient=case.patient,
        at=evaluation.at,
        revision=case.revision,
        knowledge=knowledge.version,
        statement=to_curie(question.iri) if question.iri else None,
        title=question.title,
        holds=bool(issues) if statement is not None else is_one and not obstacles,
        parts=parts,
        hindrances=obstacles or (tuple(_checks(statement, evaluation)) if statement and is_one and not issues else ()),
        issues=issues,
        caveats=_caveats(question, parts, found),
    )


def is_of(case: Case, question: Question) -> bool:
    """Whether a patient is of a class that is neither a statement nor a rule."""
    evaluation = case.evaluated().evaluation
    is_one = evaluation.realisation.satisfies(PATIENT_INDIVIDUAL, question.expression)
    return is_one and not any(_obstacles(case, question, evaluation))


def _why_no_rule(case: Case, question: Question, rule: Rule, found: Evaluated) -> WhyNot:
    """Of a rule, which no class defines: what it asks for, and what was received instead."""
    evaluation = found.evaluation
    issues, caveats = _raised(case, question, evaluation)
    explaining = _Explaining(case, found, None)
    consistent = evaluation.realisation.consistent
    parts = tuple(map(explaining.part, demanded(rule))) if consistent else ()
    obstacles = () if issues else tuple(dict.fromkeys(_obstacles(case, question, evaluation)))
    return WhyNot(
        patient=case.patient,
        at=evaluation.at,
        revision=case.revision,
        knowledge=case.knowledge.version,
        statement=rule.curie,
        title=question.title,
        holds=bool(issues),
        parts=parts,
        hindrances=obstacles or (() if issues else tuple(silence(rule, evaluation))),
        issues=tuple(one.id for one in issues),
        caveats=tuple(dict.fromkeys([*_caveats(question, parts, found), *caveats])),
    )


def _raised(
    case: Case, question: Question, evaluation: Evaluation
) -> tuple[tuple[DetectedIssue, ...], tuple[Caveat, ...]]:
    """The issues of a rule, and the caveats that say why there may be more."""
    rule = case.knowledge.rules.called(question.iri or "")
    if rule is None or not evaluation.realisation.consistent or _dead(case):
        return (), ()
    found = rule_issues(evaluation, detected_issues(evaluation))
    issues = tuple(one for one in found.issues if one.statement == rule.curie) if _heard(case, rule) else ()
    return issues, tuple(one for one in found.caveats if rule.curie in one.touches)


def _heard(case: Case, rule: Rule) -> bool:
    return rule.verified or case.unverified


def why(case: Case, question: Question) -> Derivation | None:
    """The proof that a patient is of a class, or of what a rule raises; None where that does not follow."""
    found = case.evaluated().evaluation
    if case.knowledge.rules.called(question.iri or "") is not None:
        raised = _raised(case, question, found)[0]
        return raised[0].derivation if raised else None
    proof = found.realisation.explain(PATIENT_INDIVIDUAL, question.expression) if found.realisation.consistent else None
    return None if proof is None else Deriver(case.knowledge, found.box).derivation(proof)


def parts_of(expression: ClassExpression, knowledge: Knowledge) -> tuple[ClassExpression, ...]:
    """What a class demands: the parts of its definition, defined classes among them unfolded."""
    match expression:
        case Class(iri):
            statement = knowledge.statements.get(iri)
            definition = statement.definition if statement else definition_of(iri, knowledge.ontology.axioms)
            return definition.parts if definition else (expression,)
        case ObjectIntersectionOf(operands):
            return tuple(dict.fromkeys(part for operand in operands for part in parts_of(operand, knowledge)))
    return (expression,)


def _dead(case: Case) -> bool:
    return deceased(believed(case.record, case.at)[0], case.at)


def _issues(statement: Statement, evaluation: Evaluation) -> tuple[str, ...]:
    return tuple(one.id for one in detected_issues(evaluation) if one.statement == statement.curie)


def _obstacles(case: Case, question: Question, evaluation: Evaluation) -> Iterator[str]:
    """What keeps everything away, or this statement, whatever the facts are."""
    if _dead(case):
        yield "the patient has died: nothing is current"
    if not evaluation.realisation.consistent:
        yield "the ontology contradicts itself about this patient: nothing is concluded"
    yield from silences(question, case.knowledge, unverified=case.unverified)


def silences(question: Question, knowledge: Knowledge, *, unverified: bool) -> Iterator[str]:
    """Why a statement or a rule raises nothing, whoever it is about."""
    iri = question.iri or ""
    if knowledge.ontology.value(iri, SILENT) in ("true", "1"):
        yield "the statement was imported and not reviewed: it is silent"
    asked = knowledge.statements.get(iri) or knowledge.rules.called(iri)
    if asked is not None and not (asked.verified or unverified):
        yield "none of its evidence was opened, and unverified statements are silenced here (KGTWIN_UNVERIFIED)"


def _checks(statement: Statement, evaluation: Evaluation) -> Iterator[str]:
    """Why there is no issue although the axioms are met."""
    realisation, box, knowledge = evaluation.realisation, evaluation.box, evaluation.knowledge
    if statement.definition is None:
        return
    said: dict[str, None] = {}
    for witnesses, reason in hindrances(statement, realisation, box, knowledge):
        names = sorted({ref.resource for w in witnesses for ref in _refs([w.node], evaluation)})
        said[f"{', '.join(names)}: {reason}"] = None
    for one in taken_again(statement, realisation, box, knowledge):
        names = sorted(knowledge.label_of(ingredient) for ingredient in one.identity)
        said[f"{', '.join(names)} is taken now: a wash-out is about what ended"] = None
    if not said and matches(statement, realisation, box, knowledge):
        said["another statement of its kind says the same, more specifically"] = None
    yield from said


def _caveats(question: Question, parts: Sequence[Part], found: Evaluated) -> tuple[Caveat, ...]:
    """What can touch the answer: axioms that were not used, data that contradicts, doubts about the facts shown."""
    realisation, expression = found.evaluation.realisation, question.expression
    if question.iri and realisation.satisfies(PATIENT_INDIVIDUAL, expression):
        told = ignored(question.iri, found.evaluation)
    else:
        told = realisation.caveats_of(PATIENT_INDIVIDUAL)
    shown = {ref.resource for part in parts for ref in (*part.facts, *(near.fact for near in part.nearest))}
    of_all = {CaveatCode.CONTRADICTION, CaveatCode.PATIENT_NOT_RECEIVED, CaveatCode.IGNORED_AXIOM}
    mine = [one for one in found.caveats if one.code in of_all or not shown.isdisjoint(one.touches)]
    return tuple(dict.fromkeys([*mine, *told]))


def _refs(nodes: Sequence[object], evaluation: Evaluation) -> Iterator[FactRef]:
    """The received facts behind individuals."""
    for node in nodes:
        one = evaluation.box.by_node.get(node) if isinstance(node, str) else None
        for fact in one.facts if one is not None else ():
            yield leaf(fact.id, fact.provenance, evaluation.knowledge.name_of(fact))


class _Explaining:
    """Explains the parts of one definition for one patient."""

    def __init__(self, case: Case, found: Evaluated, statement: Statement | None) -> None:
        self._case, self._evaluation, self._statement = case, found.evaluation, statement
        self._nearness = Nearness(case.facts, case.withdrawn, found)
        self._bodies = bodies(case.knowledge.ontology.axioms)

    def part(self, part: ClassExpression) -> Part:
        """Whether a part holds and by what, or what comes closest."""
        expression = manchester(part, self._case.knowledge.label)
        if self._evaluation.realisation.satisfies(PATIENT_INDIVIDUAL, part):
            return Part(expression=expression, holds=True, facts=tuple(dict.fromkeys(self._by(part))))
        near: tuple[Near, ...] = ()
        if isinstance(part, ObjectSomeValuesFrom):
            near = self._nearness.to(part.property, part.filler, self._bodies)
        return Part(
            expression=expression,
            holds=False,
            nearest=near,
            found=self._instead(part),
            unknown=tuple(gap(self._statement, part, self._evaluation)) if self._statement else (),
        )

    def _by(self, part: ClassExpression) -> Iterator[FactRef]:
        """The facts by which a part holds: all that fill a role, else those of its proof."""
        realisation = self._evaluation.realisation
        if isinstance(part, ObjectSomeValuesFrom):
            nodes = realisation.successors(PATIENT_INDIVIDUAL, part.property)
            yield from _refs([one for one in nodes if realisation.satisfies(one, part.filler)], self._evaluation)
        proof = realisation.explain(PATIENT_INDIVIDUAL, part)
        if proof is not None:
            yield from Deriver(self._case.knowledge, self._evaluation.box).derivation(proof).facts

    def _instead(self, part: ClassExpression) -> str | None:
        """What the Patient resource says instead of what a part demands."""
        label = self._case.knowledge.label
        sources = self._evaluation.box.sources.items()
        if isinstance(part, DataSomeValuesFrom):
            told = [a for a, _ in sources if isinstance(a, DataPropertyAssertion) and a.subject == PATIENT_INDIVIDUAL]
            known = [f"“{label(a.property)}” {a.range}" for a in told if a.property == part.property]
            return "; ".join(known) or f"“{label(part.property)}” is unknown"
        if isinstance(part, Class):
            said = [s.text for a, s in sources if isinstance(s, Stated) and isinstance(a, ClassAssertion)]
            return "; ".join(said) or "nothing that was received makes the patient one"
        if not isinstance(part, ObjectSomeValuesFrom):
            return "of this form only what certainly holds is found: that it does not is no proof"
        return None

"""Untreated indications: a condition calls for a medicine, and nothing says why it is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kgtwin.identifiers import to_iri
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.knowledge import Knowledge, named
from kgtwin.inference.knowledge.rules import CareGapRule
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.rules.building import Builder, Found
from kgtwin.model.axioms import Class, DataPropertyAssertion, Interval, ObjectSomeValuesFrom
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.vocabulary import (
    ALLERGIC_TO,
    HAS_ACTIVE_INGREDIENT,
    HAS_AGE,
    HAS_EVER,
    HAS_NOW,
    INTOLERANT_TO,
    SUBSTANCE,
    TAKES_NOW,
)


def care_gaps(builder: Builder, evaluation: Evaluation) -> Iterator[DetectedIssue]:
    """An issue for each rule whose condition is present and that no exception silences."""
    considered: frozenset[str] | None = None
    for rule in evaluation.knowledge.rules.care_gaps:
        found = called_for(rule, evaluation)
        if found is None:
            continue
        considered = _considered(evaluation) if considered is None else considered
        if not _excepted(rule, considered, evaluation):
            yield _issue(rule, *found, builder, evaluation)


def called_for(rule: CareGapRule, evaluation: Evaluation) -> tuple[str, str, str] | None:
    """The role, the individual and the class of the condition that a rule is about, at an age for which it holds."""
    realisation = evaluation.realisation
    asked = [(role, name) for role, names in ((HAS_NOW, rule.conditions), (HAS_EVER, rule.history)) for name in names]
    for role, name in asked:
        if realisation.satisfies(PATIENT_INDIVIDUAL, ObjectSomeValuesFrom(role, Class(name))):
            for node in realisation.successors(PATIENT_INDIVIDUAL, role):
                received = isinstance(node, str) and node in evaluation.box.by_node
                if received and realisation.satisfies(node, Class(name)) and _of_age(rule, evaluation):
                    return role, str(node), name
    return None


def _of_age(rule: CareGapRule, evaluation: Evaluation) -> bool:
    """Whether the age is certainly one for which the rule holds; an unknown age is none."""
    if rule.ages == Interval(high_open=True):
        return True
    known = _age(evaluation)
    return known is not None and known[0].within(rule.ages)


def _age(evaluation: Evaluation) -> tuple[Interval, Stated] | None:
    for told, source in evaluation.box.sources.items():
        if isinstance(told, DataPropertyAssertion) and told.property == HAS_AGE and isinstance(source, Stated):
            return (told.range, source) if isinstance(told.range, Interval) else None
    return None


def _considered(evaluation: Evaluation) -> frozenset[str]:
    """The ingredients of every order or statement about a medicine, whatever became of it.

    Tried, stopped, on hold, planned, refused: somebody thought of it. Only what was entered in error is not counted.
    """
    knowledge = evaluation.knowledge
    found: set[str] = set()
    for fact in evaluation.facts:
        if fact.kind is FactKind.MEDICATION and fact.status != "entered-in-error":
            found |= ingredients_named(fact, knowledge)
    return frozenset(found)


def ingredients_named(fact: Fact, knowledge: Knowledge) -> frozenset[str]:
    """The ingredients (IRIs) that the codes of a medication fact name, whatever became of it."""
    codes = list(knowledge.classes_of(fact))
    if isinstance(fact.detail, MedicationDetail):
        codes += [to_iri(c) for one in fact.detail.ingredients for c in one.concepts if to_iri(c) in knowledge.classes]
    held = [one for iri in codes for one in named(knowledge.classification.successors(iri, HAS_ACTIVE_INGREDIENT))]
    return frozenset([*(iri for iri in codes if knowledge.is_a(iri, SUBSTANCE)), *held]) - {SUBSTANCE}


def _excepted(rule: CareGapRule, considered: frozenset[str], evaluation: Evaluation) -> bool:
    """Whether a medicine was considered or is not tolerated, or a condition or another medicine speaks against it."""
    knowledge, realisation = evaluation.knowledge, evaluation.realisation
    if any(_related(one, medicine, knowledge) for one in considered for medicine in rule.medicines):
        return True

    def fills(role: str, classes: tuple[str, ...]) -> bool:
        nodes = realisation.successors(PATIENT_INDIVIDUAL, role)
        return any(realisation.satisfies(node, Class(name)) for node in nodes for name in classes)

    if fills(ALLERGIC_TO, rule.medicines) or fills(INTOLERANT_TO, rule.medicines):
        return True
    if fills(HAS_EVER, rule.unless_conditions) or spoken_against(rule, evaluation):
        return True
    taken = [
        one
        for node in realisation.successors(PATIENT_INDIVIDUAL, TAKES_NOW)
        for one in named(realisation.successors(node, HAS_ACTIVE_INGREDIENT))
    ]
    return any(knowledge.is_a(one, name) for one in taken for name in rule.unless_medicines)


def spoken_against(rule: CareGapRule, evaluation: Evaluation) -> bool:
    """Whether a grave statement about one of the medicines lacks nothing but that it is taken."""
    realisation = evaluation.realisation
    return any(
        all(realisation.satisfies(PATIENT_INDIVIDUAL, part) for part in others)
        for others in evaluation.knowledge.grave_against(rule.medicines)
    )


def _related(one: str, medicine: str, knowledge: Knowledge) -> bool:
    """Whether what was considered is of a class, or a class of it."""
    return knowledge.is_a(one, medicine) or knowledge.is_a(medicine, one)


def _issue(
    rule: CareGapRule, role: str, node: str, name: str, builder: Builder, evaluation: Evaluation
) -> DetectedIssue:
    selected = evaluation.box.by_node[node]
    medicines = " or ".join(map(evaluation.knowledge.label, rule.medicines))
    absence = f"no order or statement about {medicines} was received"
    steps = [builder.has(role, node, Class(name))]
    if (age := _age(evaluation)) is not None and rule.ages != Interval(high_open=True):
        years = age[0].low if age[0].low == age[0].high else Decimal(int(age[0].low or 0))
        steps.append(builder.stated(age[1], f"the patient is {years} years old"))
    text = f"{absence}; it may be taken, or have been decided against, elsewhere"
    return builder.issue(
        Found(
            rule=rule,
            kind=IssueKind.UNTREATED_INDICATION,
            ingredients=frozenset(),
            conditions=frozenset(selected.fact.code.concepts),
            detail=f"{absence[0].upper()}{absence[1:]}.",
            conclusion=f"the patient has {evaluation.knowledge.label(name)}, and {absence}",
            premises=tuple(steps),
            note=f"closed world over what was received: {absence}",
            selected=(selected,),
            caveats=(Caveat(CaveatCode.CLOSED_WORLD, text, (), "ask for all medicines that are taken"),),
        )
    )

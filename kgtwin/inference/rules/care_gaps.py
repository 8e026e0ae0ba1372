"""Untreated indications: a condition calls for a medicine, and nothing says why it is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import CareGapRule
from kgtwin.inference.person import Stated
from kgtwin.inference.rules.building import Builder, Words
from kgtwin.inference.rules.known import Known, Received
from kgtwin.inference.rules.raised import Raised
from kgtwin.model.axioms import Class, DataPropertyAssertion, Interval, ObjectSomeValuesFrom
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.vocabulary import (
    ALLERGIC_TO,
    HAS_AGE,
    HAS_EVER,
    HAS_NOW,
    INTOLERANT_TO,
    SUBSTANCE,
    TAKES_NOW,
)

ANY_AGE: Final = Interval(high_open=True)
"""What a rule that names no age holds for."""


class Untreated(Raised, frozen=True, kw_only=True):
    """A condition that calls for a medicine, with the role that it fills, and nothing says why none is taken."""

    rule: CareGapRule
    role: str
    condition: Received


def care_gaps(known: Known) -> Iterator[Untreated]:
    """One for each rule whose condition is present and that no exception silences."""
    considered: frozenset[str] | None = None
    for rule in known.knowledge.rules.care_gaps:
        found = called_for(rule, known)
        if found is None:
            continue
        considered = _considered(known) if considered is None else considered
        if not _excepted(rule, considered, known):
            yield _raised(rule, *found)


def called_for(rule: CareGapRule, known: Known) -> tuple[str, Received] | None:
    """The condition that a rule is about with the role that it fills, at an age for which the rule holds."""
    asked = ((role, name) for role, names in ((HAS_NOW, rule.conditions), (HAS_EVER, rule.history)) for name in names)
    for role, name in asked:
        found = next(iter(known.received(role, (name,))), None)
        if found is not None:
            return (role, found) if _of_age(rule, known) else None
    return None


def _of_age(rule: CareGapRule, known: Known) -> bool:
    """Whether the age is certainly one for which the rule holds; an unknown age is none."""
    if rule.ages == ANY_AGE:
        return True
    age = _age(known)
    return age is not None and age[0].within(rule.ages)


def _age(known: Known) -> tuple[Interval, Stated] | None:
    for told, source in known.told():
        if isinstance(told, DataPropertyAssertion) and told.property == HAS_AGE:
            return (told.range, source) if isinstance(told.range, Interval) else None
    return None


def _considered(known: Known) -> frozenset[str]:
    """The ingredients of every order or statement about a medicine, whatever became of it.

    Tried, stopped, on hold, planned, refused: somebody thought of it. Only what was entered in error is not counted.
    """
    found: set[str] = set()
    for fact in known.facts:
        if fact.kind is FactKind.MEDICATION and fact.status != "entered-in-error":
            found |= ingredients_named(fact, known.knowledge)
    return frozenset(found)


def ingredients_named(fact: Fact, knowledge: Knowledge) -> frozenset[str]:
    """The ingredients (IRIs) that the codes of a medication fact name, whatever became of it."""
    codes = list(knowledge.classes_of(fact))
    if isinstance(fact.detail, MedicationDetail):
        codes += [to_iri(c) for one in fact.detail.ingredients for c in one.concepts if to_iri(c) in knowledge.classes]
    return frozenset(one for iri in codes for one in knowledge.by_ingredient.held(iri))


def _excepted(rule: CareGapRule, considered: frozenset[str], known: Known) -> bool:
    """Whether a medicine was considered or is not tolerated, or a condition or another medicine speaks against it."""
    knowledge = known.knowledge
    if any(_related(one, medicine, knowledge) for one in considered for medicine in rule.medicines):
        return True

    def fills(role: str, classes: tuple[str, ...]) -> bool:
        return any(known.holds(ObjectSomeValuesFrom(role, Class(name))) for name in classes)

    roles = (ALLERGIC_TO, INTOLERANT_TO)
    if any(fills(role, rule.medicines) or _is_allergic_to_a_group(role, rule, known) for role in roles):
        return True
    if fills(HAS_EVER, rule.unless_conditions) or spoken_against(rule, known):
        return True
    taken = [one for medicine in known.medicines(TAKES_NOW) for one in medicine.ingredients]
    return any(knowledge.is_a(one, name) for one in taken for name in rule.unless_medicines)


def _is_allergic_to_a_group(role: str, rule: CareGapRule, known: Known) -> bool:
    """Whether an allergy is to a group of substances that one of the medicines is in."""
    groups = (c for one in known.received(role, (SUBSTANCE,)) for c in known.knowledge.classes_of(one.selected.fact))
    return any(known.knowledge.is_a(medicine, c) for c in groups if c != SUBSTANCE for medicine in rule.medicines)


def spoken_against(rule: CareGapRule, known: Known) -> bool:
    """Whether a grave statement about one of the medicines lacks nothing but that it is taken."""
    return any(all(map(known.holds, others)) for others in known.knowledge.grave_against(rule.medicines))


def _related(one: str, medicine: str, knowledge: Knowledge) -> bool:
    """Whether what was considered is of a class, or a class of it."""
    return knowledge.by_ingredient.are_related(one, medicine)


def _raised(rule: CareGapRule, role: str, condition: Received) -> Untreated:
    return Untreated(
        rule=rule,
        kind=IssueKind.UNTREATED_INDICATION,
        ingredients=frozenset(),
        conditions=frozenset(condition.selected.fact.code.concepts),
        selected=(condition.selected,),
        role=role,
        condition=condition,
    )


def tell(untreated: Untreated, builder: Builder, known: Known) -> DetectedIssue:
    """The issue: the condition, and that nothing was received of its medicines."""
    rule, condition, knowledge = untreated.rule, untreated.condition, known.knowledge
    medicines = " or ".join(map(knowledge.label, rule.medicines))
    absence = f"no order or statement about {medicines} was received"
    steps = [builder.has(untreated.role, condition.node, Class(condition.name))]
    if (age := _age(known)) is not None and rule.ages != ANY_AGE:
        years = age[0].low if age[0].low == age[0].high else Decimal(int(age[0].low or 0))
        steps.append(builder.stated(age[1], f"the patient is {years} years old"))
    text = f"{absence}; it may be taken, or have been decided against, elsewhere"
    words = Words(
        detail=f"{absence[0].upper()}{absence[1:]}.",
        conclusion=f"the patient has {knowledge.label(condition.name)}, and {absence}",
        premises=tuple(steps),
        note=f"closed world over what was received: {absence}",
        caveats=(Caveat(CaveatCode.CLOSED_WORLD, text, (), "ask for all medicines that are taken"),),
    )
    return builder.issue(untreated, words)

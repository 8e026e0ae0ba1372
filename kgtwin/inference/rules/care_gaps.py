"""Untreated indications: a condition calls for a medicine, and nothing says why it is not taken."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import CareGapRule
from kgtwin.inference.person import Stated
from kgtwin.inference.rules.building import Builder, Words
from kgtwin.inference.rules.known import Known, Received
from kgtwin.inference.rules.raised import Asked, Raised
from kgtwin.model.axioms import Class, ClassExpression, DataPropertyAssertion, Interval, ObjectSomeValuesFrom
from kgtwin.model.caveat import Caveat, CaveatCode
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
    for rule in known.knowledge.rules.care_gaps:
        found = untreated(rule, known)
        if found is not None:
            yield found


def untreated(rule: CareGapRule, known: Known) -> Untreated | None:
    """What one rule says."""
    found = called_for(rule, known)
    return None if found is None or _excepted(rule, known) else _raised(rule, *found)


def asked_by(rule: CareGapRule, knowledge: Knowledge) -> tuple[Asked, Asked]:
    """What a rule asks of a patient beside medicines and age: what calls for one, and what may silence it."""
    calling = tuple((role, name) for role, names in _calling(rule) for name in names)
    types = [
        *_some(ALLERGIC_TO, rule.medicines),
        *_some(INTOLERANT_TO, rule.medicines),
        *_some(HAS_EVER, rule.unless_conditions),
        *(part for others in knowledge.grave_against(rule.medicines) for part in others),
    ]
    allergies = ((ALLERGIC_TO, SUBSTANCE), (INTOLERANT_TO, SUBSTANCE))
    return Asked(fillers=calling), Asked(fillers=allergies, types=tuple(dict.fromkeys(types)))


def _calling(rule: CareGapRule) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (HAS_NOW, rule.conditions), (HAS_EVER, rule.history)


def _some(role: str, names: tuple[str, ...]) -> Iterator[ClassExpression]:
    return (ObjectSomeValuesFrom(role, Class(name)) for name in names)


def called_for(rule: CareGapRule, known: Known) -> tuple[str, Received] | None:
    """The condition that a rule is about with the role that it fills, at an age for which the rule holds."""
    asked = ((role, name) for role, names in _calling(rule) for name in names)
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


def _excepted(rule: CareGapRule, known: Known) -> bool:
    """Whether a medicine was considered or is not tolerated, or a condition or another medicine speaks against it."""
    knowledge = known.knowledge
    if any(may_be_one_of(rule, one, knowledge) for one in known.considered):
        return True

    def fills(role: str, classes: tuple[str, ...]) -> bool:
        return any(map(known.holds, _some(role, classes)))

    roles = (ALLERGIC_TO, INTOLERANT_TO)
    if any(fills(role, rule.medicines) or _is_allergic_to_a_group(role, rule, known) for role in roles):
        return True
    if fills(HAS_EVER, rule.unless_conditions) or spoken_against(rule, known):
        return True
    taken = (one for medicine in known.medicines(TAKES_NOW) for one in medicine.ingredients)
    return bool(rule.unless_medicines) and any(speaks_against(rule, one, knowledge) for one in taken)


def may_be_one_of(rule: CareGapRule, ingredient: str, knowledge: Knowledge) -> bool:
    """Whether an ingredient (IRI) is one of the rule's medicines, or a class of one."""
    return any(knowledge.by_ingredient.are_related(ingredient, medicine) for medicine in rule.medicines)


def speaks_against(rule: CareGapRule, ingredient: str, knowledge: Knowledge) -> bool:
    """Whether a rule asks for nothing where an ingredient (IRI) is taken."""
    return any(knowledge.is_a(ingredient, name) for name in rule.unless_medicines)


def _is_allergic_to_a_group(role: str, rule: CareGapRule, known: Known) -> bool:
    """Whether an allergy is to a group of substances that one of the medicines is in."""
    groups = (c for one in known.received(role, (SUBSTANCE,)) for c in known.knowledge.classes_of(one.selected.fact))
    return any(known.knowledge.is_a(medicine, c) for c in groups if c != SUBSTANCE for medicine in rule.medicines)


def spoken_against(rule: CareGapRule, known: Known) -> bool:
    """Whether a grave statement about one of the medicines lacks nothing but that it is taken."""
    return any(all(map(known.holds, others)) for others in known.knowledge.grave_against(rule.medicines))


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

"""What clinical rules need to matter, and what they then speak of: the rules of `kgtwin.inference.rules`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from kgtwin.identifiers import to_iri
from kgtwin.inference.editing.content import Content
from kgtwin.inference.editing.edges import Edge, spoken, ways
from kgtwin.inference.equations.closing import COVERED_BY, STATES_ABSENCE_OF
from kgtwin.inference.equations.definitions import TERM
from kgtwin.inference.knowledge import existentials, named
from kgtwin.inference.knowledge.rules import BurdenScale, CareGapRule, DoseLimit, MonitoringRule, Rule
from kgtwin.model.axioms import Axiom, EquivalentClasses, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.ontology import Annotation
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, TAKES_NOW, TOOK_EVER, kgtwin

EQUATIONS: Final = "urn:kgtwin:equations"
"""Reached by whoever takes something whose dose is limited: what was not measured is estimated by an equation."""
_EQUATION: Final = frozenset({TERM, kgtwin("estimates")})
_DENIAL: Final = frozenset({STATES_ABSENCE_OF, COVERED_BY, kgtwin("relationshipCode")})
_BETWEEN: Final = re.compile(r"[\s|,;()=]")


def medicine_roles(content: Content) -> frozenset[str]:
    """The roles that a medicine fills."""
    within = kgtwin("within")
    late = (iri for iri, notes in content.annotations.items() if any(note.property == within for note in notes))
    return frozenset({TAKES_NOW, TOOK_EVER, *late})


def edges_of_rules(before: Content, after: Content) -> Iterator[Edge]:
    """The edges of the rules and the equations that both have."""
    for content in (before, after):
        for iri, rule in content.rules.items():
            if before.rules.get(iri) == after.rules.get(iri):
                yield edge_of_rule(rule, (before, after))
        yield Edge(frozenset({EQUATIONS}), 1, spoken(_of_equations(content)))


def edited_rules(before: Content, after: Content) -> Iterator[Edge]:
    """What must be reached for an edit of rules, equations, or what they rest on, to matter."""
    for iri in {**before.rules, **after.rules}:
        if before.rules.get(iri) != after.rules.get(iri):
            for content in (before, after):
                if iri in content.rules:
                    yield Edge(frozenset(_beginning(content.rules[iri])), 1, frozenset())
    for iri in before.local ^ after.local:
        yield Edge(frozenset({iri}), 1, frozenset())
    if set(_told(before, _EQUATION | _DENIAL)) != set(_told(after, _EQUATION | _DENIAL)):
        yield Edge(frozenset({EQUATIONS}), 1, frozenset())


def edge_of_rule(rule: Rule, contents: Iterable[Content]) -> Edge:
    """Where any of the classes is reached that a rule begins with, it speaks of all that it names."""
    adds = {rule.iri, rule.family}
    for content in contents:
        adds |= spoken(_named(content.annotations.get(rule.iri, ()), content))
        if isinstance(rule, CareGapRule):
            adds = adds.union(*(spoken(content.below.get(one, ())) for one in rule.medicines))
    if isinstance(rule, DoseLimit):
        adds.add(EQUATIONS)
    return Edge(frozenset(_beginning(rule)), 1, frozenset(adds))


def speaking_against(axiom: Axiom, free: Collection[str], medicines: Collection[str]) -> Iterator[Edge]:
    """What must be reached for a statement to speak against a medicine that is only spoken of, all else being met.

    A condition calls for no medicine that a grave statement speaks against.
    """
    for operand in axiom.operands if isinstance(axiom, EquivalentClasses) else ():
        parts = operand.operands if isinstance(operand, ObjectIntersectionOf) else (operand,)
        for part in parts:
            if isinstance(part, ObjectSomeValuesFrom) and part.property in medicines:
                rest = ObjectIntersectionOf(tuple(one for one in parts if one is not part))
                for asked in named(existentials(part.filler, HAS_ACTIVE_INGREDIENT)):
                    for way in ways(rest, free):
                        needs = way | spoken((asked,))
                        yield Edge(needs, len(needs), frozenset())


def _beginning(rule: Rule) -> Iterable[str]:
    match rule:
        case MonitoringRule() | DoseLimit():
            return (rule.medicine,)
        case BurdenScale():
            return [iri for _, iri in rule.points]
        case CareGapRule():
            return (*rule.conditions, *rule.history)
    raise AssertionError(f"a family of rules that is not known here: {type(rule).__name__}")


def _of_equations(content: Content) -> Iterator[str]:
    for iri, _ in _told(content, _EQUATION):
        yield iri
        yield from _named(content.annotations[iri], content)
    for _, notes in _told(content, _DENIAL):
        yield from _named(notes, content)


def _told(content: Content, about: frozenset[str]) -> Iterator[tuple[str, tuple[Annotation, ...]]]:
    """The entities that are annotated with some properties, with all of their annotations."""
    for iri, notes in content.annotations.items():
        if any(note.property in about for note in notes):
            yield iri, notes


def _named(notes: Iterable[Annotation], content: Content) -> Iterator[str]:
    """The entities that annotations name, by IRI or CURIE."""
    for note in notes:
        for word in (note.value, *_BETWEEN.split(note.value)):
            iri = to_iri(word) if ":" in word else word
            if iri in content.entities:
                yield iri

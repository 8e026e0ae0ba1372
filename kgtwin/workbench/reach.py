"""Which conditions the statements reach, and which demands of statements no code can meet.

Each condition is asked of the reasoner as the fact that a patient has it now and that a relative has it. What follows
is compared with every condition that a statement demands, so hierarchy, definitions and chains (*History of*,
*Allergy to*) count as they do for a patient. A recorded severity is no property of a code: a demand for one is passed
over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.model.owl_text import render_expression
from kgtwin.vocabulary import (
    ALLERGIC_TO,
    CLINICAL_CONDITION,
    FAMILY_HAS,
    HAS_EVER,
    HAS_NOW,
    KGTWIN,
    OWL_THING,
    SITUATION,
    kgtwin,
)

CONDITION_ROLES = (HAS_NOW, HAS_EVER, FAMILY_HAS)
HAS_SEVERITY = kgtwin("hasSeverity")
HAS_TRAIT = kgtwin("hasTrait")
_PROBE = "urn:kgtwin:reach:"


class Unmet(msgspec.Struct, frozen=True):
    """A demand (in functional syntax) that no code in the ontology can meet: its statement can never fire."""

    statement: str
    demand: str


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """IRIs of conditions and situations, sorted; and the statements that can never fire.

    >>> found = Reach(reached=("http://snomed.info/id/49601007",), unreached=(KGTWIN + "Stroke",), unmet=())
    >>> found.counts
    {'codes': 1, 'codes reached': 1, 'groups': 1, 'groups reached': 0, 'statements that can never fire': 0}
    """

    reached: tuple[str, ...]
    unreached: tuple[str, ...]
    unmet: tuple[Unmet, ...]

    @property
    def unreached_codes(self) -> tuple[str, ...]:
        """Those that are codes, not groups of ours."""
        return tuple(iri for iri in self.unreached if is_code(iri))

    @property
    def counts(self) -> dict[str, int]:
        """How many of each, for a report."""
        codes = sum(is_code(iri) for iri in self.reached)
        return {
            "codes": codes + len(self.unreached_codes),
            "codes reached": codes,
            "groups": len(self.reached) + len(self.unreached) - codes - len(self.unreached_codes),
            "groups reached": len(self.reached) - codes,
            "statements that can never fire": len({one.statement for one in self.unmet}),
        }


def reach(knowledge: Knowledge) -> Reach:
    """Ask for every condition and situation whether a statement's condition, or its allergy, can follow from it."""
    conditions = sorted(_conditions(knowledge))
    demands = _numbered(_demands(knowledge))
    met = _met(knowledge, conditions, demands)
    reached = tuple(iri for iri in conditions if met[iri])
    by_codes = frozenset().union(*(met[iri] for iri in conditions if is_code(iri)))
    return Reach(
        reached=reached,
        unreached=tuple(iri for iri in conditions if not met[iri]),
        unmet=tuple(_unmet(knowledge, demands, by_codes)),
    )


def is_code(iri: str) -> bool:
    """Whether an IRI is a code of a terminology, not a group of ours.

    >>> is_code("http://snomed.info/id/49601007"), is_code(KGTWIN + "Stroke")
    (True, False)
    """
    return not iri.startswith(KGTWIN)


def without_severity(filler: ClassExpression) -> ClassExpression:
    """What a demand asks of the condition itself; how severe it is, a record says.

    >>> severe = ObjectSomeValuesFrom(HAS_SEVERITY, Class(kgtwin("Severe")))
    >>> print(render_expression(without_severity(ObjectIntersectionOf((Class(kgtwin("Asthma")), severe)))))
    <https://w3id.org/kgtwin/ontology#Asthma>
    """
    operands = filler.operands if isinstance(filler, ObjectIntersectionOf) else (filler,)
    kept = tuple(o for o in operands if not (isinstance(o, ObjectSomeValuesFrom) and o.property == HAS_SEVERITY))
    if len(kept) > 1:
        return ObjectIntersectionOf(kept)
    return kept[0] if kept else Class(OWL_THING)


def _conditions(knowledge: Knowledge) -> Iterator[str]:
    """Every class below the two kinds of what ``hasNow`` is filled by."""
    for kind in (CLINICAL_CONDITION, SITUATION):
        if kind in knowledge.classes:
            yield from knowledge.classification.descendants(kind) & knowledge.classes


def _demands(knowledge: Knowledge) -> Iterator[ObjectSomeValuesFrom]:
    """What statements demand of conditions and allergies."""
    for statement in knowledge.statements.values():
        for conjunct in statement.definition.conjuncts if statement.definition else ():
            if conjunct.property in (*CONDITION_ROLES, HAS_TRAIT, ALLERGIC_TO):
                yield ObjectSomeValuesFrom(conjunct.property, without_severity(conjunct.filler))


def _numbered(demands: Iterable[ObjectSomeValuesFrom]) -> dict[ObjectSomeValuesFrom, str]:
    """A name for each demand that differs."""
    return {demand: f"{_PROBE}demand:{number}" for number, demand in enumerate(dict.fromkeys(demands))}


def _met(
    knowledge: Knowledge, conditions: list[str], demands: Mapping[ObjectSomeValuesFrom, str]
) -> dict[str, frozenset[str]]:
    """Per condition, the names of the demands that a patient with it meets."""
    probes = [EquivalentClasses((Class(name), demand)) for demand, name in demands.items()]
    facts = {iri: f"{_PROBE}fact:{number}" for number, iri in enumerate(conditions)}
    asked = knowledge.classification.extend([*probes, *(axiom for item in facts.items() for axiom in _facts(*item))])
    names = frozenset(demands.values())
    return {iri: asked.ancestors(fact) & names for iri, fact in facts.items()}


def _facts(iri: str, name: str) -> tuple[Axiom, ...]:
    """A kind of patient who has the condition and whose relative has it."""
    return tuple(SubClassOf(Class(name), ObjectSomeValuesFrom(role, Class(iri))) for role in (HAS_NOW, FAMILY_HAS))


def _unmet(knowledge: Knowledge, demands: Mapping[ObjectSomeValuesFrom, str], met: frozenset[str]) -> Iterator[Unmet]:
    for iri, statement in sorted(knowledge.statements.items()):
        for conjunct in statement.definition.conjuncts if statement.definition else ():
            demand = ObjectSomeValuesFrom(conjunct.property, without_severity(conjunct.filler))
            if conjunct.property in CONDITION_ROLES and demands[demand] not in met:
                yield Unmet(iri, render_expression(demand))

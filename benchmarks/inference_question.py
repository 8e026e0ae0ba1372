"""What the rivals of inference load: the question, and patients as a plain graph beside the classified taxonomy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import inference_invented as invented

from kgtwin.identifiers import to_curie
from kgtwin.inference.issues.matching import SYSTEMIC_UNLESS_STATED
from kgtwin.inference.knowledge import Knowledge, named
from kgtwin.model.axioms import Class, ClassAssertion, ClassExpression, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.issue import IssueKind
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_NOW, OWL_NOTHING, OWL_THING, TAKES_NOW
from tests.inference.boxes import box_of

Pair = tuple[str, str]


class Graph(NamedTuple):
    """What the rivals load: nodes by their names, and edges."""

    concepts: tuple[str, ...]
    is_a: tuple[Pair, ...]
    has_ingredient: tuple[Pair, ...]
    statements: tuple[tuple[str, str, str], ...]
    """Each with its drug and its condition."""
    takes: tuple[tuple[int, str], ...]
    has: tuple[tuple[int, str], ...]


# the question


def asked(knowledge: Knowledge) -> tuple[tuple[str, str, str], ...]:
    """The drug–condition statements of the shape, with drug and condition: not those that look at routes."""
    found = []
    for statement in knowledge.statements.values():
        pair = _pair(statement.definition.parts if statement.definition else ())
        if statement.kind is IssueKind.DRUG_CONDITION and pair is not None and not _looks_at_routes(pair[0], knowledge):
            drug, condition = pair
            found.append((statement.curie, to_curie(drug), to_curie(condition)))
    return tuple(found)


def _looks_at_routes(drug: str, knowledge: Knowledge) -> bool:
    """Whether medicines with the ingredient are left out where they are given locally."""
    above = (drug, *knowledge.classification.ancestors(drug))
    return any(knowledge.ontology.value(one, SYSTEMIC_UNLESS_STATED) for one in above)


def _pair(parts: Sequence[ClassExpression]) -> Pair | None:
    match sorted(parts, key=lambda one: isinstance(one, ObjectSomeValuesFrom) and one.property == HAS_NOW):
        case [
            ObjectSomeValuesFrom(taken, ObjectSomeValuesFrom(ingredient, Class(drug))),
            ObjectSomeValuesFrom(had, Class(condition)),
        ] if (taken, ingredient, had) == (TAKES_NOW, HAS_ACTIVE_INGREDIENT, HAS_NOW):
            return drug, condition
    return None


# what the rivals load


class Describing:
    """Concepts for what facts are: the class of a code, or a concept of its own for what several things describe."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._known: dict[frozenset[ClassExpression], str] = {}
        self.is_a: list[Pair] = []
        self.has_ingredient: list[Pair] = []

    @property
    def own(self) -> tuple[str, ...]:
        """The concepts that were made."""
        return tuple(one for one in self._known.values() if one.startswith("described:"))

    def concept(self, types: frozenset[ClassExpression]) -> str:
        """What something of these types is."""
        if types not in self._known:
            self._known[types] = self._found(types)
        return self._known[types]

    def _found(self, types: frozenset[ClassExpression]) -> str:
        (first, *rest) = types
        if isinstance(first, Class) and not rest:
            return to_curie(first.iri)
        name = f"described:{len(self._known)}"
        asked = self._knowledge.classification.query(ObjectIntersectionOf(tuple(types)) if rest else first)
        above = (asked.parents | asked.equivalents) - {OWL_THING, OWL_NOTHING}
        self.is_a += [(name, to_curie(iri)) for iri in sorted(above)]
        told = {filler for one in types for filler in _ingredients(one)}
        inherited = (self._knowledge.classification.successors(iri, HAS_ACTIVE_INGREDIENT) for iri in sorted(above))
        fillers = told.union(*map(named, inherited))
        self.has_ingredient += [(name, to_curie(iri)) for iri in sorted(fillers)]
        return name


def _ingredients(expression: ClassExpression) -> Iterator[str]:
    match expression:
        case ObjectSomeValuesFrom(prop, Class(iri)) if prop == HAS_ACTIVE_INGREDIENT:
            yield iri


def graph_of(knowledge: Knowledge, patients: Sequence[invented.Patient], at: datetime) -> Graph:
    """Everything for the rivals; the taxonomy is the classified one."""
    describing = Describing(knowledge)
    edges: dict[str, dict[tuple[int, str], None]] = {TAKES_NOW: {}, HAS_NOW: {}}
    for number, (record, facts) in enumerate(patients):
        box = box_of(record, facts, knowledge, at)
        if box is None:
            continue
        for node, one in box.by_node.items():
            if one.role not in edges:
                continue
            types = frozenset(told.type for told in box.told_of(node) if isinstance(told, ClassAssertion))
            edges[one.role].setdefault((number, describing.concept(types)))
    known, classification = knowledge.graph, knowledge.classification
    is_a = [(one.concept, parent) for one in known.concepts for parent in one.parents]
    is_a += [(to_curie(i), to_curie(o)) for i in sorted(knowledge.classes) for o in classification.equivalents(i)]
    roles = [(one.subject, one.object) for one in known.roles if one.property == to_curie(HAS_ACTIVE_INGREDIENT)]
    return Graph(
        (*(one.concept for one in known.concepts), *describing.own),
        tuple(dict.fromkeys([*is_a, *describing.is_a])),
        tuple(dict.fromkeys([*roles, *describing.has_ingredient])),
        asked(knowledge),
        tuple(edges[TAKES_NOW]),
        tuple(edges[HAS_NOW]),
    )


def copied(graph: Graph, size: int, copies: int) -> Graph:
    """The same with further patients of the same facts."""
    return graph._replace(
        takes=tuple((number + size * copy, concept) for copy in range(copies) for number, concept in graph.takes),
        has=tuple((number + size * copy, concept) for copy in range(copies) for number, concept in graph.has),
    )

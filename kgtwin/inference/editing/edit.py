"""An edit of the knowledge, and whom it can touch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from kgtwin.inference.editing.content import Content
from kgtwin.inference.editing.edges import Edge, classes_in, edges_of, spoken, spoken_edge
from kgtwin.inference.editing.reaching import Question, Reaching
from kgtwin.inference.editing.rule_edges import edges_of_rules, edited_rules, medicine_roles, speaking_against
from kgtwin.model.axioms import Axiom, Class, ClassExpression, EquivalentClasses, ObjectIntersectionOf
from kgtwin.model.ontology import EntityKind
from kgtwin.vocabulary import HAS_LATEST_RESULT, HAS_ROUTE, PATIENT, kgtwin

ROLES = frozenset({EntityKind.OBJECT_PROPERTY, EntityKind.DATA_PROPERTY, EntityKind.NAMED_INDIVIDUAL})
"""Kinds of entities that may matter to everybody."""


class Edit:
    """From one content of the knowledge to another: which patients' answers can differ.

    ``everyone``: nobody can be excluded; ``nobody``: nothing that an answer rests on was edited. Whoever is not touched
    gets the same answer from both, except for its version and for the lines on which axioms stand.
    """

    def __init__(self, before: Content, after: Content) -> None:
        self._before, self._after = before, after
        free = _free(before) | _free(after)
        common = set(before.axioms) & set(after.axioms)
        others = (*_of_multiples(before.multiples & after.multiples), *edges_of_rules(before, after))
        strict = (*_edges_of_all(common, ()), *others)
        edges = Reaching([*_edges_of_all(common, free), *others, *map(spoken_edge, strict)], (PATIENT,))
        measured = Reaching(strict)
        axioms, annotated = self._edited(common)
        targets = {edges.rest(one) for one in self._targets(axioms, annotated, free)}
        analytes = {measured.rest(_one(iri)) for iri in self._analytes(axioms, annotated, measured)}
        self.nobody = not targets and not analytes
        self.everyone = _concerns_all(before, after) or any(one.least <= 0 for one in targets | analytes)
        self._questions = () if self.everyone else (Question(edges, targets), Question(measured, analytes))

    def touches(self, mentioned: frozenset[str]) -> bool:
        """Whether the answers can differ for a patient whose record and facts mention some classes, by their IRIs."""
        return self.everyone or any(question.is_met(mentioned) for question in self._questions)

    # what was edited

    def _edited(self, common: set[Axiom]) -> tuple[list[Axiom], set[str]]:
        """The axioms that are in one version only, or define a class in one only; the classes annotated otherwise."""
        before, after = self._before, self._after
        axioms = [axiom for side in (before, after) for axiom in side.axioms if axiom not in common]
        others = _changed(before.definitions, after.definitions)
        axioms += [side.definitions[iri] for side in (before, after) for iri in others if iri in side.definitions]
        return axioms, {iri for iri in _changed(before.annotations, after.annotations) if _kind(iri, before, after)}

    def _targets(self, axioms: list[Axiom], annotated: set[str], free: frozenset[str]) -> Iterator[Edge]:
        """What must be reached for the edit to matter."""
        before, after = self._before, self._after
        yield from _edges_of_all(axioms, free)
        yield from map(spoken_edge, _edges_of_all(axioms, ()))
        yield from _of_multiples(before.multiples ^ after.multiples)
        yield from edited_rules(before, after)
        named = {*_changed(before.entities, after.entities), *_changed(before.doubts, after.doubts)} | annotated
        yield from map(_one, named | spoken(named))
        medicines = medicine_roles(before) | medicine_roles(after)
        for axiom in (*axioms, *self._defining(axioms, annotated)):
            yield from speaking_against(axiom, free, medicines)

    def _analytes(self, axioms: list[Axiom], annotated: set[str], measured: Reaching) -> set[str]:
        """Analytes of which another value may be undecided: caveats tell of all thresholds of what was measured."""
        every = self._before.analytes | self._after.analytes
        classes = {one for axiom in (*axioms, *self._defining(axioms, annotated)) for one in classes_in(axiom)}
        return {one for start in classes | annotated for one in measured.forwards((start,)) if one in every}

    def _defining(self, axioms: Iterable[Axiom], annotated: Iterable[str]) -> Iterator[Axiom]:
        """The definitions of classes that were annotated otherwise, and of those that edited definitions name."""
        todo = [*annotated, *(iri for axiom in axioms for iri in _conjoined(axiom))]
        seen: set[str] = set()
        while todo:
            iri = todo.pop()
            if iri not in seen:
                seen.add(iri)
                found = [side.definitions[iri] for side in (self._before, self._after) if iri in side.definitions]
                yield from found
                todo += [other for axiom in found for other in _conjoined(axiom)]


def _edges_of_all(axioms: Iterable[Axiom], free: Collection[str]) -> Iterator[Edge]:
    return (edge for axiom in axioms for edge in edges_of(axiom, free))


def _free(content: Content) -> frozenset[str]:
    """Roles whose fillers may be what is missing, where an answer tells that one thing is."""
    lasting = kgtwin("persistsFor")
    persistent = (iri for iri, notes in content.annotations.items() if any(one.property == lasting for one in notes))
    return frozenset({HAS_LATEST_RESULT, HAS_ROUTE, *persistent})


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [iri for iri in {**before, **after} if before.get(iri) != after.get(iri)]


def _kind(iri: str, before: Content, after: Content) -> EntityKind | None:
    return after.entities.get(iri) or before.entities.get(iri)


def _concerns_all(before: Content, after: Content) -> bool:
    """Whether a role or an individual was edited, which every answer may name, or what every answer's caveats say."""
    if set(before.unused) != set(after.unused):
        return True
    edited = (*_changed(before.annotations, after.annotations), *_changed(before.entities, after.entities))
    return any(_kind(iri, before, after) in ROLES for iri in edited)


def _one(iri: str) -> Edge:
    return Edge(frozenset({iri}), 1, frozenset())


def _of_multiples(found: Iterable[tuple[str, str]]) -> Iterator[Edge]:
    for multiple, base in found:
        both = frozenset({multiple, base})
        yield Edge(both, 1, both)


def _conjoined(axiom: Axiom) -> Iterator[str]:
    """The named classes that a definition conjoins."""
    operands: tuple[ClassExpression, ...] = axiom.operands if isinstance(axiom, EquivalentClasses) else ()
    for operand in operands:
        parts = operand.operands if isinstance(operand, ObjectIntersectionOf) else (operand,)
        yield from (part.iri for part in parts if isinstance(part, Class))

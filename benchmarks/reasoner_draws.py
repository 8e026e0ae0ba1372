"""Draws classes, restrictions, edits and patients from any ontology, in the shapes that it uses itself."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import numpy as np

from kgtwin.model.axiom_table import AxiomKind, AxiomTable, NodeKind
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

_SAMPLE = 2000


class Draws:
    """An endless source of them; the same seed, the same draws."""

    def __init__(self, table: AxiomTable, classification: Classification, seed: int) -> None:
        self.table, self.classification = table, classification
        self._draw = random.Random(seed)
        self._names = sorted(classification.classes - classification.unsatisfiable - {OWL_THING, OWL_NOTHING})
        some = np.flatnonzero(table.node_kind == NodeKind.SOME)
        to_named = table.node_kind[table.node_b[some]] == NodeKind.CLASS
        self._attributes = some[to_named]
        """The told ∃r.A, by number."""
        self._groups = some[~to_named]
        """The told ∃g.(…) of anything but a named class, by number: role groups."""
        self._told = np.flatnonzero(
            (table.axiom_kind == AxiomKind.SUB_CLASS_OF) | (table.axiom_kind == AxiomKind.EQUIVALENT_CLASSES)
        )
        self._new = 0
        if len(self._names) < 100 or not len(self._attributes):
            raise SystemExit("this ontology is too small to draw from, or has no existential restriction")

    # parts

    def name(self) -> str:
        """The IRI of a satisfiable class."""
        return self._draw.choice(self._names)

    def cls(self) -> Class:
        return Class(self.name())

    def attribute(self) -> ObjectSomeValuesFrom:
        """``∃r.A`` as told somewhere, or of a class below A."""
        number = int(self._attributes[self._draw.randrange(len(self._attributes))])
        role = self.table.iri(int(self.table.node_a[number]))
        filler = self.table.expression(int(self.table.node_b[number]))
        assert isinstance(filler, Class)
        below = sorted(self.classification.children(filler.iri) - {OWL_NOTHING}) if self._draw.random() < 0.5 else []
        return ObjectSomeValuesFrom(role, Class(self._draw.choice(below)) if below else filler)

    def group(self, size: int) -> ClassExpression:
        """A role group, ``∃g.(∃r.A ⊓ …)``, with a told role of such; of no such role, ``∃r.A`` only."""
        if not len(self._groups):
            return self.attribute()
        role = self.table.iri(int(self.table.node_a[self._groups[self._draw.randrange(len(self._groups))]]))
        parts = tuple(dict.fromkeys(self.attribute() for _ in range(size)))
        return ObjectSomeValuesFrom(role, parts[0] if len(parts) == 1 else ObjectIntersectionOf(parts))

    def fresh(self) -> str:
        """An IRI that nothing has."""
        self._new += 1
        return f"urn:benchmark:{self._new}"

    # wholes

    def expression(self) -> ClassExpression:
        """A post-coordinated expression: a focus class and a role group of two."""
        return ObjectIntersectionOf((self.cls(), self.group(2)))

    def told(self, count: int) -> list[Axiom]:
        """Different subclass axioms and equivalences of the ontology."""
        chosen = self._draw.sample(range(len(self._told)), count)
        return list(dict.fromkeys(self.table[int(self._told[place])] for place in chosen))

    def additions(self) -> list[Axiom]:
        """Five axioms of different shapes: a subclass, a definition, two new classes, a restriction of a known one."""
        return [
            SubClassOf(self.cls(), self.cls()),
            EquivalentClasses((Class(self.fresh()), ObjectIntersectionOf((self.cls(), self.attribute())))),
            SubClassOf(Class(self.fresh()), ObjectIntersectionOf((self.cls(), self.group(1)))),
            SubClassOf(self.cls(), self.group(1)),
            SubClassOf(Class(self.fresh()), self.cls()),
        ]

    def near_the_top(self, count: int) -> list[str]:
        """The classes with the most descendants, by a sample."""
        below: Counter[str] = Counter()
        for _ in range(_SAMPLE):
            below.update(self.classification.ancestors(self.name()))
        del below[OWL_THING]
        return [iri for iri, _ in below.most_common(count)]

    def about(self, iri: str) -> list[Axiom]:
        """The told axioms with a class on their left side."""
        starts = np.concatenate([np.zeros(1, np.int64), self.table.arg_ends[:-1]])[self._told]
        entity = self.table.entity_of(iri)
        node = None if entity is None else self.table.class_node(entity)
        if node is None:
            return []
        return [self.table[int(row)] for row in self._told[self.table.args[starts] == node]]

    def patient(self, types: int, facts: int) -> tuple[str, list[Assertion]]:
        """An individual with so many types, and facts of it about as many others with a type each, all different."""
        one = self.fresh()
        found: list[Assertion] = [ClassAssertion(one, Class(iri)) for iri in self._draw.sample(self._names, types)]
        for restriction in self._different(facts):
            other = self.fresh()
            found.append(ObjectPropertyAssertion(restriction.property, one, other))
            found.append(ClassAssertion(other, restriction.filler))
        return one, found

    def described(self, types: int, facts: int) -> tuple[str, list[Assertion]]:
        """The same, with existential restrictions in place of other individuals."""
        one = self.fresh()
        found: list[Assertion] = [ClassAssertion(one, Class(iri)) for iri in self._draw.sample(self._names, types)]
        found += [ClassAssertion(one, restriction) for restriction in self._different(facts)]
        return one, found

    def _different(self, count: int) -> Iterator[ObjectSomeValuesFrom]:
        """Restrictions with a told role each and any class, no class twice."""
        for iri in self._draw.sample(self._names, count):
            yield ObjectSomeValuesFrom(self.attribute().property, Class(iri))

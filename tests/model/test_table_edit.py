"""A table edited by columns is the table of the edited axioms, and axioms are found in either."""

from __future__ import annotations

from random import Random

import pytest

from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomTable, Declared
from kgtwin.model.axioms import Axiom, Class, SubClassOf
from kgtwin.model.table_edit import edited
from kgtwin.model.table_search import TableSearch
from tests.reasoning.generate import Generator, Shape

SHAPES = {
    "classes": Shape(axioms=20),
    "people": Shape(axioms=12, facts=True, nominals=True, spaces=True),
    "beyond": Shape(axioms=12, beyond=True, selfs=True, complements=True),
}
A, B, C = (Class(f"http://example.org/x#{name}") for name in "ABC")


def expressions(table: AxiomTable) -> list[str]:
    return sorted(repr(table.expression(node)) for node in range(len(table.node_kind)))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_chain_of_edits_is_the_table_of_what_is_left(shape: Shape) -> None:
    for seed in range(40):
        random = Random(seed)
        source = Generator(random, shape=shape)
        now: list[Axiom] = source.ontology()
        table = AxiomTable.of(now)
        for _ in range(3):
            removed = random.sample(now, min(len(now), 4))
            search = TableSearch(table)
            places = {place for axiom in removed for place in search.places(axiom)}
            assert places == {place for place, axiom in enumerate(now) if axiom in removed}
            added = source.ontology()
            now = [axiom for axiom in now if axiom not in removed] + added
            table = edited(table, added, places)
            assert list(table) == now
            assert expressions(table) == expressions(AxiomTable.of(now))
            assert [table.entity_of(table.iri(entity)) for entity in range(table.entity_count)] == list(
                range(table.entity_count)
            )


def test_classes_stay_declared_and_others_can_be() -> None:
    table = edited(AxiomTable.of([SubClassOf(A, B)]), [], {0}, [C.iri])
    assert list(table) == []
    assert not len(table.node_kind)
    declared = {table.iri(entity) for entity in range(table.entity_count) if table.declared[entity] & Declared.CLASS}
    assert declared == {A.iri, B.iri, C.iri}


def test_no_edit_is_the_same_table() -> None:
    table = AxiomTable.of([SubClassOf(A, B)])
    assert edited(table, [], []) is table


@pytest.mark.parametrize(
    "absent",
    [
        SubClassOf(B, A),
        SubClassOf(A, owl.ObjectIntersectionOf((B, C))),
        SubClassOf(owl.ObjectIntersectionOf((A, B)), C),
        owl.EquivalentClasses((A, B)),
        owl.DisjointClasses((A, B, C)),
        SubClassOf(Class("http://example.org/nowhere"), A),
        owl.ObjectPropertyDomain("http://example.org/x#r", A),
    ],
)
def test_what_is_not_there_is_not_found(absent: Axiom) -> None:
    some = owl.ObjectSomeValuesFrom("http://example.org/x#r", B)
    there = [SubClassOf(A, B), SubClassOf(A, owl.ObjectIntersectionOf((B, some))), SubClassOf(some, C)]
    search = TableSearch(AxiomTable.of(there))
    assert search.places(absent) == []
    assert [search.places(axiom) for axiom in there] == [[0], [1], [2]]

"""Axioms in columns: what goes in comes out, numbered in order of appearance, each expression once."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import get_args

import pytest

from kgtwin.model import axiom_table
from kgtwin.model import axioms as owl
from kgtwin.model.axiom_table import AxiomKind, AxiomTable, Declared, NodeKind
from kgtwin.model.axioms import Axiom, Class, Interval, ObjectIntersectionOf, ObjectSomeValuesFrom, SubClassOf
from kgtwin.model.table_builder import TableBuilder
from tests.reasoning.comparing import BEYOND
from tests.reasoning.generate import Generator

A, B, C = (Class(f"http://example.org/{name}") for name in "ABC")
R, S, P = (f"http://example.org/{name}" for name in "rsp")
ME, YOU = "http://example.org/i", "_:j"
ONE = Interval(Decimal(1), False, Decimal(1))
KINDS: list[Axiom] = [
    SubClassOf(A, ObjectSomeValuesFrom(R, ObjectIntersectionOf((B, ObjectSomeValuesFrom(S, A))))),
    SubClassOf(owl.ObjectUnionOf((A, B)), owl.ObjectAllValuesFrom(R, ObjectIntersectionOf((A, A, B)))),
    owl.EquivalentClasses((A, B, owl.ObjectHasSelf(R))),
    owl.DisjointClasses((A, B, C)),
    owl.DisjointUnion(A.iri, (B, C)),
    owl.SubObjectPropertyOf((R,), S),
    owl.SubObjectPropertyOf((R, S, R), S),
    owl.EquivalentObjectProperties((R, S)),
    owl.TransitiveObjectProperty(R),
    owl.ReflexiveObjectProperty(R),
    owl.IrreflexiveObjectProperty(R),
    owl.ObjectPropertyDomain(R, ObjectIntersectionOf((A, B))),
    owl.ObjectPropertyRange(R, ObjectSomeValuesFrom(R, A)),
    owl.DataPropertyDomain(P, A),
    owl.DataPropertyRange(P, ONE),
    owl.SubDataPropertyOf(P, f"{P}2"),
    owl.EquivalentDataProperties((P, f"{P}2")),
    owl.FunctionalDataProperty(P),
    owl.ClassAssertion(ME, ObjectSomeValuesFrom(R, A)),
    owl.ObjectPropertyAssertion(R, ME, YOU),
    owl.NegativeObjectPropertyAssertion(R, ME, YOU),
    owl.DataPropertyAssertion(P, ME, ONE),
    owl.NegativeDataPropertyAssertion(P, ME, ONE),
    owl.SameIndividual((ME, YOU)),
    owl.DifferentIndividuals((ME, YOU)),
    owl.HasKey(A, (R,), (P,)),
]


def known_kinds() -> set[type]:
    """The kinds of axioms that the model has."""
    return set(get_args(Axiom))


@pytest.mark.parametrize("axiom", KINDS, ids=lambda axiom: type(axiom).__name__)
def test_every_kind_of_axiom_comes_back(axiom: Axiom) -> None:
    table = AxiomTable.of([axiom])
    assert list(table) == [axiom]
    assert table[0] == table[-1] == axiom
    assert table[:] == (axiom,)


def test_all_kinds_are_tried() -> None:
    from_elsewhere = {"DatatypeDefinition", "DLSafeRule", "OtherAxiom"}
    assert {kind.__name__ for kind in known_kinds() - {type(axiom) for axiom in KINDS}} <= from_elsewhere


def test_random_ontologies_come_back() -> None:
    for seed in range(40):
        axioms = Generator(Random(seed), shape=BEYOND["beyond"]).ontology()
        table = AxiomTable.of(axioms)
        assert list(table) == axioms
        assert [table[i] for i in range(-len(axioms), 0)] == axioms
        assert table[1:-1:2] == tuple(axioms[1:-1:2])
        nodes = [table.expression(i) for i in range(len(table.node_kind))]
        assert len(set(nodes)) == len(nodes)


def test_an_expression_comes_after_its_parts() -> None:
    table = AxiomTable.of(KINDS)
    for node, kind in enumerate(table.node_kind.tolist()):
        a, b = int(table.node_a[node]), int(table.node_b[node])
        if kind == NodeKind.SOME:
            assert b < node
        elif kind == NodeKind.AND:
            assert all(part < node for part in table.operands[a:b].tolist())


def test_entities_are_numbered_in_order_of_appearance_and_declared_by_use() -> None:
    table = AxiomTable.of([SubClassOf(A, ObjectSomeValuesFrom(R, B)), owl.ClassAssertion(ME, A)], [C.iri, A.iri])
    assert [table.iri(i) for i in range(table.entity_count)] == [C.iri, A.iri, R, B.iri, ME]
    declared = [Declared.CLASS, Declared.CLASS, Declared.OBJECT_PROPERTY, Declared.CLASS, Declared.NAMED_INDIVIDUAL]
    assert table.declared.tolist() == declared
    assert table.class_node(0) is None
    number = table.class_node(1)
    assert number is not None
    assert table.expression(number) == A


def test_one_iri_may_be_several_things() -> None:
    table = AxiomTable.of([SubClassOf(A, B), owl.ClassAssertion(A.iri, B), owl.TransitiveObjectProperty(A.iri)])
    wanted = Declared.CLASS | Declared.NAMED_INDIVIDUAL | Declared.OBJECT_PROPERTY
    assert table.declared[table.entity_of(A.iri) or 0] == wanted


def test_places_outside_are_refused() -> None:
    table = AxiomTable.of([SubClassOf(A, B)])
    for place in (1, -2):
        with pytest.raises(IndexError):
            table[place]
    assert len(AxiomTable.of([])) == 0
    assert AxiomTable.of([]).entity_of(A.iri) is None


def test_axioms_know_where_they_stand() -> None:
    builder = TableBuilder()
    builder.add(SubClassOf(A, B), 12)
    builder.row(AxiomKind.SUB_CLASS_OF, [builder.named(B.iri), builder.some(builder.entity(R), builder.named(A.iri))])
    table = builder.table()
    assert table.axiom_at.tolist() == [12, -1]
    assert table[1] == SubClassOf(B, ObjectSomeValuesFrom(R, A))


@pytest.mark.parametrize("few", [0, 10**6], ids=["large", "small"])
def test_every_name_is_found_and_no_other(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large table searches at first and keeps a dictionary later."""
    monkeypatch.setattr(axiom_table, "_FEW", few)
    names = [*(f"http://example.org/é{i}" for i in range(300)), "", "x", "http://example.org/", "☃", "☃☃"]
    for start in range(0, len(names), 3):
        table = AxiomTable.of([], names)
        for name in (names[start:] + names)[:12]:
            assert table.entity_of(name) == names.index(name)
        table = AxiomTable.of([], names)
        for missing in ("http://example.org/é300", "http://example.org/è1", "☃x", "y", names[start] + "~"):
            assert table.entity_of(missing) is None
    assert (table.numbers is None) == (few == 0)


@pytest.mark.parametrize("names", [[], ["x"]])
def test_no_name_is_looked_for_in_vain(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axiom_table, "_FEW", -1)
    assert AxiomTable.of([], names).entity_of("") is None
    assert AxiomTable.of([], names).entity_of(A.iri) is None

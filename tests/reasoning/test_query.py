"""Class expressions among the named classes: what a classification with a class defined as them says."""

from __future__ import annotations

import sys
from decimal import Decimal
from random import Random

import pytest

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import (
    Class,
    EquivalentClasses,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    SubClassOf,
)
from kgtwin.reasoning import Classification, classify, closure
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.reasoning.generate import Generator, Shape

QUESTIONS = ("parents", "children", "ancestors", "descendants", "equivalents")
SHAPES = {
    "plain": Shape(classes=10, roles=3, axioms=20, numbers=False, unions=False),
    "chained": Shape(classes=6, roles=5, axioms=20, numbers=False, unions=False, irregular=True),
    "numbers and reflexive roles": Shape(classes=8, reflexive=True),
}
A, B, C, D = (Class(f"http://example.org/x#{name}") for name in "ABCD")
R = "http://example.org/x#r"
STRANGER = Class("http://example.org/x#stranger")


@pytest.fixture(params=[-1, 10**9], ids=["compiled", "plain"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "SMALL", request.param)
    if request.param > 0:
        monkeypatch.delitem(sys.modules, "kgtwin.reasoning.kernel", raising=False)


def small() -> Classification:
    some = ObjectSomeValuesFrom(R, B)
    return classify(
        [
            EquivalentClasses((A, ObjectIntersectionOf((C, some)))),
            SubClassOf(D, A),
            SubClassOf(D, B),
            owl.DisjointClasses((C, Class("http://example.org/x#E"))),
        ]
    )


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_expression_stands_where_a_class_defined_by_it_does(shape: Shape) -> None:
    empty = compared = 0
    for seed in range(25):
        source = Generator(Random(seed), shape=shape)
        axioms, names = source.ontology(), [cls.iri for cls in source.classes]
        try:
            found = classify(axioms, classes=names)
        except InconsistentOntologyError:
            continue
        for _ in range(8):
            expression = source.expression(2)
            if isinstance(expression, Class):
                continue
            name = "http://example.org/asked"
            fresh = classify([*axioms, EquivalentClasses((Class(name), expression))], classes=names)
            query = found.query(expression)
            assert query.satisfiable == (name not in fresh.unsatisfiable)
            if not query.satisfiable:
                empty += 1
                assert query.parents == query.ancestors == frozenset()
                assert query.equivalents == {OWL_NOTHING}
                continue
            for what in QUESTIONS:
                assert getattr(query, what) == getattr(fresh, what)(name), (seed, what, expression)
            compared += 1
        assert found.classes == {*names, *found.classes} - {name}
    assert compared > 20
    assert empty or not shape.bottom


@pytest.mark.usefixtures("engine")
def test_an_equivalent_expression() -> None:
    query = small().query(ObjectIntersectionOf((ObjectSomeValuesFrom(R, B), C)))
    assert query.equivalents == {A.iri}
    assert query.parents == {C.iri}
    assert query.ancestors == {C.iri, OWL_THING}
    assert query.children == {D.iri}


@pytest.mark.usefixtures("engine")
def test_a_named_class_is_asked_like_an_expression() -> None:
    query = small().query(A)
    assert query.equivalents == {A.iri}
    assert query.parents == {C.iri}
    assert query.children == {D.iri}


@pytest.mark.usefixtures("engine")
def test_an_expression_that_cannot_have_instances() -> None:
    found = small()
    query = found.query(ObjectIntersectionOf((A, Class("http://example.org/x#E"))))
    assert not query.satisfiable
    assert query.equivalents == {OWL_NOTHING}
    assert query.parents == query.ancestors == query.children == query.descendants == frozenset()
    assert found.query(A).satisfiable


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("expression", "ancestors"),
    [
        (ObjectIntersectionOf((A, STRANGER)), {A.iri, C.iri}),
        (ObjectSomeValuesFrom("http://example.org/x#unknown", A), set()),
        (ObjectIntersectionOf((C, ObjectSomeValuesFrom("http://example.org/x#unknown", B))), {C.iri}),
        (ObjectIntersectionOf((C, ObjectSomeValuesFrom(R, ObjectIntersectionOf((B, STRANGER))))), {A.iri, C.iri}),
    ],
)
def test_classes_and_roles_that_the_ontology_does_not_know(
    expression: owl.ClassExpression, ancestors: set[str]
) -> None:
    found = small()
    query = found.query(expression)
    assert query.satisfiable
    assert query.ancestors == ancestors | {OWL_THING}
    assert query.equivalents == set()
    assert query.descendants == set()
    assert STRANGER.iri not in found.classes


LOOP, ABOVE = "http://example.org/x#loop", "http://example.org/x#above"
NOTHING = Interval(low=Decimal(1), high=Decimal(0))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("axioms", "expression"),
    [
        ([owl.DisjointClasses((A, B))], ObjectSomeValuesFrom("unknown", ObjectIntersectionOf((A, B)))),
        ([SubClassOf(A, B)], owl.DataSomeValuesFrom("unknown", NOTHING)),
        ([SubClassOf(A, B)], ObjectIntersectionOf((A, owl.ObjectComplementOf(B)))),
        (
            [SubClassOf(A, ObjectSomeValuesFrom(R, B))],
            ObjectIntersectionOf((A, owl.ObjectAllValuesFrom(R, Class(OWL_NOTHING)))),
        ),
        ([owl.ReflexiveObjectProperty(R)], owl.ObjectMaxCardinality(0, R, Class(OWL_THING))),
    ],
    ids=["role that nobody knows", "no value", "complement", "universal", "cardinality"],
)
def test_expressions_that_contradict_the_ontology(axioms: list[owl.Axiom], expression: owl.ClassExpression) -> None:
    query = classify(axioms, classes=[A.iri, B.iri]).query(expression)
    assert not query.satisfiable
    assert query.equivalents == {OWL_NOTHING}


@pytest.mark.usefixtures("engine")
def test_a_self_restriction_by_a_role_above() -> None:
    told: list[owl.Axiom] = [
        owl.SubObjectPropertyOf((LOOP,), ABOVE),
        SubClassOf(A, owl.ObjectHasSelf(LOOP)),
        SubClassOf(B, C),
    ]
    query = classify(told).query(ObjectIntersectionOf((A, owl.ObjectHasSelf(ABOVE))))
    assert query.equivalents == {A.iri}
    assert classify([*told, SubClassOf(B, A)]).query(owl.ObjectHasSelf(ABOVE)).children == {A.iri}


@pytest.mark.usefixtures("engine")
def test_what_is_outside_of_el_in_an_expression_is_a_caveat() -> None:
    told: list[owl.Axiom] = [SubClassOf(A, C), SubClassOf(B, C)]
    query = classify(told).query(owl.ObjectUnionOf((A, B)))
    assert query.caveats
    assert classify(told).query(ObjectIntersectionOf((A, B))).caveats == ()

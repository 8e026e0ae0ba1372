"""Expressions in words; functional syntax is read back in tests/ontology/test_functional.py."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings

from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataPropertyAssertion,
    DataPropertyRange,
    DataSomeValuesFrom,
    Datatype,
    Interval,
    Literal,
    ObjectAllValuesFrom,
    ObjectComplementOf,
    ObjectExactCardinality,
    ObjectHasSelf,
    ObjectHasValue,
    ObjectIntersectionOf,
    ObjectMaxCardinality,
    ObjectMinCardinality,
    ObjectOneOf,
    ObjectSomeValuesFrom,
    ObjectUnionOf,
    OtherRange,
    Space,
    Unsupported,
)
from kgtwin.model.owl_text import manchester, render
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, XSD
from tests.fuzz import times
from tests.ontology.generate import expressions

A, B, C = (Class(f"http://x/{name}") for name in "ABC")
R, V = "http://x/R", "http://x/V"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (A, "a"),
        (Class(OWL_THING), "anything"),
        (Class(OWL_NOTHING), "nothing"),
        (ObjectIntersectionOf((A, ObjectSomeValuesFrom(R, B))), "a and (r some b)"),
        (ObjectSomeValuesFrom(R, ObjectIntersectionOf((A, B))), "r some (a and b)"),
        (ObjectUnionOf((A, B)), "a or b"),
        (ObjectIntersectionOf((A, ObjectUnionOf((B, C)))), "a and (b or c)"),
        (ObjectComplementOf(ObjectUnionOf((A, B))), "not (a or b)"),
        (ObjectAllValuesFrom(R, ObjectComplementOf(A)), "r only (not a)"),
        (ObjectMinCardinality(2, R, A), "r min 2 a"),
        (ObjectMaxCardinality(0, R, Class(OWL_THING)), "r max 0 anything"),
        (ObjectExactCardinality(1, R, ObjectOneOf(("http://x/I",))), "r exactly 1 {i}"),
        (ObjectHasSelf(R), "r some Self"),
        (ObjectHasValue(R, "http://x/I"), "r value i"),
        (ObjectOneOf(("http://x/I", "http://x/J")), "{i, j}"),
        (DataSomeValuesFrom(V, Interval(high=Decimal(30), high_open=True)), "v < 30"),
        (
            ObjectIntersectionOf((A, DataSomeValuesFrom(V, Interval(Decimal(1), high=Decimal(2))))),
            "a and v ≥ 1 and ≤ 2",
        ),
        (DataSomeValuesFrom(V, Interval(low=Decimal(0), space=Space.DATE)), "v ≥ 0001-01-01"),
        (DataSomeValuesFrom(V, Literal("a", language="en")), 'v = "a"@en'),
        (DataSomeValuesFrom(V, Literal("true", XSD + "boolean")), "v = true"),
        (DataSomeValuesFrom(V, Datatype(XSD + "string")), "v some xsd:string"),
        (DataSomeValuesFrom(V, OtherRange("DataOneOf(1 2)")), "v some DataOneOf(1 2)"),
        (Unsupported("ObjectInverseOf", "ObjectInverseOf(<r>)"), "ObjectInverseOf(<r>)"),
    ],
)
def test_expressions_in_words(expression: ClassExpression, text: str) -> None:
    assert manchester(expression, lambda iri: iri[-1].lower()) == text


@settings(max_examples=times(100), deadline=None)
@given(expressions())
def test_every_expression_has_words(expression: ClassExpression) -> None:
    assert manchester(expression, lambda iri: "label")


def test_a_single_value_is_a_literal_where_one_is_asked_for() -> None:
    five = Interval(Decimal(5), high=Decimal(5))
    assert render(DataPropertyAssertion(V, "http://x/I", five)).endswith(f'"5"^^<{XSD}decimal>)')
    assert render(DataPropertyRange(V, five)).endswith(f'DataOneOf("5"^^<{XSD}decimal>))')

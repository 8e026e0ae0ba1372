"""What is not used is named; what can be used of it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kgtwin.model.axioms import (
    Axiom,
    Class,
    DataPropertyRange,
    DataSomeValuesFrom,
    Datatype,
    DisjointClasses,
    DisjointUnion,
    EquivalentClasses,
    Interval,
    ObjectAllValuesFrom,
    ObjectComplementOf,
    ObjectExactCardinality,
    ObjectMaxCardinality,
    ObjectMinCardinality,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    ObjectUnionOf,
    OtherAxiom,
    OtherRange,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.model.caveat import CaveatCode
from kgtwin.reasoning import classify
from kgtwin.vocabulary import OWL, OWL_NOTHING, OWL_THING, XSD

A, B, C, D = (Class(name) for name in "ABCD")
UNION = ObjectUnionOf((B, C))
NOT = ObjectComplementOf(B)


def test_an_axiom_outside_is_named_with_what_it_touches() -> None:
    axiom = OtherAxiom("DisjointUnion", "DisjointUnion(<A> <B> <C>)", ("A", "B", "C"))
    (caveat,) = classify([axiom, SubClassOf(A, B)]).caveats
    assert caveat.code is CaveatCode.IGNORED_AXIOM
    assert "DisjointUnion(<A> <B> <C>)" in caveat.text
    assert caveat.touches == ("A", "B", "C")


def test_a_union_on_the_left_is_used_without_a_caveat() -> None:
    found = classify([SubClassOf(ObjectSomeValuesFrom("r", UNION), D), SubClassOf(A, ObjectSomeValuesFrom("r", B))])
    assert found.is_subclass_of("A", "D")
    assert found.caveats == ()


def test_of_an_equivalence_with_a_union_the_usable_direction_is_used() -> None:
    found = classify([EquivalentClasses((A, UNION)), SubClassOf(D, B)])
    assert found.is_subclass_of("D", "A")
    assert found.is_subclass_of("C", "A")
    assert not found.is_subclass_of("A", "B")
    (caveat,) = found.caveats
    assert caveat.text.startswith("nothing is concluded from: ObjectUnionOf")
    assert set(caveat.touches) == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("axiom", "says"),
    [
        (SubClassOf(A, UNION), "nothing is concluded from"),
        (SubClassOf(NOT, A), "not used as a condition"),
        (SubClassOf(A, ObjectSomeValuesFrom("r", UNION)), "nothing is concluded from"),
        (ObjectPropertyRange("r", ObjectAllValuesFrom("s", B)), "nothing is concluded from"),
        (ObjectPropertyDomain("r", ObjectMaxCardinality(1, "s", B)), "nothing is concluded from"),
        (SubClassOf(A, ObjectMinCardinality(2, "r", B)), "nothing is concluded from"),
        (SubClassOf(A, ObjectExactCardinality(1, "r", B)), "nothing is concluded from"),
        (SubClassOf(ObjectMinCardinality(2, "r", B), A), "not used as a condition"),
        (SubClassOf(ObjectAllValuesFrom("r", B), A), "not used as a condition"),
        (SubClassOf(A, ObjectComplementOf(ObjectAllValuesFrom("r", B))), "nothing is concluded from"),
        (DisjointClasses((A, ObjectAllValuesFrom("r", B))), "not used as a condition"),
        (DisjointUnion("A", (B, C)), "nothing is concluded from"),
        (SubClassOf(ObjectSomeValuesFrom(OWL + "topObjectProperty", B), A), "not used as a condition"),
        (DataPropertyRange("d", OtherRange("DataComplementOf(xsd:string)")), "not used"),
    ],
)
def test_parts_outside_are_named(axiom: Axiom, says: str) -> None:
    asserted = SubClassOf(C, DataSomeValuesFrom("d", Datatype(XSD + "string")))
    (caveat,) = classify([axiom, asserted]).caveats
    assert says in caveat.text


def test_an_unsupported_expression_still_equals_itself() -> None:
    assert classify([SubClassOf(A, NOT), SubClassOf(NOT, C)]).is_subclass_of("A", "C")


def test_the_range_restriction_of_the_profile() -> None:
    chain = SubObjectPropertyOf(("r", "s"), "t")
    broken = classify([chain, ObjectPropertyRange("t", A)])
    assert len(broken.caveats) == 1
    assert "ObjectPropertyRange" in broken.caveats[0].text
    assert classify([chain, ObjectPropertyRange("t", A), ObjectPropertyRange("s", A)]).caveats == ()
    stronger: list[Axiom] = [chain, ObjectPropertyRange("t", A), ObjectPropertyRange("s", B), SubClassOf(B, A)]
    assert classify(stronger).caveats == ()
    assert classify([TransitiveObjectProperty("r"), ObjectPropertyRange("r", A)]).caveats == ()


@pytest.mark.parametrize(
    "axiom",
    [
        SubClassOf(UNION, A),
        SubClassOf(A, NOT),
        SubClassOf(A, ObjectSomeValuesFrom("r", NOT)),
        ObjectPropertyRange("r", NOT),
        SubClassOf(A, ObjectComplementOf(UNION)),
        SubClassOf(A, ObjectAllValuesFrom("r", Class(OWL_NOTHING))),
        SubClassOf(Class(OWL_THING), ObjectAllValuesFrom("r", B)),
        SubClassOf(A, ObjectMinCardinality(1, "r", B)),
        SubClassOf(ObjectMinCardinality(1, "r", B), A),
        SubClassOf(A, ObjectMaxCardinality(0, "r", B)),
        SubClassOf(A, ObjectExactCardinality(0, "r", B)),
        DisjointUnion("A", (B,)),
        SubObjectPropertyOf(("r", "s"), "t"),
    ],
)
def test_what_is_used_whole_has_no_caveat(axiom: Axiom) -> None:
    assert classify([axiom, ReflexiveObjectProperty("r")]).caveats == ()


def test_numbers_that_conditions_cover_only_together() -> None:
    below, above = (
        DataSomeValuesFrom("d", Interval(high=Decimal(5), high_open=True)),
        DataSomeValuesFrom("d", Interval(low=Decimal(5))),
    )
    any_number = DataSomeValuesFrom("d", Interval())
    both: list[Axiom] = [SubClassOf(below, B), SubClassOf(above, B)]
    (caveat,) = classify([*both, SubClassOf(A, any_number)]).caveats
    assert set(caveat.touches) == {"d", "A"}
    gap = DataSomeValuesFrom("d", Interval(low=Decimal(5), low_open=True))
    assert classify([SubClassOf(below, B), SubClassOf(gap, B), SubClassOf(A, any_number)]).caveats == ()

"""What is not used is named; what can be used of it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kgtwin.model.axioms import (
    Axiom,
    Class,
    DataSomeValuesFrom,
    EquivalentClasses,
    Interval,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    OtherAxiom,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
    Unsupported,
)
from kgtwin.model.caveat import CaveatCode
from kgtwin.reasoning import classify

A, B, C, D = (Class(name) for name in "ABCD")
UNION = Unsupported("ObjectUnionOf", "ObjectUnionOf(<B> <C>)", (B, C))
NOT = Unsupported("ObjectComplementOf", "ObjectComplementOf(<B>)")


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
        (SubClassOf(A, ObjectSomeValuesFrom("r", NOT)), "nothing is concluded from"),
        (ObjectPropertyRange("r", NOT), "nothing is concluded from"),
    ],
    ids=["union right", "complement left", "complement in a filler", "range"],
)
def test_parts_outside_are_named(axiom: Axiom, says: str) -> None:
    (caveat,) = classify([axiom]).caveats
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


def test_a_reflexive_role_in_a_chain_is_a_caveat() -> None:
    found = classify([ReflexiveObjectProperty("r"), SubObjectPropertyOf(("r", "s"), "t")])
    assert len(found.caveats) == 1
    assert "reflexive" in found.caveats[0].text


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

"""Every kind of axiom: followed from others, not followed, not known."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression, Datatype, Interval, Literal
from kgtwin.model.owl_text import render
from kgtwin.reasoning import classify
from kgtwin.reasoning.entailment import Verdict, entails, entails_all
from kgtwin.vocabulary import OWL, OWL_NOTHING, OWL_THING, XSD
from tests.fuzz import times
from tests.reasoning.comparing import EL
from tests.reasoning.generate import Generator, Shape

A, B, C, D = (Class(name) for name in "ABCD")
THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)
WHOLE = Datatype(XSD + "integer")


def sub(one: ClassExpression, other: ClassExpression) -> Axiom:
    return owl.SubClassOf(one, other)


def some(role: str, filler: ClassExpression = THING) -> ClassExpression:
    return owl.ObjectSomeValuesFrom(role, filler)


def only(role: str, filler: ClassExpression) -> ClassExpression:
    return owl.ObjectAllValuesFrom(role, filler)


def no(operand: ClassExpression) -> ClassExpression:
    return owl.ObjectComplementOf(operand)


def both(*operands: ClassExpression) -> ClassExpression:
    return owl.ObjectIntersectionOf(operands)


def either(*operands: ClassExpression) -> ClassExpression:
    return owl.ObjectUnionOf(operands)


def value(prop: str, number: int) -> owl.DataSomeValuesFrom:
    return owl.DataSomeValuesFrom(prop, Interval(Decimal(number), False, Decimal(number)))


def link(role: str, one: str, other: str) -> Axiom:
    return owl.ObjectPropertyAssertion(role, one, other)


Question = tuple[list[Axiom], Axiom]
FOLLOWS: dict[str, Question] = {
    "SubClassOf": ([sub(A, some("r", B)), sub(B, C)], sub(A, some("r", C))),
    "a union below": ([sub(A, C), sub(B, C)], sub(some("r", either(A, B)), some("r", C))),
    "a union above": ([sub(A, B)], sub(A, either(C, B))),
    "a universal above": ([owl.ObjectPropertyRange("r", B)], sub(A, only("r", B))),
    "a universal to nothing": ([sub(some("r"), NOTHING)], sub(A, only("r", C))),
    "a complement above": ([owl.DisjointClasses((A, B))], sub(A, no(B))),
    "complements turned round": ([sub(A, B)], sub(no(B), no(A))),
    "no more than none": ([owl.DisjointClasses((B, C)), owl.ObjectPropertyRange("r", C)], sub(A, no(some("r", B)))),
    "at most none": ([sub(both(A, some("r", B)), NOTHING)], sub(A, owl.ObjectMaxCardinality(0, "r", B))),
    "at least one": ([sub(A, some("r", B))], sub(A, owl.ObjectMinCardinality(1, "r", B))),
    "excluded middle": ([], sub(A, either(B, no(B)))),
    "EquivalentClasses": ([sub(A, B), sub(B, C), sub(C, A)], owl.EquivalentClasses((A, C, B))),
    "one class alone": ([], owl.EquivalentClasses((A,))),
    "DisjointClasses": ([sub(both(A, B), NOTHING), sub(C, A)], owl.DisjointClasses((B, C))),
    "DisjointUnion": (
        [owl.EquivalentClasses((A, both(B, C))), sub(B, C), owl.DisjointClasses((B, D)), sub(D, NOTHING)],
        owl.DisjointUnion("A", (B, D)),
    ),
    "SubObjectPropertyOf": (
        [owl.SubObjectPropertyOf(("r",), "s"), owl.SubObjectPropertyOf(("s",), "t")],
        owl.SubObjectPropertyOf(("r",), "t"),
    ),
    "a chain": (
        [owl.SubObjectPropertyOf(("r", "s"), "t"), owl.SubObjectPropertyOf(("t", "s"), "u")],
        owl.SubObjectPropertyOf(("r", "s", "s"), "u"),
    ),
    "the widest property": ([], owl.SubObjectPropertyOf(("r", "s"), OWL + "topObjectProperty")),
    "an empty property": ([sub(some("r"), NOTHING)], owl.SubObjectPropertyOf(("r",), "t")),
    "a link to itself": (
        [owl.ReflexiveObjectProperty("r"), owl.SubObjectPropertyOf(("r", "s"), "t")],
        owl.SubObjectPropertyOf(("s",), "t"),
    ),
    "EquivalentObjectProperties": (
        [owl.SubObjectPropertyOf(("r",), "s"), owl.SubObjectPropertyOf(("s",), "r")],
        owl.EquivalentObjectProperties(("r", "s")),
    ),
    "TransitiveObjectProperty": ([owl.SubObjectPropertyOf(("r", "r"), "r")], owl.TransitiveObjectProperty("r")),
    "ReflexiveObjectProperty": (
        [owl.ReflexiveObjectProperty("r"), owl.SubObjectPropertyOf(("r",), "s")],
        owl.ReflexiveObjectProperty("s"),
    ),
    "IrreflexiveObjectProperty": (
        [owl.ObjectPropertyDomain("r", A), owl.ObjectPropertyRange("r", B), owl.DisjointClasses((A, B))],
        owl.IrreflexiveObjectProperty("r"),
    ),
    "ObjectPropertyDomain": (
        [sub(some("s"), A), owl.SubObjectPropertyOf(("r",), "s")],
        owl.ObjectPropertyDomain("r", A),
    ),
    "ObjectPropertyRange": (
        [owl.ObjectPropertyRange("s", A), sub(A, B), owl.SubObjectPropertyOf(("r",), "s")],
        owl.ObjectPropertyRange("r", B),
    ),
    "SubDataPropertyOf": (
        [owl.SubDataPropertyOf("d", "e"), owl.EquivalentDataProperties(("e", "f"))],
        owl.SubDataPropertyOf("d", "f"),
    ),
    "the widest data property": ([], owl.SubDataPropertyOf("d", OWL + "topDataProperty")),
    "EquivalentDataProperties": (
        [owl.SubDataPropertyOf("d", "e"), owl.SubDataPropertyOf("e", "d")],
        owl.EquivalentDataProperties(("d", "e")),
    ),
    "DataPropertyDomain": (
        [owl.DataPropertyDomain("e", A), owl.SubDataPropertyOf("d", "e")],
        owl.DataPropertyDomain("d", A),
    ),
    "DataPropertyRange": (
        [owl.DataPropertyRange("e", Datatype(XSD + "byte")), owl.SubDataPropertyOf("d", "e")],
        owl.DataPropertyRange("d", WHOLE),
    ),
    "FunctionalDataProperty": (
        [owl.FunctionalDataProperty("e"), owl.SubDataPropertyOf("d", "e"), owl.DataPropertyRange("e", WHOLE)],
        owl.FunctionalDataProperty("d"),
    ),
    "HasKey": (
        [owl.HasKey(A, ("r",), ("d",)), sub(B, A), owl.SubObjectPropertyOf(("s",), "r")],
        owl.HasKey(B, ("s",), ("d",)),
    ),
    "SameIndividual": (
        [owl.ClassAssertion("i", owl.ObjectOneOf(("j",))), owl.SameIndividual(("j", "k"))],
        owl.SameIndividual(("i", "k")),
    ),
    "DifferentIndividuals": (
        [owl.ClassAssertion("i", A), owl.ClassAssertion("j", no(A))],
        owl.DifferentIndividuals(("i", "j")),
    ),
    "ClassAssertion": ([link("r", "i", "j"), owl.ObjectPropertyDomain("r", A)], owl.ClassAssertion("i", A)),
    "ObjectPropertyAssertion": (
        [link("r", "i", "j"), owl.TransitiveObjectProperty("r"), link("r", "j", "k")],
        link("r", "i", "k"),
    ),
    "DataPropertyAssertion": (
        [owl.DataPropertyAssertion("d", "i", value("d", 5).range), owl.SubDataPropertyOf("d", "e")],
        owl.DataPropertyAssertion("e", "i", Interval(Decimal("5.0"), False, Decimal(5))),
    ),
    "NegativeObjectPropertyAssertion": (
        [owl.NegativeObjectPropertyAssertion("s", "i", "j"), owl.SubObjectPropertyOf(("r",), "s")],
        owl.NegativeObjectPropertyAssertion("r", "i", "j"),
    ),
    "NegativeDataPropertyAssertion": (
        [owl.FunctionalDataProperty("d"), owl.DataPropertyAssertion("d", "i", value("d", 5).range)],
        owl.NegativeDataPropertyAssertion("d", "i", value("d", 6).range),
    ),
    "a type that would contradict what leads to it": (
        [link("r", "i", "j"), sub(some("r", A), B), owl.ClassAssertion("i", no(B))],
        owl.ClassAssertion("j", no(A)),
    ),
    "told, and of no kind we know": ([owl.OtherAxiom("X", "X(<A>)", ("A",))], owl.OtherAxiom("X", "X(<A>)", ("A",))),
}
FOLLOWS_NOT: dict[str, Question] = {
    "SubClassOf": ([sub(A, some("r", B)), sub(B, C)], sub(some("r", C), A)),
    "a union below": ([sub(A, C)], sub(either(A, B), C)),
    "EquivalentClasses": ([sub(A, B)], owl.EquivalentClasses((A, B))),
    "DisjointClasses": ([sub(A, B)], owl.DisjointClasses((B, C))),
    "SubObjectPropertyOf": ([owl.SubObjectPropertyOf(("r",), "s")], owl.SubObjectPropertyOf(("s",), "r")),
    "a chain": ([owl.SubObjectPropertyOf(("r", "s"), "t")], owl.SubObjectPropertyOf(("s", "r"), "t")),
    "TransitiveObjectProperty": ([owl.SubObjectPropertyOf(("r", "s"), "r")], owl.TransitiveObjectProperty("r")),
    "ReflexiveObjectProperty": ([sub(A, owl.ObjectHasSelf("r"))], owl.ReflexiveObjectProperty("r")),
    "IrreflexiveObjectProperty": ([owl.IrreflexiveObjectProperty("s")], owl.IrreflexiveObjectProperty("r")),
    "ObjectPropertyDomain": ([sub(some("r", B), A)], owl.ObjectPropertyDomain("r", A)),
    "ObjectPropertyRange": ([sub(THING, some("r", A))], owl.ObjectPropertyRange("r", A)),
    "SubDataPropertyOf": ([owl.SubDataPropertyOf("d", "e")], owl.SubDataPropertyOf("e", "d")),
    "DataPropertyRange": ([sub(THING, value("d", 5))], owl.DataPropertyRange("d", WHOLE)),
    "FunctionalDataProperty": (
        [owl.FunctionalDataProperty("d"), owl.SubDataPropertyOf("d", "e")],
        owl.FunctionalDataProperty("e"),
    ),
    "HasKey": ([owl.HasKey(A, ("r", "s"), ())], owl.HasKey(A, ("r",), ())),
    "SameIndividual": ([owl.ClassAssertion("i", A), owl.ClassAssertion("j", A)], owl.SameIndividual(("i", "j"))),
    "DifferentIndividuals": (
        [owl.ClassAssertion("i", A), owl.ClassAssertion("j", B)],
        owl.DifferentIndividuals(("i", "j")),
    ),
    "ClassAssertion": ([link("r", "i", "j")], owl.ClassAssertion("i", some("r", A))),
    "ObjectPropertyAssertion": ([link("r", "i", "j")], link("r", "j", "i")),
    "DataPropertyAssertion": (
        [owl.DataPropertyAssertion("d", "i", Literal("5"))],
        owl.DataPropertyAssertion("d", "i", value("d", 5).range),
    ),
    "NegativeObjectPropertyAssertion": ([link("s", "i", "j")], owl.NegativeObjectPropertyAssertion("r", "i", "j")),
    "NegativeDataPropertyAssertion": (
        [owl.DataPropertyAssertion("d", "i", value("d", 5).range)],
        owl.NegativeDataPropertyAssertion("d", "i", value("d", 6).range),
    ),
}
OUT_OF_REACH: dict[str, Question] = {
    "what is below neither": ([sub(A, either(B, C)), sub(D, some("r", B))], sub(D, A)),
    "what is one of the two anyway": ([sub(A, either(B, C)), sub(D, both(A, B))], sub(D, C)),
    "a universal that is fulfilled": ([sub(A, only("r", B)), sub(A, some("r", B))], sub(A, some("r", C))),
    "an inverse without links": (
        [owl.OtherAxiom("SymmetricObjectProperty", "X", ("r",)), sub(A, some("s"))],
        sub(A, B),
    ),
    "an individual": (
        [owl.OtherAxiom("FunctionalObjectProperty", "X", ("r",)), link("r", "i", "j"), sub(B, C)],
        owl.ClassAssertion("j", B),
    ),
    "two that may be one": (
        [owl.OtherAxiom("FunctionalObjectProperty", "X", ("r",)), link("r", "i", "j"), link("s", "i", "k")],
        owl.SameIndividual(("j", "k")),
    ),
}
"""Not all is used, but what is not cannot touch the answer."""
UNKNOWN: dict[str, Question] = {
    "two that are one": (
        [owl.OtherAxiom("FunctionalObjectProperty", "X", ("r",)), link("r", "i", "j"), link("r", "i", "k")],
        owl.SameIndividual(("j", "k")),
    ),
    "a type by an inverse": (
        [owl.OtherAxiom("SymmetricObjectProperty", "X", ("r",)), link("r", "i", "j"), sub(some("r", B), A)],
        owl.ClassAssertion("j", A),
    ),
    "by cases": ([sub(A, either(B, C)), sub(B, D), sub(C, D)], sub(A, D)),
    "a count": ([], sub(A, owl.ObjectMaxCardinality(1, "r", B))),
    "an axiom of no kind we know": ([sub(A, B)], owl.OtherAxiom("X", "X(<A>)", ("A",))),
    "a key over values that are not allowed": (
        [owl.DataPropertyRange("d", WHOLE)],
        owl.HasKey(A, (), ("d",)),
    ),
    "values that nothing is known of": (
        [owl.DataPropertyRange("d", owl.OtherRange("DataOneOf(1 2)"))],
        owl.FunctionalDataProperty("d"),
    ),
}


@pytest.mark.parametrize(("told", "asked"), FOLLOWS.values(), ids=FOLLOWS)
def test_follows(told: list[Axiom], asked: Axiom) -> None:
    assert entails(told, asked) == (Verdict.YES, ())
    assert entails(classify(told), asked)


@pytest.mark.parametrize(("told", "asked"), FOLLOWS_NOT.values(), ids=FOLLOWS_NOT)
def test_does_not_follow(told: list[Axiom], asked: Axiom) -> None:
    assert entails(told, asked) == (Verdict.NO, ())


@pytest.mark.parametrize(("told", "asked"), OUT_OF_REACH.values(), ids=OUT_OF_REACH)
def test_what_is_not_used_elsewhere_leaves_a_no_certain(told: list[Axiom], asked: Axiom) -> None:
    assert classify(told).caveats
    assert entails(told, asked) == (Verdict.NO, ())


@pytest.mark.parametrize(("told", "asked"), UNKNOWN.values(), ids=UNKNOWN)
def test_is_not_known_for_a_reason(told: list[Axiom], asked: Axiom) -> None:
    found = entails(told, asked)
    assert found.verdict is Verdict.UNKNOWN
    assert found.caveats
    assert not found


SOMEONE: dict[str, tuple[list[Axiom], list[Axiom], Verdict]] = {
    "one that is led to": (
        [sub(A, some("r", both(B, some("s", C)))), owl.ClassAssertion("i", A)],
        [link("r", "i", "_:x"), owl.ClassAssertion("_:x", B), link("s", "_:x", "_:y"), owl.ClassAssertion("_:y", C)],
        Verdict.YES,
    ),
    "two of them, not one": (
        [owl.ClassAssertion("i", some("r", A)), owl.ClassAssertion("i", some("r", B))],
        [link("r", "i", "_:x"), owl.ClassAssertion("_:x", A), owl.ClassAssertion("_:x", B)],
        Verdict.NO,
    ),
    "one that is nowhere": ([owl.ClassAssertion("i", some("r", A))], [owl.ClassAssertion("_:x", A)], Verdict.YES),
    "one that need not be": ([sub(A, B)], [owl.ClassAssertion("_:x", A)], Verdict.NO),
    "one with a known end": ([link("r", "i", "j")], [link("r", "_:x", "j")], Verdict.YES),
    "one with a value": (
        [owl.DataPropertyAssertion("d", "i", Literal("a"))],
        [owl.DataPropertyAssertion("d", "_:x", Literal("a"))],
        Verdict.YES,
    ),
    "a circle": ([link("r", "i", "i")], [link("r", "_:x", "_:x")], Verdict.UNKNOWN),
    "two ways to one": (
        [link("r", "i", "j"), link("s", "i", "j")],
        [link("r", "i", "_:x"), link("s", "i", "_:x")],
        Verdict.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("told", "asked", "verdict"), SOMEONE.values(), ids=SOMEONE)
def test_an_anonymous_individual_stands_for_some_thing(told: list[Axiom], asked: list[Axiom], verdict: Verdict) -> None:
    assert entails_all(told, asked).verdict is verdict


def test_one_axiom_that_does_not_follow_outweighs_one_that_is_not_known() -> None:
    found = entails_all([sub(A, B)], [owl.OtherAxiom("X", "X()"), sub(A, B), sub(B, A)])
    assert found == (Verdict.NO, ())
    assert entails_all([sub(A, B)], []).verdict is Verdict.YES


def test_nothing_is_said_of_what_contradicts_itself() -> None:
    with pytest.raises(InconsistentOntologyError):
        entails([sub(THING, NOTHING)], sub(A, B))


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(10), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_every_axiom_follows_from_its_own_ontology(shape: Shape, seed: int) -> None:
    axioms = Generator(Random(seed), shape=shape).ontology()
    try:
        found = classify(axioms)
    except InconsistentOntologyError:
        return
    for axiom in axioms:
        assert entails(found, axiom), render(axiom)

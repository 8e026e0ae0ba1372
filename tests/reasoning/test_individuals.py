"""There is only one of each individual; keys."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Assertion, Axiom, Class, ClassExpression, Interval, Literal
from kgtwin.reasoning import classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

A, B, C, D, E = (Class(name) for name in "ABCDE")
THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)


def some(role: str, filler: ClassExpression) -> ClassExpression:
    return owl.ObjectSomeValuesFrom(role, filler)


def both(*operands: ClassExpression) -> ClassExpression:
    return owl.ObjectIntersectionOf(operands)


def one(individual: str) -> ClassExpression:
    return owl.ObjectOneOf((individual,))


def sub(left: ClassExpression, right: ClassExpression) -> Axiom:
    return owl.SubClassOf(left, right)


def is_a(individual: str, expression: ClassExpression) -> Assertion:
    return owl.ClassAssertion(individual, expression)


def related(subject: str, role: str, target: str) -> Assertion:
    return owl.ObjectPropertyAssertion(role, subject, target)


def valued(subject: str, data_property: str, value: str | int) -> Assertion:
    number = Decimal(value) if isinstance(value, int) else None
    found = Literal(str(value)) if number is None else Interval(number, False, number)
    return owl.DataPropertyAssertion(data_property, subject, found)


TYPES: dict[str, tuple[Sequence[Axiom], str, str]] = {
    "same": ([owl.SameIndividual(("i", "j")), is_a("i", A)], "j", "A"),
    "same, the other way": ([owl.SameIndividual(("j", "i")), is_a("i", A)], "j", "A"),
    "same of three": ([owl.SameIndividual(("i", "k", "j")), is_a("i", A)], "j", "A"),
    "a singleton class": ([is_a("i", B), sub(B, one("j")), is_a("j", A)], "i", "A"),
    "a singleton class, the other way": ([is_a("i", B), sub(B, one("j"))], "j", "B"),
    "what must exist is an individual": ([is_a("i", some("r", both(A, one("j"))))], "j", "A"),
    "a class said to be one": ([is_a("i", some("r", A)), sub(A, one("j")), sub(A, B)], "j", "B"),
    "at the end of a path": ([is_a("i", some("r", some("s", A))), sub(A, one("j"))], "j", "A"),
    "by what everything is related to": ([sub(THING, some("r", both(A, one("j"))))], "j", "A"),
    "round and back": (
        [is_a("i", some("r", both(A, one("j")))), sub(A, some("s", B)), sub(some("s", B), C), sub(C, D)],
        "j",
        "D",
    ),
    "then it fires elsewhere": (
        [is_a("i", some("r", both(A, one("j")))), related("k", "s", "j"), sub(some("s", A), C)],
        "k",
        "C",
    ),
    "equality twice": (
        [is_a("i", some("r", both(A, one("j")))), sub(A, some("s", both(B, one("k")))), related("l", "t", "k")]
        + [sub(some("t", B), C)],
        "l",
        "C",
    ),
    "self by assertion": ([related("i", "r", "i"), sub(owl.ObjectHasSelf("r"), A)], "i", "A"),
    "self by a role below": (
        [owl.SubObjectPropertyOf(("s",), "r"), related("i", "s", "i"), sub(owl.ObjectHasSelf("r"), A)],
        "i",
        "A",
    ),
    "self by equality": (
        [related("i", "r", "j"), owl.SameIndividual(("i", "j")), sub(owl.ObjectHasSelf("r"), A)],
        "i",
        "A",
    ),
    "self by a class": ([is_a("i", some("r", A)), sub(A, one("i")), sub(owl.ObjectHasSelf("r"), B)], "i", "B"),
    "the range of a chain": (
        [related("i", "r", "j"), related("j", "s", "k"), owl.SubObjectPropertyOf(("r", "s"), "t")]
        + [owl.ObjectPropertyRange("t", A)],
        "k",
        "A",
    ),
    "the range of a role above a chain": (
        [related("i", "r", "j"), related("j", "r", "k"), owl.TransitiveObjectProperty("r")]
        + [owl.SubObjectPropertyOf(("r", "r"), "t"), owl.SubObjectPropertyOf(("t",), "u")]
        + [owl.ObjectPropertyRange("u", some("v", B)), sub(some("v", B), A)],
        "k",
        "A",
    ),
    "a value of one is a value of the other": (
        [owl.SameIndividual(("i", "j")), valued("i", "d", 5)]
        + [sub(owl.DataSomeValuesFrom("d", Interval(low=Decimal(4))), A)],
        "j",
        "A",
    ),
    "a key": ([owl.HasKey(B, ("r",), ()), is_a("i", B), is_a("j", B), related("i", "r", "k")]
        + [related("j", "r", "k"), is_a("i", A)], "j", "A"),
    "a key of a value": (
        [owl.HasKey(THING, (), ("d",)), valued("i", "d", "x"), valued("j", "d", "x"), is_a("i", A)],
        "j",
        "A",
    ),
    "a key of numbers written otherwise": (
        [owl.HasKey(THING, (), ("d",)), valued("i", "d", 5), is_a("i", A)]
        + [owl.DataPropertyAssertion("d", "j", Interval(Decimal("5.0"), False, Decimal("5.00")))],
        "j",
        "A",
    ),
    "a key of both": (
        [owl.HasKey(some("q", A), ("r",), ("d",))]
        + [x for i in "ij" for x in (related(i, "q", "a"), related(i, "r", "k"), valued(i, "d", 1))]
        + [is_a("a", A), is_a("i", B)],
        "j",
        "B",
    ),
    "a key by roles below, and equal values": (
        [
            owl.HasKey(THING, ("r",), ()),
            owl.SubObjectPropertyOf(("s",), "r"),
            related("i", "s", "k"),
            related("j", "r", "l"),
            owl.SameIndividual(("k", "l")),
            is_a("i", A),
        ],
        "j",
        "A",
    ),
    "a key whose equality makes another": (
        [owl.HasKey(THING, ("r",), ()), related("i", "r", "k"), related("j", "r", "k")]
        + [related("x", "r", "i"), related("y", "r", "j"), is_a("x", A)],
        "y",
        "A",
    ),
    "a key with a value told by a class": (
        [owl.HasKey(THING, ("r",), ()), is_a("i", B), sub(B, owl.ObjectHasValue("r", "k")), related("j", "r", "k")]
        + [is_a("i", A)],
        "j",
        "A",
    ),
}  # fmt: skip

NOT: dict[str, tuple[Sequence[Axiom], str, str]] = {
    "a key of another class": (
        [owl.HasKey(B, ("r",), ()), is_a("i", B), related("i", "r", "k"), related("j", "r", "k"), is_a("i", A)],
        "j",
        "A",
    ),
    "half a key": (
        [owl.HasKey(THING, ("r", "s"), ()), is_a("i", A)]
        + [related("i", "r", "k"), related("j", "r", "k"), related("i", "s", "k"), related("j", "s", "l")],
        "j",
        "A",
    ),
    "a key and no named value": (
        [owl.HasKey(THING, ("r",), ()), is_a("i", some("r", B)), is_a("j", some("r", B)), is_a("i", A)],
        "j",
        "A",
    ),
    "a key of intervals": (
        [owl.HasKey(THING, (), ("d",)), is_a("i", A)]
        + [owl.DataPropertyAssertion("d", i, Interval(high=Decimal(5))) for i in "ij"],
        "j",
        "A",
    ),
    "a key of anonymous individuals": (
        [owl.HasKey(THING, ("r",), ()), related("_:i", "r", "k"), related("j", "r", "k"), is_a("_:i", A)],
        "j",
        "A",
    ),
    "what need not exist": ([sub(B, some("r", both(A, one("j")))), is_a("j", C)], "j", "A"),
    "another value": (
        [owl.HasKey(THING, (), ("d",)), valued("i", "d", 1), valued("j", "d", 2), is_a("i", A)],
        "j",
        "A",
    ),
    "related to another": ([related("i", "r", "j"), sub(owl.ObjectHasSelf("r"), A)], "i", "A"),
    "the range of half a chain": (
        [related("i", "r", "j"), owl.SubObjectPropertyOf(("r", "s"), "t"), owl.ObjectPropertyRange("t", A)],
        "j",
        "A",
    ),
}  # fmt: skip


def _fresh(axioms: Sequence[Axiom]) -> tuple[list[Axiom], list[Assertion]]:
    """The axioms in the ontology, and the assertions to be made on top of it."""
    kinds = (owl.ClassAssertion, owl.ObjectPropertyAssertion, owl.DataPropertyAssertion)
    return [a for a in axioms if not isinstance(a, kinds)], [a for a in axioms if isinstance(a, kinds)]


@pytest.mark.parametrize(("axioms", "who", "what"), TYPES.values(), ids=TYPES)
def test_follows_of_the_ontologys_own_individuals(axioms: Sequence[Axiom], who: str, what: str) -> None:
    assert what in classify(axioms, classes="ABCDE").realise([]).types(who)


@pytest.mark.parametrize(("axioms", "who", "what"), TYPES.values(), ids=TYPES)
def test_follows_of_individuals_on_top(axioms: Sequence[Axiom], who: str, what: str) -> None:
    ontology, assertions = _fresh(axioms)
    found = classify(ontology, classes="ABCDE").realise([*assertions, is_a(who, THING)])
    assert what in found.types(who)


@pytest.mark.parametrize(("axioms", "who", "what"), TYPES.values(), ids=TYPES)
def test_follows_of_individuals_of_both(axioms: Sequence[Axiom], who: str, what: str) -> None:
    ontology, assertions = _fresh(axioms)
    for kept in range(len(assertions)):
        found = classify([*ontology, *assertions[:kept]], classes="ABCDE").realise(
            [*assertions[kept:], is_a(who, THING)]
        )
        assert what in found.types(who)


@pytest.mark.parametrize(("axioms", "who", "what"), NOT.values(), ids=NOT)
def test_does_not_follow(axioms: Sequence[Axiom], who: str, what: str) -> None:
    assert what not in classify(axioms, classes="ABCDE").realise([]).types(who)
    ontology, assertions = _fresh(axioms)
    assert what not in classify(ontology, classes="ABCDE").realise([*assertions, is_a(who, THING)]).types(who)


CONTRADICTIONS: dict[str, Sequence[Axiom]] = {
    "same and different": [owl.SameIndividual(("i", "j")), owl.DifferentIndividuals(("i", "j"))],
    "a key against a difference": [
        owl.HasKey(THING, ("r",), ()),
        related("i", "r", "k"),
        related("j", "r", "k"),
        owl.DifferentIndividuals(("i", "j")),
    ],
    "a key against disjoint classes": [
        owl.HasKey(THING, (), ("d",)),
        valued("i", "d", 5),
        valued("j", "d", 5),
        is_a("i", A),
        is_a("j", B),
        owl.DisjointClasses((A, B)),
    ],
    "an irreflexive role": [owl.IrreflexiveObjectProperty("r"), related("i", "r", "i")],
    "an irreflexive role and equality": [
        owl.IrreflexiveObjectProperty("r"),
        related("i", "r", "j"),
        owl.SameIndividual(("i", "j")),
    ],
    "a negative assertion": [
        owl.NegativeObjectPropertyAssertion("r", "i", "j"),
        is_a("i", some("r", A)),
        sub(A, one("j")),
    ],
    "one that is two": [is_a("i", both(one("j"), one("k"))), owl.DifferentIndividuals(("j", "k"))],
}


@pytest.mark.parametrize("axioms", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradictions_are_found(axioms: Sequence[Axiom]) -> None:
    with pytest.raises(InconsistentOntologyError):
        classify(axioms)
    ontology, assertions = _fresh(axioms)
    if assertions:
        assert not classify(ontology).realise(assertions).consistent

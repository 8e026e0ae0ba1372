"""Justifications: each suffices, with any axiom less it does not, and there are no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Assertion, Axiom, Class, ClassExpression, DataSomeValuesFrom, Interval, Variable
from kgtwin.model.proof import Justifications
from kgtwin.reasoning import classify, justifications, unsatisfiable
from kgtwin.reasoning.justifications import justify_inconsistency
from kgtwin.reasoning.unsatisfiable import Unsatisfiable, root_unsatisfiable
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.fuzz import times
from tests.reasoning.comparing import BEYOND, EL, LARGER, NOMINALS
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.generate_rules import RULED
from tests.reasoning.justifying import (
    Question,
    Vocabulary,
    by_definition,
    classified,
    follows,
    minimal_sets,
    mistakes,
    of_shape,
    questions,
    sampled,
)
from tests.reasoning.shrinking import written

SHAPES = EL | NOMINALS | BEYOND
RULES = {"rules": RULED, "rules and nominals": replace(RULED, nominals=True, spaces=True, selfs=True)}
SEEDS = st.integers(0, 2**32)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
A, B, C, D, E, F = map(Class, "ABCDEF")
THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)
_TOLD = (owl.ClassAssertion, owl.ObjectPropertyAssertion, owl.DataPropertyAssertion)


def sub(left: ClassExpression, right: ClassExpression) -> Axiom:
    return owl.SubClassOf(left, right)


def some(role: str, filler: ClassExpression) -> ClassExpression:
    return owl.ObjectSomeValuesFrom(role, filler)


def sets(*found: Sequence[Axiom]) -> set[frozenset[Axiom]]:
    return set(map(frozenset, found))


# on generated ontologies


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=times(5), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_they_are_the_minimal_sets_and_proofs_check(shape: Shape, seed: int) -> None:
    axioms, names = of_shape(seed, shape)
    assert mistakes(axioms, names, sampled(seed, 2)) == [], written(axioms)


@pytest.mark.parametrize("shape", RULES.values(), ids=RULES)
@settings(max_examples=times(5), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_they_are_the_minimal_sets_where_keys_and_rules_apply(shape: Shape, seed: int) -> None:
    axioms, names = of_shape(seed, shape, rules=True)
    assert mistakes(axioms, names, sampled(seed, 2)) == [], written(axioms)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [*SHAPES.values(), *RULES.values()], ids=[*SHAPES, *RULES])
@settings(max_examples=times(6), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_they_are_the_minimal_sets_of_more_ontologies(shape: Shape, seed: int) -> None:
    axioms, names = of_shape(seed, shape, rules=shape in RULES.values())
    assert mistakes(axioms, names, sampled(seed, 4)) == [], written(axioms)


@pytest.mark.parametrize("shape", [EL["facts"], NOMINALS["nominals"]], ids=["facts", "nominals"])
@settings(max_examples=times(10), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_they_are_the_same_of_individuals_on_top(shape: Shape, seed: int) -> None:
    """Told to a classification, or among its axioms."""
    axioms, names = of_shape(seed, shape)
    names = names._replace(individuals=())
    apart: list[Assertion] = [axiom for axiom in axioms if isinstance(axiom, _TOLD)]
    try:
        whole = classified(axioms, names).realise(())
    except InconsistentOntologyError:
        return
    on_top = classified([axiom for axiom in axioms if not isinstance(axiom, _TOLD)], names).realise(apart)
    asked = [(who, Class(cls)) for who in whole.individuals for cls in whole.types(who)]
    for who, cls in Random(seed).sample(asked, min(4, len(asked))):
        one, other = whole.justifications(who, cls, 30), on_top.justifications(who, cls, 30)
        assert one.complete == other.complete
        if one.complete:
            assert set(one) == set(other), written(axioms)


@settings(max_examples=times(2), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_looking_for_one_after_the_other_finds_the_same(seed: int) -> None:
    axioms, names = of_shape(seed, LARGER["cyclic"])
    found = classified(axioms, names)
    for question in sampled(seed, 3)(questions(found, names)):
        whole = found.justifications(question.subject, question.cls, 15)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(justifications, "MASKS", 0)
            singly = found.justifications(question.subject, question.cls, 15)
        assert [len(one) for one in singly] == sorted(len(one) for one in singly)
        assert singly.complete == whole.complete
        assert all(follows(one, names, question) for one in singly)
        if whole.complete:
            assert set(whole) == set(singly)


@settings(max_examples=times(20), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_what_tries_finds_what_the_definition_says(seed: int) -> None:
    axioms, names = of_shape(seed, Shape(classes=4, roles=2, axioms=5, depth=1))
    axioms = list(dict.fromkeys(axioms))[:8]
    try:
        found = classified(axioms, names)
    except InconsistentOntologyError:
        return
    for question in sampled(seed, 2)(questions(found, names)):

        def holds(part: frozenset[Axiom], question: Question = question) -> bool:
            return follows(part, names, question)

        expected = by_definition(axioms, holds)
        assert minimal_sets(axioms, holds) == expected
        ours = found.justifications(question.subject, question.cls, 100)
        assert (set(ours), ours.complete) == (expected, True)


# by hand


def _number(value: int) -> Interval:
    return Interval(Decimal(value), False, Decimal(value))


_X, _Y = Variable("urn:x"), Variable("urn:y")
_A_TO_B, _B_TO_C, _A_TO_C = sub(A, B), sub(B, C), sub(A, C)
_I_IS_A = owl.ClassAssertion("i", A)
_SAME, _SAME_THREE = owl.SameIndividual(("i", "j")), owl.SameIndividual(("i", "k", "j"))
_KEY = owl.HasKey(A, (), ("d",))
_KEYED: list[Axiom] = [
    *(owl.ClassAssertion(one, A) for one in "ij"),
    *(owl.DataPropertyAssertion("d", one, _number(5)) for one in "ij"),
]
_RULE = owl.DLSafeRule((owl.ClassAtom(A, _X), owl.ObjectPropertyAtom("r", _X, _Y)), (owl.ClassAtom(B, _Y),))
_LINK = owl.ObjectPropertyAssertion("r", "i", "j")
_FIVE, _MORE = owl.DataPropertyAssertion("d", "i", _number(5)), owl.DataPropertyAssertion("e", "i", _number(7))
_ABOVE = sub(DataSomeValuesFrom("d", Interval(low=Decimal(4))), B)
_BELOW = owl.SubDataPropertyOf("e", "d")
INSTANCES: dict[str, tuple[list[Axiom], str, Class, set[frozenset[Axiom]]]] = {
    "told": ([_I_IS_A, _A_TO_B], "i", B, sets([_I_IS_A, _A_TO_B])),
    "the same": (
        [_I_IS_A, _SAME, _SAME_THREE],
        "j",
        A,
        sets([_I_IS_A, _SAME], [_I_IS_A, _SAME_THREE]),
    ),
    "a key": (
        [_KEY, *_KEYED, owl.ClassAssertion("i", B), owl.ClassAssertion("j", C)],
        "j",
        B,
        sets([_KEY, *_KEYED, owl.ClassAssertion("i", B)]),
    ),
    "a key, or told so": (
        [_KEY, *_KEYED, owl.ClassAssertion("i", B), _SAME],
        "j",
        B,
        sets([owl.ClassAssertion("i", B), _SAME], [_KEY, *_KEYED, owl.ClassAssertion("i", B)]),
    ),
    "a rule, or its conclusion told": (
        [_RULE, _LINK, _I_IS_A, owl.ClassAssertion("j", B)],
        "j",
        B,
        sets([owl.ClassAssertion("j", B)], [_RULE, _LINK, _I_IS_A]),
    ),
    "two values": ([_FIVE, _MORE, _ABOVE, _BELOW], "i", B, sets([_FIVE, _ABOVE], [_MORE, _BELOW, _ABOVE])),
    "a link to itself": (
        [owl.ObjectPropertyAssertion("r", "i", "i"), sub(owl.ObjectHasSelf("r"), B), owl.ReflexiveObjectProperty("r")],
        "i",
        B,
        sets(
            [owl.ObjectPropertyAssertion("r", "i", "i"), sub(owl.ObjectHasSelf("r"), B)],
            [sub(owl.ObjectHasSelf("r"), B), owl.ReflexiveObjectProperty("r")],
        ),
    ),
}


@pytest.mark.parametrize(("axioms", "who", "cls", "expected"), INSTANCES.values(), ids=INSTANCES)
def test_why_an_individual_is_in_a_class(
    axioms: list[Axiom], who: str, cls: Class, expected: set[frozenset[Axiom]]
) -> None:
    found = classify(axioms).realise(()).justifications(who, cls)
    assert (set(found), found.complete) == (expected, True)


def test_of_a_link_that_a_rule_and_an_assertion_say_both_are_told() -> None:
    rule = owl.DLSafeRule((owl.ClassAtom(A, _X),), (owl.ObjectPropertyAtom("r", _X, _X),))
    told = owl.ObjectPropertyAssertion("r", "i", "i")
    axioms: list[Axiom] = [rule, _I_IS_A, told, sub(some("r", THING), B)]
    found = classify(axioms).realise(()).justifications("i", B)
    assert set(found) == sets([told, axioms[-1]], [rule, _I_IS_A, axioms[-1]])


def test_small_ones_come_first_and_no_more_than_wanted() -> None:
    axioms = [_A_TO_B, _B_TO_C, _A_TO_C]
    found = classify(axioms)
    assert found.justifications("A", "C") == Justifications((frozenset([_A_TO_C]), frozenset([_A_TO_B, _B_TO_C])), True)
    assert found.justifications("A", "C", 2).complete
    assert found.justifications("A", "C", 1) == Justifications((frozenset([_A_TO_C]),), False)
    assert found.justifications("A", "C", 0) == Justifications((), False)


@pytest.mark.parametrize("masks", [0, 500_000])
def test_there_are_thousands_and_the_limit_holds(masks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways at each of fourteen steps."""
    monkeypatch.setattr(justifications, "MASKS", masks)
    steps = [sub(Class(f"C{i}"), some(role, Class(f"C{i + 1}"))) for i in range(14) for role in "rs"]
    axioms = [*steps, owl.TransitiveObjectProperty("r"), owl.TransitiveObjectProperty("s")]
    axioms += [owl.SubObjectPropertyOf(("s",), "r"), sub(some("r", Class("C14")), B)]
    found = classify(axioms).justifications("C0", "B", 25)
    assert (len(found), found.complete, len(set(found))) == (25, False, 25)
    names = Vocabulary(("C0", "B"))
    for one in found.sets[:5]:
        assert "B" in classify(one).ancestors("C0")
        assert not any(classified(one - {axiom}, names).is_subclass_of("C0", "B") for axiom in one)


def test_what_does_not_follow_has_none() -> None:
    found = classify([_A_TO_B, owl.ClassAssertion("i", A)], classes=["C"])
    nothing = Justifications((), True)
    assert found.justifications("A", "C") == found.justify_unsatisfiable("A") == nothing
    assert found.realise(()).justifications("i", C) == nothing
    with pytest.raises(NotFoundError):
        found.justifications("A", "Unknown")


def test_what_is_true_anyway_needs_nothing() -> None:
    found = classify([_A_TO_B])
    empty = Justifications((frozenset(),), True)
    assert found.justifications("A", "A") == found.justifications("A", OWL_THING) == empty
    assert found.justifications(OWL_NOTHING, "B") == empty


def test_an_axiom_told_twice_counts_once() -> None:
    assert set(classify([_A_TO_B, _B_TO_C, _A_TO_B]).justifications("A", "C")) == sets([_A_TO_B, _B_TO_C])


def test_of_an_empty_class_everything_follows_for_the_same_reasons() -> None:
    apart = owl.DisjointClasses((B, C))
    found = classify([_A_TO_B, _A_TO_C, apart, sub(A, D)])
    assert set(found.justifications("A", "D")) == sets([sub(A, D)], [_A_TO_B, _A_TO_C, apart])
    assert set(found.justify_unsatisfiable("A")) == sets([_A_TO_B, _A_TO_C, apart])


def test_expressions_are_justified_that_no_axiom_has() -> None:
    axioms = [_A_TO_B, owl.SubObjectPropertyOf(("r",), "s"), sub(some("s", B), C)]
    found = classify([*axioms, sub(C, D)])
    assert set(found.justifications(some("r", A), some("s", B))) == sets(axioms[:2])
    assert set(found.justifications(some("r", owl.ObjectIntersectionOf((A, D))), "C")) == sets(axioms)
    assert not found.justifications(some("r", D), "C")


def test_after_a_change_they_are_those_of_the_new_axioms() -> None:
    before = classify([_A_TO_B, _B_TO_C, sub(C, D)])
    after = before.change([_A_TO_C], [_B_TO_C])
    assert set(before.justifications("A", "D")) == sets([_A_TO_B, _B_TO_C, sub(C, D)])
    assert set(after.justifications("A", "D")) == sets([_A_TO_C, sub(C, D)])


def test_of_individuals_that_cannot_exist_it_is_not_said_that_all_are_known() -> None:
    """Nothing is concluded from them; so there is another way to the contradiction that is not found."""
    tbox = [sub(A, owl.ObjectOneOf(("i",))), sub(B, NOTHING), owl.DisjointClasses((C, D))]
    told = [owl.ClassAssertion("i", B), owl.ClassAssertion("i", C), owl.ClassAssertion("j", A)]
    told += [owl.ClassAssertion("j", D)]
    found = classify([*tbox, owl.ClassAssertion("i", THING)]).realise(told).justifications("i", NOTHING)
    assert frozenset([told[0], tbox[1]]) in set(found)
    everything = justify_inconsistency([*tbox, *told])
    assert set(everything) == sets([told[0], tbox[1]], [tbox[0], tbox[2], *told[1:]])
    assert everything.complete
    assert set(found) == set(everything) or not found.complete


# roots


def _roots_by_definition(axioms: list[Axiom], names: Vocabulary) -> set[str]:
    """Classes that some axioms make unsatisfiable of which no part makes any class unsatisfiable."""
    everything = classified(axioms, names).unsatisfiable - {OWL_NOTHING}
    found = minimal_sets(axioms, lambda part: bool(classified(part, names).unsatisfiable - {OWL_NOTHING}))
    return {iri for iri in everything for one in found if iri in classified(one, names).unsatisfiable}


@pytest.mark.parametrize("shape", ["plain", "reflexive", "selfs", "complements"])
@settings(max_examples=times(25), deadline=None, phases=NO_SHRINKING)
@given(seed=SEEDS)
def test_roots_are_those_of_the_definition(shape: str, seed: int) -> None:
    generator = Generator(Random(seed), shape=replace(EL[shape], axioms=8, facts=False))
    axioms, names = list(dict.fromkeys(generator.ontology())), Vocabulary.of(generator)
    try:
        found = classified(axioms, names)
    except InconsistentOntologyError:
        return
    roots = root_unsatisfiable(found)
    assert set(roots.roots) == _roots_by_definition(axioms, names), written(axioms)
    assert roots.complete
    assert {*roots.roots, *roots.derived} == found.unsatisfiable - {OWL_NOTHING}
    assert all(behind for behind in roots.derived.values())


def test_derived_ones_are_told_with_the_roots_behind_them() -> None:
    apart = owl.DisjointClasses((A, B))
    empty: list[Axiom] = [sub(C, A), sub(C, B), sub(D, NOTHING)]
    later = [sub(E, C), sub(F, some("r", owl.ObjectIntersectionOf((E, D)))), sub(Class("G"), some("r", D))]
    found = root_unsatisfiable(classify([apart, *empty, *later]))
    assert found == Unsatisfiable(
        {"C": (frozenset([apart, *empty[:2]]),), "D": (frozenset([empty[2]]),)},
        {"E": frozenset("C"), "F": frozenset("CD"), "G": frozenset("D")},
        True,
    )


def test_where_there_is_too_much_to_look_at_roots_are_those_that_depend_on_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the class itself is told does not count then; that it is not certain is said."""
    apart, empty = owl.DisjointClasses((A, B)), [sub(C, A), sub(C, B)]
    round_ = [sub(E, some("r", F)), sub(F, some("s", E)), sub(F, NOTHING)]
    axioms = [apart, *empty, sub(D, C), sub(D, NOTHING), *round_, sub(Class("G"), some("r", E))]
    classification = classify(axioms)
    assert set(root_unsatisfiable(classification).roots) == {"C", "D", "F"}
    monkeypatch.setattr(unsatisfiable, "_INFERENCES", 0)
    assert root_unsatisfiable(classification) == Unsatisfiable(
        {
            "C": (frozenset([apart, *empty]),),
            "E": (frozenset([round_[0], round_[2]]),),
            "F": (frozenset([round_[2]]),),
        },
        {"D": frozenset("C"), "G": frozenset("EF")},
        False,
    )


def test_where_all_is_well_there_are_no_roots() -> None:
    assert root_unsatisfiable(classify([_A_TO_B])) == Unsatisfiable({}, {}, True)


# no model


def test_an_inconsistency_is_justified() -> None:
    axioms: list[Axiom] = [_I_IS_A, _A_TO_B, owl.DisjointClasses((A, B)), sub(A, NOTHING), sub(THING, B)]
    found = justify_inconsistency(axioms)
    assert set(found) == sets([_I_IS_A, axioms[3]], axioms[:3], [_I_IS_A, axioms[2], axioms[4]])
    assert found.complete
    assert len(justify_inconsistency(axioms, 2)) == 2
    assert not justify_inconsistency(axioms, 2).complete


def test_a_model_needs_no_justification() -> None:
    assert justify_inconsistency([_A_TO_B, _I_IS_A, sub(C, NOTHING)]) == Justifications((), True)

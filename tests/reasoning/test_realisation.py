"""Individuals on top of a shared classification."""

from __future__ import annotations

import time
from decimal import Decimal
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    Interval,
    ObjectHasValue,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
)
from kgtwin.reasoning import Realisation, classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.fuzz import times
from tests.reasoning.checker import check
from tests.reasoning.comparing import EL
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.reference import Model
from tests.reasoning.shrinking import written


def some(role: str, *fillers: str) -> ObjectSomeValuesFrom:
    parts = tuple(Class(filler) for filler in fillers)
    return ObjectSomeValuesFrom(role, parts[0] if len(parts) == 1 else ObjectIntersectionOf(parts))


def value(number: str) -> Interval:
    return Interval(Decimal(number), False, Decimal(number))


TBOX: list[Axiom] = [
    SubClassOf(Class("MI"), Class("IHD")),
    SubClassOf(Class("HistoryOfMI"), some("pastOccurrenceOf", "MI")),
    SubObjectPropertyOf(("hasNow",), "hasEver"),
    SubObjectPropertyOf(("hasNow", "pastOccurrenceOf"), "hasEver"),
    SubObjectPropertyOf(("takesNow",), "tookEver"),
    SubClassOf(Class("Tablet"), some("hasActiveIngredient", "Ibuprofen")),
    SubClassOf(Class("Ibuprofen"), Class("NSAID")),
    ObjectPropertyDomain("hasNow", Class("Patient")),
    ObjectPropertyRange("takesNow", Class("Product")),
    EquivalentClasses(
        (
            Class("CI"),
            ObjectIntersectionOf(
                (
                    Class("Patient"),
                    ObjectSomeValuesFrom("takesNow", some("hasActiveIngredient", "NSAID")),
                    some("hasEver", "IHD"),
                )
            ),
        )
    ),
    SubClassOf(Class("CI"), Class("Issue")),
    EquivalentClasses(
        (
            Class("Low"),
            ObjectIntersectionOf(
                (Class("GFR"), DataSomeValuesFrom("hasValue", Interval(high=Decimal(30), high_open=True)))
            ),
        )
    ),
    SubClassOf(some("hasResult", "Low"), Class("RenalIssue")),
    DisjointClasses((Class("Product"), Class("IHD"))),
]
PATIENT: list[Assertion] = [
    ClassAssertion("med", Class("Tablet")),
    ObjectPropertyAssertion("takesNow", "p", "med"),
    ClassAssertion("situation", Class("HistoryOfMI")),
    ObjectPropertyAssertion("hasNow", "p", "situation"),
]


def realise(*more: Assertion, tbox: list[Axiom] = TBOX) -> Realisation:
    return classify(tbox).realise([*PATIENT, *more])


def test_a_statement_fires_through_hierarchy_ingredient_and_a_chain_that_ends_in_a_class() -> None:
    found = realise()
    assert found.types("p") == {"Patient", "CI", "Issue"}
    assert found.direct_types("p") == {"CI"}
    assert found.types("med") == {"Tablet", "Product"}
    proof = found.explain("p", Class("CI"))
    assert proof is not None
    check(proof, [*TBOX, *PATIENT])


@pytest.mark.parametrize("missing", range(len(PATIENT)))
def test_no_statement_fires_when_any_assertion_is_missing(missing: int) -> None:
    found = classify(TBOX).realise(PATIENT[:missing] + PATIENT[missing + 1 :])
    assert all("CI" not in found.types(who) for who in found.individuals)


def test_successors_are_individuals_and_fillers_that_can_be_asked_on() -> None:
    found = realise()
    assert found.successors("p", "takesNow") == found.successors("p", "tookEver") == ("med",)
    assert found.successors("p", "hasEver") == ("situation", Class("MI"))
    (ingredient,) = found.successors("med", "hasActiveIngredient")
    assert ingredient == Class("Ibuprofen")
    assert found.satisfies(ingredient, Class("NSAID"))
    assert not found.satisfies(ingredient, Class("IHD"))
    for subject, role, target in (("p", "hasEver", Class("MI")), ("med", "hasActiveIngredient", ingredient)):
        proof = found.explain_link(subject, role, target)
        assert proof is not None
        check(proof, [*TBOX, *PATIENT])
    assert found.explain_link("med", "takesNow", "p") is None


def test_satisfies_reads_expressions_that_occur_nowhere() -> None:
    found = realise()
    nowhere = ObjectSomeValuesFrom("tookEver", ObjectIntersectionOf((Class("Tablet"), Class("Product"))))
    assert found.satisfies("p", nowhere)
    proof = found.explain("p", nowhere)
    assert proof is not None
    check(proof, [*TBOX, *PATIENT])
    assert not found.satisfies("p", ObjectSomeValuesFrom("tookEver", some("tookEver", "Tablet")))
    assert found.explain("p", ObjectSomeValuesFrom("tookEver", Class("Nowhere"))) is None


def test_a_complex_assertion_makes_its_own_contexts() -> None:
    product = ObjectIntersectionOf((Class("Syrup"), some("hasActiveIngredient", "Ibuprofen", "Flavoured")))
    assertions: list[Assertion] = [
        ClassAssertion("q", ObjectSomeValuesFrom("takesNow", product)),
        ClassAssertion("q", some("hasNow", "MI")),
    ]
    found = classify(TBOX).realise(assertions)
    assert "CI" in found.types("q")
    (taken,) = found.successors("q", "takesNow")
    assert found.satisfies(taken, Class("Product"))
    proof = found.explain("q", Class("CI"))
    assert proof is not None
    check(proof, [*TBOX, *assertions])


@pytest.mark.parametrize(
    ("number", "fires"),
    [
        (value("29.9"), True),
        (value("30"), False),
        (Interval(high=Decimal(15), high_open=True), True),
        (Interval(high=Decimal(60), high_open=True), False),
        (Interval(low=Decimal(90)), False),
    ],
    ids=str,
)
def test_numbers_fire_where_all_of_their_interval_lies_within(number: Interval, fires: bool) -> None:
    lab: list[Assertion] = [
        ClassAssertion("lab", Class("GFR")),
        DataPropertyAssertion("hasValue", "lab", number),
        ObjectPropertyAssertion("hasResult", "p", "lab"),
    ]
    found = realise(*lab)
    assert ("Low" in found.types("lab")) is ("RenalIssue" in found.types("p")) is fires
    proof = found.explain("p", Class("RenalIssue"))
    assert (proof is not None) is fires
    if proof is not None:
        check(proof, [*TBOX, *PATIENT, *lab])


def test_an_inconsistent_individual_leaves_the_others_usable() -> None:
    wrong: list[Assertion] = [
        ClassAssertion("wrong", Class("MI")),
        ObjectPropertyAssertion("takesNow", "other", "wrong"),
    ]
    found = realise(*wrong)
    assert not found.consistent
    assert set(found.inconsistent) == {"wrong", "other"}
    assert found.types("p") == {"Patient", "CI", "Issue"}
    proof = found.explain("other", Class(OWL_NOTHING))
    assert proof is not None
    check(proof, [*TBOX, *PATIENT, *wrong])
    assert realise().consistent


def test_realisation_leaves_the_classification_as_it_was() -> None:
    classification = classify(TBOX)
    before = classification.realise(PATIENT).types("p")
    classification.realise([ClassAssertion("p", some("hasNow", "New"))])
    assert classification.realise(PATIENT).types("p") == before
    assert "New" not in classification.classes


def test_reflexive_roles_relate_an_individual_to_itself() -> None:
    tbox: list[Axiom] = [
        ReflexiveObjectProperty("partOf"),
        SubObjectPropertyOf(("partOf",), "within"),
        SubClassOf(some("within", "Heart"), Class("Cardiac")),
    ]
    found = classify(tbox).realise([ClassAssertion("h", Class("Heart"))])
    assert "Cardiac" in found.types("h")
    assert found.successors("h", "within") == ("h",)
    for proof in (found.explain("h", Class("Cardiac")), found.explain_link("h", "within", "h")):
        assert proof is not None
        check(proof, [*tbox, ClassAssertion("h", Class("Heart"))])


def test_the_range_of_a_chain_that_is_none_of_its_end_is_a_caveat() -> None:
    """OWL 2 EL does not allow it: what ``s`` leads to would have to be in R where it lies behind ``r``, only there."""
    tbox: list[Axiom] = [
        SubObjectPropertyOf(("r", "s"), "t"),
        ObjectPropertyRange("t", Class("R")),
        SubClassOf(Class("B"), some("s", "C")),
        SubClassOf(some("t", "C", "R"), Class("Found")),
    ]
    assertions: list[Assertion] = [ObjectPropertyAssertion("r", "x", "y"), ClassAssertion("y", Class("B"))]
    (caveat,) = classify(tbox).caveats
    assert {"t", "R"} <= set(caveat.touches)
    allowed = [*tbox, ObjectPropertyRange("s", Class("R"))]
    found = classify(allowed)
    assert found.caveats == ()
    proof = found.realise(assertions).explain("x", Class("Found"))
    assert proof is not None
    check(proof, [*allowed, *assertions])


def test_individuals_without_types_are_things() -> None:
    found = classify(TBOX).realise([ObjectPropertyAssertion("near", "x", "y")])
    assert found.types("x") == frozenset()
    assert found.direct_types("y") == {OWL_THING}
    assert found.individuals == ("x", "y")
    with pytest.raises(NotFoundError, match="nobody"):
        found.types("nobody")
    with pytest.raises(NotFoundError):
        found.successors(Class("Nowhere"), "near")


def test_undecided_numbers_are_a_caveat() -> None:
    low = DataSomeValuesFrom("d", Interval(high=Decimal(5), high_open=True))
    high = DataSomeValuesFrom("d", Interval(low=Decimal(5)))
    found = classify([SubClassOf(low, Class("A")), SubClassOf(high, Class("A"))])
    wide = DataPropertyAssertion("d", "i", Interval(low=Decimal(1), high=Decimal(9)))
    assert [c.touches for c in found.realise([wide]).caveats] == [("d", "i")]
    assert found.realise([DataPropertyAssertion("d", "i", value("5"))]).caveats == ()
    alone = classify([SubClassOf(low, Class("A"))])
    assert alone.realise([wide]).caveats == ()


def test_many_individuals_take_milliseconds() -> None:
    classes = [Class(f"K{i}") for i in range(3000)]
    tree: list[Axiom] = [SubClassOf(classes[i], classes[(i - 1) // 3]) for i in range(1, 3000)]
    statements = [
        EquivalentClasses((Class(f"S{i}"), ObjectIntersectionOf((Class("P"), some("has", f"K{i * 7}")))))
        for i in range(400)
    ]
    start = time.perf_counter()
    classification = classify([*tree, *statements])
    assert time.perf_counter() - start < 5
    assertions: list[Assertion] = [ClassAssertion("p", Class("P"))]
    for i in range(100):
        assertions += [
            ClassAssertion(f"f{i}", classes[(i * 29) % 3000]),
            ObjectPropertyAssertion("has", "p", f"f{i}"),
        ]
    start = time.perf_counter()
    found = classification.realise(assertions)
    assert time.perf_counter() - start < 0.2
    expected = {f"S{i}" for i in range(400) for j in range(100) if _below((j * 29) % 3000, i * 7)}
    assert {name for name in found.types("p") if name.startswith("S")} == expected


def _below(place: int, above: int) -> bool:
    while place > above:
        place = (place - 1) // 3
    return place == above


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(40), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_what_is_realised_equals_the_naive_model(shape: Shape, seed: int) -> None:
    """Facts of a patient, beside those of the ontology; and expressions that occur nowhere."""
    generator = Generator(Random(seed), shape=shape)
    axioms, assertions = generator.ontology(), generator.assertions()
    try:
        classification = classify(axioms)
    except InconsistentOntologyError:
        return
    found = classification.realise(assertions)
    told = [*axioms, *assertions]
    model = Model(told, found.individuals, Class(OWL_THING))
    assert found.consistent != model.impossible, written(told)
    if model.impossible:
        return
    asked = [generator.expression(2, left=True) for _ in range(5)]
    for who in found.individuals:
        element = model.the(who)
        expected = {one.iri for one in model.types[element] if isinstance(one, Class)} - {OWL_THING}
        assert found.types(who) == expected, written(told)
        for expression in asked:
            assert found.satisfies(who, expression) == model.holds(element, expression), (expression, written(told))


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(25), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_one_patient_after_another_is_as_each_alone(shape: Shape, seed: int) -> None:
    """What was derived of one patient's facts is used for the next one's, where they are alike."""
    generator = Generator(Random(seed), shape=shape)
    axioms = generator.ontology()
    patients = [generator.assertions() for _ in range(4)]
    asked = [generator.expression(2, left=True) for _ in range(5)]
    asked += [one.sub for one in axioms if isinstance(one, SubClassOf)]
    try:
        shared = classify(axioms)
    except InconsistentOntologyError:
        return
    questions = shared.questions(asked)
    every = questions.together(range(len(asked)))
    for assertions in (*patients, *patients[::-1]):
        found, alone = shared.realise(assertions), classify(axioms).realise(assertions)
        assert found.consistent == alone.consistent, written([*axioms, *assertions])
        if not found.consistent:
            continue
        for who in found.individuals:
            assert found.types(who) == alone.types(who), written([*axioms, *assertions])
            expected = [alone.satisfies(who, one) for one in asked]
            answers = found.answers(who, questions)
            assert [answers[n] for n in range(len(asked))] == expected, written([*axioms, *assertions])
            assert answers.all(every) == all(expected)
            assert answers.true() == [n for n, holds in enumerate(expected) if holds]
            assert answers.untrue(every) == tuple(n for n, holds in enumerate(expected) if not holds)


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(25), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_a_query_stands_where_a_class_of_that_definition_would(shape: Shape, seed: int) -> None:
    generator = Generator(Random(seed), shape=shape)
    axioms, expression = generator.ontology(), generator.expression(2)
    name = Class("urn:test:query")
    names = [one.iri for one in generator.classes]
    try:
        found = classify(axioms, classes=names)
        defined = classify([*axioms, EquivalentClasses((name, expression))], classes=names)
    except InconsistentOntologyError:
        return
    query = found.query(expression)
    told = written([*axioms, EquivalentClasses((name, expression))])
    assert query.satisfiable == (name.iri not in defined.unsatisfiable), told
    if query.satisfiable:
        assert query.ancestors == defined.ancestors(name.iri), told
        assert query.parents == defined.parents(name.iri), told
        assert query.equivalents == defined.equivalents(name.iri), told
        assert query.children == defined.children(name.iri), told
        assert query.descendants == defined.descendants(name.iri), told


def test_a_range_that_asks_for_links_by_its_own_role() -> None:
    tbox: list[Axiom] = [
        ObjectPropertyRange("r", ObjectIntersectionOf((Class("Reached"), ObjectHasValue("r", "a")))),
        SubClassOf(some("r", "Reached"), Class("Reaching")),
    ]
    told: list[Assertion] = [ObjectPropertyAssertion("r", "x", "y")]
    found = classify(tbox).realise(told)
    assert found.types("y") == found.types("a") == {"Reached", "Reaching"}
    assert found.types("x") == {"Reaching"}
    proof = found.explain("y", Class("Reaching"))
    assert proof is not None
    check(proof, [*tbox, *told])


def test_values_of_a_property_that_the_ontology_does_not_know() -> None:
    found = classify([SubClassOf(Class("A"), Class("B"))]).realise([DataPropertyAssertion("d", "i", value("5"))])
    low = DataSomeValuesFrom("d", Interval(high=Decimal(7)))
    assert found.satisfies("i", low)
    assert not found.satisfies("i", DataSomeValuesFrom("d", Interval(low=Decimal(7))))
    proof = found.explain("i", low)
    assert proof is not None
    check(proof, [DataPropertyAssertion("d", "i", value("5"))])

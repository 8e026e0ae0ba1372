"""Classification: queries, proofs, what is empty, what is extended."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataSomeValuesFrom,
    DisjointClasses,
    EquivalentClasses,
    EquivalentObjectProperties,
    Interval,
    ObjectIntersectionOf,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.reasoning import classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.fuzz import times
from tests.reasoning.checker import check
from tests.reasoning.generate import Generator

A, B, C, D, E, F = (Class(name) for name in "ABCDEF")
NOTHING, THING = Class(OWL_NOTHING), Class(OWL_THING)


def some(role: str, filler: ClassExpression) -> ObjectSomeValuesFrom:
    return ObjectSomeValuesFrom(role, filler)


def both(*operands: ClassExpression) -> ObjectIntersectionOf:
    return ObjectIntersectionOf(operands)


def number(low: str | None = None, high: str | None = None, *, low_open: bool = False) -> DataSomeValuesFrom:
    bounds = Interval(Decimal(low) if low else None, low_open, Decimal(high) if high else None)
    return DataSomeValuesFrom("d", bounds)


ENTAILED: dict[str, tuple[list[Axiom], str, str]] = {
    "told": ([SubClassOf(A, B), SubClassOf(B, C)], "A", "C"),
    "definition": ([EquivalentClasses((C, both(A, B))), SubClassOf(D, A), SubClassOf(D, B)], "D", "C"),
    "three conjuncts": ([SubClassOf(both(A, both(B, C)), D), SubClassOf(E, both(C, B, A))], "E", "D"),
    "existential": ([SubClassOf(A, some("r", B)), SubClassOf(B, C), SubClassOf(some("r", C), D)], "A", "D"),
    "nested existential": (
        [SubClassOf(A, some("r", some("s", B))), SubClassOf(some("r", some("s", B)), C)],
        "A",
        "C",
    ),
    "role hierarchy": (
        [SubObjectPropertyOf(("r",), "s"), SubClassOf(A, some("r", B)), SubClassOf(some("s", B), C)],
        "A",
        "C",
    ),
    "equivalent roles": (
        [EquivalentObjectProperties(("r", "s", "t")), SubClassOf(A, some("t", B)), SubClassOf(some("s", B), C)],
        "A",
        "C",
    ),
    "transitive": (
        [
            TransitiveObjectProperty("r"),
            SubClassOf(A, some("r", B)),
            SubClassOf(B, some("r", C)),
            SubClassOf(some("r", C), D),
        ],
        "A",
        "D",
    ),
    "chain of four": (
        [
            SubObjectPropertyOf(("r", "s", "t", "u"), "v"),
            SubClassOf(A, some("r", some("s", some("t", some("u", B))))),
            SubClassOf(some("v", B), C),
        ],
        "A",
        "C",
    ),
    "chain through sub-roles": (
        [
            SubObjectPropertyOf(("q",), "r"),
            SubObjectPropertyOf(("r", "s"), "t"),
            SubObjectPropertyOf(("t",), "u"),
            SubClassOf(A, some("q", some("s", B))),
            SubClassOf(some("u", B), C),
        ],
        "A",
        "C",
    ),
    "chain whose second link comes late": (
        [
            SubObjectPropertyOf(("r", "s"), "t"),
            SubClassOf(A, some("r", B)),
            SubClassOf(B, some("q", C)),
            SubClassOf(some("q", C), some("s", D)),
            SubClassOf(some("t", D), E),
        ],
        "A",
        "E",
    ),
    "domain": ([ObjectPropertyDomain("r", C), SubClassOf(A, some("r", B))], "A", "C"),
    "domain of a role above": (
        [ObjectPropertyDomain("s", C), SubObjectPropertyOf(("r",), "s"), SubClassOf(A, some("r", B))],
        "A",
        "C",
    ),
    "range": (
        [ObjectPropertyRange("r", C), SubClassOf(A, some("r", B)), SubClassOf(some("r", both(B, C)), D)],
        "A",
        "D",
    ),
    "domain in the filler of a range": (
        [
            ObjectPropertyRange("r", some("s", THING)),
            ObjectPropertyDomain("s", C),
            SubClassOf(A, some("r", THING)),
            SubClassOf(some("r", C), D),
        ],
        "A",
        "D",
    ),
    "interval": ([SubClassOf(A, number("5", "5")), SubClassOf(number("4.5"), B)], "A", "B"),
    "interval in interval": ([SubClassOf(A, number("5", "6")), SubClassOf(number("4", "7"), B)], "A", "B"),
    "empty interval": ([SubClassOf(A, number("6", "5"))], "A", OWL_NOTHING),
    "disjoint": ([DisjointClasses((A, B, C)), SubClassOf(D, A), SubClassOf(D, C)], "D", OWL_NOTHING),
    "disjoint with itself": ([DisjointClasses((A, A))], "A", OWL_NOTHING),
    "empty filler": ([SubClassOf(A, some("r", B)), SubClassOf(B, NOTHING)], "A", OWL_NOTHING),
    "empty filler, far": (
        [SubClassOf(A, some("r", some("s", B))), DisjointClasses((B, C)), SubClassOf(B, C)],
        "A",
        OWL_NOTHING,
    ),
    "everything below the empty class": ([SubClassOf(A, NOTHING), SubClassOf(B, C)], "A", "C"),
    "everything": ([SubClassOf(THING, B), SubClassOf(A, C)], "A", "B"),
    "cycle": ([SubClassOf(A, some("r", B)), SubClassOf(B, some("r", A)), SubClassOf(some("r", A), C)], "B", "C"),
}
NOT_ENTAILED: dict[str, tuple[list[Axiom], str, str]] = {
    "converse": ([SubClassOf(A, B)], "B", "A"),
    "one conjunct": ([EquivalentClasses((C, both(A, B)))], "A", "C"),
    "other role": ([SubClassOf(A, some("r", B)), SubClassOf(some("s", B), C)], "A", "C"),
    "role above": (
        [SubObjectPropertyOf(("r",), "s"), SubClassOf(A, some("s", B)), SubClassOf(some("r", B), C)],
        "A",
        "C",
    ),
    "chain the wrong way": (
        [
            SubObjectPropertyOf(("r", "s"), "t"),
            SubClassOf(A, some("s", some("r", B))),
            SubClassOf(some("t", B), C),
        ],
        "A",
        "C",
    ),
    "half a chain": (
        [
            SubObjectPropertyOf(("r", "s", "t"), "t"),
            SubClassOf(A, some("r", some("s", B))),
            SubClassOf(some("t", B), C),
        ],
        "A",
        "C",
    ),
    "two fillers": (
        [SubClassOf(A, some("r", B)), SubClassOf(A, some("r", C)), SubClassOf(some("r", both(B, C)), D)],
        "A",
        "D",
    ),
    "range of a filler elsewhere": ([ObjectPropertyRange("r", C), SubClassOf(A, some("r", B))], "B", "C"),
    "range of a role below": (
        [
            ObjectPropertyRange("r", C),
            SubObjectPropertyOf(("r",), "s"),
            SubClassOf(A, some("s", B)),
            SubClassOf(some("s", C), D),
        ],
        "A",
        "D",
    ),
    "interval meets only": ([SubClassOf(A, number("4", "6")), SubClassOf(number("5"), B)], "A", "B"),
    "at an open bound": ([SubClassOf(A, number("5", "5")), SubClassOf(number("5", low_open=True), B)], "A", "B"),
    "not empty": ([DisjointClasses((A, B)), SubClassOf(C, A)], "C", OWL_NOTHING),
}


@pytest.mark.parametrize(("axioms", "sub", "sup"), ENTAILED.values(), ids=ENTAILED)
def test_entailed_with_a_proof_that_checks(axioms: list[Axiom], sub: str, sup: str) -> None:
    found = classify(axioms)
    assert found.is_subclass_of(sub, sup)
    proof = found.explain(sub, sup)
    assert proof is not None
    check(proof, axioms)


@pytest.mark.parametrize(("axioms", "sub", "sup"), NOT_ENTAILED.values(), ids=NOT_ENTAILED)
def test_not_entailed(axioms: list[Axiom], sub: str, sup: str) -> None:
    found = classify(axioms, classes=[sub, *([sup] if sup != OWL_NOTHING else [])])
    assert not found.is_subclass_of(sub, sup)
    assert found.explain(sub, sup) is None


def test_taxonomy_has_direct_links_equivalents_and_the_declared() -> None:
    axioms: list[Axiom] = [
        SubClassOf(A, B),
        SubClassOf(B, C),
        SubClassOf(A, C),
        EquivalentClasses((B, D)),
        SubClassOf(E, NOTHING),
    ]
    found = classify(axioms, classes=["Lonely"])
    assert found.classes == {"A", "B", "C", "D", "E", "Lonely", OWL_THING, OWL_NOTHING}
    assert found.parents("A") == {"B", "D"}
    assert found.children("C") == {"B", "D"}
    assert found.ancestors("A") == {"B", "C", "D", OWL_THING}
    assert found.descendants("C") == {"A", "B", "D"}
    assert found.equivalents("B") == {"D"}
    assert found.parents("Lonely") == {OWL_THING}
    assert found.children(OWL_THING) == {"C", "Lonely"}
    assert found.ancestors(OWL_THING) == frozenset()


def test_an_unsatisfiable_class_is_reported_with_a_proof_and_the_others_stay_good() -> None:
    axioms: list[Axiom] = [
        DisjointClasses((A, B)),
        SubClassOf(C, A),
        SubClassOf(C, B),
        SubClassOf(D, C),
        SubClassOf(E, A),
    ]
    found = classify(axioms)
    assert found.unsatisfiable == {"C", "D"}
    assert found.equivalents("C") == {"D", OWL_NOTHING}
    assert found.parents("E") == {"A"}
    assert found.children("A") == {"E"}
    assert found.descendants("B") == frozenset()
    proof = found.explain("D", OWL_NOTHING)
    assert proof is not None
    check(proof, axioms)
    assert found.children(OWL_NOTHING) == found.descendants("C") == frozenset()


def test_an_inconsistent_ontology_is_refused_with_the_axioms_that_clash() -> None:
    with pytest.raises(InconsistentOntologyError, match=r"SubClassOf\(<A> <B>\)"):
        classify([SubClassOf(THING, A), DisjointClasses((A, B)), SubClassOf(A, B)])


def test_assertions_of_the_ontology_must_be_consistent_and_count_when_realising() -> None:
    axioms: list[Axiom] = [ClassAssertion("i", A), DisjointClasses((A, B)), SubClassOf(A, C)]
    assert classify(axioms).realise(()).types("i") == {"A", "C"}
    with pytest.raises(InconsistentOntologyError, match="<i>"):
        classify([*axioms, ClassAssertion("i", B)])


def test_successors_are_the_most_specific_fillers() -> None:
    axioms: list[Axiom] = [
        SubObjectPropertyOf(("r",), "s"),
        ObjectPropertyRange("r", F),
        SubClassOf(A, some("r", B)),
        SubClassOf(A, some("r", C)),
        SubClassOf(B, C),
        SubClassOf(A, some("s", both(D, E))),
    ]
    found = classify(axioms)
    assert found.successors("A", "r") == {both(B, F)}
    assert found.successors("A", "s") == {both(B, F), both(D, E)}
    assert found.successors("B", "r") == frozenset()


def test_extend_leaves_the_old_value_as_it_was() -> None:
    old = classify([SubClassOf(A, B)], classes=["Lonely"])
    new = old.extend([SubClassOf(B, C)])
    assert new.is_subclass_of("A", "C")
    assert "Lonely" in new.classes
    assert "C" not in old.classes


@pytest.mark.parametrize("method", ["parents", "children", "ancestors", "descendants", "equivalents"])
def test_an_unknown_class_is_named(method: str) -> None:
    with pytest.raises(NotFoundError, match="http://x/unknown"):
        getattr(classify([SubClassOf(A, B)]), method)("http://x/unknown")
    with pytest.raises(NotFoundError):
        classify([SubClassOf(A, B)]).is_subclass_of("A", "http://x/unknown")


def test_progress_is_told() -> None:
    calls: list[tuple[str, int, int]] = []
    classify([SubClassOf(A, B)], progress=lambda *call: calls.append(call))
    assert calls[0] == ("index", 0, 3)
    assert calls[-1] == ("done", 3, 3)


@settings(max_examples=times(60), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_order_and_names_do_not_matter(seed: int) -> None:
    generator = Generator(Random(seed))
    axioms = generator.ontology()
    names = [one.iri for one in generator.classes]
    shuffled = list(axioms)
    Random(seed + 1).shuffle(shuffled)
    again = Generator(Random(seed), "zz")
    renamed = again.ontology()
    try:
        found = {iri: classify(axioms, classes=names).ancestors(iri) for iri in names}
    except InconsistentOntologyError:
        for other in (shuffled, renamed):
            with pytest.raises(InconsistentOntologyError):
                classify(other)
        return
    assert {iri: classify(shuffled, classes=names).ancestors(iri) for iri in names} == found
    moved = classify(renamed, classes=[one.iri for one in again.classes])
    expected = {_moved(iri): frozenset(_moved(one) for one in above) for iri, above in found.items()}
    assert {one.iri: moved.ancestors(one.iri) for one in again.classes} == expected


def _moved(iri: str) -> str:
    return iri.replace("/t#", "/zz#")


def _long_chain(length: int) -> Iterator[Axiom]:
    for i in range(length):
        yield SubClassOf(Class(f"C{i}"), Class(f"C{i + 1}"))


def test_a_proof_may_be_thousands_of_steps_deep() -> None:
    axioms = list(_long_chain(3000))
    proof = classify(axioms[:400]).realise([ClassAssertion("i", Class("C0"))]).explain("i", Class("C400"))
    assert proof is not None
    assert check(proof, [*axioms, ClassAssertion("i", Class("C0"))]) == 401

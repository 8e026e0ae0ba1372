"""Axioms added and taken out, in chains: every answer is that of a classification afresh, and old values stay."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from random import Random

import pytest

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, SubClassOf
from kgtwin.reasoning import Classification, change, classify, closure
from kgtwin.reasoning.change import ChangedClosure
from kgtwin.reasoning.proofs import leaves
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.reasoning.generate import Generator, Shape

QUESTIONS = ("parents", "children", "ancestors", "descendants", "equivalents")
SHAPES = {
    "plain": Shape(classes=10, roles=3, axioms=24, numbers=False, unions=False),
    "chained": Shape(classes=6, roles=5, axioms=24, numbers=False, unions=False, irregular=True),
    "all else": Shape(classes=8, roles=4, axioms=20, selfs=True, reflexive=True, complements=True),
}
A, B, C, D, E = (Class(f"http://example.org/x#{name}") for name in "ABCDE")
R, S = "http://example.org/x#r", "http://example.org/x#s"


@pytest.fixture(autouse=True)
def _in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ontologies are changed as large ones are."""
    monkeypatch.setattr(closure, "SMALL", -1)
    monkeypatch.setattr(change, "_PART", 1)


def patched(found: Classification) -> bool:
    return isinstance(found._closure, ChangedClosure)


def answers(found: Classification) -> dict[str, object]:
    """All that can be asked of the order of classes."""
    return {
        "classes": found.classes,
        "size": found.size,
        "unsatisfiable": found.unsatisfiable,
        **{f"{what} {iri}": getattr(found, what)(iri) for what in QUESTIONS for iri in found.classes},
    }


def random_edit(source: Generator, now: Sequence[Axiom], random: Random) -> tuple[list[Axiom], list[Axiom]]:
    """Up to four axioms more and up to three less, role axioms left alone."""
    kinds = (SubClassOf, owl.EquivalentClasses, owl.DisjointClasses)
    told: list[Axiom] = source.ontology()
    added = [axiom for axiom in told if isinstance(axiom, kinds)][: random.randrange(5)]
    known: list[Axiom] = list(dict.fromkeys(axiom for axiom in now if isinstance(axiom, kinds)))
    return [*added], random.sample(known, min(len(known), random.randrange(4)))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_chain_of_edits_ends_where_a_classification_afresh_does(shape: Shape) -> None:
    in_place = 0
    for seed in range(30):
        random = Random(seed)
        source = Generator(random, shape=shape)
        now: list[Axiom] = source.ontology()
        names = [cls.iri for cls in source.classes]
        try:
            found = classify(now, classes=names)
            for step in range(3):
                added, removed = random_edit(source, now, random)
                new = f"http://example.org/new#{step}"
                added.append(SubClassOf(Class(new), source.expression(2)))
                names.append(new)
                now = [axiom for axiom in now if axiom not in removed] + added
                fresh = classify(now, classes=names)
                found = found.change(added, removed)
                in_place += patched(found)
                assert answers(found) == answers(fresh), (seed, step)
                assert sorted(map(repr, found.axioms)) == sorted(map(repr, now))
        except InconsistentOntologyError:
            with pytest.raises(InconsistentOntologyError):
                classify(now, classes=names)
    assert in_place > 10 or shape.selfs


def test_the_rarer_questions_after_a_change() -> None:
    for seed in range(12):
        random = Random(seed)
        source = Generator(random, shape=SHAPES["plain"])
        now, names = source.ontology(), [cls.iri for cls in source.classes]
        added, removed = random_edit(source, now, random)
        after = [axiom for axiom in now if axiom not in removed] + added
        try:
            found, fresh = classify(now, classes=names).change(added, removed), classify(after, classes=names)
        except InconsistentOntologyError:
            continue
        assert found.caveats == fresh.caveats
        for iri, other in product(names, names):
            assert found.is_subclass_of(iri, other) == fresh.is_subclass_of(iri, other)
            assert found.least_common_subsumers([iri, other]) == fresh.least_common_subsumers([iri, other])
        for iri, role in product(names, source.roles):
            assert found.successors(iri, role) == fresh.successors(iri, role)
        facts = [owl.ClassAssertion("http://example.org/i", source.expression(2)) for _ in range(3)]
        one, other_one = found.realise(facts), fresh.realise(facts)
        assert one.types("http://example.org/i") == other_one.types("http://example.org/i")
        assert one.direct_types("http://example.org/i") == other_one.direct_types("http://example.org/i")
        asked = source.expression(2)
        assert found.query(asked).ancestors == fresh.query(asked).ancestors
        assert found.query(asked).descendants == fresh.query(asked).descendants


def test_a_proof_after_a_change_uses_the_axioms_that_are_left() -> None:
    found = classify([SubClassOf(A, B), SubClassOf(B, C), SubClassOf(A, D), SubClassOf(D, C)])
    found = found.change([SubClassOf(D, E)], [SubClassOf(A, B)])
    assert patched(found)
    proof = found.explain(A.iri, C.iri)
    assert proof is not None
    assert set(leaves(proof)) == {SubClassOf(A, D), SubClassOf(D, C)}
    assert found.explain(A.iri, B.iri) is None


def test_what_supports_itself_goes_with_what_it_rested_on() -> None:
    """A ⊑ B ⊑ C ⊑ A hold one another up; D ⊑ A does not survive without its axiom."""
    ring = [SubClassOf(A, B), SubClassOf(B, C), SubClassOf(C, A), SubClassOf(A, D)]
    found = classify(ring).change(removed=[SubClassOf(A, D)])
    assert patched(found)
    assert found.equivalents(A.iri) == {B.iri, C.iri}
    assert found.parents(B.iri) == {OWL_THING}
    loop = [SubClassOf(A, owl.ObjectSomeValuesFrom(R, A)), SubClassOf(owl.ObjectSomeValuesFrom(R, B), B)]
    found = classify([*loop, SubClassOf(A, B)])
    assert found.change(removed=[SubClassOf(A, B)]).parents(A.iri) == {OWL_THING}


def test_an_axiom_told_twice_is_taken_out_altogether() -> None:
    found = classify([SubClassOf(A, B), SubClassOf(B, C), SubClassOf(A, B)]).change(removed=[SubClassOf(A, B)])
    assert patched(found)
    assert not found.is_subclass_of(A.iri, B.iri)
    assert list(found.axioms) == [SubClassOf(B, C)]


def test_an_added_axiom_can_be_taken_out_again() -> None:
    before = classify([SubClassOf(A, B), SubClassOf(B, C), SubClassOf(D, C)])
    more: list[Axiom] = [owl.EquivalentClasses((D, owl.ObjectIntersectionOf((A, B)))), owl.DisjointClasses((D, A))]
    between = before.change(more)
    assert between.unsatisfiable == {A.iri, D.iri}
    after = between.change(removed=more)
    assert answers(after) == answers(before)
    assert list(after.axioms) == list(before.axioms)


@pytest.mark.parametrize(
    "unknown",
    [
        SubClassOf(A, D),
        SubClassOf(Class("http://example.org/nowhere"), A),
        owl.EquivalentClasses((B, A)),
        owl.DisjointClasses((A, B)),
        owl.SubObjectPropertyOf((R,), "http://example.org/unknown"),
    ],
)
@pytest.mark.parametrize("changed", [False, True], ids=["of the base", "of a changed value"])
def test_the_removal_of_an_unknown_axiom_is_refused(unknown: Axiom, changed: bool) -> None:
    found = classify([SubClassOf(A, B), owl.EquivalentClasses((A, B)), SubClassOf(D, B)])
    if changed:
        found = found.change([SubClassOf(E, D)], [SubClassOf(D, B)])
    with pytest.raises(NotFoundError, match="no such axiom"):
        found.change([SubClassOf(A, C)], [unknown])
    with pytest.raises(NotFoundError):
        found.change(removed=[SubClassOf(A, B)]).change(removed=[SubClassOf(A, B)])
    assert C.iri not in found.classes


@pytest.mark.parametrize(
    "deep",
    [
        owl.SubObjectPropertyOf((R,), S),
        owl.TransitiveObjectProperty(R),
        owl.ObjectPropertyDomain(R, D),
        owl.ObjectPropertyRange(R, D),
        SubClassOf(owl.ObjectSomeValuesFrom(R, Class(OWL_THING)), D),
        SubClassOf(A, owl.ObjectSomeValuesFrom("http://example.org/new-role", B)),
        owl.ClassAssertion("http://example.org/i", A),
    ],
    ids=lambda axiom: type(axiom).__name__,
)
def test_what_reaches_deeper_is_classified_afresh_both_ways(deep: Axiom) -> None:
    some = owl.ObjectSomeValuesFrom(S, B)
    base = [SubClassOf(A, owl.ObjectSomeValuesFrom(R, B)), SubClassOf(some, C), SubClassOf(B, E)]
    before = classify(base, classes=[D.iri]).change([SubClassOf(C, E)])
    assert patched(before)
    after = before.change([deep])
    assert not patched(after)
    assert answers(after) == answers(classify([*before.axioms, deep], classes=[D.iri]))
    assert answers(after.change(removed=[deep])) == answers(before)


def test_an_inconsistent_change_leaves_the_old_value() -> None:
    before = classify([SubClassOf(A, B), SubClassOf(Class(OWL_THING), C)])
    kept = answers(before)
    with pytest.raises(InconsistentOntologyError):
        before.change([owl.DisjointClasses((C, Class(OWL_THING)))])
    with pytest.raises(InconsistentOntologyError):
        before.change([SubClassOf(C, Class(OWL_NOTHING))])
    assert answers(before) == kept
    assert before.change([SubClassOf(B, D)]).ancestors(A.iri) == {B.iri, C.iri, D.iri, OWL_THING}


def test_a_change_of_much_is_classified_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "_PART", 1 << 20)
    classes = [Class(f"http://example.org/many#{i}") for i in range(200)]
    found = classify([SubClassOf(one, A) for one in classes])
    assert patched(found.change([SubClassOf(classes[0], B)]))
    wide = found.change([SubClassOf(A, B)])
    assert not patched(wide)
    assert wide.parents(classes[7].iri) == {A.iri}
    assert wide.parents(A.iri) == {B.iri}


def test_values_side_by_side_from_several_threads() -> None:
    source = Generator(
        Random(7), shape=Shape(classes=30, roles=4, axioms=60, numbers=False, unions=False, bottom=False)
    )
    base = classify(source.ontology(), classes=[cls.iri for cls in source.classes])
    kept = answers(base)

    def chain(seed: int) -> list[dict[str, object]]:
        random = Random(seed)
        pick = random.choice
        found, made = base, []
        for i in range(6):
            new = Class(f"http://example.org/thread#{seed}-{i}")
            some = owl.ObjectSomeValuesFrom(pick(source.roles), pick(source.classes))
            both = owl.ObjectIntersectionOf((pick(source.classes), some))
            found = found.change([owl.EquivalentClasses((new, both)), SubClassOf(pick(source.classes), some)])
            made.append(answers(found))
        return made

    one_by_one = [chain(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(chain, range(4))) == one_by_one
    assert answers(base) == kept

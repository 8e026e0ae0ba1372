"""Axioms added and taken out, in chains: every answer is that of a classification afresh, and old values stay."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise, product
from random import Random

import pytest

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, SubClassOf
from kgtwin.reasoning import Classification, change, classify, closure, versions
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
AT_ONCE, IN_ROUNDS = 1 << 20, -1 << 20
"""So many dependents are closed together: any number, or none."""


@pytest.fixture(autouse=True)
def _in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ontologies are changed as large ones are."""
    monkeypatch.setattr(closure, "SMALL", -1)
    monkeypatch.setattr(change, "_MOST", 1)


@pytest.fixture(params=[AT_ONCE, IN_ROUNDS], ids=["at once", "in rounds"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All dependents of an edit are closed together, or as far as something changes for them."""
    monkeypatch.setattr(versions, "_FEW", request.param)


@pytest.fixture
def _in_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_FEW", IN_ROUNDS)


def last_layer(found: Classification) -> set[str]:
    """The named classes that were closed anew last."""
    closed = found._closure
    assert isinstance(closed, ChangedClosure)
    return {found._index.name(atom) for atom in closed.patch.layers[-1].places if found._index.is_class(atom)}


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


@pytest.mark.usefixtures("_either_way")
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_chain_of_edits_ends_where_a_classification_afresh_does(shape: Shape) -> None:
    in_place = sum(edits_in_place(seed, shape, 3) for seed in range(24))
    assert in_place > 8 or shape.selfs


@pytest.mark.usefixtures("_either_way")
def test_longer_chains_on_larger_ontologies() -> None:
    large = Shape(classes=50, roles=4, axioms=110, numbers=False, unions=False, ranges=False, bottom=False)
    shapes = [large, large, replace(large, irregular=True), replace(large, bottom=True)]
    assert sum(edits_in_place(seed, shape, 6) for seed, shape in enumerate(shapes)) > 6


def edits_in_place(seed: int, shape: Shape, steps: int) -> int:
    """How many edits of a random chain were worked in; every value says what one classified afresh says."""
    random = Random(seed)
    source = Generator(random, shape=shape)
    now: list[Axiom] = source.ontology()
    names = [cls.iri for cls in source.classes]
    in_place = 0
    try:
        found = classify(now, classes=names)
        for step in range(steps):
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
    return in_place


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


@pytest.mark.usefixtures("_either_way")
def test_links_in_a_circle_do_not_hold_up_what_was_taken_away() -> None:
    circle = [SubClassOf(A, owl.ObjectSomeValuesFrom(R, C)), SubClassOf(C, owl.ObjectSomeValuesFrom(R, A))]
    found = classify([*circle, SubClassOf(owl.ObjectSomeValuesFrom(R, B), B), SubClassOf(A, B), SubClassOf(D, C)])
    assert found.ancestors(D.iri) == {B.iri, C.iri, OWL_THING}
    found = found.change(removed=[SubClassOf(A, B)])
    assert patched(found)
    assert found.ancestors(D.iri) == {C.iri, OWL_THING}
    assert found.parents(A.iri) == {OWL_THING}


@pytest.mark.usefixtures("_either_way")
def test_what_a_chain_leads_to_counts_though_those_between_stay_as_they_are() -> None:
    """A -r→ B -r→ C with r transitive: C ⊑ D makes A and B fall under ∃r.D, which nobody waits for."""
    steps = [SubClassOf(A, owl.ObjectSomeValuesFrom(R, B)), SubClassOf(B, owl.ObjectSomeValuesFrom(R, C))]
    rule = SubClassOf(owl.ObjectSomeValuesFrom(R, D), E)
    found = classify([owl.TransitiveObjectProperty(R), *steps, rule]).change([SubClassOf(C, D)])
    assert patched(found)
    assert found.ancestors(A.iri) == found.ancestors(B.iri) == {E.iri, OWL_THING}
    assert found.change(removed=[SubClassOf(C, D)]).ancestors(A.iri) == {OWL_THING}


@pytest.mark.usefixtures("_in_rounds")
def test_only_what_changes_is_closed_anew() -> None:
    steps = [Class(f"http://example.org/step#{i}") for i in range(20)]
    path = [SubClassOf(one, owl.ObjectSomeValuesFrom(R, other)) for one, other in pairwise(steps)]
    others = [SubClassOf(owl.ObjectSomeValuesFrom(R, B), B), SubClassOf(steps[-1], A), SubClassOf(C, B)]
    found = classify([*path, *others], classes=[D.iri])
    aside = found.change([SubClassOf(steps[-1], D)])
    assert last_layer(aside) == {steps[-1].iri}
    along = found.change([SubClassOf(steps[10], B)])
    assert last_layer(along) == {one.iri for one in steps[:11]}
    assert along.ancestors(steps[0].iri) == {B.iri, OWL_THING}
    assert found.change([SubClassOf(steps[10], B)], [SubClassOf(steps[-1], A)]).ancestors(steps[-1].iri) == {OWL_THING}
    back = along.change(removed=[SubClassOf(steps[10], B)])
    assert answers(back) == answers(found)


def test_a_filler_stays_in_the_range_of_its_role_when_it_is_told_so_no_more() -> None:
    told = SubClassOf(C, D)
    restriction = SubClassOf(A, owl.ObjectSomeValuesFrom(R, C))
    found = classify([owl.ObjectPropertyRange(R, D), restriction, told, SubClassOf(owl.ObjectSomeValuesFrom(R, D), E)])
    assert found.parents(A.iri) == {E.iri}
    after = found.change(removed=[told])
    assert after.parents(A.iri) == {E.iri}
    assert after.parents(C.iri) == {OWL_THING}


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


def test_an_axiom_added_twice_is_taken_out_altogether_too() -> None:
    before = classify([SubClassOf(B, C), SubClassOf(D, C)])
    found = before.change([SubClassOf(A, B)]).change([SubClassOf(A, B), SubClassOf(A, D)])
    assert list(found.axioms).count(SubClassOf(A, B)) == 2
    after = found.change(removed=[SubClassOf(A, B)])
    assert patched(after)
    assert after.parents(A.iri) == {D.iri}
    with pytest.raises(NotFoundError):
        after.change(removed=[SubClassOf(A, B)])
    assert after.change([SubClassOf(A, B)]).parents(A.iri) == {B.iri, D.iri}


def test_an_axiom_is_taken_out_and_put_back_in_one_edit() -> None:
    before = classify([SubClassOf(A, B), SubClassOf(B, C)])
    after = before.change([SubClassOf(A, B)], [SubClassOf(A, B)])
    assert patched(after)
    assert answers(after) == answers(before)
    assert list(after.axioms) == [SubClassOf(B, C), SubClassOf(A, B)]


def test_disjoint_classes_come_and_go() -> None:
    both = SubClassOf(A, owl.ObjectIntersectionOf((B, C)))
    before = classify([both, SubClassOf(D, owl.ObjectSomeValuesFrom(R, A)), SubClassOf(E, D)])
    apart = owl.DisjointClasses((B, C))
    empty = before.change([apart])
    assert patched(empty)
    assert empty.unsatisfiable == {A.iri, D.iri, E.iri}
    assert empty.equivalents(A.iri) == {D.iri, E.iri, OWL_NOTHING}
    assert empty.children(B.iri) == frozenset()
    assert answers(empty.change(removed=[apart])) == answers(before)
    assert empty.change(removed=[both]).unsatisfiable == frozenset()
    assert empty.change([SubClassOf(C, Class(OWL_NOTHING))]).unsatisfiable == {A.iri, C.iri, D.iri, E.iri}


def test_edits_without_end_are_classified_afresh_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "_MOST", 0)
    classes = [Class(f"http://example.org/many#{i}") for i in range(300)]
    found = classify([SubClassOf(one, A) for one in classes])
    afresh = 0
    for one, other in reversed([*pairwise(classes)]):
        found = found.change([SubClassOf(one, other)], [SubClassOf(one, A)])
        afresh += not patched(found)
    assert 0 < afresh < 20
    assert len(found.ancestors(classes[0].iri)) == 301


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
    monkeypatch.setattr(change, "_MOST", 0)
    classes = [Class(f"http://example.org/many#{i}") for i in range(200)]
    found = classify([SubClassOf(one, A) for one in classes])
    assert patched(found.change([SubClassOf(classes[0], B)]))
    wide = found.change([SubClassOf(A, B)])
    assert not patched(wide)
    assert wide.parents(classes[7].iri) == {A.iri}
    assert wide.parents(A.iri) == {B.iri}


def threads_source() -> tuple[Generator, Classification]:
    shape = Shape(classes=30, roles=4, axioms=60, numbers=False, unions=False, bottom=False)
    source = Generator(Random(7), shape=shape)
    return source, classify(source.ontology(), classes=[cls.iri for cls in source.classes])


def chain(source: Generator, found: Classification, seed: int) -> list[dict[str, object]]:
    """What is said after each of six edits in a row."""
    pick = Random(seed).choice
    made = []
    for i in range(6):
        new = Class(f"http://example.org/thread#{seed}-{i}")
        some = owl.ObjectSomeValuesFrom(pick(source.roles), pick(source.classes))
        both = owl.ObjectIntersectionOf((pick(source.classes), some))
        found = found.change([owl.EquivalentClasses((new, both)), SubClassOf(pick(source.classes), some)])
        made.append(answers(found))
    return made


@pytest.mark.usefixtures("_either_way")
def test_values_side_by_side_from_several_threads() -> None:
    source, base = threads_source()
    kept = answers(base)
    later = base.change([SubClassOf(source.classes[0], source.classes[1])])
    starts = [(base, 0), (base, 1), (later, 2), (later, 3)]
    one_by_one = [chain(source, found, seed) for found, seed in starts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda start: chain(source, *start), starts)) == one_by_one
    assert answers(base) == kept


def test_the_base_and_a_changed_value_answer_while_others_are_made() -> None:
    source, base = threads_source()
    later = base.change([SubClassOf(source.classes[0], source.classes[1])])
    facts = [owl.ClassAssertion("http://example.org/i", source.expression(2)) for _ in range(3)]

    def asked(found: Classification) -> tuple[dict[str, object], frozenset[str]]:
        return answers(found), found.realise(facts).types("http://example.org/i")

    expected = {id(found): asked(found) for found in (base, later)}
    with ThreadPoolExecutor(4) as pool:
        changing = [pool.submit(chain, source, base, seed) for seed in range(4, 7)]
        asking = [pool.submit(asked, found) for _ in range(12) for found in (base, later)]
        for number, answer in enumerate(asking):
            assert answer.result() == expected[id((base, later)[number % 2])]
        assert all(answer.result() for answer in changing)

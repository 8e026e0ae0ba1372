"""Asserted and inferred differences of small ontologies, causes worked out by hand; and what is no difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import OntologyError
from kgtwin.workbench.comparison import compare
from kgtwin.workbench.inferred import Change, Conclusion
from tests.workbench.samples import X, causes, compared, said, short, side, write

AB, BC, AC = "SubClassOf(:A :B)", "SubClassOf(:B :C)", "SubClassOf(:A :C)"


def only(changes: tuple[Change, ...]) -> Change:
    (found,) = changes
    return found


# asserted


def test_axioms_with_file_and_line(tmp_path: Path) -> None:
    found = compared(tmp_path, [AB, BC], [AB, "# a line more", AC]).asserted
    assert [(edit.text, edit.place) for edit in found.removed] == [(f"SubClassOf(<{X}B> <{X}C>)", "a.ofn:5")]
    assert [(edit.text, edit.place, edit.subject) for edit in found.added] == [
        (f"SubClassOf(<{X}A> <{X}C>)", "b.ofn:6", f"{X}A")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([AB, BC], [BC, "", "# a comment", AB]),
        (["EquivalentClasses(:A :B :C)"], ["EquivalentClasses(:C :A :B :A)"]),
        (
            ["SubClassOf(ObjectIntersectionOf(:A ObjectSomeValuesFrom(:r ObjectUnionOf(:B :C))) :D)"],
            ["SubClassOf(ObjectIntersectionOf(ObjectSomeValuesFrom(:r ObjectUnionOf(:C :B)) :A) :D)"],
        ),
        (["ClassAssertion(:A _:x)", "ObjectPropertyAssertion(:r _:x _:y)"],
         ["ObjectPropertyAssertion(:r _:1 _:2)", "ClassAssertion(:A _:1)"]),
        (["AnnotationAssertion(rdfs:comment :A _:x)", 'AnnotationAssertion(rdfs:comment _:x "c")', AB],
         [AB, 'AnnotationAssertion(rdfs:comment _:n "c")', "AnnotationAssertion(rdfs:comment :A _:n)"]),
        (['AnnotationAssertion(rdfs:label :A "1")', 'AnnotationAssertion(rdfs:label :A "2")'],
         ['AnnotationAssertion(rdfs:label :A "2")', 'AnnotationAssertion(rdfs:label :A "1")']),
        (["SubClassOf(:A <http://example.org/x#B>)"], [f"SubClassOf(<{X}A> :B)"]),
    ],
    ids=["order", "operands", "nested", "anonymous", "anonymous notes", "notes", "prefixes"],
)  # fmt: skip
def test_what_is_no_difference(tmp_path: Path, one: list[str], other: list[str]) -> None:
    assert not compared(tmp_path, one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["ClassAssertion(:A _:x)", "ClassAssertion(:B _:y)"], ["ClassAssertion(:A _:x)", "ClassAssertion(:B _:x)"]),
        (["ObjectPropertyAssertion(:r _:x _:y)", "ClassAssertion(:A _:x)"],
         ["ObjectPropertyAssertion(:r _:x _:y)", "ClassAssertion(:A _:y)"]),
        (["SubObjectPropertyOf(ObjectPropertyChain(:r :s) :t)"],
         ["SubObjectPropertyOf(ObjectPropertyChain(:s :r) :t)"]),
        (['AnnotationAssertion(rdfs:comment :A "a"@en)'], ['AnnotationAssertion(rdfs:comment :A "a"@de)']),
        ([AB], ["Declaration(Class(:New))", AB]),
        ([AB], [f'SubClassOf(Annotation(rdfs:comment "why") {AB[11:]}']),
    ],
    ids=["other individual", "other role", "chain", "language", "declaration", "note of an axiom"],
)  # fmt: skip
def test_what_is_one(tmp_path: Path, one: list[str], other: list[str]) -> None:
    assert compared(tmp_path, one, other).asserted


def test_annotations_that_change_are_paired(tmp_path: Path) -> None:
    one = ['AnnotationAssertion(rdfs:label :A "old")', 'AnnotationAssertion(rdfs:label :B "gone"@en)', AB]
    other = ['AnnotationAssertion(rdfs:label :A "new")', 'AnnotationAssertion(rdfs:comment :B "fresh")', AB]
    edits = compared(tmp_path, one, other).asserted.annotations
    told = [(short(e.subject), e.before and e.before.value, e.after and e.after.value, e.place) for e in edits]
    assert told == [("B", "gone", None, "a.ofn:5"), ("A", "old", "new", "b.ofn:4"), ("B", None, "fresh", "b.ofn:5")]


def test_the_note_of_an_axiom_has_the_axiom_s_place(tmp_path: Path) -> None:
    noted = f'SubClassOf(Annotation(rdfs:comment "why") {AB[11:]}'
    (edit,) = compared(tmp_path, [BC, AB], [BC, noted]).asserted.annotations
    assert (edit.subject, edit.before, edit.after and edit.after.value) == (f"SubClassOf(<{X}A> <{X}B>)", None, "why")
    assert edit.place == "b.ofn:5"


# inferred


def test_what_is_gained_names_the_edit_and_what_was_there(tmp_path: Path) -> None:
    """A ⊑ ∃r.B was there; ∃r.B ⊑ D is new: A ⊑ D."""
    kept = "SubClassOf(:A ObjectSomeValuesFrom(:r :B))"
    new = "SubClassOf(ObjectSomeValuesFrom(:r :B) :D)"
    change = only(compared(tmp_path, [kept, "SubClassOf(:D :E)"], [kept, "SubClassOf(:D :E)", new]).inferred)
    assert said(change) == ("+", "A", "⊑", "D")
    assert causes(change) == [["SubClassOf(ObjectSomeValuesFrom(r B) D)"]]
    assert [edit.place for edit in change.because] == ["b.ofn:4", "b.ofn:6"]
    assert not change.told
    assert change.complete


def test_the_fewest_edits_are_preferred_to_the_fewest_axioms(tmp_path: Path) -> None:
    """A ⊑ D by two new axioms, or by one new and three old ones: the second is the cause, the first another."""
    old = ["SubClassOf(:A :P)", "SubClassOf(:P :Q)", "SubClassOf(:Q :S)"]
    new = ["SubClassOf(:S :D)", "SubClassOf(:A :T)", "SubClassOf(:T :D)"]
    changes = compared(tmp_path, [*old, "SubClassOf(:T :Top)", "SubClassOf(:D :Top)"],
                       [*old, "SubClassOf(:T :Top)", "SubClassOf(:D :Top)", *new], every=True).inferred  # fmt: skip
    change = next(one for one in changes if said(one) == ("+", "A", "⊑", "D"))
    assert causes(change) == [["SubClassOf(S D)"], ["SubClassOf(A T)", "SubClassOf(T D)"]]
    assert len(change.because) == 4


def test_what_is_lost_needs_a_removed_axiom_in_each_justification(tmp_path: Path) -> None:
    """A ⊑ C by B and by D; both ways are broken."""
    ways = [AB, BC, "SubClassOf(:A :D)", "SubClassOf(:D :C)"]
    assert not [one for one in compared(tmp_path, ways, ways[:3], every=True).inferred if said(one)[1] == "A"]
    changes = compared(tmp_path, ways, [AB, "SubClassOf(:A :D)"], every=True).inferred
    assert [said(one) for one in changes] == [("-", "A", "⊑", "C"), ("-", "B", "⊑", "C"), ("-", "D", "⊑", "C")]
    assert causes(changes[0]) == [["SubClassOf(B C)"], ["SubClassOf(D C)"]]


def test_neighbours_tell_what_all_pairs_do(tmp_path: Path) -> None:
    """A ⊑ B ⊑ C ⊑ D ⊑ E without the middle: neighbours say one, all pairs say four."""
    chain = [AB, BC, "SubClassOf(:C :D)", "SubClassOf(:D :E)"]
    broken = [one for one in chain if one != "SubClassOf(:C :D)"]
    assert [said(one) for one in compared(tmp_path, chain, broken).inferred] == [("-", "C", "⊑", "D")]
    assert len(compared(tmp_path, chain, broken, every=True).inferred) == 6
    assert [said(one) for one in compared(tmp_path, broken, chain).inferred] == [("+", "C", "⊑", "D")]


def test_a_new_neighbour_that_was_known_is_nothing(tmp_path: Path) -> None:
    """A ⊑ B ⊑ C and A ⊑ C as well: without A ⊑ B, C becomes a neighbour and nothing is gained."""
    changes = compared(tmp_path, [AB, BC, AC], [BC, AC]).inferred
    assert [said(one) for one in changes] == [("-", "A", "⊑", "B")]


def test_equivalences(tmp_path: Path) -> None:
    """A ⊑ B was there: only B ⊑ A is new, and its axiom the cause."""
    change = only(compared(tmp_path, [AB, BC], [AB, BC, "SubClassOf(:B :A)"]).inferred)
    assert said(change) == ("+", "A", "≡", "B")
    assert causes(change) == [["SubClassOf(B A)"]]
    change = only(compared(tmp_path, [AB, "SubClassOf(:B :A)"], [AB]).inferred)
    assert said(change) == ("-", "A", "≡", "B")


def test_a_cycle_of_new_axioms_takes_all_of_them(tmp_path: Path) -> None:
    declared = [f"Declaration(Class(:{name}))" for name in "ABC"]
    cycle = [AB, BC, "SubClassOf(:C :A)"]
    changes = compared(tmp_path, declared, [*declared, *cycle]).inferred
    assert [said(one) for one in changes] == [("+", "A", "≡", "B"), ("+", "A", "≡", "C")]
    assert causes(changes[0]) == [["SubClassOf(A B)", "SubClassOf(B C)", "SubClassOf(C A)"]]
    assert len(compared(tmp_path, declared, [*declared, *cycle], every=True).inferred) == 3


def test_a_class_that_can_have_no_instance_is_one_change(tmp_path: Path) -> None:
    kept = [AB, AC, "SubClassOf(:Sub :A)", "SubClassOf(:B :Top)", "SubClassOf(:C :Top)"]
    changes = compared(tmp_path, kept, [*kept, "DisjointClasses(:B :C)"]).inferred
    assert [said(one) for one in changes] == [("+", "A", "=", "Nothing"), ("+", "Sub", "=", "Nothing")]
    assert {tuple(map(tuple, causes(one))) for one in changes} == {(("DisjointClasses(B C)",),)}
    back = compared(tmp_path, [*kept, "DisjointClasses(:B :C)"], kept).inferred
    assert [said(one)[0] for one in back] == ["-", "-"]


def test_a_side_without_a_model(tmp_path: Path) -> None:
    kept = ["ClassAssertion(:A :i)", AB, AC]
    found = compared(tmp_path, kept, [*kept, "DisjointClasses(:B :C)", "SubClassOf(:D :E)"])
    change = only(found.inferred)
    assert (change.conclusion, change.gained) == (Conclusion.INCONSISTENT, True)
    assert causes(change) == [["DisjointClasses(B C)"]]
    assert "b.ofn is inconsistent" in found.notes[0]
    lost = only(compared(tmp_path, [*kept, "DisjointClasses(:B :C)"], kept).inferred)
    assert (lost.gained, causes(lost)) == (False, [["DisjointClasses(B C)"]])


def test_both_sides_without_a_model(tmp_path: Path) -> None:
    kept = ["ClassAssertion(:A :i)", AB, AC, "DisjointClasses(:B :C)"]
    found = compared(tmp_path, kept, [*kept, "SubClassOf(:D :E)"])
    assert not found.inferred
    assert len(found.notes) == 2


def test_new_and_removed_classes(tmp_path: Path) -> None:
    found = compared(tmp_path, [AB], [AB, "SubClassOf(:New :A)"])
    assert [said(one) for one in found.inferred] == [("+", "New", "⊑", "A")]
    assert [(short(one.iri), one.kind, one.added) for one in found.asserted.entities] == [("New", "Class", True)]
    found = compared(tmp_path, [AB, BC], [BC])
    assert [said(one) for one in found.inferred] == [("-", "A", "⊑", "B")]


def test_properties_and_chains_are_causes(tmp_path: Path) -> None:
    """A ⊑ ∃r.B, B ⊑ ∃s.C and r∘s ⊑ t (new): A ⊑ ∃t.C, by definition below D."""
    kept = ["SubClassOf(:A ObjectSomeValuesFrom(:r :B))", "SubClassOf(:B ObjectSomeValuesFrom(:s :C))",
            "EquivalentClasses(:D ObjectSomeValuesFrom(:t :C))"]  # fmt: skip
    chain = "SubObjectPropertyOf(ObjectPropertyChain(:r :s) :t)"
    change = only(compared(tmp_path, kept, [*kept, chain]).inferred)
    assert said(change) == ("+", "A", "⊑", "D")
    assert causes(change) == [["SubObjectPropertyOf(ObjectPropertyChain(r s) t)"]]
    assert len(change.because) == 4


def test_an_operand_moved_is_no_cause(tmp_path: Path) -> None:
    """The axiom that changes its order only is the same one on both sides."""
    one = ["EquivalentClasses(:A ObjectIntersectionOf(:B :C))"]
    other = ["EquivalentClasses(ObjectIntersectionOf(:C :B) :A)", "SubClassOf(:C :D)"]
    changes = compared(tmp_path, one, other, every=True).inferred
    assert [(said(change)[1], causes(change)) for change in changes] == [
        ("A", [["SubClassOf(C D)"]]), ("C", [["SubClassOf(C D)"]])
    ]  # fmt: skip


def test_a_broken_side_is_told_with_its_line(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "a.ofn", AB), write(tmp_path / "b.ofn", AB, "SubClassOf(:A)")
    with pytest.raises(OntologyError, match=r"b\.ofn:5:\d+: SubClassOf has 1 arguments; expected 2"):
        compare(side(good), side(bad))


def test_the_order_is_stable(tmp_path: Path) -> None:
    one, other = [AB, "SubClassOf(:X :Y)", BC], ["SubClassOf(:C :X)", "SubClassOf(:Z :Y)", "SubClassOf(:Y :A)"]
    first = compared(tmp_path, one, other)
    second = compared(tmp_path, one[::-1], other)
    assert list(map(said, first.inferred)) == list(map(said, second.inferred))
    assert [edit.text for edit in first.asserted.removed] == [edit.text for edit in second.asserted.removed]

"""Whose issues come, go and change, and by which edits; worked out by hand on the mini knowledge."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kgtwin.errors import OntologyError
from kgtwin.model.axioms import Class, SubClassOf
from kgtwin.model.concept import Match
from kgtwin.model.fact import Fact, PatientRecord, Quantity
from kgtwin.workbench import responsible
from kgtwin.workbench.differences import AxiomEdit, Version
from kgtwin.workbench.edits import Edit
from kgtwin.workbench.impact import Assessment, Case, Effect, Impact, IssueChange
from kgtwin.workbench.responsible import minimal
from tests.inference.factory import AT, condition, order, patient, result
from tests.workbench.samples import mini_version

PROPRANOLOL, METOPROLOL, IBUPROFEN = "rxnorm:8787", "rxnorm:6918", "rxnorm:5640"
ASTHMATIC = (order(concept=PROPRANOLOL), condition())
INFARCTED = (order(concept=METOPROLOL), condition(concept="snomed:22298006"))
PAINED = (order(concept=IBUPROFEN), order("MedicationRequest/m2", METOPROLOL))
MEQ = Quantity(Decimal("6.1"), unit="mmol/L", ucum="mmol/L")
POTASSIUM = (order(concept=IBUPROFEN), result("Observation/o1", "loinc:2823-3", MEQ))
PLACED = "SubClassOf(rxnorm:8787 :NonselectiveBetaBlocker)\n"


def between(one: Version, other: Version, facts: tuple[Fact, ...] = ASTHMATIC) -> Impact:
    """From one version to another, for one patient."""
    assessment = Assessment(one, other, at=AT)
    assessment.add(Case(patient(), facts, 1))
    return assessment.result()


def impact(folder: Path, facts: tuple[Fact, ...], *edits: tuple[str, str], back: bool = False) -> Impact:
    """What the edits do to one patient; ``back``: what taking them back does."""
    one, other = mini_version(folder / "a"), mini_version(folder / "b", *edits)
    return between(*((other, one) if back else (one, other)), facts)


def only(found: Impact) -> IssueChange:
    (change,) = found.changes
    return change


def told(edit: Edit) -> tuple[str, str]:
    """What was done, and the line (of the file) where it stands."""
    return edit.action, (edit.place or "").rpartition("/")[2]


def statements(found: Impact) -> list[tuple[str, str]]:
    return [(change.effect.value, change.issue.statement.removeprefix("kgtwin:")) for change in found.changes]


def test_nothing_changes_without_an_edit(tmp_path: Path) -> None:
    found = impact(tmp_path, ASTHMATIC)
    assert not found
    assert found.patients == 1


def test_an_edit_that_concerns_others_changes_nothing(tmp_path: Path) -> None:
    assert not impact(tmp_path, INFARCTED, (PLACED, ""))


def test_an_issue_is_lost_with_the_axiom_that_it_rests_on(tmp_path: Path) -> None:
    """Propranolol is no nonselective beta blocker any more; nor a beta blocker, but nothing else rests on that."""
    change = only(impact(tmp_path, ASTHMATIC, (PLACED, "")))
    assert (change.effect, change.issue.statement, change.after) == (Effect.LOST, "kgtwin:CI_0001", None)
    assert list(map(told, change.causes)) == [("removed", "drugs.ofn:20")]
    assert change.certain


def test_an_issue_is_gained_by_an_axiom(tmp_path: Path) -> None:
    change = only(impact(tmp_path, ASTHMATIC, (PLACED, ""), back=True))
    assert (change.effect, change.before) == (Effect.GAINED, None)
    assert list(map(told, change.causes)) == [("added", "drugs.ofn:20")]
    assert change.certain


def test_two_edits_that_are_both_needed(tmp_path: Path) -> None:
    """The medicine's place and the condition's place are both new."""
    edits = (PLACED, ""), ("SubClassOf(snomed:195967001 :Asthma)\n", "")
    change = only(impact(tmp_path, ASTHMATIC, *edits, back=True))
    assert sorted(map(told, change.causes)) == [("added", "drugs.ofn:20"), ("added", "drugs.ofn:28")]
    assert change.certain


def test_two_edits_of_which_either_would_do(tmp_path: Path) -> None:
    """Propranolol is placed in two new ways: the one that the derivation uses is told."""
    two = "SubClassOf(rxnorm:8787 :P)\nSubClassOf(:P :NonselectiveBetaBlocker)\n" + PLACED
    change = only(between(mini_version(tmp_path / "a", (PLACED, "")), mini_version(tmp_path / "b", (PLACED, two))))
    assert list(map(told, change.causes)) == [("added", "drugs.ofn:22")]
    assert change.certain


def test_an_edit_beside_the_responsible_one_is_not_named(tmp_path: Path) -> None:
    """A second, longer way to the same place is new as well; the lost way is the cause."""
    detour = "SubClassOf(rxnorm:8787 :P)\nSubClassOf(:P :BetaBlocker)\n"
    change = only(impact(tmp_path, ASTHMATIC, (PLACED, detour)))
    assert list(map(told, change.causes)) == [("removed", "drugs.ofn:20")]


def test_one_of_two_ways_may_go(tmp_path: Path) -> None:
    two = PLACED + "SubClassOf(rxnorm:8787 :P)\nSubClassOf(:P :NonselectiveBetaBlocker)\n"
    one, none = mini_version(tmp_path / "one"), mini_version(tmp_path / "none", (PLACED, ""))
    both = mini_version(tmp_path / "two", (PLACED, two))
    assert not between(both, one), "one way is left"
    assert {told(edit)[0] for edit in only(between(both, none)).causes} == {"removed"}


def test_a_significance_changes(tmp_path: Path) -> None:
    edit = ('(:significance :CI_0001 "contraindicated")', '(:significance :CI_0001 "major")')
    change = only(impact(tmp_path, ASTHMATIC, edit, (PLACED, PLACED + "SubClassOf(:Other :Substance)\n")))
    assert (change.effect, change.fields) == (Effect.CHANGED, ("significance",))
    assert list(map(told, change.causes)) == [("changed", "statements.ofn:12")]
    assert change.certain


def test_words_change(tmp_path: Path) -> None:
    edits = ('"For tests."', '"For other tests."'), ('"Nonselective beta blocker and asthma"', '"Asthma"')
    change = only(impact(tmp_path, ASTHMATIC, *edits))
    assert change.fields == ("title", "detail")
    assert [told(edit)[0] for edit in change.causes] == ["changed", "changed"]


def test_a_new_statement(tmp_path: Path) -> None:
    """Its annotations belong to it; its definition is named."""
    definition = "EquivalentClasses(:CI_9 ObjectIntersectionOf(:Patient ObjectSomeValuesFrom(:hasNow :Asthma)))\n"
    notes = 'AnnotationAssertion(:kind :CI_9 "drug-condition")\nAnnotationAssertion(:significance :CI_9 "minor")\n'
    change = only(impact(tmp_path, (condition(),), ("# CI_0002\n", definition + notes)))
    assert (change.effect, change.issue.statement) == (Effect.GAINED, "kgtwin:CI_9")
    assert list(map(told, change.causes)) == [("added", "statements.ofn:15")]
    assert change.certain


def test_a_definition_that_becomes_a_statement(tmp_path: Path) -> None:
    """The class was there, without significance: its annotations are the cause."""
    definition = "EquivalentClasses(:CI_9 ObjectIntersectionOf(:Patient ObjectSomeValuesFrom(:hasNow :Asthma)))\n"
    notes = 'AnnotationAssertion(:kind :CI_9 "drug-condition")\nAnnotationAssertion(:significance :CI_9 "minor")\n'
    one = mini_version(tmp_path / "a", ("# CI_0002\n", definition))
    change = only(between(one, mini_version(tmp_path / "b", ("# CI_0002\n", definition + notes)), (condition(),)))
    assert list(map(told, change.causes)) == [("changed", "statements.ofn:16"), ("changed", "statements.ofn:17")]


def test_a_statement_withdrawn_by_its_significance(tmp_path: Path) -> None:
    edit = ('AnnotationAssertion(:significance :CI_0001 "contraindicated")\n', "")
    change = only(impact(tmp_path, ASTHMATIC, edit))
    assert (change.effect, list(map(told, change.causes))) == (Effect.LOST, [("changed", "statements.ofn:12")])


def test_a_definition_replaced(tmp_path: Path) -> None:
    """HasEver instead of hasNow: past asthma counts, too."""
    past = (order(concept=PROPRANOLOL), condition(status="resolved"))
    definition = ":NonselectiveBetaBlocker)) ObjectSomeValuesFrom(:has"
    change = only(impact(tmp_path, past, (f"{definition}Now :Asthma", f"{definition}Ever :Asthma")))
    assert change.effect is Effect.GAINED
    assert ("added", "statements.ofn:10") in map(told, change.causes)
    assert change.certain


def test_a_medicine_that_holds_the_other_one_s_ingredient(tmp_path: Path) -> None:
    """That two medicines are distinct is no entailment: an axiom *more* takes the issue away, and is the cause."""
    product = "SubClassOf(:Mix :MedicinalProduct)\nSubClassOf(:Mix ObjectSomeValuesFrom(:hasActiveIngredient :NSAID))\n"
    more = "SubClassOf(:Mix ObjectSomeValuesFrom(:hasActiveIngredient rxnorm:6918))\n"
    one = mini_version(tmp_path / "a", (PLACED, PLACED + product))
    other = mini_version(tmp_path / "b", (PLACED, PLACED + product + more))
    facts = (order(concept="kgtwin:Mix"), order("MedicationRequest/m2", METOPROLOL))
    change = only(between(one, other, facts))
    assert (change.effect, list(map(told, change.causes))) == (Effect.LOST, [("added", "drugs.ofn:23")])
    assert change.certain


def test_a_result_that_expires_sooner(tmp_path: Path) -> None:
    edit = ('(:expiresAfter :SerumPotassium "P365D"', '(:expiresAfter :SerumPotassium "P7D"')
    change = only(impact(tmp_path, POTASSIUM, edit))
    assert (change.effect, change.issue.statement) == (Effect.LOST, "kgtwin:DL_0001")
    assert list(map(told, change.causes)) == [("changed", "drugs.ofn:36")]
    assert change.certain


def test_a_result_that_is_stale_sooner_gets_a_caveat(tmp_path: Path) -> None:
    change = only(impact(tmp_path, POTASSIUM, ('"P30D"', '"P7D"')))
    assert (change.effect, change.fields) == (Effect.CHANGED, ("caveats",))
    assert list(map(told, change.causes)) == [("changed", "drugs.ofn:35")]


def test_facts_that_contradict_the_new_version(tmp_path: Path) -> None:
    """One fact is left out by the contradiction, and the issue that it was part of is gone."""
    clash = (PLACED, PLACED + "DisjointClasses(:NonselectiveBetaBlocker :BetaBlocker)\n")
    found = impact(tmp_path, ASTHMATIC, clash)
    assert found.contradicted == ("local|p1",)
    assert statements(found) == [("lost", "CI_0001")]
    assert list(map(told, found.changes[0].causes)) == [("added", "drugs.ofn:21")]


def test_a_code_that_gets_a_class_changes_the_id_only(tmp_path: Path) -> None:
    """The condition's code means two concepts; the second is known in B only, and the issue's id is made of both."""
    asthma = condition()
    matches = (*asthma.code.matches, Match("kgtwin:Own"))
    twice = msgspec.structs.replace(asthma, code=msgspec.structs.replace(asthma.code, matches=matches))
    edit = (PLACED, PLACED + "SubClassOf(:Own :Asthma)\n")
    change = only(impact(tmp_path, (order(concept=PROPRANOLOL), twice), edit))
    assert (change.effect, change.fields) == (Effect.CHANGED, ("id",))


def test_several_patients_are_counted_and_explained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = mini_version(tmp_path / "a"), mini_version(tmp_path / "b", (PLACED, ""))
    assessment = Assessment(one, other, at=AT)
    tries = 0
    real = assessment._variants.undone

    def counted(edits: frozenset[Edit]) -> object:
        nonlocal tries
        tries += 1
        return real(edits)

    monkeypatch.setattr(assessment._variants, "undone", counted)
    for number in range(5):
        record = PatientRecord(key=f"local|p{number}", source="local", id=f"p{number}")
        assessment.add(Case(record, ASTHMATIC if number else PAINED, 1))
    found = assessment.result()
    assert (found.patients, len(found.changes)) == (5, 4)
    assert {change.causes for change in found.changes} == {found.changes[0].causes}
    assert tries == 4, "found by one trial, and seen to hold for the three others"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (('"contraindicated"', '"very bad"'), "expected one of"),
        (
            (PLACED, "SubClassOf(<http://www.w3.org/2002/07/owl#Thing> <http://www.w3.org/2002/07/owl#Nothing>)\n"),
            "inconsistent",
        ),
    ],
)
def test_a_version_that_is_no_knowledge_is_named(tmp_path: Path, edit: tuple[str, str], said: str) -> None:
    one, other = mini_version(tmp_path / "a"), mini_version(tmp_path / "b", edit)
    with pytest.raises(OntologyError, match=said) as caught:
        Assessment(one, other, at=AT)
    assert "/b" in str(caught.value.where)


def test_a_minimal_set_is_found_by_halves() -> None:
    a = Class("a")
    edits = [Edit("added", AxiomEdit(SubClassOf(a, a), str(number), None, None)) for number in range(33)]
    wanted = {edits[3], edits[17], edits[18]}
    tries = 0

    def undone(some: frozenset[Edit]) -> bool:
        nonlocal tries
        tries += 1
        return wanted <= some

    assert set(minimal(edits, undone, lambda: False)) == wanted
    assert tries < 33


def test_without_trials_left_the_likeliest_edits_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responsible, "TRIES", 0)
    change = only(impact(tmp_path, ASTHMATIC, (PLACED, "")))
    assert list(map(told, change.causes)) == [("removed", "drugs.ofn:20")]
    assert not change.certain

"""Suggestions that remove an issue: each verified, none needless, none missing."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.explaining.whynot import Case
from kgtwin.inference.repairing import repair as repairing
from kgtwin.inference.repairing.repair import repairs
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import CodedValue, ConditionDetail, Fact, FactKind, PatientRecord, Provenance
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.model.repair import ActionKind, Repairs
from kgtwin.model.time import Period
from tests.fuzz import times
from tests.inference.factory import AT, PATIENT, allergy, coded, condition, fact, order, patient
from tests.inference.rules.test_dose import doses, measured
from tests.inference.test_contexts import contexts
from tests.inference.test_infer import egfr

__all__ = ["contexts"]
ASTHMA, IBUPROFEN, NAPROXEN, SERTRALINE, PHENELZINE, THEOPHYLLINE, CODEINE = (
    "snomed:195967001", "rxnorm:5640", "rxnorm:7258", "rxnorm:36437", "rxnorm:8123", "rxnorm:10438", "rxnorm:2670",
)  # fmt: skip
METFORMIN, PROPRANOLOL = "rxnorm:6809", "rxnorm:8787"


def issues(knowledge: Knowledge, *facts: Fact) -> dict[str, DetectedIssue]:
    found = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1).issues
    return {one.id: one for one in found}


def of(knowledge: Knowledge, statement: str, *facts: Fact, record: PatientRecord | None = None) -> Repairs:
    record = record or patient()
    found = infer(PATIENT, record, facts, knowledge, at=AT, revision=1).issues
    issue = next(one for one in found if one.statement == statement)
    return repairs(Case(patient=PATIENT, record=record, facts=facts, knowledge=knowledge, at=AT, revision=1), issue)


def resources(found: Repairs) -> list[set[str]]:
    return [{ref.resource for action in one.actions for ref in action.facts} for one in found.suggestions]


def test_a_diagnosis_stays_and_a_medicine_can_be_stopped(knowledge: Knowledge) -> None:
    found = of(knowledge, "kgtwin:CI_0001", condition(), order(concept=PROPRANOLOL))
    assert resources(found) == [{"MedicationRequest/m1"}]
    (suggestion,) = found.suggestions
    assert suggestion.actions[0].kind is ActionKind.STOP
    assert [ref.resource for ref in found.fixed] == ["Condition/c1"]
    assert found.complete


def test_all_orders_of_a_medicine_are_one_change(knowledge: Knowledge) -> None:
    facts = condition(), order(concept=PROPRANOLOL), order("MedicationRequest/renewal", PROPRANOLOL)
    assert resources(of(knowledge, "kgtwin:CI_0001", *facts)) == [{"MedicationRequest/m1", "MedicationRequest/renewal"}]


def test_of_two_medicines_either_can_go(contexts: Knowledge) -> None:
    facts = order("MedicationRequest/s", SERTRALINE), order("MedicationRequest/p", PHENELZINE)
    found = of(contexts, "kgtwin:TEST_0002", *facts)
    assert resources(found) == [{"MedicationRequest/s"}, {"MedicationRequest/p"}]


def test_stopping_a_medicine_that_still_acts_is_no_end(contexts: Knowledge) -> None:
    """The wash-out that begins then is told, though inferring without the medicine does not show it."""
    facts = order("MedicationRequest/s", SERTRALINE), order("MedicationRequest/p", PHENELZINE)
    found = of(contexts, "kgtwin:TEST_0002", *facts)
    new = {
        next(iter(r)): [one.statement for one in s.new]
        for r, s in zip(resources(found), found.suggestions, strict=True)
    }
    assert new == {"MedicationRequest/s": [], "MedicationRequest/p": ["kgtwin:TEST_0001"]}


def test_what_ended_is_waited_for(contexts: Knowledge) -> None:
    past = order("MedicationRequest/p", PHENELZINE, status="stopped", when=Period("2025-01-01", "2026-01-10"))
    found = of(contexts, "kgtwin:TEST_0001", order("MedicationRequest/s", SERTRALINE), past)
    kinds = {action.kind: action for one in found.suggestions for action in one.actions}
    assert kinds[ActionKind.WAIT].until == "2026-01-24T23:59:59+00:00"
    assert ActionKind.STOP in kinds
    later = infer(
        PATIENT, patient(), (order("MedicationRequest/s", SERTRALINE), past), contexts, revision=1,
        at=AT.replace(day=25),
    )  # fmt: skip
    assert later.issues == ()


def test_a_result_is_repeated_and_no_older_one_takes_its_place(knowledge: Knowledge) -> None:
    older = egfr("25", resource="Observation/older", when=Period("2025-12-01"))
    found = of(knowledge, "kgtwin:DL_0001", order(concept=METFORMIN), egfr("22"), older)
    by_kind = {one.actions[0].kind: one for one in found.suggestions}
    repeated = by_kind[ActionKind.REPEAT]
    assert {ref.resource for ref in repeated.actions[0].facts} == {"Observation/o1", "Observation/older"}
    assert "only if it comes out otherwise" in (repeated.on_condition or "")
    assert by_kind[ActionKind.STOP].on_condition is None
    assert found.suggestions[0] is by_kind[ActionKind.STOP]


def test_a_habit_can_change_and_a_gene_cannot(contexts: Knowledge) -> None:
    smoker = fact(FactKind.BEHAVIOUR, "Observation/b", "snomed:449868002", status="final", when=Period("2026-01-01"))
    found = of(contexts, "kgtwin:TEST_0008", order(concept=THEOPHYLLINE), smoker)
    assert {one.actions[0].kind for one in found.suggestions} == {ActionKind.STOP, ActionKind.CHANGE}
    gene = fact(
        FactKind.GENOTYPE, "Observation/g", "kgtwin:CYP2D6Phenotype", status="final", when=Period("2026-01-01"),
        value=CodedValue(coded("kgtwin:PoorMetaboliser")),
    )  # fmt: skip
    found = of(contexts, "kgtwin:TEST_0007", order(concept=CODEINE), gene)
    assert [one.actions[0].kind for one in found.suggestions] == [ActionKind.STOP]
    assert [ref.resource for ref in found.fixed] == ["Observation/g"]


def test_an_issue_with_several_ways_needs_something_of_each(contexts: Knowledge) -> None:
    """Two products of one ingredient, with different other ones, meet one statement about it."""
    severe = condition(detail=ConditionDetail(Coded((), (Match("snomed:24484000"),))))
    both = order("MedicationRequest/both", "kgtwin:TestCombination")
    found = of(contexts, "kgtwin:TEST_0003", severe, order(concept=IBUPROFEN), both)
    assert resources(found) == [{"MedicationRequest/m1", "MedicationRequest/both"}]
    assert len(found.suggestions[0].actions) == 2


def test_a_search_that_is_ended_says_so(contexts: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = order("MedicationRequest/s", SERTRALINE), order("MedicationRequest/p", PHENELZINE)
    assert of(contexts, "kgtwin:TEST_0002", *facts).complete
    monkeypatch.setattr(repairing, "MOST", 2)
    found = of(contexts, "kgtwin:TEST_0002", *facts)
    assert not found.complete
    assert len(found.suggestions) < 2


MEDICINES = st.sampled_from([IBUPROFEN, NAPROXEN, SERTRALINE, PHENELZINE, CODEINE, "kgtwin:TestCombination"])
GIVEN: list[dict[str, Any]] = [{"status": "active"}, {"status": "stopped", "when": Period("2025-01-01", "2026-01-10")}]
STATUSES = st.sampled_from(GIVEN)


@st.composite
def patients(draw: st.DrawFn) -> tuple[Fact, ...]:
    some = draw(st.lists(st.tuples(MEDICINES, STATUSES), min_size=1, max_size=5))
    facts: list[Fact] = [order(f"MedicationRequest/{n}", concept, **fields) for n, (concept, fields) in enumerate(some)]
    if draw(st.booleans()):
        facts.append(allergy(concept=draw(st.sampled_from([IBUPROFEN, NAPROXEN, "kgtwin:NSAID"]))))
    return tuple(facts)


@settings(max_examples=times(60))
@given(patients())
def test_every_suggestion_removes_its_issue_and_nothing_less_does(contexts: Knowledge, facts: tuple[Fact, ...]) -> None:
    before = issues(contexts, *facts)
    assert issues(contexts, *facts) == before, "removing nothing changes nothing"
    case = Case(patient=PATIENT, record=patient(), facts=facts, knowledge=contexts, at=AT, revision=1)
    for issue in before.values():
        found = repairs(case, issue)
        actions = medicines(facts)
        suggested = {
            frozenset(frozenset(ref.fact for ref in a.facts) for a in one.actions) for one in found.suggestions
        }
        for one in suggested:
            assert issue.id not in without(contexts, facts, one)
            for less in combinations(one, len(one) - 1):
                assert issue.id in without(contexts, facts, less)
        every = {
            frozenset(some)
            for size in range(1, len(actions) + 1)
            for some in combinations(actions, size)
            if issue.id not in without(contexts, facts, some)
        }
        assert {one for one in every if not any(other < one for other in every)} == suggested
        for said in found.suggestions:
            after = without(contexts, facts, [{ref.fact for ref in a.facts} for a in said.actions])
            assert {one.issue for one in said.also_gone} == before.keys() - after.keys() - {issue.id}
            assert after.keys() - before.keys() <= {one.issue for one in said.new}


def medicines(facts: tuple[Fact, ...]) -> set[frozenset[str]]:
    """The facts of each medicine: all that can be changed here."""
    by_code: dict[str, set[str]] = {}
    for one in facts:
        if one.kind is FactKind.MEDICATION:
            by_code.setdefault(one.code.concepts[0], set()).add(one.id)
    return set(map(frozenset, by_code.values()))


def without(knowledge: Knowledge, facts: tuple[Fact, ...], gone: Any) -> dict[str, DetectedIssue]:
    ids = {id_ for some in gone for id_ in some}
    return issues(knowledge, *(one for one in facts if one.id not in ids))


def kinds(found: Repairs) -> list[tuple[ActionKind, ...]]:
    return [tuple(action.kind for action in one.actions) for one in found.suggestions]


def test_what_is_missing_is_measured_or_the_medicine_stopped(knowledge: Knowledge) -> None:
    warfarin = order(concept="rxnorm:11289", when=Period("2024-01-01", None))
    found = of(knowledge, "kgtwin:MON_0059", warfarin)
    assert sorted(kinds(found)) == [(ActionKind.MEASURE,), (ActionKind.STOP,)]
    assert (found.searched, found.complete, found.fixed) == (True, True, ())
    measure = next(one for one in found.suggestions if one.actions[0].kind is ActionKind.MEASURE)
    assert (measure.actions[0].facts, measure.new, measure.also_gone) == ((), (), ())
    assert measure.on_condition == "what comes out is looked at when it is there"
    assert found.advice == "Look for the result elsewhere; measure it if there is none."


def test_of_a_burden_enough_is_stopped(knowledge: Knowledge) -> None:
    """Whichever medicines are stopped: too few points are left, and one less would leave too many."""
    codes = ("rxnorm:704", "rxnorm:7531", "rxnorm:3498")
    three = tuple(order(f"MedicationRequest/m{n}", one) for n, one in enumerate(codes))
    burden = next(one for one in issues(knowledge, *three).values() if one.kind is IssueKind.CUMULATED_BURDEN)
    found = of(knowledge, burden.statement, *three)
    assert found.suggestions
    assert {kind for one in kinds(found) for kind in one} == {ActionKind.STOP}
    for one in found.suggestions:
        gone = [{fact.fact for fact in action.facts} for action in one.actions]
        assert burden.statement not in {left.statement for left in without(knowledge, three, gone).values()}
        for fewer in combinations(gone, len(gone) - 1):
            assert burden.statement in {left.statement for left in without(knowledge, three, fewer).values()}


def test_what_is_not_treated_is_treated(knowledge: Knowledge) -> None:
    heart_failure = condition(concept="snomed:417996009")
    told = Provenance(source="local", resource="Patient/p1", version="1")
    found = of(knowledge, "kgtwin:GAP_0003", heart_failure, record=patient(birth_date="1950", provenance=told))
    assert kinds(found) == [(ActionKind.START,)]
    assert [one.fact for one in found.fixed] == [heart_failure.id]


def test_a_dose_is_lowered(knowledge: Knowledge) -> None:
    metformin = order(concept=METFORMIN, doses=doses("1000", 3))
    clearance = measured("e1", "loinc:33914-3", "40", "mL/min/{1.73_m2}")
    limit = next(one for one in issues(knowledge, metformin, clearance).values() if one.kind is IssueKind.DOSE_RENAL)
    found = of(knowledge, limit.statement, metformin, clearance)
    assert sorted(kinds(found)) == [(ActionKind.LOWER,), (ActionKind.REPEAT,), (ActionKind.STOP,)]
    lower = next(one for one in found.suggestions if one.actions[0].kind is ActionKind.LOWER)
    assert "mg a day at most" in lower.actions[0].text
    assert [one.resource for one in lower.actions[0].facts] == ["MedicationRequest/m1"]


def test_what_is_searched(knowledge: Knowledge) -> None:
    other = of(knowledge, "kgtwin:CI_0001", condition(), order(concept=PROPRANOLOL))
    assert (other.searched, other.complete) == (True, True)

"""Draft orders: what they would add, beside what stands, without being stored."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kgtwin.errors import InputError
from kgtwin.inference import Knowledge, OrderCheck, check_orders, infer
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, Provenance
from kgtwin.model.time import Period
from tests.inference.factory import AT, PATIENT, condition, order, patient

PROPRANOLOL, WARFARIN, IBUPROFEN, SIMVASTATIN = "rxnorm:8787", "rxnorm:11289", "rxnorm:5640", "rxnorm:36567"


def draft(concept: str, number: int = 1, **fields: Any) -> Fact:
    return order(f"MedicationRequest/d{number}", concept, **{"status": "draft", "intent": "plan", **fields})


def check(knowledge: Knowledge, facts: list[Fact], *drafts: Fact, **options: Any) -> OrderCheck:
    record = patient(birth_date="1966-01-01", provenance=Provenance("local", "Patient/p1", "1"))
    return check_orders(record, facts, drafts, knowledge, AT, **options)


def statements(issues: tuple[Any, ...]) -> set[str]:
    return {issue.statement for issue in issues}


def test_a_draft_adds_what_it_raises_with_what_is_there(knowledge: Knowledge) -> None:
    found = check(knowledge, [condition()], draft(PROPRANOLOL))
    assert statements(found.added) == {"kgtwin:CI_0001"}
    assert {one.resource for one in found.added[0].implicated} == {"MedicationRequest/d1", "Condition/c1"}
    assert (found.standing, found.removed) == ((), ())


def test_nothing_is_said_of_what_stands_without_the_draft(knowledge: Knowledge) -> None:
    found = check(knowledge, [condition(), order(concept=PROPRANOLOL)], draft("rxnorm:161"))
    assert found.added == found.standing == ()


def test_a_second_order_of_what_is_contraindicated_already(knowledge: Knowledge) -> None:
    found = check(knowledge, [condition(), order(concept=PROPRANOLOL)], draft(PROPRANOLOL))
    assert (statements(found.added), statements(found.standing)) == (set(), {"kgtwin:CI_0001"})


def test_two_drafts_are_checked_against_each_other(knowledge: Knowledge) -> None:
    alone = statements(check(knowledge, [], draft(WARFARIN)).added)
    both = statements(check(knowledge, [], draft(WARFARIN), draft(IBUPROFEN, 2)).added)
    assert "kgtwin:DDI_0054" in both - alone


def test_a_draft_without_a_baseline_asks_for_one(knowledge: Knowledge) -> None:
    assert statements(check(knowledge, [], draft("rxnorm:6809")).added) == {"kgtwin:MON_0044"}


def test_a_care_gap_would_end(knowledge: Knowledge) -> None:
    found = check(knowledge, [condition(concept="snomed:22298006")], draft(SIMVASTATIN))
    assert statements(found.removed) == {"kgtwin:GAP_0001"}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "on-hold"},
        {"status": "draft", "when": Period("2030-01-01")},
        {"status": "draft", "when": Period()},
        {"status": "completed", "when": Period("2020-01-01", "2020-02-01")},
        {"status": "unknown", "intent": "proposal", "supplied": Period("2020-01-01", "2020-02-01")},
        {"origin": "statement", "status": "intended"},
    ],
)
def test_a_draft_counts_as_taken_now_whatever_it_says(knowledge: Knowledge, fields: dict[str, Any]) -> None:
    found = check(knowledge, [condition()], draft(PROPRANOLOL, **fields))
    assert statements(found.added) == {"kgtwin:CI_0001"}
    assert CaveatCode.UNKNOWN_START not in {c.code for issue in found.added for c in issue.caveats}


def test_the_stored_version_of_a_draft_does_not_count_beside_it(knowledge: Knowledge) -> None:
    stored = order("MedicationRequest/d1", IBUPROFEN)
    found = check(knowledge, [stored, order(concept=WARFARIN)], draft("rxnorm:161"))
    assert "kgtwin:DDI_0054" in statements(found.removed)


def test_a_patient_who_has_died(knowledge: Knowledge) -> None:
    record = patient(deceased=True)
    assert check_orders(record, [condition()], [draft(PROPRANOLOL)], knowledge, AT).added == ()


def test_unverified_statements_can_be_silenced(knowledge: Knowledge) -> None:
    assert statements(check(knowledge, [], draft(WARFARIN)).added) == {"kgtwin:MON_0059"}
    assert check(knowledge, [], draft(WARFARIN), unverified=False).added == ()


def test_checking_changes_nothing(knowledge: Knowledge) -> None:
    facts = [condition(), order(concept=WARFARIN)]
    before = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1)
    check(knowledge, facts, draft(PROPRANOLOL), draft(IBUPROFEN, 2))
    assert infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1) == before


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (condition(), "no order of a medicine"),
        (msgspec.structs.replace(draft(WARFARIN), patient="local|p2"), "another patient"),
        (draft(WARFARIN, do_not_perform=True), "is not given"),
    ],
)
def test_what_is_no_draft_order_is_refused(knowledge: Knowledge, bad: Fact, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check(knowledge, [], bad)

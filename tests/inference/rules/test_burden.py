"""What adds up: each ingredient once, only what reaches the body, nothing that is said already."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.realising.abox import abox
from kgtwin.inference.realising.selection import select
from kgtwin.inference.rules.burden import shares, total
from kgtwin.inference.rules.known import Realised
from kgtwin.inference.rules.taking import taken_now
from kgtwin.model.fact import Fact
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.vocabulary import RXNORM
from tests.fuzz import times
from tests.inference.factory import AT, PATIENT, endless, order, patient

AMIODARONE, CITALOPRAM, WARFARIN, IBUPROFEN = "rxnorm:703", "rxnorm:2556", "rxnorm:11289", "rxnorm:5640"
POOL = [
    "rxnorm:2002", "rxnorm:10763", "rxnorm:20610", "rxnorm:203150", "rxnorm:10811", "rxnorm:106258", "rxnorm:5492",
    AMIODARONE, CITALOPRAM, WARFARIN, "rxnorm:114194", IBUPROFEN, "rxnorm:197885", "rxnorm:9997", "rxnorm:198335",
]  # fmt: skip


def burdens(knowledge: Knowledge, *concepts: str) -> list[DetectedIssue]:
    facts = [order(f"MedicationRequest/m{n}", one) for n, one in enumerate(concepts)]
    found = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1).issues
    return [issue for issue in found if issue.kind is IssueKind.CUMULATED_BURDEN]


def test_two_that_a_statement_of_the_same_risk_names_are_not_said_again(knowledge: Knowledge) -> None:
    found = infer(
        PATIENT, patient(), [order("MedicationRequest/m1", WARFARIN), order("MedicationRequest/m2", IBUPROFEN)],
        knowledge, at=AT, revision=1,
    ).issues  # fmt: skip
    assert "kgtwin:DDI_0054" in {issue.statement for issue in found}
    assert IssueKind.CUMULATED_BURDEN not in {issue.kind for issue in found}


def test_a_third_one_is_a_burden(knowledge: Knowledge) -> None:
    (issue,) = burdens(knowledge, WARFARIN, IBUPROFEN, "rxnorm:36437")
    assert issue.statement == "kgtwin:BUR_0003"
    assert len(issue.implicated) == 3
    assert [step.rule for step in issue.derivation.premises] == ["points", "points", "points"]


def test_a_combination_counts_each_of_its_ingredients(knowledge: Knowledge) -> None:
    """Lisinopril with hydrochlorothiazide is one product: one of its ingredients raises potassium, losartan too."""
    assert "kgtwin:BUR_0006" in {issue.statement for issue in burdens(knowledge, "rxnorm:197885", "rxnorm:5224")}


def evaluation(knowledge: Knowledge, facts: list[Fact]) -> Evaluation:
    box = abox(select(facts, AT, endless), (), (), knowledge)
    return Evaluation(PATIENT, AT, "at", 1, knowledge, box, knowledge.classification.realise(box.assertions))


def totals(knowledge: Knowledge, concepts: list[str]) -> list[Decimal]:
    facts = [order(f"MedicationRequest/m{n}", one) for n, one in enumerate(concepts)]
    taken = taken_now(Realised(evaluation(knowledge, facts)))
    return [total(one for one in shares(scale, taken, knowledge) if one.sure) for scale in knowledge.rules.burdens]


@settings(max_examples=times(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(POOL), max_size=4), st.sampled_from(POOL))
def test_a_further_medicine_never_lowers_a_burden(knowledge: Knowledge, taken: list[str], more: str) -> None:
    before, after = totals(knowledge, taken), totals(knowledge, [*taken, more])
    assert all(one <= other for one, other in zip(before, after, strict=True))
    assert after == totals(knowledge, [more, *taken, more]), "neither order nor a renewal matters"


@pytest.mark.parametrize("scale", ["BUR_0001", "BUR_0002", "BUR_0003", "BUR_0004", "BUR_0005", "BUR_0006"])
def test_no_single_medicine_is_a_burden(knowledge: Knowledge, scale: str) -> None:
    (rule,) = [one for one in knowledge.rules.burdens if one.curie == f"kgtwin:{scale}"]
    _, name = max(rule.points)
    member = next(iri for iri in sorted(knowledge.classification.descendants(name)) if iri.startswith(RXNORM))
    assert burdens(knowledge, to_curie(member)) == []


def test_known_risks_of_torsades_add_up_and_a_common_pair_does_not(knowledge: Knowledge) -> None:
    statements = {issue.statement for issue in burdens(knowledge, AMIODARONE, CITALOPRAM, "rxnorm:26225")}
    assert "kgtwin:BUR_0004" in statements
    assert burdens(knowledge, "rxnorm:135447", "rxnorm:6719") == []

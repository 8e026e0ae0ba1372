"""Results that a forward model asks for and nobody measured: estimated from others, as scores do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, Provenance, Quantity
from kgtwin.model.time import Period
from kgtwin.vocabulary import kgtwin
from tests.inference.factory import AT, PATIENT, condition, patient, result
from tests.inference.test_forward import egfr, reasons, run


def creatinine(value: str, when: str = "2026-01-01") -> Fact:
    return result(f"Observation/c-{when}", "loinc:2160-0", Quantity(Decimal(value), ucum="mg/dL"), when=Period(when))


def test_an_egfr_that_was_not_measured_is_estimated_as_scores_do(knowledge: Knowledge) -> None:
    facts = (creatinine("0.9"),)
    found = run("EGFRDeclineOfHealthyAgeing", facts, knowledge)
    (baseline,) = (one for one in found.inputs if one.name == "baseline")
    origin = Provenance("local", "Patient/p1", "1")
    who = patient(birth_date="1960-01-15", gender="female", provenance=origin)
    scored = infer(PATIENT, who, facts, knowledge, at=AT, revision=1, scores=True).scores
    (score,) = (one for one in scored if one.equation == "kgtwin:CKDEPI2021")
    assert score.value is not None
    assert score.value.low == pytest.approx(baseline.value)
    assert baseline.origin == "CKD-EPI 2021 creatinine equation for the GFR, from Observation/c-2026-01-01"
    assert found.points[0].median == pytest.approx(baseline.value)
    (caveat,) = (one for one in found.caveats if one.code is CaveatCode.OTHER_METHOD)
    assert "it is estimated" in caveat.text


def test_what_was_measured_comes_before_an_estimate(knowledge: Knowledge) -> None:
    found = run("EGFRDeclineOfHealthyAgeing", (creatinine("2.5"), egfr(80)), knowledge)
    assert [one.value for one in found.inputs if one.name == "baseline"] == [80]
    assert CaveatCode.OTHER_METHOD not in {one.code for one in found.caveats}


@pytest.mark.parametrize("code", ["snomed:72892002", "snomed:14669001"])
def test_no_estimate_for_whom_the_equation_leaves_out(code: str, knowledge: Knowledge) -> None:
    """Pregnancy, and acute kidney injury."""
    assert knowledge.is_a(to_iri(code), kgtwin("Pregnancy")) or knowledge.is_a(
        to_iri(code), kgtwin("AcuteKidneyInjury")
    )
    present = condition("Condition/p", code, when=Period("2025-11-01"))
    found = run("EGFRDeclineOfHealthyAgeing", (creatinine("0.9"), present), knowledge)
    assert "no valid" in reasons(found)


def test_no_estimate_without_age_sex_or_one_number(knowledge: Knowledge) -> None:
    assert "no valid" in reasons(run("EGFRDeclineOfHealthyAgeing", (creatinine("0.9"),), knowledge, born=None))
    below = result("Observation/c", "loinc:2160-0", Quantity(Decimal("0.9"), "<", ucum="mg/dL"))
    assert "no valid" in reasons(run("EGFRDeclineOfHealthyAgeing", (below,), knowledge))


def test_a_trend_of_creatinine_alone_is_one_of_estimates(knowledge: Knowledge) -> None:
    facts = tuple(
        creatinine(v, when) for v, when in (("1.2", "2024-01-01"), ("1.4", "2025-01-01"), ("1.6", "2026-01-01"))
    )
    found = run("EGFROwnTrend", facts, knowledge)
    assert found.points[-1].median < found.points[0].median < 50
    assert CaveatCode.OTHER_METHOD in {one.code for one in found.caveats}
    measured = run("EGFROwnTrend", (*facts, egfr(80)), knowledge)
    assert "results over" in reasons(measured), "measured and estimated values are not mixed"

"""``kgtwin score``: all equations, one of them, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.cli.scores import _named
from kgtwin.model.score import Missing, Range
from tests.cli.conftest import Run
from tests.inference.scoring import condition, creatinine_bundle

AT = "2026-01-15T12:00:00Z"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    file = tmp_path / "kidney.json"
    file.write_text(creatinine_bundle(condition("ckd", "snomed:709044004")), encoding="utf-8")
    return file


def test_all_equations_are_listed_with_the_next_best_fact(run: Run, bundle: Path) -> None:
    run("ingest", bundle)
    done = run("score", "p1", "--at", AT)
    lines = done.out.splitlines()
    assert done.code == 0
    assert any(line.startswith("CKD-EPI 2021 creatinine equation for the GFR: 35.") for line in lines)
    (kidney,) = [line for line in lines if line.startswith("Kidney failure") and "P5Y" in line]
    assert "next best fact: acr, Albumin to creatinine ratio in urine" in kidney
    assert any(line.startswith("PREVENT, cardiovascular") and " % within P10Y" in line for line in lines)
    assert "not clinically validated" in done.out


def test_an_estimate_that_may_be_anything_is_no_result(run: Run, bundle: Path) -> None:
    run("ingest", bundle)
    lines = run("score", "p1", "--at", AT).out.splitlines()
    (fib4,) = [line for line in lines if line.startswith("FIB-4")]
    assert fib4.startswith("FIB-4 index of liver fibrosis: no result: too much is missing; next best fact: ")
    assert not any("e+" in line for line in lines)
    (found,) = [s for s in json.loads(run("score", "p1", "--at", AT, "--json").out) if s["equation"] == "kgtwin:FIB4"]
    assert found["value"]["high"] > 100 * found["value"]["low"], "programs get the range"


def test_one_equation_is_shown_with_all_that_it_rests_on(run: Run, bundle: Path) -> None:
    run("ingest", bundle)
    done = run("score", "p1", "--equation", "kgtwin:KFRE4NorthAmerica5Years", "--at", AT)
    assert "used: egfr = 35." in done.out
    assert "computed by CKD-EPI 2021" in done.out
    assert "missing: acr, Albumin to creatinine ratio in urine (no valid result was received)" in done.out
    assert "population: Adults with chronic kidney disease" in done.out
    assert "Cockcroft" not in done.out


def test_scores_as_json(run: Run, bundle: Path) -> None:
    run("ingest", bundle)
    found = json.loads(run("score", "p1", "--at", AT, "--json").out)
    assert len(found) >= 13
    (one,) = [score for score in found if score["equation"] == "kgtwin:CKDEPI2021"]
    assert (one["status"], one["basis"], one["unit"], one["at"]) == ("value", "scored", "mL/min/{1.73_m2}", AT)
    assert one["value"]["low"] == one["value"]["high"]
    assert {source["resource"] for used in one["inputs"] for source in used["facts"]} == {
        "Patient/p1",
        "Observation/creatinine",
    }


def test_an_unknown_equation_is_refused_by_name(run: Run, bundle: Path) -> None:
    run("ingest", bundle)
    done = run("score", "p1", "--equation", "kgtwin:Nothing", "--at", AT)
    assert done.code == 3
    assert "no equation kgtwin:Nothing; expected one of kgtwin:BodyMassIndex" in done.err


def test_an_unknown_patient_is_refused(run: Run, bundle: Path) -> None:
    run("ingest", bundle)
    assert (run("score", "nobody").code, run("score", "p1", "--at", "soon").code) == (3, 2)


def test_a_refusal_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "infarction.json"
    file.write_text(creatinine_bundle(condition("mi", "snomed:22298006")), encoding="utf-8")
    run("ingest", file)
    done = run("score", "p1", "--equation", "kgtwin:PREVENTASCVD10Years", "--at", AT)
    assert "refused; “Ischaemic heart disease” (history), Condition/mi: meant for patients without it" in done.out


def test_the_dead_have_none(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "dead.json"
    file.write_text(creatinine_bundle(deceasedBoolean=True), encoding="utf-8")
    run("ingest", file)
    assert run("score", "p1", "--at", AT).out.startswith("no scores: none are current after death")
    assert json.loads(run("score", "p1", "--at", AT, "--json").out) == []


def test_a_twin_shows_its_scores(run: Run, bundle: Path) -> None:
    run("ingest", bundle)
    text = run("twin", "p1", "--at", AT).out
    assert "Published equations\n" in text
    assert "  CKD-EPI 2021 creatinine equation for the GFR: 35." in text
    assert "HAS-BLED" not in text
    twin = json.loads(run("twin", "p1", "--at", AT, "--json").out)
    assert len(twin["scores"]) >= 13


def test_an_input_without_a_label_of_its_own_is_named_once() -> None:
    def missing(label: str) -> Missing:
        return Missing(name="labileINR", label=label, kind="answer", unit="", reason="?", assumed=Range(0, 1))

    assert _named(missing("labileINR")) == "labileINR"
    assert _named(missing("INR that swings")) == "labileINR, INR that swings"

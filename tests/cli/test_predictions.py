"""Predictions in ``kgtwin twin``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from kgtwin import bootstrap
from kgtwin.cli.predictions import prediction_lines, risk_line
from kgtwin.model.derivation import Derivation
from kgtwin.model.issue import Inference, RiskAssessment
from kgtwin.model.predicted import Predicted, Refuted, RefutedBy
from tests.cli.conftest import Run
from tests.inference.predicting import Everything
from tests.test_service import condition, order

RISK = RiskAssessment(
    id="ra-1", patient="local|p1", head="rxnorm:1", head_label="A", relation="treats", tail="snomed:2", tail_label="B",
    plausibility=0.4, prior=0.01, rank=1.5, candidates=10, model="m", at="2026-01-01T00:00:00Z",
)  # fmt: skip


def test_a_line_says_what_a_plausibility_is_not() -> None:
    assert "no proof and no patient's probability" in risk_line(RISK)
    proven = replace(RISK, basis="proven", derivation=Derivation("R⊑", "x"), proven_issues=("di-1",))
    assert risk_line(proven).startswith("A treats B: follows from the ontology")
    assert risk_line(proven).endswith("proven about both: di-1")
    predicted = Predicted(1, 1, (Refuted(RefutedBy.RANGE, 2),))
    found = Inference(patient="p", at="", revision=1, knowledge="", risks=(RISK, proven), predicted=predicted)
    text = "\n".join(prediction_lines(found))
    assert text.index("Predicted, not proven") < text.index("Proven, and predicted too") < text.index("refuted")
    assert prediction_lines(Inference(patient="p", at="", revision=1, knowledge="")) == []


def test_the_refuted_are_counted_and_proved_on_request(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "load_predictor", lambda *_: Everything())
    entries = [condition("c1"), condition("c2", code="108631000119101"), order("m1")]
    file = tmp_path / "patient.json"
    body = {"resourceType": "Bundle", "type": "collection"}
    patient = {"resourceType": "Patient", "id": "p1"}
    file.write_text(json.dumps({**body, "entry": [{"resource": one} for one in (patient, *entries)]}))
    run("ingest", file)
    text = run("twin", "p1").out
    assert "Predicted, but refuted by the ontology: 1 (1 by range)" in text
    assert "cannot be" not in text
    assert "cannot be (by range; predicted by test)" in run("twin", "p1", "--refuted").out
    twin = json.loads(run("twin", "p1", "--refuted", "--json").out)
    assert twin["predicted"]["refuted"] == [{"by": "range", "count": 1}]
    (one,) = twin["refutations"]
    assert (one["tail"], one["by"]) == ("snomed:108631000119101", "range")
    assert one["derivation"]["conclusion"].endswith("is nothing")
    assert "refutations" not in json.loads(run("twin", "p1", "--json").out)

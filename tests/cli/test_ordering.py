"""``kgtwin check-order``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

SUBJECT = {"reference": "Patient/p1"}
RXNORM, SNOMED = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://snomed.info/sct"


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def draft(code: str, **fields: Any) -> dict[str, Any]:
    told = {"resourceType": "MedicationRequest", "id": "d1", "status": "draft", "intent": "proposal"}
    return {**told, "subject": SUBJECT, "medicationCodeableConcept": coded(RXNORM, code), **fields}


@pytest.fixture
def patient(run: Run, tmp_path: Path) -> None:
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    asthma = {"resourceType": "Condition", "id": "c1", "clinicalStatus": active, "code": coded(SNOMED, "195967001")}
    entries = [{"resource": {"resourceType": "Patient", "id": "p1"}}, {"resource": {**asthma, "subject": SUBJECT}}]
    file = tmp_path / "patient.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    assert run("ingest", file).code == 0


@pytest.mark.usefixtures("patient")
def test_what_a_draft_would_add(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    file.write_text(json.dumps(draft("8787")))
    done = run("check-order", "p1", file, "--at", "2026-01-15")
    assert done.code == 0, done.err
    assert "would add 1 issue\n" in done.out
    assert "kgtwin:CI_0001" in done.out
    assert "not clinically validated" in done.out
    told = json.loads(run("check-order", "p1", file, "--at", "2026-01-15", "--json").out)
    assert ([issue["statement"] for issue in told["added"]], told["drafts"]) == (["kgtwin:CI_0001"], 1)
    assert "Propranolol" not in run("twin", "p1").out, "nothing was stored"
    assert json.loads(run("twin", "p1", "--json").out)["issues"] == []


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("document", "said"),
    [
        (draft("8787", subject={"reference": "Patient/p2"}), "another patient"),
        (draft("8787", doNotPerform=True), "is not given"),
        ({"resourceType": "Procedure", "id": "x", "status": "completed", "subject": SUBJECT}, "no order of a medicine"),
        ({"resourceType": "MedicationRequest"}, ""),
        (draft("8787", status="entered-in-error"), "no draft order is in it, only MedicationRequest/d1"),
        ({"resourceType": "RequestGroup", "id": "g", "status": "draft"}, "no draft order is in it, only RequestGroup"),
    ],
)
def test_what_is_no_order_of_the_patient_is_said(run: Run, tmp_path: Path, document: dict[str, Any], said: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(document))
    done = run("check-order", "p1", file)
    assert done.code == 1
    assert said in done.err
    assert "would add no issues" in done.out


@pytest.mark.usefixtures("patient")
def test_a_draft_with_the_id_of_a_stored_order_says_that_it_takes_its_place(run: Run, tmp_path: Path) -> None:
    """Whoever numbers drafts anew must see that a stored order does not count beside one."""
    file = tmp_path / "order.json"
    file.write_text(json.dumps(draft("11289", status="active", intent="order", authoredOn="2025-01-01")))
    assert run("ingest", file).code == 0
    file.write_text(json.dumps(draft("5640")))
    assert "takes the place of MedicationRequest/d1 (" in run("check-order", "p1", file).out
    told = json.loads(run("check-order", "p1", file, "--json").out)
    assert [(one["resource"], one["coding"]["code"]) for one in told["replaced"]] == [("MedicationRequest/d1", "11289")]
    file.write_text(json.dumps(draft("5640", id="d2")))
    assert "takes the place" not in run("check-order", "p1", file).out


@pytest.mark.usefixtures("patient")
def test_an_unknown_patient_or_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    file.write_text(json.dumps(draft("8787")))
    assert run("check-order", "nobody", file).code == 3
    assert run("check-order", "p1", tmp_path / "none.json").code == 2

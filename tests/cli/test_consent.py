"""``--consent`` and ``--purpose``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TESTS, Run
from tests.sources.fhir.test_consents import policy, resource

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
AT = json.loads(CASE.with_suffix(".expected.json").read_text())["at"]
OBSERVATION = {"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}


@pytest.fixture
def consent(tmp_path: Path) -> Path:
    """Everything but observations, and nothing for research."""
    research = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"}
    rules = [{"type": "deny", "class": [OBSERVATION]}, {"type": "deny", "purpose": [research]}]
    file = tmp_path / "consent.json"
    file.write_text(json.dumps(resource(policyRule=policy("OPTIN"), provision={"provision": rules})))
    return file


def test_a_twin_and_issues_under_a_consent(run: Run, consent: Path) -> None:
    run("ingest", CASE)
    assert json.loads(run("infer", "p1", "--at", AT, "--json").out)
    assert json.loads(run("infer", "p1", "--at", AT, "--consent", consent, "--json").out) == []
    assert ", kept at revision " in run("infer", "p1", "--at", AT).out
    assert ", not kept\n" in run("infer", "p1", "--at", AT, "--consent", consent).out
    twin = json.loads(run("twin", "p1", "--at", AT, "--consent", consent, "--json").out)
    assert {fact["kind"] for fact in twin["facts"]} == {"Medication"}
    assert (twin["issues"], twin["caveats"][0]["code"]) == ([], "withheld")
    research = json.loads(run("twin", "p1", "--at", AT, "--consent", consent, "--purpose", "HRESCH", "--json").out)
    assert research["facts"] == []
    assert [caveat["code"] for caveat in research["caveats"]] == ["withheld"]
    assert "consent withholds" in run("twin", "p1", "--at", AT, "--consent", consent).out


def test_rows_of_a_population_keep_to_no_consent(run: Run, consent: Path, tmp_path: Path) -> None:
    done = run("infer", "--all", "--to", tmp_path / "rows", "--consent", consent)
    assert (done.code, "keep to no consent" in done.err, (tmp_path / "rows").exists()) == (2, True, False)


def test_what_cannot_be_kept_to_is_refused(run: Run, consent: Path, tmp_path: Path) -> None:
    run("ingest", CASE)
    done = run("twin", "p1", "--consent", consent, "--purpose", "FUN")
    assert (done.code, "no purpose 'FUN'" in done.err) == (2, True)
    assert "readable file" in run("twin", "p1", "--consent", tmp_path / "none").err
    given = json.loads(consent.read_text())
    given["provision"]["provision"][0]["actor"] = [{}]
    consent.write_text(json.dumps(given))
    done = run("twin", "p1", "--consent", consent)
    assert (done.code != 0, "Consent.provision.provision[0].actor" in done.err) == (True, True)

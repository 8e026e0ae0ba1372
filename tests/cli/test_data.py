"""``ingest``, ``infer``, ``twin``, ``explain``: the main job from the command line."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from kgtwin.cli.render import SHOWN_CAVEATS
from tests.cli.conftest import TESTS, Run

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
EXPECTED = json.loads(CASE.with_suffix(".expected.json").read_text())
DOCUMENTED = {
    "resourceType", "id", "patient", "status", "severity", "significance", "kind", "basis", "statement", "detail", "at",
    "revision", "knowledge", "implicated", "evidence", "mitigation", "derivation", "caveats",
}  # fmt: skip


def test_ingest_acknowledges_each_submission_on_a_line(run: Run) -> None:
    done = run("ingest", CASE, "--json")
    (line,) = done.out.splitlines()
    receipt = json.loads(line)
    assert (done.code, receipt["label"], receipt["revision"], receipt["rejected"]) == (0, str(CASE), 1, 0)
    assert receipt["patients"] == ["local|p1"]


def test_an_empty_path_is_not_the_working_directory(run: Run) -> None:
    done = run("ingest", "")
    assert (done.code, "an empty path" in done.err) == (2, True)


def test_ingesting_twice_changes_nothing(run: Run) -> None:
    run("ingest", CASE)
    again = json.loads(run("ingest", CASE, "--json").out)
    assert (again["revision"], again["facts"]) == (None, 0)
    assert set(again["outcomes"]) == {"unchanged"}


def test_infer_answers_the_documented_array(run: Run) -> None:
    run("ingest", CASE)
    done = run("infer", "--all", "--at", EXPECTED["at"], "--json")
    issues = json.loads(done.out)
    assert done.code == 0
    assert [issue["statement"] for issue in issues] == [row["statement"] for row in EXPECTED["issues"]]
    for issue in issues:
        assert issue.keys() >= DOCUMENTED
        assert (issue["resourceType"], issue["basis"], issue["at"]) == ("DetectedIssue", "proven", EXPECTED["at"])
        assert issue["derivation"]["premises"]
        assert issue["evidence"][0].keys() >= {"source", "status", "text"}


def test_ingest_infers_as_infer_does(run: Run) -> None:
    run("ingest", CASE, "--infer", "--at", EXPECTED["at"])
    query = "MATCH (:Patient)-[:HAS_ISSUE]->(i:DetectedIssue) RETURN i.statement AS statement ORDER BY statement"
    stored = json.loads(run("cypher", query, "--format", "json").out)
    assert [row[0] for row in stored["rows"]] == sorted(row["statement"] for row in EXPECTED["issues"])


def test_an_evaluation_time_without_an_evaluation_is_refused(run: Run) -> None:
    done = run("ingest", CASE, "--at", "2026-01-01")
    assert (done.code, "--infer" in done.err) == (2, True)


def test_the_issue_of_one_patient_is_explained_in_every_form(run: Run) -> None:
    run("ingest", CASE)
    (issue, *_) = json.loads(run("infer", "p1", "--at", EXPECTED["at"], "--json").out)
    text = run("explain", issue["id"])
    assert text.code == 0
    assert "received: MedicationRequest/m1 from local" in text.out
    assert "thresholds.ofn:" in text.out
    assert "not clinically validated" in text.out
    assert run("explain", issue["id"], "--format", "mermaid").out.startswith("flowchart BT")
    assert json.loads(run("explain", issue["id"], "--format", "json").out)["id"] == issue["id"]


def test_an_issue_s_id_outlives_a_new_version_of_its_resource(run: Run, tmp_path: Path) -> None:
    run("ingest", CASE)
    before = {i["id"] for i in json.loads(run("infer", "--all", "--at", EXPECTED["at"], "--json").out)}
    bundle = json.loads(CASE.read_text())
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "MedicationRequest":
            entry["resource"]["note"] = [{"text": "renewed"}]
            entry["resource"]["authoredOn"] = "2025-12-01"
    renewed = tmp_path / "renewed.json"
    renewed.write_text(json.dumps(bundle))
    assert json.loads(run("ingest", renewed, "--json").out)["outcomes"]["superseded"] == 1
    after = {i["id"] for i in json.loads(run("infer", "--all", "--at", EXPECTED["at"], "--json").out)}
    assert before == after != set()


def test_twin_shows_facts_and_what_follows(run: Run) -> None:
    run("ingest", CASE)
    done = run("twin", "p1", "--at", EXPECTED["at"], "--json")
    twin = json.loads(done.out)
    assert done.code == 0
    assert {fact["kind"] for fact in twin["facts"]} >= {"Medication", "Observation"}
    assert [issue["statement"] for issue in twin["issues"]] == [row["statement"] for row in EXPECTED["issues"]]
    people = run("twin", "local|p1", "--at", EXPECTED["at"])
    assert "Issues at" in people.out
    assert "not clinically validated" in people.out


def test_twin_as_of_an_earlier_revision(run: Run) -> None:
    run("ingest", TESTS / "bad" / "older-after-newer")
    first = json.loads(run("twin", "p1", "--as-of", "1", "--json").out)
    assert first["revision"] == 1
    assert run("twin", "p1", "--as-of", "0").code == 3
    later = run("twin", "p1", "--as-of", "2020")
    assert (later.code, later.out) == (3, "")
    assert "no revision 2020 yet" in later.err


def test_now_is_the_default_time_and_a_source_keeps_patients_apart(run: Run) -> None:
    run("ingest", CASE, "--source", "ward-3")
    assert run("twin", "p1").code == 3
    assert json.loads(run("twin", "ward-3|p1", "--json").out)["patient"]["source"] == "ward-3"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["infer"], 2, "name one patient"),
        (["infer", "p1", "--all"], 2, "name one patient"),
        (["infer", "--all", "--at", "yesterday"], 2, "--at"),
        (["ingest"], 2, "PATH"),
        (["ingest", "no/such/file.json"], 2, "no/such/file.json"),
        (["ingest", str(CASE), "--source", "a|b"], 2, "--source"),
        (["explain", "di-0", "--format", "xml"], 2, "text, json or mermaid"),
        (["explain", "di-0"], 3, "ingest first"),
        (["twin", "p1", "--store", "sqlite:x"], 2, "ladybug:PATH"),
        (["nonsense"], 2, "nonsense"),
        (["serve", "--host", "0.0.0.0"], 2, "--insecure-bind"),
        (["cypher", "MATCH (n) RETURN n", "-p", "novalue"], 2, "NAME=VALUE"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: list[str], code: int, said: str) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_one_patient_s_issues_are_listed_with_where_they_are_kept(run: Run) -> None:
    run("ingest", CASE)
    done = run("infer", "p1", "--at", EXPECTED["at"])
    assert "local|p1 at " in done.out
    kept = int(re.search(r"kept at revision (\d+)", done.out).group(1))  # type: ignore[union-attr]
    assert all(one["statement"] in done.out for one in EXPECTED["issues"])
    same = run("what-changed", "p1", "--since", kept, "--at", EXPECTED["at"])
    assert "0 facts changed, 0 issues" in same.out
    assert "was not stored" not in same.out


def test_what_is_said_to_show_all_caveats_does(run: Run, tmp_path: Path) -> None:
    """Those of data that cannot be right come first."""
    bundle = json.loads(CASE.read_text())
    about = {"subject": {"reference": "Patient/p1"}}
    for number in range(20):
        coding = {"system": "https://example.org", "code": f"x{number}"}
        status = {"verificationStatus": {"coding": [{"code": "confirmed"}]}, "code": {"coding": [coding]}}
        resource = {"resourceType": "Condition", "id": f"x{number}", **about, **status}
        bundle["entry"].append({"resource": resource})
    mass = {"value": 4000, "unit": "g", "system": "http://unitsofmeasure.org", "code": "g"}
    coding = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "703"}
    order: dict[str, object] = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [coding]},
    }
    order |= {"dosageInstruction": [{"doseAndRate": [{"doseQuantity": mass}]}]}
    bundle["entry"].append({"resource": {"resourceType": "MedicationRequest", "id": "m9", **about, **order}})
    bundle["type"] = "collection"
    path = tmp_path / "many.json"
    path.write_text(json.dumps(bundle))
    run("ingest", path)
    done = run("infer", "p1", "--at", EXPECTED["at"])
    first = done.out.partition("Caveats\n")[2].splitlines()[0]
    assert first.startswith("  implausible: MedicationRequest/m9 dosageInstruction[0]: ")
    more, how = re.search(r"and (\d+) more \(`kgtwin (.*)` shows all\)", done.out).groups()  # type: ignore[union-attr]
    shown = json.loads(run(*shlex.split(how)).out)["caveats"]
    assert len(shown) == int(more) + SHOWN_CAVEATS
    assert isinstance(json.loads(run("infer", "p1", "--at", EXPECTED["at"], "--json").out), list)


def test_what_only_statements_have_is_refused_of_a_rule_s_issue(run: Run) -> None:
    case = TESTS / "cases" / "rules" / "gabapentin-900-mg-clearance-20.json"
    run("ingest", case)
    found = json.loads(run("infer", "p1", "--at", "2026-01-15", "--json").out)
    (issue,) = [one["id"] for one in found if one["kind"] == "dose-renal"]
    done = run("explain", issue, "--all")
    assert (done.code, done.out) == (3, "")
    assert "is raised by a rule" in done.err
    assert "lower the dose of" in run("repair", issue).out

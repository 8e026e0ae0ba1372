"""``why``, ``why-not``, ``whom``, ``repair``, ``override``, ``overrides`` and ``alerts`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TESTS, Run

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
EXPECTED = json.loads(CASE.with_suffix(".expected.json").read_text())
AT, STATEMENT = EXPECTED["at"], EXPECTED["issues"][0]["statement"]


@pytest.fixture
def inferred(run: Run) -> Run:
    assert run("ingest", CASE).code == 0
    assert run("infer", "p1", "--at", AT).code == 0
    return run


def issue_of(run: Run) -> str:
    found = json.loads(run("alerts", "p1", "--at", AT, "--json", "--overridden").out)
    return str(next(one["id"] for one in found if one["statement"] == STATEMENT))


def test_why_proves_what_holds_and_says_where_it_does_not(inferred: Run) -> None:
    done = inferred("why", "p1", STATEMENT, "--at", AT)
    assert done.code == 0
    assert "received: " in done.out
    absent = inferred("why", "p1", "kgtwin:CI_0001", "--at", AT)
    assert absent.code == 1
    assert "why-not" in absent.err
    assert json.loads(inferred("why", "p1", STATEMENT, "--at", AT, "--json").out)["premises"]
    none = inferred("why", "p1", "contradiction", "--at", AT)
    assert (none.code, "nothing that was received" in none.out) == (1, True)


def test_why_not_names_the_missing_premise(inferred: Run) -> None:
    done = inferred("why-not", "p1", STATEMENT, "--at", "2031-01-01")
    assert done.code == 0
    assert "does not hold" in done.out
    assert "MISSING" in done.out
    assert "does not count any more" in done.out
    holds = inferred("why-not", "p1", STATEMENT, "--at", AT)
    assert f"kgtwin explain {issue_of(inferred)}" in holds.out
    found = json.loads(inferred("why-not", "p1", STATEMENT, "--at", AT, "--json").out)
    assert (found["holds"], found["issues"]) == (True, [issue_of(inferred)])
    unknown = inferred("why-not", "p1", "kgtwin:NoSuchThing")
    assert (unknown.code, "nothing is called" in unknown.err) == (2, True)


def test_whom_finds_everybody_concerned(inferred: Run) -> None:
    done = inferred("whom", STATEMENT, "--at", AT)
    assert done.code == 0
    assert f"local|p1 {issue_of(inferred)}" in done.out
    found = json.loads(inferred("whom", STATEMENT, "--at", AT, "--json").out)
    assert [(one["patient"], one["issues"]) for one in found["found"]] == [("local|p1", [issue_of(inferred)])]
    assert (found["statement"], found["patients"]) == (STATEMENT, 1)
    nobody = inferred("whom", "kgtwin:CI_0001", "--at", AT)
    assert (nobody.code, "0 of 1 patient" in nobody.out) == (1, True)
    assert inferred("whom", "takesNow some (hasActiveIngredient some Metformin)", "--at", AT).code == 0
    unknown = inferred("whom", "kgtwin:NoSuchThing")
    assert (unknown.code, "nothing is called" in unknown.err) == (2, True)


def test_a_repair_is_suggested_and_changes_nothing(inferred: Run) -> None:
    before = inferred("twin", "p1", "--at", AT, "--json").out
    done = inferred("repair", issue_of(inferred))
    assert done.code == 0
    assert "suggestion 1" in done.out
    assert "stop or replace" in done.out
    assert "only if it comes out otherwise" in done.out
    assert inferred("twin", "p1", "--at", AT, "--json").out == before
    assert inferred("repair", "di-0000000000000000").code == 3


def test_an_override_hides_an_alert_and_says_who(inferred: Run) -> None:
    issue = issue_of(inferred)
    done = inferred("override", issue, "--reason", "2", "--by", "Dr. A", "--text", "creatinine is stable")
    assert (done.code, "Assessed Patient" in done.out) == (0, True)
    hidden = inferred("alerts", "p1", "--at", AT)
    assert issue not in hidden.out
    assert "1 overridden" in hidden.out
    shown = inferred("alerts", "p1", "--at", AT, "--overridden").out
    assert "overridden by Dr. A" in shown
    assert "overridden by Dr. A" in inferred("twin", "p1", "--at", AT).out
    assert "overridden by Dr. A" in inferred("explain", issue).out
    told = next(
        one for one in json.loads(inferred("twin", "p1", "--at", AT, "--json").out)["issues"] if one["id"] == issue
    )
    assert (told["status"], told["override"]["by"]) == ("preliminary", "Dr. A")
    assert issue in inferred("overrides").out
    counts = json.loads(inferred("overrides", "--by-statement", "--json").out)
    assert [(one["statement"], one["overrides"], one["silenced"]) for one in counts] == [(STATEMENT, 1, 1)]
    assert STATEMENT in inferred("overrides", "--by-statement").out
    assert inferred("override", issue, "--reason", "2", "--by", "Dr. A", "--withdraw").code == 0
    assert issue in inferred("alerts", "p1", "--at", AT).out


def test_what_cannot_be_overridden_is_an_error(inferred: Run) -> None:
    wrong = inferred("override", issue_of(inferred), "--reason", "because", "--by", "Dr. A")
    assert (wrong.code, "Therapy Appropriate" in wrong.err) == (2, True)
    assert inferred("override", "di-0000000000000000", "--reason", "1", "--by", "Dr. A").code == 3
    assert inferred("overrides", "p1", "--by-statement").code == 2
    assert inferred("overrides").out == "no overrides\n"


def test_what_the_ontology_of_then_said_is_compared(inferred: Run, tmp_path: Path) -> None:
    import shutil  # noqa: PLC0415

    folder = tmp_path / "ontologies"
    shutil.copytree(TESTS.parent / "ontologies", folder)
    edited = folder / "core.ofn"
    edited.write_text(edited.read_text().replace('"Severe grade"@en', '"Severe"@en'))
    done = inferred("what-changed", "p1", "--since", "3", "--at", AT, "--ontology", folder / "kgtwin.owl")
    assert "the knowledge was" in done.out
    assert "not at hand" in done.out
    beside = inferred(
        "what-changed", "p1", "--since", "3", "--at", AT, "--ontology", folder / "kgtwin.owl",
        "--ontology-before", TESTS.parent / "ontologies",
    )  # fmt: skip
    assert (beside.code, "not at hand" in beside.out) == (0, False)

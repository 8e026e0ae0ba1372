"""``history``, ``what-changed``, ``erase``, ``feed``, ``migrate``: what was known when, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TESTS, Run

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
EXPECTED = json.loads(CASE.with_suffix(".expected.json").read_text())
AT = EXPECTED["at"]


@pytest.fixture
def corrected(run: Run, tmp_path: Path) -> Run:
    """A patient whose kidney value was corrected to a good one in a second revision."""
    assert run("ingest", CASE).code == 0
    bundle = json.loads(CASE.read_text())
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation":
            resource["valueQuantity"]["value"] = 85
            resource["status"] = "corrected"
    file = tmp_path / "corrected.json"
    file.write_text(json.dumps(bundle))
    assert run("ingest", file).code == 0
    return run


def test_what_changed_tells_facts_issues_and_why(corrected: Run) -> None:
    done = corrected("what-changed", "p1", "--since", "1", "--at", AT)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("local|p1: revision 1 at ")
    assert any(line.startswith("~ Observation") and "→" in line for line in lines)
    gone = [n for n, line in enumerate(lines) if line.startswith("- ") and EXPECTED["issues"][0]["statement"] in line]
    assert gone
    assert lines[gone[0] + 1].strip().startswith("because: ~ Observation")


def test_what_changed_as_json_names_both_sides(corrected: Run) -> None:
    found = json.loads(corrected("what-changed", "p1", "--since", "1", "--at", AT, "--json").out)
    assert (found["before"]["as_of"], found["after"]["as_of"]) == (1, 2)
    assert [(i["reason"], i["after"]) for i in found["issues"]] == [("facts", None)] * len(EXPECTED["issues"])
    assert all(one["facts"] for one in found["issues"])
    same = json.loads(corrected("what-changed", "p1", "--since", "2", "--at", AT, "--json").out)
    assert (same["facts"], same["issues"]) == ([], [])


def test_time_alone_changes_issues_too(run: Run) -> None:
    run("ingest", CASE)
    found = json.loads(run("what-changed", "p1", "--since", "1", "--at", AT, "--at-before", "1990-01-01", "--json").out)
    assert found["facts"] == []
    assert {one["reason"] for one in found["issues"]} == {"time"}
    assert [one["after"]["statement"] for one in found["issues"]] == [i["statement"] for i in EXPECTED["issues"]]


def test_history_shows_each_version(corrected: Run) -> None:
    twin = json.loads(corrected("twin", "p1", "--json").out)
    (fact,) = [one for one in twin["facts"] if one["kind"] == "Observation"]
    table = corrected("history", fact["id"])
    assert [line.split()[1:3] for line in table.out.splitlines()[1:]] == [["revision", "1"], ["revision", "2"]]
    found = json.loads(corrected("history", fact["id"], "--json").out)
    assert [one["counted"] for one in found] == [[1, 2], [2, None]]
    assert corrected("history", "f-0").code == 3


def test_erase_asks_first_and_leaves_nothing(corrected: Run) -> None:
    refused = corrected("erase", "p1")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    done = corrected("erase", "p1", "--yes")
    assert (done.code, done.out.startswith("erased at revision 3")) == (0, True)
    assert corrected("twin", "p1").code == 3
    assert "p1" not in corrected("feed", "show", "--json").out
    assert corrected("erase", "p1", "--yes").code == 3


def test_the_feed_is_shown_and_compacted(corrected: Run) -> None:
    lines = [json.loads(line) for line in corrected("feed", "show", "--json").out.splitlines()]
    assert [one["revision"]["number"] for one in lines] == [1, 2]
    assert sorted(fact["opened"] for fact in lines[1]["facts"]) == [False, True]
    assert corrected("feed", "show", "--after", "1").out.count("facts") == 1
    assert corrected("feed", "consumers").code == 0
    assert json.loads(corrected("feed", "compact", "--upto", "1", "--json").out) == {
        "horizon": 1, "revisions": 1, "held_by": [],
    }  # fmt: skip
    refused = corrected("feed", "show")
    assert (refused.code, "no longer told" in refused.err) == (3, True)
    assert corrected("feed", "forget", "nobody").code == 3


def test_a_current_store_needs_no_migration(run: Run) -> None:
    run("ingest", CASE)
    assert "nothing to do" in run("migrate").out
    assert json.loads(run("migrate", "--dry-run", "--json").out)["steps"] == []


def test_a_backup_is_restored_and_a_store_is_moved(corrected: Run, tmp_path: Path) -> None:
    file, second, third = tmp_path / "b.backup", f"ladybug:{tmp_path / '2.lbdb'}", f"ladybug:{tmp_path / '3.lbdb'}"
    saved = json.loads(corrected("backup", file, "--json").out)
    assert (saved["revision"], saved["patients"]) == (2, 1)
    assert json.loads(corrected("restore", file, "--store", second, "--json").out) == saved
    assert json.loads(corrected("move", "--to", third, "--json").out)["content"] == saved["content"]
    for store in (second, third):
        assert corrected("twin", "p1", "--as-of", "1", "--at", AT, "--store", store).out == (
            corrected("twin", "p1", "--as-of", "1", "--at", AT).out
        )
    again = corrected("restore", file, "--store", second)
    assert (again.code, "not empty" in again.err) == (2, True)
    assert corrected("backup", file).code == 2
    file.write_bytes(file.read_bytes()[:-9])
    broken = corrected("restore", file, "--store", f"ladybug:{tmp_path / '4.lbdb'}")
    assert (broken.code, str(file) in broken.err) == (3, True)
    lines = corrected("backup", tmp_path / "c.backup").out
    assert lines.startswith(f"saved in {tmp_path / 'c.backup'}: 1 patients at revision 2, ")

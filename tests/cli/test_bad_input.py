"""Bad input: what is wrong is said with its place and the way out, what is good is kept, no patient is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TESTS, Run

BAD = TESTS / "bad"
NAME = "Quagmirex"


@pytest.mark.parametrize(
    ("file", "code", "said", "kept"),
    [
        ("truncated-bundle.json", 1, ["byte"], None),
        ("not-json.json", 1, ["byte"], None),
        ("not-fhir.json", 1, ["resourceType"], None),
        ("not-an-object.json", 1, ["object"], None),
        ("empty.json", 1, ["empty"], None),
        ("unknown-resource-type.json", 1, ["Starship"], {"Condition/good"}),
        ("wrong-type.json", 1, ["Condition/bad", "onsetDateTime"], {"Condition/good"}),
        ("wrong-type-nested.json", 1, ["Condition/bad", "code.coding"], {"Condition/good"}),
        ("reference-to-nobody.json", 1, ["Condition/bad", "send the Patient"], {"Condition/good"}),
        ("bad-sctid.json", 0, ["Condition/bad", "check digit"], {"Condition/good", "Condition/bad"}),
        ("unknown-unit.json", 0, ["Observation/bad", "furlong"], {"Observation/good", "Observation/bad"}),
        ("impossible-date.json", 1, ["Condition/bad", "onsetDateTime"], {"Condition/good"}),
        ("one-bad-line.ndjson", 1, ["3"], {"Condition/good", "Condition/good2"}),
        ("same-version-twice", 1, ["received before with other content"], None),
    ],
)
def test_file(run: Run, file: str, code: int, said: list[str], kept: set[str] | None) -> None:
    done = run("ingest", BAD / file)
    assert done.code == code
    assert file in done.err
    for word in said:
        assert word in done.err
    assert NAME not in done.err
    if kept is not None:
        facts = json.loads(run("twin", "p1", "--json").out)["facts"]
        assert {fact["provenance"]["resource"] for fact in facts} >= kept
        assert any(r.endswith("/bad") for r in kept) == any(f["provenance"]["resource"].endswith("/bad") for f in facts)


def test_an_older_version_after_a_newer_one_is_history(run: Run) -> None:
    done = run("ingest", BAD / "older-after-newer", "--json")
    outcomes = [name for line in done.out.splitlines() for name in json.loads(line)["outcomes"]]
    assert "history" in outcomes


def test_a_good_file_beside_bad_ones_is_kept(run: Run, tmp_path: Path) -> None:
    for name in ("empty.json", "truncated-bundle.json", "wrong-type.json"):
        (tmp_path / name).write_bytes((BAD / name).read_bytes())
    assert run("ingest", tmp_path).code == 1
    assert json.loads(run("twin", "p1", "--json").out)["facts"]


@pytest.mark.parametrize(
    ("file", "code", "said"),
    [
        ("syntax-error.ofn", 3, "syntax-error.ofn:"),
        ("not-an-ontology.ofn", 3, "not-an-ontology.ofn"),
        ("truncated.owl", 3, "truncated.owl"),
        ("missing-import.ofn", 3, "http://example.org/bad/nowhere"),
        ("unsatisfiable.ofn", 1, "Euglena"),
        ("no-such-file.ofn", 3, "no-such-file.ofn"),
    ],
)
def test_ontology(run: Run, file: str, code: int, said: str) -> None:
    done = run("ontology", "classify", BAD / "ontology" / file)
    assert done.code == code
    assert said in done.err


def test_a_taxonomy_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    done = run("ontology", "classify", BAD / "ontology" / "unsatisfiable.ofn", "-o", tmp_path / "none" / "out.ofn")
    assert (done.code, done.out) == (2, "")
    assert "cannot be written" in done.err
    assert "out.ofn" in done.err


def test_a_store_that_another_process_holds(run: Run, store: str, tmp_path: Path) -> None:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    holder = (
        "import asyncio, sys\n"
        "from kgtwin.store.factory import open_store\n"
        "async def main():\n"
        "    async with open_store(sys.argv[1]):\n"
        "        print('held', flush=True); sys.stdin.read()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        done = run("ingest", BAD / "bad-sctid.json")
        process.communicate("")
    assert done.code == 3
    assert "in use" in done.err

"""``refresh`` from the command line: it leaves what ``infer --all`` leaves, and infers only whom the edit can touch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kgtwin.inference.editing import archive
from tests.cli.conftest import TESTS, Run

CONTEXTS = TESTS / "cases" / "contexts"
CORE = TESTS.parent / "ontologies" / "core.ofn"
AT = "2026-01-15T12:00:00Z"
ISSUES = (
    "MATCH (p:Patient)-[:HAS_ISSUE]->(i:DetectedIssue) "
    "RETURN i.id AS id, i.title AS title, i.significance AS significance, i.detail AS detail ORDER BY id"
)
TWO_NSAIDS = "two-nsaids.json"


@pytest.fixture(autouse=True)
def own_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests in other processes keep so many knowledges that those of here would be pruned."""
    monkeypatch.setattr(archive, "_path", lambda version: tmp_path / f"{version.replace('/', '-')}{archive.SUFFIX}")


@pytest.fixture
def ontology(tmp_path: Path) -> Path:
    """The ontology for tests, as one that can be edited."""
    folder = tmp_path / "ontology"
    folder.mkdir()
    shutil.copy(CONTEXTS / "contexts.ofn", folder)
    catalog = (CONTEXTS / "catalog-v001.xml").read_text(encoding="utf-8")
    (folder / "catalog-v001.xml").write_text(catalog.replace("../../../ontologies/core.ofn", CORE.as_uri()))
    return folder / "contexts.ofn"


def change(ontology: Path, old: str, new: str) -> None:
    text = ontology.read_text(encoding="utf-8")
    assert old in text
    ontology.write_text(text.replace(old, new), encoding="utf-8")


def received(folder: Path) -> list[Path]:
    """Bundles of several patients: each is of one patient, whose id is made the bundle's name."""
    found = []
    for path in sorted((CONTEXTS / "patients").glob("*.json")):
        if not path.name.endswith(".expected.json"):
            copy = folder / path.name
            text = path.read_text(encoding="utf-8")
            patient = next(
                one["resource"]["id"]
                for one in json.loads(text)["entry"]
                if one["resource"]["resourceType"] == "Patient"
            )
            text = text.replace(f'"{patient}"', f'"{path.stem}"').replace(f"Patient/{patient}", f"Patient/{path.stem}")
            bundle = json.loads(text)
            for entry in bundle["entry"]:
                if entry["resource"]["resourceType"] != "Patient":
                    entry["resource"]["id"] = f"{path.stem}-{entry['resource']['id']}"[:64]
            copy.write_text(json.dumps(bundle), encoding="utf-8")
            found.append(copy)
    return found


def test_it_leaves_what_infer_all_leaves(
    run: Run, ontology: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "received"
    folder.mkdir()
    count = len(received(folder))
    run("ingest", folder, "--infer", "--at", AT, "--ontology", ontology)
    first = json.loads(run("cypher", ISSUES, "--format", "json").out)["rows"]
    assert json.loads(run("refresh", "--ontology", ontology, "--at", AT, "--json").out)["touched"] == 0
    change(ontology, '"Two NSAIDs."', '"Two NSAIDs at once."')
    change(ontology, "SubClassOf(rxnorm:723 :Penicillin)", "SubClassOf(rxnorm:723 :Substance)")
    dry = json.loads(run("refresh", "--dry-run", "--ontology", ontology, "--at", AT, "--json").out)
    assert (dry["looked"], dry["stored"], dry["patients"]) == (count, 0, count)
    assert 0 < dry["touched"] < count // 2
    assert json.loads(run("cypher", ISSUES, "--format", "json").out)["rows"] == first
    told = run("refresh", "--ontology", ontology, "--at", AT)
    assert f"{count} patients looked at, {dry['touched']} inferred and stored" in told.out
    refreshed = json.loads(run("cypher", ISSUES, "--format", "json").out)["rows"]
    assert refreshed != first
    monkeypatch.setenv("KGTWIN_STORE", f"ladybug:{tmp_path / 'other.lbdb'}")
    run("ingest", folder)
    run("infer", "--all", "--at", AT, "--ontology", ontology)
    assert json.loads(run("cypher", ISSUES, "--format", "json").out)["rows"] == refreshed


def test_whoever_was_not_inferred_is(run: Run, ontology: Path) -> None:
    run("ingest", CONTEXTS / "patients" / TWO_NSAIDS)
    done = json.loads(run("refresh", "--ontology", ontology, "--at", AT, "--json").out)
    assert (done["touched"], done["stored"], done["state"]) == (1, 1, "done")
    assert "nothing was edited" in run("refresh", "--ontology", ontology).out


def test_doctor_says_that_a_refresh_is_due(run: Run, ontology: Path) -> None:
    run("ingest", CONTEXTS / "patients" / TWO_NSAIDS, "--infer", "--at", AT, "--ontology", ontology)
    findings = {one["what"]: one for one in json.loads(run("doctor", "--json").out)}
    assert findings["conclusions"]["state"] == "note"
    assert "kgtwin refresh" in findings["conclusions"]["text"]
    run("refresh")
    findings = {one["what"]: one for one in json.loads(run("doctor", "--json").out)}
    assert findings["conclusions"]["state"] == "ok"

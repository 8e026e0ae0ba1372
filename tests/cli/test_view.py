"""``kgtwin view``: how the view stands, whether it says what the store says, and building it anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.store.rdf_files import ViewFolder
from tests.cli.conftest import TESTS, Run
from tests.store.rdf_tools import GRAPH, change, locked_by_another

PATIENTS = sorted((TESTS.parent / "samples" / "patients").iterdir())[:2]
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH graph:%s { ?s ?p ?o } }"


@pytest.fixture
def folder(store: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The view of a store of two patients, with a small ontology."""
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "small.ofn").write_text(
        "Prefix(:=<urn:x:>) Ontology(<urn:x:small> Declaration(Class(:A)) SubClassOf(:A ObjectSomeValuesFrom(:p :A)))"
    )
    assert run("ingest", *PATIENTS).code in {0, 1}
    monkeypatch.setenv("KGTWIN_ONTOLOGY", str(tmp_path / "ontology" / "small.ofn"))
    return Path(store.partition(":")[2] + ".rdf")


def test_the_life_of_a_view(folder: Path, run: Run) -> None:
    missing = json.loads(run("view", "status", "--json").out)
    assert (missing["state"], missing["revision"], missing["folder"]) == ("missing", None, str(folder))
    assert not folder.exists()
    assert int(run("sparql", COUNT % "asserted").out.split()[-1]) > 1_000
    assert int(run("sparql", COUNT % "ontology").out.split()[-1]) > 5
    assert run("sparql", COUNT % "asserted", "--json").code == 0
    fresh = json.loads(run("view", "status", "--json").out)
    assert (fresh["state"], fresh["revision"], fresh["store_revision"], fresh["writer"]) == ("fresh", 1, 1, "")
    assert "fresh" in run("view", "status").out
    done = run("view", "verify")
    assert (done.code, done.out.splitlines()[-1].endswith("the view says what the store says")) == (0, True)


def test_what_differs_is_said_and_rebuilding_mends_it(folder: Path, run: Run) -> None:
    before = json.loads(run("view", "verify", "--json").out)
    assert before["differences"] == []
    lease = ViewFolder(folder).lease()
    assert lease is not None
    patients = "?s a <https://w3id.org/kgtwin/ontology#Patient>"
    change(lease.path, f"DELETE WHERE {{ GRAPH <{GRAPH}asserted> {{ {patients} }} }}")
    lease.close()
    done = run("view", "verify")
    assert done.code == 1
    assert "asserted" in done.out
    assert "kgtwin view rebuild" in done.err
    assert not any(part in done.out + done.err for part in ("local|", "urn:", "data/patient"))
    assert json.loads(run("view", "rebuild", "--json").out)["state"] == "fresh"
    assert json.loads(run("view", "verify", "--json").out) == before


def test_a_second_writer_is_told_who_the_first_is(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("view", "rebuild").code == 0
    monkeypatch.setattr("kgtwin.store.rdf_views.WAIT_SECONDS", 0.1)
    with locked_by_another(folder) as pid:
        assert run("sparql", COUNT % "asserted").code == 0
        done = run("view", "rebuild")
        assert done.code == 3
        assert f"process {pid}" in done.err


def test_a_folder_of_ones_own_choice(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KGTWIN_VIEW", str(tmp_path / "elsewhere"))
    assert run("view", "rebuild").code == 0
    assert (tmp_path / "elsewhere" / "current.json").exists()
    assert not folder.exists()

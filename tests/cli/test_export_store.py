"""``export parquet``, ``export nquads`` and ``restore`` of what they wrote, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TESTS, Run

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
OTHER = TESTS / "cases" / "drug-allergy" / "aspirin-naproxen.json"


@pytest.fixture
def filled(run: Run) -> Run:
    for case in (CASE, OTHER):
        assert run("ingest", case, "--source", case.stem).code == 0
    return run


def test_every_form_restores_an_equal_store(filled: Run, tmp_path: Path) -> None:
    saved = json.loads(filled("backup", tmp_path / "b.backup", "--json").out)
    as_parquet = json.loads(filled("export", "parquet", tmp_path / "out", "--json").out)
    assert {**saved, "bytes": 0} == {**as_parquet, "bytes": 0}
    quads = json.loads(filled("export", "nquads", tmp_path / "x.nq.gz", "--whole", "--json").out)
    assert (quads["content"], quads["revision"]) == (saved["content"], saved["revision"])
    assert all(quads["quads"][name] for name in ("asserted", "ontology", "records"))
    for number, source in enumerate(("b.backup", "out", "x.nq.gz")):
        store = f"ladybug:{tmp_path / f'{number}.lbdb'}"
        restored = filled("restore", tmp_path / source, "--store", store, "--json")
        assert restored.code == 0, restored.err
        assert json.loads(restored.out)["content"] == saved["content"]
        again = filled("restore", tmp_path / source, "--store", store)
        assert (again.code, "not empty" in again.err) == (2, True)
    view = filled("export", "nquads", tmp_path / "view.nq")
    assert " asserted, " in view.out
    assert "digest" not in view.out
    refused = filled("restore", tmp_path / "view.nq", "--store", f"ladybug:{tmp_path / 'other.lbdb'}")
    assert (refused.code, "the RDF view alone" in refused.err) == (3, True)


def test_what_was_written_is_said(filled: Run, tmp_path: Path) -> None:
    done = filled("export", "parquet", tmp_path / "out")
    assert done.out.startswith(f"{tmp_path / 'out'}: 2 patients at revision ")
    refused = filled("export", "parquet", tmp_path / "out")
    assert (refused.code, "something already" in refused.err) == (2, True)
    (tmp_path / "out" / "nodes" / "Condition.parquet").write_bytes(b"")
    refused = filled("restore", tmp_path / "out", "--store", f"ladybug:{tmp_path / 'third.lbdb'}")
    assert (refused.code, "nodes/Condition.parquet: it was changed" in refused.err) == (3, True)


def test_a_place_that_cannot_be_written_is_named(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in (("parquet",), ("fhir", "--source", CASE.stem), ("omop",), ("nquads",)):
        done = filled("export", command[0], tmp_path / "file" / "x", *command[1:])
        assert done.code == 2, done.err
        assert f"{tmp_path / 'file' / 'x'}: the export cannot be written: Not a directory" in done.err


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b", b"PK", b'{"part":"header"}'])
def test_what_holds_no_store_is_refused(run: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    done = run("restore", tmp_path / "x")
    assert done.code == 3
    assert done.err.startswith(f"kgtwin: {tmp_path / 'x'}: th")
    assert "backup" in done.err

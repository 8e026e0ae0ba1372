"""``export fhir`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kgtwin.cli import export_fhir
from kgtwin.errors import KgtwinError, NotFoundError, UsageError
from tests.cli.conftest import TESTS, Run

CASE = TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json"
OTHER = TESTS / "cases" / "drug-allergy" / "aspirin-naproxen.json"

exports = typer.Typer()
export_fhir.register(exports)


@exports.callback()
def _root() -> None:
    """So that the command keeps its name, as under ``kgtwin export``."""


def export(*arguments: str | Path) -> str:
    done = CliRunner().invoke(exports, ["fhir", *map(str, arguments)])
    if isinstance(done.exception, KgtwinError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def ids(folder: Path, name: str) -> list[str]:
    return [json.loads(line)["id"] for line in (folder / f"{name}.ndjson").read_text().splitlines()]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_export_is_ingested_again(run: Run, tmp_path: Path) -> None:
    run("ingest", CASE)
    assert "1 Patient" in export(tmp_path / "out")
    other = f"ladybug:{tmp_path / 'other.lbdb'}"
    done = run("ingest", tmp_path / "out", "--store", other)
    assert (done.code, "rejected" in done.out) == (0, False)
    export(tmp_path / "again", "--store", other)
    assert files(tmp_path / "again") == files(tmp_path / "out")


def test_json_says_what_was_written(run: Run, tmp_path: Path) -> None:
    run("ingest", CASE)
    found = json.loads(export(tmp_path / "out", "--json"))
    assert found["patients"] == 1
    assert found["resources"]["Patient"] == 1
    assert found["facts"] >= sum(n for name, n in found["resources"].items() if name != "Patient")
    assert found["unsaid"] == {}


def test_one_source_or_some_patients(run: Run, tmp_path: Path) -> None:
    run("ingest", CASE)
    run("ingest", OTHER, "--source", "ward")
    with pytest.raises(UsageError, match="several sources"):
        export(tmp_path / "all")
    assert not (tmp_path / "all").exists()
    export(tmp_path / "ward", "--source", "ward")
    export(tmp_path / "some", "--patient", "ward|p1", "--patient", "ward|p1")
    assert ids(tmp_path / "ward", "Patient") == ids(tmp_path / "some", "Patient") == ["p1"]
    with pytest.raises(NotFoundError, match=r"local\|nobody"):
        export(tmp_path / "none", "--patient", "nobody")
    with pytest.raises(UsageError, match="--source"):
        export(tmp_path / "bad", "--source", "a b")


def test_as_of_an_earlier_revision(run: Run, tmp_path: Path) -> None:
    run("ingest", CASE)
    (tmp_path / "gone.json").write_text(
        json.dumps(
            {
                "resourceType": "Bundle",
                "type": "transaction",
                "entry": [{"request": {"method": "DELETE", "url": "Patient/p1"}}],
            }
        )
    )
    run("ingest", tmp_path / "gone.json")
    export(tmp_path / "now")
    export(tmp_path / "then", "--as-of", "1")
    assert (tmp_path / "now" / "deleted.ndjson").exists()
    assert not (tmp_path / "then" / "deleted.ndjson").exists()
    assert "birthDate" in (tmp_path / "then" / "Patient.ndjson").read_text()

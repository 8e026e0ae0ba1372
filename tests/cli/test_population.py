"""``infer --all --to``: the rows of all patients, the same however they are made."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from kgtwin.cli.app import app
from kgtwin.inference.population import Row, read_parquet
from kgtwin.service.population import MANIFEST, read_manifest

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "patients"
AT = "2016-06-01"


def said(*args: str, code: int = 0) -> str:
    found = CliRunner().invoke(app, list(args))
    assert found.exit_code == code, found.output
    return found.output


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"ladybug:{tmp_path_factory.mktemp('store') / 'twins.db'}"
    paths = sorted(SAMPLES.rglob("*.json*"))[:24]
    said("ingest", *map(str, paths), "--store", url)
    return url


def rows(folder: Path) -> list[Row]:
    manifest = read_manifest(folder)
    return [row for number in range(len(manifest.portions)) for row in read_parquet(folder / manifest.file(number))]


@pytest.fixture(scope="module")
def alone(store: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """What infer says of each patient."""
    found = json.loads(said("infer", "--all", "--at", AT, "--json", "--store", store))
    return sorted((one["patient"], one["id"], tuple(sorted({i["fact"] for i in one["implicated"]}))) for one in found)


@pytest.mark.parametrize("how", [(), ("--processes", "2"), ("--ray", "local", "--processes", "2")], ids=str)
def test_the_rows_are_the_issues(
    how: tuple[str, ...], store: str, alone: list[tuple[str, str, tuple[str, ...]]], tmp_path: Path
) -> None:
    if "--ray" in how:
        pytest.importorskip("ray", reason="Ray is not installed: pip install 'kgtwin[ray]'")
    said("infer", "--all", "--to", str(tmp_path), "--portion", "7", "--at", AT, "--store", store, *how)
    found = rows(tmp_path)
    assert sorted((row.patient, row.issue, row.facts) for row in found) == alone
    assert found
    assert pq.read_table(tmp_path).num_rows == len(found)


def test_a_run_goes_on_where_it_was(store: str, tmp_path: Path) -> None:
    asked = ("infer", "--all", "--to", str(tmp_path), "--portion", "5", "--store", store, "--json")
    first = json.loads(said(*asked, "--at", AT))
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")}
    (tmp_path / "issues-000002.parquet").unlink()
    again = json.loads(CliRunner().invoke(app, list(asked)).stdout)
    assert (first["new"]["portions"], again["new"]["portions"]) == (len(kept), 1)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.parquet")} == kept
    assert (again["revision"], again["at"]) == (first["revision"], first["at"])


def test_a_folder_is_about_one_thing(store: str, tmp_path: Path) -> None:
    said("infer", "--all", "--to", str(tmp_path), "--at", AT, "--store", store)
    output = said("infer", "--all", "--to", str(tmp_path), "--at", "2017-01-01", "--store", store, code=2)
    assert "another at" in output
    (tmp_path / MANIFEST).write_text("{")
    assert "cannot be read" in said("infer", "--all", "--to", str(tmp_path), "--at", AT, "--store", store, code=1)


def test_rows_are_for_all_patients(store: str, tmp_path: Path) -> None:
    assert "--to is for --all" in said("infer", "someone", "--to", str(tmp_path), "--store", store, code=2)


def test_nobody(tmp_path: Path) -> None:
    from kgtwin.store.factory import open_store  # noqa: PLC0415

    async def make() -> None:
        async with open_store(f"ladybug:{tmp_path / 'none.db'}"):
            pass

    asyncio.run(make())
    said("infer", "--all", "--to", str(tmp_path / "rows"), "--at", AT, "--store", f"ladybug:{tmp_path / 'none.db'}")
    assert rows(tmp_path / "rows") == []

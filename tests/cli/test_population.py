"""``infer --all --to``: the rows of all patients, the same however they are made."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kgtwin.inference.population import Row, read_parquet
from kgtwin.service.population import MANIFEST, read_manifest
from kgtwin.store.factory import open_store
from tests.cli.conftest import Fill, Run

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "patients"
AT = "2016-06-01"


@pytest.fixture
def filled(tmp_path: Path, fill: Fill) -> str:
    url = f"ladybug:{tmp_path / 'some.db'}"
    fill(*sorted(SAMPLES.rglob("*.json*"))[:24], url=url)
    return url


def rows(folder: Path) -> list[Row]:
    manifest = read_manifest(folder)
    return [row for number in range(len(manifest.portions)) for row in read_parquet(folder / manifest.file(number))]


BY_RAY = pytest.param(("--ray", "local", "--processes", "2"), marks=pytest.mark.slow)


@pytest.mark.parametrize("how", [(), ("--processes", "2"), BY_RAY], ids=str)
def test_the_rows_are_the_issues(how: tuple[str, ...], filled: str, run: Run, tmp_path: Path) -> None:
    if "--ray" in how:
        pytest.importorskip("ray", reason="Ray is not installed: pip install 'kgtwin[ray]'")
    alone = json.loads(run("infer", "--all", "--at", AT, "--json", "--store", filled).out)
    folder = tmp_path / "rows"
    assert run("infer", "--all", "--to", folder, "--portion", 7, "--at", AT, "--store", filled, *how).code == 0
    found = rows(folder)
    assert {(row.patient, row.issue, row.facts) for row in found} == {
        (one["patient"], one["id"], tuple(sorted({other["fact"] for other in one["implicated"]}))) for one in alone
    }
    assert len(found) == len(alone) > 0
    assert pq.read_table(folder).num_rows == len(found)


def test_a_run_goes_on_where_it_was(filled: str, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    asked = ("infer", "--all", "--to", folder, "--portion", 5, "--store", filled, "--json")
    first = json.loads(run(*asked, "--at", AT).out)
    kept = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    (folder / "issues-000002.parquet").unlink()
    again = json.loads(run(*asked).out)
    assert (first["new"]["portions"], again["new"]["portions"]) == (len(kept), 1)
    assert {path.name: path.read_bytes() for path in folder.glob("*.parquet")} == kept
    assert (again["revision"], again["at"]) == (first["revision"], first["at"])


def test_a_folder_is_about_one_thing(filled: str, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    assert run("infer", "--all", "--to", folder, "--at", AT, "--store", filled).code == 0
    other = run("infer", "--all", "--to", folder, "--at", "2017-01-01", "--store", filled)
    assert other.code == 2
    assert "rows of another at" in other.err
    (folder / MANIFEST).write_text("{")
    broken = run("infer", "--all", "--to", folder, "--at", AT, "--store", filled)
    assert broken.code != 0
    assert "cannot be read" in broken.err


def test_rows_are_for_all_patients(run: Run, tmp_path: Path) -> None:
    done = run("infer", "someone", "--to", tmp_path / "rows")
    assert done.code == 2
    assert "--to is for --all" in done.err


def test_nobody(run: Run, tmp_path: Path) -> None:
    async def make() -> None:
        async with open_store(f"ladybug:{tmp_path / 'none.db'}"):
            pass

    asyncio.run(make())
    done = run("infer", "--all", "--to", tmp_path / "rows", "--at", AT, "--store", f"ladybug:{tmp_path / 'none.db'}")
    assert (done.code, rows(tmp_path / "rows")) == (0, [])

"""The notebook in ``docs/notebooks`` runs from top to bottom on the sample patients, and shows what it says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kgtwin.bootstrap import running
from kgtwin.config import Settings
from tests.client.serving import served

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebooks" / "cohort.ipynb"
AT = datetime(2020, 7, 1, 23, 59, 59, tzinfo=UTC)
PATIENTS = 20


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"ladybug:{tmp_path_factory.mktemp('notebook') / 'twin.lbdb'}"
    files = sorted(map(str, (ROOT / "samples" / "patients").iterdir()))[:PATIENTS]

    async def fill() -> None:
        async with running(Settings(store=url, predictions=False), now=lambda: AT) as service:
            async for receipt in service.ingest(files, source="local"):
                assert not receipt.rejected
            async for _ in service.infer():
                pass

    asyncio.run(fill())
    return url


@pytest.fixture(params=["here", pytest.param("service", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, store: str) -> Iterator[str]:
    """The store, or a service over it."""
    if request.param == "here":
        yield store
    else:
        with served(store) as url:
            yield url


def test_the_notebook_runs(address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    monkeypatch.setenv("KGTWIN_STORE", address)
    monkeypatch.setenv("KGTWIN_PREDICTIONS", "false")
    space: dict[str, Any] = {}
    for number, cell in enumerate(json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), space)
    said = capsys.readouterr().out
    assert f"{PATIENTS} patients at revision" in said
    assert "received:" in said
    assert space["issues"].num_rows > 0
    assert len(space["values"]) > 5
    axes = [pyplot.figure(number).axes[0] for number in pyplot.get_fignums()]
    assert [len(one.patches) > 3 for one in axes] == [True, True]
    pyplot.close("all")


def test_the_notebook_is_committed_without_output() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")

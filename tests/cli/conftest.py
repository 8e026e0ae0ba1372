"""The command line, run inside the test's process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from kgtwin.cli import main

TESTS = Path(__file__).parent.parent


class Done(NamedTuple):
    """What a command left: its exit code, its answer, and what it said beside it."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"ladybug:{tmp_path / 'twin.lbdb'}"


@pytest.fixture
def run(store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("KGTWIN_STORE", store)
    monkeypatch.setenv("KGTWIN_PREDICTIONS", "false")

    def command(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["kgtwin", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in captured.err
        return Done(ended.value.code, captured.out, captured.err)

    return command


Fill = Callable[..., None]


@pytest.fixture(scope="session")
def _filled() -> dict[tuple[Path, ...], Path]:
    """By the files that were ingested, the store that was made of them."""
    return {}


@pytest.fixture
def fill(run: Run, store: str, _filled: dict[tuple[Path, ...], Path], tmp_path_factory: pytest.TempPathFactory) -> Fill:
    """Gives a test's store what ``kgtwin ingest`` makes of files: ingested once, a copy for each test."""

    def into(*files: Path, url: str = store) -> None:
        if files not in _filled:
            made = tmp_path_factory.mktemp("filled") / "twin.lbdb"
            assert run("ingest", *files, "--store", f"ladybug:{made}").code == 0
            assert not [one for one in made.parent.iterdir() if one.suffix not in {".lbdb", ".lock"}], "it is closed"
            _filled[files] = made
        shutil.copy(_filled[files], url.removeprefix("ladybug:"))

    return into

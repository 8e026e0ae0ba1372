"""The demo on two sample patients: what it shows, a second run, its commands; and the README's answer."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from kgtwin.api.app import create_app
from kgtwin.bootstrap import running
from kgtwin.config import Settings
from kgtwin.model.time import read_time

ROOT = Path(__file__).resolve().parent.parent
PATIENTS = ("093c3d3e-dfd7-48a4-b567-5305d12d982a", "14f856d5-93d5-4eeb-b308-394e27d1aa20")
PARTS = [
    "kgtwin is not clinically validated",
    "2 patients, ",
    "What could not be mapped",
    "Proven issues: ",
    "One patient: local|",
    "derivation",
    "One predicted relation: no proof, and no patient's probability",
    "Go on",
]


def load_demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", ROOT / "scripts" / "demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["demo"] = module
    spec.loader.exec_module(module)
    return module


class Demo:
    """The demo over two patients, run in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.module = load_demo()
        samples = folder / "patients"
        samples.mkdir()
        for patient in PATIENTS:
            shutil.copy(ROOT / "samples" / "patients" / f"{patient}.json.xz", samples)
        self.module.SAMPLES = samples  # type: ignore[attr-defined]

    def run(self, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
        assert self.module.main(["--folder", str(self.folder / "demo")]) == 0
        return capsys.readouterr()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def output(demo: Demo, capsys: pytest.CaptureFixture[str]) -> str:
    return demo.run(capsys)[0]


def test_it_shows_every_part_in_order(output: str) -> None:
    places = [output.find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    assert "[received: " in output or "received: MedicationRequest/" in output
    assert re.search(r"plausibility \S+ under a prior of \S+", output)


def test_a_second_run_loads_and_infers_nothing(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    first, _ = demo.run(capsys)
    second, told = demo.run(capsys)
    assert second == first
    assert "showing what is stored" in told
    assert "reasoning" not in told


def test_a_change_of_the_inputs_infers_again(
    demo: Demo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = demo.run(capsys)
    monkeypatch.setattr(demo.module, "digest_of_inputs", lambda: "another")
    second, told = demo.run(capsys)
    assert "reasoning" in told
    assert without_revisions(second) == without_revisions(first)


def without_revisions(text: str) -> str:
    return re.sub(r"revision \d+", "revision", text)


def test_an_error_is_a_message(demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "twin.lbdb").write_text("this is no store")
    assert demo.module.main(["--folder", str(folder)]) == 3
    assert re.match(r"demo: .+", capsys.readouterr().err)


def test_its_commands_work(output: str) -> None:
    lines = [shlex.split(line) for line in output.splitlines() if line.startswith(".venv/bin/kgtwin ")]
    assert [line[1] for line in lines] == ["serve", "explain", "twin", "cypher", "sparql"]
    for line in lines[1:]:
        done = subprocess.run(
            [sys.executable, "-m", "kgtwin", *line[1:]],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) > 1


def test_its_query_is_answered(demo: Demo, output: str) -> None:
    words = next(shlex.split(line) for line in output.splitlines() if line.startswith("curl "))
    found = ask(demo, json.loads(words[-1]))
    nodes = [edge["node"] for edge in found["patient"]["issues"]["edges"]]
    assert nodes
    assert all(node["derivation"]["text"] and node["title"] in output for node in nodes)


def test_the_readme_shows_a_real_answer(demo: Demo, output: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    query, answer = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("graphql", "json"))
    assert query is not None
    assert answer is not None
    assert ask(demo, {"query": query.group(1)}) == json.loads(answer.group(1))


def ask(demo: Demo, body: dict[str, Any]) -> dict[str, Any]:
    """The data that GraphQL answers over the demo's store."""

    async def asked() -> dict[str, Any]:
        end = (ROOT / "samples" / "END").read_text(encoding="utf-8").strip()
        async with running(Settings(store=f"ladybug:{demo.folder / 'demo' / 'twin.lbdb'}")) as service:
            app = create_app(service, default_at=read_time(end))
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
                response = await client.post("/graphql", json=body)
        found: dict[str, Any] = response.json()
        assert "errors" not in found, found
        data: dict[str, Any] = found["data"]
        return data

    return asyncio.run(asked())

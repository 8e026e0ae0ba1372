"""``kill -9`` at random points of everything that a store does, on both stores, and on Neo4j's own process.

``KGTWIN_TEST_KILLS`` multiplies the number of kills; the long run's counts stand in ``docs/operators.md``.
"""

# ruff: noqa: ASYNC251  # processes and files are what these tests are about

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kgtwin.store import backup
from kgtwin.store.factory import open_store
from kgtwin.store.ladybug import LadybugStore
from tests.store.conftest import PASSWORD, SCRIPT, Server, _free_port, wipe
from tests.store.faults.checks import Done, check, read

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[3]
TIMES = int(os.environ.get("KGTWIN_TEST_KILLS", "1"))


class Child:
    """The busy process."""

    def __init__(self, url: str, first: int, folder: Path, **environment: str) -> None:
        command = [sys.executable, "-m", "tests.store.faults.child", url, str(first), str(folder)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
        assert self.process.stdout is not None
        self._lines = [self.process.stdout.readline()]
        assert self._lines[0].startswith("opened"), self.process.communicate()[1]

    def work(self, seconds: float) -> None:
        """Let it work for some time after its first write."""
        assert self.process.stdout is not None
        self._lines.append(self.process.stdout.readline())
        time.sleep(seconds)

    def kill(self) -> list[Done]:
        """End it at once; what it had acknowledged."""
        self.process.send_signal(signal.SIGKILL)
        return self.end()

    def end(self) -> list[Done]:
        self._lines += self.process.communicate()[0].splitlines(keepends=True)
        return read(self._lines)


@pytest.mark.parametrize("seed", range(2 * TIMES))
@pytest.mark.timeout(600)
async def test_the_embedded_store_survives(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path, done = tmp_path / "twin.lbdb", list[Done]()
    for attempt in range(4):
        child = Child(f"ladybug:{path}", attempt * 10_000, tmp_path)
        time.sleep(chance.random() * 2.5)
        done += child.kill()
        async with LadybugStore(path) as store:
            await check(store, done, tmp_path)
    async with LadybugStore(path) as store, LadybugStore(tmp_path / "again.lbdb") as again:
        await backup.save(store, tmp_path / "last.copy")
        await backup.load(tmp_path / "last.copy", again)
    assert sum(one.what == "written" for one in done) > 3


@pytest.mark.neo4j
@pytest.mark.parametrize("seed", range(TIMES))
@pytest.mark.timeout(600)
async def test_neo4j_survives_its_clients(neo4j_server: Server, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    wipe(neo4j_server)
    done: list[Done] = []
    environment = {"NEO4J_USER": neo4j_server.user, "NEO4J_PASSWORD": neo4j_server.password}
    for attempt in range(3):
        child = Child(neo4j_server.url, attempt * 10_000, tmp_path, **environment)
        time.sleep(chance.random() * 5)
        done += child.kill()
        time.sleep(0.5)  # the server rolls back what the client left open
        async with open_store(neo4j_server.url, user=neo4j_server.user, password=neo4j_server.password) as store:
            await check(store, done, tmp_path)


class Mortal(NamedTuple):
    """A Neo4j of our own that may be killed."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, "NEO4J_PASSWORD": PASSWORD, "NEO4J_HEAP": "512m"}
        command = [str(SCRIPT), "start", str(self.folder), str(self.port)]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)

    def kill(self) -> None:
        os.kill(int((self.folder / "neo4j.pid").read_text()), signal.SIGKILL)
        time.sleep(0.5)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    if not SCRIPT.exists() or shutil.which("java") is None:
        pytest.skip("no Neo4j that may be killed: provide ../shared/neo4j and Java 17")
    server = Mortal(tmp_path / "neo4j", _free_port())
    server.start()
    yield server
    server.kill()


@pytest.mark.slow
@pytest.mark.neo4j
@pytest.mark.timeout(900)
async def test_neo4j_survives_its_own_death(mortal: Mortal, tmp_path: Path) -> None:
    chance = random.Random(TIMES)
    done: list[Done] = []
    for attempt in range(2 * TIMES):
        child = Child(mortal.url, attempt * 10_000, tmp_path, NEO4J_USER="neo4j", NEO4J_PASSWORD=PASSWORD)
        child.work(chance.random() * 3)
        mortal.kill()
        child.process.wait(60)
        assert "kgtwin.errors.StoreUnavailableError" in (child.process.stderr.read() if child.process.stderr else "")
        done += child.end()
        mortal.start()
        async with open_store(mortal.url, user="neo4j", password=PASSWORD) as store:
            await check(store, done, tmp_path)
    assert any(one.what == "written" for one in done)

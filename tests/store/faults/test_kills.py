"""``kill -9`` at random points of everything that a store does, on both stores, and on Neo4j's own process.

``KGTWIN_TEST_KILLS`` multiplies the kills of the slow tests; ``python -m tests.store.faults.long_run`` does many and
counts them.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgtwin.store import backup
from kgtwin.store.ladybug import LadybugStore
from tests.store.conftest import SCRIPT, Server, _free_port, wipe
from tests.store.faults.checks import read, unclosed
from tests.store.faults.child import DEEDS
from tests.store.faults.kills import SERVED, Ground, Old, kill_client, kill_migration, kill_server
from tests.store.faults.processes import Child, Mortal, Target

pytestmark = pytest.mark.anyio
TIMES = int(os.environ.get("KGTWIN_TEST_KILLS", "1"))


def embedded(folder: Path) -> Target:
    return Target("ladybug", f"ladybug:{folder / 'twin.lbdb'}")


def served(server: Server) -> Target:
    wipe(server)
    return Target("neo4j", *server)


async def kill_all(target: Target, folder: Path, times: int, *phases: str) -> Ground:
    """Kill children that do everything, each at a random moment of one of the phases."""
    ground = Ground(target, folder, random.Random(times))
    for _ in range(times):
        child = ground.start("all")
        ground.wait(child, ground.chance.choice(phases))
        await ground.settle("all", child.kill())
    assert sum(one.what == "written" for one in ground.done) >= times
    return ground


async def check_copy(ground: Ground, folder: Path) -> None:
    """What survived can be copied whole."""
    async with ground.target.store() as store, LadybugStore(folder / "again.lbdb") as again:
        saved = await backup.save(store, folder / "last.copy")
        assert (await backup.load(folder / "last.copy", again)).content == saved.content


@pytest.mark.timeout(600)
async def test_the_embedded_store_survives(tmp_path: Path) -> None:
    await check_copy(await kill_all(embedded(tmp_path), tmp_path, 2, *DEEDS), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("phase", DEEDS)
@pytest.mark.timeout(600)
async def test_the_embedded_store_survives_in_every_phase(tmp_path: Path, phase: str) -> None:
    ground = Ground(embedded(tmp_path), tmp_path, random.Random(phase))
    for _ in range(2 * TIMES):
        await kill_client(ground, phase)
    await check_copy(ground, tmp_path)


@pytest.mark.neo4j
@pytest.mark.timeout(600)
async def test_neo4j_survives_its_clients(neo4j_server: Server, tmp_path: Path) -> None:
    await kill_all(served(neo4j_server), tmp_path, 1, "ingest", "correction", "inference")


@pytest.mark.slow
@pytest.mark.neo4j
@pytest.mark.parametrize("phase", SERVED)
@pytest.mark.timeout(600)
async def test_neo4j_survives_its_clients_in_every_phase(neo4j_server: Server, tmp_path: Path, phase: str) -> None:
    ground = Ground(served(neo4j_server), tmp_path, random.Random(phase))
    for _ in range(2 * TIMES):
        await kill_client(ground, phase)


async def kill_migrations(old: Old, times: int) -> None:
    learnt = old.learn()
    assert learnt[0] != learnt[1]
    for _ in range(times):
        await kill_migration(old, learnt)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_migration_of_the_embedded_store_is_whole_or_absent(tmp_path: Path) -> None:
    await kill_migrations(Old(embedded(tmp_path), tmp_path, random.Random(3)), 4 * TIMES)


@pytest.mark.slow
@pytest.mark.neo4j
@pytest.mark.timeout(900)
async def test_a_migration_of_neo4j_is_whole_or_absent(neo4j_server: Server, tmp_path: Path) -> None:
    await kill_migrations(Old(served(neo4j_server), tmp_path, random.Random(4)), 4 * TIMES)


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
    ground = Ground(mortal.target, tmp_path / "ground", random.Random(TIMES))
    for phase in SERVED[:2] * TIMES:
        await kill_server(ground, mortal, phase)


def test_the_end_of_a_child_is_heard_after_all_that_it_said() -> None:
    child = Child(Target("none", "no-such-store:"), 0, ".", "all")
    child.process.wait()
    child._listener.join()
    assert child.catch_up() == []
    with pytest.raises(EOFError, match="no-such-store"):
        child.hear()


def test_what_was_begun_and_not_ended_was_struck() -> None:
    lines = ["opened 0 0\n", "begin ingest 0\n", "written 0 1\n", "begin backup 0\n"]
    assert [unclosed(read(lines[:upto])) for upto in range(5)] == [None, None, "ingest", None, "backup"]
    assert unclosed(read([*lines, "saved 0"])) == "backup"  # a torn line was never said

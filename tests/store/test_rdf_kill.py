"""A process killed while its view follows or is built: what answers is whole, and the next one catches up."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.store.conftest import Server, wipe
from tests.store.faults.processes import Target
from tests.store.faults.view_kills import Viewed, kill_view

pytestmark = pytest.mark.anyio
TIMES = int(os.environ.get("KGTWIN_TEST_KILLS", "1"))
"""Multiplies the kills of the slow tests."""


async def kill_many(target: Target, folder: Path, times: int, seed: int) -> None:
    viewed = Viewed(target, folder, random.Random(seed))
    for _ in range(times):
        assert (await kill_view(viewed)).acknowledged > 0


async def test_kill(tmp_path: Path) -> None:
    await kill_many(Target("ladybug", f"ladybug:{tmp_path / 'twin.lbdb'}"), tmp_path / "view", 2, 6)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_kill_often(tmp_path: Path) -> None:
    await kill_many(Target("ladybug", f"ladybug:{tmp_path / 'twin.lbdb'}"), tmp_path / "view", 14 * TIMES, 66)


@pytest.mark.slow
@pytest.mark.neo4j
@pytest.mark.timeout(1800)
async def test_kill_a_view_of_neo4j(neo4j_server: Server, tmp_path: Path) -> None:
    wipe(neo4j_server)
    await kill_many(Target("neo4j", *neo4j_server), tmp_path / "view", 4 * TIMES, 666)

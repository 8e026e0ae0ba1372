"""A process killed while its view follows or is built: what answers is whole, and the next one catches up."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from kgtwin.store import rdf_terms as terms
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_files import ViewFolder
from kgtwin.store.rdf_primary import doubled, normalised, state_of
from kgtwin.store.rdf_verify import verify
from kgtwin.store.rdf_views import CurrentView

pytestmark = pytest.mark.anyio


def killed(store: Path, folder: Path, first: int, after: float) -> int:
    """Let a child write and follow, kill it some seconds after its first word; the last revision that it told."""
    command = [sys.executable, "-m", "tests.store.rdf_kill_child", store, folder, str(first)]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [child.stdout.readline()]
        time.sleep(after)
        child.kill()
        told += [line for line in child.stdout if line.endswith("\n")]
    return int(told[-1])


async def as_known(store: GraphStore, revision: int) -> set[ox.Quad]:
    """What the view of a revision says, made from the store's memory of it (nothing was inferred)."""
    lines: list[str] = []
    for record in await store.patients():
        then = await store.patient(record.key, as_of=revision)
        if then is not None:
            lines += terms.patient_lines(then, await store.facts(record.key, as_of=revision), None)
    return normalised(doubled(lines))


def left(folder: Path) -> tuple[int, set[ox.Quad]]:
    """The checkpoint that a killed process left: its revision, and its triples without the state and the taxonomy."""
    lease = ViewFolder(folder).lease()
    assert lease is not None
    try:
        held = ox.Store.read_only(str(lease.path))
        state = state_of(held)
        assert state is not None
        assert (state.complete, state) == (True, lease.state)
        return state.revision, {quad for quad in held if not str(quad.subject).startswith(f"<{terms.DATA}view")}
    finally:
        lease.close()


TIMES = int(os.environ.get("KGTWIN_TEST_KILLS", "1"))
"""Multiplies the kills of the slow test."""


async def kill_many(tmp_path: Path, times: int, seed: int) -> None:
    draw = random.Random(seed)
    store, folder = tmp_path / "twin.lbdb", tmp_path / "view"
    for number in range(times):
        told = killed(store, folder, number * 100, draw.uniform(0, 0.6))
        revision, found = left(folder)
        assert revision >= told
        async with LadybugStore(store) as opened:
            assert found == await as_known(opened, revision)
            view = CurrentView(opened, folder)
            verified = await verify(opened, view)
            assert (verified.differences, verified.revision) == ((), await opened.revision())
            await view.close()
        assert len(list(ViewFolder(folder).path.glob("g-*/r*"))) == 1


async def test_kill(tmp_path: Path) -> None:
    await kill_many(tmp_path, 6, 6)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_kill_often(tmp_path: Path) -> None:
    await kill_many(tmp_path, 14 * TIMES, 66)

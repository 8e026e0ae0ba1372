"""A process killed while its view follows or is built: what answers is whole, and the next one catches up."""

# ruff: noqa: ASYNC251  # whoever kills waits for nobody else meanwhile

from __future__ import annotations

import random
import time
from pathlib import Path

import pyoxigraph as ox

from kgtwin.store import rdf_terms as terms
from kgtwin.store.base import GraphStore
from kgtwin.store.rdf_files import ViewFolder
from kgtwin.store.rdf_primary import doubled, normalised, state_of
from kgtwin.store.rdf_verify import verify
from kgtwin.store.rdf_views import CurrentView
from tests.store.faults.checks import acknowledged, read, unclosed
from tests.store.faults.kills import BEYOND, Kill
from tests.store.faults.processes import FOLLOWER, Child, Target

APART = 100


class Viewed:
    """A store, empty at first, and the folder of its view."""

    def __init__(self, target: Target, folder: Path, chance: random.Random) -> None:
        self.target, self.folder, self.chance = target, folder, chance
        self.number = 0

    def start(self) -> Child:
        child = Child(self.target, self.folder, self.number * APART, module=FOLLOWER)
        self.number += 1
        return child


async def kill_view(viewed: Viewed) -> Kill:
    """Kill a process that follows: its checkpoint says what the store knew then, and the view catches up."""
    child = viewed.start()
    seconds = child.time("view")
    for _ in range(viewed.chance.randint(1, 6)):
        child.until("begin view ")
    time.sleep(viewed.chance.uniform(0, BEYOND * seconds))
    said = read(child.kill())
    revision, found = left(viewed.folder)
    assert revision >= max(one.revision for one in said)
    async with viewed.target.store() as store:
        assert found == await as_known(store, revision)
        await check_caught_up(store, viewed.folder)
    return Kill("view", viewed.target.name, unclosed(said) is not None, acknowledged(said))


async def check_caught_up(store: GraphStore, folder: Path) -> None:
    view = CurrentView(store, folder)
    verified = await verify(store, view)
    assert (verified.differences, verified.revision) == ((), await store.revision())
    await view.close()
    assert len(list(ViewFolder(folder).path.glob("g-*/r*"))) == 1


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

"""One kill at a random moment of one phase, and what must hold afterwards: a function a kind of kill.

A phase is timed once in each child. The kill comes after a later begin of it, up to a tenth later than it should
last: what was then begun and not ended says in which phase the child really was.
"""

# ruff: noqa: ASYNC251  # whoever kills waits for nobody else meanwhile

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from typing import Final, NamedTuple

from tests.store.conftest import Server, wipe
from tests.store.faults import old_store
from tests.store.faults.checks import Done, acknowledged, check, read, unclosed
from tests.store.faults.child import DEEDS
from tests.store.faults.old_store import Dump
from tests.store.faults.processes import Child, Mortal, Target

SERVED: Final = tuple(phase for phase in DEEDS if phase != "rewriting")
"""The deeds that a store on a server does."""
BEYOND: Final = 1.1
OLD_PATIENTS: Final = 5_000
"""Patients of a store of version 1: enough that its migration takes a while."""
APART: Final = 10_000
"""The first patients of two children are so far apart."""


class Kill(NamedTuple):
    """One kill: its phase and store, whether it struck amid a deed, and how many acknowledged deeds were checked."""

    phase: str
    store: str
    mid_work: bool
    acknowledged: int


class Ground:
    """A store, empty at first, whose clients (or which itself) are killed; and all that they said."""

    def __init__(self, target: Target, folder: Path, chance: random.Random) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.target, self.folder, self.chance = target, folder, chance
        self.done: list[Done] = []
        self.number = 0

    def start(self, *phases: str) -> Child:
        """The next child; it has opened the store."""
        child = Child(self.target, self.number * APART, self.folder, ",".join(phases))
        self.number += 1
        child.until("opened")
        return child

    def wait(self, child: Child, phase: str) -> None:
        """Wait until a random moment of a later deed than the one that is timed."""
        seconds = child.time(phase)
        for _ in range(self.chance.randint(1, 3)):
            child.until(f"begin {phase} ")
        time.sleep(self.chance.uniform(0, BEYOND * seconds))

    async def settle(self, phase: str, lines: list[str]) -> Kill:
        """Take what a dead child said, and see that it is so."""
        said = read(lines)
        self.done += said
        async with self.target.store() as store:
            await check(store, self.done, self.folder)
        amid = unclosed(said)
        return Kill(amid or phase, self.target.name, amid is not None, acknowledged(said))


async def kill_client(ground: Ground, phase: str) -> Kill:
    """Kill a process that works on a store."""
    child = ground.start(phase)
    ground.wait(child, phase)
    return await ground.settle(phase, child.kill())


async def kill_server(ground: Ground, server: Mortal, phase: str) -> Kill:
    """Kill a Neo4j that a process works on, and start it again: the process goes on, or says what is out of reach."""
    child = ground.start(phase)
    ground.wait(child, phase)
    server.kill()
    amid = unclosed(read(child.catch_up()))
    server.start()
    complaint = _live_on(child)
    assert complaint is None or "kgtwin.errors.StoreUnavailableError" in complaint, complaint
    kill = await ground.settle(phase, child.kill())
    return kill._replace(phase=amid or phase, store="neo4j's own process", mid_work=amid is not None)


def _live_on(child: Child) -> str | None:
    """Wait until a child has done something more; what it complained of, if it ended instead."""
    try:
        child.until("begin")
    except EOFError as ended:
        return str(ended)
    return None


class Old:
    """A store of version 1 that can be had again and again, and what it is before and after a migration."""

    def __init__(self, target: Target, folder: Path, chance: random.Random) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.target, self.folder, self.chance = target, folder, chance
        self._kept = folder / "kept.lbdb"
        if target.name == "ladybug":
            old_store.make_ladybug(self._kept, OLD_PATIENTS)

    def reset(self) -> None:
        """Make the store one of version 1."""
        if self.target.name == "ladybug":
            path = self.target.url.partition(":")[2]
            for suffix in ("", ".wal", ".lock", ".tmp"):
                Path(path + suffix).unlink(missing_ok=True)
            shutil.copyfile(self._kept, path)
        else:
            wipe(Server(self.target.url, self.target.user, self.target.password))
            old_store.make_neo4j(self.target, OLD_PATIENTS)

    def learn(self) -> tuple[Dump, Dump, float]:
        """What the store is before a migration, and after one; the seconds that it takes."""
        self.reset()
        before = old_store.dump(self.target)
        child = self.start()
        seconds = child.time("migration")
        child.end()
        return before, old_store.dump(self.target), seconds

    def start(self) -> Child:
        return Child(self.target, 0, self.folder, "migration")


async def kill_migration(old: Old, learnt: tuple[Dump, Dump, float]) -> Kill:
    """Kill a process that migrates a store: it is exactly as before or as after, and doing it again makes it so."""
    before, after, seconds = learnt
    old.reset()
    child = old.start()
    child.until("begin migration ")
    time.sleep(old.chance.uniform(0, BEYOND * seconds))
    said = read(child.kill())
    version = (await old.target.store().migrate(dry_run=True)).before
    assert old_store.dump(old.target) == (before if version == 1 else after)
    assert version > 1 or not acknowledged(said)
    await old.target.store().migrate()
    assert old_store.dump(old.target) == after
    return Kill("migration", old.target.name, unclosed(said) is not None, acknowledged(said))

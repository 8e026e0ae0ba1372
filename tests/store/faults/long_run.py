"""Many kills in one command, and their record: ``python -m tests.store.faults.long_run --kills 200``.

A tenth of them strike Neo4j's own process; the others are spread over the phases of both stores. A kill after which
something was lost is told with its place and its seed, its files stay, and the run goes on; it then ends with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Final, NamedTuple

from tests.store.conftest import Server, _free_port, wipe
from tests.store.faults.child import DEEDS
from tests.store.faults.kills import (
    SERVED,
    Ground,
    Kill,
    Old,
    kill_client,
    kill_migration,
    kill_server,
)
from tests.store.faults.processes import Mortal, Target
from tests.store.faults.view_kills import Viewed, kill_view

LADYBUG: Final = tuple(("ladybug", phase) for phase in (*DEEDS, "migration", "view"))
NEO4J: Final = tuple(("neo4j", phase) for phase in (*SERVED, "migration", "view"))
SERVER: Final = tuple(("server", phase) for phase in SERVED)
AT_ONCE: Final = 10
"""So many kills share a store; then an empty one takes its place, so that checking it stays cheap."""

Strike = Callable[[], Awaitable[Kill]]


class Struck(NamedTuple):
    """A kill and the seconds that it and its checks took."""

    kill: Kill
    seconds: float


def plan(kills: int) -> dict[tuple[str, str], int]:
    """How many kills each phase of each store gets.

    >>> shares = plan(200)
    >>> sum(shares.values()), sum(share for (where, _), share in shares.items() if where == "server")
    (200, 20)
    """
    of_server = kills // 10
    drawn = [*islice(cycle((*LADYBUG, *NEO4J)), kills - of_server), *islice(cycle(SERVER), of_server)]
    return {place: drawn.count(place) for place in dict.fromkeys(drawn)}


class Run:
    """The places that are struck: a folder for files, and one Neo4j of our own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.server = Mortal(folder / "neo4j", _free_port())
        self.struck: list[Struck] = []
        self.failed = 0

    async def strike(self, where: str, phase: str, times: int) -> None:
        """Strike one place often; tell what went wrong, and go on."""
        for first in range(0, times, AT_ONCE):
            name = f"{where}-{phase}-{first}"
            try:
                async for struck in self._strikes(name, where, phase, min(AT_ONCE, times - first)):
                    self.struck.append(struck)
            except Exception:
                self.failed += 1
                print(f"FAILED {name}, seed {self.seed}, files in {self.folder / name}", flush=True)
                traceback.print_exc(file=sys.stdout)

    async def _strikes(self, name: str, where: str, phase: str, times: int) -> AsyncIterator[Struck]:
        strike = self._weapon(name, where, phase)
        for _ in range(times):
            began = time.monotonic()
            kill = await strike()
            yield Struck(kill, time.monotonic() - began)

    def _weapon(self, name: str, where: str, phase: str) -> Strike:
        """What strikes at a place that is empty now."""
        chance, folder = random.Random(f"{self.seed}-{name}"), self.folder / name
        target = self._target(where, folder)
        if phase == "view":
            viewed = Viewed(target, folder / "view", chance)
            return lambda: kill_view(viewed)
        if phase == "migration":
            old = Old(target, folder, chance)
            learnt = old.learn()
            return lambda: kill_migration(old, learnt)
        ground = Ground(target, folder, chance)
        if where == "server":
            return lambda: kill_server(ground, self.server, phase)
        return lambda: kill_client(ground, phase)

    def _target(self, where: str, folder: Path) -> Target:
        folder.mkdir()
        if where == "ladybug":
            return Target(where, f"ladybug:{folder / 'twin.lbdb'}")
        wipe(Server(*self.server.target[1:]))
        return self.server.target


def record(struck: list[Struck]) -> Iterator[str]:
    """The record: a line a phase and store, and their sum."""
    yield f"{'phase':<12} {'store':<20} {'kills':>6} {'mid-work':>9} {'acknowledged':>13} {'seconds':>8}"
    places = sorted({(one.kill.store, one.kill.phase) for one in struck})
    for store, phase in places:
        yield _line(phase, store, [one for one in struck if (one.kill.store, one.kill.phase) == (store, phase)])
    yield _line("all", f"{len(places)} places", struck)


def _line(phase: str, store: str, struck: list[Struck]) -> str:
    amid, checked = (sum(getattr(one.kill, name) for one in struck) for name in ("mid_work", "acknowledged"))
    seconds = sum(one.seconds for one in struck)
    return f"{phase:<12} {store:<20} {len(struck):>6} {amid:>9} {checked:>13} {seconds:>8.1f}"


@contextmanager
def living(server: Mortal) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.kill()


async def main(kills: int, seed: int, folder: Path) -> int:
    run, began = Run(folder, seed), time.monotonic()
    with living(run.server):
        for (where, phase), times in plan(kills).items():
            await run.strike(where, phase, times)
            print(f"{time.monotonic() - began:7.1f} s  {len(run.struck):4} kills, last {where} {phase}", flush=True)
    print(*record(run.struck), sep="\n")
    print(f"seed {seed}; {run.failed} failed")
    return 1 if run.failed or len(run.struck) < kills else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    asked = parser.parse_args()
    sys.exit(asyncio.run(main(asked.kills, asked.seed, Path(tempfile.mkdtemp(prefix="kgtwin-kills-")))))

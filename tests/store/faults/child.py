"""Does what a store can do, over and over, until killed: says ``begin PHASE`` before each deed, then what is done.

``python -m tests.store.faults.child URL FIRST FOLDER PHASES``: patients are numbered from ``FIRST``, backups go to
``FOLDER``, ``PHASES`` are names of ``DEEDS`` with commas, or ``all`` of them, each at its own pace. A patient is
ingested in any case: the other deeds need one. ``migration`` instead brings the store forward, once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from kgtwin.store import backup
from kgtwin.store.base import GraphStore
from kgtwin.store.factory import open_store
from tests.store.builders import make_bundle, make_conclusions, make_correction, make_key

FACTS = 20
ERASED_AFTER = 3


class Task(NamedTuple):
    """What a deed is done with."""

    store: GraphStore
    patient: int
    folder: Path


def say(*words: object) -> None:
    """One line a commit, in one write: a reader sees it whole or not at all."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def ingest(task: Task) -> None:
    say("begin", "ingest", task.patient)
    receipt = await task.store.write(make_bundle(str(task.patient), facts=FACTS))
    say("written", task.patient, receipt.revision)


async def correct(task: Task) -> None:
    say("begin", "correction", task.patient)
    receipt = await task.store.write(make_correction(str(task.patient), FACTS))
    say("corrected", task.patient, receipt.revision)


async def infer(task: Task) -> None:
    store, name = task.store, str(task.patient)
    facts, revision = await store.facts(make_key(name)), await store.revision()
    inference = make_conclusions(name, facts[:3], revision)
    say("begin", "inference", task.patient)
    written = await store.write_inferences([inference])
    assert written is not None
    say("inferred", task.patient, written.number)


async def compact(task: Task) -> None:
    position = max(0, await task.store.revision() - 2)
    say("begin", "compaction", task.patient)
    await task.store.advance("reader", position)
    say("compacted", task.patient, (await task.store.compact(position)).horizon)


async def erase(task: Task) -> None:
    patient = task.patient - ERASED_AFTER
    if not await task.store.known([make_key(str(patient))]):
        return
    say("begin", "erasure", patient)
    say("erased", patient, (await task.store.erase(make_key(str(patient)))).number)


async def save(task: Task) -> None:
    say("begin", "backup", task.patient)
    saved = await backup.save(task.store, task.folder / f"{task.patient}.backup")
    say("saved", task.patient, saved.revision)


async def rewrite(task: Task) -> None:
    if task.store.dialect.name == "ladybug":
        say("begin", "rewriting", task.patient)
        await task.store.rewrite()
        say("rewritten", task.patient, await task.store.revision())


class Deed(NamedTuple):
    """A phase: what it does, and for which patients it does it among all the others."""

    act: Callable[[Task], Awaitable[None]]
    every: int = 1
    rest: int = 0


DEEDS: Final = {
    "ingest": Deed(ingest),
    "correction": Deed(correct),
    "inference": Deed(infer),
    "compaction": Deed(compact, 3),
    "erasure": Deed(erase, 5, 4),
    "backup": Deed(save, 4, 1),
    "rewriting": Deed(rewrite, 7, 6),
}


async def live(task: Task, phases: set[str]) -> None:
    """Everything that is done with one patient."""
    for name, deed in DEEDS.items():
        due = "all" in phases and task.patient % deed.every == deed.rest
        if due or name in phases or name == "ingest":
            await deed.act(task)


async def migrate(store: GraphStore) -> None:
    say("begin", "migration", 0)
    done = await store.migrate()
    say("migrated", 0, done.after)


async def main(url: str, first: int, folder: Path, phases: set[str]) -> None:
    password = os.environ.get("NEO4J_PASSWORD", "")
    opened = open_store(url, user=os.environ.get("NEO4J_USER", "neo4j"), password=password)
    if "migration" in phases:
        await migrate(opened)
        return
    async with opened as store:
        say("opened", first, await store.revision())
        for patient in count(first):
            await live(Task(store, patient, folder), phases)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), set(sys.argv[4].split(","))))

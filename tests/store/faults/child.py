"""Does everything that a store can do, over and over, and says what is done after each commit, until it is killed.

``python -m tests.store.faults.child URL FIRST FOLDER``: patients are numbered from ``FIRST``; backups go to ``FOLDER``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from kgtwin.store import backup
from kgtwin.store.base import GraphStore
from kgtwin.store.factory import open_store
from tests.store.builders import (
    make_bundle,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_resource,
    make_risk,
    make_submission,
)

FACTS = 20
ERASED_AFTER = 3


def say(*words: object) -> None:
    """One line a commit, in one write: a reader sees it whole or not at all."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def ingest(store: GraphStore, patient: int) -> None:
    receipt = await store.write(make_bundle(str(patient), facts=FACTS))
    say("written", patient, receipt.revision)
    facts = (make_fact(str(patient), f"Condition/{patient}-{n}", "2") for n in range(FACTS))
    receipt = await store.write(make_submission(*map(make_resource, facts), label=f"{patient}+"))
    say("corrected", patient, receipt.revision)


async def infer(store: GraphStore, patient: int) -> None:
    facts, revision = await store.facts(make_key(str(patient))), await store.revision()
    issues = [make_issue(str(patient), one, revision=revision) for one in facts[:3]]
    inference = make_inference(str(patient), *issues, revision=revision, risks=(make_risk(str(patient)),))
    written = await store.write_inferences([inference])
    say("inferred", patient, written.number if written else None)


async def keep_house(store: GraphStore, patient: int, first: int, folder: Path) -> None:
    """Compaction, erasure, backup and rewriting, each now and then."""
    if patient % 3 == 0:
        position = await store.revision() - 2
        await store.advance("reader", position)
        say("compacted", patient, (await store.compact(position)).horizon)
    if patient % 5 == 4 and patient - ERASED_AFTER >= first:
        erased = await store.erase(make_key(str(patient - ERASED_AFTER)))
        say("erased", patient - ERASED_AFTER, erased.number)
    if patient % 4 == 1:
        saved = await backup.save(store, folder / f"{patient}.backup")
        say("saved", patient, saved.revision)
    if patient % 7 == 6 and await store.rewrite():
        say("rewritten", patient, await store.revision())


async def main(url: str, first: int, folder: Path) -> None:
    password = os.environ.get("NEO4J_PASSWORD", "")
    async with open_store(url, user=os.environ.get("NEO4J_USER", "neo4j"), password=password) as store:
        say("opened", first, await store.revision())
        for patient in count(first):
            await ingest(store, patient)
            await infer(store, patient)
            await keep_house(store, patient, first, folder)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))

"""Writes to a store and lets its RDF view follow, until it is killed; says each revision that the view has reached.

``python -m tests.store.rdf_kill_child URL FOLDER FIRST``: the view is in ``FOLDER``, patients count from ``FIRST``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from kgtwin.store.factory import open_store
from kgtwin.store.rdf_views import CurrentView
from tests.store.builders import make_bundle, make_fact, make_resource, make_submission
from tests.store.faults.child import say


async def main(url: str, folder: str, first: int) -> None:
    store = open_store(url, user=os.environ.get("NEO4J_USER", "neo4j"), password=os.environ.get("NEO4J_PASSWORD", ""))
    async with store as opened:
        view = CurrentView(opened, Path(folder))
        for number in range(first, first + 10_000):
            await opened.write(make_bundle(str(number), facts=6))
            old = str(number // 2)
            await opened.write(make_submission(make_resource(make_fact(old, f"Condition/{old}-0", f"c{number}"))))
            say("begin", "view", number)
            state = await view.refresh(rebuild=number % 7 == 6)
            say("viewed", number, state.revision)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

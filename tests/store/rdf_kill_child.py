"""Writes to a store and lets its RDF view follow, until it is killed; says each revision that the view has reached."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_views import CurrentView
from tests.store.builders import make_bundle, make_fact, make_resource, make_submission


async def main(store: str, folder: str, first: int) -> None:
    async with LadybugStore(store) as opened:
        view = CurrentView(opened, Path(folder))
        for number in range(first, first + 10_000):
            await opened.write(make_bundle(str(number), facts=6))
            old = str(number // 2)
            await opened.write(make_submission(make_resource(make_fact(old, f"Condition/{old}-0", f"c{number}"))))
            state = await view.refresh(rebuild=number % 7 == 6)
            print(state.revision, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

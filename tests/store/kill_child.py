"""Ingests submissions until it is killed, printing each receipt's label after its commit."""

from __future__ import annotations

import asyncio
import sys

from kgtwin.store.factory import open_store
from tests.store.builders import make_bundle, make_fact, make_resource, make_submission

FACTS = 40


async def main(url: str, first: int) -> None:
    async with open_store(url) as store:
        for number in range(first, first + 10_000):
            receipt = await store.write(make_bundle(str(number), facts=FACTS))
            print(receipt.label, receipt.revision, flush=True)
            corrections = (make_resource(make_fact(str(number), f"Condition/{number}-{n}", "2")) for n in range(FACTS))
            receipt = await store.write(make_submission(*corrections, label=f"{number}+"))
            print(receipt.label, receipt.revision, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

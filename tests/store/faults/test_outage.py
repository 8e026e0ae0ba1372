"""Neo4j out of reach under load: short outages are waited for, longer ones are told, nothing is lost or doubled.

``KGTWIN_TEST_OUTAGE`` is its length in seconds (3 where it is not set; by hand, 30).
"""

from __future__ import annotations

import asyncio
import os

import pytest

from kgtwin.errors import StoreUnavailableError
from kgtwin.model.submission import Receipt
from kgtwin.store.neo4j import Neo4jStore
from tests.store.builders import make_bundle, make_key
from tests.store.conftest import Server
from tests.store.faults.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.neo4j]
SECONDS = float(os.environ.get("KGTWIN_TEST_OUTAGE", "3"))
FACTS = 10


@pytest.mark.timeout(300)
async def test_an_outage_under_load_loses_nothing(neo4j_server: Server, line: Line) -> None:
    done: dict[int, Receipt] = {}
    failed: list[int] = []
    told: set[str] = set()
    ended = asyncio.Event()

    async def write(first: int) -> None:
        for number in range(first, first + 10_000):
            if ended.is_set():
                return
            try:
                done[number] = await store.write(make_bundle(str(number), facts=FACTS))
            except StoreUnavailableError as error:
                failed.append(number)
                told.add(error.message)
                await asyncio.sleep(0.2)

    async with Neo4jStore(line.url, user=neo4j_server.user, password=neo4j_server.password) as store:
        writers = [asyncio.create_task(write(first * 10_000)) for first in range(3)]
        await asyncio.sleep(1)
        line.cut()
        await asyncio.sleep(SECONDS)
        before = len(done)
        await line.mend()
        async with asyncio.timeout(60):
            while len(done) < before + 6:  # noqa: ASYNC110 - the writers tell nobody
                await asyncio.sleep(0.1)
        ended.set()
        await asyncio.gather(*writers)
        assert all("no answer from the server" in message for message in told)
        for number in failed:  # what failed may have been committed: sending it again changes nothing then
            done[number] = await store.write(make_bundle(str(number), facts=FACTS))
        assert [one.number for one in await store.revisions()] == list(range(1, await store.revision() + 1))
        assert {int(one.id) for one in await store.patients()} == done.keys()
        for number in done:
            assert len(await store.facts(make_key(str(number)))) == FACTS
        counts = await store.counts()
        assert (counts["facts"], await store.revision()) == (FACTS * len(done), len(done))

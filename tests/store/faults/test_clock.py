"""A clock that goes backwards: the feed's times never do, and a moment still resolves to one revision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kgtwin.store.base import GraphStore
from tests.store.builders import KNOWLEDGE, make_bundle, make_inference, make_key
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio
START = datetime(2026, 3, 29, 2, tzinfo=UTC)


class Backwards:
    """A clock that is a minute earlier each time it is looked at."""

    def __init__(self, start: datetime) -> None:
        self.next = start

    def __call__(self) -> datetime:
        self.next -= timedelta(minutes=1)
        return self.next


async def write_all_kinds(store: GraphStore, patient: str) -> None:
    """Facts, conclusions, an erasure, and what a consumer has read."""
    await store.write(make_bundle(patient))
    await store.write(make_bundle(f"{patient}-gone"))
    await store.write_inferences([make_inference(patient, revision=await store.revision())])
    await store.erase(make_key(f"{patient}-gone"))
    await store.advance("reader", await store.revision())


async def test_times_in_the_feed_never_go_back(make_store: StoreMaker) -> None:
    async with make_store(clock=Backwards(START)) as store:
        await store.write_knowledge(KNOWLEDGE)
        await write_all_kinds(store, "a")
        read = (await store.consumers())[0].at
    async with make_store(clock=Backwards(START - timedelta(days=400))) as store:  # restarted with a worse clock
        await write_all_kinds(store, "b")
        feed = await store.revisions()
        assert {one.kind for one in feed} == {"facts", "inferences", "erasure", "knowledge"}
        assert [one.number for one in feed] == list(range(1, 10))
        assert [one.at for one in feed] == sorted(one.at for one in feed)
        assert (await store.consumers())[0].at >= read
        first = datetime.fromisoformat(feed[0].at)
        assert [await store.resolve(first + timedelta(seconds=n)) for n in (-1, 0, 1)] == [0, 9, 9]
    async with make_store(clock=lambda: START + timedelta(days=1)) as store:  # and mended
        await store.write(make_bundle("c"))
        assert (await store.revisions())[-1].at.startswith("2026-03-30")
        assert await store.resolve(START) == 9

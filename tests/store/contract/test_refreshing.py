"""With which knowledge conclusions were worked out, and that all of them were compared with one."""

from __future__ import annotations

import msgspec
import pytest

from kgtwin.store.base import GraphStore
from kgtwin.store.refreshing import Mark, Told
from tests.store.builders import make_bundle, make_inference, make_key, make_risk

pytestmark = pytest.mark.anyio
AT = "2026-01-01T00:00:00Z"


async def conclude(store: GraphStore, patient: str, knowledge: str) -> None:
    revision = await store.revision()
    found = make_inference(patient, revision=revision, risks=(make_risk(patient),))
    await store.write_inferences([msgspec.structs.replace(found, knowledge=knowledge)])


async def test_each_conclusion_says_its_knowledge(store: GraphStore) -> None:
    assert await store.versions_told() == {}
    assert await store.refreshed() is None
    for patient in "123":
        await store.write(make_bundle(patient, facts=1))
    await conclude(store, "1", "2026.1")
    await conclude(store, "2", "2026.2")
    keys = [make_key(patient) for patient in "1239"]
    assert await store.told(keys) == {keys[0]: Told("2026.1", AT, 4), keys[1]: Told("2026.2", AT, 5)}
    assert await store.told([]) == {}
    assert await store.versions_told() == {"2026.1": 1, "2026.2": 1}
    assert await store.versions_told(after=4) == {"2026.2": 1}
    assert await store.models_told() == ("demo",)
    await conclude(store, "1", "2026.2")
    assert await store.versions_told() == {"2026.2": 2}


async def test_a_refresh_ends_when_nothing_else_was_stored_meanwhile(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=1))
    await conclude(store, "1", "2026.1")
    begun = await store.revision()
    assert await store.finish_refresh("2026.2", "demo", after=begun - 1) is None
    assert await store.revision() == begun
    revision = await store.finish_refresh("2026.2", "demo", after=begun)
    assert revision is not None
    assert (revision.number, revision.kind, revision.patients) == (begun + 1, "refresh", ())
    assert await store.refreshed() == Mark(begun + 1, "2026.2", "demo")
    assert await store.finish_refresh("2026.2", "", after=begun) is not None
    assert await store.refreshed() == Mark(begun + 2, "2026.2", "")
    assert await store.inference(make_key("1")) is not None


async def test_a_compacted_feed_still_tells_of_the_last_refresh(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=1))
    await store.finish_refresh("2026.2", "demo", after=1)
    await store.compact(2)
    assert await store.refreshed() == Mark(2, "2026.2", "demo")
    rows = (await store.cypher("MATCH (r:Revision) RETURN r.label ORDER BY r.number")).rows
    assert [row[0] for row in rows] == ["", "2026.2 with demo"]

"""What the graph remembers: past conclusions, versions of facts, the change feed and who has read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from kgtwin.errors import FeedCompactedError, NotFoundError, UsageError
from kgtwin.model.feed import Change
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.store.base import GraphStore
from kgtwin.store.feed import follow
from tests.store.builders import (
    DIABETES,
    make_bundle,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_risk,
    make_submission,
)
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio
ONE = make_key("1")


def correction(resource: str, version: str) -> Submission:
    return make_submission(make_resource(make_fact("1", resource, version, code=DIABETES)), label="correction")


async def test_conclusions_are_read_as_they_were_told(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=2))
    first = await store.facts(ONE)
    issue, risk = make_issue("1", first[0]), make_risk("1")
    told = make_inference("1", issue, risks=(risk,))
    await store.write_inferences([told])  # revision 2
    await store.write(correction("Condition/1-0", "2"))  # 3
    again = make_inference("1", make_issue("1", first[1], statement="kgtwin:CI_0009", revision=3), revision=3)
    await store.write_inferences([again])  # 4
    await store.write_inferences([told.__class__(patient=ONE, at="2027-01-01", revision=3, knowledge="2027.1")])  # 5
    assert [await store.inference(ONE, as_of=n) for n in (1, 2, 3, 4)] == [None, told, None, again]
    assert [await store.issues(ONE, as_of=n) for n in (1, 2, 3, 4, 5)] == [(), (issue,), (), again.issues, ()]
    assert [await store.risks(ONE, as_of=n) for n in (1, 2, 3)] == [(), (risk,), ()]
    now = await store.inference(ONE)
    assert now is not None
    assert (now.knowledge, await store.inference(ONE, as_of=5)) == ("2027.1", now)
    assert await store.issue(issue.id) is None


async def test_each_version_of_a_fact_says_when_it_counted(store: GraphStore) -> None:
    await store.write(make_submission(make_patient("1"), make_resource(make_fact("1", "Condition/c", "2"))))
    await store.write(correction("Condition/c", "3"))
    await store.write(make_submission(make_resource(make_fact("1", "Condition/c", "1"))))
    await store.write(make_submission(make_resource(make_fact("1", "Condition/c", "4"), retracted=True)))
    (current,) = await store.facts(ONE, as_of=2)
    found = await store.history(current.id)
    assert [(one.version, one.revision, one.retracted, one.counted) for one in found] == [
        ("2", 1, False, (1, 2)), ("3", 2, False, (2, 4)), ("1", 3, False, None), ("4", 4, True, None),
    ]  # fmt: skip
    assert [one.fact and one.fact.provenance.version for one in found] == ["2", "3", "1", None]
    assert await store.history("f-0") == ()


async def test_parts_of_a_resource_have_histories_of_their_own(store: GraphStore) -> None:
    parts = [[make_fact("1", "Observation/o", version, part=f"component[{n}]") for n in "01"] for version in "12"]
    await store.write(make_submission(make_patient("1"), make_resource(*parts[0])))
    await store.write(make_submission(make_resource(*parts[1][:1])))
    assert [one.fact for one in await store.history(parts[0][0].id)] == [parts[0][0], parts[1][0]]
    assert [one.fact for one in await store.history(parts[0][1].id)] == [parts[0][1], None]


async def test_the_feed_says_what_changed(store: GraphStore) -> None:
    await store.write(make_bundle("1", facts=2))
    await store.write(make_bundle("2", facts=1))
    old = {f.provenance.resource: f.id for f in await store.facts(ONE)}
    await store.write(correction("Condition/1-0", "2"))
    new = {f.provenance.resource: f.id for f in await store.facts(ONE)}
    await store.write_inferences([make_inference("1", revision=3)])
    await store.write(make_submission(make_resource(make_fact("1", "Condition/1-0", "1.5"), updated="2001")))
    found = await store.changes()
    assert [one.revision for one in found] == list(await store.revisions())
    told = [[(c.fact, c.opened) for c in one.facts] for one in found]
    assert sorted(told[0]) == sorted((id_, True) for id_ in old.values())
    assert [(c.patient, c.kind, c.opened) for c in found[1].facts] == [(make_key("2"), "Condition", True)]
    assert told[2] == [(old["Condition/1-0"], False), (new["Condition/1-0"], True)]
    assert told[3:] == [[], told[4]]
    assert await store.changes(after=1, limit=2) == found[1:3]


async def test_consumers_have_durable_positions(make_store: StoreMaker) -> None:
    async with make_store() as store:
        for patient in "abc":
            await store.write(make_bundle(patient, facts=1))
        await store.advance("view", 2)
        await store.advance("alerts", 1)
        with pytest.raises(UsageError, match="view cannot be at revision 1") as caught:
            await store.advance("view", 1)
        assert caught.value.expected == "from 2 to 3"
        with pytest.raises(UsageError):
            await store.advance("view", 4)
    async with make_store() as store:
        assert [(one.name, one.position) for one in await store.consumers()] == [("alerts", 1), ("view", 2)]
        await store.forget_consumer("alerts")
        with pytest.raises(NotFoundError, match="no consumer 'alerts'"):
            await store.forget_consumer("alerts")
        assert [one.name for one in await store.consumers()] == ["view"]
        assert await store.revision() == 3


async def test_compaction_keeps_numbers_and_times_and_what_nobody_read(store: GraphStore) -> None:
    for patient in "abcd":
        await store.write(make_bundle(patient, facts=1))
    feed = await store.revisions()
    await store.advance("slow", 2)
    done = await store.compact(3)
    assert (done.horizon, done.revisions, done.held_by) == (2, 2, ("slow",))
    with pytest.raises(FeedCompactedError, match="after revision 1 is no longer told"):
        await store.revisions(after=1)
    with pytest.raises(FeedCompactedError):
        await store.changes()
    assert await store.revisions(after=2) == feed[2:]
    await store.forget_consumer("slow")
    assert (await store.compact(100)).horizon == 4
    assert (await store.compact(1)).horizon == 4
    assert (await store.compact(1)).revisions == 0
    assert await store.revisions(after=4) == ()
    from datetime import datetime  # noqa: PLC0415

    assert await store.resolve(datetime.fromisoformat(feed[1].at)) >= 2
    assert [await store.facts(make_key(p), as_of=n) != () for n, p in enumerate("abcd", 1)] == [True] * 4
    receipt = await store.write(make_bundle("e", facts=1))
    assert [one.number for one in await store.revisions(after=4)] == [receipt.revision] == [5]
    gone = (await store.cypher("MATCH (r:Revision) RETURN r.number, r.label, r.payload ORDER BY r.number")).rows
    assert [row[:2] for row in gone] == [(1, ""), (2, ""), (3, ""), (4, ""), (5, "e.json")]
    assert not any("local|a" in str(row[2]) for row in gone)


async def test_a_follower_meets_every_change_and_goes_on_where_it_was(store: GraphStore) -> None:
    await store.write(make_bundle("a", facts=1))
    seen: list[int] = []

    async def read(until: int) -> None:
        groups: AsyncIterator[tuple[Change, ...]] = follow(store, "reader", limit=2, poll=0.05)
        async for group in groups:
            seen.extend(one.revision.number for one in group)
            if seen[-1] >= until:
                return

    reading = asyncio.create_task(read(4))
    for patient in "bcd":
        await store.write(make_bundle(patient, facts=1))
    await asyncio.wait_for(reading, 30)
    assert seen == [1, 2, 3, 4]
    (consumer,) = await store.consumers()
    assert consumer.position < 4, "what was being dealt with when the reader ended does not count"
    seen.clear()
    await asyncio.wait_for(read(4), 30)
    assert seen == list(range(consumer.position + 1, 5))


async def test_a_store_knows_itself(make_store: StoreMaker) -> None:
    async with make_store() as store:
        identity = await store.identity()
    async with make_store(read_only=True) as store:
        assert await store.identity() == identity
        assert len(identity) == 36


async def test_a_delete_is_part_of_a_fact_s_history(store: GraphStore) -> None:
    fact = make_fact("1", "Condition/c", "1")
    await store.write(make_submission(make_patient("1"), make_resource(fact)))
    gone = ResourceVersion(source="local", resource="Condition/c", version="2", content="", patient=None, deleted=True)
    await store.write(make_submission(gone))
    assert await store.facts(ONE) == ()
    found = await store.history(fact.id)
    assert [(one.deleted, one.fact, one.counted) for one in found] == [(False, fact, (1, 2)), (True, None, None)]

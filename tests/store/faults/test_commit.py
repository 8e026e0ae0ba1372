"""A connection that breaks exactly at the commit: the outcome is unknown, is told so, and sending it again is safe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from kgtwin.errors import NotFoundError, StoreUnavailableError
from kgtwin.store.neo4j import Neo4jStore
from tests.store.builders import make_bundle, make_conclusions, make_correction, make_fact, make_key
from tests.store.conftest import Server
from tests.store.faults.line import Break, Line

pytestmark = [pytest.mark.anyio, pytest.mark.neo4j, pytest.mark.timeout(120)]
KEY = make_key("1")
FACTS = 5
Deed = Callable[[Neo4jStore], Awaitable[object]]


@pytest.fixture
async def store(neo4j_server: Server, line: Line) -> AsyncIterator[Neo4jStore]:
    """A store at the end of the line with two patients."""
    async with Neo4jStore(line.url, user=neo4j_server.user, password=neo4j_server.password) as store:
        await store.write(make_bundle("1", facts=FACTS))
        await store.write(make_bundle("2", facts=FACTS))
        yield store


async def ingest(store: Neo4jStore) -> object:
    return await store.write(make_bundle("3", facts=FACTS))


async def correct(store: Neo4jStore) -> object:
    return await store.write(make_correction("1", FACTS))


async def infer(store: Neo4jStore) -> object:
    facts = [make_fact("1", f"Condition/1-{n}") for n in range(3)]
    return await store.write_inferences([make_conclusions("1", facts, 2)])


async def compact(store: Neo4jStore) -> object:
    return await store.compact(2)


async def erase(store: Neo4jStore) -> object:
    return await store.erase(KEY)


async def broken(line: Line, store: Neo4jStore, deed: Deed, breaks: Break) -> StoreUnavailableError:
    """Do a deed whose commit breaks the line; what is said of it."""
    line.arm(breaks)
    with pytest.raises(StoreUnavailableError) as caught:
        await deed(store)
    assert not line.armed, "no commit was seen"
    return caught.value


@pytest.mark.parametrize("breaks", ["before", "after"])
@pytest.mark.parametrize("deed", [ingest, *(pytest.param(one, marks=pytest.mark.slow) for one in (correct, infer))])
async def test_a_write_with_an_unknown_outcome_can_be_sent_again(
    line: Line, store: Neo4jStore, deed: Deed, breaks: Break
) -> None:
    told = await broken(line, store, deed, breaks)
    assert "at the commit" in told.message
    assert "send it again" in (told.remedy or "")
    assert await store.revision() == (3 if breaks == "after" else 2)
    once = await content(store)
    await deed(store)
    again = await content(store)
    assert again == once or breaks == "before"
    await deed(store)
    assert await content(store) == again
    last = await store.revision()
    assert [one.number for one in await store.revisions()] == list(range(1, last + 1))
    assert last == 3 or deed is infer  # who infers again says so in the feed: what follows is the same


async def content(store: Neo4jStore) -> object:
    """What the store says of its patients, and how much it holds of what is current."""
    found = [(await store.facts(one.key), await store.inference(one.key)) for one in await store.patients()]
    counts = await store.counts()
    return found, [counts[name] for name in ("facts", "resources", "issues", "risks", "inferences")]


async def test_a_read_that_breaks_at_its_end_has_no_unknown_outcome(line: Line, store: Neo4jStore) -> None:
    told = await broken(line, store, lambda store: store.frame(), "after")
    assert "at the commit" not in told.message
    assert len(await store.facts(KEY)) == FACTS


@pytest.mark.parametrize("breaks", ["before", "after"])
async def test_an_erasure_with_an_unknown_outcome_can_be_asked_for_again(
    line: Line, store: Neo4jStore, breaks: Break
) -> None:
    await broken(line, store, erase, breaks)
    if breaks == "before":
        assert len(await store.facts(KEY)) == FACTS
        await erase(store)
    with pytest.raises(NotFoundError):
        await erase(store)
    assert [one.kind for one in await store.revisions()] == ["facts", "facts", "erasure"]
    assert [one.id for one in await store.patients()] == ["2"]


@pytest.mark.slow
@pytest.mark.parametrize("breaks", ["before", "after"])
async def test_a_compaction_with_an_unknown_outcome_can_be_done_again(
    line: Line, store: Neo4jStore, breaks: Break
) -> None:
    await broken(line, store, compact, breaks)
    assert (await store.compact(2)).horizon == 2
    assert await store.revisions(after=2) == ()
    assert (await store.write(make_bundle("3"))).revision == 3

"""What only Neo4j does: refuse, vanish, and serve several writers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import neo4j
import pytest

from kgtwin.config import Secret
from kgtwin.errors import StoreAuthenticationError, StoreError, StoreUnavailableError
from kgtwin.model.fact import Fact
from kgtwin.store.neo4j import ALL_ROWS, Neo4jStore
from tests.store.builders import make_bundle, make_fact, make_key, make_patient, make_resource, make_submission
from tests.store.conftest import Server, wipe

pytestmark = [pytest.mark.anyio, pytest.mark.neo4j]
T = TypeVar("T")


def connect(server: Server, **options: str) -> Neo4jStore:
    given = {"url": server.url, "user": server.user, "password": Secret(server.password), **options}
    return Neo4jStore(given.pop("url"), **given)  # type: ignore[arg-type]


async def test_a_wrong_password_is_named_and_not_shown(neo4j_server: Server) -> None:
    with pytest.raises(StoreAuthenticationError, match="password") as caught:
        await connect(neo4j_server, password=Secret("not-the-password")).open()
    assert "not-the-password" not in str(caught.value)
    assert "KGTWIN_NEO4J_PASSWORD" in str(caught.value)


async def test_a_database_that_is_not_there_is_named(neo4j_server: Server) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        await connect(neo4j_server, database="nowhere").open()


async def test_two_stores_write_without_interleaving(neo4j_server: Server) -> None:
    wipe(neo4j_server)
    async with connect(neo4j_server) as one, connect(neo4j_server) as two:
        writes = [store.write(make_bundle(str(n), facts=2)) for n in range(5) for store in (one, two)]
        receipts = await asyncio.gather(*writes)
        assert sorted(r.revision for r in receipts if r.revision) == [1, 2, 3, 4, 5]
        assert sum(r.revision is None for r in receipts) == 5
        assert [r.number for r in await two.revisions()] == [1, 2, 3, 4, 5]
        assert (await one.counts())["facts"] == 10


async def test_a_server_that_goes_away_is_named_and_what_was_acknowledged_stays(
    neo4j_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgtwin.store.neo4j.RETRY_SECONDS", 2.0)
    wipe(neo4j_server)
    async with proxy(neo4j_server) as (url, cut):
        store = connect(neo4j_server, url=url)
        async with store:
            await store.write(make_bundle("1"))
            cut()
            with pytest.raises(StoreUnavailableError, match="no answer"):
                await store.write(make_bundle("2", facts=50))
    async with connect(neo4j_server) as again:
        assert len(await again.facts(make_key("1"))) == 3
        assert len(await again.facts(make_key("2"))) in {0, 50}
        await again.write(make_bundle("2", facts=50))
        assert len(await again.facts(make_key("2"))) == 50


class Turns:
    """Counts round trips: how often the client speaks after the server has."""

    def __init__(self) -> None:
        self.count, self._last = 0, ""

    def spoke(self, end: str) -> None:
        self.count += end == "client" != self._last
        self._last = end

    async def of(self, asked: Awaitable[T]) -> tuple[T, int]:
        """What a call returns, and its round trips."""
        before = self.count
        return await asked, self.count - before


@contextlib.asynccontextmanager
async def proxy(server: Server, turns: Turns | None = None) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """A way to the server that can be cut, and on which round trips are counted."""
    told = turns or Turns()
    host, _, port = server.url.removeprefix("bolt://").partition(":")
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, end: str) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                told.spoke(end)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writers.extend((writer, far_writer))
        tasks.append(asyncio.create_task(pump(reader, far_writer, "client")))
        tasks.append(asyncio.create_task(pump(far_reader, writer, "server")))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)

    def cut() -> None:
        listener.close()
        for writer in writers:
            writer.transport.abort()

    yield f"bolt://127.0.0.1:{listener.sockets[0].getsockname()[1]}", cut
    cut()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_server_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"bolt://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(StoreUnavailableError, match="no answer") as caught:
            await Neo4jStore(url, password="x").open()
    assert caught.value.where == url


KEY = make_key("1")
MANY = 200


async def write_versions(store: Neo4jStore, versions: Iterable[int]) -> None:
    """Each revision is a new version of a patient and of all that is known of him."""
    for version in map(str, versions):
        facts = [make_resource(make_fact("1", f"Condition/{number}", version)) for number in range(MANY)]
        await store.write(make_submission(make_patient("1", version, name=f"Ada {version}"), *facts))


def version_of(facts: Sequence[Fact]) -> int:
    """The one version that all facts are of."""
    assert len(facts) == MANY
    (version,) = {fact.provenance.version for fact in facts}
    return int(version)


async def test_a_commit_is_seen_whole_or_not_at_all(neo4j_server: Server) -> None:
    """The server shows a commit bit by bit; what is read of a patient, or of the feed, is of one revision."""
    wipe(neo4j_server)
    async with connect(neo4j_server) as writer, connect(neo4j_server) as reader, reading_only(neo4j_server) as follower:
        await write_versions(writer, [1])
        writing = asyncio.create_task(write_versions(writer, range(2, 6)))
        seen = await follower.revision()
        while not writing.done():
            known = await reader.known_as(KEY)
            assert known is not None
            assert known.record.name == f"Ada {version_of(known.facts)}"
            version_of(await reader.facts(KEY))
            for change in await follower.changes(after=seen):
                seen = change.revision.number
                assert len(change.facts) == 2 * MANY
                assert version_of(await follower.facts(KEY)) >= seen
        await writing
        assert version_of(await reader.facts(KEY)) == 5


def reading_only(server: Server) -> Neo4jStore:
    return Neo4jStore(server.url, user=server.user, password=server.password, read_only=True)


async def test_a_patient_is_read_in_one_round_trip(neo4j_server: Server) -> None:
    wipe(neo4j_server)
    turns = Turns()
    async with proxy(neo4j_server, turns) as (url, _), connect(neo4j_server, url=url) as store:
        await store.write(make_bundle("1", facts=20))
        assert (await turns.of(store.known_as(KEY)))[1] == 1
        known, count = await turns.of(store.known_as(KEY))
        assert count == 1, "what the store wrote itself needs no second look"
        assert known is not None
        assert (len(known.facts), known.revision, known.changed) == (20, 1, 1)
        assert (await turns.of(store.known_as(KEY, as_of=1))) == (known, 1)
        assert (await turns.of(store.known_as(make_key("2")))) == (None, 1)
        async with connect(neo4j_server) as other:
            await other.write(make_bundle("2"))
        assert (await turns.of(store.known_as(KEY)))[1] == 3, "somebody else wrote: all of that must be there"
        assert (await turns.of(store.known_as(KEY)))[1] == 1


async def test_who_may_take_no_lock_reads_all_the_same(neo4j_server: Server) -> None:
    """As for a user with a reader's role; the server refuses each lock because the session is for reading."""
    wipe(neo4j_server)
    async with connect(neo4j_server) as writer:
        await write_versions(writer, [1, 2])
        frame = await writer.frame()

    class Reader(Neo4jStore):
        def _session(self, access: str = "", rows: int = ALL_ROWS) -> neo4j.AsyncSession:
            return super()._session(neo4j.READ_ACCESS, rows)

    async with Reader(
        neo4j_server.url, user=neo4j_server.user, password=neo4j_server.password, read_only=True
    ) as store:
        assert await store.revision() == 2
        assert version_of(await store.facts(KEY)) == 2
        known = await store.known_as(KEY)
        assert known is not None
        assert version_of(known.facts) == 2
        assert await store.frame() == frame
        with pytest.raises(StoreError, match="read-only"):
            await write_versions(store, [3])

"""What only Neo4j does: refuse, vanish, and serve several writers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from kgtwin.config import Secret
from kgtwin.errors import StoreAuthenticationError, StoreError, StoreUnavailableError
from kgtwin.store.neo4j import Neo4jStore
from tests.store.builders import make_bundle, make_key
from tests.store.conftest import Server, wipe

pytestmark = [pytest.mark.anyio, pytest.mark.neo4j]


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


@contextlib.asynccontextmanager
async def proxy(server: Server) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """A way to the server that can be cut."""
    host, _, port = server.url.removeprefix("bolt://").partition(":")
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writers.extend((writer, far_writer))
        tasks.extend((asyncio.create_task(pump(reader, far_writer)), asyncio.create_task(pump(far_reader, writer))))

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

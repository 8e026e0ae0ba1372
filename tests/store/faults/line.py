"""A way to a Neo4j that can be cut and mended, or that breaks by itself at the next commit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from tests.store.conftest import Server

COMMIT: Final = bytes.fromhex("0002b0120000")
"""Bolt's COMMIT: one chunk of two bytes, a structure without fields and its tag; then the end of the message."""
Break = Literal["before", "after"]
Pass = Callable[[bytes], Awaitable[bool]]


class Line:
    """A proxy in front of a server."""

    def __init__(self, server: Server) -> None:
        host, _, port = server.url.removeprefix("bolt://").partition(":")
        self._far = host, int(port)
        self._port = 0
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._breaks: Break | None = None
        self._answering = False

    @property
    def url(self) -> str:
        return f"bolt://127.0.0.1:{self._port}"

    @property
    def armed(self) -> bool:
        """Whether it is still to break at a commit."""
        return self._breaks is not None

    def arm(self, breaks: Break) -> None:
        """Break at the next COMMIT: before it reaches the server, or after, when the answer is on its way."""
        self._breaks = breaks

    async def mend(self) -> None:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """End all connections, and take no new ones."""
        assert self._listener is not None
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """End all connections; new ones may come."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def end(self) -> None:
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._far)
        self._writers |= {writer, far_writer}
        for pumped in (_pump(reader, far_writer, self._sent), _pump(far_reader, writer, self._answered)):
            task = asyncio.create_task(pumped)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _sent(self, data: bytes) -> bool:
        """Whether what a client sends may pass."""
        if self._breaks is None or COMMIT not in data:
            return True
        if self._breaks == "after":
            self._breaks, self._answering = None, True
            return True
        self._breaks = None
        self.drop()
        return False

    async def _answered(self, data: bytes) -> bool:
        """Whether what the server answers may pass."""
        if not self._answering:
            return True
        self._answering = False
        self.drop()
        return False


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: Pass) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            if await passes(data):
                writer.write(data)
                await writer.drain()
    writer.close()

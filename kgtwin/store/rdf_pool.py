"""The processes that answer SPARQL queries: started when needed, kept while they are well, ended when they are not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Final

import msgspec

from kgtwin.errors import QueryRejectedError, QueryTimeoutError, StoreError
from kgtwin.store.rdf_answers import Reply, Request

GRACE_SECONDS: Final = 5.0
AT_ONCE: Final = 4
HEAD: Final = 1 << 16


class _EndedError(Exception):
    """The process ended before its answer did; ``signal`` is what ended it."""

    def __init__(self, signal_: int) -> None:
        super().__init__()
        self.signal = signal_


class QueryPool:
    """At most ``size`` processes; a query waits for a free one."""

    def __init__(self, size: int = AT_ONCE) -> None:
        self._slots = asyncio.Semaphore(size)
        self._idle: list[asyncio.subprocess.Process] = []
        self._all: set[asyncio.subprocess.Process] = set()
        self._closed = False

    async def ask(self, request: Request) -> tuple[Reply, bytes]:
        """The answer of one query.

        Raises:
            QueryTimeoutError: if it was stopped after its time.
            QueryRejectedError: if it needed too much memory.
        """
        if self._closed:
            raise StoreError("the RDF view is closed", remedy="open it again")
        async with self._slots:
            process = self._idle.pop() if self._idle else await self._start()
            try:
                reply, body = await self._exchange(process, request)
            except _EndedError as ended:
                raise _explained(ended.signal, request.seconds) from None
            except BaseException:  # whoever asked has gone: so does the query
                await self._end(process)
                raise
        if reply.last or self._closed:
            await self._end(process)
        else:
            self._idle.append(process)
        return reply, body

    async def warm(self) -> None:
        """Have a process ready."""
        async with self._slots:
            if not self._idle and not self._closed:
                self._idle.append(await self._start())

    async def renew(self) -> None:
        """End the processes that have nothing to do, so that they give back the files that they had open."""
        idle, self._idle = self._idle, []
        for process in idle:
            await self._end(process)

    async def close(self) -> None:
        """End all processes, whatever they are doing; closing twice is harmless."""
        self._closed = True
        self._idle.clear()
        for process in list(self._all):
            await self._end(process)

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "kgtwin.store.rdf_worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=1 << 20,
            env={name: value for name, value in os.environ.items() if not name.startswith("KGTWIN_")},
        )
        self._all.add(process)
        return process

    async def _exchange(self, process: asyncio.subprocess.Process, request: Request) -> tuple[Reply, bytes]:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(request.seconds + GRACE_SECONDS):
                process.stdin.write(msgspec.json.encode(request) + b"\n")
                await process.stdin.drain()
                reply = msgspec.json.decode(await process.stdout.readuntil(b"\n"), type=Reply)
                return reply, await process.stdout.readexactly(reply.length)
        except TimeoutError:
            await self._end(process)
            raise _EndedError(signal.SIGALRM) from None
        except (ConnectionError, asyncio.IncompleteReadError):
            await self._end(process)
            raise _EndedError(-(process.returncode or 0)) from None

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._all.discard(process)
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(process.wait())), 0.05)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def _explained(ended_by: int, seconds: float) -> StoreError:
    if ended_by == signal.SIGALRM:
        return QueryTimeoutError(f"the query was stopped after {seconds:g} s", remedy="narrow it")
    return QueryRejectedError("the query needs more memory than it may have", remedy="narrow it, or add LIMIT")

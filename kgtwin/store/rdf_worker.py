"""A process that answers SPARQL queries, one after another, over a checkpoint of the view that it only reads.

Oxigraph cannot cancel a query: the kernel ends this process when its alarm rings (``SIGALRM`` with its default
action), whatever the query is doing, and its parent (``rdf_pool.py``) starts another. Run as
``python -m kgtwin.store.rdf_worker``: a request a line on standard input; on standard output a reply a line, with its
body behind it. It ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import sys
from typing import BinaryIO, Final

import msgspec
import pyoxigraph as ox

from kgtwin.store.rdf_answers import Reply, Request, evaluate
from kgtwin.store.rdf_sandbox import confine

MEMORY: Final = 1 << 30
"""Bytes that one query may take."""
PIPE: Final = 1 << 20
"""Bytes of an answer that are on their way at once."""
GROWN: Final = 256 << 20
"""Bytes that a process may keep after a query; one that keeps more is replaced."""


class Worker:
    """The checkpoint that is open, and the memory that it took."""

    def __init__(self) -> None:
        self._memory = os.open("/proc/self/statm", os.O_RDONLY)
        self._path = ""
        self._store: ox.Store | None = None
        self._base = 0

    def answer(self, request: Request) -> tuple[Reply, bytes]:
        """Answer one request under its own time and memory limits."""
        signal.setitimer(signal.ITIMER_REAL, request.seconds)
        try:
            store = self._open(request.path)
        except (OSError, ValueError, RuntimeError) as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            return Reply(error=str(error)[:300], damaged=True, last=True), b""
        _limit_memory(self._used() + MEMORY)
        reply, body = evaluate(store, request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _limit_memory(resource.RLIM_INFINITY)
        return msgspec.structs.replace(
            reply, length=len(body), last=self._used() - len(body) > self._base + GROWN
        ), body

    def _open(self, path: str) -> ox.Store:
        if path != self._path or self._store is None:
            self._store, self._path = None, ""
            self._store, self._path = ox.Store.read_only(path), path
            self._base = self._used()
        return self._store

    def _used(self) -> int:
        return int(os.pread(self._memory, 100, 0).split()[0]) * resource.getpagesize()


def _limit_memory(limit: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer until there are no more requests, or memory was kept."""
    worker = Worker()
    for line in requests:
        reply, body = worker.answer(msgspec.json.decode(line, type=Request))
        replies.write(msgspec.json.encode(reply) + b"\n" + body)
        replies.flush()
        if reply.last:
            return


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        fcntl.fcntl(sys.stdout.fileno(), fcntl.F_SETPIPE_SZ, PIPE)
    confine()
    serve(sys.stdin.buffer, sys.stdout.buffer)

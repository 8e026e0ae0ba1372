"""A service over a store, in a thread of this process, on a real socket."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from kgtwin.api.app import create_app
from kgtwin.bootstrap import running
from kgtwin.config import Settings

PATIENCE = 60.0


@contextmanager
def served(store: str, *, read_only: bool = True, **how: Any) -> Iterator[str]:
    """The address of a service; ``how`` is the application's."""
    listener = socket.create_server(("127.0.0.1", 0))
    server: list[uvicorn.Server] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        async with running(Settings(store=store, predictions=False), read_only=read_only) as service:
            config = uvicorn.Config(create_app(service, **how), log_level="warning", access_log=False)
            server.append(uvicorn.Server(config))
            await server[0].serve(sockets=[listener])

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not (server and server[0].started):
        assert not failed, failed
        assert time.monotonic() < until, "the service did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server[0].should_exit = True
        thread.join(PATIENCE)
        listener.close()
    assert not failed, failed

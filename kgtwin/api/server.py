"""``kgtwin serve``: one process, one store, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette

from kgtwin.api.app import create_app
from kgtwin.api.bounds import Bounds
from kgtwin.bootstrap import reload_on_save, running
from kgtwin.config import Settings
from kgtwin.service import Service
from kgtwin.service.refresher import Refresher

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    at: datetime | None = None,
    watch: Callable[[str], None] | None = None,
    bounds: Bounds | None = None,
    allow_backup: bool = False,
    refresh: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted. ``at`` is the evaluation time where a query names none; ``bounds`` those of queries.

    ``allow_backup`` opens the door for backups of the whole store, to who sends the settings' ``backup_token`` if there
    is one.

    ``watch``: an edited ontology is taken up when it is saved, if it passes its checks; is told what became of it.
    ``refresh``: conclusions that an edit can touch, since they were stored or later, are worked out again behind the
    answers; is told how that goes.

    Raises:
        StoreError: if the store cannot be opened.
        OntologyError: if the knowledge cannot be loaded: better now than at the first query.
    """
    backup = settings.backup_token if allow_backup else None

    def app_of(service: Service) -> Starlette:
        return create_app(service, default_at=at, hosts=allowed_hosts(host), bounds=bounds, backup=backup)

    asyncio.run(_serve(settings, host, port, at, _Behind(watch, refresh), app_of))


class _Behind(NamedTuple):
    """Who is told of what is done behind the answers; what nobody is told of is not done."""

    watch: Callable[[str], None] | None
    refresh: Callable[[str], None] | None


async def _serve(
    settings: Settings,
    host: str,
    port: int,
    at: datetime | None,
    behind: _Behind,
    app_of: Callable[[Service], Starlette],
) -> None:
    async with running(settings, now=None if at is None else lambda: at) as service:
        _load(service)
        await service.write_taxonomy()
        config = uvicorn.Config(
            app_of(service), host=host, port=port, log_level="warning", access_log=False, server_header=False
        )
        async with _behind(service, settings, behind):
            await uvicorn.Server(config).serve()


@asynccontextmanager
async def _behind(service: Service, settings: Settings, behind: _Behind) -> AsyncIterator[None]:
    """What goes on while questions are answered."""
    refresher = None if behind.refresh is None else Refresher(service, behind.refresh)
    if refresher is not None:
        await refresher.begin()
    watching = None
    if behind.watch is not None:
        watching = asyncio.create_task(reload_on_save(service, settings, behind.watch, refresher=refresher))
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()
        if refresher is not None:
            await refresher.stop()


def _load(service: Service) -> None:
    """Load what every query shares. It lives as long as the process: the collector need not look at it again."""
    gc.disable()
    service.knowledge()
    service.predictor()
    gc.freeze()
    gc.enable()


def allowed_hosts(host: str) -> Collection[str] | None:
    """The names that requests may be addressed to: loopback's where the server listens there, else any.

    >>> allowed_hosts("0.0.0.0") is None, "localhost" in allowed_hosts("127.0.0.1")
    (True, True)
    """
    return LOOPBACK | {host} if host in LOOPBACK or host.startswith("127.") else None

"""A refresh behind the answers: one at a time, ended where the knowledge is edited again, stopped with the service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from kgtwin.errors import KgtwinError
from kgtwin.service.core import Service
from kgtwin.service.refreshing import Refreshed, State

TOLD_EVERY: Final = 10.0
"""Seconds between two lines about how far it is."""

_log = logging.getLogger(__name__)


class Refresher:
    """Brings what is stored to the knowledge that answers, whenever that is another one. ``say`` is told."""

    def __init__(self, service: Service, say: Callable[[str], None]) -> None:
        self._service, self._say = service, say
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Begin, after the one that is running has stopped."""
        await self.stop()
        self._task = asyncio.create_task(self._refresh())

    async def stop(self) -> None:
        """Stop what is running; it goes on where it was when it is begun again, by whatever process."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def done(self) -> None:
        """Wait until what was begun has ended."""
        if self._task is not None:
            await self._task

    async def _refresh(self) -> None:
        told = asyncio.get_running_loop().time()
        try:
            if not await self._service.refresh_due():
                return
            async for found in self._service.refresh():
                now = asyncio.get_running_loop().time()
                if found.state is not State.RUNNING or now - told > TOLD_EVERY:
                    told = now
                    self._say(text_of(found))
        except asyncio.CancelledError:
            self._ended(State.STOPPED)
            raise
        except KgtwinError as error:
            self._ended(State.FAILED)
            self._say(f"stored conclusions were not compared with the knowledge that answers: {error}")
        except Exception:
            self._ended(State.FAILED)
            _log.exception("stored conclusions were not compared with the knowledge that answers")

    def _ended(self, state: State) -> None:
        running = self._service.refreshing
        if running is not None and running.state is State.RUNNING:
            self._service.end_refresh(state)


def text_of(found: Refreshed) -> str:
    """How far a refresh is, in a line.

    >>> text_of(Refreshed(knowledge="2026.2", patients=10, looked=4, touched=1, stored=1))
    'refresh to knowledge 2026.2, running: 4 of 10 patients looked at, 1 touched, 1 inferred and stored'
    """
    done = f"{found.looked} of {found.patients} patients looked at, {found.touched} touched"
    return f"refresh to knowledge {found.knowledge}, {found.state}: {done}, {found.stored} inferred and stored"

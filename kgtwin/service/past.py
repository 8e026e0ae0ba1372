"""RDF views of moments other than the present: made when they are first asked for, the last ones kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple

from kgtwin.store.base import GraphStore
from kgtwin.store.feed import may_have_erased
from kgtwin.store.rdf import RdfView

KEPT: Final = 2
"""Views kept in files; a patient takes some 200 KB."""


class Moment(NamedTuple):
    """What was known at a revision, and, with ``at``, true then."""

    as_of: int
    at: datetime | None


class PastViews:
    """The views of moments. They go with the process, and when a patient is erased."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._views: dict[Moment, RdfView] = {}
        self._users: Counter[RdfView] = Counter()
        self._making = asyncio.Lock()
        self._seen = 0

    @asynccontextmanager
    async def leased(self, moment: Moment, make: Callable[[], Awaitable[RdfView]]) -> AsyncIterator[RdfView]:
        """The view of a moment, which ``make`` makes if it is not there; it stays until the end."""
        async with self._making:
            await self._forget_the_erased()
            view = self._views.pop(moment, None) or await make()
            self._views[moment] = view  # the last one asked for goes last
            self._users[view] += 1
            while len(self._views) > KEPT:
                await self._drop(next(iter(self._views)))
        try:
            yield view
        finally:
            self._users[view] -= 1
            if view not in self._views.values():
                await self._close_unused(view)

    async def clear(self) -> None:
        """Let go of all; one that is being asked ends with its last query."""
        for moment in list(self._views):
            await self._drop(moment)

    async def _forget_the_erased(self) -> None:
        """Keep no view from before an erasure, whoever erased."""
        revision = await self._store.revision()
        moved = self._views and revision != self._seen
        if moved and (revision < self._seen or await may_have_erased(self._store, self._seen)):
            await self.clear()
        self._seen = revision

    async def _drop(self, moment: Moment) -> None:
        await self._close_unused(self._views.pop(moment))

    async def _close_unused(self, view: RdfView) -> None:
        if self._users[view] <= 0:
            del self._users[view]
            await view.close()

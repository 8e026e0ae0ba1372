"""The RDF view that is current: built when the store has changed, closed when nobody asks the old one any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from kgtwin.store.base import GraphStore
from kgtwin.store.rdf import RdfView, SparqlAnswer


class CurrentView:
    """SPARQL over a store as it is now. Queries that began before a write end on the view they began on."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._view: RdfView | None = None
        self._users: Counter[RdfView] = Counter()
        self._building = asyncio.Lock()

    async def query(
        self,
        sparql: str,
        *,
        format: str | None = None,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109 - the view itself stops the query
        **dataset: Any,
    ) -> SparqlAnswer:
        """See ``RdfView.query``."""
        view = await self._lease()
        try:
            return await view.query(sparql, format=format, limit=limit, timeout=timeout, **dataset)
        finally:
            self._users[view] -= 1
            if view is not self._view:
                await self._close(view)

    async def close(self) -> None:
        """Close the view at once."""
        view, self._view = self._view, None
        if view is not None:
            await view.close()

    async def _lease(self) -> RdfView:
        async with self._building:
            if self._view is None or self._view.revision != await self._store.revision():
                old, self._view = self._view, await RdfView.build(self._store)
                if old is not None:
                    await self._close(old)
            self._users[self._view] += 1
            return self._view

    async def _close(self, view: RdfView) -> None:
        if self._users[view] <= 0:
            del self._users[view]
            await view.close()

"""The RDF view that is current: brought to the store's revision when it is asked, shared with other processes."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Final, Unpack

from kgtwin.errors import StoreError, StoreLockedError
from kgtwin.store.base import GraphStore
from kgtwin.store.feed import may_have_erased
from kgtwin.store.rdf import QueryOptions, RdfView, SparqlAnswer, request_of
from kgtwin.store.rdf_answers import Request
from kgtwin.store.rdf_files import Lease, ViewFolder
from kgtwin.store.rdf_pool import QueryPool
from kgtwin.store.rdf_primary import ViewDamagedError
from kgtwin.store.rdf_state import OntologyRdf, ViewState, continues
from kgtwin.store.rdf_update import Updater

WAIT_SECONDS: Final = 10.0
"""How long a query waits for another process that updates the view, before it asks the last checkpoint."""
FIRST_WAIT_SECONDS: Final = 600.0
"""The same where there is no checkpoint yet."""
LOOK_SECONDS: Final = 1.0
"""Between two looks at the ontology's files."""
_POLL: Final = 0.05


class CurrentView:
    """SPARQL over a store as it is now. Queries that began before a write end on the checkpoint they began on.

    The view lives in ``folder`` (without one, in a temporary folder); ``name`` tells its store from others. Where
    another process updates the view and does not end in time, the last checkpoint answers: the answer says of which
    revision.
    """

    def __init__(
        self,
        store: GraphStore,
        folder: Path | None = None,
        *,
        name: str = "",
        ontology: OntologyRdf | None = None,
        wait: float | None = None,
    ) -> None:
        self._store, self.name, self.ontology = store, name, ontology
        self._wait = WAIT_SECONDS if wait is None else wait
        self._chosen = folder
        self._place: tempfile.TemporaryDirectory[str] | None = None
        self._pool = QueryPool()
        self._view: RdfView | None = None
        self._users: Counter[RdfView] = Counter()
        self._updating = asyncio.Lock()
        self._stamp: tuple[float, str] = (float("-inf"), "")

    @cached_property
    def folder(self) -> ViewFolder:
        """The view's folder."""
        if self._chosen is None:
            self._place = tempfile.TemporaryDirectory(prefix="kgtwin-rdf-")  # only its owner may enter
            return ViewFolder(Path(self._place.name))
        return ViewFolder(self._chosen)

    @property
    def exists(self) -> bool:
        """Whether there is a view by now, made by this process or an earlier one."""
        return self._view is not None or (self._chosen is not None and self._chosen.exists())

    async def query(self, sparql: str, **options: Unpack[QueryOptions]) -> SparqlAnswer:
        """See ``RdfView.query``."""
        return await self.answer(request_of(sparql, **options))

    async def answer(self, request: Request) -> SparqlAnswer:
        """See ``RdfView.answer``. A view whose files turn out to be damaged is built anew, once."""
        for again in (True, False):
            async with self.leased(rebuild=not again) as view:
                try:
                    return await view.answer(request)
                except ViewDamagedError:
                    if not again:
                        raise
        raise AssertionError

    async def refresh(self, *, rebuild: bool = False) -> ViewState:
        """Bring the view to the store's revision now (or build it anew), and say what it is.

        Raises:
            StoreLockedError: if another process is updating it and does not end.
        """
        async with self.leased(rebuild=rebuild, strict=True) as view:
            return view.state

    @staticmethod
    async def standing(state: ViewState | None, store: GraphStore, name: str, revision: int) -> str:
        """How a view in this state stands beside its store: fresh, behind, unusable or missing."""
        if state is None:
            return "missing"
        if not await continues(state, store, name):
            return "unusable"
        return "fresh" if state.revision == revision else "behind"

    async def close(self) -> None:
        """End every query and give the checkpoint back at once."""
        view, self._view = self._view, None
        if view is not None:
            await view.close()
        await self._pool.close()
        if self._place is not None:
            self._place.cleanup()

    @asynccontextmanager
    async def leased(self, *, rebuild: bool = False, strict: bool = False) -> AsyncIterator[RdfView]:
        """The view at the store's revision; its checkpoint stays until the end."""
        view = await self._current(rebuild=rebuild, strict=strict)
        self._users[view] += 1
        try:
            yield view
        finally:
            self._users[view] -= 1
            if view is not self._view:
                await self._close_unused(view)

    async def _current(self, *, rebuild: bool, strict: bool) -> RdfView:
        async with self._updating:
            revision = await self._store.revision()
            view = self._view
            if not rebuild and view is not None and self._is_fresh(view.state, revision):
                return view
            warming = asyncio.ensure_future(self._pool.warm())
            try:
                lease = await self._lease(revision, rebuild=rebuild, strict=strict)
            finally:
                with contextlib.suppress(StoreError, OSError):
                    await warming
            return await self._switch(lease)

    async def _switch(self, lease: Lease) -> RdfView:
        old, self._view = self._view, RdfView(lease, self._pool)
        if old is not None:
            await self._close_unused(old)
            if old.path.parent != lease.path.parent:
                await self._pool.renew()
        return self._view

    def _is_fresh(self, state: ViewState, revision: int) -> bool:
        return state.revision == revision and (self.ontology is None or state.stamp == self._look())

    def _look(self) -> str:
        """The stamp of the ontology's files, looked at now and then only."""
        assert self.ontology is not None
        if time.monotonic() - self._stamp[0] > LOOK_SECONDS:
            self._stamp = (time.monotonic(), self.ontology.stamp())
        return self._stamp[1]

    async def _lease(self, revision: int, *, rebuild: bool, strict: bool) -> Lease:
        """A checkpoint of this revision, made now if need be; else, unless ``strict``, the last that there is."""
        self.folder.make()
        lease = None if rebuild else await self._usable()
        if lease is not None and self._is_fresh(lease.state, revision):
            await asyncio.to_thread(self.folder.tidy)
            return lease
        wait = self._wait if lease is not None or strict else FIRST_WAIT_SECONDS
        if await self._locked(wait, "building it" if rebuild else "catching up"):
            try:
                await Updater(self._store, self.folder, self.name, self.ontology).run(rebuild=rebuild)
            finally:
                self.folder.unlock()
            if lease is not None:
                lease.close()
            lease = self.folder.lease()
        elif strict or lease is None or not await self._may_answer(lease):
            raise StoreLockedError(
                f"the RDF view is being updated by {self.folder.holder() or 'another process'}",
                where=str(self.folder.path),
                remedy="wait for it, or stop it",
            )
        if lease is None:
            raise ViewDamagedError("the RDF view cannot be read", where=str(self.folder.path))
        return lease

    async def _usable(self) -> Lease | None:
        """The checkpoint that is there, if it is of this store."""
        lease = self.folder.lease()
        if lease is None or await continues(lease.state, self._store, self.name):
            return lease
        lease.close()
        return None

    async def _may_answer(self, lease: Lease) -> bool:
        """Whether an old checkpoint may still be shown: not if somebody was erased since."""
        return not await may_have_erased(self._store, lease.state.revision)

    async def _locked(self, wait: float, purpose: str) -> bool:
        end = time.monotonic() + wait
        while not self.folder.try_lock(purpose):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(_POLL)
        return True

    async def _close_unused(self, view: RdfView) -> None:
        if self._users[view] <= 0:
            del self._users[view]
            await view.close()

"""How the view follows its store: by the change feed where it can, from the beginning where it must."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import msgspec

from kgtwin.errors import FeedCompactedError, KgtwinError, StoreError
from kgtwin.model.submission import Revision
from kgtwin.store import rdf_terms as terms
from kgtwin.store.base import GraphStore
from kgtwin.store.overrides import KIND as OVERRIDE
from kgtwin.store.rdf_files import PRIMARY, Pointer, ViewFolder
from kgtwin.store.rdf_primary import Chunks, Primary, ViewDamagedError, doubled, translated
from kgtwin.store.rdf_state import OntologyRdf, ViewState, continues, feed_mark

T = TypeVar("T")
Lines = Callable[[GraphStore, str], Awaitable[list[str]]]
"""Some of what the view says of a patient, by the patient's key."""
CHUNK: Final = 1 << 20
PART: Final = 50
"""Patients that one transaction changes."""
MANY: Final = 200
"""Changed patients from which on, if they are more than a quarter of all, a build is cheaper than following."""
ROUNDS: Final = 50
PAGE: Final = 1_000
BUILDS: Final = 3


class _StartOverError(Exception):
    """The feed cannot take the view to the present."""


class Updater:
    """One update of the view in a folder whose lock is held: ``run`` leaves a checkpoint of the store's revision.

    A kill at any moment leaves the last checkpoint answering, and a database that the next update takes up.
    """

    def __init__(self, store: GraphStore, folder: ViewFolder, name: str, ontology: OntologyRdf | None) -> None:
        self._store, self._folder, self._name, self._ontology = store, folder, name, ontology
        self._thread = ThreadPoolExecutor(1, "rdf-view")

    async def run(self, *, rebuild: bool = False) -> None:
        """Bring the view to the store's revision, or build it anew.

        Raises:
            StoreError: if the store changes faster than it can be read, or the disk is full; the last checkpoint stays.
        """
        try:
            if rebuild or not await self._followed():
                await self._built_somehow()
        finally:
            self._thread.shutdown()

    async def build_of(self, quads: AsyncIterator[list[str]], revision: int) -> None:
        """Build a view of what is said of another moment than the present; it follows nothing."""
        try:
            async with self._loaded(quads) as primary:
                state = ViewState(store=self._name, revision=revision, complete=True)
                state = await self._with_ontology(primary, state, new=True)
                await self._call(lambda: primary.note(state))
                await self._publish(primary, state)
        finally:
            self._thread.shutdown()

    async def _followed(self) -> bool:
        """Whether the view that is there could be taken to the present."""
        now = self._folder.pointer()
        if now is None:
            return False
        primary: Primary | None = None
        try:
            path = self._folder.path / now.generation / PRIMARY
            primary = await self._call(lambda: Primary(path))
            state = primary.state
            if state is None or not await continues(state, self._store, self._name):
                return False
            done = await self._follow(primary, state)
            if done != now.state or not (path.parent / now.checkpoint).is_dir():
                await self._publish(primary, done)
        except (_StartOverError, FeedCompactedError, ViewDamagedError):
            return False
        finally:
            if primary is not None:
                await self._call(primary.close)
        return True

    async def _built_somehow(self) -> None:
        for _ in range(BUILDS):
            try:
                return await self._built()
            except (_StartOverError, FeedCompactedError):  # a patient was erased meanwhile
                continue
        raise StoreError("the store changed too much while its RDF view was being built", remedy="ask again")

    async def _built(self) -> None:
        state = ViewState(store=self._name, revision=await self._store.revision())
        state = msgspec.structs.replace(state, mark=await feed_mark(self._store, state.revision))
        async with self._loaded(quads_of(self._store)) as primary:
            state = msgspec.structs.replace(state, concepts=await self._concepts())
            await self._call(lambda: primary.note(state))
            await self._publish(primary, await self._follow(primary, state, built=True))

    @asynccontextmanager
    async def _loaded(self, quads: AsyncIterator[list[str]]) -> AsyncIterator[Primary]:
        """A database of a new generation, with quads in it."""
        with translated(self._folder.path):
            path = self._folder.new_generation() / PRIMARY
        primary = await self._call(lambda: Primary(path))
        try:
            await self._load(primary, quads)
            yield primary
        finally:
            await self._call(primary.close)

    async def _load(self, primary: Primary, quads: AsyncIterator[list[str]]) -> None:
        """Load while the next quads are made; both cores have work."""
        chunks = Chunks()
        loading = asyncio.get_running_loop().run_in_executor(self._thread, primary.load, chunks)
        try:
            async for chunk in _chunks(quads):
                await _put(chunks, chunk, loading)
        finally:
            await _put(chunks, b"", loading)
        await loading

    async def _follow(self, primary: Primary, state: ViewState, *, built: bool = False) -> ViewState:
        """Apply what the feed tells until it tells nothing more; the state that then holds."""
        state = await self._with_ontology(primary, state, new=built)
        for _ in range(ROUNDS):
            feed = await self._feed(state.revision)
            if not feed and state.complete:
                return state
            state = await self._apply(primary, state, feed, built=built)
        raise StoreError(
            "the store changes faster than its RDF view can follow", remedy="ask again when less is being written"
        )

    async def _feed(self, after: int) -> list[Revision]:
        found: list[Revision] = []
        while page := await self._store.revisions(after=found[-1].number if found else after, limit=PAGE):
            found += page
        return found

    async def _apply(self, primary: Primary, state: ViewState, feed: Sequence[Revision], *, built: bool) -> ViewState:
        kinds = {revision.kind for revision in feed}
        besides = {"inferences", OVERRIDE}
        keys = {key for revision in feed for key in revision.patients if revision.kind not in besides}
        inferred = {key for revision in feed for key in revision.patients} - keys
        if "erasure" in kinds or (not built and await self._is_much(len(keys))):
            raise _StartOverError  # what was erased must not stay in files either
        state = await self._with_knowledge(primary, state, kinds)
        target = feed[-1].number if feed else state.revision
        parts = [*_parts(sorted(keys), patient_lines), *_parts(sorted(inferred), _inferred)] or [((), _inferred)]
        for number, (part, lines_of) in enumerate(parts, 1):
            texts = {key: await lines_of(self._store, key) for key in part}
            last = number == len(parts)
            state = await self._reached(state, target) if last else msgspec.structs.replace(state, complete=False)
            await self._replace(primary, texts, state, inferred=lines_of is _inferred)
        return state

    async def _replace(
        self, primary: Primary, texts: dict[str, list[str]], state: ViewState, *, inferred: bool
    ) -> None:
        await self._call(lambda: primary.replace(texts, state, inferred=inferred))

    async def _reached(self, state: ViewState, target: int) -> ViewState:
        """The state at a revision: whole if nothing was written while it was being read."""
        whole = await self._store.revision() == target
        mark = await feed_mark(self._store, target)
        return msgspec.structs.replace(state, revision=target, mark=mark, complete=whole)

    async def _is_much(self, patients: int) -> bool:
        return patients > MANY and patients * 4 > (await self._store.counts())["patients"]

    async def _with_knowledge(self, primary: Primary, state: ViewState, kinds: set[str]) -> ViewState:
        """The taxonomy again if it was written, or if facts brought concepts that it did not have."""
        concepts = await self._concepts()
        if "knowledge" not in kinds and concepts == state.concepts:
            return state
        graph = await self._store.knowledge()
        state = msgspec.structs.replace(state, concepts=concepts, complete=False)
        lines = [] if graph is None else list(terms.knowledge_lines(graph))
        await self._call(lambda: primary.replace_knowledge(lines, state))
        return state

    async def _concepts(self) -> int:
        table = await self._store.cypher("MATCH (c:Concept) RETURN count(*) AS n")
        return int(str(table.rows[0][0]))

    async def _with_ontology(self, primary: Primary, state: ViewState, *, new: bool) -> ViewState:
        """The ontology again if its files look different and say something different."""
        source = self._ontology
        if source is None or (stamp := source.stamp()) == state.stamp:
            return state
        try:
            digest, turtle = await self._call(source.load)
        except KgtwinError:  # it is broken, or somebody is saving it: the old one stays until it is saved again
            digest, turtle = state.ontology, b""
        same, state = digest == state.ontology, msgspec.structs.replace(state, ontology=digest, stamp=stamp)
        put = primary.load_ontology if new else primary.replace_ontology
        await self._call(lambda: primary.note(state) if same else put(turtle, state))
        return state

    async def _publish(self, primary: Primary, state: ViewState) -> None:
        generation = primary.path.parent
        name = self._folder.new_checkpoint(state.revision)
        await self._call(lambda: primary.backup(generation / name))
        with translated(self._folder.path):
            self._folder.point(Pointer(generation.name, name, state))
        await self._call(self._folder.sweep)

    async def _call(self, function: Callable[[], T]) -> T:
        """Run in the view's thread, to the end even if the caller is cancelled."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, function)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise


async def quads_of(store: GraphStore) -> AsyncIterator[list[str]]:
    """A store's content as N-Quads, some lines at a time."""
    knowledge = await store.knowledge()
    if knowledge is not None:
        yield list(terms.knowledge_lines(knowledge))
    after: str | None = None
    while page := await store.patients(after=after, limit=PAGE):
        for record in page:
            yield terms.patient_lines(record, await store.facts(record.key), await store.inference(record.key))
        after = page[-1].key


async def _inferred(store: GraphStore, key: str) -> list[str]:
    """What the graph ``inferred`` says of a patient now."""
    inference = await store.inference(key)
    return [] if inference is None else list(terms.inference_quads(inference))


async def patient_lines(store: GraphStore, key: str) -> list[str]:
    """What the view says of a patient now; nothing if the store does not know the patient."""
    record = await store.patient(key)
    if record is None:
        return []
    return terms.patient_lines(record, await store.facts(key), await store.inference(key))


def _parts(keys: Sequence[str], lines_of: Lines) -> Iterator[tuple[Sequence[str], Lines]]:
    return ((keys[first : first + PART], lines_of) for first in range(0, len(keys), PART))


async def _put(chunks: Chunks, chunk: bytes, loading: asyncio.Future[Any]) -> None:
    """Hand over a chunk, unless the loading has ended (with an error, which awaiting it tells)."""
    while chunks.queue.full() and not loading.done():  # noqa: ASYNC110 - a thread of Oxigraph's empties it
        await asyncio.sleep(0.002)
    if not loading.done():
        chunks.queue.put_nowait(chunk)


async def _chunks(quads: AsyncIterator[list[str]]) -> AsyncIterator[bytes]:
    """The lines, doubled for the default graph, in chunks worth handing over."""
    parts: list[bytes] = []
    size = 0
    async for lines in quads:
        parts.append(_text(lines))
        size += len(parts[-1])
        if size >= CHUNK:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _text(lines: Iterable[str]) -> bytes:
    return "".join(doubled(lines)).encode()

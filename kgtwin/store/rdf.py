"""The RDF view: what a store holds, as named graphs that SPARQL 1.1 queries.

The view lives in memory, in a process of its own, and shows the store at the revision of its building; whoever
holds it builds another when the store has moved on. Each query runs in a fork of that process, which the kernel
ends when its time or memory is over, so that a query can always be stopped and never harms the view.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from kgtwin.errors import QueryRejectedError, QueryTimeoutError, StoreError
from kgtwin.model.knowledge import KnowledgeGraph
from kgtwin.store import rdf_terms as terms
from kgtwin.store.base import GraphStore
from kgtwin.store.rdf_worker import LENGTH, Reply, Request
from kgtwin.store.sparql import check_graphs, check_query

RESULT_FORMATS: Final = ("json", "csv", "tsv", "xml")
GRAPH_FORMATS: Final = ("turtle", "ntriples", "rdfxml", "jsonld")
GRACE_SECONDS: Final = 5.0
CHUNK: Final = 1 << 20
AT_ONCE: Final = 4


class SparqlAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``form`` is SELECT, ASK or CONSTRUCT (DESCRIBE too); ``body`` is serialised as ``media_type`` says.

    ``truncated`` says that there were more rows or triples than the limit.
    """

    form: str
    format: str
    media_type: str
    body: bytes
    truncated: bool = False
    revision: int | None = None


class RdfView:
    """A store's content at one revision, for SPARQL. Make it with ``build``; close it, or use ``async with``."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.size = 0
        self._folder = tempfile.TemporaryDirectory(prefix="kgtwin-rdf-")  # only its owner may enter
        self._process: asyncio.subprocess.Process | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)

    @staticmethod
    async def build(store: GraphStore) -> RdfView:
        """The view of all current facts (graph ``asserted``), stored inferences (``inferred``) and taxonomy
        (``knowledge``), each graph named ``https://w3id.org/kgtwin/graph/…``. ``size`` is the number of quads.

        Raises:
            StoreError: if the process that holds it cannot be started.
        """
        view = RdfView(await store.revision())
        try:
            await view._start(quads_of(store))
        except BaseException:
            await view.close()
            raise
        return view

    async def close(self) -> None:
        """End the process that holds the view; closing twice is harmless."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), GRACE_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._folder.cleanup()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def query(
        self,
        sparql: str,
        *,
        format: str | None = None,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        substitutions: Mapping[str, str] | None = None,
    ) -> SparqlAnswer:
        """The answer of one SPARQL 1.1 query over the union of the graphs (``GRAPH`` picks one).

        ``format`` is ``json`` (the default), ``csv``, ``tsv`` or ``xml`` for SELECT and ASK, and ``turtle`` (the
        default), ``ntriples``, ``rdfxml`` or ``jsonld`` for CONSTRUCT and DESCRIBE. The prefixes of the vocabulary
        (``kgtwin:``, ``snomed:``, ``rdfs:``, ``prov:``…) need no declaration.

        Raises:
            QueryRejectedError: if it is an update, uses SERVICE, does not parse, needs too much memory, or its form
                has no such format.
            QueryTimeoutError: if it was stopped after ``timeout`` seconds.
        """
        form = check_query(sparql)
        formats = RESULT_FORMATS if form in {"SELECT", "ASK"} else GRAPH_FORMATS
        if (format is not None and format not in formats) or (form == "ASK" and format in {"csv", "tsv"}):
            raise QueryRejectedError(f"{form} has no format {format!r}", expected=f"one of {', '.join(formats)}")
        if limit < 0 or timeout <= 0:
            raise QueryRejectedError("limit or timeout is negative", expected="limit ≥ 0 and timeout > 0")
        if self._process is None:
            raise StoreError("the RDF view is closed", remedy="build it again")
        async with self._slots:
            default = None if default_graphs is None else check_graphs(default_graphs)
            named = None if named_graphs is None else check_graphs(named_graphs)
            return await self._ask(Request(sparql, limit, timeout, format, default, named, dict(substitutions or {})))

    async def _ask(self, request: Request) -> SparqlAnswer:
        loop = asyncio.get_running_loop()
        started = loop.time()
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(request.seconds + GRACE_SECONDS):
                answer = await self._exchange(msgspec.json.encode(request) + b"\n")
        head, newline, body = answer.partition(b"\n")
        if not newline:
            if loop.time() - started >= request.seconds:
                raise QueryTimeoutError(f"the query was stopped after {request.seconds:g} s", remedy="narrow it")
            raise QueryRejectedError("the query needs more memory than it may have", remedy="narrow it, or add LIMIT")
        reply = msgspec.json.decode(head, type=Reply)
        if reply.error is not None:
            raise QueryRejectedError(reply.error, remedy="see docs/analysts.md for the graphs")
        return SparqlAnswer(
            form=reply.form,
            format=reply.format,
            media_type=reply.media_type,
            body=body,
            truncated=reply.truncated,
            revision=self.revision,
        )

    async def _exchange(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._socket)
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()

    @property
    def _socket(self) -> str:
        return str(Path(self._folder.name) / "s")

    async def _start(self, quads: AsyncIterator[str]) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "kgtwin.store.rdf_worker",
            self._socket,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):
            async for chunk in _chunks(quads):
                process.stdin.write(LENGTH.pack(len(chunk)) + chunk)
                await process.stdin.drain()
            process.stdin.write(LENGTH.pack(0))
            await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise StoreError("the process that holds the RDF view did not start")
        self.size = int(line)


async def quads_of(store: GraphStore) -> AsyncIterator[str]:
    """A store's content as N-Quads, a line or more at a time."""
    knowledge = await store.knowledge()
    if knowledge is not None:
        yield "".join(_knowledge_quads(knowledge))
    for record in await store.patients():
        lines = list(terms.patient_quads(record))
        for fact in await store.facts(record.key):
            lines += terms.fact_quads(fact)
        inference = await store.inference(record.key)
        if inference is not None:
            lines += terms.inference_quads(inference)
        yield "".join(lines)


def _knowledge_quads(graph: KnowledgeGraph) -> Iterator[str]:
    for concept in graph.concepts:
        if concept.label:
            yield terms.label_quad(concept.concept, concept.label)
        for parent in concept.parents:
            yield terms.isa_quad(concept.concept, parent)
    for role in graph.roles:
        yield terms.role_quad(role.subject, role.property, role.object)


async def _chunks(quads: AsyncIterator[str]) -> AsyncIterator[bytes]:
    parts: list[bytes] = []
    size = 0
    async for text in quads:
        parts.append(text.encode())
        size += len(parts[-1])
        if size >= CHUNK:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)

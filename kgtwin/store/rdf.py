"""The RDF view: what a store holds, as named graphs that SPARQL 1.1 queries.

The view is an Oxigraph database on disk that follows the store's change feed (``rdf_update.py``). Queries run over
checkpoints of it, in processes of their own (``rdf_pool.py``) which the kernel ends when a query's time or memory is
over, so that a query can always be stopped and never harms the view.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypedDict, Unpack

import msgspec

from kgtwin.errors import QueryRejectedError
from kgtwin.store.base import GraphStore
from kgtwin.store.rdf_answers import Request
from kgtwin.store.rdf_files import Lease, ViewFolder
from kgtwin.store.rdf_pool import QueryPool
from kgtwin.store.rdf_primary import ViewDamagedError
from kgtwin.store.rdf_state import OntologyRdf
from kgtwin.store.rdf_update import Updater
from kgtwin.store.sparql import check_graphs, check_query, names_dataset

RESULT_FORMATS: Final = ("json", "csv", "tsv", "xml")
GRAPH_FORMATS: Final = ("turtle", "ntriples", "rdfxml", "jsonld")


class SparqlAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``form`` is SELECT, ASK or CONSTRUCT (DESCRIBE too); ``body`` is serialised as ``media_type`` says.

    ``truncated`` says that there were more rows or triples than the limit; ``revision`` is the store's that the view
    showed.
    """

    form: str
    format: str
    media_type: str
    body: bytes
    truncated: bool = False
    revision: int = 0


class QueryOptions(TypedDict, total=False):
    """The options of a query: see ``request_of``."""

    format: str | None
    limit: int
    timeout: float
    default_graphs: Sequence[str] | None
    named_graphs: Sequence[str] | None
    substitutions: Mapping[str, str] | None


class RdfView:
    """A store's content at one revision, for SPARQL. Close it, or use ``async with``."""

    def __init__(self, lease: Lease, pool: QueryPool, *owned: Any) -> None:
        self.revision = lease.state.revision
        self.state = lease.state
        self.path: Path = lease.path
        self._lease, self._pool, self._owned = lease, pool, owned

    @staticmethod
    async def build(
        store: GraphStore,
        *,
        ontology: OntologyRdf | None = None,
        quads: AsyncIterator[list[str]] | None = None,
        revision: int = 0,
    ) -> RdfView:
        """A view in a folder of its own, which goes with it; of ``quads``, said of a revision, where they are given.

        Raises:
            StoreError: if there is no room for it.
        """
        place = tempfile.TemporaryDirectory(prefix="kgtwin-rdf-")  # only its owner may enter
        pool = QueryPool()
        folder = ViewFolder(Path(place.name))
        try:
            folder.try_lock("building")
            updater = Updater(store, folder, "", ontology)
            await (updater.run() if quads is None else updater.build_of(quads, revision))
            folder.unlock()
            lease = folder.lease()
            assert lease is not None
            return RdfView(lease, pool, pool, place)
        except BaseException:
            place.cleanup()
            raise

    async def close(self) -> None:
        """Give the checkpoint back, and end what the view alone used; closing twice is harmless."""
        self._lease.close()
        owned, self._owned = self._owned, ()
        for one in owned:
            if isinstance(one, QueryPool):
                await one.close()
            else:
                one.cleanup()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def query(self, sparql: str, **options: Unpack[QueryOptions]) -> SparqlAnswer:
        """The answer of one SPARQL 1.1 query: see ``request_of`` and ``answer``."""
        return await self.answer(request_of(sparql, **options))

    async def answer(self, request: Request) -> SparqlAnswer:
        """The answer to what ``request_of`` made of a query.

        Raises:
            QueryRejectedError: if it does not parse after all, or needs too much memory.
            QueryTimeoutError: if it was stopped after its time.
        """
        reply, body = await self._pool.ask(msgspec.structs.replace(request, path=str(self.path)))
        if reply.damaged:
            raise ViewDamagedError(f"the RDF view cannot be read: {reply.error}", remedy="run kgtwin view rebuild")
        if reply.error is not None:
            raise QueryRejectedError(reply.error, remedy="see docs/analysts.md for the graphs")
        return SparqlAnswer(
            form="CONSTRUCT" if request.form == "DESCRIBE" else request.form,
            format=request.format,
            media_type=reply.media_type,
            body=body,
            truncated=reply.truncated,
            revision=self.revision,
        )


def request_of(
    sparql: str,
    *,
    format: str | None = None,
    limit: int = 10_000,
    timeout: float = 30.0,
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    substitutions: Mapping[str, str] | None = None,
) -> Request:
    """A query that passed the guard, with its options; it is of no view yet.

    Without a dataset the default graph is the merge of ``asserted``, ``inferred`` and ``knowledge``; GRAPH picks one of
    these, or ``ontology``. ``default_graphs`` and ``named_graphs`` (IRIs) are the protocol's dataset: either replaces
    FROM and FROM NAMED. ``substitutions`` bind variables, by name, to terms in N-Triples.

    ``format`` is ``json`` (the default), ``csv``, ``tsv`` or ``xml`` for SELECT and ASK, and ``turtle`` (the default),
    ``ntriples``, ``rdfxml`` or ``jsonld`` for CONSTRUCT and DESCRIBE. The prefixes of the vocabulary (``kgtwin:``,
    ``snomed:``, ``rdfs:``, ``prov:``…) need no declaration. It is stopped after ``timeout`` seconds.

    Raises:
        QueryRejectedError: if it is an update, uses SERVICE, does not parse, or its form has no such format.
    """
    form = check_query(sparql)
    if limit < 0 or timeout <= 0:
        raise QueryRejectedError("limit or timeout is negative", expected="limit ≥ 0 and timeout > 0")
    return Request(
        path="",
        query=sparql,
        form=form,
        limit=limit,
        seconds=timeout,
        format=_format(form, format),
        dataset=names_dataset(sparql),
        default_graphs=None if default_graphs is None else list(check_graphs(default_graphs)),
        named_graphs=None if named_graphs is None else list(check_graphs(named_graphs)),
        substitutions=dict(substitutions or {}),
    )


def _format(form: str, asked: str | None) -> str:
    formats = RESULT_FORMATS if form in {"SELECT", "ASK"} else GRAPH_FORMATS
    if (asked is not None and asked not in formats) or (form == "ASK" and asked in {"csv", "tsv"}):
        raise QueryRejectedError(f"{form} has no format {asked!r}", expected=f"one of {', '.join(formats)}")
    return asked or formats[0]

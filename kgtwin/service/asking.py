"""The analysts' questions: Cypher, SPARQL, named queries, and the RDF view behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from kgtwin.model.twin import Table
from kgtwin.store import named, rdf_verify
from kgtwin.store.base import GraphStore
from kgtwin.store.named_run import QueryAnswer, run_query
from kgtwin.store.rdf import SparqlAnswer
from kgtwin.store.rdf_verify import Verification, ViewStatus
from kgtwin.store.rdf_views import CurrentView


class Asking:
    """The use cases that only read, in the analysts' languages."""

    store: GraphStore
    view: CurrentView
    now: Callable[[], datetime]
    query_folders: tuple[Path, ...]

    async def cypher(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        *,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109 - the store itself stops the query
    ) -> Table:
        """A read-only Cypher query."""
        return await self.store.cypher(query, parameters, limit=limit, timeout=timeout)

    async def sparql(
        self,
        query: str,
        *,
        format: str | None = None,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109 - the view itself stops the query
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        substitutions: Mapping[str, str] | None = None,
    ) -> SparqlAnswer:
        """A SPARQL query over the RDF view, brought to the store's revision first; see ``RdfView.query``."""
        return await self.view.query(
            query,
            format=format,
            limit=limit,
            timeout=timeout,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            substitutions=substitutions,
        )

    def queries(self) -> tuple[named.NamedQuery, ...]:
        """The named queries, shipped and of the installation's own folders."""
        return named.named_queries(self.query_folders)

    def query(self, name: str) -> named.NamedQuery:
        """A named query.

        Raises:
            NotFoundError: if there is none of that name.
        """
        return named.named_query(name, self.query_folders)

    async def run_query(
        self,
        name: str,
        parameters: Mapping[str, object] | None = None,
        *,
        language: str | None = None,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109 - the store or the view stops the query
    ) -> QueryAnswer:
        """The answer of a named query, in Cypher where it has it; parameters that are not given have their defaults."""

        async def cypher(text: str, bound: dict[str, object]) -> Table:
            return await self.cypher(text, bound, limit=limit, timeout=timeout)

        async def sparql(text: str) -> tuple[bytes, bool]:
            found = await self.sparql(text, format="json", limit=limit, timeout=timeout)
            return found.body, found.truncated

        today, dialect = self.now().date().isoformat(), self.store.dialect.name
        return await run_query(
            self.query(name),
            parameters or {},
            today=today,
            dialect=dialect,
            language=language,
            cypher=cypher,
            sparql=sparql,
        )

    async def view_status(self) -> ViewStatus:
        """How the RDF view stands beside the store."""
        return await rdf_verify.status(self.store, self.view)

    async def verify_view(self) -> Verification:
        """Compare the RDF view, brought to the store's revision, with what the store says."""
        return await rdf_verify.verify(self.store, self.view)

    async def rebuild_view(self) -> ViewStatus:
        """Build the RDF view anew.

        Raises:
            StoreLockedError: if another process is updating it.
        """
        await self.view.refresh(rebuild=True)
        return await self.view_status()

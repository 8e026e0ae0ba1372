"""The analysts' questions: Cypher, SPARQL, named queries, and the RDF view behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Unpack

from kgtwin.errors import UsageError
from kgtwin.model.twin import Table
from kgtwin.service.concluding import Concluding
from kgtwin.service.past import Moment, PastViews
from kgtwin.service.reading import holds
from kgtwin.store import named, rdf_verify
from kgtwin.store import rdf_terms as terms
from kgtwin.store.named_run import QueryAnswer, run_query
from kgtwin.store.rdf import QueryOptions, RdfView, SparqlAnswer, request_of
from kgtwin.store.rdf_verify import Verification, ViewStatus
from kgtwin.store.rdf_views import CurrentView
from kgtwin.store.records import Known


class Asking(Concluding):
    """The use cases that only read, in the analysts' languages."""

    view: CurrentView
    query_folders: tuple[Path, ...]
    _moments: PastViews

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
        self, query: str, *, at: datetime | None = None, as_of: int | None = None, **options: Unpack[QueryOptions]
    ) -> SparqlAnswer:
        """A SPARQL query over the RDF view, brought to the store's revision first; options as of ``request_of``.

        With ``as_of`` or ``at`` over a view that is made of that moment: what was known at the revision, with the
        conclusions as they were told; with ``at``, what was, or may have been, true then, and what follows then.

        Raises:
            NotFoundError: if there is no such revision yet.
        """
        request = request_of(query, **options)
        if at is None and as_of is None:
            return await self.view.answer(request)
        moment = Moment(await self.known_revision(as_of), at)
        async with self._moments.leased(moment, lambda: self._view_of(moment)) as view:
            return await view.answer(request)

    async def _view_of(self, moment: Moment) -> RdfView:
        return await RdfView.build(
            self.store, ontology=self.view.ontology, quads=self._said_of(moment), revision=moment.as_of
        )

    async def _said_of(self, moment: Moment) -> AsyncIterator[list[str]]:
        """What a view of a moment says, patient by patient; the taxonomy is today's."""
        as_of, at = moment
        knowledge = await self.store.knowledge()
        if knowledge is not None:
            yield list(terms.knowledge_lines(knowledge))
        async for record, facts in self.everyone(as_of=as_of):
            if at is None:
                yield terms.patient_lines(record, facts, await self.store.inference(record.key, as_of=as_of))
            else:
                inference = self._infer(Known(as_of, as_of, record, facts), at, keep=False)
                yield terms.patient_lines(record, [fact for fact in facts if holds(fact, at)], inference)

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
        as_of: int | None = None,
    ) -> QueryAnswer:
        """The answer of a named query, in Cypher where it has it; parameters that are not given have their defaults.

        With ``as_of`` it is asked in SPARQL, over a view of what was known at that revision.

        Raises:
            UsageError: if it is to be asked of another revision, and in Cypher, or has no text in SPARQL.
            NotFoundError: if there is no such query, or no such revision yet.
        """
        query = self.query(name)
        if as_of is not None:
            language = _in_sparql(query, language)

        async def cypher(text: str, bound: dict[str, object]) -> Table:
            return await self.cypher(text, bound, limit=limit, timeout=timeout)

        async def sparql(text: str) -> tuple[bytes, bool]:
            found = await self.sparql(text, format="json", limit=limit, timeout=timeout, as_of=as_of)
            return found.body, found.truncated

        today, dialect = self.now().date().isoformat(), self.store.dialect.name
        return await run_query(
            query,
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


def _in_sparql(query: named.NamedQuery, language: str | None) -> str:
    if language == "cypher" or "sparql" not in query.languages:
        raise UsageError(
            f"{query.name} of another revision" + (" in Cypher" if language == "cypher" else ""),
            expected="a query in SPARQL: the graph's own properties tell its past only to those who ask for them",
            remedy="leave --language out"
            if "sparql" in query.languages
            else "ask in Cypher by revisionFrom, revisionTo",
        )
    return "sparql"

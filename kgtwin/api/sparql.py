"""``/sparql``: the query half of the SPARQL 1.1 Protocol, and its service description."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.bounds import MAX_ROWS, TIMEOUT, Bounds
from kgtwin.api.requests import accepts
from kgtwin.api.sparql_request import FORM, MAX_BODY, QUERY, SparqlRequest, read_request
from kgtwin.store.service_description import describe
from kgtwin.store.sparql import check_graphs, check_query
from kgtwin.store.tables import BINARY, MEDIA_TYPES, serialise, sparql_table, sparql_to_arrow

if TYPE_CHECKING:
    from kgtwin.service import Service
    from kgtwin.store.rdf import SparqlAnswer

__all__ = ["MAX_BODY", "MAX_ROWS", "TIMEOUT", "SparqlEndpoint"]

METHODS: Final = ["GET", "HEAD", "POST", "OPTIONS"]
TRUTHS: Final = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
}
"""Media types of the answers to ASK, and the names of their formats."""
SOLUTIONS: Final = {
    **TRUTHS,
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    **{MEDIA_TYPES[name]: name for name in sorted(BINARY)},
}
"""The same for SELECT."""
GRAPHS: Final = {
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "application/rdf+xml": "rdfxml",
    "application/ld+json": "jsonld",
    "text/plain": "ntriples",
}
"""The same for CONSTRUCT and DESCRIBE, and for the service description."""
OFFERED: Final = {"SELECT": SOLUTIONS, "ASK": TRUTHS}
ALL_GRAPHS: Final = "SELECT DISTINCT ?graph WHERE { GRAPH ?graph { } } ORDER BY ?graph"


class SparqlEndpoint:
    """Asks the RDF view; it refuses updates and calls to other services."""

    def __init__(self, service: Service, bounds: Bounds) -> None:
        self._service = service
        self._bounds = bounds

    async def answer(self, request: Request) -> Response:
        """Solutions, a truth, a graph or the service's description, in the form that the request likes best."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(METHODS), "Accept-Post": f"{QUERY}, {FORM}"})
        asked = await read_request(request, self._bounds)
        response = await (self._describe(request) if asked.query is None else self._ask(request, asked, asked.query))
        return _without_body(response) if request.method == "HEAD" else response

    async def _ask(self, request: Request, asked: SparqlRequest, query: str) -> Response:
        kind, form = negotiate(request, check_query(query))
        for graphs in (asked.default_graphs, asked.named_graphs):
            check_graphs(graphs or ())
        found = await self._service.sparql(
            query,
            format="json" if form in BINARY else form,
            limit=asked.limit,
            timeout=asked.timeout,
            default_graphs=asked.default_graphs,
            named_graphs=asked.named_graphs,
            at=asked.at,
            as_of=await self._service.resolve(asked.as_of),
        )
        body = await asyncio.to_thread(_converted, found, form) if form in BINARY else found.body
        return Response(body, headers=_headers(found, asked.limit), media_type=kind)

    async def _describe(self, request: Request) -> Response:
        kind = accepts(request, list(GRAPHS))
        found = await self._service.sparql(ALL_GRAPHS, format="json", limit=MAX_ROWS, timeout=TIMEOUT)
        names = [str(row[0]) for row in sparql_table(found).rows]
        endpoint = str(request.url.replace(query="", fragment=""))
        body = describe(endpoint, names, GRAPHS[kind])
        return Response(body, headers=_headers(found, MAX_ROWS), media_type=kind)


def negotiate(request: Request, form: str) -> tuple[str, str]:
    """The media type of the answer to a query of this form, and the name of its format.

    Raises:
        NotAcceptableError: if the request accepts none.
    """
    offered = OFFERED.get(form, GRAPHS)
    kind = accepts(request, list(offered))
    return kind, offered[kind]


def _converted(found: SparqlAnswer, form: str) -> bytes:
    return serialise(sparql_to_arrow(found), form)


def _headers(found: SparqlAnswer, limit: int) -> dict[str, str]:
    headers = {"Vary": "Accept"}
    if found.revision is not None:
        headers["X-Kgtwin-Revision"] = str(found.revision)
    if found.truncated:
        headers["X-Kgtwin-Truncated"] = f"at {limit} rows"
    return headers


def _without_body(response: Response) -> Response:
    """The answer to a HEAD: every header of the GET's, its length too."""
    response.body = b""
    return response

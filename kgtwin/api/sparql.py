"""``/sparql``: the query half of the SPARQL 1.1 Protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.requests import accepts, read_body, require_media_type
from kgtwin.errors import MalformedInputError, QueryRejectedError, UsageError
from kgtwin.store.sparql import check_query

if TYPE_CHECKING:
    from kgtwin.service import Service

MAX_BODY: Final = 1 << 20
MAX_ROWS: Final = 10_000
TIMEOUT: Final = 30.0
"""Seconds that a query may take."""

QUERY: Final = "application/sparql-query"
FORM: Final = "application/x-www-form-urlencoded"
TRUTHS: Final = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
}
"""Media types of the answers to ASK, and the names of their formats."""
SOLUTIONS: Final = {**TRUTHS, "text/csv": "csv", "text/tab-separated-values": "tsv"}
"""The same for SELECT."""
GRAPHS: Final = {
    "text/turtle": "turtle",
    "application/n-triples": "ntriples",
    "application/rdf+xml": "rdfxml",
    "application/ld+json": "jsonld",
    "text/plain": "ntriples",
}
"""The same for CONSTRUCT and DESCRIBE."""
CHARSETS: Final = {"text/csv": "; charset=utf-8", "text/tab-separated-values": "; charset=utf-8"}


class SparqlEndpoint:
    """Asks the RDF view; it refuses updates and calls to other services."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request) -> Response:
        """Solutions or a graph, in the form that the request likes best."""
        query = await _query(request)
        kind, form = negotiate(request, check_query(query))
        found = await self._service.sparql(query, format=form, limit=MAX_ROWS, timeout=TIMEOUT)
        headers = {"Vary": "Accept"}
        if found.truncated:
            headers["X-Kgtwin-Truncated"] = f"at {MAX_ROWS} rows"
        return Response(found.body, headers=headers, media_type=kind + CHARSETS.get(kind, ""))


def negotiate(request: Request, form: str) -> tuple[str, str]:
    """The media type of the answer to a query of this form, and the name of its format.

    Raises:
        NotAcceptableError: if the request accepts none.
    """
    offered = SOLUTIONS if form == "SELECT" else TRUTHS if form == "ASK" else GRAPHS
    kind = accepts(request, list(offered))
    return kind, offered[kind]


async def _query(request: Request) -> str:
    """The query of a request in any of the protocol's three forms."""
    if request.method != "POST":
        return _parameter(request.query_params.multi_items())
    kind = require_media_type(request, [QUERY, FORM])
    body = await read_body(request, MAX_BODY)
    try:
        text = body.decode()
        if kind == QUERY:
            _refuse_others(name for name, _ in request.query_params.multi_items())
            return text
        return _parameter(parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError:
        raise MalformedInputError("the body cannot be read", expected="UTF-8, and at most 20 fields") from None


def _parameter(pairs: Sequence[tuple[str, str]]) -> str:
    queries = [value for name, value in pairs if name == "query"]
    _refuse_others(name for name, _ in pairs if name != "query")
    if len(queries) != 1:
        raise UsageError(f"{len(queries)} queries", expected="the parameter query, once", remedy="?query=SELECT…")
    return queries[0]


def _refuse_others(names: Iterable[str]) -> None:
    """What would change the meaning of a query is refused, not ignored."""
    for name in names:
        if name in {"update", "using-graph-uri", "using-named-graph-uri"}:
            raise QueryRejectedError("an update: this door only reads", remedy="write over POST /fhir")
        if name in {"default-graph-uri", "named-graph-uri"}:
            raise QueryRejectedError(f"{name} is not supported", remedy="use FROM or GRAPH in the query")

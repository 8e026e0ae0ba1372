"""The ASGI application: routes, and what stands around them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from kgtwin.api import pages
from kgtwin.api.backup import BackupEndpoint
from kgtwin.api.bounds import Bounds
from kgtwin.api.cypher import CypherEndpoint
from kgtwin.api.errors import handle
from kgtwin.api.fhir import MAX_BODY, FhirEndpoint
from kgtwin.api.graphql.endpoint import GraphQLEndpoint
from kgtwin.api.guard import Guard
from kgtwin.api.health import Health
from kgtwin.api.queries import QueriesEndpoint
from kgtwin.api.reading import ReadEndpoint
from kgtwin.api.sparql import METHODS, SparqlEndpoint
from kgtwin.config import Secret
from kgtwin.errors import KgtwinError

if TYPE_CHECKING:
    from kgtwin.service import Service

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


def create_app(
    service: Service,
    *,
    default_at: datetime | None = None,
    debug: bool = False,
    hosts: Collection[str] | None = None,
    max_body: int = MAX_BODY,
    bounds: Bounds | None = None,
    backup: Secret | None = None,
    lifespan: Lifespan | None = None,
) -> Starlette:
    """The application over a service whose store is open; it closes nothing that it did not open.

    ``default_at`` is the evaluation time where a query names none (else the service's clock says). ``hosts`` are the
    names that requests may be addressed to, None for any: a server without sign-in names its own. ``max_body`` is the
    largest bundle, in bytes. ``bounds`` are those of analysts' queries. ``backup`` opens the door for backups, to those
    who send this token, or, where it is empty, to whoever may send requests at all. ``debug`` is Starlette's; even so
    no answer shows a traceback.
    """
    bounds = bounds or Bounds()
    graphql = GraphQLEndpoint(service, default_at, bounds)
    fhir = FhirEndpoint(service, max_body)
    sparql, cypher, health = SparqlEndpoint(service, bounds), CypherEndpoint(service, bounds), Health(service)
    queries, reading = QueriesEndpoint(service, bounds), ReadEndpoint(service, default_at)
    routes = [
        Route("/", _home, methods=["GET"]),
        Route("/graphql", graphql.serve, methods=["GET", "POST"]),
        Route("/fhir", fhir.receive, methods=["POST"]),
        Route("/fhir/", fhir.receive, methods=["POST"]),
        Route("/fhir/{type}", fhir.by_search, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/fhir/{type}/{id}", fhir.one, methods=["PUT", "DELETE"]),
        Route("/sparql", sparql.answer, methods=METHODS),
        Route("/sparql/", sparql.answer, methods=METHODS),
        Route("/cypher", cypher.answer, methods=["POST"]),
        Route("/queries", queries.list, methods=["GET"]),
        Route("/queries/{name:path}", queries.answer, methods=["GET", "POST"]),
        Route("/read/{what}", reading.answer, methods=["POST"]),
        Route("/health/live", health.live, methods=["GET"]),
        Route("/health/ready", health.ready, methods=["GET"]),
        Mount("/static", pages.static_files()),
    ]
    if backup is not None:
        routes.append(Route("/backup", BackupEndpoint(service, backup).answer, methods=["POST"]))
    app = Starlette(
        debug=debug,
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={HTTPException: handle, KgtwinError: handle},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def _home(request: Request) -> Response:
    return pages.home()

"""``POST /graphql``, and GraphiQL for people."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from kgtwin.api.bounds import Bounds
from kgtwin.api.errors import graphql_error
from kgtwin.api.graphql.context import Context
from kgtwin.api.graphql.schema import Schema, build_schema
from kgtwin.api.pages import graphiql
from kgtwin.api.requests import accepts, decode_json, read_body, require_media_type
from kgtwin.errors import QueryTimeoutError, UsageError

if TYPE_CHECKING:
    from kgtwin.service import Service

MAX_BODY: Final = 1 << 20
TIMEOUT: Final = 60.0
"""Seconds that a query may take."""
JSON: Final = "application/json"
RESPONSE_JSON: Final = "application/graphql-response+json"


class GraphQLRequest(msgspec.Struct, rename="camel"):
    """The body of a GraphQL request over HTTP."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


class GraphQLEndpoint:
    """Executes queries over a service; ``default_at`` is the evaluation time where a query names none."""

    def __init__(self, service: Service, default_at: datetime | None, bounds: Bounds) -> None:
        self._service = service
        self._bounds = bounds
        self._default_at = default_at
        self._schema: Schema = build_schema()

    async def serve(self, request: Request) -> Response:
        """GraphiQL to a browser, an answer to a query."""
        return await (self.answer(request) if request.method == "POST" else self.page(request))

    async def page(self, request: Request) -> Response:
        """GraphiQL. Queries are not taken in a URL: they name patients, and URLs are logged."""
        accepts(request, ["text/html"])
        return graphiql()

    async def answer(self, request: Request) -> Response:
        """The answer to a query; a JSON body only, which no form of another site can send."""
        require_media_type(request, [JSON])
        form = accepts(request, [JSON, RESPONSE_JSON])
        asked = decode_json(await read_body(request, MAX_BODY), GraphQLRequest)
        result = await self._execute(asked)
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [graphql_error(error) for error in result.errors]
        refused = result.data is None and form == RESPONSE_JSON
        return Response(msgspec.json.encode(body), status_code=400 if refused else 200, media_type=form)

    async def _execute(self, asked: GraphQLRequest) -> ExecutionResult:
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._schema.execute(
                    asked.query,
                    variable_values=asked.variables,
                    context_value=Context(self._service, self._default_at, asked.operation_name, self._bounds),
                    operation_name=asked.operation_name,
                    allowed_operation_types=[OperationType.QUERY],
                )
        except TimeoutError:
            raise QueryTimeoutError(f"the query took over {TIMEOUT:g} s", remedy="ask for less at once") from None
        except MissingQueryError:
            raise UsageError("the query is empty", expected="a GraphQL document") from None
        except CannotGetOperationTypeError:
            raise UsageError("no such operation in the document", expected="the operationName of one of them") from None
        except InvalidOperationTypeError:
            raise UsageError("only queries are answered here", remedy="write over POST /fhir") from None

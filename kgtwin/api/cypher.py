"""``POST /cypher``: read-only Cypher."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.bounds import MAX_ROWS, TIMEOUT, Bounds
from kgtwin.api.requests import accepts, decode_json, fields_of, read_body, require_media_type
from kgtwin.errors import MalformedInputError, UsageError
from kgtwin.store.tables import MEDIA_TYPES, serialise

if TYPE_CHECKING:
    from kgtwin.service import Service

__all__ = ["MAX_BODY", "MAX_ROWS", "TIMEOUT", "CypherEndpoint", "CypherRequest"]

MAX_BODY: Final = 1 << 20
FORMATS: Final = {kind: name for name, kind in MEDIA_TYPES.items()}
"""Media types of the answers, and the names of their formats."""


class CypherRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body: a query, its parameters, how many rows at most, and in how many seconds at most."""

    query: str
    parameters: dict[str, Any] = {}
    limit: Annotated[int, msgspec.Meta(ge=1)] = 1_000
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None


class CypherEndpoint:
    """Asks the store; the store refuses whatever could write."""

    def __init__(self, service: Service, bounds: Bounds) -> None:
        self._service = service
        self._bounds = bounds

    async def answer(self, request: Request) -> Response:
        """``{"columns", "rows", "truncated"}``, or the same rows as CSV, TSV, Arrow or Parquet."""
        require_media_type(request, ["application/json"])
        kind = accepts(request, list(FORMATS))
        asked = decode_json(await read_body(request, MAX_BODY), CypherRequest)
        limit, timeout = self._bounded(asked)
        table = await self._service.cypher(asked.query, asked.parameters, limit=limit, timeout=timeout)
        body = await asyncio.to_thread(serialise, table, FORMATS[kind])
        headers = {"Vary": "Accept"}
        if table.truncated:
            headers["X-Kgtwin-Truncated"] = f"at {limit} rows"
        return Response(body, headers=headers, media_type=kind)

    def _bounded(self, asked: CypherRequest) -> tuple[int, float]:
        try:
            return self._bounds.limit(asked.limit), self._bounds.timeout(asked.timeout)
        except UsageError as error:
            raise MalformedInputError(
                f"the body cannot be read: {error.message}", expected=f"{fields_of(CypherRequest)}: {error.expected}"
            ) from None

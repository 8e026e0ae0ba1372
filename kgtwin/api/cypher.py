"""``POST /cypher``: read-only Cypher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.requests import accepts, decode_json, read_body, require_media_type

if TYPE_CHECKING:
    from kgtwin.service import Service

MAX_BODY: Final = 1 << 20
MAX_ROWS: Final = 10_000
TIMEOUT: Final = 30.0
"""Seconds that a query may take."""


class CypherRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body: a query, its parameters, and how many rows at most."""

    query: str
    parameters: dict[str, Any] = {}
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_ROWS)] = 1_000


class CypherEndpoint:
    """Asks the store; the store refuses whatever could write."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request) -> Response:
        """``{"columns", "rows", "truncated"}``."""
        require_media_type(request, ["application/json"])
        accepts(request, ["application/json"])
        asked = decode_json(await read_body(request, MAX_BODY), CypherRequest)
        table = await self._service.cypher(asked.query, asked.parameters, limit=asked.limit, timeout=TIMEOUT)
        return Response(msgspec.json.encode(table), media_type="application/json")

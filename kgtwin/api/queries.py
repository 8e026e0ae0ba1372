"""``GET /queries``, ``GET /queries/NAME?key=value`` and ``POST /queries/NAME``: the named queries."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.bounds import Bounds
from kgtwin.api.requests import accepts, decode_json, read_body, require_media_type
from kgtwin.errors import UsageError
from kgtwin.store.delimited import csv_bytes
from kgtwin.store.named import LANGUAGES
from kgtwin.store.named_run import QueryAnswer, answered, described
from kgtwin.store.tables import BINARY, MEDIA_TYPES, serialise

if TYPE_CHECKING:
    from kgtwin.service import Service

MAX_FIELDS: Final = 1_000
MAX_BODY: Final = 1 << 20
JSON, CSV = "application/json", "text/csv"
FORMS: Final = [JSON, CSV, *(MEDIA_TYPES[name] for name in sorted(BINARY))]


class QueryRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a POST: parameters by name, as texts, plain values, or lists of these.

    ``as_of`` is a revision or a system time: the query is then asked in SPARQL, of what was known.
    """

    parameters: dict[str, Any] = {}
    limit: Annotated[int, msgspec.Meta(ge=1)] = 1_000
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    language: Literal["cypher", "sparql"] | None = None
    as_of: int | str | None = None


class QueriesEndpoint:
    """Lists the named queries and asks them; parameters are the query string's, or, of a POST, the body's."""

    def __init__(self, service: Service, bounds: Bounds) -> None:
        self._service = service
        self._bounds = bounds

    async def list(self, request: Request) -> Response:
        """``{"queries": [{"name", "title", "question", "parameters", "columns", …}]}``."""
        accepts(request, [JSON])
        found = [described(query) for query in self._service.queries()]
        return Response(msgspec.json.encode({"queries": found}), media_type=JSON)

    async def answer(self, request: Request) -> Response:
        """``{"name", "parameters", "columns", "rows", "truncated"}``, or the rows as CSV, Arrow or Parquet."""
        kind = accepts(request, FORMS)
        asked = await _posted(request) if request.method == "POST" else _asked(request)
        limit, timeout = self._bounds.limit(asked.limit), self._bounds.timeout(asked.timeout)
        found = await self._service.run_query(
            request.path_params["name"],
            asked.parameters,
            language=asked.language,
            limit=limit,
            timeout=timeout,
            as_of=await self._service.resolve(asked.as_of),
        )
        headers = {"Vary": "Accept"}
        if found.table.truncated:
            headers["X-Kgtwin-Truncated"] = f"at {limit} rows"
        return await asyncio.to_thread(_response, found, kind, headers)


def _response(found: QueryAnswer, kind: str, headers: dict[str, str]) -> Response:
    if kind == JSON:
        return Response(msgspec.json.encode(answered(found)), headers=headers, media_type=JSON)
    if kind == CSV:
        return Response(csv_bytes(found.table), headers=headers, media_type="text/csv; charset=utf-8")
    name = next(name for name in BINARY if MEDIA_TYPES[name] == kind)
    return Response(serialise(found.table, name), headers=headers, media_type=kind)


async def _posted(request: Request) -> QueryRequest:
    require_media_type(request, [JSON])
    return decode_json(await read_body(request, MAX_BODY), QueryRequest)


def _asked(request: Request) -> QueryRequest:
    given = _given(request)
    limit, language = _limit(given.pop("limit", [])), _language(given.pop("language", []))
    return QueryRequest(given, limit, None, language)


def _given(request: Request) -> dict[str, list[str]]:
    pairs = request.query_params.multi_items()
    if len(pairs) > MAX_FIELDS:
        raise UsageError(f"{len(pairs)} parameters", expected=f"at most {MAX_FIELDS}")
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return dict(found)


def _limit(given: list[str]) -> int:
    text = given[-1] if given else "1000"
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise UsageError(f"limit={text[:40]!r}", expected="a number of rows")
    return int(text)


def _language(given: list[str]) -> Literal["cypher", "sparql"] | None:
    if not given:
        return None
    if given[-1] == "cypher":
        return "cypher"
    if given[-1] == "sparql":
        return "sparql"
    raise UsageError(f"language={given[-1][:40]!r}", expected=" or ".join(LANGUAGES))

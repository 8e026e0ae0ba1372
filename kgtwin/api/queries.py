"""``GET /queries`` and ``GET /queries/NAME?key=value``: the named queries."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.requests import accepts
from kgtwin.errors import UsageError
from kgtwin.store.delimited import csv_bytes
from kgtwin.store.named import LANGUAGES
from kgtwin.store.named_run import answered, described

if TYPE_CHECKING:
    from kgtwin.service import Service

MAX_ROWS: Final = 10_000
TIMEOUT: Final = 30.0
"""Seconds that a query may take."""
MAX_FIELDS: Final = 1_000
JSON, CSV = "application/json", "text/csv"


class QueriesEndpoint:
    """Lists the named queries and asks them; parameters are the query string's."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def list(self, request: Request) -> Response:
        """``{"queries": [{"name", "title", "question", "parameters", "columns", …}]}``."""
        accepts(request, [JSON])
        found = [described(query) for query in self._service.queries()]
        return Response(msgspec.json.encode({"queries": found}), media_type=JSON)

    async def answer(self, request: Request) -> Response:
        """``{"name", "parameters", "columns", "rows", "truncated"}``, or CSV."""
        kind = accepts(request, [JSON, CSV])
        given = _given(request)
        limit, language = _limit(given.pop("limit", [])), _language(given.pop("language", []))
        found = await self._service.run_query(
            request.path_params["name"], given, language=language, limit=limit, timeout=TIMEOUT
        )
        headers = {"Vary": "Accept"}
        if found.table.truncated:
            headers["X-Kgtwin-Truncated"] = f"at {limit} rows"
        if kind == CSV:
            return Response(csv_bytes(found.table), headers=headers, media_type="text/csv; charset=utf-8")
        return Response(msgspec.json.encode(answered(found)), headers=headers, media_type=JSON)


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
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= MAX_ROWS):
        raise UsageError(f"limit={text[:40]!r}", expected=f"1 to {MAX_ROWS} rows")
    return int(text)


def _language(given: list[str]) -> str | None:
    if given and given[-1] not in LANGUAGES:
        raise UsageError(f"language={given[-1][:40]!r}", expected=" or ".join(LANGUAGES))
    return given[-1] if given else None

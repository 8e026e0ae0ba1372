"""``POST /read/…``: patients, facts and issues as tables, and a twin, as known at a revision and true at a time.

What ``kgtwin.connect`` asks. A question names patients, so it is never in a URL: URLs are logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.graphql.connections import key_cursor, key_of
from kgtwin.api.requests import accepts, decode_json, read_body, require_media_type
from kgtwin.errors import QueryTimeoutError, UsageError
from kgtwin.model.time import read_time
from kgtwin.store.model_tables import as_table, fact_rows, issue_rows, patient_rows
from kgtwin.store.tables import BINARY, MEDIA_TYPES, serialise

if TYPE_CHECKING:
    from kgtwin.service import Asked, Page, Service

JSON: Final = "application/json"
MAX_BODY: Final = 1 << 16
MAX_FIRST: Final = 1_000
"""Patients whose rows one answer may hold."""
TIMEOUT: Final = 60.0
"""Seconds that an answer may take."""
FORMATS: Final = {kind: name for name, kind in MEDIA_TYPES.items()}
"""Media types of the tables, and the names of their formats."""
ROWS: Final[dict[str, Callable[[Any], Any]]] = {"patients": patient_rows, "facts": fact_rows, "issues": issue_rows}


class ReadRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body. ``patient`` is a key or an id in source ``local``, absent for all; ``as_of`` a revision or a time.

    Of all patients the rows of the ``first`` so many come, ``after`` the place that the answer before ended on.
    """

    patient: str | None = None
    at: str | None = None
    as_of: int | str | None = None
    after: str | None = None
    first: Annotated[int, msgspec.Meta(ge=1, le=MAX_FIRST)] = 200


class ReadEndpoint:
    """Reads by patient over a service; ``default_at`` is a twin's evaluation time where a question names none."""

    def __init__(self, service: Service, default_at: datetime | None) -> None:
        self._service = service
        self._default_at = default_at

    async def answer(self, request: Request) -> Response:
        """A table or a twin; ``X-Kgtwin-Revision`` says as of when, ``X-Kgtwin-Next`` where the next page begins."""
        what = request.path_params["what"]
        if what not in ROWS and what != "twin":
            raise HTTPException(404)
        require_media_type(request, [JSON])
        kind = accepts(request, [JSON] if what == "twin" else list(FORMATS))
        asked = decode_json(await read_body(request, MAX_BODY), ReadRequest)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await (self._twin(asked) if what == "twin" else self._table(what, asked, kind))
        except TimeoutError:
            raise QueryTimeoutError(f"the answer took over {TIMEOUT:g} s", remedy="ask for less at once") from None

    async def _twin(self, asked: ReadRequest) -> Response:
        if asked.patient is None:
            raise UsageError("no patient is named", expected="the field patient")
        one = await self._asked(asked)
        twin = await self._service.twin(asked.patient, at=one.at or self._default_at, as_of=one.as_of)
        body = await asyncio.to_thread(msgspec.json.encode, twin)
        return Response(body, headers={"X-Kgtwin-Revision": str(twin.revision)}, media_type=JSON)

    async def _table(self, what: str, asked: ReadRequest, kind: str) -> Response:
        page = await self._service.page(what, await self._asked(asked))
        body = await asyncio.to_thread(_serialised, what, page, FORMATS[kind])
        headers = {"Vary": "Accept", "X-Kgtwin-Revision": str(page.revision)}
        if page.next is not None:
            headers["X-Kgtwin-Next"] = key_cursor(page.next)
        return Response(body, headers=headers, media_type=kind)

    async def _asked(self, asked: ReadRequest) -> Asked:
        from kgtwin.service import Asked  # noqa: PLC0415 - the service is the caller's

        return Asked(
            patient=asked.patient,
            at=read_time(asked.at),
            as_of=await self._service.resolve(asked.as_of),
            after=None if asked.after is None else key_of(asked.after),
            first=asked.first,
        )


def _serialised(what: str, page: Page[Any], form: str) -> bytes:
    table = ROWS[what](page.found)
    return serialise(table if form in BINARY else as_table(table), form)

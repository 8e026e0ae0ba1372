"""``POST /fhir``: bundles and resources in; ``PUT`` and ``DELETE`` of one resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.bundle import answer_bundle, answer_resource, etag_of
from kgtwin.api.outcome import FHIR_JSON, information, issue_of, outcome, status_of
from kgtwin.api.requests import accepts, read_body, require_media_type
from kgtwin.errors import InvalidResourceError, NotFoundError, UsageError
from kgtwin.model.submission import Outcome, Receipt
from kgtwin.sources import fhir
from kgtwin.sources.fhir.bundles import BUNDLE_TYPES
from kgtwin.sources.fhir.references import ID
from kgtwin.sources.fhir.requests import read_etag
from kgtwin.sources.fhir.resource_types import RESOURCE_TYPES

if TYPE_CHECKING:
    from kgtwin.service import Service

MAX_BODY: Final = 64 << 20
"""Bytes of a bundle."""
LABEL: Final = "POST /fhir"
PUT: Final = "PUT /fhir"
DELETE: Final = "DELETE /fhir"


class FhirEndpoint:
    """Hands what was received to the service and says what became of it, entry by entry."""

    def __init__(self, service: Service, max_body: int = MAX_BODY) -> None:
        self._service = service
        self._max_body = max_body

    async def receive(self, request: Request) -> Response:
        """A transaction-response, a batch-response, or an OperationOutcome. ``?source=`` names the source."""
        require_media_type(request, [FHIR_JSON, "application/json"])
        form = accepts(request, [FHIR_JSON, "application/json"])
        _unconditional(request)
        data = await read_body(request, self._max_body)
        kind, receipt = await self._service.submit(data, source=_source(request), label=LABEL)
        status, body = _answer(data, kind, receipt)
        return Response(msgspec.json.encode(body), status_code=status, media_type=form)

    async def one(self, request: Request) -> Response:
        """PUT or DELETE of one resource."""
        return await (self._put(request) if request.method == "PUT" else self._delete(request))

    async def _put(self, request: Request) -> Response:
        """Create or update one resource. ``If-Match`` names the version that the client has seen."""
        require_media_type(request, [FHIR_JSON, "application/json"])
        form = accepts(request, [FHIR_JSON, "application/json"])
        asked = _asked(request)
        data = await read_body(request, self._max_body)
        _, receipt = await self._service.submit(data, source=_source(request), label=PUT, request=asked)
        status, body = answer_resource(receipt)
        headers = _headers(request, asked.url or "", receipt)
        return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type=form)

    async def _delete(self, request: Request) -> Response:
        """Delete one resource: what it stated no longer counts. Again, or where there is none, it is as well."""
        form = accepts(request, [FHIR_JSON, "application/json"])
        asked = _asked(request)
        _, receipt = await self._service.submit(b"", source=_source(request), label=DELETE, request=asked)
        headers = _headers(request, asked.url or "", receipt)
        if not receipt.problems and not receipt.counted:
            return Response(status_code=204, headers=headers)
        status, body = answer_resource(receipt)
        return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type=form)

    async def by_search(self, request: Request) -> Response:
        """A PUT or DELETE of whatever a search finds is not applied, and nothing else is served here."""
        if request.method not in {"PUT", "DELETE"}:
            raise HTTPException(404)
        raise UsageError(
            f"{request.method} without an id is not applied",
            expected=f"{request.method} /fhir/Type/id",
            remedy="find the resource first, and name it",
        )


def _unconditional(request: Request) -> None:
    """A condition on a POST would be on no resource that its path names: it is refused, not passed over."""
    for header in ("If-Match", "If-None-Match", "If-None-Exist"):
        if header in request.headers:
            raise UsageError(
                "a POST is not conditional",
                where=header,
                expected="PUT or DELETE /fhir/Type/id with If-Match or If-None-Match",
                remedy="or request.ifMatch in the entries of a bundle",
            )


def _source(request: Request) -> str:
    return request.query_params.get("source", "local")


def _asked(request: Request) -> fhir.Request:
    """The PUT or DELETE that a request is, its path and headers checked."""
    kind, identifier = request.path_params["type"], request.path_params["id"]
    if kind not in RESOURCE_TYPES:
        raise NotFoundError("no such resource type", expected="a resource type of FHIR R4")
    if not ID.fullmatch(identifier):
        raise UsageError("the id is no FHIR id", expected="1 to 64 letters, digits, '-' and '.'")
    return fhir.Request(
        method=request.method,
        url=f"{kind}/{identifier}",
        if_match=_tag(request, "If-Match"),
        if_none_match=_tag(request, "If-None-Match"),
    )


def _tag(request: Request, header: str) -> str | None:
    found = request.headers.getlist(header)
    if not found:
        return None
    try:
        return read_etag(", ".join(found), header)
    except InvalidResourceError as error:
        raise UsageError(error.message, where=header, expected=error.expected) from None


def _headers(request: Request, name: str, receipt: Receipt) -> dict[str, str]:
    """The entity tag of what was written, and, where it was created, its place."""
    headers = etag_of(name, receipt, "ETag")
    if headers and receipt.written.get(name) is Outcome.CREATED:
        headers["Location"] = f"{request.base_url}fhir/{name}/_history/{receipt.versions[name]}"
    return headers


def _answer(data: bytes, kind: str | None, receipt: Receipt) -> tuple[int, dict[str, Any]]:
    """Status and body. A transaction that was refused, and whatever is no FHIR at all, is an OperationOutcome."""
    whole = any(p.rejected and p.location.entry is None and p.location.resource is None for p in receipt.problems)
    if (kind == "transaction" and receipt.rejected) or (whole and not receipt.written):
        issues = [issue_of(problem) for problem in receipt.problems]
        if not any(problem.code == "transaction-refused" for problem in receipt.problems):
            issues.append(information("nothing was written"))
        return status_of(receipt.problems), outcome(issues)
    return answer_bundle(data, kind, receipt) if kind in BUNDLE_TYPES else answer_resource(receipt)

"""``POST /fhir``: bundles and resources in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.bundle import answer_bundle, answer_resource
from kgtwin.api.outcome import FHIR_JSON, information, issue_of, outcome, status_of
from kgtwin.api.requests import accepts, read_body, require_media_type
from kgtwin.model.submission import Receipt
from kgtwin.sources.fhir.bundles import BUNDLE_TYPES

if TYPE_CHECKING:
    from kgtwin.service import Service

MAX_BODY: Final = 64 << 20
"""Bytes of a bundle."""
LABEL: Final = "POST /fhir"


class FhirEndpoint:
    """Hands what was received to the service and says what became of it, entry by entry."""

    def __init__(self, service: Service, max_body: int = MAX_BODY) -> None:
        self._service = service
        self._max_body = max_body

    async def receive(self, request: Request) -> Response:
        """A transaction-response, a batch-response, or an OperationOutcome. ``?source=`` names the source."""
        require_media_type(request, [FHIR_JSON, "application/json"])
        form = accepts(request, [FHIR_JSON, "application/json"])
        source = request.query_params.get("source", "local")
        data = await read_body(request, self._max_body)
        kind, receipt = await self._service.submit(data, source=source, label=LABEL)
        status, body = _answer(data, kind, receipt)
        return Response(msgspec.json.encode(body), status_code=status, media_type=form)


def _answer(data: bytes, kind: str | None, receipt: Receipt) -> tuple[int, dict[str, Any]]:
    """Status and body. A transaction that was refused, and whatever is no FHIR at all, is an OperationOutcome."""
    whole = any(p.rejected and p.location.entry is None and p.location.resource is None for p in receipt.problems)
    if (kind == "transaction" and receipt.rejected) or (whole and not receipt.written):
        issues = [issue_of(problem) for problem in receipt.problems]
        if not any(problem.code == "transaction-refused" for problem in receipt.problems):
            issues.append(information("nothing was written"))
        return status_of(receipt.problems), outcome(issues)
    return answer_bundle(data, kind, receipt) if kind in BUNDLE_TYPES else answer_resource(receipt)

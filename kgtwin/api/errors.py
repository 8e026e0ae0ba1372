"""Every error becomes an HTTP answer or a GraphQL error here, and nowhere else.

``{"error": {"code", "message", "where"?, "expected"?, "remedy"?}}`` with the error's own status; on ``/fhir`` an
OperationOutcome; in GraphQL the same fields as ``extensions``. What kgtwin does not raise itself is masked: the client
gets an id, the log the same id, the exception's type and where it arose, never its message (which may quote a patient).
"""

from __future__ import annotations

import logging
import traceback
from typing import Any
from uuid import uuid4

import msgspec
from graphql import GraphQLError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.outcome import FHIR_JSON, outcome_of
from kgtwin.errors import KgtwinError, MalformedInputError, UsageError

_LOG = logging.getLogger("kgtwin.api")
_HTTP = {404: "not-found", 405: "method-not-allowed"}


class InternalError(KgtwinError):
    """What is shown of an exception that nobody foresaw."""

    code = "internal"
    status = 500


class HttpError(KgtwinError):
    """A path or a method that is not served."""

    def __init__(self, error: HTTPException) -> None:
        super().__init__(error.detail, remedy="see / for the paths and methods")
        self.code = _HTTP.get(error.status_code, "http")
        self.status = error.status_code


def shown(error: BaseException) -> KgtwinError:
    """The error that a client may see."""
    if isinstance(error, KgtwinError):
        return error
    if isinstance(error, HTTPException):
        return HttpError(error)
    return masked(error)


def masked(error: BaseException) -> InternalError:
    """Log an unforeseen exception without its message; what is shown instead."""
    number = uuid4().hex[:12]
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
    _LOG.error("internal error %s: %s at %s", number, type(error).__name__, " > ".join(frames) or "(no frame)")
    return InternalError(f"internal error {number}", remedy="give this id to whoever runs the service")


def error_response(error: BaseException, path: str) -> Response:
    """An error as the answer to a request for ``path``."""
    what = shown(error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if path == "/fhir" or path.startswith("/fhir/"):
        body, media_type = msgspec.json.encode(outcome_of(what)), FHIR_JSON
    else:
        body, media_type = msgspec.json.encode({"error": what.to_dict()}), "application/json"
    return Response(body, status_code=what.status, headers=headers, media_type=media_type)


async def handle(request: Request, error: Exception) -> Response:
    """Starlette's exception handler."""
    return error_response(error, request.url.path)


def graphql_error(error: GraphQLError) -> dict[str, Any]:
    """A GraphQL error as the answer shows it."""
    formatted: dict[str, Any] = dict(error.formatted)
    what = _cause(error)
    if what is None:
        formatted.setdefault("extensions", {}).setdefault("code", "invalid-query")
        return formatted
    formatted["message"] = what.message
    formatted["extensions"] = {name: value for name, value in what.to_dict().items() if name != "message"}
    return formatted


def _cause(error: GraphQLError) -> KgtwinError | None:
    """What a resolver or a scalar raised; None where the query itself is wrong."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        return None
    if isinstance(cause, KgtwinError):
        return cause
    if isinstance(cause, RecursionError):
        return MalformedInputError("the query is nested too deeply", remedy="send a shorter query")
    if error.path is None:  # a variable or a literal that its scalar refused
        return UsageError(error.message)
    return masked(cause)

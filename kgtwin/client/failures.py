"""What a service says went wrong, as the error that it raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from kgtwin.errors import (
    ForbiddenError,
    KgtwinError,
    StoreAuthenticationError,
    StoreError,
    StoreUnavailableError,
    error_of,
)

_GONE: Final = frozenset({429, 502, 503, 504})


def failure(status: int, headers: Mapping[str, str], body: bytes, url: str) -> KgtwinError:
    """The error in an answer; where a proxy answered instead of kgtwin, what its status means.

    >>> failure(404, {}, b'{"error": {"code": "not-found", "message": "no patient local|1"}}', "http://h")
    NotFoundError('no patient local|1')
    >>> failure(401, {}, b"<html>", "http://h")
    StoreAuthenticationError('the service refuses the token')
    """
    told = _told(body)
    if told is not None:
        return error_of(told)
    if status == 401:
        return StoreAuthenticationError("the service refuses the token", where=url, remedy="give token=")
    if status == 403:
        return ForbiddenError("the service refuses this request", where=url)
    if 300 <= status < 400:
        return StoreError("the service is elsewhere", where=url, remedy="connect to the address that it redirects to")
    if status in _GONE:
        return StoreUnavailableError(f"the service is away (status {status})", where=url, remedy="try again later")
    return StoreError(f"no kgtwin service answers (status {status})", where=url, remedy="check the address")


def graphql_failure(errors: Sequence[Mapping[str, Any]]) -> KgtwinError:
    """The first error of a GraphQL answer."""
    first: dict[str, Any] = {"message": "no data", **(errors[0] if errors else {})}
    return error_of({**first.get("extensions", {}), "message": first["message"]})


def _told(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    told = found.get("error") if isinstance(found, dict) else None
    return told if isinstance(told, dict) and isinstance(told.get("message"), str) else None

"""Around every answer: security headers, the safety statement, and no exception that gets out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kgtwin.api.errors import error_response
from kgtwin.errors import ForbiddenError

SAFETY_HEADER: Final = "X-Kgtwin-Safety"
SAFETY: Final = "not-clinically-validated"
HEADERS: Final = {
    SAFETY_HEADER: SAFETY,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What an answer carries unless it sets its own."""


class Guard:
    """ASGI middleware. ``hosts`` are the names that a request may be addressed to; None lets all pass.

    With no sign-in on loopback, a page of another site must not read patients by letting its name resolve to
    127.0.0.1 (DNS rebinding) nor make the browser send a request here (cross-site request forgery).
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None = None) -> None:
        self._app = app
        self._hosts = None if hosts is None else {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            return
        except Exception as error:
            response = error_response(error, scope["path"])
            if not started:
                await response(scope, receive, guarded)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if self._hosts is not None and host_name(headers.get("host", "")) not in self._hosts:
            raise ForbiddenError(
                "the request is addressed to another host", expected=" or ".join(sorted(self._hosts)),
                remedy="use the address that the server listens on",
            )  # fmt: skip
        if scope["method"] not in {"GET", "HEAD"} and headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise ForbiddenError("the request comes from another site", remedy="send it from your own program")


def host_name(header: str) -> str:
    """The host in a Host header, without its port.

    >>> host_name("LOCALHOST:8000"), host_name("[::1]:8000"), host_name("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    text = header.lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]

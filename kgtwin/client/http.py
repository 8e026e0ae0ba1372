"""Requests to a service: TLS that is verified, time-outs, retries where a connection fails, errors as errors.

The standard library's client, one connection a request: nothing is shared between threads, and no proxy of the
environment is used, so that neither patients nor the token reach one that nobody chose.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec

from kgtwin import __version__
from kgtwin.client.failures import failure
from kgtwin.errors import StoreError, StoreUnavailableError, UsageError

CONNECT_SECONDS: Final = 10.0
PAUSES: Final = (0.2, 1.0)
"""Seconds before each new try: so many tries follow the first one."""
JSON: Final = "application/json"
CHUNK: Final = 1 << 20
FORM: Final = "application/x-www-form-urlencoded"
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
"""A bearer token (RFC 6750, 2.1)."""


class Answer(msgspec.Struct, frozen=True):
    """What came back with a status of success; ``headers`` are in lower case."""

    headers: dict[str, str]
    body: bytes


class Http:
    """Asks one service. What it asks only reads, so a request whose connection fails is sent again.

    Raises:
        UsageError: if the address, the token or the file of certificates cannot be used.
    """

    def __init__(self, url: str, *, token: str = "", ca: str | Path | None = None) -> None:
        parts = _address(url)
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._path = parts.path.rstrip("/")
        self._host, self._port = parts.hostname or "", parts.port
        self._tls = _context(ca) if parts.scheme == "https" else None
        if ca is not None and self._tls is None:
            raise UsageError("ca is for https", where=self.url, remedy="use https://, or leave ca out")
        self._headers = {
            "User-Agent": f"kgtwin/{__version__}",
            **_authorization(token, self.url, self._tls, self._host),
        }

    def post(self, path: str, body: dict[str, Any], *, accept: str, seconds: float, kind: str = JSON) -> Answer:
        """The answer to a question in JSON, or as a form's fields, which takes ``seconds`` at most.

        Raises:
            KgtwinError: the error that the service tells, as it raised it.
            StoreUnavailableError: if nobody answers, or not in time, or its certificate is not trusted.
            StoreAuthenticationError: if the token is refused.
        """
        data, headers = _body(body, kind), {"Accept": accept, "Content-Type": kind}
        for pause in (*PAUSES, None):
            parts: list[bytes] = []
            try:
                found = self._once(path, data, headers, seconds, parts.append)
            except _FAILED as error:
                if pause is None or not _may_pass(error):
                    raise self._unavailable(error, seconds) from None
                time.sleep(pause)
            else:
                return Answer(found, b"".join(parts))
        raise AssertionError

    def download(self, path: str, write: Callable[[bytes], None], *, accept: str, seconds: float) -> None:
        """Hand what comes back to ``write``, part by part; it is asked for once.

        Raises:
            KgtwinError: as ``post``.
        """
        try:
            self._once(path, b"{}", {"Accept": accept, "Content-Type": JSON}, seconds, write)
        except _FAILED as error:
            raise self._unavailable(error, seconds) from None

    def _once(
        self, path: str, data: bytes, headers: dict[str, str], seconds: float, write: Callable[[bytes], None]
    ) -> dict[str, str]:
        """The headers of an answer whose body was handed on, whole."""
        connection = self._connection()
        try:
            self._reach(connection)
            connection.sock.settimeout(seconds)
            with _within(connection.sock, seconds):
                connection.request("POST", self._path + path, body=data, headers={**self._headers, **headers})
                with connection.getresponse() as response:
                    found = {name.lower(): value for name, value in response.getheaders()}
                    if not 200 <= response.status < 300:
                        raise failure(response.status, found, response.read(CHUNK), self.url)
                    if not response.chunked and "content-length" not in found:
                        raise http.client.HTTPException("it does not say where it ends")
                    _check_form(found, headers["Accept"], self.url)
                    _hand_on(response, write)
        finally:
            connection.close()
        return found

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        return http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, context=self._tls)

    def _reach(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except TimeoutError:
            raise _NotReached(f"not reached within {CONNECT_SECONDS:g} s") from None

    def _unavailable(self, error: Exception, seconds: float) -> StoreUnavailableError:
        told, remedy = f"no answer ({_reason(error)})", "is kgtwin serve running there?"
        if isinstance(error, ssl.SSLCertVerificationError):
            told = f"the certificate is not trusted: {error.verify_message}"
            remedy = "give ca=FILE with the authority that signed it"
        elif isinstance(error, TimeoutError):
            told, remedy = f"no answer within {seconds:g} s", "ask for less at once"
        return StoreUnavailableError(told, where=self.url, remedy=remedy)


class _NotReached(Exception):  # noqa: N818 - a reason to try again
    """No connection came about in time."""


_FAILED: Final = (OSError, http.client.HTTPException, _NotReached)
"""What a request that gets no answer raises."""


def _may_pass(error: Exception) -> bool:
    """Whether it is the connection that failed, so that the next one may do better."""
    return isinstance(error, (ConnectionError, http.client.HTTPException, socket.gaierror, _NotReached))


def _hand_on(response: http.client.HTTPResponse, write: Callable[[bytes], None]) -> None:
    """The whole body; what ends early is a failed connection, never an answer."""
    while part := response.read(CHUNK):
        write(part)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)


@contextmanager
def _within(sock: socket.socket, seconds: float) -> Iterator[None]:
    """End the connection when the time is over, however slowly its bytes drip in.

    Raises:
        TimeoutError: if it was.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of a TLS socket too, which another thread may be reading

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:  # headers that were cut read as other ones
        if not over.is_set():
            raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError


def _check_form(headers: dict[str, str], accept: str, url: str) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {one.partition(";")[0].strip() for one in accept.split(",")}:
        raise StoreError(f"no kgtwin service: it answers in {kind[:60] or 'no type'}", where=url, expected=accept)


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError("this is no service's address", expected="http://HOST:PORT or https://HOST")
    if parts.username is not None or parts.password is not None:
        raise UsageError("a password in the address", remedy="give token=, or set KGTWIN_TOKEN")
    return parts


def _context(ca: str | Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except OSError as error:  # an SSLError is one
        raise UsageError(f"the certificates cannot be read: {_reason(error)}", where=str(ca)) from None


def _authorization(token: str, url: str, tls: ssl.SSLContext | None, host: str) -> dict[str, str]:
    if not token:
        return {}
    if not _TOKEN.fullmatch(token):
        raise UsageError("the token is no bearer token", expected="letters, digits and -._~+/, without spaces")
    if tls is None and not is_loopback(host):
        raise UsageError("a token would travel in the clear", where=url, remedy="use https://")
    return {"Authorization": f"Bearer {token}"}


def is_loopback(host: str) -> bool:
    """Whether a host is this machine.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("10.0.0.1")
    (True, True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _body(body: dict[str, Any], kind: str) -> bytes:
    try:
        return urlencode(body).encode() if kind == FORM else msgspec.json.encode(body)
    except UnicodeError:
        raise UsageError("what is asked holds half a character", expected="well-formed Unicode") from None


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

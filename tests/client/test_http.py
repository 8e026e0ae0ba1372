"""What the client does with the network: retries, time-outs, certificates, tokens, and answers that are none."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest

import kgtwin
from kgtwin.client import http
from kgtwin.client.http import Http
from kgtwin.config import Secret
from kgtwin.errors import (
    KgtwinError,
    StoreUnavailableError,
    UsageError,
)

BODY = b'{"data": {"about": {"revision": 7, "maxRows": 10, "maxSeconds": 5.0}}}'


def reply(body: bytes = BODY, status: str = "200 OK", *more: str, kind: str = "application/json") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join([*head, "", ""]).encode() + body


DROP = b""
CUT = reply()[:-5]
CHUNKS_CUT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"


class Scripted:
    """A server that gives each connection the next of its answers, and keeps what was asked."""

    def __init__(self, *answers: bytes | Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self._answers, self._tls = list(answers), tls
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                connection, _ = self._listener.accept()
                with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as peer:
                    self._answer(peer, answer)
            except OSError:
                continue

    def _answer(self, peer: socket.socket, answer: bytes | Callable[[socket.socket], None]) -> None:
        request = b""
        while b"\r\n\r\n" not in request or not request.endswith(b"}"):
            part = peer.recv(65536)
            if not part:
                return
            request += part
        self.asked.append(request.decode())
        if callable(answer):
            answer(peer)
        else:
            peer.sendall(answer)

    def close(self) -> None:
        self._listener.close()


@contextmanager
def scripted(
    *answers: bytes | Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
) -> Iterator[Scripted]:
    server = Scripted(*answers, tls=tls)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))


def revision(server: Scripted, **how: str) -> int:
    with kgtwin.connect(f"http://127.0.0.1:{server.port}", **how) as twin:
        return twin.rows


@pytest.mark.parametrize(
    "failed",
    [DROP, reply()[:12], reply()[:40], CUT, CHUNKS_CUT, b"no HTTP\r\n\r\n"],
    ids=["drop", "status", "head", "cut", "chunk", "noise"],
)
def test_a_failed_connection_is_tried_again_and_no_more_than_twice(failed: bytes) -> None:
    with scripted(failed, failed, reply()) as server:
        assert revision(server) == 10
        assert len(server.asked) == 3
        assert len(set(server.asked)) == 1, "the same question each time"
    with scripted(failed, failed, failed, reply()) as server:
        with pytest.raises(StoreUnavailableError, match="is kgtwin serve running there"):
            revision(server)
        assert len(server.asked) == 3


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(StoreUnavailableError, match=f"http://127.0.0.1:{port}: no answer"):
        kgtwin.connect(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("start", [b"", reply()[:40], CUT, CHUNKS_CUT], ids=["silent", "head", "body", "chunk"])
def test_an_answer_that_does_not_come_in_time_is_not_asked_for_again(start: bytes) -> None:
    def trickle(peer: socket.socket) -> None:
        peer.sendall(start)
        for _ in range(100):
            time.sleep(0.1)
            peer.sendall(b" ")

    with scripted(trickle, reply()) as server:
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError, match=r"no answer within 0.3 s"):
            Http(f"http://127.0.0.1:{server.port}").post("/graphql", {}, accept="application/json", seconds=0.3)
        assert time.monotonic() - began < 5
        assert len(server.asked) == 1


ERROR = b'{"error": {"code": "store-locked", "message": "in use", "where": "twin.lbdb", "remedy": "wait"}}'


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (reply(ERROR, "503 Service Unavailable"), "StoreLockedError", "twin.lbdb: in use; wait"),
        (reply(b"<html>", "401 Unauthorized"), "StoreAuthenticationError", "refuses the token"),
        (reply(b"<html>", "403 Forbidden"), "ForbiddenError", "refuses this request"),
        (reply(b"", "302 Found", "Location: https://sso.example/"), "StoreError", "the service is elsewhere"),
        (reply(b"<html>", "502 Bad Gateway"), "StoreUnavailableError", "away .status 502"),
        (reply(b'{"error": "x"}', "404 Not Found"), "StoreError", "no kgtwin service answers .status 404"),
        (reply(b"<html>", kind="text/html"), "StoreError", "answers in text/html"),
        (reply(kind=""), "StoreError", "answers in no type"),
        (reply(b'{"errors": [{"message": "no", "extensions": {"code": "not-found"}}]}'), "NotFoundError", "no"),
        (reply(b"[]"), "StoreError", "no kgtwin"),
        (reply(b"{"), "StoreError", "no kgtwin"),
    ],
)
def test_what_went_wrong_is_told_as_an_error_of_ours_and_not_tried_again(answer: bytes, kind: str, said: str) -> None:
    with scripted(answer, reply()) as server:
        with pytest.raises(KgtwinError, match=said) as caught:
            revision(server)
        assert type(caught.value).__name__ == kind
        assert len(server.asked) == 1


def test_a_token_is_sent_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(reply(), reply()) as server:
        revision(server, token="s3cret.token")
        monkeypatch.setenv("KGTWIN_TOKEN", "from-env")
        revision(server)
    assert ["Authorization: Bearer s3cret.token" in server.asked[0], "Bearer from-env" in server.asked[1]] == [True] * 2
    for url, token in [("http://host.example", "s3cret"), ("http://127.0.0.1", "s3cret\r\nX: y"), ("http://h", "s3 t")]:
        with pytest.raises(UsageError) as caught:
            Http(url, token=Secret(token))
        assert "s3" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://", "http://h:0", "http://h:x", "http://h?q=1", "http://h#f", "http://u:p@h", "http://h/ x", "http://hö"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        kgtwin.connect(url)


def test_a_path_before_the_doors_is_kept() -> None:
    with scripted(reply()) as server:
        Http(f"http://127.0.0.1:{server.port}/kgtwin/").post("/graphql", {}, accept="application/json", seconds=5)
    assert server.asked[0].startswith("POST /kgtwin/graphql HTTP/1.1\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own authority for ``localhost``, with its key."""
    if which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*made, "-addext", "subjectAltName=DNS:localhost", *files], check=True, capture_output=True)
    return folder / "cert.pem"


def test_certificates_are_verified(certificate: Path, tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with scripted(DROP, reply(), DROP, tls=tls) as server:
        url = f"https://localhost:{server.port}"
        with pytest.raises(StoreUnavailableError, match="the certificate is not trusted"):
            kgtwin.connect(url)
        with kgtwin.connect(url, ca=certificate, token="t0ken") as twin:
            assert twin.rows == 10
        with pytest.raises(StoreUnavailableError, match="the certificate is not trusted"):
            kgtwin.connect(url.replace("localhost", "127.0.0.1"), ca=certificate)
    assert len(server.asked) == 1, "nothing was asked before the certificate was trusted"
    with pytest.raises(UsageError, match="the certificates cannot be read"):
        kgtwin.connect(url, ca=tmp_path / "none.pem")
    with pytest.raises(UsageError, match="ca is for https"):
        kgtwin.connect("http://localhost:9", ca=certificate)

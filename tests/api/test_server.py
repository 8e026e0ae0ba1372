"""``kgtwin serve`` as a process: it starts, answers, and stops when it is told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import CASE

PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until_live(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended"
        try:
            httpx.get(f"{url}/health/live")
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        return
    pytest.fail("the server did not start")


def test_serve(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    store = f"ladybug:{tmp_path / 'x.lbdb'}"
    command = [sys.executable, "-m", "kgtwin", "serve", "--port", str(port), "--store", store]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until_live(url, process)
            assert httpx.get(f"{url}/health/ready").json()["status"] == "ready"
            headers = {"content-type": "application/fhir+json"}
            assert httpx.post(f"{url}/fhir", content=CASE.read_bytes(), headers=headers).status_code == 200
            query = {"query": '{ patient(id: "p1", at: "2026-01-15") { issues { totalCount } } }'}
            answer = httpx.post(f"{url}/graphql", json=query)
            assert answer.json() == {"data": {"patient": {"issues": {"totalCount": 1}}}}
            assert httpx.get(f"{url}/", headers={"host": "evil.example"}).status_code == 403
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
    told = (tmp_path / "log").read_text()
    assert code in {0, -signal.SIGTERM}
    assert "not clinically validated" in told
    assert "Traceback" not in told

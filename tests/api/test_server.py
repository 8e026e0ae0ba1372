"""``kgtwin serve`` as a process: it starts, answers, and stops when it is told to."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import kgtwin
from kgtwin.client.backing import fetch
from tests.api.conftest import CASE

PATIENCE = 60.0
ONTOLOGIES = Path(__file__).resolve().parents[2] / "ontologies"


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
    command += ["--allow-backup", "--max-rows", "20000", "--max-seconds", "45"]
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
            with kgtwin.connect(url) as twin:
                assert (twin.rows, twin.seconds, twin.revision) == (20_000, 45.0, 2)
                assert twin.patients().column("patient").to_pylist() == ["local|p1"]
            assert fetch(url, tmp_path / "x.backup").patients == 1
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
    told = (tmp_path / "log").read_text()
    assert code in {0, -signal.SIGTERM}
    assert "not clinically validated" in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_an_edited_ontology_is_taken_up_while_it_serves(tmp_path: Path) -> None:
    """No request fails meanwhile, a broken edit changes nothing, and every answer says which version gave it."""
    knowledge = tmp_path / "ontologies"
    shutil.copytree(ONTOLOGIES, knowledge)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "kgtwin", "serve", "--port", str(port), "--watch"]
    command += ["--store", f"ladybug:{tmp_path / 'x.lbdb'}", "--ontology", str(knowledge / "kgtwin.owl")]
    query = {"query": '{ patient(id: "p1", at: "2026-01-15") { issues { totalCount } } }'}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until_live(url, process)
            headers = {"content-type": "application/fhir+json"}
            httpx.post(f"{url}/fhir", content=CASE.read_bytes(), headers=headers)

            def issues() -> int:
                answer = httpx.post(f"{url}/graphql", json=query, timeout=PATIENCE)
                assert answer.status_code == 200, answer.text
                return int(answer.json()["data"]["patient"]["issues"]["totalCount"])

            def version() -> str:
                return str(httpx.get(f"{url}/health/ready", timeout=PATIENCE).json()["knowledge"])

            def ask_until_told(words: str) -> set[int]:
                seen, until = set(), time.monotonic() + PATIENCE
                while words not in (tmp_path / "log").read_text():
                    assert time.monotonic() < until, (tmp_path / "log").read_text()
                    seen.add(issues())
                return seen

            first, module = version(), knowledge / "allergies.ofn"
            text = module.read_text(encoding="utf-8")
            module.write_text(
                text.replace("Declaration(Class(:DA_0008))", "Declaration(Class(:DA_0008)"), encoding="utf-8"
            )
            assert ask_until_told("still answers") == {1}
            assert "allergies.ofn:" in (tmp_path / "log").read_text()
            assert version() == first
            silent = text.replace("SubClassOf(:DA_0008 :PatientWithAllergyConflict)\n", "")
            silent = re.sub(r"EquivalentClasses\(:DA_0008 .*\n", "SubClassOf(:DA_0008 :Patient)\n", silent)
            module.write_text(silent, encoding="utf-8")
            assert ask_until_told("is not defined") == {1}
            every = re.sub(r".*:DA_0008\b.*\n", "", text)
            module.write_text(every, encoding="utf-8")
            ask_until_told("answers now")
            assert issues() == 0
            assert version() != first
            ask_until_told(f"refresh to knowledge {version()}, done")
            refresh = httpx.get(f"{url}/health/ready", timeout=PATIENCE).json()["refresh"]
            assert (refresh["state"], refresh["patients"], refresh["touched"], refresh["stored"]) == ("done", 1, 1, 1)
            told = "MATCH (i:Inference) RETURN i.knowledge AS version"
            rows = httpx.post(f"{url}/cypher", json={"query": told}, timeout=PATIENCE).json()
            assert version() in str(rows)
            assert first not in str(rows)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

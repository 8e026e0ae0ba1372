"""Both stores for the contract, a real Neo4j among them.

A Neo4j is looked for in ``NEO4J_URI`` (with ``NEO4J_USER`` and ``NEO4J_PASSWORD``; it must be empty, its content is
deleted), then in ``../shared/neo4j`` beside the repository; without one, its tests skip and say so.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import neo4j
import pytest

from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.neo4j import Neo4jStore

SCRIPT = Path(__file__).resolve().parents[3] / "shared" / "neo4j" / "neo4j"
PASSWORD = "kgtwin-test-1"

StoreMaker = Callable[..., GraphStore]


class Server(NamedTuple):
    url: str
    user: str
    password: str


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Neo4j with an empty database, stopped at the end if it was started here."""
    given = os.environ.get("NEO4J_URI")
    if given:
        if os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1") != "1":
            pytest.fail("the database at NEO4J_URI would be shared by several processes: run pytest with -n 0")
        server = Server(given, os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
        if _run(server, "MATCH (n) RETURN count(n) AS n")[0]["n"]:
            pytest.fail("the database at NEO4J_URI is not empty; these tests would delete its content")
        yield server
        wipe(server)
        return
    if not SCRIPT.exists() or shutil.which("java") is None:
        pytest.skip("no Neo4j: set NEO4J_URI, or provide ../shared/neo4j and Java 17")
    folder = tmp_path_factory.mktemp("neo4j")
    port = _free_port()
    start_neo4j(folder, port)
    try:
        yield Server(f"bolt://127.0.0.1:{port}", "neo4j", PASSWORD)
    finally:
        subprocess.run([SCRIPT, "stop", folder], check=True, capture_output=True, timeout=60)


def start_neo4j(folder: Path, port: int) -> None:
    """Start a Neo4j of our own, and wait until it answers."""
    environment = {**os.environ, "NEO4J_PASSWORD": PASSWORD, "NEO4J_HEAP": "512m"}
    subprocess.run([SCRIPT, "start", folder, str(port)], env=environment, check=True, capture_output=True, timeout=120)


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> StoreMaker:
    """Makes stores, not yet open, over the same, at first empty, data."""
    if request.param == "ladybug":
        return lambda **options: LadybugStore(tmp_path / "twin.lbdb", **options)
    server: Server = request.getfixturevalue("neo4j_server")
    wipe(server)
    return lambda **options: Neo4jStore(server.url, user=server.user, password=server.password, **options)


@pytest.fixture
async def store(make_store: StoreMaker) -> AsyncIterator[GraphStore]:
    """A store of each kind, open and at first empty."""
    async with make_store() as opened:
        yield opened


def wipe(server: Server) -> None:
    _run(server, "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS")


def _run(server: Server, query: str) -> list[dict[str, Any]]:
    with neo4j.GraphDatabase.driver(server.url, auth=(server.user, server.password)) as driver:  # noqa: SIM117
        with driver.session() as session:
            return [one.data() for one in session.run(query)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

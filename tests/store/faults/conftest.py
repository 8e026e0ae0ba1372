"""A way to Neo4j that the tests can break."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.store.conftest import Server, wipe
from tests.store.faults.line import Line


@pytest.fixture
async def line(neo4j_server: Server) -> AsyncIterator[Line]:
    """The way to a Neo4j that is empty."""
    wipe(neo4j_server)
    line = Line(neo4j_server)
    await line.mend()
    yield line
    await line.end()

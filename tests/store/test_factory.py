"""URLs of stores, and what importing the package costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kgtwin.errors import UsageError
from kgtwin.store.factory import SCHEMES, open_store
from kgtwin.store.neo4j import Neo4jStore


@pytest.mark.parametrize("scheme", SCHEMES)
def test_neo4j_urls_reach_the_driver_as_they_are(scheme: str) -> None:
    store = open_store(f"{scheme}://host:7687", user="u", password="p", database="d", read_only=True)
    assert isinstance(store, Neo4jStore)
    assert (store.url, store.read_only) == (f"{scheme}://host:7687", True)


@pytest.mark.parametrize(
    "url", ["", "ladybug:", "ladybug", "twin.lbdb", "http://host", "bolt:host", "bolt://", "kuzu:x"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="no store"):
        open_store(url)


def test_drivers_are_imported_when_needed() -> None:
    code = "import kgtwin.store.factory, sys; print({'neo4j', 'ladybug', 'pyoxigraph'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"

"""The tables of hostile queries through HTTP: each is answered in a documented shape, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kgtwin.store.ladybug import LadybugStore
from tests.api.conftest import Client
from tests.api.querying import querying
from tests.store.hostile import WEIGHTS, Case, Trap, trap, weighed

STATUS = {"query-rejected": 400, "query-timeout": 503, "too-large": 413}
ALL = "MATCH (n) RETURN n"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Client]:
    with querying(LadybugStore(tmp_path / "twin.lbdb")) as client:
        yield client


def cypher(door: Client, query: str, case: Case) -> httpx.Response:
    return door.post("/cypher", json={"query": query, "parameters": case.parameters, "limit": 5, "timeout": 0.5})


def sparql(door: Client, query: str, case: Case) -> httpx.Response:
    headers = {"content-type": "application/sparql-query"}
    return door.post("/sparql", content=query.encode(), headers=headers, params={"limit": "5", "timeout": "0.5"})


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize(("table", "ask"), [("cypher", cypher), ("sparql", sparql)], ids=["cypher", "sparql"])
def test_every_line_is_answered_as_documented(door: Client, tmp_path: Path, table: str, ask: Any, weight: str) -> None:
    before = everything(door)
    with trap(tmp_path) as snare:
        wrong = [
            found
            for case in weighed(table, weight)
            if (found := fault(ask(door, snare.fill(case.query), case), case, snare))
        ]
    assert wrong == []
    assert everything(door) == before


def everything(door: Client) -> list[str]:
    """All nodes, in an order of their own: the store gives them in any."""
    return sorted(map(str, door.post("/cypher", json={"query": ALL}).json()["rows"]))


def fault(answer: httpx.Response, case: Case, snare: Trap) -> tuple[str, int, str] | None:
    """Why a line's answer is not as documented; None where it is."""
    snare.check(answer.text)
    expected = "rejected" if case.guard != "pass" else next(iter(case.outcomes.values()))
    if answer.status_code == 200:
        right = expected in {"ok", "bounded"}
    else:
        error = answer.json().get("error", {})
        right = expected in {"rejected", "bounded"} and STATUS.get(error.get("code")) == answer.status_code
        right = right and {"code", "message"} <= error.keys() <= {"code", "message", "where", "expected", "remedy"}
    return None if right else (case.why, answer.status_code, answer.text[:200])

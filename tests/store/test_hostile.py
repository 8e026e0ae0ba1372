"""The tables of hostile queries against the guards and against both real stores."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import pytest

from kgtwin.errors import KgtwinError, QueryRejectedError
from kgtwin.service import Service
from kgtwin.store.base import GraphStore
from kgtwin.store.cypher import check_read_only
from kgtwin.store.cypher_parameters import check_given, check_parameters
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.sparql import check_query
from tests.api.querying import fill
from tests.store.conftest import StoreMaker
from tests.store.hostile import WEIGHTS, Case, Trap, cases, trap, weighed

pytestmark = pytest.mark.anyio
CYPHER, SPARQL = cases("cypher"), cases("sparql")
SECONDS = {"light": 20.0, "heavy": 0.5}
PATIENCE = 45.0
"""Seconds after its time-out in which a query must have ended: Ladybug looks at the clock between batches, so a text
that doubles goes on until it reaches the limit of memory."""


def names(table: list[Case]) -> list[str]:
    return [case.why for case in table]


def test_the_tables_are_long_and_hold_what_only_looks_hostile() -> None:
    for table in (CYPHER, SPARQL):
        assert len(table) >= 60
        assert sum("ok" in case.outcomes.values() for case in table) >= 15
        assert all(case.why for case in table)


@pytest.mark.parametrize("case", CYPHER, ids=names(CYPHER))
def test_the_guard_of_cypher(case: Case) -> None:
    found = judged(lambda: check_cypher(case))
    assert found == "pass" if case.guard == "pass" else case.guard in found


def check_cypher(case: Case) -> None:
    check_given(check_read_only(case.query), check_parameters(case.parameters, "neo4j"))


@pytest.mark.parametrize("case", SPARQL, ids=names(SPARQL))
def test_the_guard_of_sparql(case: Case) -> None:
    found = judged(lambda: check_query(case.query))
    assert found == "pass" if case.guard == "pass" else case.guard in found


def judged(check: Callable[[], object]) -> str:
    """``pass``, or what the refusal says, in less than a second."""
    started = time.monotonic()
    try:
        check()
        found = "pass"
    except QueryRejectedError as error:
        found = str(error)
    assert time.monotonic() - started < 2
    return found


@pytest.mark.parametrize("weight", WEIGHTS)
async def test_the_table_of_cypher_on_a_real_store(make_store: StoreMaker, tmp_path: Path, weight: str) -> None:
    with trap(tmp_path) as snare:
        async with make_store() as store:
            await fill(store)
            before = await content(store)

            async def ask(case: Case) -> object:
                return await store.cypher(snare.fill(case.query), case.parameters, limit=5, timeout=SECONDS[weight])

            assert await wrong(weighed("cypher", weight), store.dialect.name, ask, snare) == []
            assert await content(store) == before


@pytest.mark.parametrize("weight", WEIGHTS)
async def test_the_table_of_sparql_on_a_real_view(tmp_path: Path, weight: str) -> None:
    with trap(tmp_path) as snare:
        async with LadybugStore(tmp_path / "twin.lbdb") as store:
            await fill(store)
            before = await content(store)
            service = Service(store, none, none, none)

            async def ask(case: Case) -> object:
                return await service.sparql(snare.fill(case.query), limit=5, timeout=SECONDS[weight])

            assert await wrong(weighed("sparql", weight), "view", ask, snare) == []
            await service.close()
            assert await content(store) == before


def none() -> NoReturn:
    raise AssertionError("a query door needs no knowledge")


async def wrong(
    table: list[Case], store: str, ask: Callable[[Case], Awaitable[object]], snare: Trap
) -> list[tuple[str, str, str]]:
    """The lines whose outcome is not the documented one: why, expected, found."""
    found: list[tuple[str, str, str]] = []
    answers: list[str] = []
    for case in table:
        expected = "rejected" if case.guard != "pass" else case.outcomes[store]
        started = time.monotonic()
        got = await outcome(ask, case, answers)
        if time.monotonic() - started > SECONDS["heavy"] + PATIENCE:
            got = f"{got} late"
        if got not in ({"ok", "rejected", "out of time"} if expected == "bounded" else {expected}):
            found.append((case.why, expected, got))
    snare.check("".join(answers))
    return found


async def outcome(ask: Callable[[Case], Awaitable[object]], case: Case, answers: list[str]) -> str:
    try:
        answers.append(str(await ask(case)))
    except KgtwinError as error:
        answers.append(str(error))
        return {"query-rejected": "rejected", "query-timeout": "out of time"}.get(error.code, f"{error.code}: {error}")
    return "ok"


async def content(store: GraphStore) -> tuple[object, ...]:
    """All nodes, and how many edges."""
    nodes = await store.cypher("MATCH (n) RETURN n", limit=10_000)
    edges = await store.cypher("MATCH ()-[r]->() RETURN count(r) AS n")
    return (await store.revision(), sorted(str(sorted(row[0].items())) for row in nodes.rows), edges.rows)  # type: ignore[attr-defined]

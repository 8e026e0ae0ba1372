"""Many patients at once are read as each of them alone, in a few statements however many they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kgtwin.store import batches
from kgtwin.store.base import GraphStore
from kgtwin.store.records import Work
from tests.store.builders import make_bundle, make_conclusions, make_correction, make_key

pytestmark = pytest.mark.anyio
NAMES = [f"{number:03}" for number in range(30)]
KEYS = [make_key(name) for name in NAMES]
NOBODY = make_key("nobody")


async def fill(store: GraphStore) -> None:
    """Two versions of every other patient, an erased one, and conclusions that were replaced."""
    await store.write_all([make_bundle(name) for name in NAMES[:20]])  # revision 1
    facts = await store.facts_of(KEYS[:20])
    told = [make_conclusions(name, facts[make_key(name)][:2], 1) for name in NAMES[:20]]
    await store.write_inferences(told)  # 2
    await store.write_all([make_correction(name) for name in NAMES[:20:2]])  # 3
    await store.write_all([make_bundle(name) for name in NAMES[20:]])  # 4
    facts = await store.facts_of(KEYS[:10:2])
    await store.write_inferences([make_conclusions(name, facts[make_key(name)][:1], 4) for name in NAMES[:10:2]])  # 5
    await store.erase(KEYS[19])  # 6


async def test_many_are_read_as_each_alone_now_and_at_every_revision(store: GraphStore) -> None:
    await fill(store)
    known = [key for key in KEYS if key != KEYS[19]]
    for as_of in (None, 0, 1, 2, 3, 4, 5, 6):
        facts = await store.facts_of([*KEYS, NOBODY], as_of=as_of)
        issues = await store.issues_of([*KEYS, NOBODY], as_of=as_of)
        assert list(facts) == list(issues) == known
        for key in known:
            assert facts[key] == await store.facts(key, as_of=as_of)
            assert issues[key] == await store.issues(key, as_of=as_of)
    assert sum(map(len, (await store.issues_of(KEYS)).values())) == 5 + 9 * 2
    assert (await store.facts_of([]), await store.issues_of([])) == ({}, {})


async def test_patients_are_paged_as_they_were_known(store: GraphStore) -> None:
    await fill(store)
    known = [key for key in KEYS if key != KEYS[19]]
    assert [one.key for one in await store.patients(as_of=0)] == []
    assert [one.key for one in await store.patients(as_of=3)] == known[:19]
    assert [one.key for one in await store.patients(as_of=4, after=known[2], limit=3)] == known[3:6]
    assert await store.patients(as_of=6) == await store.patients()
    alone = [await store.patient(key, as_of=1) for key in known[:19]]
    assert list(await store.patients(as_of=1)) == alone


@pytest.mark.parametrize(
    ("work", "most"),
    [(lambda: batches.facts(KEYS, 4), 2), (lambda: batches.issues(KEYS, 4), 3)],
    ids=["facts", "issues"],
)
async def test_statements_do_not_grow_with_patients(
    store: GraphStore, work: Callable[[], Work[Any]], most: int
) -> None:
    await fill(store)
    statements = []

    def counted() -> Work[Any]:
        steps, rows = work(), None
        while True:
            try:
                statement = next(steps) if rows is None else steps.send(rows)
            except StopIteration as end:
                return end.value
            statements.append(statement)
            rows = yield statement

    assert await store.inspect(counted)
    assert len(statements) <= most

"""Many patients at once are read as each of them alone, in a few statements however many they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kgtwin.model.fact import PatientRecord
from kgtwin.store import batches
from kgtwin.store.base import GraphStore
from kgtwin.store.records import Work
from kgtwin.store.schema import LADYBUG, Dialect
from tests.store.builders import make_bundle, make_conclusions, make_correction, make_key, make_patient, make_submission

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
    await store.write(make_submission(make_patient(NAMES[3], "2", name="Eve")))  # 7
    await store.write(make_submission(make_patient(NAMES[5], "2", retracted=True)))  # 8


@pytest.mark.parametrize("scanned", [batches.SCANNED, 0], ids=["together", "by key"])
async def test_many_are_read_as_each_alone_now_and_at_every_revision(
    store: GraphStore, scanned: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``by key`` is what the embedded store does where it is large."""
    monkeypatch.setattr(batches, "SCANNED", scanned)
    await fill(store)
    known = [key for key in KEYS if key != KEYS[19]]
    for as_of in (None, 0, 1, 2, 3, 4, 5, 6, 7, 8):
        facts = await store.facts_of([*KEYS, NOBODY], as_of=as_of)
        issues = await store.issues_of([*KEYS, NOBODY], as_of=as_of)
        assert list(facts) == list(issues) == known
        for key in known:
            assert facts[key] == await store.facts(key, as_of=as_of)
            assert issues[key] == await store.issues(key, as_of=as_of)
    assert sum(map(len, (await store.issues_of(KEYS)).values())) == 5 + 7 * 2
    assert (await store.facts_of([]), await store.issues_of([])) == ({}, {})


async def test_patients_are_paged_as_they_were_known(store: GraphStore) -> None:
    await fill(store)
    known = [key for key in KEYS if key != KEYS[19]]
    assert [one.key for one in await store.patients(as_of=0)] == []
    assert [one.key for one in await store.patients(as_of=3)] == known[:19]
    assert [one.key for one in await store.patients(as_of=4, after=known[2], limit=3)] == known[3:6]
    assert await store.patients(as_of=8) == await store.patients()
    for as_of in range(9):
        alone = [one for key in known if (one := await store.patient(key, as_of=as_of)) is not None]
        assert list(await store.patients(as_of=as_of)) == alone
        for size in (1, 7, 29):
            paged: list[PatientRecord] = []
            after = None
            while page := await store.patients(as_of=as_of, after=after, limit=size):
                paged += page
                after = page[-1].key
            assert paged == alone


@pytest.mark.parametrize(
    ("work", "most"),
    [
        (lambda one: batches.facts(KEYS, 4, one), 3),
        (lambda one: batches.issues(KEYS, 4, one), 4),
        (lambda one: batches.patients(None, 100, 1, one), 3),
    ],
    ids=["facts", "issues", "patients"],
)
async def test_statements_do_not_grow_with_patients(
    store: GraphStore, work: Callable[[Dialect], Work[Any]], most: int
) -> None:
    await fill(store)
    statements = []

    def counted() -> Work[Any]:
        steps, rows = work(store.dialect), None
        while True:
            try:
                statement = next(steps) if rows is None else steps.send(rows)
            except StopIteration as end:
                return end.value
            statements.append(statement)
            rows = yield statement

    assert await store.inspect(counted)
    assert len(statements) <= most


async def test_a_large_embedded_store_is_asked_by_key() -> None:
    """One statement for 200 of its 100,000 patients would look at every fact of all of them."""
    steps = batches.facts(KEYS, None, LADYBUG)
    next(steps)
    assert "count(*)" in steps.send([[key] for key in KEYS]).query
    asked = [steps.send([[100_000]])]
    asked += [steps.send([]) for _ in KEYS[1:]]
    with pytest.raises(StopIteration):
        steps.send([])
    assert [one.parameters for one in asked] == [{"key": key} for key in KEYS]

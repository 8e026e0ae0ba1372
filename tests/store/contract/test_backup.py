"""Backups: whole, taken in use, restored into either store, and refused when they are damaged."""

# files are what these tests are about

from __future__ import annotations

import asyncio
import gzip
import stat
from pathlib import Path

import pytest

from kgtwin.errors import MalformedInputError, StoreError, UsageError
from kgtwin.model.fact import FactKind
from kgtwin.store import backup
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from tests.store.builders import (
    DIABETES,
    KNOWLEDGE,
    METFORMIN,
    POTASSIUM,
    make_bundle,
    make_fact,
    make_inference,
    make_issue,
    make_key,
    make_patient,
    make_resource,
    make_risk,
    make_submission,
    millimole,
)
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio


async def fill(store: GraphStore) -> None:
    """Every label and edge that a store can have."""
    await store.write_knowledge(KNOWLEDGE)
    for number, kind in enumerate(FactKind):
        fact = make_fact("1", f"X/{number}", kind=kind, code=METFORMIN if number % 2 else DIABETES)
        await store.write(make_submission(make_patient("1"), make_resource(fact), label=f"{kind}.json"))
    value = make_fact("2", "Observation/o", kind=FactKind.OBSERVATION, code=POTASSIUM, value=millimole("5.10"))
    await store.write(make_submission(make_patient("2"), make_resource(value)))
    await store.write(make_bundle("3", facts=2))
    for version in ("2", "1"):
        await store.write(make_submission(make_resource(make_fact("3", "Condition/3-0", version, code=DIABETES))))
    for _ in range(2):
        facts, revision = await store.facts(make_key("3")), await store.revision()
        issue = make_issue("3", *facts, revision=revision)
        await store.write_inferences([make_inference("3", issue, revision=revision, risks=(make_risk("3"),))])
    await store.advance("reader", 3)
    await store.compact(2)


async def answers(store: GraphStore) -> list[object]:
    """What a user may ask for."""
    last = await store.revision()
    keys = [record.key for record in await store.patients()]
    found: list[object] = [last, keys, await store.knowledge(), await store.consumers(), await store.counts()]
    found += [await store.revisions(after=2), await store.changes(after=2), await store.codes()]
    moments = (None, 0, last // 2, last)
    for key in keys:
        found += [await store.known_as(key, as_of=n) for n in moments]
        found += [await store.inference(key, as_of=n) for n in moments]
        found += [await store.history(fact.id) for fact in await store.facts(key)]
        found.append(await store.patient_revision(key))
    return found


async def test_a_restored_store_gives_the_same_answers(store: GraphStore, tmp_path: Path) -> None:
    await fill(store)
    saved = await backup.save(store, tmp_path / "a.backup")
    assert (saved.revision, saved.patients) == (await store.revision(), 3)
    assert stat.S_IMODE((tmp_path / "a.backup").stat().st_mode) == 0o600
    assert saved.content == await backup.content(store)
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        restored = await backup.load(tmp_path / "a.backup", other)
        assert restored == saved
        assert await answers(other) == await answers(store)
        assert await other.identity() != await store.identity()
        again = await other.write(make_bundle("3", facts=2))
        assert again.revision is None, "what was received before is known"
        receipt = await other.write(make_bundle("4"))
        assert receipt.revision == saved.revision + 1


@pytest.mark.slow
async def test_a_backup_of_the_embedded_store_is_restored_into_this_one(make_store: StoreMaker, tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "first.lbdb") as first:
        await fill(first)
        saved = await backup.save(first, tmp_path / "a.backup")
        expected = await answers(first)
    async with make_store() as store:
        assert await backup.load(tmp_path / "a.backup", store) == saved
        assert await answers(store) == expected


async def test_an_empty_store_can_be_saved(store: GraphStore, tmp_path: Path) -> None:
    saved = await backup.save(store, tmp_path / "a.backup")
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        assert await backup.load(tmp_path / "a.backup", other) == saved
        assert await other.revision() == 0


async def test_a_backup_is_taken_while_others_write(store: GraphStore, tmp_path: Path) -> None:
    for patient in range(6):
        await store.write(make_bundle(str(patient)))

    async def write() -> None:
        for version in range(2, 8):
            for patient in range(6):
                fact = make_fact(str(patient), f"Condition/{patient}-0", str(version))
                await store.write(make_submission(make_resource(fact)))

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    saved = await backup.save(store, tmp_path / "a.backup")
    await writing
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        await backup.load(tmp_path / "a.backup", other)
        for key in map(make_key, map(str, range(6))):
            assert await other.facts(key) == await store.facts(key, as_of=saved.revision)
        assert await other.revisions() == (await store.revisions())[: saved.revision]


async def test_nothing_of_a_patient_erased_meanwhile_is_in_the_file(
    store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patient in ("gone", "stays"):
        await store.write(make_bundle(patient))
    frames = 0
    frame = store.frame

    async def erased_first() -> object:
        nonlocal frames
        frames += 1
        if frames == 1:
            await store.erase(make_key("gone"))
        return await frame()

    monkeypatch.setattr(store, "frame", erased_first)
    saved = await backup.save(store, tmp_path / "a.backup")
    assert (saved.patients, frames) == (1, 2)
    assert b"gone" not in gzip.decompress((tmp_path / "a.backup").read_bytes())


async def test_history_alone_is_saved_too(store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.write(make_submission(make_patient("1"), make_resource(make_fact("1", "Condition/c", "2"))))
    late = make_submission(make_resource(make_fact("1", "Condition/c", "1")))
    frame = store.frame

    async def written_first() -> object:
        await store.write(late)
        return await frame()

    monkeypatch.setattr(store, "frame", written_first)
    saved = await backup.save(store, tmp_path / "a.backup")
    monkeypatch.undo()
    assert saved.content == await backup.content(store)


async def test_a_store_that_is_not_empty_is_left_alone(store: GraphStore, tmp_path: Path) -> None:
    await store.write(make_bundle("1"))
    await backup.save(store, tmp_path / "a.backup")
    before = await backup.content(store)
    with pytest.raises(UsageError, match="not empty"):
        await backup.load(tmp_path / "a.backup", store)
    assert await backup.content(store) == before
    with pytest.raises(UsageError, match="exists already"):
        await backup.save(store, tmp_path / "a.backup")


async def test_a_damaged_backup_writes_nothing(tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "first.lbdb") as first:
        await first.write(make_bundle("1"))
        await backup.save(first, tmp_path / "a.backup")
    whole = (tmp_path / "a.backup").read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    damaged = {
        "short": whole[:-20],
        "flipped": bytes(flipped),
        "text": b"hello",
        "empty": b"",
        "cut": gzip.compress(b"".join(lines[:-1])),
        "line": gzip.compress(b"".join([*lines[:1], *lines[2:]])),
        "changed": gzip.compress(b"".join(lines).replace(b"Ada", b"Eva")),
        "headless": gzip.compress(b"".join(lines[1:])),
    }
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        for name, data in damaged.items():
            file = tmp_path / name
            file.write_bytes(data)
            with pytest.raises(MalformedInputError) as caught:
                await backup.load(file, other)
            assert caught.value.where == str(file)
        with pytest.raises(UsageError, match="cannot be read"):
            await backup.load(tmp_path / "nothing", other)
        assert (await other.revision(), await other.patients()) == (0, ())


async def test_an_interrupted_restore_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with LadybugStore(tmp_path / "first.lbdb") as first:
        await first.write(make_bundle("1"))
        await backup.save(first, tmp_path / "a.backup")
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        monkeypatch.setattr(other, "end_restore", None)
        with pytest.raises(TypeError):
            await backup.load(tmp_path / "a.backup", other)
    with pytest.raises(StoreError, match="restore of this store was interrupted"):
        await LadybugStore(tmp_path / "other.lbdb").open()


async def test_a_backup_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "first.lbdb") as first:
        with pytest.raises(StoreError, match="cannot be written"):
            await backup.save(first, tmp_path / "no" / "a.backup")

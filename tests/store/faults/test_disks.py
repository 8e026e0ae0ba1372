"""A disk that becomes full, and one that cannot be written."""

# ruff: noqa: ASYNC240  # files and disks are what these tests are about

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from kgtwin.errors import KgtwinError, StoreFullError
from kgtwin.files import writing
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.sources.fhir.export import export
from kgtwin.sources.omop.export import Export as OmopExport
from kgtwin.store import backup, nquads, parquet
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf_views import CurrentView
from kgtwin.terminology import Terminology
from tests.store.builders import make_bundle, make_key

pytestmark = pytest.mark.anyio


def mount(*arguments: str | Path) -> bool:
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if shutil.which("mount") is None or not mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", disk):
        pytest.skip("this user may not mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgtwin.store.ladybug.ROOM", 8 << 20)


async def fill(store: LadybugStore, written: list[int]) -> None:
    while True:
        await store.write(make_bundle(str(len(written)), facts=40))
        written.append(len(written))


async def test_a_full_disk_refuses_writes_and_loses_nothing(small: Path) -> None:
    path, done = small / "twin.lbdb", list[int]()
    async with LadybugStore(path) as store:
        with pytest.raises(StoreFullError, match="MiB left: nothing was written") as caught:
            await fill(store, done)
        written = len(done)
        assert (caught.value.where, caught.value.status) == (str(path), 507)
        assert written > 10
        assert len(await store.facts(make_key("0"))) == 40
        with pytest.raises(StoreFullError):
            await store.erase(make_key("0"))
        assert mount("-o", "remount,size=256m", small)
        assert (await store.write(make_bundle("later", facts=40))).revision == written + 1
    async with LadybugStore(path) as store:
        assert [one.number for one in await store.revisions()] == list(range(1, written + 2))
        for patient in (0, written // 2, written - 1):
            assert len(await store.facts(make_key(str(patient)))) == 40


async def test_a_backup_that_fills_the_disk_leaves_no_file(small: Path, tmp_path: Path) -> None:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await store.write(make_bundle("1"))
        with contextlib.suppress(OSError), (small / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"x" * (1 << 20)):
                pass
        with pytest.raises(KgtwinError, match="cannot be written: No space left"):
            await backup.save(store, small / "a.backup")
        assert [one.name for one in small.iterdir()] == ["filler"]
        (small / "filler").unlink()
        assert (await backup.save(store, small / "a.backup")).patients == 1


async def test_a_disk_that_cannot_be_written_can_be_read(small: Path) -> None:
    path = small / "twin.lbdb"
    async with LadybugStore(path) as store:
        await store.write(make_bundle("1"))
    assert mount("-o", "remount,ro", small)
    with pytest.raises(KgtwinError) as caught:
        await LadybugStore(path).open()
    assert str(path) in str(caught.value.where)
    async with LadybugStore(path, read_only=True) as store:
        assert len(await store.facts(make_key("1"))) == 3
    assert mount("-o", "remount,rw", small)
    async with LadybugStore(path) as store:
        assert (await store.write(make_bundle("2"))).revision == 2


def filled_up(disk: Path, left: int) -> None:
    """Leave so many bytes, more or less, on a disk."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * (1 << 20)):
            pass
    os.truncate(disk / "filler", (disk / "filler").stat().st_size - left)


async def to_parquet(store: LadybugStore, out: Path) -> None:
    await parquet.save(store, out)


async def to_nquads(store: LadybugStore, out: Path) -> None:
    await _to_nquads(store, out, records=False)


async def to_whole_nquads(store: LadybugStore, out: Path) -> None:
    await _to_nquads(store, out, records=True)


async def _to_nquads(store: LadybugStore, out: Path, *, records: bool) -> None:
    view = CurrentView(store)
    try:
        await nquads.save(store, view, out, records=records)
    finally:
        await view.close()


async def to_fhir(store: LadybugStore, out: Path) -> None:
    async def everyone() -> AsyncIterator[tuple[PatientRecord, tuple[Fact, ...]]]:
        for record in await store.patients():
            yield record, await store.facts(record.key)

    await export(everyone(), out, Terminology())


async def to_omop_csv(store: LadybugStore, out: Path) -> None:
    await _to_omop(store, out, "csv")


async def to_omop_parquet(store: LadybugStore, out: Path) -> None:
    await _to_omop(store, out, "parquet")


async def _to_omop(store: LadybugStore, out: Path, form: str) -> None:
    """As the command does it."""
    with writing("the export", out):
        making = OmopExport(out, form=form, today=date(2026, 1, 1))
        try:
            found = [(record, await store.facts(record.key)) for record in await store.patients()]
            for record, facts in found:
                making.survey(record, facts)
            making.surveyed()
            for record, facts in found:
                making.write(record, facts)
            making.close()
        except BaseException:
            making.abandon()
            raise


@pytest.fixture(scope="module")
def _twenty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("twenty") / "twin.lbdb"

    async def made() -> None:
        async with LadybugStore(path) as store:
            await store.write_all([make_bundle(str(patient), facts=100) for patient in range(20)])

    asyncio.run(made())
    return path


@pytest.fixture
def twenty(_twenty: Path, tmp_path: Path) -> Path:
    """A store of twenty patients, of the test's own."""
    return Path(shutil.copy(_twenty, tmp_path / "twin.lbdb"))


@pytest.mark.parametrize(
    ("write", "left"),
    [
        (to_parquet, 0), (to_parquet, 8 << 10), (to_parquet, 32 << 10),
        (to_nquads, 8 << 10), (to_whole_nquads, 8 << 10), (to_whole_nquads, 128 << 10),
        (to_fhir, 8 << 10), (to_omop_csv, 8 << 10), (to_omop_parquet, 0),
    ],
)  # fmt: skip
async def test_an_export_that_fills_the_disk_leaves_nothing(
    small: Path, twenty: Path, write: Callable[[LadybugStore, Path], Awaitable[None]], left: int
) -> None:
    async with LadybugStore(twenty) as store:
        filled_up(small, left)
        with pytest.raises(KgtwinError, match="the export cannot be written: No space left") as caught:
            await write(store, small / "out")
        assert str(caught.value.where).startswith(str(small / "out"))
        assert "make room" in str(caught.value.remedy)
        assert [one.name for one in small.iterdir()] == ["filler"]
        (small / "filler").unlink()
        await write(store, small / "out")
    assert [one.name for one in small.iterdir()] == ["out"]

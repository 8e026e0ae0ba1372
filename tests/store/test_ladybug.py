"""What only the embedded store does: files, locks, damage, and a process that is killed."""

# ruff: noqa: ASYNC220, ASYNC240  # files and processes are what these tests are about

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import ladybug
import pytest

from kgtwin.errors import QueryRejectedError, StoreCorruptError, StoreError, StoreLockedError
from kgtwin.store import backup
from kgtwin.store.ladybug import LadybugStore
from tests.store.builders import make_bundle, make_key, make_patient, make_submission

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "twin.lbdb"


async def fill(path: Path, patients: int = 3) -> None:
    async with LadybugStore(path) as store:
        for number in range(patients):
            await store.write(make_bundle(str(number)))


async def test_files_are_their_owners_alone(path: Path) -> None:
    before = os.umask(0o022)
    try:
        async with LadybugStore(path) as store:
            await store.write(make_bundle("1"))
            files = sorted(path.parent.iterdir())
            assert len(files) >= 3
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    finally:
        assert os.umask(before) == 0o022


async def test_what_was_written_is_let_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection keeps the last rows of every statement: a load of many patients would fill the pool with them."""
    monkeypatch.setattr("kgtwin.store.ladybug.KEPT_ROWS", 1_000)
    monkeypatch.setattr("kgtwin.store.fact_writes.MANY", 1_000)
    async with LadybugStore(path) as store:

        async def used(number: int) -> int:
            await store.write(make_bundle(str(number), facts=1_500))
            rows = await store._call(lambda: store._connection.execute("CALL bm_info() RETURN *").get_all())
            return int(rows[0][1])

        _, second, *others = [await used(number) for number in range(8)]
        assert max(others) < second + 2 * 2**20, "megabytes that no commit gives back"


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_writer_keeps_others_out(path: Path, read_only: bool) -> None:
    async with LadybugStore(path) as store:
        with pytest.raises(StoreLockedError, match=rf"in use by process {os.getpid()} on .* \(writing\)") as caught:
            await LadybugStore(path, read_only=read_only).open()
        assert caught.value.where == str(path)
        assert caught.value.remedy
        assert (await store.write(make_bundle("1"))).revision == 1


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_writer_in_another_process_keeps_us_out(path: Path, read_only: bool) -> None:
    await fill(path)
    code = (
        "import ladybug, sys; d = ladybug.Database(sys.argv[1], buffer_pool_size=1 << 27); print(1, flush=1); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "1\n"
        with pytest.raises(StoreLockedError):
            await LadybugStore(path, read_only=read_only).open()
    finally:
        holder.communicate("\n")
    async with LadybugStore(path, read_only=read_only) as store:
        assert await store.revision() == 3


async def test_readers_keep_a_writer_out(path: Path) -> None:
    await fill(path)
    async with LadybugStore(path, read_only=True), LadybugStore(path, read_only=True):
        with pytest.raises(StoreLockedError, match=rf"in use by process {os.getpid()} on .* \(reading\)"):
            await LadybugStore(path).open()


async def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        await LadybugStore(tmp_path).open()


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder does not exist"):
        await LadybugStore(tmp_path / "no" / "twin.lbdb").open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_without_permission_is_named(path: Path) -> None:
    path.parent.chmod(0o500)
    with pytest.raises(StoreError, match="permission"):
        await LadybugStore(path).open()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("read_only", [False, True])
async def test_a_truncated_file_is_named(path: Path, part: float, read_only: bool) -> None:
    await fill(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(StoreCorruptError, match="damaged") as caught:
        await LadybugStore(path, read_only=read_only).open()
    assert "backup" in str(caught.value)


async def test_another_file_is_no_store(path: Path) -> None:
    path.write_bytes(b"this is no graph at all\n" * 1000)
    with pytest.raises(StoreCorruptError):
        await LadybugStore(path).open()
    assert path.read_bytes().startswith(b"this is no graph")


async def test_another_ladybug_database_is_no_store(path: Path) -> None:
    with ladybug.Database(str(path), buffer_pool_size=1 << 27) as database, ladybug.Connection(database) as connection:
        connection.execute("CREATE NODE TABLE A(id STRING PRIMARY KEY)")
    with pytest.raises(StoreError, match="no kgtwin store"):
        await LadybugStore(path).open()


@pytest.mark.slow
async def test_a_query_that_needs_too_much_memory_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgtwin.store.ladybug.POOL", 64 << 20)
    async with LadybugStore(path) as store:
        with pytest.raises(QueryRejectedError, match="memory"):
            await store.cypher("UNWIND range(1, 200000000) AS a RETURN collect(a)", timeout=60)
        assert (await store.write(make_bundle("1"))).revision == 1


async def test_a_transaction_that_needs_too_much_memory_leaves_the_store_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgtwin.store.ladybug.POOL", 64 << 20)
    async with LadybugStore(path) as store:
        await store.write(make_bundle("1"))
        with pytest.raises(StoreError, match="64 MiB") as caught:
            await store.write(make_bundle("2", facts=30_000))
        assert "split" in str(caught.value)
        assert await store.facts(make_key("2")) == ()
        assert (await store.write(make_bundle("3"))).revision == 2


async def test_a_commit_counts_though_its_log_cannot_be_merged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with LadybugStore(path) as store:
        monkeypatch.setattr(store, "_connection", _Unmerged(store._connection))
        receipt = await store.write(make_bundle("1"))
        assert receipt.revision == 1
        assert await store.revision() == 1


class _Unmerged:
    """A connection whose commits succeed and whose checkpoints do not, in Ladybug's words."""

    def __init__(self, connection: ladybug.Connection) -> None:
        self._connection = connection

    def execute(self, query: str, parameters: dict[str, object] | None = None) -> object:
        found = self._connection.execute(query, parameters)
        if query == "COMMIT":
            raise RuntimeError("Transaction committed successfully, but the post-commit checkpoint failed. …")
        return found

    def close(self) -> None:
        self._connection.close()


async def test_a_cancelled_query_stops(path: Path) -> None:
    async with LadybugStore(path) as store:
        endless = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(a + b)"
        running = asyncio.create_task(store.cypher(endless, timeout=60))
        await asyncio.sleep(0.3)
        running.cancel()
        started = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await store.cypher("RETURN 1")).rows == ((1,),)
        assert time.monotonic() - started < 5


async def test_a_write_that_is_cancelled_is_whole_or_absent(path: Path) -> None:
    async with LadybugStore(path) as store:
        for number in range(10):
            writing = asyncio.create_task(store.write(make_bundle(str(number), facts=20)))
            await asyncio.sleep(0.002 * number)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        for number in range(10):
            assert len(await store.facts(make_key(str(number)))) in {0, 20}
        assert [r.number for r in await store.revisions()] == list(range(1, await store.revision() + 1))


@pytest.fixture
def crashed(path: Path) -> tuple[bytes, bytes, bytes]:
    """Data, log and lock of a store of five revisions whose process was killed."""
    code = "import asyncio, sys; from tests.store.test_ladybug import crash; asyncio.run(crash(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, check=False, timeout=60)
    data, log, lock = (file.read_bytes() for file in files(path))
    assert lock[:42].split() == [b"%020d" % 5, b"%020d" % len(log)]
    return data, log, lock


def files(path: Path) -> tuple[Path, Path, Path]:
    return path, path.with_name(path.name + ".wal"), path.with_name(path.name + ".lock")


def lay(path: Path, contents: tuple[bytes, bytes, bytes]) -> None:
    for file, content in zip(files(path), contents, strict=True):
        file.write_bytes(content)


@pytest.mark.parametrize("torn", [b"", b"\x00", b"\xff" * 5000, "half"])
@pytest.mark.parametrize("read_only", [False, True])
async def test_a_torn_end_of_the_log_loses_nothing_acknowledged(
    path: Path, crashed: tuple[bytes, bytes, bytes], torn: bytes | str, read_only: bool
) -> None:
    data, log, lock = crashed
    tail = log[: len(log) // 2] if isinstance(torn, str) else torn
    lay(path, (data, log + tail, lock))
    async with LadybugStore(path, read_only=read_only) as store:
        assert await store.revision() == 5
        assert [len(await store.facts(make_key(str(number)))) for number in range(5)] == [3] * 5


async def test_a_log_cut_inside_an_unacknowledged_transaction_ends_before_it(
    path: Path, crashed: tuple[bytes, bytes, bytes]
) -> None:
    data, log, _ = crashed
    edge = log_size_after_four(path)
    for cut in range(edge + 1, len(log), max(1, (len(log) - edge) // 9)):
        lay(path, (data, log[:cut], b"%020d %020d\n" % (4, edge)))
        async with LadybugStore(path) as store:
            assert await store.revision() == 4


async def test_a_log_cut_inside_an_acknowledged_transaction_is_damage(
    path: Path, crashed: tuple[bytes, bytes, bytes]
) -> None:
    data, log, lock = crashed
    lay(path, (data, log[:-100], lock))
    with pytest.raises(StoreCorruptError, match="damaged"):
        await LadybugStore(path).open()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
async def test_a_log_torn_by_the_first_write_after_opening_loses_nothing(
    path: Path, crashed: tuple[bytes, bytes, bytes], part: float
) -> None:
    """What the lock remembers of the log before a clean end says nothing of the log after it."""
    _, log, _ = crashed
    async with LadybugStore(path) as store:
        await store.write(make_bundle("6"))
    crash_after_opening(path)
    files(path)[1].write_bytes(log[: int(len(log) * part)])
    async with LadybugStore(path) as store:
        assert await store.revision() == 6


def crash_after_opening(path: Path) -> None:
    """Let another process open the store and die before its first write."""
    code = "import asyncio, sys; from tests.store.test_ladybug import crash; asyncio.run(crash(sys.argv[1], 0))"
    subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, check=False, timeout=60)


def log_size_after_four(path: Path) -> int:
    """How long the log is after the fourth of five revisions."""
    other = path.with_name("other.lbdb")
    code = "import asyncio, sys; from tests.store.test_ladybug import crash; asyncio.run(crash(sys.argv[1], 4))"
    subprocess.run([sys.executable, "-c", code, other], cwd=ROOT, check=False, timeout=60)
    return files(other)[1].stat().st_size


async def crash(path: str, revisions: int = 5) -> None:
    """Write some revisions and end without closing, as a crash does."""
    store = LadybugStore(path, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    await store.open()
    for number in range(revisions):
        await store.write(make_bundle(str(number)))
    os.kill(os.getpid(), signal.SIGKILL)


async def test_what_a_killed_rewrite_left_does_not_hinder_the_next(path: Path, tmp_path: Path) -> None:
    left = path.with_name(path.name + ".rewrite")
    async with LadybugStore(tmp_path / "other.lbdb") as other:
        await other.write(make_bundle("1"))
        log = (tmp_path / "other.lbdb.wal").read_bytes()
        assert log
    for suffix in (".wal", ".wal.checkpoint", ".shadow"):
        left.with_name(left.name + suffix).write_bytes(log)
    async with LadybugStore(path) as store:
        await store.write(make_bundle("stays"))
        assert await store.rewrite()
        assert len(await store.facts(make_key("stays"))) == 3
    assert not [file for file in path.parent.iterdir() if ".rewrite" in file.name]


async def test_nothing_that_was_erased_is_left_in_a_rewritten_file(path: Path) -> None:
    def traces() -> int:
        return sum(file.read_bytes().count(b"Zebedee") for file in path.parent.iterdir())

    async with LadybugStore(path) as store:
        await store.write(make_bundle("stays"))
        for number in range(30):
            await store.write(make_submission(make_patient(f"Zebedee{number}", name="Zebedee"), label="Zebedee.json"))
        for number in range(30):
            await store.erase(make_key(f"Zebedee{number}"))
        before = await backup.content(store), await store.identity(), await store.facts(make_key("stays"))
    assert traces() > 0, "without a rewrite the file still holds them: else this test shows nothing"
    async with LadybugStore(path) as store:
        assert await store.rewrite()
        assert await backup.content(store) == before[0]
        assert await store.identity() != before[1]
        assert await store.facts(make_key("stays")) == before[2]
        assert (await store.write(make_bundle("later"))).revision == 62
    assert traces() == 0
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, f"{path.name}.lock"]
    async with LadybugStore(path, read_only=True) as store:
        assert len(await store.facts(make_key("later"))) == 3
        with pytest.raises(StoreError, match="read-only"):
            await store.rewrite()


async def test_a_rewrite_that_fails_leaves_the_store_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with LadybugStore(path) as store:
        await store.write(make_bundle("1"))
        identity = await store.identity()
        with monkeypatch.context() as patch:
            patch.setattr("kgtwin.store.ladybug.log_size", lambda _: 1)
            with pytest.raises(StoreError, match="could not be merged"):
                await store.rewrite()
        assert (await store.identity(), await store.revision()) == (identity, 1)
        assert (await store.write(make_bundle("2"))).revision == 2
    assert not path.with_name(path.name + ".rewrite").exists()

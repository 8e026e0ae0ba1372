"""``kgtwin backup --from``: a backup of a store that a service holds and writes to meanwhile."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from kgtwin.api.backup import BackupEndpoint
from kgtwin.bootstrap import running, store_of
from kgtwin.cli.server import serve
from kgtwin.client import backing
from kgtwin.client.backing import fetch
from kgtwin.config import Secret, Settings
from kgtwin.errors import ForbiddenError, KgtwinError, NotFoundError, StoreError, StoreUnavailableError, UsageError
from kgtwin.store import backup
from tests.cli.conftest import Run, run
from tests.client.serving import served
from tests.client.test_http import reply, scripted
from tests.store.builders import make_bundle

__all__ = ["run"]
PATIENTS = 30
TOKEN = Secret("b4ckup")
HEADERS = {"content-type": "application/fhir+json"}


@pytest.fixture
def store(tmp_path: Path) -> str:
    url = f"ladybug:{tmp_path / 'twin.lbdb'}"

    async def fill() -> None:
        async with store_of(Settings(store=url)) as opened:
            await opened.write_all([make_bundle(f"{number:03}") for number in range(PATIENTS)])

    asyncio.run(fill())
    return url


@pytest.fixture
def service(store: str) -> Iterator[str]:
    """It holds the store to write to it."""
    with served(store, read_only=False, backup=Secret("")) as url:
        yield url


async def digest(url: str) -> str:
    async with store_of(Settings(store=url), read_only=True) as opened:
        return await backup.content(opened)


def restored(file: Path, folder: Path) -> str:
    """The digest of a store that was restored from a file."""
    url = f"ladybug:{folder / 'restored.lbdb'}"

    async def load() -> None:
        async with store_of(Settings(store=url)) as opened:
            await backup.load(file, opened)

    asyncio.run(load())
    return asyncio.run(digest(url))


def test_a_backup_is_the_store_and_its_owner_s_alone(store: str, tmp_path: Path) -> None:
    file = tmp_path / "one.backup"
    with served(store, read_only=False, backup=Secret("")) as url:
        done = fetch(url, file)
        with pytest.raises(UsageError, match="the file exists already"):
            fetch(url, file)
    assert (done.patients, done.revision, done.bytes) == (PATIENTS, 1, file.stat().st_size)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert asyncio.run(digest(store)) == done.content == restored(file, tmp_path)
    assert sorted(one.name for one in tmp_path.glob("one*")) == ["one.backup"]


def test_what_is_written_meanwhile_is_there_whole_or_not_at_all(service: str, tmp_path: Path) -> None:
    """Patients are sent without a pause while backups are taken; each backup is one revision of the store."""
    over = threading.Event()
    sent = 0

    def send() -> None:
        nonlocal sent
        while not over.is_set():
            body = {"resourceType": "Patient", "id": f"n{sent}"}
            assert httpx.post(f"{service}/fhir", json=body, headers=HEADERS).status_code == 201
            sent += 1

    sender = threading.Thread(target=send)
    sender.start()
    try:
        taken: list[backup.Summary] = []
        while sent < 5:
            taken.append(fetch(service, tmp_path / f"{len(taken)}.backup"))
    finally:
        over.set()
        sender.join()
    for number, done in enumerate(taken):
        assert done.patients == PATIENTS + done.revision - 1
        folder = tmp_path / f"restored-{number}"
        folder.mkdir()
        assert restored(tmp_path / f"{number}.backup", folder) == done.content


def test_the_door_is_closed_unless_it_was_opened(store: str, tmp_path: Path) -> None:
    with served(store) as url:
        with pytest.raises(NotFoundError, match="kgtwin serve --allow-backup"):
            fetch(url, tmp_path / "x")
        assert httpx.post(f"{url}/backup").status_code == 404
    assert not list(tmp_path.glob("x*"))


def test_a_token_opens_the_door(store: str, tmp_path: Path) -> None:
    with served(store, backup=TOKEN) as url:
        for wrong in (Secret(""), Secret("b4ckuq"), Secret("b")):
            with pytest.raises(ForbiddenError, match="the token is missing or wrong"):
                fetch(url, tmp_path / "x", token=wrong)
        assert httpx.get(f"{url}/backup").status_code == 405
        assert httpx.post(f"{url}/backup", headers={"authorization": "Basic b4ckup"}).status_code == 403
        assert httpx.post(f"{url}/backup", headers={b"authorization": b"Bearer \xff"}).status_code == 403
        assert fetch(url, tmp_path / "x", token=TOKEN).patients == PATIENTS
    assert [one.name for one in tmp_path.glob("x*")] == ["x"]


def test_beyond_loopback_it_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KGTWIN_BACKUP_TOKEN", raising=False)
    with pytest.raises(UsageError, match="anyone could copy the whole store"):
        serve(host="0.0.0.0", insecure_bind=True, allow_backup=True)


@pytest.fixture
def taken(store: str, tmp_path: Path) -> bytes:
    async def save() -> bytes:
        async with store_of(Settings(store=store), read_only=True) as opened:
            await backup.save(opened, tmp_path / "real.backup")
        return (tmp_path / "real.backup").read_bytes()

    return asyncio.run(save())


def test_what_does_not_arrive_whole_is_removed(taken: bytes, tmp_path: Path) -> None:
    middle = len(taken) // 2
    changed = taken[:middle] + bytes([taken[middle] ^ 1]) + taken[middle + 1 :]
    good = reply(taken, kind="application/gzip")
    answers: list[tuple[bytes, type[KgtwinError], str]] = [
        (good[:-100], StoreUnavailableError, "no answer"),
        (reply(taken[:-100], kind="application/gzip"), StoreError, "not what was sent"),
        (reply(changed, kind="application/gzip"), StoreError, "not what was sent"),
        (reply(b"", kind="application/gzip"), StoreError, "not what was sent"),
        (reply(b"<html>", kind="text/html"), StoreError, "answers in text/html"),
    ]
    for answer, kind, said in answers:
        with scripted(answer, good) as server:
            with pytest.raises(kind, match=said):
                fetch(f"http://127.0.0.1:{server.port}", tmp_path / "x")
            assert len(server.asked) == 1, "a backup is asked for once"
        assert not list(tmp_path.glob("x*"))
    with scripted(good) as server:
        assert fetch(f"http://127.0.0.1:{server.port}", tmp_path / "x").patients == PATIENTS


def test_a_full_disk_leaves_nothing(taken: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, part: bytes) -> int:
            raise OSError(28, "No space left on device")

    writer = backing._writer
    monkeypatch.setattr(backing, "_writer", lambda file, path: writer(Full(), path))  # type: ignore[arg-type]
    with (
        scripted(reply(taken, kind="application/gzip")) as server,
        pytest.raises(StoreError, match="cannot be written: No space left"),
    ):
        fetch(f"http://127.0.0.1:{server.port}", tmp_path / "x")
    assert not list(tmp_path.glob("x*"))
    with pytest.raises(StoreError, match="cannot be written: No such file"):
        fetch("http://127.0.0.1:9", tmp_path / "nowhere" / "x")


def test_on_the_command_line(service: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("backup", tmp_path / "x", "--from", service, "--json")
    assert (done.code, json.loads(done.out)["patients"]) == (0, PATIENTS)
    assert run("backup", tmp_path / "x", "--from", service).code == 2
    assert run("backup", tmp_path / "y", "--from", service, "--store", "ladybug:x").code == 2
    assert run("backup", tmp_path / "y", "--ca", tmp_path / "x").code == 2
    held = run("backup", tmp_path / "y")
    assert (held.code, "in use" in held.err or "hold" in held.err) == (3, True)


def test_one_backup_at_a_time(store: str) -> None:
    async def use() -> None:
        async with running(Settings(store=store), read_only=True) as service:
            door = BackupEndpoint(service, Secret(""))
            async with door._taking:
                with pytest.raises(KgtwinError, match="another backup is being taken"):
                    await door.answer(_request())

    asyncio.run(use())


def _request() -> Request:
    return Request({"type": "http", "method": "POST", "path": "/backup", "headers": []})

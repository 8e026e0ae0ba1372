"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from kgtwin.errors import UsageError
from kgtwin.files import NewFolder, owner_only, save, whole, writing


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def _open_handed() -> Iterator[None]:
    """Nothing but the code itself keeps others out."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_an_opener_keeps_others_out_from_the_first_byte_on(tmp_path: Path) -> None:
    with open(tmp_path / "x", "xb", opener=owner_only):
        assert mode(tmp_path / "x") == 0o600


@pytest.mark.parametrize(("private", "wanted"), [(True, 0o600), (False, 0o666)])
def test_a_file_appears_whole(tmp_path: Path, private: bool, wanted: int) -> None:
    file = tmp_path / "x"
    file.write_text("old")
    with whole(file, private=private) as written:
        written.write(b"new")
        written.flush()
        assert file.read_text() == "old"
        assert {mode(path) for path in tmp_path.iterdir() if path != file} == {wanted}
    assert (file.read_text(), mode(file), names(tmp_path)) == ("new", wanted, ["x"])


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")

    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UsageError, match=r"No space left.*a file you may write; make room on that disk") as caught:
        save(pieces(), tmp_path / "x")
    assert caught.value.where == str(tmp_path / "x")
    assert ((tmp_path / "x").read_text(), names(tmp_path)) == ("old", ["x"])


def test_a_link_stays_a_link_and_a_device_is_written_as_it_comes(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save([b"x"], tmp_path / "link")
    assert ((tmp_path / "real").read_bytes(), (tmp_path / "link").is_symlink()) == (b"x", True)
    save([b"x"], Path(os.devnull))
    assert names(tmp_path) == ["link", "real"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room"), (errno.EDQUOT, "make room"), (errno.EROFS, "you may write"),
        (errno.EACCES, "you may write"), (errno.EFBIG, "large files"), (errno.EIO, None),
    ],
)  # fmt: skip
def test_the_remedy_fits_the_reason(number: int, remedy: str | None) -> None:
    with pytest.raises(UsageError) as caught, writing("the export", Path("out")):
        raise OSError(number, os.strerror(number))
    assert caught.value.message == f"the export cannot be written: {os.strerror(number)}"
    assert (remedy or "None") in str(caught.value.remedy)


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "a" / "out")
    with folder.create("x/y") as file:
        file.write(b"y")
    folder.create("z").close()
    assert not folder.path.exists()
    assert mode(folder.making) == 0o700
    folder.appear()
    assert (folder.path / "x" / "y").read_bytes() == b"y"
    assert {mode(folder.path / name) for name in ("x/y", "z")} == {0o600}
    assert {mode(folder.path), mode(folder.path / "x")} == {0o700}
    assert names(tmp_path / "a") == ["out"]


@pytest.mark.parametrize(("number", "raised"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_need_not_sync_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, raised: bool
) -> None:
    def failing(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    folder = NewFolder(tmp_path / "out")
    with pytest.raises(OSError, match="error") if raised else nullcontext():
        folder.appear()
    assert folder.path.exists() is not raised


def test_a_folder_that_is_given_up_is_gone(tmp_path: Path) -> None:
    folder = NewFolder(tmp_path / "out")
    folder.create("x").close()
    folder.abandon()
    assert names(tmp_path) == []


def test_a_folder_takes_nobody_s_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for name in ("full", "full/x"):
        with pytest.raises(UsageError, match="something already"):
            NewFolder(tmp_path / name)
    (tmp_path / "empty").mkdir()
    late = NewFolder(tmp_path / "empty")
    (tmp_path / "empty" / "theirs").touch()
    with pytest.raises(OSError, match="not empty"):
        late.appear()
    assert names(tmp_path / "empty") == ["theirs"]
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "new")
    with pytest.raises(UsageError, match="a disk is mounted there; name a new folder in it"):
        NewFolder(tmp_path / "new")

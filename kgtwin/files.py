"""Files and folders that appear whole or not at all, and those that are their owner's alone.

What holds patients' data is opened with the opener ``owner_only``, so that nobody else can read it, not even while it
is being written.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from kgtwin.errors import UsageError

_CHUNK: Final = 1 << 20
_BUFFER: Final = 1 << 16
_ROOM: Final = "make room on that disk, or name a place on another one"
_RIGHTS: Final = "name a place that you may write"
_REMEDIES: Final = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.EFBIG: "name a place on a file system that holds such large files",
}


def owner_only(path: str, flags: int) -> int:
    """An opener for ``open``: a file that it makes is its owner's alone from its first byte on.

    >>> with tempfile.TemporaryDirectory() as folder, open(f"{folder}/x", "xb", opener=owner_only) as file:
    ...     oct(os.fstat(file.fileno()).st_mode & 0o777)
    '0o600'
    """
    return os.open(path, flags, 0o600)


@contextmanager
def whole(output: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write, which takes the output's place at the end; a pipe or a device is written as it comes.

    A ``private`` one is its owner's alone, from its first byte on.

    Raises:
        OSError: it cannot be written.
    """
    in_place = output.exists() and not output.is_file()
    target = output if in_place else output.resolve()
    part = target if in_place else target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(part, "wb", buffering=_CHUNK, opener=owner_only if private else None) as file:
            yield file
        if not in_place:
            part.replace(target)
    finally:
        if not in_place:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def save(pieces: Iterable[bytes | memoryview], output: Path, *, private: bool = False) -> None:
    """Writes a file that somebody asked for; ``private`` as in ``whole``.

    Raises:
        UsageError: it cannot be written.
    """
    with writing("this", output, expected="a file you may write"), whole(output, private=private) as file:
        for piece in pieces:
            file.write(piece)


@contextmanager
def writing(what: str, where: Path, *, expected: str | None = None) -> Iterator[None]:
    """Tells whoever asked for a file what hinders it, where, and what to do.

    >>> with writing("the export", Path("out")):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
    kgtwin.errors.UsageError: out: the export cannot be written: No space left on device; make room on that disk, \
or name a place on another one

    Raises:
        UsageError: for an OSError.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{what} cannot be written: {error.strerror or type(error).__name__}",
            where=str(where),
            expected=expected,
            remedy=None if error.errno is None else _REMEDIES.get(error.errno),
        ) from None


class NewFolder:
    """A folder in the making, its owner's alone: it appears at ``path`` when all of it is written.

    Until then it is beside that place, under a name with ``.partial-``; only a process that is killed leaves it there.

    Raises:
        UsageError: if there is something at the path already.
        OSError: if it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UsageError("there is something already", where=str(path), expected="a new or empty folder")
        if path.is_mount():
            raise UsageError("a disk is mounted there", where=str(path), remedy="name a new folder in it")
        self.path = path
        self._target = path.resolve()
        if self._target.parent.is_file():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self.making = Path(tempfile.mkdtemp(prefix=f"{self._target.name}.partial-", dir=self._target.parent))

    def create(self, name: str) -> BinaryIO:
        """A new file in it, its owner's alone; a name with a slash is in a folder in it."""
        path = self.making / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return open(path, "xb", buffering=_BUFFER, opener=owner_only)

    def appear(self) -> None:
        """Let it appear, with every byte on the disk."""
        for path in (*self.making.rglob("*"), self.making):
            sync(path)
        self.making.rename(self._target)
        sync(self._target.parent)

    def abandon(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.making, ignore_errors=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some file systems do not do it for folders
            raise
    finally:
        os.close(handle)

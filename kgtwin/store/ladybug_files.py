"""The files of an embedded store: what keeps one from being opened, and the log that a killed process left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kgtwin.errors import NotFoundError, StoreCorruptError, StoreError, StoreFullError, StoreLockedError

_DAMAGE = ("not a valid", "cannot read checkpoint", "corrupt", "checksum", "deserializ", "magic", "end of file")


_TRIAL = """
import sys, ladybug
try:
    ladybug.Database(sys.argv[1], read_only=True, buffer_pool_size=int(sys.argv[2])).close()
except RuntimeError as error:
    sys.exit(print(str(error)) or 1)
"""


def check_path(path: Path, *, read_only: bool) -> None:
    """Say early and plainly what keeps a store from being opened."""
    if path.is_dir():
        raise StoreError("the store's path is a folder", where=str(path), expected="a file, such as twin.lbdb")
    if read_only and not path.exists():
        raise NotFoundError("there is no store here", where=str(path), remedy="run kgtwin ingest first")
    if not path.parent.is_dir():
        raise StoreError("the store's folder does not exist", where=str(path), remedy=f"create {path.parent}")
    target, mode = (path, os.R_OK) if path.exists() else (path.parent, os.W_OK)
    if not os.access(target, mode if read_only else mode | os.W_OK):
        raise StoreError("no permission to use the store", where=str(path), remedy="correct the permissions")


def log_size(path: Path) -> int:
    """The bytes of the write-ahead log beside a store."""
    log = _log(path)
    return log.stat().st_size if log.exists() else 0


def check_room(path: Path, room: int) -> None:
    """Refuse to write where the disk could become full: the database ends its process when a write to its files fails.

    Merging the log may take as much again as the log holds, so ``room`` bytes must be free beside that.

    Raises:
        StoreFullError: if they are not.
    """
    disk = os.statvfs(path.parent)
    free, wanted = disk.f_bavail * disk.f_frsize, room + log_size(path)
    if free < wanted:
        raise StoreFullError(
            f"the disk has {free >> 20} MiB left: nothing was written",
            where=str(path),
            expected=f"at least {(wanted >> 20) + 1} MiB",
            remedy="make room and try again: what was acknowledged is stored",
        )


def mend_log(path: Path, acknowledged: tuple[int, int] | None, pool: int) -> None:
    """Cut off the torn end of a log that a killed process left, if there is one."""
    reason = _try_log(path, pool)
    if reason is None or "lock" in reason:
        return
    if acknowledged is None or acknowledged[1] >= log_size(path):
        raise corrupt(path, reason)
    try:
        os.truncate(_log(path), acknowledged[1])
    except OSError as error:
        raise StoreError(
            f"the last process that wrote was killed, and its log cannot be mended: {error.strerror}",
            where=str(path),
            remedy="open the store once as its owner",
        ) from None
    reason = _try_log(path, pool)
    if reason is not None:
        raise corrupt(path, reason)


def _try_log(path: Path, pool: int) -> str | None:
    """Why another process cannot open the store with its log; None if it can."""
    done = subprocess.run(  # noqa: S603  # our own interpreter and code
        [sys.executable, "-c", _TRIAL, str(path), str(pool)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode == 0:
        return None
    return done.stdout.strip() or "its log crashes the reader"


def opening_error(path: Path, error: RuntimeError, *, existed: bool) -> StoreError:
    """The database's reason for not opening a file, as ours."""
    text = str(error)
    if "Could not set lock" in text:
        return StoreLockedError(
            "the store is in use by another process", where=str(path), remedy="stop that process, or ask it"
        )
    if existed and any(word in text.lower() for word in _DAMAGE):
        return corrupt(path, text)
    return StoreError(f"the store cannot be opened: {first_line(text)}", where=str(path))


def corrupt(path: Path, reason: str) -> StoreCorruptError:
    """The error of a file that cannot be read."""
    return StoreCorruptError(
        f"the store's file is damaged: {first_line(reason)}",
        where=str(path),
        remedy="restore a backup, or ingest the sources into a new store",
    )


def _log(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def first_line(text: str) -> str:
    """What an error's text says first, at most 300 characters."""
    return text.strip().splitlines()[0][:300] if text.strip() else "unknown reason"

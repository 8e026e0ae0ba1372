"""The advisory lock beside an embedded store, which also remembers what was acknowledged last, and who took it last."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from pathlib import Path

from kgtwin.errors import StoreError, StoreLockedError
from kgtwin.files import owner_only

_NUMBERS = 42
"""Bytes at the file's beginning that hold what was acknowledged; the name of the holder follows them."""


class FileLock:
    """``flock`` on ``PATH.lock``: many readers or one writer. The operating system frees it when a process dies."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.path = store.with_name(store.name + ".lock")
        self._file: int | None = None

    def acquire(self, *, shared: bool) -> None:
        """Take the lock, or say who may hold it.

        Raises:
            StoreLockedError: if a writer holds it, or, for a writer, anyone does.
        """
        file = self._open(shared)
        if file is None:
            return
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            self._file = file
            if shared:
                self._check_foreign_writer()
            self._sign(file, "reading" if shared else "writing")
        except BlockingIOError:
            holder = _holder(file)
            os.close(file)
            self._file = None
            raise StoreLockedError(
                f"the store is in use by {holder}",
                where=str(self.store),
                remedy="stop that process (a running kgtwin serve or ingest), or ask it over its API",
            ) from None

    def release(self) -> None:
        """Free the lock; harmless if it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @staticmethod
    def _sign(file: int, purpose: str) -> None:
        """Write down who holds the lock, for those who are refused it; a reader may have no right to."""
        name = f"process {os.getpid()} on {socket.gethostname()} ({purpose})"
        with contextlib.suppress(OSError):
            if os.fstat(file).st_size < _NUMBERS:
                os.pwrite(file, b" " * (_NUMBERS - 1) + b"\n", 0)
            os.ftruncate(file, _NUMBERS)
            os.pwrite(file, name.encode(), _NUMBERS)

    def acknowledge(self, revision: int, log_size: int) -> None:
        """Remember a committed revision, and how long the write-ahead log was after it, in bytes."""
        if self._file is not None:
            os.pwrite(self._file, b"%020d %020d\n" % (revision, log_size), 0)

    def acknowledged(self) -> tuple[int, int] | None:
        """The last revision and log size remembered; None if none was."""
        text = b"" if self._file is None else os.pread(self._file, _NUMBERS, 0)
        numbers = text.split()
        return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else None

    def _open(self, shared: bool) -> int | None:
        try:
            return owner_only(str(self.path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        except OSError as error:
            if not shared:
                raise StoreError(f"no lock can be taken: {error.strerror}", where=str(self.path)) from None
        try:
            return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None  # a folder that this user cannot write, and that no writer of ours has used

    def _check_foreign_writer(self) -> None:
        """Refuse to read beside a program that has the file open for writing without our lock."""
        file = os.open(self.store, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except PermissionError:
            raise BlockingIOError from None
        finally:
            os.close(file)


def _holder(file: int) -> str:
    """Who took a lock last, as its file tells; of several readers that is the last one to come."""
    return os.pread(file, 500, _NUMBERS).decode(errors="replace") or "another process"

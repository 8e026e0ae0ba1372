"""A backup of a store that a service holds: asked of the service, verified here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from kgtwin.client.http import Http
from kgtwin.errors import KgtwinError, MalformedInputError, NotFoundError, StoreError, UsageError
from kgtwin.store.backup import Summary, check

MEDIA_TYPE: Final = "application/gzip"
SECONDS: Final = 6 * 3600.0
"""Seconds that a backup may take, from the question to its last byte."""


def fetch(url: str, path: Path, *, token: str = "", ca: str | Path | None = None) -> Summary:
    """Write a backup of a service's store. The file is its owner's alone, and whole, verified by its digest, or absent.

    Raises:
        UsageError: if the file is there already.
        NotFoundError: if the service gives no backups.
        ForbiddenError: if the token is missing or wrong.
        StoreUnavailableError: if nobody answers, or the connection breaks.
        StoreError: if the file cannot be written, or what arrived is not what was sent.
    """
    service = Http(url, token=token, ca=ca)
    if path.exists():
        raise UsageError("the file exists already", where=str(path), remedy="name another, or remove it")
    partial = path.with_name(path.name + ".partial")
    try:
        _download(service, partial)
        end, _, _ = check(partial)
        partial.rename(path)
    except MalformedInputError as error:
        told = f"what arrived is not what was sent: {error.message}"
        raise StoreError(told, where=service.url, remedy="ask again") from None
    except OSError as error:
        raise _unwritten(error, path) from None
    finally:
        partial.unlink(missing_ok=True)
    return Summary(revision=end.revision, patients=end.patients, content=end.content, bytes=path.stat().st_size)


def _download(service: Http, partial: Path) -> None:
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123
        try:
            service.download("/backup", _writer(file, partial), accept=MEDIA_TYPE, seconds=SECONDS)
        except NotFoundError:
            raise NotFoundError(
                "the service gives no backups", where=service.url, remedy="start it with kgtwin serve --allow-backup"
            ) from None
        file.flush()
        os.fsync(file.fileno())


def _writer(file: IO[bytes], path: Path) -> Callable[[bytes], None]:
    """Writes a part; that the disk fails is no failure of the connection."""

    def write(part: bytes) -> None:
        try:
            file.write(part)
        except OSError as error:
            raise _unwritten(error, path) from None

    return write


def _unwritten(error: OSError, path: Path) -> KgtwinError:
    return StoreError(f"the backup cannot be written: {error.strerror}", where=str(path))

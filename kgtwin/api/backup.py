"""``POST /backup``: a backup of the whole store while it is served, where the operator allowed it."""

from __future__ import annotations

import asyncio
import hmac
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kgtwin.config import Secret
from kgtwin.errors import ForbiddenError, StoreLockedError
from kgtwin.store.backup import save

if TYPE_CHECKING:
    from kgtwin.service import Service

MEDIA_TYPE: Final = "application/gzip"
CHUNK: Final = 1 << 20


class BackupEndpoint:
    """Takes one backup at a time; with a token, for those alone who send it."""

    def __init__(self, service: Service, token: Secret) -> None:
        self._service = service
        self._token = token
        self._taking = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """The backup's file. It is whole before its first byte is sent, and its last line has the digest of the others.

        Raises:
            ForbiddenError: if the token is missing or wrong.
            StoreLockedError: if another backup is being taken.
            StoreError: if the store changes faster than it can be read, or the file cannot be written.
        """
        self._check(request)
        if self._taking.locked():
            raise StoreLockedError("another backup is being taken", remedy="ask again when it is done")
        async with self._taking:
            file, size = await self._taken()
        return StreamingResponse(_chunks(file), media_type=MEDIA_TYPE, headers={"Content-Length": str(size)})

    def _check(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if self._token and not hmac.compare_digest(given.encode(), f"Bearer {self._token!s}".encode()):
            raise ForbiddenError("the token is missing or wrong", remedy="set KGTWIN_TOKEN to the one for backups")

    async def _taken(self) -> tuple[IO[bytes], int]:
        """The open file, and its size. Its folder is its owner's alone; when this returns, no name leads to it."""
        with tempfile.TemporaryDirectory(prefix="kgtwin-backup-") as folder:
            path = Path(folder) / "store.backup"
            done = await save(self._service.store, path)
            return path.open("rb"), done.bytes


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while part := await asyncio.to_thread(file.read, CHUNK):
            yield part
    finally:
        file.close()

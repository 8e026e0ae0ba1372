"""What holds every store together: opening and closing, the writers' lock, migrations, and what an adapter supplies."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from kgtwin.errors import StoreError
from kgtwin.store import migrations, reads
from kgtwin.store.migrations import Migrated, Migration
from kgtwin.store.records import Work
from kgtwin.store.schema import Dialect

T = TypeVar("T")


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class StoreCore(ABC):
    """A store that is opened, works in transactions, and is closed.

    An adapter supplies the methods with an underscore: how to open and close, and how to drive a ``Work`` inside one
    transaction.
    """

    dialect: Dialect
    where: str
    """The file or the server, for messages."""
    at_once = 4_000
    """Resources and facts that one transaction takes best, when many are to be written."""

    def __init__(self, *, read_only: bool = False, clock: Callable[[], datetime] = system_clock) -> None:
        self.read_only = read_only
        self._clock = clock
        self._is_open = False
        self._writing = asyncio.Lock()
        self._news = asyncio.Event()

    async def open(self) -> None:
        """Open the store; read-write creates it where it does not exist yet.

        Raises:
            StoreLockedError: if another process holds it.
            StoreCorruptError: if its file cannot be read.
            StoreUnavailableError: if no server answers.
            StoreAuthenticationError: if the server refuses the user or password.
            NotFoundError: if it is opened read-only and there is none.
            StoreError: if its schema is of another version: an older one can be migrated.
        """
        if not self._is_open:
            async with self._opening():
                migrations.check(await self._read(reads.schema_version), self.where)
            self._is_open = True

    @contextlib.asynccontextmanager
    async def _opening(self) -> AsyncIterator[None]:
        """Open what holds the store, and let it go again if it turns out not to be ours."""
        await self._open()
        try:
            yield
        except BaseException:
            await self._close()
            raise

    async def migrate(self, *, dry_run: bool = False) -> Migrated:
        """Bring a store that is not open to the schema of this version; each step is one transaction.

        A dry run says what would be done. A step that was interrupted left nothing, and is done again.

        Raises:
            StoreError: if it is open, or was made by a newer kgtwin.
        """
        if self._is_open:
            raise StoreError("the store is open", where=self.where, remedy="close it, then migrate")
        async with self._opening():
            before = await self._read(reads.schema_version)
            steps = migrations.pending(before, self.where)
            for step in () if dry_run else steps:
                await self._write(partial(self._step, step))
        await self._close()
        after = before if dry_run or not steps else steps[-1].to
        return Migrated(before=before, after=after, steps=tuple(step.title for step in steps))

    def _step(self, step: Migration) -> Work[None]:
        yield from step.work(self.dialect)
        yield from migrations.finish(step.to)

    async def close(self) -> None:
        """Release the store; closing twice is harmless."""
        if self._is_open:
            self._is_open = False
            await self._close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def inspect(self, work: Callable[[], Work[T]]) -> T:
        """Drive a reading work of one's own in one transaction: for those who look after the store itself."""
        return await self._look(work)

    async def _look(self, work: Callable[[], Work[T]]) -> T:
        self._check_open()
        return await self._read(work)

    async def _change(self, work: Callable[[], Work[T]]) -> T:
        self._check_writable()
        async with self._writing:
            try:
                return await self._write(work)
            finally:
                self._news.set()
                self._news = asyncio.Event()

    async def _look_as_of(self, as_of: int | None, work: Callable[[int | None], Work[T]]) -> T:
        moment = await self._moment(as_of)
        return await self._look(lambda: work(moment))

    async def _moment(self, as_of: int | None) -> int | None:
        """The revision as of which several statements see one graph; None where a transaction does in any case."""
        return as_of

    def _check_writable(self) -> None:
        self._check_open()
        if self.read_only:
            raise StoreError("the store was opened read-only", remedy="open it read-write")

    def _check_open(self) -> None:
        if not self._is_open:
            raise StoreError("the store is not open", remedy="call open() first")

    @abstractmethod
    async def _open(self) -> None: ...

    @abstractmethod
    async def _close(self) -> None: ...

    @abstractmethod
    async def _read(self, work: Callable[[], Work[T]]) -> T:
        """Drive the work in one read transaction."""

    @abstractmethod
    async def _write(self, work: Callable[[], Work[T]]) -> T:
        """Drive the work in one write transaction; return after the commit. It may run more than once."""

"""The embedded store: one Ladybug file.

Ladybug keeps a second writer out, but lets readers open the file beside a writer whose checkpoints may reuse
the pages they read. So a store also holds an advisory lock on ``PATH.lock``: shared for readers, exclusive for
a writer. The lock file holds the last acknowledged revision and the length of the write-ahead log after it.

A process that is killed can leave a torn end of that log. Ladybug refuses such a log, or even crashes on it, so a log
that was left behind is tried in another process first; if it cannot be replayed, what stands behind the last
acknowledged transaction is cut off, and nothing that was acknowledged is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import ladybug

from kgtwin.errors import (
    KgtwinError,
    QueryRejectedError,
    QueryTimeoutError,
    StoreError,
)
from kgtwin.model.twin import Table
from kgtwin.store.base import GraphStore
from kgtwin.store.core import system_clock
from kgtwin.store.cypher import plain
from kgtwin.store.filelock import FileLock
from kgtwin.store.ladybug_files import check_path, check_room, corrupt, first_line, log_size, mend_log, opening_error
from kgtwin.store.memory import limited
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.schema import EMPTY_STORE, LADYBUG, empty_store, ladybug_tables

T = TypeVar("T")
POOL = 2 << 30
"""Bytes that the buffer pool may take; it takes them as needed, some 5 KB a fact of one transaction."""
QUERY_MEMORY = 3 << 30
"""Bytes by which an analyst's query may let the process's address space grow, beside the pool. Long paths reserve more
than 1 GiB, of which they use little, and Ladybug crashes where that is refused it."""
THREADS = 2
ROOM = 64 << 20
"""Bytes that must be free on the disk before a transaction begins."""
CHECKPOINT = 64 << 20
"""Bytes of the write-ahead log at which it is merged; what it holds is held in the pool until then."""
KEPT_ROWS = 2_000
"""Rows of parameters of one transaction after which the connection is renewed: it keeps each prepared statement with
what it was prepared for, which takes of the pool until the connection is closed, and slows down whatever is given to
the statement later."""
_UMASK = threading.Lock()


FILES: Final = ("", ".wal", ".wal.checkpoint", ".shadow", ".lock", ".tmp")
"""What the names of a store's files end with: the database, its logs, and the lock."""


class LadybugStore(GraphStore):
    """A store in one file (and, while open, ``.wal`` and ``.lock`` beside it), readable by its owner alone.

    Calls run in one thread, Cypher of analysts in a second one on its own connection.
    """

    dialect = LADYBUG
    at_once = 100_000

    def __init__(
        self, path: Path | str, *, read_only: bool = False, clock: Callable[[], datetime] = system_clock
    ) -> None:
        super().__init__(read_only=read_only, clock=clock)
        self.path = Path(path)
        self.where = str(self.path)
        self._lock = FileLock(self.path)
        self._database: Any = None
        self._connection: Any = None
        self._analyst: Any = None
        self._rows_given = 0
        self._made: int | None = None
        self._thread = ThreadPoolExecutor(1, "ladybug")
        self._analysts = ThreadPoolExecutor(1, "ladybug-cypher")
        self._querying = asyncio.Lock()

    async def _open(self) -> None:
        await self._call(self._open_files)

    async def rewrite(self) -> bool:
        """As ``GraphStore.rewrite``: a copy is written beside the file, compared with it, and takes its place."""
        from kgtwin.store.backup import copy  # noqa: PLC0415 - it needs this module's base

        self._check_writable()
        async with self._writing, self._querying:
            fresh = LadybugStore(self.path.with_name(self.path.name + ".rewrite"), clock=self._clock)
            fresh.remove()
            try:
                async with fresh:
                    await copy(self, fresh)
                await self._call(lambda: self._replace(fresh))
            finally:
                fresh.remove()
        return True

    def _replace(self, fresh: LadybugStore) -> None:
        """Take the place of this store's file, which is closed for a moment; its lock is held all the time."""
        revision = self._revision()
        self._close_database()
        try:
            if log_size(self.path):
                raise StoreError("the log could not be merged", where=self.where, remedy="try again")
            fresh.path.replace(self.path)
            self._lock.acknowledge(revision, 0)
        finally:
            self._open_connections()

    def remove(self) -> None:
        """Remove the files of a store that is not open, and what a killed process may have left beside it."""
        for suffix in FILES:
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    async def _close(self) -> None:
        if self._analyst is not None:
            self._analyst.interrupt()
        await self._call(self._close_files)
        self._thread.shutdown()
        self._analysts.shutdown()
        self._thread = ThreadPoolExecutor(1, "ladybug")
        self._analysts = ThreadPoolExecutor(1, "ladybug-cypher")

    async def _read(self, work: Callable[[], Work[T]]) -> T:
        return await self._call(lambda: self._transact(work, "BEGIN TRANSACTION READ ONLY"))

    async def _write(self, work: Callable[[], Work[T]]) -> T:
        check_room(self.path, ROOM)
        return await self._call(lambda: self._transact(work, "BEGIN TRANSACTION"))

    async def _query(self, query: str, parameters: dict[str, Any], limit: int, seconds: float) -> Table:
        async with self._querying:
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._analysts, self._answer, query, parameters, limit, seconds)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                self._analyst.interrupt()
                with contextlib.suppress(KgtwinError):
                    await running
                raise

    async def _call(self, function: Callable[[], T]) -> T:
        """Run in the store's thread, to the end even if the caller is cancelled: a commit is never abandoned."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, function)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            with contextlib.suppress(KgtwinError):
                await running
            raise

    def _open_files(self) -> None:
        check_path(self.path, read_only=self.read_only)
        self._lock.acquire(shared=self.read_only)
        try:
            self._open_connections()
        except BaseException:
            self._close_files()
            raise

    def _open_connections(self) -> None:
        with _private():
            self._database = self._open_database()
            self._connect()
            self._analyst = ladybug.Connection(self._database)
            self._check_schema()
        self._remember_log()

    def _connect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = ladybug.Connection(self._database)

    def _remember_log(self) -> None:
        """Let a log that is torn from now on end where it ends now: what was remembered is of a merged one."""
        known = self._lock.acknowledged()
        if not self.read_only and known is not None:
            self._lock.acknowledge(known[0], log_size(self.path))

    def _open_database(self) -> Any:
        existed = self.path.exists() and self.path.stat().st_size > 0
        if not existed and not self.read_only:
            self._lock.acknowledge(0, 0)
        if existed and log_size(self.path):
            mend_log(self.path, self._lock.acknowledged(), POOL)
        try:
            return ladybug.Database(
                str(self.path),
                buffer_pool_size=POOL,
                max_num_threads=THREADS,
                read_only=self.read_only,
                checkpoint_threshold=CHECKPOINT,
            )
        except RuntimeError as error:
            raise opening_error(self.path, error, existed=existed) from None

    def _check_schema(self) -> None:
        """Create the schema of an empty store; refuse a file that is no store."""
        try:
            tables = {row[1] for row in _rows(self._connection.execute("CALL show_tables() RETURN *"))}
            if not tables and not self.read_only:
                self._create_schema()
            found = ("Store" in tables and _rows(self._connection.execute("MATCH (s:Store) RETURN s.id"))) or not tables
        except RuntimeError as error:
            raise corrupt(self.path, str(error)) from None
        if not found or (not tables and self.read_only):
            raise StoreError(
                "the file is no kgtwin store", where=self.where, remedy="ingest the sources into a new store"
            )

    def _create_schema(self) -> None:
        self._connection.execute("BEGIN TRANSACTION")
        for statement in ladybug_tables():
            self._connection.execute(statement)
        self._connection.execute(f"CREATE {EMPTY_STORE}", empty_store())
        self._connection.execute("COMMIT")

    def _close_files(self) -> None:
        self._close_database()
        self._lock.release()

    def _close_database(self) -> None:
        with _private():
            for one in (self._analyst, self._connection, self._database):
                if one is not None:
                    one.close()
        self._analyst = self._connection = self._database = None

    def _transact(self, work: Callable[[], Work[T]], begin: str) -> T:
        with _private() if not self.read_only else contextlib.nullcontext():
            self._rows_given = 0
            try:
                self._connection.execute(begin)
                self._made = None
                result = self._drive(work())
                revision = self._made
                if revision is None and begin == "BEGIN TRANSACTION":
                    revision = self._revision()
                self._commit()
            except BaseException as error:
                self._rollback()
                if isinstance(error, RuntimeError):
                    raise self._writing_error(str(error)) from error
                raise
        if revision is not None:
            self._lock.acknowledge(revision, log_size(self.path))
        if self._rows_given > KEPT_ROWS:
            self._connect()
        return result

    def _drive(self, work: Work[T]) -> T:
        """Run a work's statements, one after the other, and return its result."""
        try:
            statement: Statement = next(work)
            while True:
                parameters = dict(statement.parameters)
                self._made = statement.makes
                self._rows_given += sum(map(_length, parameters.values()))
                statement = work.send(_rows(self._connection.execute(statement.query, parameters)))
        except StopIteration as end:
            result: T = end.value
            return result

    def _commit(self) -> None:
        """Commit; that the log could not be merged afterwards takes nothing back."""
        try:
            self._connection.execute("COMMIT")
        except RuntimeError as error:
            if "committed successfully" not in str(error):
                raise

    def _writing_error(self, text: str) -> StoreError:
        if "Buffer manager" in text:
            return StoreError(
                f"one transaction needs more than the {POOL >> 20} MiB of memory that the store allows",
                where=str(self.path),
                remedy="split the file: what was acknowledged is stored, of this transaction nothing is",
            )
        return StoreError(f"the store failed: {first_line(text)}", where=str(self.path))

    def _revision(self) -> int:
        rows = _rows(self._connection.execute("MATCH (s:Store {id: 'store'}) RETURN s.revision"))
        return int(rows[0][0])

    def _rollback(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._connection.execute("ROLLBACK")

    def _answer(self, query: str, parameters: dict[str, Any], limit: int, timeout: float) -> Table:
        analyst = self._analyst
        analyst.set_query_timeout(max(1, int(timeout * 1000)))
        try:
            analyst.execute("BEGIN TRANSACTION READ ONLY")
            with limited(QUERY_MEMORY):
                result = analyst.execute(query, parameters)
                if isinstance(result, list):
                    raise QueryRejectedError("more than one statement", remedy="send one statement at a time")
                names = tuple(result.get_column_names())
                rows = [tuple(_plain(value) for value in row) for row in result.get_n(limit + 1)]
        except (RuntimeError, MemoryError) as error:
            raise _query_error(str(error), timeout) from None
        finally:
            with contextlib.suppress(RuntimeError):
                analyst.execute("ROLLBACK")
        return Table(names, tuple(rows[:limit]), truncated=len(rows) > limit)


def _length(value: Any) -> int:
    return 1 if isinstance(value, str) or not hasattr(value, "__len__") else len(value)


def _rows(result: Any) -> Rows:
    rows: Rows = result.get_all()
    result.close()
    return rows


def _query_error(text: str, timeout: float) -> KgtwinError:
    if "Interrupted" in text:
        return QueryTimeoutError(f"the query was stopped after {timeout:g} s", remedy="narrow it, or allow more time")
    if "Buffer manager" in text or "bad_alloc" in text or not text:
        return QueryRejectedError("the query needs more memory than the store allows", remedy="narrow it, or add LIMIT")
    return QueryRejectedError(first_line(text), remedy="see docs/analysts.md for the schema")


def _plain(value: Any) -> Any:
    """Nodes and edges as ``{"label": ..., property: value}``, without Ladybug's internal ids and unset properties."""
    if isinstance(value, dict):
        if "_NODES" in value:
            return {"nodes": _plain(value["_NODES"]), "edges": _plain(value["_RELS"])}
        if "_LABEL" in value:
            kept = {k: plain(v) for k, v in value.items() if not k.startswith("_") and v is not None}
            return {"label": value["_LABEL"], **kept}
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else plain(value)


@contextlib.contextmanager
def _private() -> Iterator[None]:
    """Files that the database creates meanwhile are their owner's alone. The umask is the process's: one at a time."""
    with _UMASK:
        before = os.umask(0o077)
        try:
            yield
        finally:
            os.umask(before)

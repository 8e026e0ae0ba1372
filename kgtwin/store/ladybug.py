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
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import ladybug

from kgtwin.errors import (
    KgtwinError,
    NotFoundError,
    QueryRejectedError,
    QueryTimeoutError,
    StoreCorruptError,
    StoreError,
    StoreLockedError,
)
from kgtwin.model.twin import Table
from kgtwin.store.base import GraphStore, system_clock
from kgtwin.store.cypher import plain
from kgtwin.store.filelock import FileLock
from kgtwin.store.memory import limited
from kgtwin.store.records import Rows, Statement, Work
from kgtwin.store.schema import LADYBUG, SCHEMA_VERSION, ladybug_tables

T = TypeVar("T")
POOL = 2 << 30
"""Bytes that the buffer pool may take; it takes them as needed, some 5 KB a fact of one transaction."""
QUERY_MEMORY = 3 << 30
"""Bytes by which an analyst's query may let the process's address space grow, beside the pool. Long paths reserve more
than 1 GiB, of which they use little, and Ladybug crashes where that is refused it."""
THREADS = 2
CHECKPOINT = 64 << 20
"""Bytes of the write-ahead log at which it is merged; what it holds is held in the pool until then."""
_UMASK = threading.Lock()
_DAMAGE = ("not a valid", "cannot read checkpoint", "corrupt", "checksum", "deserializ", "magic", "end of file")


_TRIAL = """
import sys, ladybug
try:
    ladybug.Database(sys.argv[1], read_only=True, buffer_pool_size=int(sys.argv[2])).close()
except RuntimeError as error:
    sys.exit(print(str(error)) or 1)
"""


class LadybugStore(GraphStore):
    """A store in one file (and, while open, ``.wal`` and ``.lock`` beside it), readable by its owner alone.

    Calls run in one thread, Cypher of analysts in a second one on its own connection.
    """

    dialect = LADYBUG

    def __init__(
        self, path: Path | str, *, read_only: bool = False, clock: Callable[[], datetime] = system_clock
    ) -> None:
        super().__init__(read_only=read_only, clock=clock)
        self.path = Path(path)
        self._lock = FileLock(self.path)
        self._database: Any = None
        self._connection: Any = None
        self._analyst: Any = None
        self._thread = ThreadPoolExecutor(1, "ladybug")
        self._analysts = ThreadPoolExecutor(1, "ladybug-cypher")
        self._querying = asyncio.Lock()

    async def _open(self) -> None:
        await self._call(self._open_files)

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
        self._check_path()
        self._lock.acquire(shared=self.read_only)
        try:
            with _private():
                self._database = self._open_database()
                self._connection = ladybug.Connection(self._database)
                self._analyst = ladybug.Connection(self._database)
                self._check_schema()
        except BaseException:
            self._close_files()
            raise

    def _check_path(self) -> None:
        path = self.path
        if path.is_dir():
            raise StoreError("the store's path is a folder", where=str(path), expected="a file, such as twin.lbdb")
        if self.read_only and not path.exists():
            raise NotFoundError("there is no store here", where=str(path), remedy="run kgtwin ingest first")
        if not path.parent.is_dir():
            raise StoreError("the store's folder does not exist", where=str(path), remedy=f"create {path.parent}")
        target, mode = (path, os.R_OK) if path.exists() else (path.parent, os.W_OK)
        if not os.access(target, mode if self.read_only else mode | os.W_OK):
            raise StoreError("no permission to use the store", where=str(path), remedy="correct the permissions")

    def _open_database(self) -> Any:
        existed = self.path.exists() and self.path.stat().st_size > 0
        if not existed and not self.read_only:
            self._lock.acknowledge(0, 0)
        if existed and self._log_size():
            self._mend_log()
        try:
            return ladybug.Database(
                str(self.path),
                buffer_pool_size=POOL,
                max_num_threads=THREADS,
                read_only=self.read_only,
                checkpoint_threshold=CHECKPOINT,
            )
        except RuntimeError as error:
            raise self._opening_error(error, existed) from None

    def _log_size(self) -> int:
        log = self.path.with_name(self.path.name + ".wal")
        return log.stat().st_size if log.exists() else 0

    def _mend_log(self) -> None:
        """Cut off the torn end of a log that a killed process left, if there is one."""
        reason = self._try_log()
        acknowledged = self._lock.acknowledged()
        if reason is None or "lock" in reason:
            return
        if acknowledged is None or acknowledged[1] >= self._log_size():
            raise self._corrupt(reason)
        try:
            os.truncate(self.path.with_name(self.path.name + ".wal"), acknowledged[1])
        except OSError as error:
            raise StoreError(
                f"the last process that wrote was killed, and its log cannot be mended: {error.strerror}",
                where=str(self.path),
                remedy="open the store once as its owner",
            ) from None
        reason = self._try_log()
        if reason is not None:
            raise self._corrupt(reason)

    def _try_log(self) -> str | None:
        """Why another process cannot open the store with its log; None if it can."""
        done = subprocess.run(  # noqa: S603  # our own interpreter and code
            [sys.executable, "-c", _TRIAL, str(self.path), str(POOL)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode == 0:
            return None
        return done.stdout.strip() or "its log crashes the reader"

    def _opening_error(self, error: RuntimeError, existed: bool) -> StoreError:
        text = str(error)
        if "Could not set lock" in text:
            return StoreLockedError(
                "the store is in use by another process", where=str(self.path), remedy="stop that process, or ask it"
            )
        if existed and any(word in text.lower() for word in _DAMAGE):
            return self._corrupt(text)
        return StoreError(f"the store cannot be opened: {_line(text)}", where=str(self.path))

    def _corrupt(self, reason: str) -> StoreCorruptError:
        return StoreCorruptError(
            f"the store's file is damaged: {_line(reason)}",
            where=str(self.path),
            remedy="restore a backup, or ingest the sources into a new store",
        )

    def _check_schema(self) -> None:
        """Create the schema of an empty store; refuse a file that is no store of this version."""
        try:
            tables = {row[1] for row in _rows(self._connection.execute("CALL show_tables() RETURN *"))}
            if not tables and not self.read_only:
                self._create_schema()
                return
            versions = _rows(self._connection.execute("MATCH (s:Store) RETURN s.`schema`")) if "Store" in tables else []
        except RuntimeError as error:
            raise self._corrupt(str(error)) from None
        found = versions[0][0] if versions else None
        if found != SCHEMA_VERSION:
            raise StoreError(
                "the file is no kgtwin store" if found is None else f"the store has schema version {found}",
                where=str(self.path),
                expected=f"schema version {SCHEMA_VERSION}",
                remedy="ingest the sources into a new store",
            )

    def _create_schema(self) -> None:
        self._connection.execute("BEGIN TRANSACTION")
        for statement in ladybug_tables():
            self._connection.execute(statement)
        self._connection.execute(
            f"CREATE (:Store {{id: 'store', `schema`: {SCHEMA_VERSION}, revision: 0, knowledge: '', digest: ''}})"
        )
        self._connection.execute("COMMIT")

    def _close_files(self) -> None:
        with _private():
            for one in (self._analyst, self._connection, self._database):
                if one is not None:
                    one.close()
        self._analyst = self._connection = self._database = None
        self._lock.release()

    def _transact(self, work: Callable[[], Work[T]], begin: str) -> T:
        with _private() if not self.read_only else contextlib.nullcontext():
            try:
                self._connection.execute(begin)
                result = _drive(self._connection, work())
                revision = self._revision() if begin == "BEGIN TRANSACTION" else None
                self._commit()
            except BaseException as error:
                self._rollback()
                if isinstance(error, RuntimeError):
                    raise self._writing_error(str(error)) from error
                raise
        if revision is not None:
            self._lock.acknowledge(revision, self._log_size())
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
        return StoreError(f"the store failed: {_line(text)}", where=str(self.path))

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


def _drive(connection: Any, work: Work[T]) -> T:
    """Run a work's statements, one after the other, and return its result."""
    try:
        statement: Statement = next(work)
        while True:
            statement = work.send(_rows(connection.execute(statement.query, dict(statement.parameters))))
    except StopIteration as end:
        result: T = end.value
        return result


def _rows(result: Any) -> Rows:
    rows: Rows = result.get_all()
    result.close()
    return rows


def _query_error(text: str, timeout: float) -> KgtwinError:
    if "Interrupted" in text:
        return QueryTimeoutError(f"the query was stopped after {timeout:g} s", remedy="narrow it, or allow more time")
    if "Buffer manager" in text or "bad_alloc" in text or not text:
        return QueryRejectedError("the query needs more memory than the store allows", remedy="narrow it, or add LIMIT")
    return QueryRejectedError(_line(text), remedy="see docs/analysts.md for the schema")


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


def _line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else "unknown reason"


@contextlib.contextmanager
def _private() -> Iterator[None]:
    """Files that the database creates meanwhile are their owner's alone. The umask is the process's: one at a time."""
    with _UMASK:
        before = os.umask(0o077)
        try:
            yield
        finally:
            os.umask(before)

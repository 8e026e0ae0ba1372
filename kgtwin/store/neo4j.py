"""The Neo4j store: the asynchronous driver, managed transactions, server-side time-outs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import neo4j
from neo4j import exceptions as errors
from neo4j.graph import Node, Path, Relationship

from kgtwin.errors import (
    KgtwinError,
    NotFoundError,
    QueryRejectedError,
    QueryTimeoutError,
    StoreAuthenticationError,
    StoreError,
    StoreUnavailableError,
    UsageError,
)
from kgtwin.model.twin import Table
from kgtwin.store.base import GraphStore
from kgtwin.store.core import system_clock
from kgtwin.store.cypher import plain
from kgtwin.store.records import Known, Rows, Statement, Work
from kgtwin.store.schema import NEO4J, empty_store, neo4j_constraints
from kgtwin.store.transaction import settled
from kgtwin.store.units import Frame, read_frame_alone

T = TypeVar("T")
Run = Callable[[Statement], Awaitable[Rows]]
POOL_SIZE = 20
CONNECT_SECONDS = 5.0
RETRY_SECONDS = 10.0
TRANSACTION_SECONDS = 120.0
GRACE_SECONDS = 5.0
ALL_ROWS = -1
"""Rows that the driver asks for at a time: our own statements are read to the end, in one round trip."""
STREAMED_ROWS = 1_000
MAY_NOT_WRITE = frozenset(
    {
        "Neo.ClientError.Security.Forbidden",
        "Neo.ClientError.Statement.AccessMode",
        "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase",
        "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase",
        "Neo.ClientError.Cluster.NotALeader",
    }
)
"""What a server says to a user, or of a database, that may only read."""


class _MayNotWriteError(Exception):
    """The server lets this user take no lock."""


class Neo4jStore(GraphStore):
    """A store in a Neo4j 5 database. Routing URLs (``neo4j://``) go to the driver as they are."""

    dialect = NEO4J

    def __init__(
        self,
        url: str,
        *,
        user: str = "neo4j",
        password: str = "",
        database: str = "neo4j",
        read_only: bool = False,
        clock: Callable[[], datetime] = system_clock,
    ) -> None:
        super().__init__(read_only=read_only, clock=clock)
        self.url = self.where = url
        self._auth = (user, password)
        self._database = database
        self._driver: neo4j.AsyncDriver | None = None
        self._bookmarks: Any = None
        self._settled = -1
        self._may_lock = True

    async def _open(self) -> None:
        with self._translated():
            self._driver = neo4j.AsyncGraphDatabase.driver(
                self.url,
                auth=(self._auth[0], str(self._auth[1])),
                max_connection_pool_size=POOL_SIZE,
                connection_timeout=CONNECT_SECONDS,
                connection_acquisition_timeout=CONNECT_SECONDS * 4,
                max_transaction_retry_time=RETRY_SECONDS,
                notifications_min_severity="OFF",
                telemetry_disabled=True,
            )
        self._bookmarks = neo4j.AsyncGraphDatabase.bookmark_manager()
        try:
            with self._translated():
                await self._driver.verify_connectivity()
                await self._prepare()
        except BaseException:
            await self._close()
            raise

    async def _prepare(self) -> None:
        """Constraints, indexes and the store's own node; or, read-only, a check that they are there."""
        async with self._session() as session:
            if not self.read_only:
                for statement in neo4j_constraints():
                    await session.execute_write(_run, Statement(statement))
                made = "MERGE (s:Store {id: 'store'}) ON CREATE SET s += $given, s.revision = 0, s.knowledge = '', "
                given = {"given": empty_store()}
                await session.execute_write(_run, Statement(made + "s.digest = '', s.compacted = 0", given))
            rows = await session.execute_read(_run, Statement("MATCH (s:Store {id: 'store'}) RETURN s.id"))
        if not rows:
            raise NotFoundError("there is no store here", where=self.url, remedy="run kgtwin ingest first")

    async def _close(self) -> None:
        if self._driver is not None:
            with contextlib.suppress(errors.DriverError, OSError):
                await self._driver.close()
            self._driver = None

    async def revision(self) -> int:
        """As ``GraphStore.revision``: one of which all can be read."""
        seen = await super().revision()
        return seen if seen == self._settled else await self._settle()

    async def known_as(self, key: str, *, as_of: int | None = None) -> Known | None:
        """As ``GraphStore.known_as``: one round trip, unless somebody else has written since this store last looked."""
        found = await super().known_as(key, as_of=as_of)
        if as_of is not None or found is None or found.revision == self._settled:
            return found
        return await super().known_as(key, as_of=await self._settle())

    async def frame(self) -> Frame:
        """As ``GraphStore.frame``; writers wait meanwhile, so that all of every commit is seen or nothing."""
        await self._settle()
        if not self._may_lock:
            return await super().frame()
        with self._translated():
            async with self._session() as session:
                found: Frame = await session.execute_write(_timed(lambda: read_frame_alone(self.dialect)))
                return found

    async def _moment(self, as_of: int | None) -> int | None:
        return await self.revision() if as_of is None else as_of

    async def _settle(self) -> int:
        """The last revision, once all that it wrote can be read: the server shows a commit bit by bit.

        Where the server lets this user write nothing, it is the last one that can be seen.
        """
        if self._may_lock:
            try:
                self._settled = await self._once(settled, neo4j.WRITE_ACCESS)
            except _MayNotWriteError:
                self._may_lock = False
        if not self._may_lock:
            self._settled = await super().revision()
        return self._settled

    async def _read(self, work: Callable[[], Work[T]]) -> T:
        return await self._once(work, neo4j.READ_ACCESS)

    async def _once(self, work: Callable[[], Work[T]], access: str) -> T:
        """Each statement is a round trip, and a transaction: one of several would not see more of one moment."""
        with self._translated():
            async with self._session(access) as session:
                try:
                    return await _drive(_single(session), work())
                except (errors.Neo4jError, errors.DriverError) as error:
                    if access == neo4j.WRITE_ACCESS and getattr(error, "code", "") in MAY_NOT_WRITE:
                        raise _MayNotWriteError from error
                    if not error.is_retryable():
                        raise
                again = session.execute_read if access == neo4j.READ_ACCESS else session.execute_write
                result: T = await again(_timed(work))
                return result

    async def _write(self, work: Callable[[], Work[T]]) -> T:
        made: list[int] = []
        with self._translated():
            async with self._session() as session:
                try:
                    result: T = await session.execute_write(_timed(work, made))
                except errors.IncompleteCommit as error:
                    raise self._unknown() from error
        self._settled = made[-1] if made else self._settled
        return result

    async def _query(self, query: str, parameters: dict[str, Any], limit: int, seconds: float) -> Table:
        with self._translated(seconds):
            async with (
                asyncio.timeout(seconds + GRACE_SECONDS),
                self._session(neo4j.READ_ACCESS, STREAMED_ROWS) as session,
            ):
                transaction = await session.begin_transaction(timeout=seconds)
                async with transaction:
                    result = await transaction.run(query, parameters)
                    names = tuple(result.keys())
                    rows = [tuple(_plain(v) for v in one.values()) for one in await result.fetch(limit + 1)]
        return Table(names, tuple(rows[:limit]), truncated=len(rows) > limit)

    def _session(self, access: str = neo4j.WRITE_ACCESS, rows: int = ALL_ROWS) -> neo4j.AsyncSession:
        assert self._driver is not None
        return self._driver.session(
            database=self._database,
            default_access_mode=access,
            bookmark_manager=self._bookmarks,
            fetch_size=rows,
        )

    @contextlib.contextmanager
    def _translated(self, timeout: float | None = None) -> Iterator[None]:
        """The driver's errors as ours. A server's message may quote property values, so only its code is kept."""
        try:
            yield
        except TimeoutError:
            raise _timed_out(timeout) if timeout else self._error(TimeoutError(), None) from None
        except (errors.Neo4jError, errors.DriverError, OSError, ValueError) as error:
            raise self._error(error, timeout) from error

    def _error(self, error: Exception, timeout: float | None) -> KgtwinError:
        if isinstance(error, errors.AuthError):
            return StoreAuthenticationError(
                "the server refuses this user or password",
                where=self.url,
                remedy="set KGTWIN_NEO4J_USER and KGTWIN_NEO4J_PASSWORD",
            )
        if timeout is not None and "OutOfMemory" in str(getattr(error, "code", "")):
            return QueryRejectedError("the query needs more memory than the server allows", remedy="narrow it")
        if isinstance(error, (errors.ConfigurationError, ValueError)):
            return UsageError(f"the store's address is wrong: {error}", where=self.url)
        if isinstance(error, (errors.DriverError, OSError, errors.TransientError)):
            return StoreUnavailableError(
                f"no answer from the server ({type(error).__name__})",
                where=self.url,
                remedy="start it, or correct the address, and try again: what was acknowledged is stored",
            )
        assert isinstance(error, errors.Neo4jError)
        return self._server_error(error, timeout)

    def _unknown(self) -> StoreUnavailableError:
        """The connection broke after a commit was sent and before its answer came: the driver does not try it again."""
        return StoreUnavailableError(
            "no answer from the server at the commit: what was sent may be stored or not",
            where=self.url,
            remedy="send it again: a version of a resource that is stored already changes nothing",
        )

    def _server_error(self, error: errors.Neo4jError, timeout: float | None) -> KgtwinError:
        code = error.code or "unknown"
        if timeout is not None and ("TimedOut" in code or "Terminated" in code):
            return _timed_out(timeout)
        if timeout is not None and isinstance(error, errors.ClientError):
            return QueryRejectedError(_first_line(error.message), remedy="see docs/analysts.md for the schema")
        if "DatabaseNotFound" in code:
            return StoreError(
                f"the server has no database {self._database!r}", where=self.url, remedy="set KGTWIN_NEO4J_DATABASE"
            )
        return StoreError(f"the server failed with {code}", where=self.url)


def _timed_out(timeout: float) -> QueryTimeoutError:
    return QueryTimeoutError(f"the query was stopped after {timeout:g} s", remedy="narrow it, or allow more time")


def _first_line(text: str | None) -> str:
    return (text or "the server refused the query").splitlines()[0][:300]


def _timed(
    work: Callable[[], Work[T]], made: list[int] | None = None
) -> Callable[[neo4j.AsyncManagedTransaction], Any]:
    """A transaction function that drives the work from its start each time the driver tries it."""

    @neo4j.unit_of_work(timeout=TRANSACTION_SECONDS)
    async def drive(transaction: neo4j.AsyncManagedTransaction) -> T:
        return await _drive(partial(_run, transaction), work(), made)

    return drive


def _single(session: neo4j.AsyncSession) -> Run:
    async def run(statement: Statement) -> Rows:
        query = neo4j.Query(statement.query, timeout=TRANSACTION_SECONDS)
        result = await session.run(query, dict(statement.parameters))
        return [one.values() async for one in result]

    return run


async def _run(transaction: neo4j.AsyncManagedTransaction, statement: Statement) -> Rows:
    result = await transaction.run(statement.query, dict(statement.parameters))
    return [one.values() async for one in result]


async def _drive(run: Run, steps: Work[T], made: list[int] | None = None) -> T:
    """Run a work's statements; ``made`` is left with the revision that they make, if they make one."""
    made = [] if made is None else made
    made.clear()
    try:
        statement = next(steps)
        while True:
            made += [] if statement.makes is None else [statement.makes]
            statement = steps.send(await run(statement))
    except StopIteration as end:
        result: T = end.value
        return result


def _plain(value: Any) -> Any:
    """Nodes and edges as ``{"label": ..., property: value}``, paths as lists of both."""
    if isinstance(value, Node):
        labels = sorted(value.labels - {"Fact"})
        return {"label": ":".join(labels), **{k: plain(v) for k, v in value.items()}}
    if isinstance(value, Relationship):
        return {"label": value.type, **{k: plain(v) for k, v in value.items()}}
    if isinstance(value, Path):
        return {"nodes": _plain(list(value.nodes)), "edges": _plain(list(value.relationships))}
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else plain(value)

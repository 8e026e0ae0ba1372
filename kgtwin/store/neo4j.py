"""The Neo4j store: the asynchronous driver, managed transactions, server-side time-outs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
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
from kgtwin.store.records import Statement, Work
from kgtwin.store.schema import NEO4J, empty_store, neo4j_constraints

T = TypeVar("T")
POOL_SIZE = 20
CONNECT_SECONDS = 5.0
RETRY_SECONDS = 10.0
TRANSACTION_SECONDS = 120.0
GRACE_SECONDS = 5.0


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

    async def _read(self, work: Callable[[], Work[T]]) -> T:
        with self._translated():
            async with self._session(neo4j.READ_ACCESS) as session:
                return await session.execute_read(_timed(work))

    async def _write(self, work: Callable[[], Work[T]]) -> T:
        with self._translated():
            async with self._session() as session:
                try:
                    return await session.execute_write(_timed(work))
                except errors.IncompleteCommit as error:
                    raise self._unknown() from error

    async def _query(self, query: str, parameters: dict[str, Any], limit: int, seconds: float) -> Table:
        with self._translated(seconds):
            async with asyncio.timeout(seconds + GRACE_SECONDS), self._session(neo4j.READ_ACCESS) as session:
                transaction = await session.begin_transaction(timeout=seconds)
                async with transaction:
                    result = await transaction.run(query, parameters)
                    names = tuple(result.keys())
                    rows = [tuple(_plain(v) for v in one.values()) for one in await result.fetch(limit + 1)]
        return Table(names, tuple(rows[:limit]), truncated=len(rows) > limit)

    def _session(self, access: str = neo4j.WRITE_ACCESS) -> neo4j.AsyncSession:
        assert self._driver is not None
        return self._driver.session(
            database=self._database, default_access_mode=access, bookmark_manager=self._bookmarks
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


async def _run(transaction: neo4j.AsyncManagedTransaction, statement: Statement) -> list[list[Any]]:
    result = await transaction.run(statement.query, dict(statement.parameters))
    return [one.values() async for one in result]


def _timed(work: Callable[[], Work[T]]) -> Callable[[neo4j.AsyncManagedTransaction], Any]:
    """A transaction function that drives the work from its start each time the driver tries it."""

    @neo4j.unit_of_work(timeout=TRANSACTION_SECONDS)
    async def drive(transaction: neo4j.AsyncManagedTransaction) -> T:
        steps = work()
        try:
            statement = next(steps)
            while True:
                statement = steps.send(await _run(transaction, statement))
        except StopIteration as end:
            result: T = end.value
            return result

    return drive


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

"""A connection to a store, with plain calls and Arrow answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from kgtwin.client import rows
from kgtwin.client.loop import Loop
from kgtwin.config import Secret, Settings
from kgtwin.errors import NotFoundError, StoreError, UsageError
from kgtwin.model.time import read_time
from kgtwin.model.twin import Twin
from kgtwin.store.tables import sparql_to_arrow, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from kgtwin.service import Service

Time = datetime | str | None


def connect(
    store: str | None = None,
    *,
    user: str | None = None,
    password: str | None = None,
    database: str | None = None,
    ontology: str | Path | None = None,
) -> Connection:
    """Open a store for reading; what is not given comes from the ``KGTWIN_*`` variables.

    A connection is a context manager; without ``with``, ``close()`` it. Several may read one embedded store at once, as
    long as nobody writes to it.

    Raises:
        NotFoundError: if there is no such store.
        StoreLockedError: if another process writes to it.
        UsageError: if ``store`` is no store's address.
    """
    given = {
        "store": store,
        "neo4j_user": user,
        "neo4j_password": None if password is None else Secret(password),
        "neo4j_database": database,
        "ontology": None if ontology is None else Path(ontology),
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return Connection(msgspec.structs.replace(Settings.read(), **chosen))


class Connection:
    """An open store. Times are ``datetime`` with a zone, or FHIR dates such as ``"2026-03"`` (their last instant)."""

    def __init__(self, settings: Settings) -> None:
        from kgtwin.bootstrap import running  # noqa: PLC0415 - heavy

        self._loop = Loop()
        self._context = running(settings, read_only=True)
        self._service: Service | None = None
        try:
            self._service = self._loop.run(self._context.__aenter__())
        except BaseException:
            self._loop.close()
            raise

    def close(self) -> None:
        """Close the store; closing twice is harmless."""
        if self._service is not None:
            self._service = None
            self._loop.run(self._context.__aexit__(None, None, None))
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def patients(self) -> pa.Table:
        """The patients, by key."""
        return rows.patient_rows(self._loop.run(self._open.store.patients()))

    def twin(self, patient: str, *, at: Time = None, as_of: int | Time = None) -> Twin:
        """A patient's facts as known at a revision (or a system time), and what follows from them at ``at``.

        Raises:
            NotFoundError: if no such patient was known then.
        """
        return self._loop.run(self._open.twin(patient, at=_time(at), as_of=self._revision(as_of)))

    def facts(self, patient: str | None = None, *, at: Time = None, as_of: int | Time = None) -> pa.Table:
        """The facts of a patient, or of all, as known at a revision; with ``at``, those that may be true then."""
        revision, moment = self._revision(as_of), _time(at)

        async def found() -> list[Any]:
            keys = [patient] if patient else [one.key for one in await self._open.store.patients()]
            facts: list[Any] = []
            for key in keys:
                try:
                    facts += await self._open.facts(key, as_of=revision, at=moment)
                except NotFoundError:
                    if patient:
                        raise
            return facts

        return rows.fact_rows(self._loop.run(found()))

    def issues(self, patient: str | None = None, *, at: Time = None, as_of: int | Time = None) -> pa.Table:
        """The stored issues of a patient, or of all, now or as told at a revision; with ``at``, they are inferred anew.

        None is no proof of safety; a patient who was not inferred has none.
        """
        revision, moment = self._revision(as_of), _time(at)

        async def found() -> list[Any]:
            from kgtwin.service import as_key  # noqa: PLC0415

            keys = [as_key(patient)] if patient else [one.key for one in await self._open.store.patients()]
            issues: list[Any] = []
            for key in keys:
                if moment is None:
                    issues += await self._open.store.issues(key, as_of=revision)
                else:
                    twin = await self._open.twin(key, at=moment, as_of=revision)
                    issues += twin.inference.issues if twin.inference else ()
            return issues

        return rows.issue_rows(self._loop.run(found()))

    def cypher(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        *,
        limit: int = 1_000_000,
        timeout: float = 300.0,
    ) -> pa.Table:
        """The answer of a read-only Cypher query.

        Raises:
            QueryRejectedError: if it could write, or does not parse.
            QueryTimeoutError: if it ran out of time.
        """
        return to_arrow(self._loop.run(self._open.cypher(query, parameters, limit=limit, timeout=timeout)))

    def sparql(self, query: str, *, limit: int = 1_000_000, timeout: float = 300.0) -> pa.Table:
        """The answer of a SPARQL SELECT (an ASK has the one column ``boolean``) over the RDF view.

        Raises:
            QueryRejectedError: if it is no query, or does not parse.
            QueryTimeoutError: if it ran out of time.
            UsageError: if it makes a graph: ask `kgtwin sparql` for that.
        """
        return sparql_to_arrow(self._loop.run(self._open.sparql(query, limit=limit, timeout=timeout)))

    def query(self, name: str, *, limit: int = 1_000_000, timeout: float = 300.0, **parameters: object) -> pa.Table:
        """The answer of a named query (`kgtwin query list`).

        Raises:
            NotFoundError: if there is none of that name.
            UsageError: if a parameter is unknown, missing or of another type.
        """
        found = self._loop.run(self._open.run_query(name, parameters, limit=limit, timeout=timeout))
        return to_arrow(found.table)

    @property
    def revision(self) -> int:
        """The store's last revision."""
        return self._loop.run(self._open.store.revision())

    @property
    def _open(self) -> Service:
        if self._service is None:
            raise StoreError("the connection is closed", remedy="connect again")
        return self._service

    def _revision(self, as_of: int | Time) -> int | None:
        if as_of is None or isinstance(as_of, int):
            return as_of
        return self._loop.run(self._open.resolve(as_of if isinstance(as_of, str) else as_of.isoformat()))


def _time(at: Time) -> datetime | None:
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise UsageError(f"the time {at.isoformat()} has no zone", remedy="add one: datetime(…, tzinfo=UTC)")
        return at
    return read_time(at)

"""What can be asked of a connection, whether the store is opened here or a service is asked for it."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self

import msgspec

from kgtwin.errors import UsageError
from kgtwin.model.time import read_time
from kgtwin.model.twin import Twin

if TYPE_CHECKING:
    import pyarrow as pa

Time = datetime | str | None
What = Literal["patients", "facts", "issues"]
AsOf = int | str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the patients, page by page: ``after`` is the key that the page before ended on."""

    patient: str | None = None
    at: datetime | None = None
    as_of: AsOf = None
    after: str | None = None


class Part(msgspec.Struct, frozen=True):
    """A page of an answer: its rows, the revision that it shows, and the key to go on from if there is more."""

    table: pa.Table
    revision: int
    next: str | None = None


class Connection(ABC):
    """An open store. Times are ``datetime`` with a zone, or FHIR dates such as ``"2026-03"`` (their last instant).

    ``as_of`` says what was known: a revision, or a system time. ``at`` says what was true: a clinical time. A table of
    all patients shows one revision, whatever is written meanwhile. A connection is a context manager; without ``with``,
    ``close()`` it.
    """

    rows: int
    """Rows at most where a query names no limit."""
    seconds: float
    """Seconds at most where a query names no time-out."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def patients(self, *, as_of: AsOf | Time = None) -> pa.Table:
        """The patients, by key, as known at a revision.

        Raises:
            NotFoundError: if there is no such revision yet.
        """
        return self._whole("patients", Wanted(as_of=_as_of(as_of)))

    def facts(self, patient: str | None = None, *, at: Time = None, as_of: AsOf | Time = None) -> pa.Table:
        """The facts of a patient, or of all, as known at a revision; with ``at``, those that may be true then.

        Raises:
            NotFoundError: if there is no such revision yet, or the patient was not known then.
        """
        return self._whole("facts", Wanted(patient=patient, at=_time(at), as_of=_as_of(as_of)))

    def issues(self, patient: str | None = None, *, at: Time = None, as_of: AsOf | Time = None) -> pa.Table:
        """The stored issues of a patient, or of all, now or as told at a revision; with ``at``, they are inferred anew.

        None is no proof of safety; a patient who was not inferred has none.

        Raises:
            NotFoundError: if there is no such revision yet, or the patient was not known then.
        """
        return self._whole("issues", Wanted(patient=patient, at=_time(at), as_of=_as_of(as_of)))

    def twin(self, patient: str, *, at: Time = None, as_of: AsOf | Time = None) -> Twin:
        """A patient's facts as known at a revision (or a system time), and what follows from them at ``at``.

        Raises:
            NotFoundError: if there is no such revision yet, or the patient was not known then.
        """
        return self._twin(Wanted(patient=patient, at=_time(at), as_of=_as_of(as_of)))

    def cypher(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        *,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> pa.Table:
        """The answer of a read-only Cypher query.

        Raises:
            QueryRejectedError: if it could write, or does not parse.
            QueryTimeoutError: if it ran out of time.
        """
        return _noticed(self._cypher(query, parameters or {}, *self._bounds(limit, timeout)), limit)

    def sparql(
        self,
        query: str,
        *,
        at: Time = None,
        as_of: AsOf | Time = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> pa.Table:
        """The answer of a SPARQL SELECT (an ASK has the one column ``boolean``) over the RDF view.

        With ``as_of`` or ``at``, over a view that is made of that moment, which takes as long as reading all patients.

        Raises:
            QueryRejectedError: if it is no query, or does not parse.
            QueryTimeoutError: if it ran out of time.
            UsageError: if it makes a graph: ask `kgtwin sparql` for that.
            NotFoundError: if there is no such revision yet.
        """
        wanted = Wanted(at=_time(at), as_of=_as_of(as_of))
        return _noticed(self._sparql(query, wanted, *self._bounds(limit, timeout)), limit)

    def query(
        self, name: str, *, limit: int | None = None, timeout: float | None = None, **parameters: object
    ) -> pa.Table:
        """The answer of a named query (`kgtwin query list`).

        Raises:
            NotFoundError: if there is none of that name.
            UsageError: if a parameter is unknown, missing or of another type.
        """
        return _noticed(self._query(name, parameters, *self._bounds(limit, timeout)), limit)

    @property
    @abstractmethod
    def revision(self) -> int:
        """The store's last revision."""

    def _bounds(self, limit: int | None, timeout: float | None) -> tuple[int, float]:
        return self.rows if limit is None else limit, self.seconds if timeout is None else timeout

    def _whole(self, what: What, wanted: Wanted) -> pa.Table:
        """Every page of an answer, all as of the revision that the first one shows."""
        import pyarrow as pa  # noqa: PLC0415 - slow to import

        part = self._part(what, wanted)
        tables = [part.table]
        while part.next is not None:
            wanted = msgspec.structs.replace(wanted, as_of=part.revision, after=part.next)
            part = self._part(what, wanted)
            tables.append(part.table)
        return pa.concat_tables(tables)

    @abstractmethod
    def _part(self, what: What, wanted: Wanted) -> Part: ...

    @abstractmethod
    def _twin(self, wanted: Wanted) -> Twin: ...

    @abstractmethod
    def _cypher(self, query: str, parameters: Mapping[str, object], limit: int, seconds: float) -> pa.Table: ...

    @abstractmethod
    def _sparql(self, query: str, wanted: Wanted, limit: int, seconds: float) -> pa.Table: ...

    @abstractmethod
    def _query(self, name: str, parameters: Mapping[str, object], limit: int, seconds: float) -> pa.Table: ...


CUT: Final = b"true"


def _noticed(table: pa.Table, limit: int | None) -> pa.Table:
    """The table; where nobody asked for a limit, a warning if one cut it."""
    if limit is None and (table.schema.metadata or {}).get(b"truncated") == CUT:
        warnings.warn(f"cut at {table.num_rows} rows: more match; narrow the query, or give limit=", stacklevel=3)
    return table


def _as_of(given: AsOf | Time) -> AsOf:
    """A revision, or a system time as text; who knows the store's feed resolves it."""
    if isinstance(given, bool):
        raise UsageError(f"as_of={given}", expected="a revision number, or a time such as 2020-01-01")
    return _zoned(given).isoformat() if isinstance(given, datetime) else given


def _time(at: Time) -> datetime | None:
    return _zoned(at) if isinstance(at, datetime) else read_time(at)


def _zoned(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise UsageError(f"the time {moment.isoformat()} has no zone", remedy="add one: datetime(…, tzinfo=UTC)")
    return moment

"""The contract of a graph store. A public method does the bookkeeping; an ``_underscore`` method is an adapter's."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from kgtwin.errors import QueryRejectedError, StoreError
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue, Inference, RiskAssessment
from kgtwin.model.knowledge import KnowledgeGraph
from kgtwin.model.submission import Receipt, Revision, Submission
from kgtwin.model.twin import Table
from kgtwin.store import reads, writes
from kgtwin.store.cypher import check_read_only
from kgtwin.store.cypher_parameters import check_given, check_parameters
from kgtwin.store.records import CodeUsage, Work
from kgtwin.store.schema import Dialect

T = TypeVar("T")


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class GraphStore(ABC):
    """Patients' facts, what follows from them, and the taxonomy, in one graph with one change feed.

    A write is one transaction and, if it changes anything, one revision: global integers without a gap. Writers
    never interleave. A receipt is given after the commit, never before. Facts are never overwritten: a newer version
    closes them (``revisionTo``), and ``as_of`` reads the graph as it was known at a revision. A store is an
    asynchronous context manager.

    Every method may raise ``StoreUnavailableError`` where a server is gone, and ``StoreError`` where the store is
    closed or, for the writing ones, read-only.
    """

    dialect: Dialect

    def __init__(self, *, read_only: bool = False, clock: Callable[[], datetime] = system_clock) -> None:
        self.read_only = read_only
        self._clock = clock
        self._is_open = False
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Open the store; read-write creates it where it does not exist yet.

        Raises:
            StoreLockedError: if another process holds it.
            StoreCorruptError: if its file cannot be read.
            StoreUnavailableError: if no server answers.
            StoreAuthenticationError: if the server refuses the user or password.
            NotFoundError: if it is opened read-only and there is none.
        """
        if not self._is_open:
            await self._open()
            self._is_open = True

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

    async def write(self, submission: Submission, *, atomic: bool = False) -> Receipt:
        """Write a submission, whole or not at all; the receipt comes after the commit.

        Idempotent by source, resource and version. A resource whose patient is unknown, and a version that was
        received before with other content, are left out and named in the receipt's problems. Its ``patients`` are
        those whose current facts or record changed; their stored inferences are gone until they are inferred again.
        With ``atomic``, one resource that is left out leaves out all: nothing is written, and the receipt says why.
        """
        work = writes.submissions_work
        return (await self._change(lambda: work([submission], self.dialect, self._clock, atomic=atomic)))[0]

    async def write_all(self, submissions: Sequence[Submission]) -> tuple[Receipt, ...]:
        """Write submissions of one source together: one transaction, one revision, a receipt for each.

        Raises:
            StoreError: if they come from several sources; nothing is written.
        """
        if not submissions:
            return ()
        if len({one.source for one in submissions}) > 1:
            raise StoreError("submissions of several sources cannot be written together", remedy="write them apart")
        return await self._change(lambda: writes.submissions_work(submissions, self.dialect, self._clock))

    async def write_inferences(self, inferences: Sequence[Inference]) -> Revision | None:
        """Replace what is stored for exactly those patients.

        A patient whose facts changed after ``Inference.revision`` is left out: what follows from old facts is never
        stored beside new ones. ``Revision.patients`` are those written; None if none was.

        Raises:
            NotFoundError: if one of the patients is not in the store; nothing is written.
        """
        if not inferences:
            return None
        return await self._change(lambda: writes.inferences_work(inferences, self.dialect, self._clock))

    async def write_knowledge(self, graph: KnowledgeGraph) -> Revision | None:
        """Replace the taxonomy; None if this digest is already there."""
        return await self._change(lambda: writes.knowledge_work(graph, self.dialect, self._clock))

    async def knowledge(self) -> KnowledgeGraph | None:
        """The stored taxonomy, with the concepts that facts alone use; None before ``write_knowledge``."""
        return await self._look(reads.knowledge)

    async def patients(self, *, after: str | None = None, limit: int | None = None) -> tuple[PatientRecord, ...]:
        """The patients by key, after a key if one is given."""
        return await self._look(lambda: reads.patients(after, limit))

    async def patient(self, key: str, *, as_of: int | None = None) -> PatientRecord | None:
        """A patient's record, now or as known at a revision; None if unknown then."""
        return await self._look(lambda: reads.patient(key, as_of))

    async def known(self, patient_keys: Iterable[str]) -> frozenset[str]:
        """Which of the keys are patients of this store."""
        keys = sorted(set(patient_keys))
        return await self._look(lambda: reads.known(keys))

    async def facts(self, key: str, *, as_of: int | None = None) -> tuple[Fact, ...]:
        """A patient's current facts, now or as known at a revision, by kind, start and id."""
        return await self._look(lambda: reads.facts(key, as_of))

    async def fact(self, id: str) -> Fact | None:  # FHIR's word
        """A fact by its id, current or not."""
        return await self._look(lambda: reads.fact(id, self.dialect))

    async def issues(self, key: str) -> tuple[DetectedIssue, ...]:
        """A patient's stored issues, the gravest first. None stored is not safety: see ``inference``."""
        return await self._look(lambda: reads.issues(key))

    async def issue(self, id: str) -> DetectedIssue | None:
        """A stored issue by its id."""
        return await self._look(lambda: reads.issue(id))

    async def risks(self, key: str) -> tuple[RiskAssessment, ...]:
        """A patient's stored predictions, the most plausible first."""
        return await self._look(lambda: reads.risks(key))

    async def inference(self, key: str) -> Inference | None:
        """All that is stored as following for a patient; None if not inferred since the facts last changed."""
        return await self._look(lambda: reads.inference(key))

    async def revision(self) -> int:
        """The last revision; 0 in an empty store."""
        return await self._look(reads.revision)

    async def patient_revision(self, key: str) -> int | None:
        """The last revision that changed a patient's current facts or record; None if unknown."""
        return await self._look(lambda: reads.patient_revision(key))

    async def revisions(self, *, after: int = 0, limit: int | None = None) -> tuple[Revision, ...]:
        """The change feed after a revision, in order."""
        return await self._look(lambda: reads.revisions(after, limit))

    async def resolve(self, at: datetime) -> int:
        """The revision that was current at a system time (with its zone); 0 before the first."""
        return await self._look(lambda: reads.resolve(writes.format_time(at)))

    async def counts(self) -> dict[str, int]:
        """How many of each there are: ``patients``, ``facts`` (current), each fact kind, ``issues``, ``concepts``…"""
        return await self._look(reads.counts)

    async def codes(self) -> tuple[CodeUsage, ...]:
        """The first coding of every current fact, counted, the most frequent first."""
        return await self._look(lambda: reads.codes(self.dialect))

    async def cypher(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109  # the store itself stops the query
    ) -> Table:
        """The answer of one read-only Cypher query, at most ``limit`` rows, stopped after ``timeout`` seconds.

        Raises:
            QueryRejectedError: if it could write, does not parse, or needs more memory than the store allows.
            QueryTimeoutError: if it ran out of time; it no longer runs.
        """
        text = check_read_only(query)
        if limit < 0 or timeout <= 0:
            raise QueryRejectedError("limit or timeout is negative", expected="limit ≥ 0 and timeout > 0")
        self._check_open()
        given = check_parameters(parameters or {}, self.dialect.name)
        check_given(text, given)
        return await self._query(text, given, limit, timeout)

    async def _look(self, work: Callable[[], Work[T]]) -> T:
        self._check_open()
        return await self._read(work)

    async def _change(self, work: Callable[[], Work[T]]) -> T:
        self._check_open()
        if self.read_only:
            raise StoreError("the store was opened read-only", remedy="open it read-write")
        async with self._writing:
            return await self._write(work)

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

    @abstractmethod
    async def _query(self, query: str, parameters: dict[str, Any], limit: int, seconds: float) -> Table:
        """Run a query that passed the guard, read-only, and really stop it when its time is over."""

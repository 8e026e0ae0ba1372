"""The contract of a graph store. A public method does the bookkeeping; an ``_underscore`` method is an adapter's."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from kgtwin.errors import QueryRejectedError, StoreError, UsageError
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.feed import Change, Compaction, Consumer
from kgtwin.model.history import FactVersion
from kgtwin.model.issue import DetectedIssue, Inference, RiskAssessment
from kgtwin.model.knowledge import KnowledgeGraph
from kgtwin.model.override import Override
from kgtwin.model.submission import Receipt, Revision, Submission
from kgtwin.model.twin import Table
from kgtwin.store import (
    batches,
    conclusions,
    erasure,
    feed,
    overrides,
    reads,
    refreshing,
    taxonomy,
    units,
    withdrawn,
    writes,
)
from kgtwin.store.concluding import Conclude
from kgtwin.store.core import StoreCore
from kgtwin.store.cypher import check_read_only
from kgtwin.store.cypher_parameters import check_given, check_parameters
from kgtwin.store.records import CodeUsage, Known
from kgtwin.store.refreshing import Mark, Told
from kgtwin.store.schema import SCHEMA_VERSION
from kgtwin.store.transaction import format_time, last
from kgtwin.store.units import Frame, Unit


class GraphStore(StoreCore):
    """Patients' facts, what follows from them, and the taxonomy, in one graph with one change feed.

    A write is one transaction and, if it changes anything, one revision: global integers without a gap. Writers
    never interleave. A receipt is given after the commit, never before. Facts are never overwritten: a newer version
    closes them (``revisionTo``), and ``as_of`` reads the graph as it was known at a revision. A store is an
    asynchronous context manager.

    Every method may raise ``StoreUnavailableError`` where a server is gone, and ``StoreError`` where the store is
    closed or, for the writing ones, read-only.
    """

    async def write(self, submission: Submission, *, atomic: bool = False, conclude: Conclude | None = None) -> Receipt:
        """Write a submission, whole or not at all; the receipt comes after the commit.

        Idempotent by source, resource and version. A resource whose patient is unknown, and a version that was
        received before with other content, are left out and named in the receipt's problems. Its ``patients`` are
        those whose current facts or record changed; their stored inferences are gone, and what ``conclude`` says of
        each is stored instead, in the same transaction; without it nothing is, until they are inferred again.
        With ``atomic``, one resource that is left out leaves out all: nothing is written, and the receipt says why.
        """
        work = partial(writes.write, [submission], self.dialect, self._clock, atomic=atomic, conclude=conclude)
        return (await self._change(work))[0]

    async def write_all(
        self, submissions: Sequence[Submission], *, conclude: Conclude | None = None
    ) -> tuple[Receipt, ...]:
        """Write submissions of one source together: one transaction, one revision, a receipt for each.

        Raises:
            StoreError: if they come from several sources; nothing is written.
        """
        if not submissions:
            return ()
        if len({one.source for one in submissions}) > 1:
            raise StoreError("submissions of several sources cannot be written together", remedy="write them apart")
        return await self._change(partial(writes.write, submissions, self.dialect, self._clock, conclude=conclude))

    async def write_inferences(self, inferences: Sequence[Inference]) -> Revision | None:
        """Replace what is stored for exactly those patients.

        A patient whose facts changed after ``Inference.revision`` is left out: what follows from old facts is never
        stored beside new ones. ``Revision.patients`` are those written; None if none was.

        Raises:
            NotFoundError: if one of the patients is not in the store; nothing is written.
        """
        if not inferences:
            return None
        return await self._change(lambda: conclusions.write(inferences, self.dialect, self._clock))

    async def write_knowledge(self, graph: KnowledgeGraph) -> Revision | None:
        """Replace the taxonomy; None if this digest is already there."""
        return await self._change(lambda: taxonomy.write(graph, self.dialect, self._clock))

    async def knowledge_digest(self) -> str:
        """The digest of the ontology whose taxonomy is stored; empty before ``write_knowledge``."""
        return await self._look(taxonomy.digest)

    async def knowledge(self) -> KnowledgeGraph | None:
        """The stored taxonomy, with the concepts that facts alone use; None before ``write_knowledge``."""
        return await self._look(taxonomy.read)

    async def patients(
        self, *, after: str | None = None, limit: int | None = None, as_of: int | None = None
    ) -> tuple[PatientRecord, ...]:
        """The patients by key, after a key if one is given, now or as known at a revision."""
        return await self._look_as_of(as_of, lambda moment: batches.patients(after, limit, moment, self.dialect))

    async def patient(self, key: str, *, as_of: int | None = None) -> PatientRecord | None:
        """A patient's record, now or as known at a revision; None if unknown then."""
        return await self._look_as_of(as_of, lambda moment: reads.patient(key, moment))

    async def known(self, patient_keys: Iterable[str]) -> frozenset[str]:
        """Which of the keys are patients of this store."""
        keys = sorted(set(patient_keys))
        return await self._look(lambda: reads.known(keys))

    async def facts(self, key: str, *, as_of: int | None = None) -> tuple[Fact, ...]:
        """A patient's current facts, now or as known at a revision, by kind, start and id."""
        return await self._look_as_of(as_of, lambda moment: reads.facts(key, moment))

    async def known_as(self, key: str, *, as_of: int | None = None) -> Known | None:
        """A patient's record and facts, now or as known at a revision, all at that one; None if unknown then."""
        return await self._look(lambda: reads.known_as(key, as_of, self.dialect))

    async def facts_of(self, keys: Sequence[str], *, as_of: int | None = None) -> dict[str, tuple[Fact, ...]]:
        """The facts of many patients, each as ``facts`` gives them, in one transaction; of a server in two statements.

        A key that is no patient's, or no longer, is left out.
        """
        return await self._look_as_of(as_of, lambda moment: batches.facts(keys, moment, self.dialect))

    async def fact(self, id: str) -> Fact | None:  # FHIR's word
        """A fact by its id, current or not."""
        return await self._look(lambda: reads.fact(id, self.dialect))

    async def history(self, fact: str) -> tuple[FactVersion, ...]:
        """What each received version of a fact's resource said in its place; empty if there is no such fact."""
        return await self._look(lambda: reads.history(fact, self.dialect))

    async def withdrawn(self, key: str, *, as_of: int | None = None) -> tuple[tuple[Fact, str], ...]:
        """A patient's facts that their source took back (entered in error, deleted), and how; the later first."""
        return await self._look(lambda: withdrawn.withdrawn(key, as_of))

    async def issues(self, key: str, *, as_of: int | None = None) -> tuple[DetectedIssue, ...]:
        """A patient's stored issues, now or as told at a revision, the gravest first.

        None stored is not safety: see ``inference``.
        """
        return await self._look_as_of(as_of, lambda moment: conclusions.issues(key, moment))

    async def issues_of(self, keys: Sequence[str], *, as_of: int | None = None) -> dict[str, tuple[DetectedIssue, ...]]:
        """The stored issues of many patients, each as ``issues`` gives them; a key that is no patient's is left out."""
        return await self._look_as_of(as_of, lambda moment: batches.issues(keys, moment, self.dialect))

    async def issue(self, id: str) -> DetectedIssue | None:
        """A stored issue by its id."""
        return await self._look(lambda: conclusions.issue(id))

    async def issue_patient(self, id: str) -> str | None:
        """The key of the patient whom a stored issue, a present or a past one, is about; None if there is none."""
        return await self._look(lambda: batches.issue_patient(id))

    async def risks(self, key: str, *, as_of: int | None = None) -> tuple[RiskAssessment, ...]:
        """A patient's stored predictions, now or as told at a revision, the most plausible first."""
        return await self._look_as_of(as_of, lambda moment: conclusions.risks(key, moment))

    async def inference(self, key: str, *, as_of: int | None = None) -> Inference | None:
        """All that is, or at a revision was, stored as following for a patient.

        None if it was not inferred since the facts last changed.
        """
        return await self._look_as_of(as_of, lambda moment: conclusions.inference(key, moment))

    async def told(self, keys: Sequence[str]) -> dict[str, Told]:
        """With which knowledge, for when and since when the conclusions of patients were stored; none: left out."""
        return await self._look(lambda: refreshing.told(keys))

    async def versions_told(self, *, after: int = 0) -> dict[str, int]:
        """The knowledge of all conclusions that were written after a revision, with the number of patients."""
        return await self._look(lambda: refreshing.versions(after))

    async def models_told(self) -> tuple[str, ...]:
        """The embeddings that stored predictions are from."""
        return await self._look(refreshing.models)

    async def refreshed(self) -> Mark | None:
        """Where the last refresh ended: up to there all conclusions are what its knowledge says. None: never."""
        return await self._look(refreshing.mark)

    async def finish_refresh(self, knowledge: str, model: str, *, after: int) -> Revision | None:
        """Say that all conclusions are what a knowledge says; a refresh that began at revision ``after`` saw to it.

        None, and nothing is said, where another process stored conclusions from other knowledge meanwhile.
        """
        return await self._change(lambda: refreshing.finish(knowledge, model, after, self.dialect, self._clock))

    async def override(self, given: Override) -> Override:
        """Record an override of an issue; with the time and the id that it got.

        Raises:
            NotFoundError: if its patient is not in the store.
        """
        return await self._change(lambda: overrides.write(given, self.dialect, self._clock))

    async def overrides(self, key: str | None = None, *, as_of: int | None = None) -> tuple[Override, ...]:
        """The overrides of a patient's issues, or of all, now or as known at a revision, the first made first."""
        return await self._look_as_of(as_of, lambda moment: overrides.read(key, moment))

    async def erase(self, key: str) -> Revision:
        """Remove a patient whole (the right to erasure): nothing of it stays, and the revision names no one.

        Other patients keep what is theirs. What the database's files held may stay on the disk until they are
        written anew: see ``rewrite``.

        Raises:
            NotFoundError: if it is unknown.
        """
        return await self._change(lambda: erasure.erase(key, self.dialect, self._clock))

    async def rewrite(self) -> bool:
        """Write the store's files anew, so that nothing that was removed is left in them.

        The store then has another identity, so that views of it are built anew too. False where the database keeps
        its files itself, as a server does.
        """
        self._check_open()
        return False

    async def identity(self) -> str:
        """What tells this store from every other one; a restored backup has another."""
        return await self._look(reads.identity)

    async def revision(self) -> int:
        """The last revision; 0 in an empty store."""
        return await self._look(last)

    async def patient_revision(self, key: str) -> int | None:
        """The last revision that changed a patient's current facts or record; None if unknown."""
        return await self._look(lambda: reads.patient_revision(key))

    async def revisions(self, *, after: int = 0, limit: int | None = None) -> tuple[Revision, ...]:
        """The change feed after a revision, in order.

        Raises:
            FeedCompactedError: if what changed after it is no longer told.
        """
        return await self._look_as_of(None, lambda moment: feed.revisions(after, limit, moment))

    async def changes(self, *, after: int = 0, limit: int | None = None) -> tuple[Change, ...]:
        """The change feed after a revision, with the facts that each one opened and closed.

        Raises:
            FeedCompactedError: as ``revisions``.
        """
        return await self._look_as_of(None, lambda moment: feed.changes(after, limit, moment))

    async def consumers(self) -> tuple[Consumer, ...]:
        """Who reads the feed under a name, and how far each has come."""
        return await self._look(feed.consumers)

    async def advance(self, name: str, position: int) -> Consumer:
        """Remember that a consumer has dealt with all revisions up to one; the first time makes it known.

        Raises:
            UsageError: if the position is before the consumer's, or there is no such revision yet.
        """
        return await self._change(lambda: feed.advance(name, position, self.dialect, self._clock))

    async def forget_consumer(self, name: str) -> None:
        """Remove a consumer, so that it no longer keeps the feed from being compacted.

        Raises:
            NotFoundError: if there is none of that name.
        """
        await self._change(lambda: feed.forget(name, self.dialect))

    async def compact(self, upto: int) -> Compaction:
        """Drop from the feed what revisions changed, up to ``upto``; their numbers and times stay.

        What a consumer has not read yet is kept. Facts, history and conclusions are not touched.
        """
        return await self._change(lambda: feed.compact(upto, self.dialect))

    def news(self) -> asyncio.Event:
        """Set when this object next commits a write; take it before you look, and no change is missed."""
        return self._news

    async def resolve(self, at: datetime) -> int:
        """The revision that was current at a system time (with its zone); 0 before the first."""
        return await self._look(lambda: feed.resolve(format_time(at)))

    async def units(self, keys: Sequence[str]) -> tuple[Unit, ...]:
        """Everything that is some patients' own, for a copy; patients that are not there are left out."""
        return await self._look(lambda: units.read(keys))

    async def frame(self) -> Frame:
        """Everything that is no patient's own, and the keys of the patients, at one moment."""
        return await self._look(units.read_frame)

    async def begin_restore(self, frame: Frame) -> None:
        """Begin to copy into this store, which is none until ``end_restore``.

        Raises:
            UsageError: if it is not empty.
        """
        if not await self._change(lambda: units.begin(self.dialect)):
            raise UsageError("the store is not empty", where=self.where, remedy="restore into a new one")
        await self._change(lambda: units.write_frame(frame, self.dialect))

    async def restore(self, given: Sequence[Unit]) -> None:
        """Copy patients that are not there yet, in one transaction."""
        await self._change(lambda: units.write(given, self.dialect))

    async def end_restore(self, frame: Frame) -> None:
        """Make what was copied a store."""
        await self._change(lambda: units.finish(frame, SCHEMA_VERSION))

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

    @abstractmethod
    async def _query(self, query: str, parameters: dict[str, Any], limit: int, seconds: float) -> Table:
        """Run a query that passed the guard, read-only, and really stop it when its time is over."""

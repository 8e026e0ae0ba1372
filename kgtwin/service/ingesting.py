"""From received files and bundles to the store: order, groups, acknowledgements."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from kgtwin.model.problem import Problem
from kgtwin.model.submission import Receipt, Submission
from kgtwin.service.concluding import Concluding
from kgtwin.sources import fhir, reading
from kgtwin.sources.reading import Form
from kgtwin.store.base import GraphStore
from kgtwin.store.concluding import Conclude
from kgtwin.terminology import Terminology

DEFERRED_AT_MOST = 10_000
"""Submissions that wait for their patient before they are written as they are (and rejected if it is unknown)."""
GROUP = 200
"""Submissions of one resource, from standard input, that are committed together: who sends them waits for receipts."""
COLLECTED_EVERY = 100_000
"""Objects made between two looks for garbage while files are loaded: what is decoded has no cycles, and is much."""


class Ingesting(Concluding):
    """The use cases that write what was received."""

    terminology: Callable[[], Terminology]

    async def ingest(
        self,
        paths: Sequence[str],
        *,
        source: str,
        form: Form = Form.AUTO,
        vocabulary: str | None = None,
        conclude: bool = False,
        at: datetime | None = None,
        at_once: int | None = None,
    ) -> AsyncIterator[Receipt]:
        """Read files and write what they say, one receipt a submission, each after its commit.

        Submissions are committed together, ``at_once`` resources and facts or as many as the store takes best; each has
        its own receipt. One about a patient who is not known yet waits until all else is written. ``vocabulary`` is
        where OMOP's vocabulary tables are, when not with the others. With ``conclude``, what follows at ``at`` (or now)
        is stored with the facts.
        """
        writing = _Writing(self.store, self.concluder(at) if conclude else None)
        read = reading.read(paths, source=source, terminology=self.terminology(), form=form, vocabulary=vocabulary)
        groups = _Groups(read, alone="-" in paths, size=at_once or self.store.at_once)
        with _seldom_collected():
            async for group in self._in_order(groups):
                for receipt in await writing.then(group):
                    yield receipt
            for receipt in await writing.then([]):
                yield receipt
        if conclude:
            await self.write_taxonomy()

    async def _in_order(self, groups: _Groups) -> AsyncIterator[list[Submission]]:
        """The groups to write, those that wait for their patient last."""
        deferred: list[Submission] = []
        met: set[str] = set()
        for submission in groups.read:
            met |= {r.record.key for r in submission.resources if r.record is not None}
            after = bool(deferred) and any(r.deleted for r in submission.resources)  # of what waits, perhaps
            if len(deferred) < DEFERRED_AT_MOST and (await self._strangers(submission, met) or after):
                deferred.append(submission)
            elif group := groups.add(submission):
                yield group
        for submission in deferred:
            if group := groups.add(submission):
                yield group
        if groups.open:
            yield groups.open

    async def _strangers(self, submission: Submission, met: set[str]) -> bool:
        """Whether a submission is about a patient neither met so far nor in the store; ``met`` grows."""
        missing = submission.patients - met
        if missing:
            met |= await self.store.known(missing)
        return not submission.patients <= met

    async def submit(
        self, data: bytes, *, source: str, label: str, request: fhir.Request | None = None
    ) -> tuple[str | None, Receipt]:
        """One bundle or resource, as received over HTTP; the bundle's type and the receipt.

        A transaction is atomic: one rejected entry rejects all. Of any other bundle each entry stands for itself.
        ``request`` is the PUT or DELETE of a resource by itself. What follows for the patients now is stored with it.
        """
        submission = fhir.decode(data, label=label, source=source, terminology=self.terminology(), request=request)
        kind = fhir.bundle_type(data)
        atomic = kind == "transaction"
        if atomic and any(problem.rejected for problem in submission.problems):
            return kind, _refused(submission)
        return kind, await self.store.write(submission, atomic=atomic, conclude=self.concluder())


class _Groups:
    """Submissions to commit together: of some ``size``; ``alone``, each bundle by itself, as soon as it is read."""

    def __init__(self, read: Iterator[Submission], *, alone: bool, size: int) -> None:
        self.read = read
        self.open: list[Submission] = []
        self._alone, self._size, self._filled = alone, size, 0

    def add(self, submission: Submission) -> list[Submission]:
        """Add one; the group, if that completes it."""
        self.open.append(submission)
        self._filled += sum(1 + len(resource.facts) for resource in submission.resources)
        is_bundle = len(submission.resources) > 1
        if not (self._alone and (is_bundle or len(self.open) >= GROUP)) and self._filled < self._size:
            return []
        full, self.open, self._filled = self.open, [], 0
        return full


class _Writing:
    """Writes behind the reader's back: while one group is written, the next is read and decoded."""

    def __init__(self, store: GraphStore, conclude: Conclude | None) -> None:
        self._store, self._conclude = store, conclude
        self._task: asyncio.Task[tuple[Receipt, ...]] | None = None

    async def then(self, group: Sequence[Submission]) -> tuple[Receipt, ...]:
        """Begin to write a group; the answer is the receipts of the one before, which is committed by now."""
        receipts = await self._task if self._task is not None else ()
        self._task = asyncio.create_task(self._store.write_all(group, conclude=self._conclude))
        await asyncio.sleep(0)  # lets the task hand its work to the store's own thread or socket
        return receipts


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage cycles seldom: a third of the time that decoding takes goes into looking at what lives on."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECTED_EVERY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _refused(submission: Submission) -> Receipt:
    extra = Problem(
        "transaction-refused",
        "the transaction is atomic and an entry was rejected: nothing was written",
        remedy="correct the entry, or send the bundle as a batch",
    )
    return Receipt(label=submission.label, revision=None, problems=(*submission.problems, extra))

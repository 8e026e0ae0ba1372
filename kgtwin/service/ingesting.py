"""From received files and bundles to the store: order, groups, acknowledgements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from kgtwin.model.problem import Problem
from kgtwin.model.submission import Receipt, Submission
from kgtwin.sources import fhir, reading
from kgtwin.sources.reading import Form
from kgtwin.store.base import GraphStore
from kgtwin.terminology import Terminology

DEFERRED_AT_MOST = 10_000
"""Submissions that wait for their patient before they are written as they are (and rejected if it is unknown)."""
GROUP = 200
"""Submissions of one resource that are committed together; each keeps its own revision and receipt."""


class Ingesting:
    """The use cases that write what was received."""

    store: GraphStore
    terminology: Callable[[], Terminology]

    async def ingest(
        self, paths: Sequence[str], *, source: str, form: Form = Form.AUTO, vocabulary: str | None = None
    ) -> AsyncIterator[Receipt]:
        """Read files and write what they say, one receipt a submission, each after its commit.

        A submission about a patient who is not known yet waits until all else is written. ``vocabulary`` is where
        OMOP's vocabulary tables are, when not with the others.
        """
        deferred: list[Submission] = []
        group: list[Submission] = []
        met: set[str] = set()
        writing = _Writing(self.store)
        read = reading.read(paths, source=source, terminology=self.terminology(), form=form, vocabulary=vocabulary)
        for submission in read:
            met |= {r.record.key for r in submission.resources if r.record is not None}
            after = bool(deferred) and any(r.deleted for r in submission.resources)  # of what waits, perhaps
            if len(deferred) < DEFERRED_AT_MOST and (await self._strangers(submission, met) or after):
                deferred.append(submission)
                continue
            group.append(submission)
            if len(submission.resources) > 1 or len(group) >= GROUP:
                for receipt in await writing.then(group):
                    yield receipt
                group = []
        for start in range(0, len(deferred) + 1, GROUP):
            for receipt in await writing.then(group + deferred[start : start + GROUP]):
                yield receipt
            group = []
        for receipt in await writing.then([]):
            yield receipt

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
        ``request`` is the PUT or DELETE of a resource by itself.
        """
        submission = fhir.decode(data, label=label, source=source, terminology=self.terminology(), request=request)
        kind = fhir.bundle_type(data)
        atomic = kind == "transaction"
        if atomic and any(problem.rejected for problem in submission.problems):
            return kind, _refused(submission)
        return kind, await self.store.write(submission, atomic=atomic)


class _Writing:
    """Writes behind the reader's back: while one group is written, the next is read and decoded."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._task: asyncio.Task[tuple[Receipt, ...]] | None = None

    async def then(self, group: Sequence[Submission]) -> tuple[Receipt, ...]:
        """Begin to write a group; the answer is the receipts of the one before, which is committed by now."""
        receipts = await self._task if self._task is not None else ()
        self._task = asyncio.create_task(self._store.write_all(group))
        await asyncio.sleep(0)  # lets the task hand its work to the store's own thread or socket
        return receipts


def _refused(submission: Submission) -> Receipt:
    extra = Problem(
        "transaction-refused",
        "the transaction is atomic and an entry was rejected: nothing was written",
        remedy="correct the entry, or send the bundle as a batch",
    )
    return Receipt(label=submission.label, revision=None, problems=(*submission.problems, extra))

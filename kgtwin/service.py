"""The use cases, one function each: what every door (CLI, GraphQL, SPARQL, Cypher, FHIR) calls."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kgtwin.errors import KgtwinError, NotFoundError, UsageError
from kgtwin.identifiers import patient_key, to_curie, to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.difference import difference
from kgtwin.inference.predict import Predictor
from kgtwin.model.clinical import true_at
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.history import Difference, FactVersion
from kgtwin.model.issue import DetectedIssue, Inference
from kgtwin.model.problem import Problem
from kgtwin.model.submission import Receipt, Revision, Submission
from kgtwin.model.time import Overlap, read_time
from kgtwin.model.twin import Table, Twin
from kgtwin.sources import fhir, reading
from kgtwin.sources.reading import Form
from kgtwin.store import named, rdf_verify
from kgtwin.store.base import GraphStore
from kgtwin.store.named_run import QueryAnswer, run_query
from kgtwin.store.rdf import SparqlAnswer
from kgtwin.store.rdf_verify import Verification, ViewStatus
from kgtwin.store.rdf_views import CurrentView
from kgtwin.terminology import Terminology

DEFERRED_AT_MOST = 10_000
"""Submissions that wait for their patient before they are written as they are (and rejected if it is unknown)."""
GROUP = 200
"""Submissions of one resource that are committed together; each keeps its own revision and receipt."""


INFERENCES_KEPT = 1_024
"""Inferences kept in memory; an evaluation time that is not asked for is the current minute's start."""
PATIENTS_KEPT = 256
"""Patients whose facts are kept in memory."""


class Known(msgspec.Struct, frozen=True):
    """A patient's record and facts at ``revision``; ``changed`` is the revision that last changed them."""

    changed: int
    revision: int
    record: PatientRecord
    facts: tuple[Fact, ...]


class ConceptView(msgspec.Struct, frozen=True):
    """A concept in the classified knowledge: CURIEs and labels of its neighbours."""

    concept: str
    label: str
    parents: tuple[tuple[str, str], ...]
    ancestors: tuple[tuple[str, str], ...]
    children: tuple[tuple[str, str], ...]


class UnmappedCode(msgspec.Struct, frozen=True):
    """A received code that no known concept stands for, and how many facts carry it."""

    system: str
    code: str
    display: str
    kind: str
    facts: int


class Service:
    """The twin's use cases over one store, one terminology and one classified knowledge.

    ``knowledge`` and ``predictor`` are called when first needed, so that a query that needs neither pays for
    neither. ``now`` is the clock that gives evaluation times where none is asked for.
    """

    def __init__(
        self,
        store: GraphStore,
        terminology: Callable[[], Terminology],
        knowledge: Callable[[], Knowledge],
        predictor: Callable[[], Predictor | None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        unverified: bool = True,
        queries: Sequence[Path] = (),
        view: CurrentView | None = None,
    ) -> None:
        self.store = store
        self.terminology = terminology
        self.knowledge = knowledge
        self.predictor = predictor
        self.now = now
        self.unverified = unverified
        self.query_folders = tuple(queries)
        self._inferences: dict[tuple[str, str, int, str], Inference] = {}
        self._known: dict[str, Known] = {}
        self.view = view or CurrentView(store)

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

    async def twin(self, patient: str, *, at: datetime | None = None, as_of: int | None = None) -> Twin:
        """A patient's facts as known at a revision, and what follows from them at ``at``.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
        """
        key = as_key(patient)
        known = await self._current(key) if as_of is None else await self._past(key, as_of)
        moment = at or self.now().replace(second=0, microsecond=0)
        return Twin(
            patient=known.record, revision=known.revision, facts=known.facts, inference=self._infer(known, moment)
        )

    async def _past(self, key: str, as_of: int) -> Known:
        last = await self.store.revision()
        if as_of > last:
            raise NotFoundError(
                f"there is no revision {as_of} yet", expected=f"at most {last}, or a time such as 2020-01-01"
            )
        record = await self.store.patient(key, as_of=as_of)
        if record is None:
            raise _no_patient(key, f" was known at revision {as_of}")
        return Known(as_of, as_of, record, await self.store.facts(key, as_of=as_of))

    async def _current(self, key: str) -> Known:
        """What is known now: kept until the patient's facts change, and read again if they change meanwhile."""
        changed = await self.store.patient_revision(key)
        known = self._known.get(key)
        while known is None or known.changed != changed:
            revision = await self.store.revision()
            record = await self.store.patient(key)
            if record is None or changed is None:
                raise _no_patient(key)
            known = Known(changed, revision, record, await self.store.facts(key))
            changed = await self.store.patient_revision(key)
            if len(self._known) >= PATIENTS_KEPT:
                self._known.clear()
            self._known[key] = known
        return known

    async def facts(self, patient: str, *, as_of: int | None = None, at: datetime | None = None) -> tuple[Fact, ...]:
        """A patient's facts as known at a revision; with ``at``, those that were, or may have been, true then.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
        """
        key = as_key(patient)
        known = await self._current(key) if as_of is None else await self._past(key, as_of)
        return tuple(one for one in known.facts if at is None or true_at(one, at) is not Overlap.NO)

    async def history(self, fact: str) -> tuple[FactVersion, ...]:
        """What each received version of a fact's resource said in its place.

        Raises:
            NotFoundError: if there is no such fact.
        """
        found = await self.store.history(fact)
        if not found:
            raise NotFoundError(f"no fact {fact}", remedy="`kgtwin twin PATIENT --json` lists facts with their ids")
        return found

    async def difference(
        self, patient: str, before: tuple[int | None, datetime | None], after: tuple[int | None, datetime | None]
    ) -> Difference:
        """What changed for a patient from one moment (revision, clinical time) to another, and why.

        Raises:
            NotFoundError: if the patient was not known then, or there is no such revision yet.
        """
        old, new = [await self.twin(patient, as_of=as_of, at=at) for as_of, at in (before, after)]
        return difference(old, new)

    async def erase(self, patient: str, *, rewrite: bool = True) -> Revision:
        """Remove a patient whole: the right to erasure; with ``rewrite`` also from what is left in an embedded file.

        Raises:
            NotFoundError: if it is unknown.
        """
        revision = await self.store.erase(as_key(patient))
        self._known.clear()
        self._inferences.clear()
        if rewrite:
            await self.store.rewrite()
            if self.view.exists:
                await self.view.refresh()
        return revision

    async def everyone(self, *, as_of: int | None = None) -> AsyncIterator[tuple[PatientRecord, tuple[Fact, ...]]]:
        """Every patient, by key, with the facts: the current ones, or those known at a revision."""
        after: str | None = None
        while records := await self.store.patients(after=after, limit=GROUP):
            for current in records:
                record = current if as_of is None else await self.store.patient(current.key, as_of=as_of)
                if record is not None:
                    yield record, await self.store.facts(record.key, as_of=as_of)
            after = records[-1].key

    def replace_knowledge(self, knowledge: Knowledge) -> None:
        """Answers with another knowledge from the next question on; one that is being answered ends on the old one."""
        self.knowledge = lambda: knowledge
        self._inferences.clear()

    def _infer(self, known: Known, at: datetime) -> Inference:
        knowledge = self.knowledge()
        key = (known.record.key, at.isoformat(), known.changed, knowledge.ontology.digest)
        found = self._inferences.get(key)
        if found is None:
            found = infer(
                known.record.key,
                known.record,
                known.facts,
                knowledge,
                at=at,
                revision=known.revision,
                predictor=self.predictor(),
                unverified=self.unverified,
            )
            if len(self._inferences) >= INFERENCES_KEPT:
                self._inferences.clear()
            self._inferences[key] = found
        return found

    async def infer(
        self, patients: Iterable[str] | None = None, *, at: datetime | None = None
    ) -> AsyncIterator[Inference]:
        """Infer some patients, or all, and keep the conclusions in the graph."""
        moment = at or self.now()
        await self.store.write_knowledge(self.knowledge().graph())
        keys = [p.key for p in await self.store.patients()] if patients is None else [as_key(p) for p in patients]
        for start in range(0, len(keys), GROUP):
            twins = [await self.twin(key, at=moment) for key in keys[start : start + GROUP]]
            found = [twin.inference for twin in twins if twin.inference is not None]
            await self.store.write_inferences(found)
            for inference in found:
                yield inference

    async def issue(self, issue_id: str) -> DetectedIssue:
        """A stored issue.

        Raises:
            NotFoundError: if no current issue has this id.
        """
        found = await self.store.issue(issue_id)
        if found is None:
            raise NotFoundError(
                f"no issue {issue_id}", remedy="run `kgtwin infer` first; issues go when their facts change"
            )
        return found

    def concept(self, concept: str) -> ConceptView:
        """A concept of the knowledge, by CURIE or IRI.

        Raises:
            NotFoundError: if the knowledge has no such class.
        """
        knowledge, iri = self.knowledge(), to_iri(concept)
        if iri not in knowledge.classes:
            raise NotFoundError(f"no concept {concept}", remedy="give a CURIE such as snomed:44054006")
        tree = knowledge.classification
        return ConceptView(
            concept=to_curie(iri),
            label=knowledge.label(iri),
            parents=_named(knowledge, tree.parents(iri)),
            ancestors=_named(knowledge, tree.ancestors(iri)),
            children=_named(knowledge, tree.children(iri)),
        )

    async def unmapped(self) -> tuple[UnmappedCode, ...]:
        """Received codes that no known concept stands for, most frequent first."""
        classes = self.knowledge().classes
        counted: Counter[tuple[str, str, str, str]] = Counter()
        for usage in await self.store.codes():
            if not any(to_iri(concept) in classes for concept in usage.concepts):
                counted[usage.system or "", usage.code or "", usage.display or "", usage.kind] += usage.count
        return tuple(UnmappedCode(*code, facts) for code, facts in counted.most_common())

    async def revisions(self, *, after: int = 0, limit: int | None = None) -> tuple[Revision, ...]:
        """The change feed after a revision."""
        return await self.store.revisions(after=after, limit=limit)

    async def cypher(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        *,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109 - the store itself stops the query
    ) -> Table:
        """A read-only Cypher query."""
        return await self.store.cypher(query, parameters, limit=limit, timeout=timeout)

    async def sparql(
        self,
        query: str,
        *,
        format: str | None = None,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109 - the view itself stops the query
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        substitutions: Mapping[str, str] | None = None,
    ) -> SparqlAnswer:
        """A SPARQL query over the RDF view, brought to the store's revision first; see ``RdfView.query``."""
        return await self.view.query(
            query,
            format=format,
            limit=limit,
            timeout=timeout,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            substitutions=substitutions,
        )

    def queries(self) -> tuple[named.NamedQuery, ...]:
        """The named queries, shipped and of the installation's own folders."""
        return named.named_queries(self.query_folders)

    def query(self, name: str) -> named.NamedQuery:
        """A named query.

        Raises:
            NotFoundError: if there is none of that name.
        """
        return named.named_query(name, self.query_folders)

    async def run_query(
        self,
        name: str,
        parameters: Mapping[str, object] | None = None,
        *,
        language: str | None = None,
        limit: int = 10_000,
        timeout: float = 30.0,  # noqa: ASYNC109 - the store or the view stops the query
    ) -> QueryAnswer:
        """The answer of a named query, in Cypher where it has it; parameters that are not given have their defaults."""

        async def cypher(text: str, bound: dict[str, object]) -> Table:
            return await self.cypher(text, bound, limit=limit, timeout=timeout)

        async def sparql(text: str) -> tuple[bytes, bool]:
            found = await self.sparql(text, format="json", limit=limit, timeout=timeout)
            return found.body, found.truncated

        today, dialect = self.now().date().isoformat(), self.store.dialect.name
        return await run_query(
            self.query(name),
            parameters or {},
            today=today,
            dialect=dialect,
            language=language,
            cypher=cypher,
            sparql=sparql,
        )

    async def view_status(self) -> ViewStatus:
        """How the RDF view stands beside the store."""
        return await rdf_verify.status(self.store, self.view)

    async def verify_view(self) -> Verification:
        """Compare the RDF view, brought to the store's revision, with what the store says."""
        return await rdf_verify.verify(self.store, self.view)

    async def rebuild_view(self) -> ViewStatus:
        """Build the RDF view anew.

        Raises:
            StoreLockedError: if another process is updating it.
        """
        await self.view.refresh(rebuild=True)
        return await self.view_status()

    async def resolve(self, as_of: str | int | None) -> int | None:
        """A revision number, or the revision that was current at a system time (digits alone are a number).

        Raises:
            UsageError: if it is neither.
        """
        if as_of is None or isinstance(as_of, int):
            return as_of
        if as_of.isdecimal():
            return int(as_of)
        try:
            moment = read_time(as_of)
        except KgtwinError as error:
            raise UsageError(f"{as_of!r}: {error.message}", expected="a revision number or a time") from None
        assert moment is not None
        return await self.store.resolve(moment)

    async def close(self) -> None:
        """End what the service started; the store is its opener's to close."""
        await self.view.close()


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


def as_key(patient: str) -> str:
    """A patient's key; a bare id means the source ``local``.

    >>> as_key("1234"), as_key("ward-3|1234")
    ('local|1234', 'ward-3|1234')
    """
    return patient if "|" in patient else patient_key("local", patient)


def _no_patient(key: str, when: str = "") -> NotFoundError:
    return NotFoundError(f"no patient {key}{when}", remedy="ingest it first, or name its source: SOURCE|ID")


def _refused(submission: Submission) -> Receipt:
    extra = Problem(
        "transaction-refused",
        "the transaction is atomic and an entry was rejected: nothing was written",
        remedy="correct the entry, or send the bundle as a batch",
    )
    return Receipt(label=submission.label, revision=None, problems=(*submission.problems, extra))


def _named(knowledge: Knowledge, iris: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((to_curie(iri), knowledge.label(iri)) for iri in iris if iri in knowledge.classes))

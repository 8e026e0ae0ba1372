"""Twins: what is known of patients, what follows, what changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kgtwin.errors import KgtwinError, NotFoundError, UsageError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.editing import Archive
from kgtwin.inference.explaining.axiom_difference import untold, with_knowledge
from kgtwin.inference.explaining.difference import difference
from kgtwin.inference.predicting.predict import Predictor
from kgtwin.model.consent import Permission, consent_from_json
from kgtwin.model.history import Difference, FactVersion
from kgtwin.model.issue import Inference
from kgtwin.model.ontology import Ontology
from kgtwin.model.predicted import Refutation
from kgtwin.model.purposes import TREATMENT
from kgtwin.model.score import Score
from kgtwin.model.submission import Revision
from kgtwin.model.time import read_time
from kgtwin.model.twin import Twin
from kgtwin.service.asking import Asking
from kgtwin.service.consenting import permitted
from kgtwin.service.deciding import Deciding
from kgtwin.service.ingesting import GROUP, Ingesting
from kgtwin.service.ordering import Ordering
from kgtwin.service.past import PastViews
from kgtwin.service.reading import as_key
from kgtwin.service.refreshing import Refreshed, Refreshing
from kgtwin.service.simulating import Simulating
from kgtwin.sources.fhir.consents import read_consent
from kgtwin.store.base import GraphStore
from kgtwin.store.rdf_views import CurrentView
from kgtwin.store.records import Known
from kgtwin.terminology import Terminology


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


class Service(Ingesting, Ordering, Asking, Deciding, Simulating, Refreshing):
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
        archive: Archive | None = None,
    ) -> None:
        self.store = store
        self.terminology = terminology
        self.knowledge = knowledge
        self.predictor = predictor
        self.now = now
        self.unverified = unverified
        self.query_folders = tuple(queries)
        self.archive = archive or Archive()
        self.refreshing: Refreshed | None = None
        self._inferences = {}
        self._known: dict[str, Known] = {}
        self.view = view or CurrentView(store)
        self._moments = PastViews(store)

    async def twin(
        self,
        patient: str,
        *,
        at: datetime | None = None,
        as_of: int | None = None,
        scores: bool = False,
        consent: Permission | None = None,
    ) -> Twin:
        """A patient's facts as known at a revision, and what follows from them at ``at``; equations with ``scores``.

        With ``consent`` only what that permits.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
        """
        known = await self._one(patient, as_of)
        moment = at or self.now().replace(second=0, microsecond=0)
        inference = self._infer(known, moment, scores=scores, consent=consent)
        if consent is None:
            inference = await self._compared(known, inference, as_of)
        left = permitted(known, consent, self.knowledge(), moment)
        return Twin(patient=left.record, revision=known.revision, facts=left.facts, inference=inference)

    def consent(self, data: bytes, purpose: str = TREATMENT) -> Permission:
        """What a consent (a FHIR R4 Consent, or kgtwin's own form) permits now to whoever asks for a purpose.

        Raises:
            InputError: if it cannot be read, or says something that kgtwin cannot keep to.
            UsageError: if there is no such purpose.
        """
        classes = self.knowledge().classes
        found = (
            read_consent(data, self.terminology(), lambda curie: to_iri(curie) in classes)
            if b'"resourceType"' in data
            else consent_from_json(data)
        )
        return found.for_use(purpose, self.now())

    async def scores(
        self, patient: str, *, equation: str | None = None, at: datetime | None = None, as_of: int | None = None
    ) -> tuple[Score, ...]:
        """What the published equations, or one of them, make of a patient's facts; none of a patient who has died.

        Raises:
            NotFoundError: if no such patient was known, there is no such revision yet, or no such equation.
        """
        equations = {to_curie(iri): one.label for iri, one in self.knowledge().equations.items()}
        wanted = None if equation is None else to_curie(to_iri(equation))
        if wanted is not None and wanted not in equations:
            raise NotFoundError(f"no equation {equation}", expected="one of " + ", ".join(equations))
        found = (await self.twin(patient, at=at, as_of=as_of, scores=True)).inference
        return tuple(one for one in (found.scores if found else ()) if wanted in (None, one.equation))

    async def refutations(
        self, patient: str, *, at: datetime | None = None, as_of: int | None = None, consent: Permission | None = None
    ) -> tuple[Refutation, ...]:
        """The predicted relations that the ontology refutes, with the proofs that they cannot be.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
        """
        known = await self._one(patient, as_of)
        moment = at or self.now().replace(second=0, microsecond=0)
        return self._infer_afresh(known, moment, consent=consent, refutations=True).refutations

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
        self,
        patient: str,
        before: tuple[int | None, datetime | None],
        after: tuple[int | None, datetime | None],
        *,
        ontology_before: Ontology | None = None,
    ) -> Difference:
        """What changed for a patient from one moment (revision, clinical time) to another, and why.

        Where what was told then rests on another ontology, what that changed is said too, the better with the old
        ontology at hand.

        Raises:
            NotFoundError: if the patient was not known then, or there is no such revision yet.
            UsageError: if ``ontology_before`` is not the one of then.
        """
        old, new = [await self.twin(patient, as_of=as_of, at=at) for as_of, at in (before, after)]
        found, knowledge = difference(old, new), self.knowledge()
        told = await self.store.inference(old.patient.key, as_of=old.revision)
        if told is None or told.knowledge == knowledge.version:
            return found if told is not None else msgspec.structs.replace(found, knowledge=untold(knowledge.version))
        again = self._infer(await self._one(old.patient.key, told.revision), read_time(told.at) or self.now())
        return with_knowledge(found, told, again, knowledge.ontology, ontology_before)

    async def erase(self, patient: str, *, rewrite: bool = True) -> Revision:
        """Remove a patient whole: the right to erasure; with ``rewrite`` also from what is left in an embedded file.

        Raises:
            NotFoundError: if it is unknown.
        """
        revision = await self.store.erase(as_key(patient))
        self._known.clear()
        self._inferences.clear()
        await self._moments.clear()
        if rewrite:
            await self.store.rewrite()
            if self.view.exists:
                await self.view.refresh()
        return revision

    async def infer(
        self, patients: Iterable[str] | None = None, *, at: datetime | None = None, consent: Permission | None = None
    ) -> AsyncIterator[Inference]:
        """Infer some patients, or all, and keep the conclusions in the graph.

        One whose facts change meanwhile keeps nothing that followed from the old ones. What follows under a consent
        is not kept, for what is kept is read by those who ask for other purposes.
        """
        moment = at or self.now()
        if consent is None:
            await self.write_taxonomy()
        async for group in self.everyone_known() if patients is None else self._some_known(patients):
            found = []
            for known in group:
                inference = self._infer(known, moment, keep=patients is not None, consent=consent)
                found.append(inference if consent is not None else await self._compared(known, inference))
                await asyncio.sleep(0)  # others are answered meanwhile
            if consent is None:
                await self.store.write_inferences(found)
            for inference in found:
                yield inference

    async def _some_known(self, patients: Iterable[str]) -> AsyncIterator[Sequence[Known]]:
        keys = list(patients)
        for start in range(0, len(keys), GROUP):
            yield [await self._one(key, None) for key in keys[start : start + GROUP]]

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
        await self._moments.clear()
        await self.view.close()


def _named(knowledge: Knowledge, iris: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((to_curie(iri), knowledge.label(iri)) for iri in iris if iri in knowledge.classes))

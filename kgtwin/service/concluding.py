"""What follows for patients: inferred when asked, or with the facts that it follows from; kept in the graph."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec

from kgtwin.errors import NotFoundError
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.editing import Archive, Edit, mentioned
from kgtwin.inference.issues.found import Evaluation, Found
from kgtwin.inference.person import differences
from kgtwin.inference.predicting.predict import Predictor
from kgtwin.inference.proofs.export import document_of, found_in, ruled_in
from kgtwin.inference.proofs.minimal import minimal_derivations
from kgtwin.model.caveat import Caveat
from kgtwin.model.consent import Permission
from kgtwin.model.derivation import MinimalDerivations
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue, Inference
from kgtwin.model.proof_document import ProofDocument
from kgtwin.service.reading import Reading
from kgtwin.store.concluding import Conclude
from kgtwin.store.records import Known

INFERENCES_KEPT = 1_024
"""Inferences kept in memory; an evaluation time that is not asked for is the current minute's start."""

Key = tuple[str, str, int, str]
"""A patient, a moment, the revision that changed the facts, the digest of the knowledge."""

_log = logging.getLogger(__name__)


class Remembered(NamedTuple):
    """What follows for a patient, and the classes that the patient's record and facts mention."""

    inference: Inference
    mentioned: frozenset[str]

    def outlives(self, edit: Edit) -> bool:
        """Whether an edit leaves it as it is; scores rest on more than a patient's classes."""
        return not self.inference.scores and not edit.touches(self.mentioned)


class Concluding(Reading):
    """The use cases that infer."""

    predictor: Callable[[], Predictor | None]
    unverified: bool
    archive: Archive
    _inferences: dict[Key, Remembered]

    def edit_to(self, knowledge: Knowledge) -> Edit:
        """What is edited between the knowledge that answers and another one; takes a second, in any thread."""
        return Edit(self.archive.content(self.knowledge()), self.archive.content(knowledge))

    def replace_knowledge(self, knowledge: Knowledge, edit: Edit | None = None) -> None:
        """Answers with another knowledge from the next question on; one that is being answered ends on the old one.

        ``edit`` says what was edited: what it cannot touch stays in memory, with the version that it was worked out
        with. Without it, all is worked out again.
        """
        kept = {} if edit is None else {key: one for key, one in self._inferences.items() if one.outlives(edit)}
        digest = knowledge.ontology.digest
        self.knowledge = lambda: knowledge
        self._inferences = {(key[0], key[1], key[2], digest): one for key, one in kept.items()}

    def concluder(self, at: datetime | None = None) -> Conclude:
        """What a write stores of the patients that it changes.

        An inference that fails never takes the facts with it: nothing is stored for that patient, the log says so.
        """
        moment = at or self.now()

        def conclude(record: PatientRecord, facts: tuple[Fact, ...], revision: int) -> Inference | None:
            try:
                return self._infer_afresh(Known(revision, revision, record, facts), moment)
            except Exception:
                _log.exception("what follows for a patient was not inferred; its facts are stored")
                return None

        return conclude

    async def proof(self, told: DetectedIssue, *, at: datetime | None = None) -> ProofDocument:
        """The proof of an issue as a document that others can check; ``at`` is its time, where that is known exactly.

        Raises:
            NotFoundError: it does not follow from today's knowledge.
        """
        found, evaluation, known = await self._found(told, at)
        return document_of(found, evaluation, known.record, known.facts)

    async def derivations(self, told: DetectedIssue, *, limit: int, at: datetime | None = None) -> MinimalDerivations:
        """All minimal derivations of an issue, the best first, at most ``limit``; ``at`` as of ``proof``.

        Raises:
            NotFoundError: it does not follow from today's knowledge, or a rule raises it.
        """
        found, evaluation, _ = await self._found(told, at)
        if isinstance(found, DetectedIssue):
            raise NotFoundError(
                f"{told.id} is raised by a rule: of these there are no minimal derivations",
                where=told.patient,
                expected="an issue of a statement",
                remedy="read its derivation with `kgtwin explain`, or write its proof with `--proof`",
            )
        return minimal_derivations(found, evaluation, limit)

    async def _found(self, told: DetectedIssue, at: datetime | None) -> tuple[Found | DetectedIssue, Evaluation, Known]:
        """An issue found anew, at the time and from the facts that it was evaluated with; of a rule as it is."""
        known = await self._one(told.patient, told.revision)
        moment = at or datetime.fromisoformat(told.at)
        answer = found_in(told.patient, known.record, known.facts, self.knowledge(), at=moment, revision=known.revision)
        if answer is not None:
            evaluation, issues = answer
            for one in issues:
                if one.issue.id == told.id:
                    return one, evaluation, known
            for ruled in ruled_in(evaluation, issues) if told.kind.of_rule else ():
                if ruled.id == told.id:
                    return ruled, evaluation, known
        raise NotFoundError(
            f"{told.id} does not follow any more",
            where=told.patient,
            expected=f"the knowledge that it was inferred with, {told.knowledge}",
            remedy="run `kgtwin infer` again",
        )

    async def write_taxonomy(self) -> None:
        """Keep the taxonomy that conclusions rest on in the graph, unless it is there, and what the knowledge says."""
        knowledge = self.knowledge()
        await asyncio.to_thread(self.archive.keep, knowledge)
        if await self.store.knowledge_digest() != knowledge.ontology.digest:
            await self.store.write_knowledge(knowledge.graph)

    def _infer(
        self,
        known: Known,
        at: datetime,
        *,
        keep: bool = True,
        scores: bool = False,
        consent: Permission | None = None,
    ) -> Inference:
        if consent is not None:
            return self._infer_afresh(known, at, scores=scores, consent=consent)
        key = (known.record.key, at.isoformat(), known.changed, self.knowledge().ontology.digest)
        remembered = self._inferences.get(key)
        found = remembered.inference if remembered is not None else None
        if found is None or (scores and not found.scores):
            found = self._infer_afresh(known, at, scores=scores)
            if keep:
                self._keep(key, Remembered(found, mentioned(known.record, known.facts)))
        return found if found.revision == known.revision else _as_of(found, known.revision)

    def _keep(self, key: Key, found: Remembered) -> None:
        if len(self._inferences) >= INFERENCES_KEPT:
            self._inferences.clear()
        self._inferences[key] = found

    async def _compared(self, known: Known, found: Inference, as_of: int | None = None) -> Inference:
        """With what the other records of the same person (``Patient.link``) say differently of birth and sex."""
        caveats: list[Caveat] = []
        for key in known.record.links:
            other = await self.store.patient(key, as_of=as_of)
            caveats += differences(known.record, other) if other is not None else ()
        return msgspec.structs.replace(found, caveats=(*found.caveats, *caveats)) if caveats else found

    def _infer_afresh(
        self,
        known: Known,
        at: datetime,
        *,
        scores: bool = False,
        consent: Permission | None = None,
        refutations: bool = False,
    ) -> Inference:
        return infer(
            known.record.key,
            known.record,
            known.facts,
            self.knowledge(),
            at=at,
            revision=known.revision,
            predictor=self.predictor(),
            unverified=self.unverified,
            scores=scores,
            consent=consent,
            refutations=refutations,
        )


def _as_of(found: Inference, revision: int) -> Inference:
    """What follows from the same facts as known at another revision."""
    issues = tuple(msgspec.structs.replace(issue, revision=revision) for issue in found.issues)
    scores = tuple(msgspec.structs.replace(score, revision=revision) for score in found.scores)
    return msgspec.structs.replace(found, revision=revision, issues=issues, scores=scores)

"""What follows for patients: inferred when asked, or with the facts that it follows from; kept in the graph."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.predict import Predictor
from kgtwin.model.consent import Permission
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.service.reading import Reading
from kgtwin.store.concluding import Conclude
from kgtwin.store.records import Known

INFERENCES_KEPT = 1_024
"""Inferences kept in memory; an evaluation time that is not asked for is the current minute's start."""

_log = logging.getLogger(__name__)


class Concluding(Reading):
    """The use cases that infer."""

    predictor: Callable[[], Predictor | None]
    unverified: bool
    _inferences: dict[tuple[str, str, int, str], Inference]

    def replace_knowledge(self, knowledge: Knowledge) -> None:
        """Answers with another knowledge from the next question on; one that is being answered ends on the old one."""
        self.knowledge = lambda: knowledge
        self._inferences.clear()

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

    async def write_taxonomy(self) -> None:
        """Keep the taxonomy that conclusions rest on in the graph, unless it is there."""
        knowledge = self.knowledge()
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
        found = self._inferences.get(key)
        if found is None or (scores and not found.scores):
            found = self._infer_afresh(known, at, scores=scores)
            if keep:
                self._keep(key, found)
        return found if found.revision == known.revision else _as_of(found, known.revision)

    def _keep(self, key: tuple[str, str, int, str], found: Inference) -> None:
        if len(self._inferences) >= INFERENCES_KEPT:
            self._inferences.clear()
        self._inferences[key] = found

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

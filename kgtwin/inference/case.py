"""One patient as received, and what answers about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from kgtwin.inference.infer import infer
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference


class Case(msgspec.Struct, frozen=True):
    """A patient, the facts known at a revision, and the knowledge; ``unverified`` as for ``infer``."""

    patient: str
    record: PatientRecord | None
    facts: tuple[Fact, ...]
    knowledge: Knowledge
    revision: int
    unverified: bool = True

    def infer(self, facts: Iterable[Fact], at: datetime, *, scores: bool = False) -> Inference:
        """What follows at a moment from some facts; with ``scores`` also what published equations make of them."""
        return infer(
            self.patient,
            self.record,
            facts,
            self.knowledge,
            at=at,
            revision=self.revision,
            unverified=self.unverified,
            scores=scores,
        )

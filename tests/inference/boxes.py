"""What is asserted of a patient, for programs that realise it themselves."""

from __future__ import annotations

from datetime import datetime

from kgtwin.inference import Knowledge
from kgtwin.inference.evaluating import evaluate
from kgtwin.inference.person import believed
from kgtwin.inference.realising.abox import ABox
from kgtwin.inference.realising.selection import deceased
from kgtwin.model.fact import Fact, PatientRecord


def box_of(record: PatientRecord, facts: tuple[Fact, ...], knowledge: Knowledge, at: datetime) -> ABox | None:
    """The assertions that `infer` realises, which do not contradict the ontology; None of the dead."""
    if deceased(believed(record, at)[0], at):
        return None
    return evaluate(record.key, record, facts, knowledge, at=at, revision=1).evaluation.box

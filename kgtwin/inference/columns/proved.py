"""The whole of an issue that was found on rows of numbers: its words, its derivation, its caveats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kgtwin.inference.abox import abox
from kgtwin.inference.columns.finding import Finding
from kgtwin.inference.evaluating import instant
from kgtwin.inference.issues import Evaluation, detected_issues
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.observed import observed
from kgtwin.inference.person import coherent, told_of
from kgtwin.inference.results import results
from kgtwin.inference.selection import select
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue


def proved(
    finding: Finding,
    patient: str,
    record: PatientRecord | None,
    facts: Iterable[Fact],
    knowledge: Knowledge,
    *,
    at: datetime,
    revision: int,
) -> DetectedIssue:
    """The issue as `infer` gives it, worked out from the facts that it rests on alone.

    ``facts`` are those that the patient's rows were made of, in the same order.
    """
    every = tuple(facts)
    some = tuple(every[place] for place in sorted(finding.facts))
    selected = select(some, at, knowledge.roles.wash_outs)
    said, _ = observed(some, knowledge, at)
    readings, _ = results(some, knowledge, at)
    box = abox((*selected, *said), readings, told_of(coherent(record), at), knowledge)
    realisation = knowledge.classification.realise(box.assertions)
    evaluation = Evaluation(patient, at, instant(at), revision, knowledge, box, realisation)
    wanted = finding.id_for(patient)
    found = detected_issues(evaluation, {finding.statement.iri})
    return next(issue for issue in found if issue.id == wanted)

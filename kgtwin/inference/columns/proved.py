"""The whole of an issue that was found on rows of numbers: its words, its derivation, its caveats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kgtwin.inference.columns.finding import Finding
from kgtwin.inference.evaluating import instant, tell
from kgtwin.inference.issues.found import Evaluation, detected_issues
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import coherent
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue


def proved(
    finding: Finding,
    patient: str,
    record: PatientRecord | None,
    facts: Iterable[Fact | None],
    knowledge: Knowledge,
    *,
    at: datetime,
    revision: int,
) -> DetectedIssue:
    """The issue as `infer` gives it, worked out from the facts that it rests on alone.

    ``facts`` are those that the patient's rows were made of, by their places, None where there is none any more.
    """
    every = tuple(facts)
    some = tuple(fact for place in sorted(finding.facts) if (fact := every[place]) is not None)
    box = tell(coherent(record), some, knowledge, at, _beside(some, every, knowledge)).box
    realisation = knowledge.classification.realise(box.assertions)
    evaluation = Evaluation(patient, at, instant(at), revision, knowledge, box, realisation)
    wanted = finding.id_for(patient)
    found = detected_issues(evaluation, {finding.statement.iri})
    return next(issue for issue in found if issue.id == wanted)


def _beside(some: Sequence[Fact], every: Sequence[Fact | None], knowledge: Knowledge) -> list[Fact]:
    """What else is recorded of what lasts for a time only, if something of that is among ``some`` facts."""
    lasting, ids = knowledge.durations.of, {fact.id for fact in some}
    if all(lasting(fact) is None for fact in some):
        return []
    return [fact for fact in every if fact is not None and fact.id not in ids and lasting(fact) is not None]

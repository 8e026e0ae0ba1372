"""The whole of an issue that was found on rows of numbers: its words, its derivation, its caveats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kgtwin.inference.columns.finding import Finding
from kgtwin.inference.evaluating import instant, tell
from kgtwin.inference.issues.found import Evaluation, detected_issues
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import coherent
from kgtwin.model.fact import Fact, FactKind, PatientRecord
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
    passing: Sequence[Fact] | None = None,
) -> DetectedIssue:
    """The issue as `infer` gives it, worked out from the facts that it rests on alone.

    ``facts`` are those that the patient's rows were made of, by their places, None where there is none any more;
    ``passing`` those of `passing_conditions`, where they are known.
    """
    every = tuple(facts)
    some = tuple(fact for place in sorted(finding.facts) if (fact := every[place]) is not None)
    beside: Sequence[Fact] = ()
    if any(knowledge.durations.of(fact) is not None for fact in some):
        beside = passing_conditions(every, knowledge) if passing is None else passing
    ids = {fact.id for fact in some}
    others = [fact for fact in beside if fact.id not in ids]
    box = tell(coherent(record), some, knowledge, at, others).box
    realisation = knowledge.classification.realise(box.assertions)
    evaluation = Evaluation(patient, at, instant(at), revision, knowledge, box, realisation)
    wanted = finding.id_for(patient)
    found = detected_issues(evaluation, {finding.statement.iri})
    return next(issue for issue in found if issue.id == wanted)


def passing_conditions(facts: Iterable[Fact | None], knowledge: Knowledge) -> tuple[Fact, ...]:
    """The conditions among facts that last for a time only: several may be of one course."""
    conditions = (fact for fact in facts if fact is not None and fact.kind is FactKind.CONDITION)
    return tuple(fact for fact in conditions if knowledge.durations.of(fact) is not None)

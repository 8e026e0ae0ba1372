"""How tests ask a what-if."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kgtwin.inference import Knowledge
from kgtwin.inference.whatif.simulation import simulate
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.simulation import Change, Outcome
from tests.inference.factory import AT, patient


def asked(
    facts: Sequence[Fact],
    changes: Sequence[Change],
    knowledge: Knowledge,
    record: PatientRecord | None = None,
    at: datetime = AT,
    after: Sequence[str] = (),
    scores: bool = False,
) -> Outcome:
    """What follows for a woman born in 1960, unless another patient is given."""
    who = record or patient(birth_date="1960-01-01", gender="female")
    return simulate(who.key, who, facts, changes, knowledge, at=at, revision=3, after=after, scores=scores)


def statements(issues: Sequence[DetectedIssue]) -> list[str]:
    """Their statements, in order."""
    return sorted(issue.statement for issue in issues)

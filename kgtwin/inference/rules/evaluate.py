"""All rules on one patient."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.rules.building import Builder
from kgtwin.inference.rules.burden import burdens
from kgtwin.inference.rules.care_gaps import care_gaps
from kgtwin.inference.rules.dose import Limits
from kgtwin.inference.rules.monitoring import Monitoring
from kgtwin.inference.rules.taking import taken_now
from kgtwin.model.caveat import Caveat
from kgtwin.model.issue import DetectedIssue


class RuleFindings(msgspec.Struct, frozen=True):
    """What rules raise, and why they may not have raised more."""

    issues: tuple[DetectedIssue, ...] = ()
    caveats: tuple[Caveat, ...] = ()


def rule_issues(evaluation: Evaluation, said: Sequence[DetectedIssue] = ()) -> RuleFindings:
    """Missing monitoring, cumulated burdens, doses against renal function, untreated indications.

    ``said`` are the issues of statements: a rule does not repeat them.
    """
    knowledge, builder, taken = evaluation.knowledge, Builder(evaluation), taken_now(evaluation)
    systemic = [one for one in taken if any(dose.local is not True for dose in one.doses)]
    monitoring = Monitoring(builder, knowledge, evaluation.facts, evaluation.moment)
    found = [
        *burdens(taken, said, builder, knowledge),
        *Limits(builder, evaluation, said).evaluate(systemic),
        *monitoring.evaluate(systemic),
        *care_gaps(builder, evaluation),
    ]
    issues = tuple(one for one in found if isinstance(one, DetectedIssue))
    return RuleFindings(issues, tuple(one for one in found if isinstance(one, Caveat)))

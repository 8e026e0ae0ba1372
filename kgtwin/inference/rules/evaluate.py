"""All rules on one patient: what they raise, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.rules import burden, care_gaps, dose, monitoring
from kgtwin.inference.rules.building import Builder
from kgtwin.inference.rules.implausible import implausible_doses
from kgtwin.inference.rules.known import Known, Realised
from kgtwin.inference.rules.raised import Doubt, Raised, Said
from kgtwin.inference.rules.taking import Taken, taken_now
from kgtwin.model.caveat import Caveat
from kgtwin.model.issue import DetectedIssue


class RuleFindings(msgspec.Struct, frozen=True):
    """What rules raise, and why they may not have raised more."""

    issues: tuple[DetectedIssue, ...] = ()
    caveats: tuple[Caveat, ...] = ()


def decided(
    known: Known, said: Sequence[Said] = (), *, withheld: bool = False, taken: Sequence[Taken] | None = None
) -> Iterator[Raised | Doubt]:
    """Missing monitoring, cumulated burdens, doses against renal function, untreated indications.

    ``said`` is what statements say: a rule does not repeat it. ``withheld``: there may be facts that consent keeps
    from being used. ``taken`` is what is taken now, where that was looked up already.
    """
    taken = taken_now(known) if taken is None else taken
    systemic = [one for one in taken if one.systemic]
    yield from burden.burdens(taken, said, known.knowledge)
    yield from dose.Limits(known, said, withheld=withheld).evaluate(systemic)
    yield from monitoring.Monitoring(known).evaluate(systemic)
    yield from care_gaps.care_gaps(known)


def rule_issues(evaluation: Evaluation, said: Sequence[DetectedIssue] = ()) -> RuleFindings:
    """What rules raise about a patient beside the issues of statements, ``said``, with words and derivations."""
    known, builder = Realised(evaluation), Builder(evaluation)
    before = [Said(one.statement, one.significance, frozenset(i.fact for i in one.implicated)) for one in said]
    issues: list[DetectedIssue] = []
    caveats: list[Caveat] = []
    taken = taken_now(known)
    for one in decided(known, before, withheld=evaluation.withheld, taken=taken):
        if isinstance(one, Raised):
            issues.append(_told(one, builder, known))
        else:
            caveats.append(one())
    return RuleFindings(tuple(issues), (*implausible_doses(taken, known), *caveats))


def _told(raised: Raised, builder: Builder, known: Known) -> DetectedIssue:
    match raised:
        case burden.Burden():
            return burden.tell(raised, builder, known.knowledge)
        case dose.AboveLimit():
            return dose.tell(raised, builder, known.knowledge)
        case monitoring.MissingMonitoring():
            return monitoring.tell(raised, builder, known)
        case care_gaps.Untreated():
            return care_gaps.tell(raised, builder, known)
    raise AssertionError("every family of rules tells what it raises")

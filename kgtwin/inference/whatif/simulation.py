"""What-if: a twin changed without touching the received one, inferred beside it at each moment that matters."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from kgtwin.errors import InvalidResourceError, KgtwinError, UsageError
from kgtwin.inference.case import Case
from kgtwin.inference.evaluating import instant
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.whatif.changing import Changing
from kgtwin.inference.whatif.forward.running import Projecting
from kgtwin.inference.whatif.hypothesis import Hypothesis
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.history import FactDifference, IssueDifference, Reason
from kgtwin.model.issue import DetectedIssue, Inference
from kgtwin.model.score import Score
from kgtwin.model.simulation import Change, Effect, Outcome, Refused, ScoreDifference, Step, SupposeProjection, words
from kgtwin.model.time import duration, read_time
from kgtwin.terminology import Terminology

MOST_CHANGES: Final = 200
MOST_MOMENTS: Final = 100
"""A what-if infers up to three times at each moment."""
ABOUT_ALL: Final = frozenset({CaveatCode.DECEASED, CaveatCode.CONTRADICTION, CaveatCode.PATIENT_NOT_RECEIVED})
"""Caveats that touch all of a patient's answers."""
T = TypeVar("T")


class _Planned(msgspec.Struct, frozen=True):
    """A change with the moment at which it is made."""

    change: Change
    moment: datetime


def simulate(
    patient: str,
    record: PatientRecord | None,
    facts: Iterable[Fact],
    changes: Sequence[Change],
    knowledge: Knowledge,
    *,
    at: datetime,
    revision: int,
    after: Sequence[str] = (),
    terminology: Terminology | None = None,
    unverified: bool = True,
    scores: bool = False,
) -> Outcome:
    """What would follow, were the changes made: at ``at``, at each later change, and at the moments ``after``.

    These are FHIR dates or durations after ``at``. A change that names no fact is refused with what there is, and the
    others are made. Changes of one moment are made in the order given. Nothing is stored. With ``scores`` each step
    says how published scores move, which takes longer than all else.

    Raises:
        UsageError: if there are too many changes or moments, or one of ``after`` is no time.
    """
    case = Case(patient, record, tuple(facts), knowledge, revision, unverified)
    return finished(each_step(case, changes, at, after, terminology, scores=scores))


def finished(work: Generator[None, None, T]) -> T:
    """What work that is done in parts gives in the end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: T = end.value
            return found


def each_step(
    case: Case,
    changes: Sequence[Change],
    at: datetime,
    after: Sequence[str] = (),
    terminology: Terminology | None = None,
    *,
    scores: bool = False,
) -> Generator[None, None, Outcome]:
    """``simulate`` in parts: it stops after every moment, so that others can be answered meanwhile.

    Raises:
        UsageError: as ``simulate``.
    """
    _check(changes, after)
    knowledge = case.knowledge
    later = [moment_of(one, at) for one in after]
    planned, refused = _planned(changes, at)
    walk = _Walk(case, Changing(knowledge, Names(knowledge, terminology)), at, scores=scores)
    for moment in sorted({at, *(max(one.moment, at) for one in planned), *later}):
        walk.go(moment, [one for one in planned if max(one.moment, at) == moment])
        yield
    return Outcome(
        patient=case.patient,
        at=instant(at),
        revision=case.revision,
        knowledge=knowledge.version,
        before=walk.before.issues,
        steps=tuple(walk.steps),
        refused=(*refused, *walk.refused),
        caveats=tuple(one for one in walk.before.caveats if one.code in ABOUT_ALL),
        assumptions=walk.hypothesis.assumptions,
    )


class _Walk:
    """A what-if on its way through time."""

    def __init__(self, case: Case, changing: Changing, at: datetime, *, scores: bool) -> None:
        self._case, self._changing, self._at, self._scores = case, changing, at, scores
        self._projecting = Projecting(case, at)
        self.hypothesis = Hypothesis(case.patient, case.facts)
        self.before = self._previous = case.infer(case.facts, at, scores=scores)
        self.steps: list[Step] = []
        self.refused: list[Refused] = []

    def go(self, moment: datetime, planned: Iterable[_Planned]) -> None:
        """On to a moment, and make there what is planned for it."""
        unchanged = (
            self.before if moment == self._at else self._case.infer(self._case.facts, moment, scores=self._scores)
        )
        drifted = self._inferred(moment, unchanged)
        made = tuple(words(one.change) for one in planned if self._make(one))
        changed = self._inferred(moment, unchanged) if made else drifted
        step = Step(
            at=instant(moment),
            changes=made,
            facts=self.hypothesis.changed,
            issues=changed.issues,
            effect=effect(unchanged, changed, self.hypothesis.changed),
            since=tuple(_since(self._previous, drifted, changed, self.hypothesis.changed)),
        )
        self.steps.append(step)
        self._previous = changed

    def _inferred(self, moment: datetime, unchanged: Inference) -> Inference:
        """What follows from the hypothesis as it is."""
        return (
            self._case.infer(self.hypothesis.facts, moment, scores=self._scores)
            if self.hypothesis.changed
            else unchanged
        )

    def _concrete(self, one: _Planned) -> tuple[Change, tuple[str, ...]]:
        """A change as facts can say it: a projection is the result that it would be."""
        if not isinstance(one.change, SupposeProjection):
            return one.change, ()
        result = self._projecting.as_result(one.change, self.hypothesis.facts, one.moment)
        text = f"{words(one.change)}: {result.value:f} {result.unit}, a projection, which is no prognosis"
        return result, (text,)

    def _make(self, one: _Planned) -> bool:
        try:
            change, note = self._concrete(one)
            self.hypothesis = self._changing.make(change, self.hypothesis, one.moment).assuming(note)
        except KgtwinError as error:
            self.refused.append(refusal(one.change, error))
            return False
        return True


def _check(changes: Sequence[Change], after: Sequence[str]) -> None:
    if len(changes) > MOST_CHANGES:
        raise UsageError(f"{len(changes)} changes", expected=f"at most {MOST_CHANGES}")
    if len(changes) + len(after) > MOST_MOMENTS and len({one.when for one in changes}) + len(after) > MOST_MOMENTS:
        raise UsageError("too many moments", expected=f"at most {MOST_MOMENTS}")


def moment_of(text: str | None, at: datetime) -> datetime:
    """A moment named as a date, or as a duration after ``at``.

    Raises:
        UsageError: if it is neither, or lies beyond the calendar.

    >>> from datetime import UTC
    >>> moment_of("P7D", datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
    '2026-01-08T00:00:00+00:00'
    """
    if text is None:
        return at
    try:
        found = at + duration(text) if text.startswith("P") else read_time(text)
    except InvalidResourceError as error:
        expected = "a FHIR date, or an xsd:duration such as P30D"
        raise UsageError(f"{text!r}: {error.message}", expected=expected) from None
    except OverflowError:
        raise UsageError(f"{text!r} lies beyond the calendar", expected="an xsd:duration such as P30D") from None
    assert found is not None, "a text gives a time"
    return found


def _planned(changes: Sequence[Change], at: datetime) -> tuple[list[_Planned], list[Refused]]:
    """The changes in the order of their moments; those of one moment stay as given."""
    planned, refused = [], []
    for change in changes:
        try:
            planned.append(_Planned(change, moment_of(change.when, at)))
        except UsageError as error:
            refused.append(refusal(change, error))
    return sorted(planned, key=lambda one: one.moment), refused


def refusal(change: Change, error: KgtwinError) -> Refused:
    """A change that an error kept from being made."""
    said = (error.code, error.message, error.expected, error.remedy)
    return Refused(change=change, code=said[0], message=said[1], expected=said[2], remedy=said[3])


def effect(unchanged: Inference, changed: Inference, facts: tuple[FactDifference, ...] = ()) -> Effect:
    """What two inferences of one patient at one moment differ in, issues followed by their ids."""
    if unchanged is changed:
        return Effect(stay=len(unchanged.issues))
    old, new = ({issue.id: issue for issue in one.issues} for one in (unchanged, changed))
    both = [(old[id_], new[id_]) for id_ in new if id_ in old]
    differing = tuple(
        IssueDifference(before=a, after=b, reason=Reason.FACTS, facts=_behind((a, b), facts))
        for a, b in both
        if _said(a) != _said(b)
    )
    return Effect(
        appear=tuple(issue for id_, issue in new.items() if id_ not in old),
        vanish=tuple(issue for id_, issue in old.items() if id_ not in new),
        change=differing,
        stay=len(both) - len(differing),
        caveats_appear=tuple(one for one in changed.caveats if one not in frozenset(unchanged.caveats)),
        caveats_vanish=tuple(one for one in unchanged.caveats if one not in frozenset(changed.caveats)),
        scores=score_differences(unchanged, changed),
    )


def score_differences(unchanged: Inference, changed: Inference) -> tuple[ScoreDifference, ...]:
    """How published scores move, in the ontology's order; those that stay as they are left out."""
    before = {one.equation: one for one in unchanged.scores}
    found = []
    for after in changed.scores:
        old = before.get(after.equation)
        ends = _ends(old), _ends(after)
        if ends[0] != ends[1]:
            found.append(
                ScoreDifference(
                    score=after.equation,
                    label=after.label,
                    unit=after.unit,
                    kind=after.kind,
                    before=ends[0],
                    after=ends[1],
                )
            )
    return tuple(found)


def _ends(score: Score | None) -> tuple[float | None, float | None] | None:
    """The ends of what came out; None where nothing did."""
    return None if score is None or score.value is None else (score.value.low, score.value.high)


def _said(issue: DetectedIssue) -> tuple[str, frozenset[str]]:
    """What of an issue a reader would see change."""
    return issue.significance.value, frozenset(one.fact for one in issue.implicated)


def _behind(issues: Iterable[DetectedIssue], facts: Iterable[FactDifference]) -> tuple[FactDifference, ...]:
    """The changed facts that issues rest on."""
    leaves = {one.fact for issue in issues for one in issue.implicated}
    leaves |= {ref.fact for issue in issues for ref in issue.derivation.facts}
    return tuple(one for one in facts if any(f is not None and f.id in leaves for f in (one.before, one.after)))


def _since(
    previous: Inference, drifted: Inference, now: Inference, facts: tuple[FactDifference, ...]
) -> Iterator[IssueDifference]:
    """What appears and vanishes from one step to the next.

    Time did it where the same holds without the changes of this step (``drifted``).
    """
    old, new = ({issue.id: issue for issue in one.issues} for one in (previous, now))
    alone = {issue.id for issue in drifted.issues}
    for id_ in [*new, *(one for one in old if one not in new)]:
        before, after = old.get(id_), new.get(id_)
        if before is not None and after is not None:
            continue
        reason = Reason.TIME if (id_ in alone) is (after is not None) else Reason.FACTS
        behind = _behind([one for one in (before, after) if one is not None], facts)
        yield IssueDifference(before=before, after=after, reason=reason, facts=behind)

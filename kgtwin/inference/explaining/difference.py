"""What changed for a patient between two moments: facts, the issues that follow, and why these changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kgtwin.model.fact import Fact
from kgtwin.model.history import Difference, FactDifference, IssueDifference, Moment, Reason
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.twin import Twin

Place = tuple[str, str, str]


def difference(before: Twin, after: Twin) -> Difference:
    """The difference of two inferred twins of one patient, under the same knowledge; see `axiom_difference` for others.

    A fact is followed through its versions (source, resource, part). An issue is followed by its id; it has changed
    where its significance or the facts that it implicates have.
    """
    facts = tuple(_facts(before.facts, after.facts))
    issues = _issues(_by_id(before), _by_id(after), facts, _moment(before).at != _moment(after).at)
    return Difference(
        patient=after.patient.key,
        before=_moment(before),
        after=_moment(after),
        facts=facts,
        issues=tuple(issues),
    )


def _moment(twin: Twin) -> Moment:
    return Moment(twin.revision, twin.inference.at if twin.inference else "")


def _facts(before: Iterable[Fact], after: Iterable[Fact]) -> Iterator[FactDifference]:
    old, new = {_place(one): one for one in before}, {_place(one): one for one in after}
    for place in sorted(old.keys() | new.keys()):
        if old.get(place) != new.get(place):
            yield FactDifference(before=old.get(place), after=new.get(place))


def _place(fact: Fact) -> Place:
    given = fact.provenance
    return given.source, given.resource, given.part


def _by_id(twin: Twin) -> dict[str, DetectedIssue]:
    return {issue.id: issue for issue in twin.inference.issues} if twin.inference else {}


def _issues(
    old: Mapping[str, DetectedIssue], new: Mapping[str, DetectedIssue], facts: tuple[FactDifference, ...], later: bool
) -> Iterator[IssueDifference]:
    for id_ in sorted(old.keys() | new.keys()):
        before, after = old.get(id_), new.get(id_)
        if before is not None and after is not None and _said(before) == _said(after):
            continue
        because = _behind([one for one in (before, after) if one is not None], facts)
        reason = Reason.TIME if later and not because else Reason.FACTS
        yield IssueDifference(before=before, after=after, reason=reason, facts=because)


def _said(issue: DetectedIssue) -> tuple[str, frozenset[str]]:
    return issue.significance.value, frozenset(one.fact for one in issue.implicated)


def _behind(issues: list[DetectedIssue], facts: tuple[FactDifference, ...]) -> tuple[FactDifference, ...]:
    """The changed facts that an issue rests on; else those with a code of one that it rests on (a newer result)."""
    leaves = {ref.fact for issue in issues for ref in issue.derivation.facts}
    leaves |= {one.fact for issue in issues for one in issue.implicated}
    direct = tuple(one for one in facts if leaves & {fact.id for fact in _sides(one)})
    if direct:
        return direct
    codes = {one.coding.code for issue in issues for one in issue.implicated} - {None}
    return tuple(one for one in facts if codes & {c.code for fact in _sides(one) for c in fact.code.codings})


def _sides(one: FactDifference) -> list[Fact]:
    return [fact for fact in (one.before, one.after) if fact is not None]

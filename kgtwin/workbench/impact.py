"""The blast radius of an edit: whose issues come, go or change, and by which edits.

Every patient is inferred under both versions, in memory, at the same evaluation time. The edits responsible for a
change are found by trial: see :mod:`kgtwin.workbench.responsible`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.evaluating import instant
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue, Inference
from kgtwin.workbench.differences import Version, asserted, label
from kgtwin.workbench.edits import Edit, Variants, edits_of
from kgtwin.workbench.inferred import Reasoned
from kgtwin.workbench.responsible import Finder, Question

COMPARED = ("kind", "significance", "title", "detail", "mitigation", "review", "evidence", "implicated", "caveats")
"""What of an issue can change."""


class Effect(StrEnum):
    """What happens to an issue."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


class Case(msgspec.Struct, frozen=True):
    """A patient's record and facts at a revision of the store."""

    record: PatientRecord
    facts: tuple[Fact, ...]
    revision: int


class IssueChange(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one issue of one patient.

    ``before`` and ``after`` are the issue on either side; ``fields`` are those that changed. ``causes`` are the edits
    responsible; ``certain``: it was seen that they suffice, and that none of them can be left out.
    """

    effect: Effect
    before: DetectedIssue | None
    after: DetectedIssue | None
    fields: tuple[str, ...] = ()
    causes: tuple[Edit, ...] = ()
    certain: bool = True

    @property
    def issue(self) -> DetectedIssue:
        """The later one, where there is one."""
        found = self.after or self.before
        assert found is not None
        return found


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """From one version to another: the patients looked at, what changes for them, whose facts newly contradict it."""

    one: Version
    other: Version
    at: str
    patients: int
    changes: tuple[IssueChange, ...]
    contradicted: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether anything changes for anybody."""
        return bool(self.changes or self.contradicted)

    def label(self, iri: str) -> str:
        """An entity's label in the later version, else in the earlier one."""
        return label(self.one, self.other, iri)


class Assessment:
    """Compares what follows for patients under two versions.

    Raises:
        OntologyError: a version has no model, or a statement's annotations are wrong.
    """

    def __init__(self, one: Version, other: Version, *, at: datetime, unverified: bool = True) -> None:
        self.one, self.other, self.at, self._unverified = one, other, at, unverified
        found = asserted(one, other)
        self.edits = edits_of(found)
        self._variants = Variants(Reasoned(one), Reasoned(other), self.edits)
        self._finder = Finder(self.edits, {entity.iri for entity in found.entities})
        self._changes: list[IssueChange] = []
        self._contradicted: list[str] = []
        self._patients = 0

    def add(self, case: Case) -> None:
        """Look at one more patient."""
        self._patients += 1
        if not self.edits:
            return
        before, after = (self._infer(case, each) for each in (self._variants.before, self._variants.after))
        if contradicts(after) and not contradicts(before):
            self._contradicted.append(case.record.key)
        for change in changes(before.issues, after.issues):
            self._changes.append(self._explained(change, case))

    def result(self) -> Impact:
        """What was found for all patients so far, the gravest and then the most frequent statements first."""
        return Impact(
            one=self.one,
            other=self.other,
            at=instant(self.at),
            patients=self._patients,
            changes=tuple(sorted(self._changes, key=_order)),
            contradicted=tuple(self._contradicted),
        )

    def _infer(self, case: Case, knowledge: Knowledge) -> Inference:
        return infer(
            case.record.key,
            case.record,
            case.facts,
            knowledge,
            at=self.at,
            revision=case.revision,
            unverified=self._unverified,
        )

    def _explained(self, change: IssueChange, case: Case) -> IssueChange:
        variant = self._variants.made if change.before is None else self._variants.undone

        def suffices(edits: frozenset[Edit]) -> bool:
            knowledge = variant(edits)
            return knowledge is not None and _is_there(change, self._infer(case, knowledge).issues)

        causes, certain = self._finder.find(Question(change.effect.value, change.before, change.after), suffices)
        return msgspec.structs.replace(change, causes=causes, certain=certain)


def contradicts(inference: Inference) -> bool:
    """Whether a patient's facts contradict the ontology."""
    return any(caveat.code is CaveatCode.CONTRADICTION for caveat in inference.caveats)


def changes(before: Sequence[DetectedIssue], after: Sequence[DetectedIssue]) -> Iterator[IssueChange]:
    """What happens to a patient's issues.

    One issue is the same on both sides by its id, else by its statement and the facts that it rests on.
    """
    rest = {issue.id: issue for issue in before}
    new: list[DetectedIssue] = []
    for issue in after:
        old = rest.pop(issue.id, None)
        if old is None:
            new.append(issue)
        elif fields := changed_fields(old, issue):
            yield IssueChange(effect=Effect.CHANGED, before=old, after=issue, fields=fields)
    left = {_facts(issue): issue for issue in rest.values()}
    for issue in new:
        old = left.pop(_facts(issue), None)
        if old is None:
            yield IssueChange(effect=Effect.GAINED, before=None, after=issue)
        else:
            rest.pop(old.id)
            fields = ("id", *changed_fields(old, issue))
            yield IssueChange(effect=Effect.CHANGED, before=old, after=issue, fields=fields)
    for issue in rest.values():
        yield IssueChange(effect=Effect.LOST, before=issue, after=None)


def changed_fields(old: DetectedIssue, new: DetectedIssue) -> tuple[str, ...]:
    """The names of the fields in which an issue differs; how it was derived is none of them."""
    return tuple(name for name in COMPARED if getattr(old, name) != getattr(new, name))


def _facts(issue: DetectedIssue) -> tuple[str, frozenset[str]]:
    return issue.statement, frozenset(one.fact for one in issue.implicated)


def _is_there(change: IssueChange, issues: Iterable[DetectedIssue]) -> bool:
    """Whether a gained issue is among some, or one that was lost or changed, as it was."""
    wanted = change.before or change.after
    assert wanted is not None
    same = [one for one in issues if one.id == wanted.id or _facts(one) == _facts(wanted)]
    if change.effect is not Effect.CHANGED:
        return bool(same)
    return any(one.id == wanted.id and not set(changed_fields(wanted, one)) & set(change.fields) for one in same)


def _order(change: IssueChange) -> tuple[int, str, str, str, str]:
    issue = change.issue
    return issue.significance.rank, issue.statement, change.effect.value, issue.patient, issue.id

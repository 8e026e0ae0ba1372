"""What a submission changes, decided before anything is written: pure.

Versions of a resource are ordered by numeric ``versionId``, else by ``meta.lastUpdated``, else by arrival.
A version already recorded changes nothing; the same version with other content is a conflict; an older one is
history, never current; a newer one supersedes; a retracted one (entered in error) supersedes and states nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from kgtwin.errors import InvalidResourceError, UnresolvedReferenceError, VersionConflictError
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.problem import Location, Problem
from kgtwin.model.submission import Outcome, ResourceVersion, Submission
from kgtwin.model.time import earliest
from kgtwin.store.records import VersionRecord

History = tuple[VersionRecord, ...]


class Share(msgspec.Struct, frozen=True):
    """What one submission of a write comes to.

    ``opened`` counts the facts it makes current, ``changed`` are the patients whose current facts or record it
    changes, ``recorded`` says whether any version of it was new.
    """

    outcomes: dict[str, int]
    written: dict[str, Outcome]
    problems: tuple[Problem, ...]
    opened: int
    changed: frozenset[str]
    recorded: bool


class WritePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of one write.

    ``opened`` become current; ``shelved`` are recorded but never current; ``closed`` are ids of current facts,
    by kind, that cease to be. ``patients`` are the records that change, ``shelved_patients`` those recorded as
    history alone. ``changed`` are the keys of the patients whose current facts or record change. ``shares`` has one
    entry a submission, in order.
    """

    shares: tuple[Share, ...] = ()
    resources: dict[str, History] = {}
    opened: tuple[Fact, ...] = ()
    shelved: tuple[Fact, ...] = ()
    closed: dict[str, tuple[str, ...]] = {}
    patients: dict[str, PatientRecord] = {}
    shelved_patients: tuple[PatientRecord, ...] = ()
    changed: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.resources


def plan_write(
    submissions: Sequence[Submission],
    existing: Mapping[str, Sequence[VersionRecord]],
    known: AbstractSet[str],
    revision: int,
) -> WritePlan:
    """What ``submissions``, in order, change, given the recorded versions of their resources and the known patients.

    ``existing`` maps a resource (``Condition/c1``) to its recorded versions; ``revision`` is the number that the
    write will have. All come from one source.
    """
    draft = _Draft(existing, revision)
    present = set(known)
    for submission in submissions:
        present |= {v.record.key for v in submission.resources if v.record is not None and not v.retracted}
        draft.begin(submission)
        for version in submission.resources:
            draft.take(version, present)
    return draft.plan()


def refused(plan: WritePlan) -> WritePlan:
    """Nothing of it, for an atomic write one part of which was rejected; the reasons stay."""
    return WritePlan(shares=tuple(Share({}, {}, share.problems, 0, frozenset(), False) for share in plan.shares))


def supersedes(new: ResourceVersion, old: VersionRecord) -> bool:
    """Whether ``new`` counts instead of ``old``.

    >>> new = ResourceVersion(source="s", resource="Condition/c", version="10", content="x", patient=None)
    >>> supersedes(new, VersionRecord(version="9", content="y", revision=1))
    True
    """
    if new.version.isdecimal() and old.version.isdecimal() and int(new.version) != int(old.version):
        return int(new.version) > int(old.version)
    mine, theirs = _instant(new.updated), _instant(old.updated)
    return mine is None or theirs is None or mine >= theirs


def _instant(text: str | None) -> datetime | None:
    try:
        return earliest(text) if text else None
    except InvalidResourceError:
        return None


def _unresolved(submission: Submission, version: ResourceVersion) -> Problem:
    error = UnresolvedReferenceError(
        f"{version.patient} is not in the store and not in this submission",
        expected="a patient that is known",
        remedy="send the Patient first, or in the same bundle",
    )
    return Problem.of(error, Location(file=submission.label, resource=version.resource))


def _conflict(submission: Submission, version: ResourceVersion) -> Problem:
    error = VersionConflictError(
        f"version {version.version} was received before with other content; the first stays",
        expected="a new versionId for new content",
        remedy="correct meta.versionId at the source and send it again",
    )
    return Problem.of(error, Location(file=submission.label, resource=version.resource))


class _Sharing:
    """A share in the making."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.outcomes: Counter[str] = Counter()
        self.written: dict[str, Outcome] = {}
        self.problems: list[Problem] = []
        self.versions: list[tuple[str, str]] = []

    def count(self, version: ResourceVersion, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1
        self.written[version.resource] = outcome

    def done(self, versions: Mapping[str, Sequence[VersionRecord]], moved: Mapping[str, AbstractSet[str]]) -> Share:
        """The share, once it is known which versions are current in the end, and whom each resource's change moves."""
        current = {resource: _current(versions[resource]) for resource, _ in self.versions}
        mine = [r for resource, v in self.versions if (r := current[resource]) is not None and r.version == v]
        return Share(
            outcomes=dict(sorted(self.outcomes.items())),
            written=self.written,
            problems=tuple(self.problems),
            opened=sum(len(_ids(record)) for record in mine),
            changed=frozenset[str]().union(*(moved.get(resource, ()) for resource, _ in self.versions)),
            recorded=bool(self.versions),
        )


class _Draft:
    """A plan in the making: the versions as they stand after the ones taken so far."""

    def __init__(self, existing: Mapping[str, Sequence[VersionRecord]], revision: int) -> None:
        self.revision = revision
        self.sharing: list[_Sharing] = []
        self.versions = {resource: list(records) for resource, records in existing.items()}
        self.touched: set[str] = set()
        self.facts: dict[str, Fact] = {}
        self.records: dict[tuple[str, str], ResourceVersion] = {}
        self.before = {resource: _current(records) for resource, records in existing.items()}

    def begin(self, submission: Submission) -> None:
        """What is taken from now on belongs to this submission."""
        self.sharing.append(_Sharing(submission))

    def take(self, version: ResourceVersion, present: AbstractSet[str]) -> None:
        share = self.sharing[-1]
        if version.patient is not None and version.patient not in present:
            share.problems.append(_unresolved(share.submission, version))
            return
        records = self.versions.setdefault(version.resource, [])
        same = next((r for r in records if r.version == version.version), None)
        if same is not None:
            conflict = same.content != version.content
            share.count(version, Outcome.CONFLICT if conflict else Outcome.UNCHANGED)
            if conflict:
                share.problems.append(_conflict(share.submission, version))
            return
        current = _current(records)
        newer = current is None or supersedes(version, current)
        share.count(version, _outcome(version, current, newer))
        share.versions.append((version.resource, version.version))
        self.touched.add(version.resource)
        if newer and current is not None:
            records[records.index(current)] = msgspec.structs.replace(current, current=False)
        records.append(self._record(version, newer))

    def _record(self, version: ResourceVersion, current: bool) -> VersionRecord:
        facts: dict[str, dict[str, None]] = {}
        stated = () if version.retracted else version.facts
        for fact in stated:
            if self.facts.setdefault(fact.id, fact) is fact:
                facts.setdefault(fact.kind.value, {})[fact.id] = None
        self.records[version.resource, version.version] = version
        return VersionRecord(
            version=version.version,
            content=version.content,
            revision=self.revision,
            patient=version.patient,
            updated=version.updated,
            retracted=version.retracted,
            current=current,
            facts={kind: tuple(ids) for kind, ids in facts.items()},
        )

    def plan(self) -> WritePlan:
        current = {id_ for r in self.touched for id_ in _ids(_current(self.versions[r]))}
        closed: dict[str, list[str]] = {}
        moved: dict[str, frozenset[str]] = {}
        for resource in sorted(self.touched):
            before, after = self.before.get(resource), _current(self.versions[resource])
            if before is after:
                continue
            moved[resource] = frozenset(r.patient for r in (before, after) if r is not None and r.patient is not None)
            for kind, ids in (before.facts if before else {}).items():
                closed.setdefault(kind, []).extend(ids)
        patients, shelved_patients = self._patients()
        return WritePlan(
            shares=tuple(share.done(self.versions, moved) for share in self.sharing),
            resources={resource: tuple(self.versions[resource]) for resource in sorted(self.touched)},
            opened=tuple(f for f in self.facts.values() if f.id in current),
            shelved=tuple(f for f in self.facts.values() if f.id not in current),
            closed={kind: tuple(ids) for kind, ids in closed.items()},
            patients=patients,
            shelved_patients=shelved_patients,
            changed=frozenset(patients).union(*moved.values()),
        )

    def _patients(self) -> tuple[dict[str, PatientRecord], tuple[PatientRecord, ...]]:
        """The records that become current, and those that do not; a retracted Patient leaves a bare key."""
        now: dict[str, PatientRecord] = {}
        past: list[PatientRecord] = []
        for (resource, version), received in self.records.items():
            record = _bare(received) if received.retracted else received.record
            if record is None:
                continue
            current = _current(self.versions[resource])
            if current is not None and current.version == version:
                now[record.key] = record
            elif not received.retracted:
                past.append(record)
        return now, tuple(past)


def _bare(version: ResourceVersion) -> PatientRecord | None:
    """What remains of a patient whose Patient resource was entered in error."""
    if not (version.patient and version.resource.startswith("Patient/")):
        return None
    source, _, id_ = version.patient.partition("|")
    return PatientRecord(key=version.patient, source=source, id=id_, received=False)


def _outcome(version: ResourceVersion, current: VersionRecord | None, newer: bool) -> Outcome:
    if not newer:
        return Outcome.HISTORY
    if version.retracted:
        return Outcome.RETRACTED
    return Outcome.CREATED if current is None else Outcome.SUPERSEDED


def _current(records: Sequence[VersionRecord]) -> VersionRecord | None:
    return next((r for r in records if r.current), None)


def _ids(record: VersionRecord | None) -> list[str]:
    return [] if record is None else [id_ for ids in record.facts.values() for id_ in ids]

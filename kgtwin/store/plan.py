"""What a submission changes, decided before anything is written: pure.

Versions of a resource are ordered by numeric ``versionId``, else by ``meta.lastUpdated``, else by arrival.
A version already recorded changes nothing; the same version with other content is a conflict; an older one is
history, never current; a newer one supersedes; a retracted one (entered in error) supersedes and states nothing.

A delete closes what is current, and states nothing; a later version begins anew. A delete of what is unknown or
deleted changes nothing; where it says which version it is, it is remembered, so that older ones that arrive late stay
history. A version whose writer had not seen the current one is left out (``versioning.precondition_failed``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from kgtwin.errors import InputError, UnresolvedReferenceError, VersionConflictError
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.problem import Location, Problem
from kgtwin.model.submission import Outcome, ResourceVersion, Submission
from kgtwin.store.records import VersionRecord
from kgtwin.store.versioning import (
    current_of,
    instant,
    named,
    number_of,
    precondition_failed,
    recorded,
    successor,
    unnamed,
)

History = tuple[VersionRecord, ...]


class Share(msgspec.Struct, frozen=True):
    """What one submission of a write comes to.

    ``written`` and ``versions`` say of each resource what became of it, and as which version it is recorded.
    ``opened`` counts the facts it makes current, ``changed`` are the patients whose current facts or record it
    changes, ``recorded`` says whether any version of it was new.
    """

    outcomes: dict[str, int]
    written: dict[str, Outcome]
    versions: dict[str, str]
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
    draft = _Draft(existing, known, revision)
    for submission in submissions:
        draft.begin(submission)
        for version in sorted(submission.resources, key=_patients_first):
            draft.take(version)
    return draft.plan()


def _patients_first(version: ResourceVersion) -> bool:
    return version.record is None and not version.resource.startswith("Patient/")


def refused(plan: WritePlan) -> WritePlan:
    """Nothing of it, for an atomic write one part of which was rejected; the reasons stay."""
    return WritePlan(shares=tuple(Share({}, {}, {}, share.problems, 0, frozenset(), False) for share in plan.shares))


def supersedes(new: ResourceVersion, old: VersionRecord) -> bool:
    """Whether ``new`` counts instead of ``old``.

    >>> new = ResourceVersion(source="s", resource="Condition/c", version="10", content="x", patient=None)
    >>> supersedes(new, VersionRecord(version="9", content="y", revision=1))
    True
    """
    number, other = number_of(new.version), number_of(old.version)
    if number is not None and other is not None and number != other:
        return number > other
    mine, theirs = instant(new.updated), instant(old.updated)
    return mine is None or theirs is None or mine >= theirs


def _unresolved(version: ResourceVersion) -> UnresolvedReferenceError:
    return UnresolvedReferenceError(
        f"{version.patient} is not in the store and not in this submission",
        expected="a patient that is known",
        remedy="send the Patient first, or in the same bundle",
    )


def _conflict(version: ResourceVersion) -> VersionConflictError:
    return VersionConflictError(
        f"version {version.version} was received before with other content; the first stays",
        expected="a new versionId for new content",
        remedy="correct meta.versionId at the source and send it again",
    )


def _changed_since() -> VersionConflictError:
    return VersionConflictError(
        "it was changed after this delete; it stays",
        expected="a delete of what is current",
        remedy="delete it again if it is to go",
    )


def _deleted_since() -> VersionConflictError:
    return VersionConflictError(
        "this was received before, and deleted since; it stays deleted",
        expected="a meta.versionId after the delete's",
        remedy="to begin anew, send it with a versionId, or by itself with PUT",
    )


class _Sharing:
    """A share in the making."""

    def __init__(self, submission: Submission) -> None:
        self.submission = submission
        self.outcomes: Counter[str] = Counter()
        self.written: dict[str, Outcome] = {}
        self.named: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.versions: list[tuple[str, str]] = []

    def count(self, version: ResourceVersion, outcome: Outcome, name: str = "") -> None:
        self.outcomes[outcome] += 1
        self.written[version.resource] = outcome
        if name:
            self.named[version.resource] = name

    def note(self, version: ResourceVersion, error: InputError, rejected: bool = True) -> None:
        at = Location(file=self.submission.label, resource=version.resource)
        self.problems.append(Problem.of(error, at, rejected))

    def done(self, current: Mapping[str, VersionRecord | None], moved: Mapping[str, AbstractSet[str]]) -> Share:
        """The share, once it is known which versions are current in the end, and whom each resource's change moves."""
        mine = [r for resource, v in self.versions if (r := current[resource]) is not None and r.version == v]
        return Share(
            outcomes=dict(sorted(self.outcomes.items())),
            written=self.written,
            versions=self.named,
            problems=tuple(self.problems),
            opened=sum(len(_ids(record)) for record in mine),
            changed=frozenset[str]().union(*(moved.get(resource, ()) for resource, _ in self.versions)),
            recorded=bool(self.versions),
        )


class _Draft:
    """A plan in the making: the versions as they stand after the ones taken so far."""

    def __init__(self, existing: Mapping[str, Sequence[VersionRecord]], known: AbstractSet[str], revision: int) -> None:
        self.revision = revision
        self.known = known
        self.present = set(known)
        self.sharing: list[_Sharing] = []
        self.versions = {resource: list(records) for resource, records in existing.items()}
        self.touched: set[str] = set()
        self.facts: dict[str, Fact] = {}
        self.records: dict[tuple[str, str], ResourceVersion] = {}
        self.before = {resource: current_of(records) for resource, records in existing.items()}

    def begin(self, submission: Submission) -> None:
        """What is taken from now on belongs to this submission."""
        self.sharing.append(_Sharing(submission))

    def take(self, version: ResourceVersion) -> None:
        """One version: refused, known already, of no effect, or accepted."""
        share = self.sharing[-1]
        records = self.versions.get(version.resource, [])
        refusal: InputError | None = precondition_failed(version, current_of(records))
        if refusal is None and version.record is not None and not version.retracted:
            self.present.add(version.record.key)
        if refusal is None and version.patient is not None and version.patient not in self.present:
            refusal = _unresolved(version)
        if refusal is not None:
            share.note(version, refusal)
            return
        same = recorded(version, records)
        if same is not None:
            self._again(version, same, current_of(records))
        elif _idle(version, current_of(records)):
            share.count(version, Outcome.UNCHANGED)
            if records:
                share.note(version, _changed_since(), rejected=False)
        else:
            self._accept(version, self.versions.setdefault(version.resource, []))

    def _again(self, version: ResourceVersion, same: VersionRecord, current: VersionRecord | None) -> None:
        """A version that was received before: nothing changes; other content is a conflict."""
        share = self.sharing[-1]
        conflict = same.content != version.content
        share.count(version, Outcome.CONFLICT if conflict else Outcome.UNCHANGED, same.version)
        if conflict:
            share.note(version, _conflict(version))
        elif current is not same and current is not None and current.deleted and version.version == version.content:
            share.note(version, _deleted_since(), rejected=False)

    def _accept(self, version: ResourceVersion, records: list[VersionRecord]) -> None:
        share, current = self.sharing[-1], current_of(records)
        newer = current is None or not version.version or supersedes(version, current)
        if unnamed(version, records):
            version = named(version, successor(version.content, records))
        if version.deleted and current is not None:
            version = msgspec.structs.replace(version, patient=current.patient)
        share.count(version, _outcome(version, current, newer), version.version)
        share.versions.append((version.resource, version.version))
        self.touched.add(version.resource)
        if newer and current is not None:
            records[records.index(current)] = msgspec.structs.replace(current, current=False)
        records.append(self._record(version, newer))

    def _record(self, version: ResourceVersion, current: bool) -> VersionRecord:
        facts: dict[str, dict[str, None]] = {}
        stated = () if version.retracted or version.deleted else version.facts
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
            deleted=version.deleted,
            current=current,
            facts={kind: tuple(ids) for kind, ids in facts.items()},
        )

    def plan(self) -> WritePlan:
        now = {resource: current_of(self.versions[resource]) for resource in sorted(self.touched)}
        current = {id_ for record in now.values() for id_ in _ids(record)}
        closed: dict[str, list[str]] = {}
        moved: dict[str, frozenset[str]] = {}
        for resource, after in now.items():
            before = self.before.get(resource)
            if before is after:
                continue
            moved[resource] = frozenset(r.patient for r in (before, after) if r is not None and r.patient is not None)
            for kind, ids in (before.facts if before else {}).items():
                closed.setdefault(kind, []).extend(ids)
        patients, shelved_patients = self._patients(now)
        return WritePlan(
            shares=tuple(share.done(now, moved) for share in self.sharing),
            resources={resource: tuple(self.versions[resource]) for resource in now},
            opened=tuple(f for f in self.facts.values() if f.id in current),
            shelved=tuple(f for f in self.facts.values() if f.id not in current),
            closed={kind: tuple(ids) for kind, ids in closed.items()},
            patients=patients,
            shelved_patients=shelved_patients,
            changed=frozenset(patients).union(*moved.values()),
        )

    def _patients(
        self, current: Mapping[str, VersionRecord | None]
    ) -> tuple[dict[str, PatientRecord], tuple[PatientRecord, ...]]:
        """The records that become current, and those that do not; a Patient that is no more leaves a bare key."""
        now: dict[str, PatientRecord] = {}
        past: list[PatientRecord] = []
        for (resource, version), received in self.records.items():
            gone = received.retracted or received.deleted
            record = _bare(received) if gone else received.record
            if record is None:
                continue
            holds = current[resource]
            if holds is not None and holds.version == version:
                now[record.key] = record
            elif not gone:
                past.append(record)
        for record in past:
            if record.key not in self.known:
                now.setdefault(
                    record.key, PatientRecord(key=record.key, source=record.source, id=record.id, received=False)
                )
        return now, tuple(past)


def _bare(version: ResourceVersion) -> PatientRecord | None:
    """What remains of a patient whose Patient resource was deleted or entered in error."""
    if not (version.patient and version.resource.startswith("Patient/")):
        return None
    source, _, id_ = version.patient.partition("|")
    return PatientRecord(key=version.patient, source=source, id=id_, received=False)


def _idle(version: ResourceVersion, current: VersionRecord | None) -> bool:
    """Whether a delete that names no version changes nothing: of what is unknown, or of what was changed after it."""
    if not version.deleted or version.version:
        return False
    return current is None or not supersedes(version, current)


def _outcome(version: ResourceVersion, current: VersionRecord | None, newer: bool) -> Outcome:
    if not newer:
        return Outcome.HISTORY
    if version.deleted:
        return Outcome.DELETED
    if version.retracted:
        return Outcome.RETRACTED
    return Outcome.CREATED if current is None or current.deleted else Outcome.SUPERSEDED


def _ids(record: VersionRecord | None) -> list[str]:
    return [] if record is None else [id_ for ids in record.facts.values() for id_ in ids]

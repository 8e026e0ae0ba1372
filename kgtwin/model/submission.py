"""What a source hands to the store, what the store answers, and the revision that it made."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.problem import Problem


class ResourceVersion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One received version of one resource, with the facts that it states.

    ``content`` is a digest of the resource's content without ``meta``; ``version`` is ``meta.versionId`` or that
    digest; ``updated`` is ``meta.lastUpdated``. An empty ``version`` is the store's to give: one after the current.
    ``retracted`` marks entered-in-error: the version supersedes its predecessors and states nothing. ``deleted`` marks
    a FHIR delete: the current version ceases, its facts are closed, and nothing is stated; what was known stays in the
    history, and a later version begins anew.

    ``if_match`` is the version that the writer has seen (``*``: any), ``if_none_match`` one that must not be current
    (``*``: none may be). Where that does not hold, the version is left out.
    """

    source: str
    resource: str
    version: str
    content: str
    patient: str | None
    updated: str | None = None
    retracted: bool = False
    deleted: bool = False
    if_match: str | None = None
    if_none_match: str | None = None
    record: PatientRecord | None = None
    facts: tuple[Fact, ...] = ()


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction writes: a bundle, an NDJSON line, a single resource.

    ``label`` names it to people (``file.json``, ``file.ndjson:7``). ``counted`` are resources that carry no
    facts, by type. ``problems`` are what was wrong in it.
    """

    label: str
    source: str
    resources: tuple[ResourceVersion, ...] = ()
    counted: dict[str, int] = {}
    problems: tuple[Problem, ...] = ()

    @property
    def patients(self) -> frozenset[str]:
        """The keys of the patients that it touches."""
        return frozenset(r.patient for r in self.resources if r.patient is not None)


class Outcome(StrEnum):
    """What became of one resource version."""

    CREATED = "created"
    SUPERSEDED = "superseded"
    UNCHANGED = "unchanged"
    HISTORY = "history"
    RETRACTED = "retracted"
    DELETED = "deleted"
    CONFLICT = "conflict"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The acknowledgement of a submission: given after its commit, never before.

    ``revision`` is None when nothing changed. ``outcomes`` counts resource versions by what became of them;
    ``written`` says it for each resource (``Condition/c1``), of several versions for the last; ``versions`` gives
    the version that each was recorded as.
    """

    label: str
    revision: int | None
    outcomes: dict[str, int] = {}
    written: dict[str, Outcome] = {}
    versions: dict[str, str] = {}
    counted: dict[str, int] = {}
    facts: int = 0
    patients: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def rejected(self) -> int:
        """How many resources were left out."""
        return sum(problem.rejected for problem in self.problems)


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the change feed. ``number`` is global and gap-free; ``at`` is the system time (RFC 3339, UTC).

    ``kind`` is ``facts``, ``inferences``, ``knowledge``, ``refresh`` (all conclusions are what the knowledge ``label``
    says), ``override`` or ``erasure`` (which names no one). ``patients`` are those whose current facts, record,
    conclusions or overrides changed, ``shelved`` those of whom only history was recorded.
    """

    number: int
    at: str
    kind: str
    label: str = ""
    patients: tuple[str, ...] = ()
    shelved: tuple[str, ...] = ()
    added: int = 0
    closed: int = 0

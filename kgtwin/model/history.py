"""What was known when: the versions of a fact, and what changed for a patient between two moments."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kgtwin.model.fact import Fact
from kgtwin.model.issue import DetectedIssue


class FactVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What one received version of a resource stated in one place (``Provenance.part``).

    ``revision`` recorded it; ``retracted`` is entered in error, ``deleted`` a FHIR delete. ``fact`` is None where it
    stated nothing there. ``counted`` are the revision from which the fact counted and the one from which it no longer
    did (None: it still does); None altogether where it never did (an older version that arrived late).
    """

    version: str
    revision: int
    retracted: bool = False
    deleted: bool = False
    fact: Fact | None = None
    counted: tuple[int, int | None] | None = None


class Moment(msgspec.Struct, frozen=True):
    """A point on both time axes: what was known at revision ``as_of``, evaluated at clinical time ``at`` (RFC 3339)."""

    as_of: int
    at: str


class FactDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A fact on one side or both: new (no ``before``), gone (no ``after``), or said differently."""

    before: Fact | None = None
    after: Fact | None = None


class Reason(StrEnum):
    """Why an issue is on one side alone."""

    FACTS = "facts"
    TIME = "time"


class IssueDifference(msgspec.Struct, frozen=True, kw_only=True):
    """An issue on one side or both, and why: ``facts`` are the changed facts that it rests on."""

    before: DetectedIssue | None = None
    after: DetectedIssue | None = None
    reason: Reason
    facts: tuple[FactDifference, ...] = ()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What changed for a patient from one moment to another, under one knowledge."""

    patient: str
    before: Moment
    after: Moment
    facts: tuple[FactDifference, ...] = ()
    issues: tuple[IssueDifference, ...] = ()

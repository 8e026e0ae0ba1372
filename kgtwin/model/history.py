"""What was known when: the versions of a fact, and what changed for a patient between two moments."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kgtwin.model.derivation import AxiomRef
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
    KNOWLEDGE = "knowledge"


class AxiomDifference(msgspec.Struct, frozen=True, kw_only=True):
    """An axiom of a proof that the ontology no longer has (no ``after``), has since (no ``before``), or says otherwise.

    With the same text on both sides, its annotations differ: a significance, a source.
    """

    before: AxiomRef | None = None
    after: AxiomRef | None = None


class IssueDifference(msgspec.Struct, frozen=True, kw_only=True):
    """An issue on one side or both, and why: ``facts`` are the changed facts that it rests on, ``axioms`` the axioms.

    With the reason ``knowledge`` both sides are about the same facts at the same time: ``before`` is what was told,
    ``after`` what follows by the ontology of today.
    """

    before: DetectedIssue | None = None
    after: DetectedIssue | None = None
    reason: Reason
    facts: tuple[FactDifference, ...] = ()
    axioms: tuple[AxiomDifference, ...] = ()


class KnowledgeDifference(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of the knowledge on both sides; ``before`` is None where nothing was stored as following then.

    ``at_hand``: the old ontology was there to compare with. If not, the axioms that are gone or changed are those of
    the proofs that were told, and which axioms are new cannot be said.
    """

    before: str | None
    after: str
    at_hand: bool = False
    text: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What changed for a patient from one moment to another.

    ``knowledge`` is None where the ontology was the same. Where it was not, the issues with the reason ``knowledge``
    are what that alone changed; all others compare both moments under the ontology of today.
    """

    patient: str
    before: Moment
    after: Moment
    facts: tuple[FactDifference, ...] = ()
    issues: tuple[IssueDifference, ...] = ()
    knowledge: KnowledgeDifference | None = None

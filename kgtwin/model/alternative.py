"""Alternatives: the medicines of a class for one patient, each as if it were started, and how much is known of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from kgtwin.model.caveat import Caveat
from kgtwin.model.issue import DetectedIssue, IssueKind, Significance
from kgtwin.model.simulation import Effect, Refused

MOST_WHOLE: Final = 25
"""So many alternatives are inferred whole, the first ones, unless it is asked otherwise."""
GRAVER_THAN_MINOR: Final = (Significance.CONTRAINDICATED, Significance.MAJOR, Significance.MODERATE)


class Standing(StrEnum):
    """Where an alternative stands; none of them means that a medicine is harmless."""

    NO_KNOWN_ISSUE = "no-known-issue"
    UNDECIDED = "undecided"
    LITTLE_KNOWN = "little-known"
    ISSUES = "issues"
    NOT_COVERED = "not-covered"
    ALLERGIC = "allergic"


class Apart(StrEnum):
    """Why an alternative is no like of the others: it stands after them, whatever is known of it."""

    LOCAL = "local-forms-only"
    MECHANISM = "by-mechanism-alone"
    COMBINATION = "combination"


class Basis(StrEnum):
    """What a route rests on: the question, the known products, a supposition where it matters; or it is not known."""

    ASKED = "asked"
    PRODUCTS = "products"
    SUPPOSED = "supposed"
    UNKNOWN = "unknown"


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How many statements of the knowledge could ever fire for a medicine, by kind.

    ``general`` counts those about any medicine whatever; duplicate therapy alone covers nothing else.
    """

    by_kind: tuple[tuple[IssueKind, int], ...] = ()
    general: int = 0

    @property
    def specific(self) -> int:
        """Statements about the medicine or a class of it, other than of duplicate therapy."""
        return sum(count for kind, count in self.by_kind if kind is not IssueKind.DUPLICATE_THERAPY)


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """An issue without its proof. ``verified``: some of its evidence was opened."""

    id: str
    statement: str
    title: str
    kind: IssueKind
    significance: Significance
    verified: bool

    @classmethod
    def of(cls, issue: DetectedIssue) -> Raised:
        """The same of a whole issue."""
        verified = any(one.status == "verified" for one in issue.evidence)
        return cls(
            id=issue.id,
            statement=issue.statement,
            title=issue.title,
            kind=issue.kind,
            significance=issue.significance,
            verified=verified,
        )

    @property
    def to_do(self) -> bool:
        """Whether it says what is to be measured first, and nothing against the medicine."""
        return self.kind is IssueKind.MISSING_MONITORING


class Named(msgspec.Struct, frozen=True):
    """A medicine: its CURIE and its label."""

    medicine: str
    label: str


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to take a medicine: by a route, or as certain products.

    ``coverage`` counts the statements that could fire by this route, ``raised`` are the issues that would newly appear.
    ``effect`` has their proofs and all else that would change; it, and ``undecided`` (by what a statement about the
    medicine could not be decided), are there where the patient was inferred whole. ``route`` is a label, ``local``
    whether the route is local (None: not known).
    """

    standing: Standing
    coverage: Coverage
    route: str | None
    basis: Basis
    local: bool | None = None
    products: tuple[Named, ...] = ()
    raised: tuple[Raised, ...] = ()
    effect: Effect | None = None
    undecided: tuple[Caveat, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def to_do(self) -> tuple[Raised, ...]:
        """What is to be measured before, as rules ask for it."""
        return tuple(one for one in self.raised if one.to_do)

    @property
    def against(self) -> tuple[Raised, ...]:
        """What is known against it."""
        return tuple(one for one in self.raised if not one.to_do)

    @property
    def allergic(self) -> tuple[Raised, ...]:
        """Known allergies against it that weigh heavily; a slight cross-reaction is an issue as others are."""
        return tuple(
            one for one in self.raised if one.kind is IssueKind.DRUG_ALLERGY and one.significance.severity == "high"
        )

    def count(self, significance: Significance) -> int:
        """How many issues of a significance speak against it."""
        return sum(one.significance is significance for one in self.against)

    @property
    def said(self) -> frozenset[tuple[str, str]]:
        """What a reader would see of it: two ways that say the same need one line only."""
        return frozenset((one.statement, one.significance.value) for one in self.raised)


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """A time when the medicine was taken, up to its end as it was received, which may be partial or not known (None).

    ``raised`` are the issues of statements that it had in the last moment at which it was certainly taken, by what is
    known today; None where no such moment is known.
    """

    resource: str
    label: str
    status: str | None
    start: str | None
    end: str | None
    raised: tuple[Raised, ...] | None = None


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """One ingredient of a class, or the combination products with the same ingredients, as if it were started.

    ``medicine`` is a CURIE, of a combination those of its ingredients with ``+`` between. Of the ``ways`` to take it
    the first one decides the rank. ``taken``: the patient takes it already; ``replaced``: and it is what is stopped.
    """

    medicine: str
    label: str
    ways: tuple[Way, ...]
    apart: Apart | None = None
    taken: bool = False
    replaced: bool = False
    before: tuple[Before, ...] = ()

    @property
    def first(self) -> Way:
        """The way that decides the rank."""
        return self.ways[0]

    @property
    def standing(self) -> Standing:
        """Where the first way stands."""
        return self.first.standing

    @property
    def coverage(self) -> Coverage:
        """How well the first way is covered."""
        return self.first.coverage

    @property
    def whole(self) -> bool:
        """Whether the patient was inferred whole with it: then all is known that could not be decided."""
        return self.first.effect is not None

    @property
    def decided(self) -> int:
        """How many of the statements about it were decided, as far as that was looked at."""
        return max(0, self.coverage.specific - len(self.first.undecided))

    @property
    def graver_than_minor(self) -> bool:
        """Whether something graver than a minor issue speaks against it."""
        return any(self.first.count(one) for one in GRAVER_THAN_MINOR)


class Alternatives(msgspec.Struct, frozen=True, kw_only=True):
    """All medicines of a class for one patient, ranked; no rank says that one suits the patient.

    Of a medicine about which fewer than ``few`` statements could speak, little is known; ``usual`` is how many it is in
    this class (the median of those that are covered).
    """

    patient: str
    at: str
    revision: int
    knowledge: str
    class_: str
    label: str
    instead_of: str | None = None
    found: tuple[Alternative, ...] = ()
    refused: tuple[Refused, ...] = ()
    usual: float = 0
    few: float = 0

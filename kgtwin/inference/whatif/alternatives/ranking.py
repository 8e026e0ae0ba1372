"""The order of alternatives: what is known against each, then how much could have been known.

`docs/simulation.md` states the same rule for readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import msgspec

from kgtwin.model.alternative import Alternative, Apart, Coverage, Standing, Way
from kgtwin.model.caveat import Caveat
from kgtwin.model.issue import Significance

FEWEST = 5
"""Of a medicine about which fewer statements could speak, little is known in any class: a choice of ours."""
_SECTIONS = (None, Apart.LOCAL, Apart.MECHANISM)


class Usual(msgspec.Struct, frozen=True):
    """How many statements could speak about a medicine of a class: the median, and below how many that is little."""

    statements: float
    few: float

    @classmethod
    def of(cls, coverages: Iterable[Coverage]) -> Usual:
        """What is usual among those that are covered at all.

        >>> from kgtwin.model.issue import IssueKind
        >>> counts = (0, 1, 12, 16, 16)
        >>> Usual.of(Coverage(by_kind=((IssueKind.DRUG_LAB, count),)) for count in counts)
        Usual(statements=14.0, few=7.0)
        """
        counts = [one.specific for one in coverages if one.specific]
        usual = float(median(counts)) if counts else 0.0
        return cls(usual, max(usual / 2, FEWEST))


def standing(way: Way, usual: Usual, doubts: tuple[Caveat, ...] = ()) -> Standing:
    """Where a way to take a medicine stands; ``doubts`` are caveats by which nothing was concluded at all."""
    if way.allergic:
        return Standing.ALLERGIC
    if way.against:
        return Standing.ISSUES
    if not way.coverage.specific:
        return Standing.NOT_COVERED
    if way.coverage.specific < usual.few:
        return Standing.LITTLE_KNOWN
    open_ = way.effect is None or way.undecided or way.to_do or doubts
    return Standing.UNDECIDED if open_ else Standing.NO_KNOWN_ISSUE


def rank(one: Alternative, usual: Usual) -> tuple[object, ...]:
    """Section, then tier, then issues from the gravest down, opened evidence, and how much was decided."""
    first = one.first
    by_gravity = tuple(first.count(significance) for significance in Significance)
    opened = sum(issue.verified for issue in first.against)
    return (section(one), _tier(one, usual), *by_gravity, opened, not one.whole, -one.decided, *_last(one))


def section(one: Alternative) -> int:
    """What stands apart from what, whatever is known of it: allergies last."""
    if one.standing is Standing.ALLERGIC:
        return 5 + (one.apart is Apart.COMBINATION)
    if one.apart is Apart.COMBINATION:
        return 4
    if one.standing is Standing.NOT_COVERED:
        return 3
    return _SECTIONS.index(one.apart)


def _tier(one: Alternative, usual: Usual) -> int:
    """0: well covered and nothing graver than a minor issue; 1: the same of what little is known; 2: graver issues."""
    if one.graver_than_minor:
        return 2
    return int(one.coverage.specific < usual.few)


def _last(one: Alternative) -> tuple[int, str, str]:
    """Of equals, what takes fewer measurements before; then by name."""
    return len(one.first.to_do), one.label.casefold(), one.medicine

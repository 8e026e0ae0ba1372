"""What a published equation makes of a patient's facts: a number, a range, or a refusal."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from kgtwin.model.caveat import Caveat
from kgtwin.model.evidence import Evidence


class ScoreStatus(StrEnum):
    """``VALUE``: one number. ``RANGE``: missing or inexact inputs leave several open. ``OPEN``: they leave all open.

    ``REFUSED``: the patient is certainly not one for whom the equation was made.
    """

    VALUE = "value"
    RANGE = "range"
    OPEN = "open"
    REFUSED = "refused"


class Range(msgspec.Struct, frozen=True, gc=False):
    """All numbers from ``low`` to ``high``; None where there is no bound."""

    low: float | None
    high: float | None

    @property
    def width(self) -> float | None:
        """How far apart its ends are, None where it has no bound."""
        return None if self.low is None or self.high is None else self.high - self.low


class Source(msgspec.Struct, frozen=True, gc=False):
    """A fact, and the resource that it was received in."""

    fact: str
    resource: str


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """An input that is known: a number in ``unit``, or 1 for yes and 0 for no; an interval where it is inexact.

    ``facts`` are what it rests on, ``when`` the time of the result. What was not received but
    estimated names the equation (``computed_by``) and what that one used (``inputs``).
    """

    name: str
    kind: str
    label: str
    unit: str
    value: Range
    reason: str
    when: str | None = None
    facts: tuple[Source, ...] = ()
    computed_by: str | None = None
    inputs: tuple[Used, ...] = ()


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """An input that is not known, or not exactly, and what knowing it would change: the next best facts.

    ``assumed`` is where it must lie for the result to hold: the equation's limits, or what is known of it.
    ``if_lowest`` and ``if_highest`` are the results at the ends of that (no and yes of a question). ``sure`` is the
    share of the result's width that goes whatever the value turns out to be, ``most`` what goes at best, among the
    values that were tried: yes and no, or both ends and what lies evenly between. No distribution is assumed.
    """

    name: str
    kind: str
    label: str
    unit: str
    reason: str
    assumed: Range
    if_lowest: Range | None = None
    if_highest: Range | None = None
    sure: float = 0.0
    most: float = 0.0


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A published equation, evaluated for a patient at a time. ``basis`` tells it from deduced and predicted risks.

    ``kind`` says what comes out: ``risk`` (the probability of an event within ``horizon``), ``points`` or
    ``estimate``. ``missing`` comes with the next best fact first. ``population`` says in words for whom the
    equation was made; ``unconfirmed`` what of that the facts do not say, and ``established`` whether they show all that
    a patient must have for it. ``confidence`` is as published, of a group.
    """

    equation: str
    label: str
    kind: str
    patient: str
    at: str
    revision: int
    knowledge: str
    unit: str
    horizon: str | None
    status: ScoreStatus
    value: Range | None
    inputs: tuple[Used, ...]
    missing: tuple[Missing, ...]
    refusals: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    established: bool
    population: str | None
    doi: str | None
    evidence: tuple[Evidence, ...]
    checked_by: str | None
    confidence: tuple[str, ...]
    review: str
    caveats: tuple[Caveat, ...] = ()
    basis: str = "scored"

    @property
    def result(self) -> float | None:
        """The one number that came out, if one did."""
        return self.value.low if self.status is ScoreStatus.VALUE and self.value is not None else None


def score_to_dict(score: Score) -> dict[str, Any]:
    """The documented JSON of a score."""
    found: dict[str, Any] = msgspec.to_builtins(score)
    return found

"""When a fact counts for a context: spans of time that do not depend on the moment that is asked about.

The rules are those of `docs/modelling.md`; `kgtwin.inference.realising.selection` asks them for one moment, with
reasons and caveats, `kgtwin.inference.columns` for many patients at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from kgtwin.model.clinical import REAL_INTENTS
from kgtwin.model.fact import AllergyDetail, Fact, FactKind, MedicationDetail, TextValue
from kgtwin.model.time import Period, earliest, latest
from kgtwin.vocabulary import ALLERGIC_TO, FAMILY_HAS, HAS_EVER, HAS_NOW, INTOLERANT_TO, TAKES_NOW, TOOK_EVER

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
NEVER: Final = datetime.max.replace(tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TICK: Final = timedelta(microseconds=1)
ABSENT: Final = frozenset({"inactive", "remission", "resolved"})
GIVEN: Final = frozenset({"active", "completed", "stopped", "in-progress"})
ADMINISTERED_FOR: Final = timedelta(hours=24)
"""A completed administration without an end counts as taken for this long."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970; the bounds of all time are those of numbers of 64 bits.

    >>> micros(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    if moment == NEVER:
        return 2**63 - 1
    return -(2**63) if moment == ALWAYS else (moment - EPOCH) // TICK


def moment_of(count: int) -> datetime:
    """The moment of so many microseconds since 1970; before the first and after the last one: these.

    >>> moment_of(micros(datetime(1970, 1, 2, tzinfo=UTC))).isoformat(), moment_of(-(2**63)) == ALWAYS
    ('1970-01-02T00:00:00+00:00', True)
    """
    try:
        return EPOCH + count * TICK
    except OverflowError:
        return NEVER if count > 0 else ALWAYS


class Counting(NamedTuple):
    """A fact counts for ``role`` from ``first`` to ``last``, both included; at other times from ``after`` on for
    ``otherwise``. A role is None, a time `NEVER`, where it does not.
    """

    role: str | None
    first: datetime
    last: datetime
    otherwise: str | None = None
    after: datetime = NEVER

    def at(self, moment: datetime) -> str | None:
        """The role that the fact counts for at a moment."""
        if self.role is not None and self.first <= moment <= self.last:
            return self.role
        return self.otherwise if self.after <= moment else None


def counting(fact: Fact, longest: timedelta | None) -> Counting | None:
    """When a medicine, a condition, an allergy or a relative's disease counts; None for others, or where it never does.

    ``longest`` is how long such a condition lasts at the longest, None where nothing limits that.

    >>> from kgtwin.model.concept import Coded
    >>> from kgtwin.model.fact import Provenance
    >>> asthma = Fact(id="f", patient="p", kind=FactKind.CONDITION, code=Coded(), when=Period("2020", "2021-06-30"),
    ...               provenance=Provenance("s", "Condition/c", "1"))
    >>> found = counting(asthma, None)
    >>> found.at(datetime(2021, 6, 30, tzinfo=UTC)) == HAS_NOW, found.at(datetime(2022, 1, 1, tzinfo=UTC)) == HAS_EVER
    (True, True)
    >>> found.at(datetime(2019, 1, 1, tzinfo=UTC)) is None
    True
    """
    if fact.kind is FactKind.CONDITION:
        return _condition(fact, longest)
    rule = _RULES.get(fact.kind)
    return rule(fact) if rule is not None else None


def starts(period: Period) -> datetime:
    """The first instant at which a period may begin."""
    return earliest(period.start) if period.start else ALWAYS


def ends(period: Period) -> datetime:
    """The last instant at which it may end."""
    return latest(period.end) if period.end else NEVER


def _medication(fact: Fact) -> Counting | None:
    detail = fact.detail
    if not isinstance(detail, MedicationDetail) or detail.do_not_perform:
        return None
    if detail.origin == "request" and detail.intent not in REAL_INTENTS:
        return None
    first, last = _taken(fact, detail)
    after = starts(fact.when) if fact.status in GIVEN else NEVER
    return Counting(TAKES_NOW, first, last, TOOK_EVER, after)


def _taken(fact: Fact, detail: MedicationDetail) -> tuple[datetime, datetime]:
    """From when to when a medicine is taken."""
    first, last = starts(fact.when), ends(fact.when)
    if detail.origin == "administration":
        if fact.status == "completed" and fact.when.start:
            return first, _later(latest(fact.when.end or fact.when.start), ADMINISTERED_FOR)
        return (first, last) if fact.status == "in-progress" else (NEVER, ALWAYS)
    if fact.status == "active":
        return first, last
    if fact.status == "completed":
        if fact.when.end:
            return first, last
        if detail.supplied is not None and detail.supplied.end:
            return max(first, starts(detail.supplied)), min(last, ends(detail.supplied))
    return NEVER, ALWAYS


def _later(moment: datetime, span: timedelta) -> datetime:
    return moment + span if moment < NEVER - span else NEVER


def _condition(fact: Fact, longest: timedelta | None) -> Counting | None:
    if fact.verification not in {None, "confirmed"}:
        return None
    first, last = condition_period(fact, longest)
    return Counting(HAS_NOW, first, last, HAS_EVER, starts(fact.when))


def condition_period(fact: Fact, longest: timedelta | None) -> tuple[datetime, datetime]:
    """From when to when a condition is present: a stated end decides, else the clinical status.

    What nobody ended, and can last for a time (``longest``) only, is present until that time after it began at the
    latest, else after it was recorded.
    """
    if fact.when.end is not None:
        return starts(fact.when), ends(fact.when)
    if not is_open(fact):
        return NEVER, ALWAYS
    since = known_since(fact)
    lasts = longest is not None and since is not None
    return starts(fact.when), _later(latest(since or ""), longest or timedelta()) if lasts else NEVER


def is_open(fact: Fact) -> bool:
    """Whether nothing says that a condition has ended: no date, no clinical status.

    Where there is no status, an end in words ("as a child") says that it has (FHIR's constraint con-4).
    """
    in_words = isinstance(fact.value, TextValue) and fact.value.form.startswith("abatement")
    return fact.when.end is None and not (fact.status in ABSENT or (fact.status is None and in_words))


def known_since(fact: Fact) -> str | None:
    """The (partial) date by which a condition had begun: its start, else when it was recorded."""
    return fact.when.start or fact.provenance.recorded


def _allergy(fact: Fact) -> Counting | None:
    if fact.verification in {"refuted", "entered-in-error"} or fact.status in {"inactive", "resolved"}:
        return None
    intolerance = isinstance(fact.detail, AllergyDetail) and fact.detail.type == "intolerance"
    return Counting(INTOLERANT_TO if intolerance else ALLERGIC_TO, starts(fact.when), ends(fact.when))


def _family(fact: Fact) -> Counting | None:
    if fact.status not in {"partial", "completed", None}:
        return None
    return Counting(FAMILY_HAS, starts(fact.when), NEVER)


_RULES: Final[dict[FactKind, Callable[[Fact], Counting | None]]] = {
    FactKind.MEDICATION: _medication,
    FactKind.ALLERGY: _allergy,
    FactKind.FAMILY_HISTORY: _family,
}

"""The rules as the ontology states them: classes below ClinicalRule whose annotations say everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.knowledge.roles import span
from kgtwin.inference.knowledge.statements import evidence_of, is_silent
from kgtwin.model.axioms import Interval
from kgtwin.model.evidence import Evidence
from kgtwin.model.issue import Significance
from kgtwin.model.ontology import Ontology
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import kgtwin

SIGNIFICANCE: Final = kgtwin("ruleSignificance")
"""Not that of statements: whatever carries theirs is one."""
PLAUSIBLE_DOSE: Final = kgtwin("plausibleDailyDose")
TICK: Final = timedelta(microseconds=1)
LEAST: Final = -(2**64)
"""Below any time between two moments, in microseconds."""
R = TypeVar("R", bound="Rule")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What every rule has. Its family says what it does not: significance (else it is minor), detail, mitigation."""

    iri: str
    family: str
    significance: Significance
    title: str
    detail: str
    evidence: tuple[Evidence, ...]
    mitigation: str | None
    review: str

    @property
    def curie(self) -> str:
        return to_curie(self.iri)

    @property
    def verified(self) -> bool:
        """Whether any of its evidence was opened."""
        return any(one.status == "verified" for one in self.evidence)


class Turns(NamedTuple):
    """At which times since the start a monitoring rule begins or ceases to ask, in microseconds; why, in words."""

    every: int | None
    first_after: int | None
    during_first: int | None
    only_after: int
    remind_for: int
    regularly: str
    first: str
    all: tuple[int, ...]


class MonitoringRule(Rule, frozen=True, kw_only=True, dict=True):
    """What to measure under a medicine: any one of ``analytes``, before the start, first after it, every so often.

    It holds ``during_first`` and ``only_after`` a time since the start. ``remind_for`` is how long a measurement that
    is due once is asked for after it was due.
    """

    medicine: str
    analytes: tuple[str, ...]
    before_start: bool
    first_after: timedelta | None
    every: timedelta | None
    during_first: timedelta | None
    only_after: timedelta | None
    remind_for: timedelta

    @cached_property
    def turns(self) -> Turns:
        """The same times as numbers."""
        every, first, during, after, remind = (
            None if span is None else span // TICK
            for span in (self.every, self.first_after, self.during_first, self.only_after, self.remind_for)
        )
        once = (first or 0) + (remind or 0)
        return Turns(
            every=every,
            first_after=first,
            during_first=during,
            only_after=LEAST if after is None else after,
            remind_for=remind or 0,
            regularly="" if self.every is None else f"every {in_words(self.every)}",
            first=""
            if self.first_after is None
            else f"{in_words(self.first_after)} after the start for the first time",
            all=tuple(one for one in (every, first, once, remind, during, after) if one is not None),
        )


def in_words(span: timedelta) -> str:
    """A time in words.

    >>> in_words(timedelta(days=183)), in_words(timedelta(days=1)), in_words(timedelta(hours=36))
    ('183 days', '1 day', '36 hours')
    """
    if span % timedelta(days=1):
        return f"{span // timedelta(hours=1)} hours"
    return f"{span.days} day{'' if span.days == 1 else 's'}"


class DoseLimit(Rule, frozen=True, kw_only=True):
    """The most of a medicine in a day, in mg, while an analyte lies in a range; 0 means none at all.

    ``conditions``: one of them must be present, if there are any. A ``qualifier`` is what no fact says: the rule raises
    nothing then.
    """

    medicine: str
    analyte: str
    range: Interval
    maximum: Decimal
    conditions: tuple[str, ...]
    qualifier: str | None


class BurdenScale(Rule, frozen=True, kw_only=True):
    """What medicines add up to: points by class of ingredients, and from how many on that is worth a look."""

    points: tuple[tuple[Decimal, str], ...]
    threshold: Decimal


class CareGapRule(Rule, frozen=True, kw_only=True):
    """A condition that calls for a medicine: ``conditions`` now or ``history`` ever, and none of ``medicines``.

    ``ages`` are the years for which it holds. Silent with one of ``unless_conditions`` ever or ``unless_medicines``
    now, and whenever one of ``medicines`` was tried, is not tolerated or was decided against.
    """

    conditions: tuple[str, ...]
    history: tuple[str, ...]
    medicines: tuple[str, ...]
    ages: Interval
    unless_conditions: tuple[str, ...]
    unless_medicines: tuple[str, ...]


class Rules(msgspec.Struct, frozen=True):
    """The rules of an ontology that are evaluated, each family in the order of its IRIs."""

    monitoring: tuple[MonitoringRule, ...] = ()
    doses: tuple[DoseLimit, ...] = ()
    burdens: tuple[BurdenScale, ...] = ()
    care_gaps: tuple[CareGapRule, ...] = ()
    plausible_doses: tuple[tuple[str, Decimal], ...] = ()
    """The most in a day that is believed of an ingredient or a class of them, in mg, by IRI."""

    def called(self, iri: str) -> Rule | None:
        """The rule with this IRI."""
        return next((one for one in self if one.iri == iri), None)

    def __iter__(self) -> Iterator[Rule]:
        for family in (self.monitoring, self.doses, self.burdens, self.care_gaps):
            yield from family


def rules_of(ontology: Ontology, classification: Classification) -> Rules:
    """The rules that are evaluated; wash-outs are statements over wash-out roles, indications no rules of their own.

    Raises:
        OntologyError: if an annotation of a rule is missing or cannot be read.
    """

    def family(name: str, read: Callable[[_Reader], R]) -> tuple[R, ...]:
        parent = kgtwin(name)
        if parent not in classification.classes:
            return ()
        below = sorted(classification.descendants(parent) & ontology.annotations.keys())
        leaves = (iri for iri in below if not classification.descendants(iri) and not is_silent(ontology, iri))
        return tuple(read(_Reader(ontology, iri, parent)) for iri in leaves)

    return Rules(
        monitoring=family("MonitoringRule", _monitoring),
        doses=family("RenalDoseLimit", _dose_limit),
        burdens=family("BurdenScale", _burden),
        care_gaps=family("CareGapRule", _care_gap),
        plausible_doses=_plausible_doses(ontology),
    )


def _plausible_doses(ontology: Ontology) -> tuple[tuple[str, Decimal], ...]:
    annotated = sorted(iri for iri in ontology.annotations if ontology.value(iri, PLAUSIBLE_DOSE) is not None)
    return tuple((iri, _Reader(ontology, iri, iri).dose("plausibleDailyDose")) for iri in annotated)


class _Reader:
    """The annotations of one rule; errors say which."""

    def __init__(self, ontology: Ontology, iri: str, family: str) -> None:
        self._ontology, self._iri, self._family = ontology, iri, family

    def common(self, cls: type[R], **own: object) -> R:
        """The rule, with what every rule has."""
        text = self._own_or_family("detail") or self._ontology.label(self._iri)
        return cls(
            iri=self._iri,
            family=self._family,
            significance=self._significance(),
            title=self._ontology.label(self._iri),
            detail=text,
            evidence=evidence_of(self._ontology, self._iri),
            mitigation=self._own_or_family("mitigation"),
            review=self._ontology.value(self._iri, kgtwin("reviewStatus")) or "not clinically reviewed",
            **own,
        )

    def values(self, name: str) -> tuple[str, ...]:
        return self._ontology.values(self._iri, kgtwin(name))

    def some(self, name: str) -> tuple[str, ...]:
        found = self.values(name)
        if not found:
            raise self._error(f"has no {name}", f"one {name} or more")
        return found

    def one(self, name: str) -> str:
        found = self.values(name)
        if len(found) != 1:
            raise self._error(f"has {len(found)} {name}", f"one {name}")
        return found[0]

    def flag(self, name: str) -> bool:
        return any(value in ("true", "1") for value in self.values(name))

    def span(self, name: str) -> timedelta | None:
        return span(self._ontology, self._iri, name)

    def family_span(self, name: str) -> timedelta:
        """A time that the rule or its family states; none where neither does."""
        return self.span(name) or span(self._ontology, self._family, name) or timedelta(0)

    def number(self, name: str) -> Decimal | None:
        found = self.values(name)
        return self.as_number(name, found[0]) if found else None

    def as_number(self, name: str, text: str) -> Decimal:
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise self._error(f"{name} is {text!r}", "a number") from None
        if not number.is_finite():
            raise self._error(f"{name} is {text!r}", "a number")
        return number

    def _own_or_family(self, name: str) -> str | None:
        prop = kgtwin(name)
        return self._ontology.value(self._iri, prop) or self._ontology.value(self._family, prop)

    def _significance(self) -> Significance:
        text = self._own_or_family("ruleSignificance") or Significance.MINOR
        if text not in set(Significance):
            raise self._error(f"ruleSignificance is {text!r}", "one of " + ", ".join(Significance))
        return Significance(text)

    def _error(self, message: str, expected: str) -> OntologyError:
        remedy = "correct the annotations of the rule, or of its family"
        return OntologyError(message, where=to_curie(self._iri), expected=expected, remedy=remedy)

    def dose(self, name: str) -> Decimal:
        """An amount in mg."""
        amount, bar, unit = self.one(name).partition("|")
        if not bar or unit != "mg":
            raise self._error(f"{name} is {self.one(name)!r}", "an amount|mg")
        return self.as_number(name, amount)

    def range(self, low: str, above: str, below: str, high: str) -> Interval:
        """An interval of four annotations: from, above, below, to."""
        least, more = self.number(low), self.number(above)
        less, most = self.number(below), self.number(high)
        bottom, top = (more if least is None else least), (less if most is None else most)
        return Interval(bottom, least is None and more is not None, top, most is None and less is not None)

    def points(self) -> tuple[tuple[Decimal, str], ...]:
        """``burdenPoints``: the points and the IRI of the class."""
        found = []
        for text in self.some("burdenPoints"):
            number, bar, name = text.partition("|")
            if not bar or not name:
                raise self._error(f"burdenPoints is {text!r}", "points|class")
            points = self.as_number("burdenPoints", number)
            if points < 0:
                raise self._error(f"burdenPoints is {text!r}", "points of 0 or more: what is taken takes no risk away")
            found.append((points, to_iri(name)))
        return tuple(found)


def _monitoring(rule: _Reader) -> MonitoringRule:
    return rule.common(
        MonitoringRule,
        medicine=rule.one("ruleMedicine"),
        analytes=rule.some("ruleAnalyte"),
        before_start=rule.flag("beforeStart"),
        first_after=rule.span("firstAfter"),
        every=rule.span("every"),
        during_first=rule.span("duringFirst"),
        only_after=rule.span("onlyAfter"),
        remind_for=rule.family_span("remindFor"),
    )


def _dose_limit(rule: _Reader) -> DoseLimit:
    return rule.common(
        DoseLimit,
        medicine=rule.one("ruleMedicine"),
        analyte=rule.one("ruleAnalyte"),
        range=rule.range("rangeFrom", "rangeAbove", "rangeBelow", "rangeTo"),
        maximum=rule.dose("maximumDailyDose"),
        conditions=rule.values("ruleCondition"),
        qualifier=next(iter(rule.values("ruleQualifier")), None),
    )


def _burden(rule: _Reader) -> BurdenScale:
    threshold = rule.as_number("burdenThreshold", rule.one("burdenThreshold"))
    return rule.common(BurdenScale, points=rule.points(), threshold=threshold)


def _care_gap(rule: _Reader) -> CareGapRule:
    return rule.common(
        CareGapRule,
        conditions=rule.values("ruleCondition"),
        history=rule.values("ruleHistory"),
        medicines=rule.some("ruleMedicine"),
        ages=Interval(rule.number("ageFrom"), False, rule.number("ageBelow"), True),
        unless_conditions=rule.values("unlessCondition"),
        unless_medicines=rule.values("unlessMedicine"),
    )

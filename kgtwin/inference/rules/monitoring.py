"""Missing monitoring: a medicine is taken, a measurement is due, and no result was received."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Final

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import MonitoringRule
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import micros
from kgtwin.inference.realising.washout import LONG_AGO
from kgtwin.inference.rules.building import Builder, Words
from kgtwin.inference.rules.known import Known, Measured, Present, Time
from kgtwin.inference.rules.raised import Doubt, Raised
from kgtwin.inference.rules.taking import Since, Taken
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import time_of
from kgtwin.model.derivation import Derivation
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.model.time import Overlap, bounds

TICK: Final = timedelta(microseconds=1)


class Due(msgspec.Struct, frozen=True):
    """What is due: a result not before ``since`` would do; ``why`` in words."""

    why: str
    since: datetime


def due(rule: MonitoringRule, start: datetime, at: datetime, lookback: timedelta | None) -> Due | None:
    """What a rule asks for at ``at`` of a medicine taken since ``start``; None where it asks for nothing.

    ``lookback`` is how old a result before the start may be; None: of any age.
    """
    taken = at - start
    early = rule.only_after is not None and taken < rule.only_after
    if early or (rule.during_first is not None and taken > rule.during_first):
        return None
    if rule.every is not None and taken >= rule.every:
        return Due(f"every {words(rule.every)}", at - rule.every)
    if rule.first_after is not None and taken >= rule.first_after:
        asked = rule.every is not None or taken < rule.first_after + rule.remind_for
        return Due(f"{words(rule.first_after)} after the start for the first time", start) if asked else None
    if not rule.before_start or taken >= rule.remind_for:
        return None
    known = lookback is not None and start - LONG_AGO > lookback
    return Due("before the start", start - lookback if lookback is not None and known else LONG_AGO)


@lru_cache
def words(span: timedelta) -> str:
    """A time in words.

    >>> words(timedelta(days=183)), words(timedelta(days=1)), words(timedelta(hours=36))
    ('183 days', '1 day', '36 hours')
    """
    if span % timedelta(days=1):
        return f"{span // timedelta(hours=1)} hours"
    return f"{span.days} day{'' if span.days == 1 else 's'}"


def missing(times: Sequence[Time], start: int, end: int) -> Overlap:
    """Whether no result was taken from ``start`` to ``end``, both in microseconds (see `realising.spans.micros`).

    MAYBE where a time is partial or not known.
    """
    found = Overlap.YES
    for first, last in reversed(times):  # the latest ones are the likeliest to be in time
        if first > end or last < start:
            continue
        if first >= start:
            return Overlap.NO
        found = Overlap.MAYBE
    return found


def decide(
    rule: MonitoringRule, since: Since, times: Sequence[Time], at: datetime, lookback: timedelta | None
) -> tuple[Overlap, Due | None]:
    """Whether monitoring is missing, and what is due, over all starts that are possible; MAYBE where they differ.

    ``times`` are those of the results that were received.
    """
    answers: dict[datetime | None, Overlap] = {None: Overlap.NO}
    found, first, end = set[Overlap](), None, micros(at)
    for start in _starts(rule, since, at):
        wanted = due(rule, start, at, lookback)
        asked = None if wanted is None else wanted.since
        if asked is not None and asked not in answers:
            answers[asked] = missing(times, micros(asked), end)
        found.add(answers[asked])
        first = first or wanted
        if len(found) > 1 and first is not None:
            return Overlap.MAYBE, first
    return (found.pop() if len(found) == 1 else Overlap.MAYBE), first


def _starts(rule: MonitoringRule, since: Since, at: datetime) -> Iterator[datetime]:
    """The latest possible start, the first, and those between at which a rule begins or ceases to ask."""
    yield since.last
    if since.first == since.last:
        return
    yield since.first
    once = (rule.first_after or timedelta(0)) + rule.remind_for
    turns = (rule.every, rule.first_after, once, rule.remind_for, rule.during_first, rule.only_after)
    for turn in turns:
        for near in (-TICK, timedelta(0), TICK):
            if turn is not None and since.first < (start := at - turn + near) < since.last:
                yield start


class MissingMonitoring(Raised, frozen=True, kw_only=True):
    """A measurement that is certainly missing, and what was measured instead."""

    rule: MonitoringRule
    taken: Taken
    due: Due
    measured: Measured


class Monitoring:
    """Evaluates the monitoring rules of a knowledge on one patient."""

    def __init__(self, known: Known) -> None:
        self._known, self._knowledge, self._at = known, known.knowledge, known.moment
        self._measured_of: dict[tuple[str, ...], Measured] = {}

    def evaluate(self, taken: Iterable[Taken]) -> Iterator[MissingMonitoring | Doubt]:
        """Each measurement that is certainly missing; one doubt an ingredient for the undecided ones."""
        for one in taken:
            yield from self._of(one)

    def _of(self, taken: Taken) -> Iterator[MissingMonitoring | Doubt]:
        unsure: list[MonitoringRule] = []
        asking: list[MonitoringRule] = []
        for rule in self._knowledge.by_ingredient.monitoring(taken.ingredient):
            measured = self._measured(rule)
            answer, wanted = decide(rule, taken.since, measured.times, self._at, self._lookback(rule))
            if wanted is None or answer is Overlap.NO:
                continue
            asking.append(rule)
            if answer is Overlap.MAYBE:
                unsure.append(rule)
            elif not taken.as_needed:
                yield self._raised(rule, taken, wanted, measured)
        if taken.as_needed and asking:
            yield partial(_not_continuous, taken, asking, self._knowledge)
        elif unsure:
            yield partial(_undecided, taken, unsure, self._knowledge)

    def in_words(self, rule: MonitoringRule, taken: Taken) -> str:
        """Why a rule asks for nothing of an ingredient that is taken."""
        name, measured = self._knowledge.label(taken.ingredient), self._measured(rule)
        answer, wanted = decide(rule, taken.since, measured.times, self._at, self._lookback(rule))
        start = f"{name} has been taken since {_moment(taken.since)}"
        if wanted is None:
            return f"{start}: nothing is due"
        analytes = " or ".join(map(self._knowledge.label, rule.analytes))
        if answer is Overlap.NO:
            last = measured.last
            assert last is not None, "there is one"
            return f"{start}; {analytes} is due {wanted.why}, and a result of {time_of(last)} was received"
        return f"{start}; whether {analytes} is missing is not certain: the caveats say what is not known"

    def _lookback(self, rule: MonitoringRule) -> timedelta | None:
        """How old a result before the start may be: as the rule repeats it, else until its analyte's results expire."""
        if rule.every is not None:
            return rule.every
        known = [self._knowledge.analytes[iri].expires for iri in rule.analytes if iri in self._knowledge.analytes]
        ages = [age for age in known if age is not None]
        return max(ages) if ages and len(ages) == len(known) else None

    def _measured(self, rule: MonitoringRule) -> Measured:
        if rule.analytes not in self._measured_of:
            self._measured_of[rule.analytes] = self._known.measured(rule.analytes)
        return self._measured_of[rule.analytes]

    def _raised(self, rule: MonitoringRule, taken: Taken, wanted: Due, measured: Measured) -> MissingMonitoring:
        last = measured.last
        return MissingMonitoring(
            rule=rule,
            kind=IssueKind.MISSING_MONITORING,
            ingredients=frozenset({to_curie(taken.ingredient)}),
            selected=(*taken.selected, *taken.earlier, *([Selected(last, "", "")] if last is not None else [])),
            taken=taken,
            due=wanted,
            measured=measured,
        )


def tell(missing: MissingMonitoring, builder: Builder, known: Known) -> DetectedIssue:
    """The issue: since when the medicine is taken, what is due, and what was measured last."""
    rule, taken, wanted, last = missing.rule, missing.taken, missing.due, missing.measured.last
    analytes = " or ".join(map(known.knowledge.label, rule.analytes))
    name = known.knowledge.label(taken.ingredient)
    lacks = _lack(analytes, wanted)
    steps = [_taken(rule, taken, name, builder)]
    if last is not None:
        found = Selected(last, "", f"the latest valid result by {known.moment.date()}")
        steps.append(builder.received(found, f"the last {analytes} was of {time_of(last)}"))
    before = f"The last result was of {time_of(last)}" if last is not None else "No result was ever received"
    words = Words(
        detail=f"{name} has been taken since {_moment(taken.since)}; {analytes} is due {wanted.why}. {before}.",
        conclusion=f"the patient takes {name}, and {lacks}",
        premises=tuple(steps),
        note=f"closed world over what was received: {lacks}",
        caveats=(_closed_world(analytes), *_pending(analytes, missing.measured, wanted)),
    )
    return builder.issue(missing, words)


def _taken(rule: MonitoringRule, taken: Taken, name: str, builder: Builder) -> Derivation:
    proofs = [builder.takes(_first(taken), rule.medicine)]
    for one in (*taken.selected, *taken.earlier):
        said = one.fact.when.start or "an unknown time"
        proofs.append(builder.received(one, f"{builder.name(one)} began at {said}"))
    return builder.step("taken since", f"{name} has been taken since {_moment(taken.since)}", proofs)


def _not_continuous(taken: Taken, rules: list[MonitoringRule], knowledge: Knowledge) -> Caveat:
    name = knowledge.label(taken.ingredient)
    text = f"{name} is taken as needed, not necessarily: {_listed(rules)} was not decided"
    return Caveat(CaveatCode.AS_NEEDED, text, _touches(taken, rules))


def _undecided(taken: Taken, rules: list[MonitoringRule], knowledge: Knowledge) -> Caveat:
    name = knowledge.label(taken.ingredient)
    text = f"since when {name} is taken, or when a result was measured, is not known well enough: "
    remedy = "send the start of the medicine, the ends of the orders before, and the times of results"
    return Caveat(CaveatCode.UNKNOWN_START, f"{text}{_listed(rules)} was not decided", _touches(taken, rules), remedy)


def _first(taken: Taken) -> Present:
    """The present medicine that the derivation shows: one that is taken continuously."""
    return min(taken.doses, key=lambda dose: (dose.as_needed, dose.selected.fact.when.start or "9999", dose.node))


def _lack(analytes: str, wanted: Due) -> str:
    since = f" since {wanted.since.date()}" if wanted.since > LONG_AGO else ""
    return f"no valid result of {analytes} was received{since}: it is due {wanted.why}"


def _moment(since: Since) -> str:
    days = dict.fromkeys((since.first.date().isoformat(), since.last.date().isoformat()))
    return " or ".join(days) if since.known else f"some time up to {since.last.date()}"


def _listed(rules: list[MonitoringRule]) -> str:
    return "; ".join(f"“{rule.title}”" for rule in rules)


def _touches(taken: Taken, rules: list[MonitoringRule]) -> tuple[str, ...]:
    resources = dict.fromkeys(one.fact.provenance.resource for one in taken.selected)
    return (*resources, *(rule.curie for rule in rules))


def _closed_world(analytes: str) -> Caveat:
    text = f"no result of {analytes} was received in that time; it may have been measured elsewhere"
    return Caveat(CaveatCode.CLOSED_WORLD, text, (), "look in other records, or measure it")


def _pending(analytes: str, measured: Measured, wanted: Due) -> Iterator[Caveat]:
    for fact in measured.pending:
        time = time_of(fact)
        if time is None or bounds(time)[1] >= wanted.since:
            text = f"a result of {analytes} is {fact.status} and does not count yet"
            yield Caveat(CaveatCode.NOT_EVALUATED, text, (fact.provenance.resource,), "send the final result")

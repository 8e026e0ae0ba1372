"""Missing monitoring: a medicine is taken, a measurement is due, and no result was received."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import MonitoringRule
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import TICK, micros, moment_of
from kgtwin.inference.rules.building import Builder, Words
from kgtwin.inference.rules.due import LONG_AGO, Due, decide, until
from kgtwin.inference.rules.known import Known, Measured, Present
from kgtwin.inference.rules.raised import Doubt, Raised
from kgtwin.inference.rules.taking import Since, Taken
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import time_of
from kgtwin.model.derivation import Derivation
from kgtwin.model.fact import Fact
from kgtwin.model.issue import DetectedIssue, IssueKind
from kgtwin.model.time import Overlap, bounds


class MissingMonitoring(Raised, frozen=True, kw_only=True):
    """A measurement that is certainly missing, what was due when that was decided, the last one, and what is pending.

    ``wider`` is what is taken, too, and may be the same medicine: what the ingredient is a kind of (the base beside its
    salt), and other forms of it.
    """

    rule: MonitoringRule
    taken: Taken
    wider: tuple[Taken, ...] = ()
    due: Due
    last: Fact | None
    pending: tuple[Fact, ...]


class Monitoring:
    """Evaluates the monitoring rules of a knowledge on one patient."""

    def __init__(self, known: Known) -> None:
        self._known, self._knowledge, self._at = known, known.knowledge, micros(known.moment)
        self._measured_of: dict[tuple[str, ...], Measured] = {}

    def evaluate(self, taken: Iterable[Taken]) -> Iterator[MissingMonitoring | Doubt]:
        """Each measurement that is certainly missing; one doubt an ingredient for the undecided ones.

        Once for a substance and a kind of it, as the kind: a base and its salt may be one medicine, a class and its
        member, too. Once for several forms of one medicine, as the first of them by its IRI.
        """
        found = [one for ingredient in taken for one in self._of(ingredient)]
        raised = [one for one in found if isinstance(one, MissingMonitoring)]
        yield from self.once(raised)
        yield from (one for one in found if not isinstance(one, MissingMonitoring))

    def once(self, raised: Sequence[MissingMonitoring]) -> Iterator[MissingMonitoring]:
        """What is raised of a substance and of a kind of it, only of the kind; of two forms of one medicine, of one."""
        if len({one.rule.iri for one in raised}) == len(raised):
            yield from raised
            return
        groups: list[list[MissingMonitoring]] = []
        for one in sorted(raised, key=lambda found: found.taken.ingredient):
            if any(self._is_kind(other, one) for other in raised):
                continue
            group = next((some for some in groups if self._are_forms(some[0], one)), None)
            if group is None:
                groups.append([one])
            else:
                group.append(one)
        for first, *others in groups:
            wider = [other for other in raised if any(self._is_kind(one, other) for one in (first, *others))]
            yield _with_wider(first, [*others, *wider])

    def _are_forms(self, one: MissingMonitoring, other: MissingMonitoring) -> bool:
        """Whether both are of one rule and of forms of one medicine."""
        medicine = self._knowledge.by_ingredient.medicine
        same = one.rule.iri == other.rule.iri
        return same and not medicine(one.taken.ingredient).isdisjoint(medicine(other.taken.ingredient))

    def _is_kind(self, one: MissingMonitoring, other: MissingMonitoring) -> bool:
        """Whether both are of one rule, and the ingredient of one is a kind of the other's."""
        sub, sup = one.taken.ingredient, other.taken.ingredient
        if one.rule.iri != other.rule.iri or sub == sup or not self._knowledge.is_a(sub, sup):
            return False
        return sub > sup or not self._knowledge.is_a(sup, sub)

    def _of(self, taken: Taken) -> Iterator[MissingMonitoring | Doubt]:
        unsure: list[MonitoringRule] = []
        asking: list[MonitoringRule] = []
        since = taken.since.micros
        for rule in self._knowledge.by_ingredient.monitoring(taken.ingredient):
            answer, wanted = self._decided(rule, since)
            if wanted is None or answer is Overlap.NO:
                continue
            asking.append(rule)
            if answer is Overlap.MAYBE:
                unsure.append(rule)
            elif not taken.as_needed:
                yield self._raised(rule, taken, wanted)
        if taken.as_needed and asking:
            yield partial(_not_continuous, taken, asking, self._knowledge)
        elif unsure:
            yield partial(_undecided, taken, unsure, self._knowledge)

    def missing(self, rule: MonitoringRule, taken: Taken) -> MissingMonitoring | None:
        """What certainly is missing by one rule."""
        answer, wanted = self._decided(rule, taken.since.micros)
        if wanted is None or answer is not Overlap.YES or taken.as_needed:
            return None
        return self._raised(rule, taken, wanted)

    def until(self, rule: MonitoringRule, taken: Taken) -> int:
        """Up to which moment `missing` certainly answers the same, in microseconds, if nothing else changes."""
        return until(rule, taken.since.micros, self._measured(rule).times, self._at)

    def _decided(self, rule: MonitoringRule, since: tuple[int, int]) -> tuple[Overlap, Due | None]:
        return decide(rule, since, self._measured(rule).times, self._at, self._lookback(rule))

    def in_words(self, rule: MonitoringRule, taken: Taken) -> str:
        """Why a rule asks for nothing of an ingredient that is taken."""
        name = self._knowledge.label(taken.ingredient)
        answer, wanted = self._decided(rule, taken.since.micros)
        start = f"{name} has been taken since {_moment(taken.since)}"
        if wanted is None:
            return f"{start}: nothing is due"
        analytes = " or ".join(map(self._knowledge.label, rule.analytes))
        if answer is Overlap.NO:
            last = self._measured(rule).last
            when = "an unknown time" if last is None else time_of(last)
            return f"{start}; {analytes} is due {wanted.why}, and a result of {when} was received"
        return f"{start}; whether {analytes} is missing is not certain: the caveats say what is not known"

    def _lookback(self, rule: MonitoringRule) -> int | None:
        """How old a result before the start may be: as the rule repeats it, else until its analyte's results expire."""
        if rule.every is not None:
            return rule.turns.every
        known = [self._knowledge.analytes[iri].expires for iri in rule.analytes if iri in self._knowledge.analytes]
        ages = [age for age in known if age is not None]
        return max(ages) // TICK if ages and len(ages) == len(known) else None

    def _measured(self, rule: MonitoringRule) -> Measured:
        if rule.analytes not in self._measured_of:
            self._measured_of[rule.analytes] = self._known.measured(rule.analytes)
        return self._measured_of[rule.analytes]

    def _raised(self, rule: MonitoringRule, taken: Taken, wanted: Due) -> MissingMonitoring:
        measured = self._measured(rule)
        last = measured.last
        return MissingMonitoring(
            rule=rule,
            kind=IssueKind.MISSING_MONITORING,
            ingredients=frozenset({to_curie(taken.ingredient)}),
            selected=(*taken.selected, *taken.earlier, *([Selected(last, "", "")] if last is not None else [])),
            taken=taken,
            due=wanted,
            last=last,
            pending=tuple(measured.pending),
        )


def _with_wider(one: MissingMonitoring, others: list[MissingMonitoring]) -> MissingMonitoring:
    if not others:
        return one
    selected = {each.fact.id: each for some in (one, *others) for each in some.selected}
    return msgspec.structs.replace(one, selected=tuple(selected.values()), wider=tuple(some.taken for some in others))


def tell(missing: MissingMonitoring, builder: Builder, known: Known) -> DetectedIssue:
    """The issue: since when the medicine is taken, what is due, and what was measured last."""
    rule, taken, wanted, last = missing.rule, missing.taken, missing.due, missing.last
    analytes = " or ".join(map(known.knowledge.label, rule.analytes))
    name = known.knowledge.label(taken.ingredient)
    lacks = _lack(analytes, wanted)
    steps = [_taken(rule, taken, name, builder)]
    if last is not None:
        found = Selected(last, "", f"the latest valid result by {known.moment.date()}")
        steps.append(builder.received(found, f"the last {analytes} was of {time_of(last)}"))
    wider = ", ".join(known.knowledge.label(one.ingredient) for one in missing.wider)
    also = f" What is taken as {wider} may be the same." if wider else ""
    before = f"The last result was of {time_of(last)}" if last is not None else "No result was ever received"
    words = Words(
        detail=f"{name} has been taken since {_moment(taken.since)}; {analytes} is due {wanted.why}. {before}.{also}",
        conclusion=f"the patient takes {name}, and {lacks}",
        premises=tuple(steps),
        note=f"closed world over what was received: {lacks}",
        caveats=(_closed_world(analytes), *_pending(analytes, missing.pending, wanted)),
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
    since = f" since {moment_of(wanted.since).date()}" if wanted.since > LONG_AGO else ""
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


def _pending(analytes: str, pending: Iterable[Fact], wanted: Due) -> Iterator[Caveat]:
    for fact in pending:
        time = time_of(fact)
        if time is None or micros(bounds(time)[1]) >= wanted.since:
            text = f"a result of {analytes} is {fact.status} and does not count yet"
            yield Caveat(CaveatCode.NOT_EVALUATED, text, (fact.provenance.resource,), "send the final result")

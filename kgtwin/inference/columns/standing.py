"""What rules decided about one patient at a moment, kept: after a change only what it touches is decided again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple, TypeAlias

import msgspec

from kgtwin.inference.columns.finding import Finding
from kgtwin.inference.columns.on_rows import NotOnRowsError, OnRows, Seen
from kgtwin.inference.columns.touching import Counted, Touched, Touching
from kgtwin.inference.columns.work import SPAN_ROWS
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.rules import BurdenScale
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import micros
from kgtwin.inference.rules import burden, care_gaps, dose, monitoring
from kgtwin.inference.rules.care_gaps import ANY_AGE
from kgtwin.inference.rules.considered import is_considered
from kgtwin.inference.rules.dosing import is_steady
from kgtwin.inference.rules.known import Present
from kgtwin.inference.rules.raised import Raised, Said
from kgtwin.inference.rules.taking import Taken, taken
from kgtwin.model.fact import Fact
from kgtwin.vocabulary import TAKES_NOW, TOOK_EVER

Unit: TypeAlias = tuple[int, str, int]
"""What is decided on its own: a family, an ingredient (IRI) where it goes by these, and a place in the family."""
BURDEN, DOSE, MONITORING, CARE_GAP = range(4)
Medicines = dict[int, Present]


class Changed(NamedTuple):
    """Facts that came, and facts that went."""

    added: tuple[Fact, ...] = ()
    removed: tuple[Fact, ...] = ()


class Standing(msgspec.Struct, frozen=True):
    """What counts at a moment for rules, and what they decide by it.

    ``present`` and ``past`` are medicines by the places of their facts, ``considered`` says by ingredient (IRI) how
    many orders name it, ``taken`` what is taken of the ingredients that rules are about, ``called`` which care gaps are
    called for. ``raised`` is what each unit raises, ``until`` which moment (in microseconds) it certainly does, for
    those that time alone may change, ``unclear`` are units that rows do not decide. ``told`` is all that is raised, in
    order, ``untold`` what of it the issues of statements, ``found`` by which facts, do not say.
    """

    moment: datetime
    counted: Counted = ()
    heads: frozenset[int] = frozenset()
    present: Medicines = {}
    past: Medicines = {}
    considered: dict[str, int] = {}
    taken: dict[str, Taken] = {}
    called: frozenset[int] = frozenset()
    raised: dict[Unit, tuple[Raised, ...]] = {}
    unclear: frozenset[Unit] = frozenset()
    until: dict[Unit, int] = {}
    told: tuple[Raised, ...] = ()
    found: tuple[tuple[str, tuple[int, ...]], ...] = ()
    untold: tuple[Raised, ...] = ()


def _untold(
    told: tuple[Raised, ...], found: Sequence[Finding], given: Sequence[Fact | None], knowledge: Knowledge
) -> tuple[Raised, ...]:
    """What is raised and not said already by the issues of statements, ``found`` on ``given`` facts."""
    repeated = [one for one in told if _is_said(one, found, given, knowledge)]
    return tuple(one for one in told if one not in repeated) if repeated else told


def _is_said(one: Raised, found: Sequence[Finding], given: Sequence[Fact | None], knowledge: Knowledge) -> bool:
    if isinstance(one, burden.Burden) and len(one.shares) == 2:
        about = [issue for issue in found if knowledge.share_risk(issue.statement.iri, one.rule.iri)]
        return burden.already_said(one, [said(issue, given) for issue in about], knowledge)
    if isinstance(one, dose.AboveLimit) and one.rule.maximum == 0:
        return dose.already_said(one, [said(issue, given) for issue in found])
    return False


def said(one: Finding, given: Sequence[Fact | None]) -> Said:
    """What an issue of a statement says, for rules that would repeat it."""
    facts = (given[place] for place in one.facts)
    ids = frozenset(fact.id for fact in facts if fact is not None)
    return Said(one.statement.curie, one.statement.significance, ids)


def again(seen: Seen, before: Standing | None, changed: Changed, touching: Touching) -> Standing:
    """What is decided now, by what was decided ``before`` facts changed, or time passed; None: by nothing."""
    return _Again(seen, Standing(seen.at) if before is None else before, touching).decided(changed)


def end_of_day(at: datetime) -> int:
    """The last microsecond of a moment's day in UTC: ages are counted in days."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return micros(midnight) + 86_400_000_000 - 1


class _Again:
    """One change."""

    def __init__(self, seen: Seen, before: Standing, touching: Touching) -> None:
        self._seen, self._before, self._touching = seen, before, touching
        self._counted = touching.counted(seen.patient.columns, seen.holding)
        self._heads = frozenset(seen.holding.heads)
        self._considered = before.considered
        self._present, self._past, self._taken = before.present, before.past, before.taken
        self._called, self._raised, self._unclear = before.called, before.raised, before.unclear
        self._until = before.until
        self._units: set[Unit] = set()

    def decided(self, changed: Changed) -> Standing:
        """What stands afterwards."""
        self._look_at_facts(changed)
        if self._counted != self._before.counted or self._heads != self._before.heads:
            self._look_at_what_counts()
        if self._seen.at != self._before.moment:
            self._pass_time()
        self._decide()
        told = self._before.told if self._raised is self._before.raised else self._in_order()
        found, untold = self._seen.found, self._before.untold
        issues = tuple([(one.statement.iri, one.facts) for one in found])
        if told is not self._before.told or issues != self._before.found:
            untold = _untold(told, found, self._seen.patient.given, self._touching.knowledge)
        return Standing(
            moment=self._seen.at,
            counted=self._counted,
            heads=self._heads,
            present=self._present,
            past=self._past,
            considered=self._considered,
            taken=self._taken,
            called=self._called,
            raised=self._raised,
            unclear=self._unclear,
            until=self._until,
            told=told,
            found=issues,
            untold=untold,
        )

    # what is touched

    def _look_at_what_counts(self) -> None:
        differing = set(self._counted).symmetric_difference(self._before.counted)
        touched = self._touched({gain for _, _, gain in differing})
        self._touch_rules(touched)
        if any(one.ever or one.now for one in touched):
            self._look_at_medicines(sorted({place for kind, place, _ in differing if kind == SPAN_ROWS}))
            changed = self._ingredients(touched)
            self._take(changed)
            for one in changed:
                self._touch_ingredient(one)

    def _pass_time(self) -> None:
        """What stays so for a while only may be otherwise, and since when a medicine is taken that is not settled."""
        at = micros(self._seen.at)
        self._units.update(unit for unit, until in self._until.items() if until < at)
        moving = [one for one, taken in self._taken.items() if not taken.settled]
        self._take(moving)
        for one in moving:
            self._touch_monitoring(one)

    def _touched(self, gains: Iterable[int]) -> list[Touched]:
        heads = self._heads ^ self._before.heads
        return [*map(self._touching.of_gain.__getitem__, gains), *map(self._touching.of_head.__getitem__, heads)]

    def _touch_rules(self, touched: Sequence[Touched]) -> None:
        of_gain = self._touching.of_gain
        if any(one.calls for one in touched):
            self._called = frozenset(number for _, _, gain in self._counted for number in of_gain[gain].calls)
        for one in touched:
            for number in one.limits:
                self._touch_limit(number)
            for number in (*one.calls, *one.gaps):
                self._units.add((CARE_GAP, "", number))

    def _touch_limit(self, number: int) -> None:
        rule = self._touching.rules.doses[number]
        limits = self._touching.knowledge.by_ingredient.dose_limits
        self._units.update((DOSE, one, 0) for one in self._taken if rule in limits(one))

    def _look_at_facts(self, changed: Changed) -> None:
        """Results of any time are asked for by monitoring, orders of any kind by care gaps."""
        for fact in (*changed.added, *changed.removed):
            analyte = self._touching.finder.encoder.analyte(fact)
            if analyte is not None:
                self._look_at_analyte(self._touching.finder.encoder.numbers[analyte.iri])
        medicines = [(one, 1) for one in changed.added if is_considered(one)]
        medicines += [(one, -1) for one in changed.removed if is_considered(one)]
        if medicines:
            self._considered = dict(self._considered)
        for fact, more in medicines:
            for ingredient in self._touching.named(fact):
                self._consider(ingredient, more)
                self._units.update((CARE_GAP, "", number) for number in self._touching.considering(ingredient))

    def _consider(self, ingredient: str, more: int) -> None:
        count = self._considered.get(ingredient, 0) + more
        if count:
            self._considered[ingredient] = count
        else:
            self._considered.pop(ingredient, None)

    def _look_at_analyte(self, number: int) -> None:
        for limit in self._touching.limiting[number]:
            self._touch_limit(limit)
        watching = self._touching.watching[number]
        if watching:
            monitored = self._touching.knowledge.by_ingredient.monitoring
            for ingredient in self._taken:
                rules = enumerate(monitored(ingredient))
                self._units.update((MONITORING, ingredient, at) for at, rule in rules if rule.iri in watching)

    # what is taken

    def _look_at_medicines(self, places: Iterable[int]) -> None:
        self._present, self._past = dict(self._present), dict(self._past)
        for place in places:
            gains = tuple(gain for kind, of, gain in self._counted if of == place and kind == SPAN_ROWS)
            now = self._medicine(TAKES_NOW, place, gains)
            self._set(self._present, place, now)
            self._set(self._past, place, None if now is not None else self._medicine(TOOK_EVER, place, gains))

    def _medicine(self, role: str, place: int, gains: tuple[int, ...]) -> Present | None:
        found = self._touching.medicine(role, gains)
        fact = self._seen.patient.given[place]
        if found is None or fact is None:
            return None
        return Present(str(place), Selected(fact, role, ""), *found)

    @staticmethod
    def _set(medicines: Medicines, place: int, found: Present | None) -> None:
        if found is None:
            medicines.pop(place, None)
        else:
            medicines[place] = found

    def _ingredients(self, touched: Iterable[Touched]) -> set[str]:
        """What is to be looked at again: what comes or goes, and what is monitored and may be the same."""
        about = self._touching.knowledge.by_ingredient
        changed = {one for some in touched for one in some.now}
        ever = {one for some in touched for one in some.ever}
        for one in self._taken:
            if one not in changed and about.monitoring(one) and any(about.are_related(one, other) for other in ever):
                changed.add(one)
        return changed

    def _take(self, changed: Collection[str]) -> None:
        if not changed:
            return
        about = self._touching.knowledge.by_ingredient
        present = [self._present[place] for place in sorted(self._present)]
        past = [one for _, one in sorted(self._past.items()) if not one.as_needed]
        self._taken = dict(self._taken)
        for one in changed:
            self._taken.pop(one, None)
            if any(one in dose.ingredients for dose in present):
                self._taken[one] = taken(one, present, past if about.monitoring(one) else (), self._known)

    def _touch_ingredient(self, ingredient: str) -> None:
        about = self._touching.knowledge.by_ingredient
        for number, scale in enumerate(self._touching.rules.burdens):
            if about.points(ingredient, scale.iri):
                self._units.add((BURDEN, "", number))
        if about.dose_limits(ingredient):
            self._units.add((DOSE, ingredient, 0))
        self._touch_monitoring(ingredient)

    def _touch_monitoring(self, ingredient: str) -> None:
        rules = self._touching.knowledge.by_ingredient.monitoring(ingredient)
        self._units.update((MONITORING, ingredient, number) for number in range(len(rules)))

    # what is decided

    def _decide(self) -> None:
        """What each unit that was touched raises."""
        if not self._units:
            return
        before, raised, unclear = self._raised, dict(self._raised), set(self._unclear)
        self._until = dict(self._until)
        for unit in self._units:
            raised.pop(unit, None)
            self._until.pop(unit, None)
            unclear.discard(unit)
            try:
                found = self._of(*unit)
            except NotOnRowsError:
                unclear.add(unit)
                continue
            if found:
                raised[unit] = found
        self._unclear = frozenset(unclear)
        if not self._units.isdisjoint(before) or not self._units.isdisjoint(raised):
            self._raised = raised

    def _of(self, family: int, ingredient: str, number: int) -> tuple[Raised, ...]:
        if family == BURDEN:
            return self._of_scale(self._touching.rules.burdens[number])
        if family == CARE_GAP:
            return self._of_gap(number)
        one = self._taken.get(ingredient)
        if one is None or not one.systemic:
            return ()
        if family == DOSE:
            self._until[family, ingredient, number] = (
                end_of_day(self._seen.at) if is_steady(one) else micros(self._seen.at)
            )
            return tuple(found for found in self._limits.evaluate((one,)) if isinstance(found, dose.AboveLimit))
        rule = self._touching.knowledge.by_ingredient.monitoring(ingredient)[number]
        found = self._monitoring.missing(rule, one)
        self._until[family, ingredient, number] = self._monitoring.until(rule, one)
        return () if found is None else (found,)

    def _of_scale(self, scale: BurdenScale) -> tuple[Raised, ...]:
        taken = [self._taken[one] for one in sorted(self._taken)]
        found = burden.of_scale(scale, taken, self._touching.knowledge)
        return (found,) if isinstance(found, burden.Burden) else ()

    def _of_gap(self, number: int) -> tuple[Raised, ...]:
        if number not in self._called:
            return ()
        if self._touching.rules.care_gaps[number].ages != ANY_AGE:
            self._until[CARE_GAP, "", number] = end_of_day(self._seen.at)
        found = care_gaps.untreated(self._touching.rules.care_gaps[number], self._known)
        return () if found is None else (found,)

    @cached_property
    def _known(self) -> OnRows:
        touching = self._touching
        return OnRows(self._seen, touching.finder, touching.meanings, self._considered)

    @cached_property
    def _limits(self) -> dose.Limits:
        return dose.Limits(self._known, ())

    @cached_property
    def _monitoring(self) -> monitoring.Monitoring:
        return monitoring.Monitoring(self._known)

    def _in_order(self) -> tuple[Raised, ...]:
        """All that is raised, as `rules.evaluate` orders it."""
        families: tuple[list[Raised], ...] = [], [], [], []
        for unit in sorted(self._raised):
            families[unit[0]].extend(self._raised[unit])
        missing = [one for one in families[MONITORING] if isinstance(one, monitoring.MissingMonitoring)]
        families[MONITORING][:] = self._monitoring.once(missing)
        return tuple(one for family in families for one in family)

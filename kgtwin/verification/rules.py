"""Whether a clinical rule raises an issue: the rule as the document has it, evaluated a second time.

What adds up is taken at its least: more medicines, or a higher dose, would raise the issue all the more. What is absent
is looked for in a list of all facts that could have filled it. ``docs/proofs.md`` says what that leaves to be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from kgtwin import vocabulary as v
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.model.clinical import time_of
from kgtwin.model.data_ranges import within
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.intervals import Interval
from kgtwin.model.time import bounds
from kgtwin.verification.case import LONG_AGO, PATIENT, TRUE, Case
from kgtwin.verification.counting import FINAL, MEASURED, coded_in, fills, iris
from kgtwin.verification.doses import least
from kgtwin.verification.estimates import estimate
from kgtwin.verification.taking import started
from kgtwin.verification.verdict import require

TICK: Final = timedelta(microseconds=1)


def check_rule(case: Case) -> None:
    """Rejects a document unless its rule is of the issue's kind and significance, in use, and raises the issue."""
    rule = case.rule
    kind, check = FAMILIES[rule.family]
    require(case.is_a(rule.rule, rule.family) and kind == case.issue.kind, "the rule is not one of this kind")
    weight = [*case.said("ruleSignificance"), *case.said("ruleSignificance", rule.family), "minor"][0]
    require(weight == case.issue.significance, "the significance is not the rule's")
    require(not {*case.said("silent")} & {*TRUE}, "the rule is not in use")
    check(case)


def missing_monitoring(case: Case) -> None:
    """A medicine is taken since a time at which a result is due, and none was received: whenever it may have begun."""
    ingredient = case.ingredient("ruleMedicine")
    now = case.taken(ingredient)
    require(any(not case.as_needed(fact) for fact in now), "the medicine is not taken, or as needed only")
    first, last = started(case, ingredient, now)
    analytes = case.said("ruleAnalyte")
    valid = [one for one in case.every(MEASURED, analytes) if one.status in FINAL and one.value is not None]
    for start in _starts(case, first, last):
        since = _due(case, start, analytes)
        require(since is not None, f"nothing is due, if the medicine began at {start}")
        late = [one.id for one in valid if _may_be_between(one, since or LONG_AGO, case.at)]
        require(not late, f"{late[:1]} is a result of the time in which one is said to be missing")
    require(not case.issue.conditions, "a missing result is about no condition")


def _starts(case: Case, first: datetime, last: datetime) -> Iterator[datetime]:
    """The first and the last start that is possible, and those between at which the rule asks for something else."""
    yield from (first, last)
    turns = [case.span(name) for name in ("every", "firstAfter", "duringFirst", "onlyAfter")]
    turns += [_reminded(case), (case.span("firstAfter") or timedelta()) + _reminded(case)]
    moments = [case.at - turn + near for turn in turns if turn is not None for near in (-TICK, timedelta(), TICK)]
    yield from (one for one in moments if first < one < last)


def _due(case: Case, start: datetime, analytes: list[str]) -> datetime | None:
    """From when on a result would do, for a medicine that began at a time; None where none is due."""
    taken, every, first = case.at - start, case.span("every"), case.span("firstAfter")
    after, during = case.span("onlyAfter"), case.span("duringFirst")
    if (after is not None and taken < after) or (during is not None and taken > during):
        return None
    if every is not None and taken >= every:
        return case.at - every
    if first is not None and taken >= first:
        return start if every is not None or taken < first + _reminded(case) else None
    if not {*case.said("beforeStart")} & {*TRUE} or taken >= _reminded(case):
        return None
    back = every if every is not None else case.longest(analytes)
    return start - back if back is not None and start - LONG_AGO > back else LONG_AGO


def _reminded(case: Case) -> timedelta:
    return case.span("remindFor") or case.span("remindFor", case.rule.family) or timedelta()


def _may_be_between(fact: Fact, first: datetime, last: datetime) -> bool:
    time = time_of(fact)
    begin, end = bounds(time) if time is not None else (LONG_AGO, last)
    return begin <= last and end >= first


def cumulated_burden(case: Case) -> None:
    """Two ingredients or more, each taken now, add up to the threshold."""
    scale = [
        (Decimal(points), to_iri(kind)) for points, _, kind in (one.partition("|") for one in case.said("burdenPoints"))
    ]
    require(min(points for points, _ in scale) >= 0, "with points below 0 it counts what is not listed")
    named = {to_iri(name) for name in case.issue.ingredients}
    total = Decimal(0)
    for one in named:
        points = [number for number, kind in scale if case.is_a(one, kind)]
        require(points and case.taken(one), f"{one} is not taken now, or has no points")
        total += max(points)
    apart = not any(case.is_a(one, other) for one in named for other in named if one != other)
    require(len(named) > 1 and apart, "it takes two ingredients, of which none is a kind of another")
    require(total >= Decimal(case.one("burdenThreshold")), f"{total} points do not reach the threshold")
    require(not case.issue.conditions, "a burden is about no condition")


def untreated_indication(case: Case) -> None:
    """A condition of the rule, at an age for which it holds; and no medicine for it, nor what the rule excepts."""
    known = {v.HAS_NOW: case.said("ruleCondition"), v.HAS_EVER: case.said("ruleHistory")}
    held = [node for role, kinds in known.items() for node in case.filling(role, kinds)]
    require(held, "no condition of the rule is proven")
    require({*case.issue.conditions} == case.concepts(held), "the issue is about another condition")
    require(not case.issue.ingredients, "what is missing is no ingredient of the issue")
    low, high = (Decimal(text[0]) if (text := case.said(name)) else None for name in ("ageFrom", "ageBelow"))
    ages = [within(one, Interval(low, False, high, True)) for one in case.numbers(PATIENT, v.HAS_AGE)]
    require((low, high) == (None, None) or any(ages), "the age is not one for which the rule holds")
    medicines, others = case.said("ruleMedicine"), case.said("unlessMedicine")
    for fact in case.every((FactKind.MEDICATION,)):
        of = case.listed(fact) | iris(*coded_in(fact, v.HAS_ACTIVE_INGREDIENT))
        related = case.is_any(of, medicines) or case.is_any(medicines, of)
        require(fact.status == "entered-in-error" or not related, f"{fact.id}: a medicine of the rule was thought of")
        against = fills(fact, v.TAKES_NOW, None, case.at) and case.is_any(of, others)
        require(not against, f"{fact.id}: a medicine with which the rule is silent is taken")
    unfit = [(FactKind.ALLERGY, (v.ALLERGIC_TO, v.INTOLERANT_TO), medicines)]
    unfit += [(FactKind.CONDITION, (v.HAS_NOW, v.HAS_EVER), case.said("unlessCondition"))]
    for kind, roles, classes in unfit:
        for fact in case.every((kind,)) if classes else ():
            present = any(fills(fact, role, None, case.at) for role in roles)
            excepted = present and case.is_any(iris(fact.code), classes)
            excepted |= present and kind is FactKind.ALLERGY and case.is_any(classes, iris(fact.code))
            require(not excepted, f"{fact.id} is among what the rule excepts")


def dose_renal(case: Case) -> None:
    """An ingredient is taken in more than the limit, while the analyte lies in the range of the limit."""
    ingredient, (analyte,) = case.ingredient("ruleMedicine"), case.said("ruleAnalyte")
    require(not case.said("ruleQualifier"), "the rule is restricted to what no fact says")
    orders, (most, _, unit) = case.taken(ingredient), case.one("maximumDailyDose").partition("|")
    require(orders and unit == "mg", "the medicine is not taken, or its limit is not in mg")
    above = Decimal(most) == 0 or max(least(case, order, ingredient) for order in orders) > Decimal(most)
    require(above, "the dose is not certainly above the limit")
    wanted = case.said("ruleCondition")
    held = [*case.filling(v.HAS_NOW, wanted)]
    require(held or not wanted, "the limit is restricted to a condition that is not proven")
    require(
        {*case.issue.conditions} == case.concepts(held) | {to_curie(analyte)}, "the issue is about other conditions"
    )
    limits = _range(case)
    if case.rule.equation is not None:
        require(estimate(case, analyte).within(limits), "the estimated value is not in the range of the limit")
        return
    nodes = case.filling(v.HAS_LATEST_RESULT, [analyte])
    unit = case.values[analyte, "canonicalUnit"]
    found = [one for node in nodes for one in case.numbers_in(node, unit)]
    require(any(within(one, limits) for one in found), f"no result is in the range, or none is in {unit}")


def _range(case: Case) -> Interval:
    """The values for which a limit holds."""
    low, above, below, high = (
        Decimal(text[0]) if (text := case.said(name)) else None
        for name in ("rangeFrom", "rangeAbove", "rangeBelow", "rangeTo")
    )
    open_low, open_high = low is None and above is not None, high is None and below is not None
    return Interval(above if low is None else low, open_low, below if high is None else high, open_high)


FAMILIES: Final[dict[str, tuple[str, Callable[[Case], None]]]] = {
    v.kgtwin("MonitoringRule"): ("missing-monitoring", missing_monitoring),
    v.kgtwin("BurdenScale"): ("cumulated-burden", cumulated_burden),
    v.kgtwin("CareGapRule"): ("untreated-indication", untreated_indication),
    v.kgtwin("RenalDoseLimit"): ("dose-renal", dose_renal),
}
"""By family, the kind of issue that a rule raises, and what it asks for."""

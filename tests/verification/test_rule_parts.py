"""The checker's second evaluation of rules beside the engine's: since when, what is due, how much, an estimate."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge
from kgtwin.inference.equations import formulas
from kgtwin.inference.knowledge.rules import MonitoringRule
from kgtwin.inference.proofs.units import dose_conversions
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import micros
from kgtwin.inference.rules.dosing import daily
from kgtwin.inference.rules.due import decide
from kgtwin.inference.rules.known import Present, times_of
from kgtwin.inference.rules.taking import Since, Taken, _since
from kgtwin.model.axioms import Class
from kgtwin.model.fact import Fact, FactKind, MedicationDetail
from kgtwin.model.issue import Significance
from kgtwin.model.proof_document import Absence, ProofAnnotation, ProofIssue, ProofRule
from kgtwin.model.time import Overlap, Period, bounds
from kgtwin.verification.case import Case
from kgtwin.verification.counting import MEASURED, fills
from kgtwin.verification.doses import least
from kgtwin.verification.estimates import value
from kgtwin.verification.rules import missing_monitoring
from kgtwin.verification.taking import started
from kgtwin.verification.verdict import Rejected
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, RXNORM, TAKES_NOW, TOOK_EVER, kgtwin
from tests.fuzz import times
from tests.verification.ward import NOW, Maker

METFORMIN, CURIE, TABLET = RXNORM + "6809", "rxnorm:6809", "rxnorm:860975"
RULE, ANALYTE = "http://example.org/rule", "http://example.org/analyte"
DAY = timedelta(days=1)


def node(fact: Fact) -> str:
    return f"urn:kgtwin:fact:{fact.id}"


def case(orders: list[Fact], others: list[Fact] | None = None, **said: Any) -> Case:
    """Orders that are proven to have metformin, with a rule that says something."""
    results = others or []
    annotations = [ProofAnnotation(RULE, kgtwin(name), text) for name, text in said.pop("annotations", [])]
    absences = (
        Absence((FactKind.MEDICATION,), tuple(one.id for one in orders)),
        Absence(MEASURED, tuple(one.id for one in results)),
    )
    issue = ProofIssue(
        id="", patient="", statement="", ingredients=(CURIE,), conditions=(), implicated=(), kind="", significance="",
        title="", at="", revision=1,
    )  # fmt: skip
    has = ("some", HAS_ACTIVE_INGREDIENT, Class(METFORMIN))
    return Case(
        rule=ProofRule(rule=RULE, family="f", annotations=tuple(annotations), absences=absences, **said),
        issue=issue,
        at=NOW,
        facts={one.id: one for one in [*orders, *results]},
        given={(("one", node(one)), has) for one in orders},
        medicines={node(one): [CURIE] for one in orders},
        chosen={},
        values={},
    )


def accepted(checked: Case) -> bool:
    try:
        missing_monitoring(checked)
    except Rejected:
        return False
    return True


def days(random: Random) -> str:
    return f"P{random.choice([7, 14, 31, 92, 183, 366])}D"


@settings(max_examples=times(400), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_is_missing(seed: int) -> None:
    """Of rules that no ontology has, with all combinations of times, and of starts and results with partial dates."""
    random = Random(seed)
    make = Maker(random)
    order = make.order([CURIE], Period(make.day(0, 500), None))
    results = [
        make.fact(FactKind.OBSERVATION, ["x"], status="final", when=Period(make.day(0, 700)), value=make.quantity())
    ]
    results = results * random.choice([0, 1])
    said = [(name, days(random)) for name in ("every", "firstAfter", "remindFor") if random.random() < 0.6]
    said += [(name, days(random)) for name in ("duringFirst", "onlyAfter") if random.random() < 0.2]
    said += [("beforeStart", "true")] if random.random() < 0.5 else []
    checked = case([order], results, annotations=[*said, ("ruleMedicine", METFORMIN), ("ruleAnalyte", ANALYTE)])
    if not fills(order, TAKES_NOW, None, NOW) or checked.as_needed(order):
        assert not accepted(checked)
        return
    first, last = bounds(order.when.start or "")
    rule, since = engine_rule(checked), Since(min(first, NOW), min(last, NOW))
    answer, _ = decide(rule, since.micros, times_of(results, NOW), micros(NOW), rule.turns.every)
    assert accepted(checked) is (answer is Overlap.YES)


def engine_rule(checked: Case) -> MonitoringRule:
    return MonitoringRule(
        iri=RULE, family="f", significance=Significance.MINOR, title="", detail="", evidence=(), mitigation=None,
        review="", medicine=METFORMIN, analytes=(ANALYTE,),
        before_start=bool(checked.said("beforeStart")), first_after=checked.span("firstAfter"),
        every=checked.span("every"), during_first=checked.span("duringFirst"), only_after=checked.span("onlyAfter"),
        remind_for=checked.span("remindFor") or timedelta(0),
    )  # fmt: skip


@settings(max_examples=times(400), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_since_when_it_is_taken(seed: int) -> None:
    """Orders that adjoin, overlap, are apart, as needed, of unknown start or end: all or any of them proven."""
    random = Random(seed)
    make = Maker(random)
    orders = [one for _ in range(3) for one in make.orders([CURIE], lambda: [CURIE])]
    now = [one for one in orders if fills(one, TAKES_NOW, None, NOW)]
    past = [one for one in orders if one not in now and fills(one, TOOK_EVER, None, NOW)]
    before = [one for one in past if isinstance(one.detail, MedicationDetail) and not one.detail.as_needed]
    if not now:
        return
    expected, chained = _since(now, [Selected(one, TOOK_EVER, "") for one in before], NOW)
    assert started(case(orders), METFORMIN, now) == (expected.first, expected.last)
    checked = case(orders)
    left_out = {("one", node(one.fact)) for one in chained if random.random() < 0.5}
    fewer = msgspec.structs.replace(checked, given={(s, t) for s, t in checked.given if s not in left_out})
    try:
        found = started(fewer, METFORMIN, now)
    except Rejected:
        assert left_out
    else:
        assert found == (expected.first, expected.last), "others reach as far"


@settings(max_examples=times(600), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_least_of_a_daily_dose(knowledge: Knowledge, seed: int) -> None:
    """As the engine has it of the same order, of an ingredient and of a product whose tablets have a strength."""
    random = Random(seed)
    make = Maker(random)
    order = make.order([random.choice([CURIE, TABLET])], Period("2025", None))
    assert isinstance(order.detail, MedicationDetail)
    present = Present(node(order), Selected(order, TAKES_NOW, ""), frozenset({METFORMIN}), None)
    found = daily(Taken(METFORMIN, (present,), Since(NOW, NOW)), knowledge, NOW).amount
    strengths = knowledge.ontology.values(RXNORM + "860975", kgtwin("strength"))
    rule = ProofRule(
        rule=RULE,
        family="f",
        annotations=tuple(ProofAnnotation(RXNORM + "860975", kgtwin("strength"), one) for one in strengths),
        conversions=tuple(dose_conversions(order.detail.instructions, [one.split("|")[-1] for one in strengths])),
    )
    plain = case([order])
    checked = msgspec.structs.replace(plain, rule=rule)
    amount = least(checked, order, METFORMIN)
    assert amount == (found.low if found is not None and found.low is not None else Decimal(0)) or found is None


NAMES = st.sampled_from(["a", "b", "c"])
SIGNS = st.sampled_from(["+", "-", "*", "/", "**", "<", ">="])
NUMBERS = st.sampled_from(["0", "1", "2.5", "0.85", "140"])
EXPRESSIONS = st.recursive(
    st.one_of(NAMES, NUMBERS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", "<", ">="]), inner).map(
            lambda p: f"({' '.join(p)})"
        ),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(st.sampled_from(["exp", "ln", "sqrt", "round"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"choose({p[0]} < 1, {p[1]}, {p[2]})"),
        inner.map(lambda one: f"-{one}"),
    ),
    max_leaves=8,
)
ENDS = st.tuples(st.floats(-3, 60), st.floats(0, 5)).map(lambda p: (p[0], p[0] + p[1]))


@settings(max_examples=times(600), deadline=None)
@given(EXPRESSIONS, st.tuples(ENDS, ENDS, ENDS), st.tuples(*[st.floats(0, 1)] * 3))
def test_expressions(text: str, ends: tuple[tuple[float, float], ...], places: tuple[float, ...]) -> None:
    """What the checker finds has the values at all points in it, and is no wider than what the engine finds.

    Where it finds nothing it accepts nothing.
    """
    names = dict(zip("abc", ends, strict=True))
    points = {n: low + (high - low) * at for (n, (low, high)), at in zip(names.items(), places, strict=True)}
    parsed = formulas.parse(text)
    expected = formulas.value(parsed, {name: formulas.Span(*one) for name, one in names.items()})
    try:
        low, high = value(parsed, names)
        at_point, _ = value(parsed, {name: (one, one) for name, one in points.items()})
    except (ValueError, ArithmeticError):
        return
    near = 1e-9 * max(1.0, abs(low), abs(high))
    assert low - near <= at_point <= high + near or "round" in text
    assert expected.low - near <= low <= high <= expected.high + near or not math.isfinite(low + high)

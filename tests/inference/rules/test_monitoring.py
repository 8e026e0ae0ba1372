"""What is due when, and over which uncertainty that is decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.knowledge.rules import MonitoringRule
from kgtwin.inference.realising.spans import micros
from kgtwin.inference.realising.washout import LONG_AGO
from kgtwin.inference.rules import due as due_
from kgtwin.inference.rules.due import Due
from kgtwin.inference.rules.known import Observations, Realised, Time, times_of
from kgtwin.inference.rules.monitoring import Monitoring
from kgtwin.inference.rules.taking import Since, Taken
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, Quantity
from kgtwin.model.issue import DetectedIssue, IssueKind, Significance
from kgtwin.model.time import Overlap, Period
from tests.fuzz import times
from tests.inference.factory import AT, PATIENT, order, patient, result

EGFR, METFORMIN, AMIODARONE = "loinc:33914-3", "rxnorm:6809", "rxnorm:703"
DAY = timedelta(days=1)


def rule(**said: Any) -> MonitoringRule:
    """A rule that asks for nothing but what is said."""
    told = {"before_start": False, "first_after": None, "every": None, "during_first": None, "only_after": None}
    return MonitoringRule(
        iri="x", family="y", significance=Significance.MINOR, title="t", detail="d", evidence=(), mitigation=None,
        review="r", medicine="m", analytes=("a",), **{**told, "remind_for": 92 * DAY, **said},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "days", "since"),
    [
        ({"every": 100 * DAY}, 99, None),
        ({"every": 100 * DAY}, 100, 100),
        ({"every": 100 * DAY}, 5000, 100),
        ({"before_start": True}, 0, "long ago"),
        ({"before_start": True}, 91, "long ago"),
        ({"before_start": True}, 92, None),
        ({"first_after": 14 * DAY}, 13, None),
        ({"first_after": 14 * DAY}, 14, 14),
        ({"first_after": 14 * DAY}, 105, 105),
        ({"first_after": 14 * DAY}, 106, None),
        ({"first_after": 14 * DAY, "every": 366 * DAY}, 300, 300),
        ({"first_after": 14 * DAY, "every": 366 * DAY}, 366, 366),
        ({"before_start": True, "first_after": 14 * DAY, "every": 366 * DAY}, 13, "long ago"),
        ({"every": 7 * DAY, "during_first": 28 * DAY}, 28, 7),
        ({"every": 7 * DAY, "during_first": 28 * DAY}, 29, None),
        ({"every": 31 * DAY, "only_after": 126 * DAY}, 125, None),
        ({"every": 31 * DAY, "only_after": 126 * DAY}, 126, 31),
    ],
)
def test_what_is_due(said: dict[str, Any], days: int, since: int | str | None) -> None:
    found = due_.due(rule(**said), micros(AT - days * DAY), micros(AT), None)
    expected = LONG_AGO if since == "long ago" else AT - int(since) * DAY if since is not None else None
    assert (found.since if found else None) == (None if expected is None else micros(expected))


def test_a_baseline_may_be_as_old_as_the_rule_repeats_it() -> None:
    asked = rule(before_start=True, every=366 * DAY)
    found = due_.due(asked, micros(AT - 10 * DAY), micros(AT), asked.turns.every)
    assert found is not None
    assert found.since == micros(AT - 376 * DAY)


def egfr(when: str | None, number: int = 1, **fields: Any) -> Fact:
    value = Quantity(Decimal(70), code="mL/min/{1.73_m2}", ucum="mL/min/{1.73_m2}")
    return result(f"Observation/e{number}", EGFR, value, when=Period(when, when), **fields)


def decide(asked: MonitoringRule, since: Since, measured: Sequence[Time]) -> tuple[Overlap, Due | None]:
    return due_.decide(asked, since.micros, measured, micros(AT), None)


def test_a_result_of_an_unknown_time_is_enough_where_any_age_would_do(knowledge: Knowledge) -> None:
    asked, taken = rule(before_start=True), Taken(to_iri(METFORMIN), (), Since(AT - 10 * DAY, AT - 10 * DAY))
    found = Monitoring(Having(knowledge, egfr(None))).in_words(asked, taken)
    assert found.endswith("is due before the start, and a result of an unknown time was received")


class Having(Realised):
    """A patient of whom a result is known, and nothing else."""

    def __init__(self, knowledge: Knowledge, *results: Fact) -> None:
        self.knowledge, self.moment, self._results = knowledge, AT, results

    def measured(self, analytes: Sequence[str]) -> Observations:
        return Observations(self._results, AT)


def test_starts_that_lead_to_different_answers_decide_nothing() -> None:
    yearly = rule(every=366 * DAY)
    assert decide(yearly, Since(AT - 400 * DAY, AT - 370 * DAY), ())[0] is Overlap.YES
    assert decide(yearly, Since(AT - 400 * DAY, AT - 300 * DAY), ())[0] is Overlap.MAYBE
    assert decide(yearly, Since(AT - 300 * DAY, AT - 200 * DAY), ())[0] is Overlap.NO
    assert decide(yearly, Since(LONG_AGO, AT), ())[0] is Overlap.MAYBE


def test_a_turn_between_two_starts_is_looked_at() -> None:
    """At both ends something is due, in between nothing is: reminded no more, and not yet again."""
    both = rule(before_start=True, every=366 * DAY)
    assert decide(both, Since(AT - 400 * DAY, AT - 10 * DAY), ())[0] is Overlap.MAYBE


MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2026, 1, 14)).map(lambda one: one.replace(tzinfo=UTC))
SPANS = st.one_of(st.none(), st.integers(1, 400).map(lambda days: days * DAY))


def test_where_a_turn_lies_between_two_starts_an_answer_may_change_any_day() -> None:
    """A baseline of 28 days before the first start is recent enough for ever fewer of the later starts."""
    asked, month = rule(before_start=True, first_after=14 * DAY), micros(day(30)) - micros(day(0))
    since, results = (micros(day(0)), micros(day(10))), [(micros(day(-28)), micros(day(-28)))]
    early, late = micros(day(15)), micros(day(17))
    assert due_.decide(asked, since, results, early, month)[0] is Overlap.MAYBE
    assert due_.decide(asked, since, results, late, month)[0] is Overlap.YES
    assert early <= due_.until(asked, since, results, early) < late


def day(number: int) -> datetime:
    return datetime(2025, 1, 1, tzinfo=UTC) + number * DAY


@given(MOMENTS, MOMENTS, SPANS, SPANS, st.booleans(), st.lists(MOMENTS, max_size=3), MOMENTS)
@settings(max_examples=times(200))
def test_a_further_result_never_makes_anything_missing(
    start: datetime,
    other: datetime,
    every: timedelta | None,
    first: timedelta | None,
    before: bool,
    measured: list[datetime],
    more: datetime,
) -> None:
    asked = rule(every=every, first_after=first, before_start=before)
    since = Since(min(start, other), max(start, other))
    found = [egfr(one.isoformat(), number) for number, one in enumerate(measured)]
    rank = [Overlap.NO, Overlap.MAYBE, Overlap.YES]
    without, _ = decide(asked, since, times_of(found, AT))
    with_it, _ = decide(asked, since, times_of([*found, egfr(more.isoformat(), 9)], AT))
    assert rank.index(with_it) <= rank.index(without)
    fresh, _ = decide(asked, since, times_of([*found, egfr(AT.isoformat(), 9)], AT))
    assert fresh is Overlap.NO


LENGTHS = st.sampled_from([timedelta(0), DAY, None])
"""How long a start may have been: known, on a day, any time up to another one."""


@given(
    MOMENTS,
    MOMENTS,
    SPANS,
    SPANS,
    SPANS,
    st.booleans(),
    st.lists(MOMENTS, max_size=3),
    st.integers(0, 100),
    LENGTHS,
)
@settings(max_examples=times(300))
def test_until_when_the_answer_stays(
    start: datetime,
    other: datetime,
    every: timedelta | None,
    first: timedelta | None,
    during: timedelta | None,
    before: bool,
    measured: list[datetime],
    percent: int,
    day: timedelta | None,
) -> None:
    """At any later moment up to that one; there the answer may turn, or some other reason be named."""
    asked = rule(every=every, first_after=first, during_first=during, before_start=before)
    at = micros(AT - 500 * DAY)
    since = micros(start), micros(max(start, other) if day is None else start + day)
    known = [(micros(one), micros(one) + percent * 10**9) for one in measured]
    last = due_.until(asked, since, known, at)
    answer, wanted = due_.decide(asked, since, known, at, asked.turns.every)
    for later in (at + 1, at + (last - at) * percent // 100, last):
        if at < later <= min(last, micros(AT + 3_000 * DAY)):
            again, still = due_.decide(asked, since, known, later, asked.turns.every)
            assert (again, wanted and wanted.why) == (answer, still and still.why)


def missing(knowledge: Knowledge, *facts: Fact, **options: Any) -> list[DetectedIssue]:
    found = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1, **options).issues
    return [issue for issue in found if issue.kind is IssueKind.MISSING_MONITORING]


def test_an_issue_says_what_was_looked_for_and_what_it_cannot_know(knowledge: Knowledge) -> None:
    (issue,) = missing(knowledge, order(when=Period("2024-01-01")), egfr("2024-06-01"))
    assert issue.statement == "kgtwin:MON_0044"
    assert [caveat.code for caveat in issue.caveats] == [CaveatCode.UNKNOWN_END, CaveatCode.CLOSED_WORLD]
    assert issue.evidence[0].status == "verified"
    assert issue.mitigation
    assert issue.derivation.axiom is not None
    assert issue.derivation.axiom.origin is not None
    assert issue.derivation.axiom.origin.startswith("monitoring.ofn:")
    assert ("kgtwin:every", "P366D") in issue.derivation.axiom.annotations
    assert "closed world" in (issue.derivation.note or "")
    assert {ref.resource for ref in issue.derivation.facts} == {"MedicationRequest/m1", "Observation/e1"}


def test_the_id_stays_with_another_order_and_an_older_result(knowledge: Knowledge) -> None:
    one = missing(knowledge, order(when=Period("2024-01-01")))
    other = missing(knowledge, order("MedicationRequest/m9", when=Period("2024-06-01")), egfr("2024-06-01"))
    assert [issue.id for issue in one] == [issue.id for issue in other]


def test_an_order_that_moves_only_the_last_possible_start_is_implicated(knowledge: Knowledge) -> None:
    """Some day of 2025 does not decide; that an order before was of New Year's Day and reached up to it does."""
    present = order(when=Period("2025"))
    assert missing(knowledge, present) == []
    past = order("MedicationRequest/m0", status="completed", when=Period("2025-01-01", "2025-12-31"))
    (issue,) = missing(knowledge, present, past)
    assert {one.resource for one in issue.implicated} == {"MedicationRequest/m1", "MedicationRequest/m0"}
    assert {one.resource for one in issue.derivation.facts} >= {"MedicationRequest/m0"}


def test_a_salt_and_its_base_are_asked_for_once(knowledge: Knowledge) -> None:
    """Two codes of one medicine: the issue is the salt's, as it is without the base, and names both orders."""
    base, salt = "rxnorm:3827", "rxnorm:203123"
    asked = [
        order("MedicationRequest/m1", salt, when=Period("2024-01-01")),
        order("MedicationRequest/m2", base, when=Period("2024-03-01")),
    ]
    alone, both = missing(knowledge, asked[0]), missing(knowledge, *asked)
    assert alone
    assert [one.id for one in both] == [one.id for one in alone]
    for one in both:
        assert {ref.resource for ref in one.implicated} == {"MedicationRequest/m1", "MedicationRequest/m2"}
        assert "What is taken as Enalapril may be the same." in one.detail
    other = order("MedicationRequest/m3", "rxnorm:29046", when=Period("2024-01-01"))
    assert len(missing(knowledge, *asked, other)) == 2 * len(alone)


LITHIUM_CARBONATE, LITHIUM_CITRATE = "rxnorm:42351", "rxnorm:52105"


def test_two_salts_of_one_medicine_are_asked_for_once(knowledge: Knowledge) -> None:
    """One issue for each rule, of whichever salt comes first by its code, whatever came first."""
    first, second = (
        order(f"MedicationRequest/m{number}", salt, when=Period("2024-01-01"))
        for number, salt in enumerate((LITHIUM_CARBONATE, LITHIUM_CITRATE))
    )
    alone = missing(knowledge, first)
    assert alone
    for facts in ((first, second), (second, first)):
        both = missing(knowledge, *facts)
        assert sorted(one.id for one in both) == sorted(one.id for one in alone)
        for one in both:
            assert {ref.resource for ref in one.implicated} >= {"MedicationRequest/m0", "MedicationRequest/m1"}
            assert f"What is taken as {knowledge.label_of(LITHIUM_CITRATE)} may be the same." in one.detail


def test_two_medicines_of_a_class_are_asked_for_twice(knowledge: Knowledge) -> None:
    orders = [
        order(f"MedicationRequest/m{number}", one, when=Period("2024-01-01"))
        for number, one in enumerate(("rxnorm:3827", "rxnorm:29046"))
    ]
    apart = [missing(knowledge, one) for one in orders]
    assert all(apart)
    assert len(missing(knowledge, *orders)) == sum(map(len, apart))


def test_salts_of_a_coded_base_are_forms_of_one_medicine(knowledge: Knowledge) -> None:
    """Metoprolol tartrate and succinate; simvastatin is no form of atorvastatin, nor has what nobody knows forms."""
    medicine = knowledge.by_ingredient.medicine
    metoprolol = to_iri("rxnorm:6918")
    salts = sorted(knowledge.classification.descendants(metoprolol))
    assert len(salts) == 2
    assert metoprolol in medicine(salts[0]) & medicine(salts[1])
    assert medicine(to_iri("rxnorm:36567")).isdisjoint(medicine(to_iri("rxnorm:83367")))
    assert medicine("https://example.org/nothing") == frozenset()


def test_what_is_asked_for_of_the_base_alone_is_asked_for(knowledge: Knowledge) -> None:
    """A salt that is taken as needed only takes the place of nothing."""
    base = order("MedicationRequest/m2", "rxnorm:3827", when=Period("2024-03-01"))
    salt = order("MedicationRequest/m1", "rxnorm:203123", when=Period("2024-01-01"), as_needed=True)
    assert [one.id for one in missing(knowledge, base, salt)] == [one.id for one in missing(knowledge, base)]


def test_unverified_rules_can_be_silenced(knowledge: Knowledge) -> None:
    warfarin = order(concept="rxnorm:11289", when=Period("2024-01-01"))
    assert [issue.statement for issue in missing(knowledge, warfarin)] == ["kgtwin:MON_0059"]
    assert missing(knowledge, warfarin, unverified=False) == []
    assert missing(knowledge, order(when=Period("2024-01-01")), unverified=False)


def test_what_is_undecided_is_told_once_an_ingredient(knowledge: Knowledge) -> None:
    found = infer(PATIENT, patient(), [order(concept=AMIODARONE, when=Period())], knowledge, at=AT, revision=1)
    assert found.issues == ()
    (caveat,) = [c for c in found.caveats if "kgtwin:MON_0018" in c.touches]
    assert caveat.code is CaveatCode.UNKNOWN_START
    assert {"kgtwin:MON_0015", "kgtwin:MON_0016", "kgtwin:MON_0017"} <= set(caveat.touches)


def test_a_rule_is_found_again_where_the_knowledge_was_kept(knowledge: Knowledge) -> None:
    import pickle  # noqa: PLC0415

    again = pickle.loads(pickle.dumps(knowledge))
    assert list(again.rules) == list(knowledge.rules)
    assert msgspec.structs.astuple(again.rules) == msgspec.structs.astuple(knowledge.rules)

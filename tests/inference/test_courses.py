"""A pregnancy that is recorded at each visit, and ended by nobody: which records may be of one course."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.knowledge.durations import Longest
from kgtwin.inference.realising.courses import with_courses
from kgtwin.inference.realising.selection import select
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact
from kgtwin.model.time import Period
from kgtwin.vocabulary import HAS_NOW, kgtwin
from tests.inference.factory import AT, PATIENT, condition, order, patient

PREGNANT, VALPROATE, PR_0005 = "snomed:77386006", "rxnorm:11118", "kgtwin:PR_0005"
LONGEST = Longest(timedelta(days=322), kgtwin("Pregnancy"), "Pregnancy")


def visit(start: str | None, number: int = 1, **fields: object) -> Fact:
    end = fields.pop("end", None)
    assert end is None or isinstance(end, str)
    return condition(f"Condition/v{number}", PREGNANT, when=Period(start, end), **{"status": None, **fields})


def visits(*starts: str) -> list[Fact]:
    return [visit(start, number) for number, start in enumerate(starts, 1)]


def told(*facts: Fact) -> dict[str, list[Caveat]]:
    """What is said of each resource that is present, of its course alone."""
    found = with_courses(select(facts, AT, lambda _: LONGEST), lambda _: LONGEST)
    return {
        one.fact.provenance.resource: [c for c in one.caveats if c.code is CaveatCode.UNKNOWN_END]
        for one in found
        if one.role == HAS_NOW
    }


def test_the_last_visits_of_a_pregnancy_that_is_over_count_and_say_so() -> None:
    found = told(*visits("2025-01-20", "2025-04-01", "2025-07-20"))
    assert set(found) == {"Condition/v2", "Condition/v3"}
    for resource, (caveat,) in found.items():
        assert caveat.touches == (resource, "Condition/v1")
        assert "2025-01-20" in caveat.text
        assert "over since 2025-12-08" in caveat.text
        assert "322 days (46 weeks) at most" in caveat.text


def test_nothing_is_said_while_the_first_visit_counts() -> None:
    assert told(*visits("2025-04-01", "2025-07-20")) == {"Condition/v1": [], "Condition/v2": []}


@pytest.mark.parametrize(
    "earlier",
    [
        visit("2024-01-01"),  # over before the later one began
        visit("2025-01-20", end="2025-03-01"),
        visit("2025-01-20", status="resolved"),
        visit("2025-01-20", verification="refuted"),
        visit("2025-01-20", verification="provisional"),
    ],
)
def test_what_ended_or_was_none_is_no_course(earlier: Fact) -> None:
    assert told(earlier, visit("2025-07-20", 2)) == {"Condition/v2": []}


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (visit("2025-07-20", 2, end="2025-12-20"), "ended on 2025-12-20"),
        (visit("2025-07-20", 2, status="resolved"), "is resolved"),
        (visit("2025-04-01", 2, end="2025-12-20"), "ended on 2025-12-20"),
    ],
)
def test_a_record_beside_one_that_ended_later_counts_and_says_so(later: Fact, said: str) -> None:
    (caveat,) = told(visit("2025-04-01"), later)["Condition/v1"]
    assert said in caveat.text
    assert caveat.touches == ("Condition/v1", "Condition/v2")


def test_what_has_not_ended_yet_says_nothing() -> None:
    assert told(visit("2025-04-01"), visit("2025-07-20", 2, end="2026-02-20")) == {
        "Condition/v1": [],
        "Condition/v2": [],
    }


def test_a_new_course_begins_where_the_first_one_of_the_old_is_over() -> None:
    old = visits("2024-01-01", "2024-08-01")  # one course, over on 2024-11-18
    assert told(*old, visit("2025-06-01", 3)) == {"Condition/v3": []}


def test_of_others_nothing_is_said() -> None:
    other = Longest(timedelta(days=300), kgtwin("Other"), "Other")
    early, late = visits("2025-01-20", "2025-07-20")
    found = with_courses(select((early, late), AT, lambda _: LONGEST), lambda fact: LONGEST if fact is early else other)
    assert all(not one.caveats for one in found if one.fact is late)
    endless = with_courses(select((early, late), AT, lambda _: None), lambda _: None)
    assert not any(one.caveats for one in endless)


def test_without_a_start_the_day_on_which_it_was_recorded_counts() -> None:
    early = visit(None)
    early = msgspec.structs.replace(early, provenance=msgspec.structs.replace(early.provenance, recorded="2025-01-20"))
    (caveat,) = told(early, visit("2025-07-20", 2))["Condition/v2"]
    assert caveat.touches == ("Condition/v2", "Condition/v1")


DAYS = st.dates(date(2024, 1, 1), date(2026, 1, 14)).map(date.isoformat)


@given(st.lists(st.tuples(st.none() | DAYS, st.sampled_from([None, "active", "resolved"])), max_size=6))
def test_a_course_adds_caveats_and_takes_nothing_away(given: list[tuple[str | None, str | None]]) -> None:
    facts = [visit(start, number, status=status) for number, (start, status) in enumerate(given)]
    before = list(select(facts, AT, lambda _: LONGEST))
    after = list(with_courses(before, lambda _: LONGEST))
    assert [msgspec.structs.replace(one, caveats=()) for one in after] == [
        msgspec.structs.replace(one, caveats=()) for one in before
    ]
    for old, new in zip(before, after, strict=True):
        assert new.caveats[: len(old.caveats)] == old.caveats
        assert len(new.caveats) - len(old.caveats) <= (old.role == HAS_NOW)


def test_the_issue_stays_and_says_what_is_not_known(knowledge: Knowledge) -> None:
    taken = order(concept=VALPROATE, when=Period("2018-01-01"))
    about = patient(gender="female", birth_date="1990-01-01")
    facts = [taken, *visits("2025-01-20", "2025-04-01", "2025-07-20")]
    found = infer(PATIENT, about, facts, knowledge, at=AT, revision=1)
    (issue,) = [one for one in found.issues if one.statement == PR_0005]
    assert {one.resource for one in issue.implicated} == {"MedicationRequest/m1", "Condition/v2", "Condition/v3"}
    said = [one for one in issue.caveats if one.code is CaveatCode.UNKNOWN_END and "of one course" in one.text]
    assert {one.touches for one in said} == {("Condition/v2", "Condition/v1"), ("Condition/v3", "Condition/v1")}

"""Conditions that do not last for ever, and that nobody ended: until when they count, and what is said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.evaluating import evaluate
from kgtwin.inference.explaining.difference import difference
from kgtwin.inference.explaining.whynot import Case, Question, why_not
from kgtwin.inference.issues.absences import Absences
from kgtwin.inference.knowledge.durations import Longest
from kgtwin.inference.realising.selection import Selected, select
from kgtwin.inference.realising.spans import condition_period
from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import CodedValue, Fact, FactKind, TextValue
from kgtwin.model.history import Reason
from kgtwin.model.issue import Inference
from kgtwin.model.time import Period, earliest, latest
from kgtwin.model.twin import Twin
from kgtwin.vocabulary import HAS_EVER, HAS_NOW, kgtwin
from tests.inference.factory import AT, PATIENT, coded, condition, fact, order, patient
from tests.inference.test_contexts import contexts  # noqa: F401 - a fixture
from tests.inference.test_statements import TEXT, knowledge_of

NORMAL, PREGNANT, VALPROATE, PR_0005 = "snomed:72892002", "snomed:77386006", "rxnorm:11118", "kgtwin:PR_0005"
SPAN = timedelta(days=322)
LONGEST = Longest(SPAN, kgtwin("Pregnancy"), "Pregnancy")
DAY = timedelta(days=1)


def recorded(one: Fact, when: str | None) -> Fact:
    return msgspec.structs.replace(one, provenance=msgspec.structs.replace(one.provenance, recorded=when))


def counted(one: Fact, at: datetime = AT) -> Selected | None:
    return next(select([one], at, lambda _: LONGEST), None)


def role(one: Fact, at: datetime = AT) -> str | None:
    found = counted(one, at)
    return found.role if found is not None else None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"when": Period("2025-10-01")}, HAS_NOW),
        ({"when": Period("2025-10-01"), "status": None}, HAS_NOW),
        ({"when": Period("2025-02-27")}, HAS_NOW),
        ({"when": Period("2025-02-26")}, HAS_EVER),
        ({"when": Period("2025-02-27T11:59:00Z")}, HAS_EVER),
        ({"when": Period("2019-03-01")}, HAS_EVER),
        ({"when": Period("2019-03-01"), "status": None}, HAS_EVER),
        ({"when": Period("2019-03-01"), "status": "recurrence"}, HAS_EVER),
        ({"when": Period("2019-03-01"), "status": "resolved"}, HAS_EVER),
        ({"when": Period("2025-10-01"), "status": "resolved"}, HAS_EVER),
        ({"when": Period("2025-10-01", "2025-12-01")}, HAS_EVER),
        ({"when": Period("2019-03-01", "2026-02-01")}, HAS_NOW),
        ({"when": Period("2019-03-01", "2026-02-01"), "status": "resolved"}, HAS_NOW),
        ({"when": Period("2025")}, HAS_NOW),
        ({"when": Period("2025-02")}, HAS_NOW),
        ({"when": Period("2024")}, HAS_EVER),
        ({"when": Period("2026-02-01")}, None),
        ({"when": Period("2026")}, HAS_NOW),
        ({"when": Period()}, HAS_NOW),
        ({"when": Period(), "status": None, "value": TextValue("2 weeks ago", "abatementString")}, HAS_EVER),
        ({"when": Period("2025-10-01"), "verification": "refuted"}, None),
    ],
)
def test_until_when_it_counts(given: dict[str, Any], expected: str | None) -> None:
    assert role(condition(concept=NORMAL, **given)) == expected


def test_without_a_start_it_counts_from_when_it_was_recorded() -> None:
    unknown = condition(concept=NORMAL, when=Period())
    assert role(recorded(unknown, "2025-06-01")) == HAS_NOW
    assert role(recorded(unknown, "2025")) == HAS_NOW
    assert role(recorded(unknown, "2019-06-01")) == HAS_EVER
    assert role(recorded(unknown, "2026-06-01")) == HAS_NOW, "it was received as present, and recorded later"
    known = condition(concept=NORMAL, when=Period("2019-01-01"))
    assert role(recorded(known, "2026-01-01")) == HAS_EVER, "a start is known"


def test_a_last_moment_and_the_one_after_it() -> None:
    one = condition(concept=NORMAL, when=Period("2025-03-01"))
    end = latest("2025-03-01") + SPAN
    assert (role(one, end), role(one, end + timedelta(microseconds=1))) == (HAS_NOW, HAS_EVER)
    assert role(one, earliest("2025-03-01") - DAY) is None


def caveats_of(one: Fact) -> list[Caveat]:
    found = counted(one)
    return list(found.caveats) if found is not None else []


def test_what_is_not_known_of_its_start_is_said() -> None:
    assert caveats_of(condition(concept=NORMAL, when=Period("2025-10-01"))) == []
    assert caveats_of(condition(concept=NORMAL, when=Period("2019-10-01"))) == [], "it certainly is over"
    for partial in ("2025", "2025-02", "2026"):
        (caveat,) = caveats_of(condition(concept=NORMAL, when=Period(partial)))
        assert caveat.code is CaveatCode.UNKNOWN_START
        assert "a partial date decides" in caveat.text
    assert caveats_of(condition(concept=NORMAL, when=Period("2025-04"))) == [], "it goes on, whatever the day"
    unknown = condition(concept=NORMAL, when=Period())
    (without,), (with_record,) = caveats_of(unknown), caveats_of(recorded(unknown, "2025-06-01"))
    assert without.code is with_record.code is CaveatCode.UNKNOWN_START
    assert "322 days (46 weeks) at most: it counts however long ago" in without.text
    assert "when it was recorded (2025-06-01)" in with_record.text
    assert caveats_of(condition(concept=NORMAL, when=Period(None, "2026-02-01"))) == [], "a stated end decides"


def test_the_reason_says_how_long_it_lasts() -> None:
    now, past = (counted(condition(concept=NORMAL, when=Period(start))) for start in ("2025-10-01", "2019-03-01"))
    assert now is not None
    assert past is not None
    assert now.reason == "condition is active; “Pregnancy” lasts 322 days (46 weeks) at most"
    assert "active since 2019-03-01 and was not ended" in past.reason
    ended = counted(condition(concept=NORMAL, when=Period("2019-03-01", "2019-10-01")))
    assert ended is not None
    assert "Pregnancy" not in ended.reason


@given(
    st.sampled_from([None, "2020", "2024-02", "2024-02-29", "2024-02-29T12:00:00Z"]),
    st.sampled_from([None, "2021", "2024-03-01"]),
    st.sampled_from([None, "2025"]),
    st.sampled_from(["active", "relapse", None, "resolved"]),
    st.integers(1, 4_000),
    st.integers(0, 4_000),
)
def test_a_longer_time_never_makes_it_shorter(
    start: str | None, record: str | None, end: str | None, status: str | None, days: int, more: int
) -> None:
    one = recorded(condition(concept=NORMAL, when=Period(start, end), status=status), record)
    shorter, longer = (condition_period(one, timedelta(days=n)) for n in (days, days + more))
    endless = condition_period(one, None)
    assert shorter[0] == longer[0] == endless[0]
    assert shorter[1] <= longer[1] <= endless[1]
    if end is not None or status == "resolved":
        assert shorter == endless


def test_a_time_beyond_all_dates_is_no_limit() -> None:
    one = condition(concept=NORMAL, when=Period("9999-06-01"))
    assert condition_period(one, SPAN)[1] == datetime.max.replace(tzinfo=UTC)


# the classes


@pytest.mark.parametrize(
    ("concept", "limited"),
    [
        (NORMAL, True),
        (PREGNANT, True),
        ("kgtwin:Pregnancy", True),
        ("snomed:64254006", True),  # triplet pregnancy
        ("snomed:161744009", False),  # past pregnancy history of miscarriage
        ("snomed:398254007", False),  # pre-eclampsia: it outlasts the pregnancy
        ("snomed:79586000", False),  # tubal pregnancy
        ("snomed:152231000119106", False),  # pregnancy not yet confirmed
        ("snomed:195967001", False),
        ("snomed:999999990989121104", False),
    ],
)
def test_what_lies_below_a_class_lasts_no_longer(concept: str, limited: bool, knowledge: Knowledge) -> None:
    found = knowledge.durations.of(condition(concept=concept))
    assert (found is not None and found.iri == kgtwin("Pregnancy")) is limited


def test_a_history_that_names_the_disorder_too_is_no_pregnancy(knowledge: Knowledge) -> None:
    both = Coded((), (Match("snomed:161744009"), Match(NORMAL)))
    assert knowledge.durations.of(msgspec.structs.replace(condition(), code=both)) is None


def test_what_is_no_condition_is_not_limited(knowledge: Knowledge) -> None:
    assert knowledge.durations.of(fact(FactKind.FAMILY_HISTORY, "FamilyMemberHistory/f", NORMAL)) is None
    assert knowledge.durations.of(fact(FactKind.OBSERVATION, "Observation/o", PREGNANT)) is None


def test_the_longest_time_of_a_pregnancy_has_a_source(knowledge: Knowledge) -> None:
    found = knowledge.durations.of(condition(concept=NORMAL))
    assert found is not None
    assert found.span >= timedelta(weeks=44)
    source = knowledge.ontology.value(found.iri, kgtwin("longestDurationSource")) or ""
    assert "verified" in source
    assert "unverified" in source
    _, expires = knowledge.ages(kgtwin("PregnancyAsAnswered"))
    assert expires is not None
    assert found.span - expires == timedelta(weeks=4), "an answer is given after a missed period at the earliest"


def test_of_two_classes_the_shorter_time_counts(contexts: Knowledge) -> None:  # noqa: F811
    short = contexts.durations.limits(condition(concept="kgtwin:ShortIllness"))
    assert [one.span for one in short] == [timedelta(hours=36), timedelta(days=60)]
    assert short[0].text == "“Short illness” lasts 36 hours at most"
    both = Coded((), (Match("kgtwin:PassingIllness"), Match("kgtwin:ShortIllness")))
    assert contexts.durations.of(msgspec.structs.replace(condition(), code=both)) == short[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (':longestDuration :PassingIllness "P60D"', ':longestDuration :PassingIllness "some weeks"', "some weeks"),
        (':longestDuration :PassingIllness "P60D"', ':longestDuration :PassingIllness "P0D"', "no time at all"),
        (':longestDuration :PassingIllness "P60D"', ':longestDuration :NSAID "P60D"', "no ClinicalCondition"),
        (':longestDuration :PassingIllness "P60D"', ':longestDuration :Nowhere "P60D"', "no ClinicalCondition"),
    ],
)
def test_a_duration_that_cannot_be_meant_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(OntologyError, match=message) as caught:
        knowledge_of(TEXT.replace(old, new), tmp_path)
    assert caught.value.where
    assert caught.value.expected


# what follows


def answer(knowledge: Knowledge, *facts: Fact, at: datetime = AT) -> Inference:
    about = patient(gender="female", birth_date="1990-01-01")
    return infer(PATIENT, about, facts, knowledge, at=at, revision=1)


TAKEN = order(concept=VALPROATE, when=Period("2018-01-01"))


def statements(found: Inference) -> set[str]:
    return {one.statement for one in found.issues}


def ran_out(found: Inference) -> list[Caveat]:
    return [one for one in found.caveats if one.code is CaveatCode.UNKNOWN_END and "was not ended" in one.text]


def test_a_caveat_says_what_a_forgotten_pregnancy_would_raise(knowledge: Knowledge) -> None:
    old = condition("Condition/old", NORMAL, when=Period("2019-03-01"))
    found = answer(knowledge, old, TAKEN)
    assert PR_0005 not in statements(found)
    (caveat,) = ran_out(found)
    assert {"Condition/old", PR_0005} <= set(caveat.touches)
    assert "active since 2019-03-01" in caveat.text
    assert "“Valproate and Pregnancy”" in caveat.text
    assert "322 days (46 weeks)" in caveat.text
    young = condition("Condition/new", NORMAL, when=Period("2025-10-01"))
    both = answer(knowledge, old, young, TAKEN)
    (issue,) = [one for one in both.issues if one.statement == PR_0005]
    assert {one.resource for one in issue.implicated} == {"Condition/new", "MedicationRequest/m1"}
    assert ran_out(both) == []


def test_where_nothing_is_missing_nothing_is_said(knowledge: Knowledge) -> None:
    old = condition("Condition/old", NORMAL, when=Period("2019-03-01"))
    assert ran_out(answer(knowledge, old)) == []
    assert ran_out(answer(knowledge, old, order(concept="rxnorm:6809"))) == [], "nothing is known against metformin"
    ended = condition("Condition/old", NORMAL, when=Period("2019-03-01", "2019-12-01"))
    assert ran_out(answer(knowledge, ended, TAKEN)) == []
    resolved = condition("Condition/old", NORMAL, when=Period("2019-03-01"), status="resolved")
    assert ran_out(answer(knowledge, resolved, TAKEN)) == []
    refuted = condition("Condition/old", NORMAL, when=Period("2019-03-01"), verification="refuted")
    assert ran_out(answer(knowledge, refuted, TAKEN)) == []


def test_many_missing_statements_are_one_caveat(knowledge: Knowledge) -> None:
    old = [condition(f"Condition/c{n}", NORMAL, when=Period(f"201{n}-03-01")) for n in (5, 8)]
    taken = [
        order(f"MedicationRequest/m{n}", concept)
        for n, concept in enumerate(
            (VALPROATE, "rxnorm:38404", "rxnorm:7145", "rxnorm:75207", "rxnorm:29046", "rxnorm:6064")
        )
    ]
    (caveat,) = ran_out(answer(knowledge, *old, *taken))
    assert {"Condition/c5", "Condition/c8"} <= set(caveat.touches)
    assert "more" in caveat.text


def test_an_unconfirmed_pregnancy_of_long_ago_is_not_told(knowledge: Knowledge) -> None:
    for start, told in (("2025-10-01", True), ("2019-10-01", False)):
        unsure = condition(concept=NORMAL, when=Period(start), verification="provisional")
        codes = {one.code for one in answer(knowledge, unsure, TAKEN).caveats}
        assert (CaveatCode.UNCONFIRMED in codes) is told


def test_an_answer_counts_for_its_own_time(knowledge: Knowledge) -> None:
    said = fact(
        FactKind.OBSERVATION,
        "Observation/o",
        "loinc:82810-3",
        status="final",
        when=Period("2025-05-01"),
        value=CodedValue(coded(PREGNANT)),
    )
    assert PR_0005 in statements(answer(knowledge, said, TAKEN))
    old = condition(concept=NORMAL, when=Period("2019-03-01"))
    assert PR_0005 in statements(answer(knowledge, said, old, TAKEN))
    later = datetime(2026, 3, 1, tzinfo=UTC)
    assert PR_0005 not in statements(answer(knowledge, said, TAKEN, at=later))


def test_why_not(knowledge: Knowledge) -> None:
    def nearest(one: Fact) -> list[str]:
        about = patient(gender="female")
        case = Case(patient=PATIENT, record=about, facts=(one, TAKEN), knowledge=knowledge, at=AT, revision=1)
        found = why_not(case, Question(Class(to_iri(PR_0005)), "Valproate and Pregnancy"))
        assert not found.holds
        return [reason for part in found.parts for near in part.nearest for reason in near.reasons]

    (said,) = nearest(condition(concept=NORMAL, when=Period("2019-03-01")))
    assert said == "it began on 2019-03-01, and “Pregnancy” lasts 322 days (46 weeks) at most"
    (said,) = nearest(recorded(condition(concept=NORMAL, when=Period()), "2019-03-01"))
    assert said.startswith("it was recorded on 2019-03-01, and")
    told = nearest(condition(concept=NORMAL, when=Period("2019-03-01"), verification="provisional"))
    assert set(told) == {
        "it is provisional",
        "it began on 2019-03-01, and “Pregnancy” lasts 322 days (46 weeks) at most",
    }
    (said,) = nearest(condition(concept=NORMAL, when=Period("2019-03-01", "2019-12-01")))
    assert said == "it ended on 2019-12-01"


def test_what_changed_when_it_ran_out(knowledge: Knowledge) -> None:
    """Nothing was received: time alone ends the issue."""
    young = condition(concept=NORMAL, when=Period("2025-03-01"))
    end = latest("2025-03-01") + SPAN
    about = patient(gender="female", birth_date="1990-01-01")
    before, after = (
        Twin(patient=about, revision=1, facts=(young, TAKEN), inference=answer(knowledge, young, TAKEN, at=at))
        for at in (end, end + DAY)
    )
    (gone,) = [one for one in difference(before, after).issues if one.before and one.before.statement == PR_0005]
    assert (gone.after, gone.reason, gone.facts) == (None, Reason.TIME, ())


def test_what_nobody_ended_is_not_stated_to_be_absent(knowledge: Knowledge) -> None:
    """An ended one says that it is over; a forgotten one says nothing about today."""

    def denied(one: Fact) -> bool:
        about = patient(gender="female")
        evaluation = evaluate(PATIENT, about, (one,), knowledge, at=AT, revision=1).evaluation
        return bool(Absences(evaluation, (one,)).closing("condition", to_iri(NORMAL)))

    assert denied(condition(concept=NORMAL, when=Period("2019-03-01", "2019-12-01")))
    assert denied(condition(concept=NORMAL, when=Period("2025-10-01"), status="resolved"))
    assert not denied(condition(concept=NORMAL, when=Period("2019-03-01")))
    assert not denied(condition(concept=NORMAL, when=Period("2025-10-01")))

"""Age and sex as the Patient resource states them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.inference.person import PATIENT_INDIVIDUAL, told_of
from kgtwin.model.age import age_at
from kgtwin.model.axioms import Class, ClassAssertion, DataPropertyAssertion, Interval
from kgtwin.model.fact import Provenance
from kgtwin.vocabulary import FEMALE_PATIENT, MALE_PATIENT
from tests.inference.factory import AT, patient

ORIGIN = Provenance("local", "Patient/p1", "1")
DAYS = st.dates(date(1900, 1, 1), date(2026, 1, 15))


def age(born: str, at: datetime = AT) -> Interval:
    found = age_at(born, at)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("born", "years"),
    [
        ("1961-01-15", "65"),
        ("1961-01-16", "64.9973"),
        ("1961-01-14", "65.0027"),
        ("2026-01-15", "0"),
        ("2024-02-29", "1.8767"),
    ],
)
def test_an_age_is_whole_on_the_birthday(born: str, years: str) -> None:
    assert age(born) == Interval(Decimal(years), False, Decimal(years), False)


def test_a_leap_day_s_birthday_is_the_first_of_march() -> None:
    for year, day, expected in (
        (2025, date(2025, 2, 28), 0),
        (2025, date(2025, 3, 1), 1),
        (2028, date(2028, 2, 29), 4),
    ):
        born = age("2024-02-29", datetime(year, day.month, day.day, tzinfo=UTC)).low
        assert born is not None
        assert int(born) == expected


def test_the_day_is_the_one_in_utc() -> None:
    late = datetime(2026, 1, 15, 1, tzinfo=timezone(timedelta(hours=2)))
    assert age("1961-01-15", late).low == Decimal("64.9973")


@pytest.mark.parametrize("born", ["2026-01-16", "2026-02", "2027"])
def test_who_is_not_born_has_no_age(born: str) -> None:
    assert age_at(born, AT) is None


def test_a_partial_birth_date_that_reaches_into_the_future_ends_today() -> None:
    assert age("2026").low == 0


def test_the_last_year_that_there_is() -> None:
    assert age("2000-06-01", datetime(9999, 12, 31, tzinfo=UTC)).low is not None


@given(born=DAYS, cut=st.sampled_from([4, 7]))
def test_a_partial_birth_date_spans_the_whole_one(born: date, cut: int) -> None:
    assert age(born.isoformat()).within(age(born.isoformat()[:cut]))


@given(one=DAYS, other=DAYS)
def test_who_is_born_earlier_is_older(one: date, other: date) -> None:
    first, second = age(min(one, other).isoformat()).low, age(max(one, other).isoformat()).low
    assert first is not None
    assert second is not None
    assert first >= second


@given(born=DAYS)
def test_whole_years_are_birthdays_passed(born: date) -> None:
    low = age(born.isoformat()).low
    assert low is not None
    assert int(low) == 2026 - born.year - ((born.month, born.day) > (1, 15))


@pytest.mark.parametrize(
    ("gender", "expected"),
    [
        ("female", [FEMALE_PATIENT]),
        ("male", [MALE_PATIENT]),
        ("other", []),
        ("unknown", []),
        (None, []),
        ("Female", []),
    ],
)
def test_sex(gender: str | None, expected: list[str]) -> None:
    told = [assertion for assertion, _ in told_of(patient(gender=gender, provenance=ORIGIN), AT)]
    assert told == [ClassAssertion(PATIENT_INDIVIDUAL, Class(iri)) for iri in expected]


def test_what_is_told_says_where_it_stands() -> None:
    ((assertion, stated),) = told_of(patient(birth_date="1961-01-15", provenance=ORIGIN), AT)
    assert isinstance(assertion, DataPropertyAssertion)
    assert (stated.provenance, stated.text) == (ORIGIN, "birth date 1961-01-15")


def test_a_patient_that_was_not_received_says_nothing() -> None:
    assert list(told_of(patient(received=False), AT)) == list(told_of(None, AT)) == []

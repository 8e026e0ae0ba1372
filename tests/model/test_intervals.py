"""Gaps and bounds of each ordered space."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.model.intervals import Interval, Space
from tests.fuzz import times


def interval(low: str | None, high: str | None, brackets: str = "[]", **more: object) -> Interval:
    bounds = [None if bound is None else Decimal(bound) for bound in (low, high)]
    return Interval(bounds[0], brackets[0] == "(", bounds[1], brackets[1] == ")", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "normal"),
    [
        (interval("1.5", "4", "[)", integer=True), "≥ 2 and ≤ 3"),
        (interval("1", "3", "()", integer=True), "= 2"),
        (interval("-1.5", None, integer=True), "≥ -1"),
        (interval("1" + "0" * 40, None, "(]", integer=True), "≥ 1" + "0" * 39 + "1"),
        (interval("1", "3", "()"), "> 1 and < 3"),
        (interval("0", None, "(]", space=Space.DOUBLE), "≥ 5e-324"),
        (interval(None, "0", "[)", space=Space.FLOAT), "≤ -1.401298464324817e-45"),
        (interval("1", None, "(]", space=Space.FLOAT), "≥ 1.0000001192092896"),
        (interval("0.1", None, space=Space.DOUBLE), "≥ 0.1"),
        (interval(None, "Infinity", "[)", space=Space.DOUBLE), "≤ 1.7976931348623157e+308"),
        (interval(None, "Infinity", space=Space.DOUBLE), "any number"),
        (interval("-Infinity", None, "(]", space=Space.FLOAT), "≥ -3.4028234663852886e+38"),
        (interval("0", None, "(]", space=Space.DATE), "≥ 0001-01-02"),
        (interval(None, "-1", space=Space.DATE), "≤ 0000-12-31"),
        (interval("0", None, "(]", space=Space.DATE_TIME), "> 0001-01-01T00:00:00Z"),
        (interval("0", None, space=Space.LOCAL_DATE_TIME), "≥ 0001-01-01T00:00:00"),
    ],
)
def test_normal_form(one: Interval, normal: str) -> None:
    assert str(one.normal) == normal
    assert one.normal.normal == one.normal


@pytest.mark.parametrize(
    "one",
    [
        interval("1", "1", "[)"),
        interval("2", "1"),
        interval("1", "2", "()", integer=True),
        interval("0", "4e-324", "()", space=Space.DOUBLE),
        interval("0", "1e-45", "()", space=Space.FLOAT),
        interval("Infinity", None, "(]", space=Space.DOUBLE),
        interval("0", "86400", "()", space=Space.DATE),
    ],
)
def test_empty(one: Interval) -> None:
    assert one.empty
    assert one.within(interval("7", "7"))
    assert not one.meets(one)


def test_methods_compare_values_of_one_space_only() -> None:
    double = interval("1", "2", space=Space.DOUBLE)
    assert not double.within(Interval())
    assert not double.meets(Interval())
    assert double.holds(Decimal("1.5"))
    assert not interval("1", "2", integer=True).holds(Decimal("1.5"))
    assert interval("0.5", "1.5", integer=True).within(interval("1", "1"))
    assert interval("1", "1").within(interval("0", "3", integer=True))
    assert not interval("1", "2").within(interval("0", "3", integer=True))


ENDS = st.sampled_from([None, *map(Decimal, ("-1", "0", "0.5", "1", "2"))])
INTERVALS = st.builds(Interval, ENDS, st.booleans(), ENDS, st.booleans(), st.booleans())


@given(INTERVALS, INTERVALS)
@settings(max_examples=times(300))
def test_two_meet_where_their_intersection_is_not_empty(one: Interval, other: Interval) -> None:
    assert one.meets(other) == other.meets(one) == (not one.intersection(other).empty)

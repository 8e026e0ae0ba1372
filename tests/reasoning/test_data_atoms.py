"""Restrictions on numbers are found by bisection as they are one by one."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kgtwin.model.axioms import Interval, Space
from kgtwin.model.data_ranges import within
from kgtwin.reasoning.data_atoms import DataAtom, Waited

BOUNDS = st.none() | st.sampled_from([Decimal(text) for text in ("-2", "-1.5", "0", "0.5", "1", "2", "2.50", "3")])
INTERVALS = st.builds(
    Interval,
    low=BOUNDS,
    low_open=st.booleans(),
    high=BOUNDS,
    high_open=st.booleans(),
    integer=st.booleans(),
    space=st.sampled_from([Space.DECIMAL, Space.RATIONAL, Space.REAL]),
).filter(lambda one: not (one.integer and one.space is not Space.DECIMAL))
NUMBERS = st.decimals(-3, 4, places=2) | st.integers(-3, 4).map(Decimal)


@given(st.lists(INTERVALS, max_size=8), st.lists(NUMBERS, min_size=1, max_size=6), st.booleans())
def test_what_lies_around_a_number(intervals: list[Interval], numbers: list[Decimal], whole: bool) -> None:
    atoms = [DataAtom(10 + k, 1, one) for k, one in enumerate(intervals)]
    waited = Waited(atoms)
    for number in numbers:
        point = Interval(number, False, number, False, whole and number == number.to_integral_value())
        found = {one.atom for one in waited.around([1], point)}
        assert found == {one.atom for one in atoms if within(point, one.range)}


def test_a_number_on_a_bound_and_between_two() -> None:
    atoms = [DataAtom(1, 7, Interval(low=Decimal(5))), DataAtom(2, 7, Interval(low=Decimal(5), low_open=True))]
    waited = Waited(atoms)

    def around(number: str) -> list[int]:
        value = Decimal(number)
        return [one.atom for one in waited.around([7], Interval(value, False, value))]

    assert [around(number) for number in ("4.9", "5", "5.0", "5.1", "5")] == [[], [1], [1], [1, 2], [1]]

"""The daily dose as an interval."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.rules.dosing import Daily, daily, times_a_day
from kgtwin.inference.rules.known import Present
from kgtwin.inference.rules.taking import Since, Taken
from kgtwin.model.axioms import Interval
from kgtwin.model.fact import Dose, Fact, MedicationDetail, Quantity, QuantityRange, Ratio
from kgtwin.model.time import Period
from kgtwin.vocabulary import RXNORM, TAKES_NOW
from tests.fuzz import times
from tests.inference.factory import AT, order

METFORMIN, TABLET = RXNORM + "6809", "rxnorm:860975"


def quantity(value: str, unit: str | None = "mg") -> Quantity:
    ucum = unit if unit in {"mg", "g", "ug", "mL", "d", "h", "mg/h", "[IU]"} else None
    return Quantity(Decimal(value), unit=unit, ucum=ucum)


def amount(low: str, high: str | None = None, unit: str | None = "mg") -> QuantityRange:
    return QuantityRange(quantity(low, unit), quantity(high or low, unit))


def twice(low: str, high: str | None = None, unit: str | None = "mg", **said: Any) -> Dose:
    return Dose(amount=amount(low, high, unit), frequency=2, period=Decimal(1), period_unit="d", **said)


def dose_of(knowledge: Knowledge, *orders: tuple[Dose, ...], concept: str = "rxnorm:6809") -> Daily:
    facts = [order(f"MedicationRequest/m{n}", concept, doses=doses) for n, doses in enumerate(orders)]
    present = tuple(_present(fact) for fact in facts)
    return daily(Taken(METFORMIN, present, Since(AT, AT)), knowledge, AT)


def _present(fact: Fact) -> Present:
    return Present(fact.id, Selected(fact, TAKES_NOW, ""), frozenset({METFORMIN}), None)


def bounds(found: Daily) -> tuple[str | None, str | None]:
    assert found.amount is not None, found.lacks
    return tuple(None if one is None else f"{one:f}" for one in (found.amount.low, found.amount.high))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("dose", "expected"),
    [
        (twice("500"), ("1000", "1000")),
        (twice("0.5", unit="g"), ("1000", "1000")),
        (twice("500", "1000"), ("1000", "2000")),
        (twice("2", unit="tablets"), None),
        (twice("500", as_needed=True), ("0", "1000")),
        (twice("500", maximum=Ratio(quantity("800"), quantity("1", "d"))), ("800", "800")),
        (Dose(maximum=Ratio(quantity("800"), quantity("1", "d"))), ("0", "800")),
        (Dose(amount=amount("10"), frequency=1, period=Decimal(1), period_unit="wk"), ("1.42857", "1.42857")),
        (Dose(amount=amount("10"), code="QID"), ("40", "40")),
        (Dose(amount=amount("10"), code="as told"), None),
        (Dose(amount=amount("10"), times=("08:00:00", "20:00:00")), ("20", "20")),
        (Dose(amount=amount("10"), events=("ACM",)), ("10", "10")),
        (Dose(amount=amount("7"), days=("mon", "thu")), ("2", "2.000002")),
        (Dose(rate=QuantityRange(quantity("5", "mg/h"), quantity("5", "mg/h"))), ("120", "120")),
        (Dose(amount=amount("10")), None),
        (twice("500", unit="[IU]"), None),
        (twice("500", unit=None), None),
        (twice("-5"), None),
        (twice("50", unit="g"), ("100000", "100000")),
        (twice("50.001", unit="g"), None),
        (twice("500", "200000"), ("1000", "400000")),
        (twice("100.001", unit="g", as_needed=True), None),
        (Dose(rate=QuantityRange(quantity("4200", "mg/h"), quantity("4200", "mg/h"))), None),
        (twice("500", bounds=Period("2020-01-01", "2020-02-01")), None),
    ],
)
def test_one_instruction(knowledge: Knowledge, dose: Dose, expected: tuple[str, str] | None) -> None:
    found = dose_of(knowledge, (dose,))
    if expected is None:
        assert found.amount is None
        assert found.lacks
    else:
        found_bounds = [float(one or "-1") for one in bounds(found)]
        assert found_bounds == pytest.approx([float(one) for one in expected], abs=0.001)


def test_tablets_of_a_product_whose_strength_is_known(knowledge: Knowledge) -> None:
    assert bounds(dose_of(knowledge, (twice("2", unit="tablets"),), concept=TABLET)) == ("2000", "2000")


def test_concurrent_instructions_add_up_and_those_that_follow_each_other_do_not(knowledge: Knowledge) -> None:
    assert bounds(dose_of(knowledge, (twice("500"), twice("100")))) == ("1200", "1200")
    assert bounds(dose_of(knowledge, (twice("500", sequence=1), twice("100", sequence=2)))) == ("200", "1000")
    ended = twice("500", sequence=1, bounds=Period("2025-12-01", "2025-12-31"))
    assert bounds(dose_of(knowledge, (ended, twice("100", sequence=2)))) == ("200", "200")


def test_two_orders_are_at_least_the_larger_and_at_most_both(knowledge: Knowledge) -> None:
    assert bounds(dose_of(knowledge, (twice("500"),), (twice("100"),))) == ("1000", "1200")
    assert bounds(dose_of(knowledge, (twice("500"),), (twice("500"),))) == ("1000", "1000"), "a renewal"
    assert bounds(dose_of(knowledge, (twice("500"),), ())) == ("1000", None)


def test_a_dose_of_a_combination_in_mg_may_be_of_either(knowledge: Knowledge) -> None:
    fact = order(doses=(twice("500"),))
    several = msgspec.structs.replace(_present(fact), ingredients=frozenset({METFORMIN, RXNORM + "5487"}))
    found = daily(Taken(METFORMIN, (several,), Since(AT, AT)), knowledge, AT)
    assert (found.amount, found.lacks) == (None, "the dose is of a product with several ingredients")


COUNTS = st.integers(1, 6)


@settings(max_examples=times(100))
@given(COUNTS, COUNTS, COUNTS, COUNTS, st.sampled_from(["h", "d", "wk"]))
def test_how_often_is_an_interval_that_holds_every_choice(a: int, b: int, p: int, q: int, unit: str) -> None:
    low, high, short, long = min(a, b), max(a, b), min(p, q), max(p, q)
    found = times_a_day(
        Dose(frequency=low, frequency_max=high, period=Decimal(short), period_max=Decimal(long), period_unit=unit)
    )
    days = {"h": Decimal(1) / 24, "d": Decimal(1), "wk": Decimal(7)}[unit]
    assert found is not None
    for count in (low, high):
        for length in (short, long):
            often = count / (length * days)
            wide = Interval(
                (found.low or Decimal(0)) - Decimal("0.0001"), False, (found.high or Decimal(0)) + Decimal("0.0001")
            )
            assert wide.holds(often)


def test_the_instructions_of_a_detail_without_any(knowledge: Knowledge) -> None:
    assert MedicationDetail("request").instructions == ()
    assert dose_of(knowledge, ()).lacks == "the dose is not stated in numbers"


def test_an_instruction_that_may_not_hold_yet_says_nothing_for_certain(knowledge: Knowledge) -> None:
    some_time_this_month = Period(AT.strftime("%Y-%m"))
    assert bounds(dose_of(knowledge, (twice("500", bounds=some_time_this_month),))) == ("0", "1000")
    both = (twice("500", bounds=some_time_this_month), twice("250", bounds=Period("2020")))
    assert bounds(dose_of(knowledge, both)) == ("500", "1500")


def test_a_rate_that_is_no_number_is_not_read(knowledge: Knowledge) -> None:
    for comparator, value, said in ((None, "-1", "-1"), (">", "2", ">2")):
        end = Quantity(Decimal(value), unit="mg/h", ucum="mg/h", comparator=comparator)
        found = dose_of(knowledge, (Dose(rate=QuantityRange(end, end)),))
        assert (found.amount, found.lacks) == (None, f"the rate is {said}")

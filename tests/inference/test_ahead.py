"""Final results dated after the moment that is asked about: an error is told, what came later is not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.realising.ahead import dated_ahead
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import CodedValue, Fact, FactKind, ObservationDetail, Quantity
from kgtwin.model.time import Period
from tests.inference.factory import AT, PATIENT, coded, condition, fact, order, patient, result
from tests.inference.test_whynot import ask

UNIT = "mL/min/{1.73_m2}"


def gfr(when: str, recorded: str | None = None, number: int = 1, value: str = "25", **fields: Any) -> Fact:
    given = result(
        f"Observation/e{number}", "loinc:33914-3", Quantity(Decimal(value), ucum=UNIT), when=Period(when), **fields
    )
    return msgspec.structs.replace(given, provenance=msgspec.structs.replace(given.provenance, recorded=recorded))


def recorded(one: Fact, when: str) -> Fact:
    return msgspec.structs.replace(one, provenance=msgspec.structs.replace(one.provenance, recorded=when))


SMOKING = fact(
    FactKind.BEHAVIOUR, "Observation/s1", "loinc:72166-2", status="final", when=Period("2027-01-10"),
    value=CodedValue(coded("snomed:449868002")), detail=ObservationDetail(issued="2026-01-10T08:00:00Z"),
)  # fmt: skip
UNKNOWN = result("Observation/x1", "loinc:99999-9", Quantity(Decimal(1)), when=Period("2027-01-10"))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ([gfr("2027-01-10", "2026-01-10T09:00:00Z")], ["e1"]),
        ([gfr("2027-01-10", detail=ObservationDetail(issued="2026-01-10T08:00:00Z"))], ["e1"]),
        ([gfr("2027-01-10", "2027-01-10T09:00:00Z")], []),
        ([gfr("2027-01-10", "2027-01")], []),
        ([gfr("2027-01-10", "2026-06-01")], []),
        ([gfr("2027-01-10", "2026-01-15T12:00:30Z")], ["e1"]),
        ([gfr("2026-01-10", "2025-01-10")], []),
        ([gfr("2027-01-10", "2026-01-10", status="preliminary")], []),
        ([gfr("2027-01-10")], ["e1"]),
        ([gfr("2027-01-10"), gfr("2027-01-10T08:00:00Z", number=2)], ["e1", "e2"]),
        ([gfr("2027-01-10"), gfr("2027-01-11", number=2)], []),
        ([gfr("2027-01-10"), gfr("2027-01-11", "2026-01-01", number=2)], ["e2", "e1"]),
        ([gfr("2027-01-10"), gfr("2027-01-11", "2027-01-12", number=2)], []),
        ([gfr("2027-01-10"), condition(when=Period("2026-05-01"))], []),
        ([gfr("2027-01-10"), recorded(condition(), "2026-05-01")], []),
        ([gfr("2027-01-10"), order(when=Period("2026-05-01"))], ["e1"]),
        ([gfr("2027-01-10"), condition()], ["e1"]),
        ([SMOKING], ["s1"]),
        ([UNKNOWN], []),
        ([], []),
    ],
)
def test_what_is_told(facts: list[Fact], told: list[str], knowledge: Knowledge) -> None:
    found = [one for caveat in dated_ahead(facts, knowledge, AT) for one in caveat.touches]
    assert found == [f"Observation/{name}" for name in told]


def test_one_caveat_says_which_when_and_what_to_do(knowledge: Knowledge) -> None:
    many = [gfr(f"2027-01-1{number}", "2026-01-10", number) for number in range(5)]
    answer = infer(PATIENT, patient(), [order(), *many], knowledge, at=AT, revision=1)
    (caveat,) = [one for one in answer.caveats if one.code is CaveatCode.IMPLAUSIBLE]
    assert "Observation/e0), dated 2027-01-10" in caveat.text
    assert "and 2 more" in caveat.text
    assert len(caveat.touches) == 5
    assert "correct the date" in (caveat.remedy or "")


def test_who_asks_about_the_past_is_not_told_what_came_later(knowledge: Knowledge) -> None:
    facts = [order(when=Period("2019")), gfr("2025-12-01", "2025-12-01T10:00:00Z"), gfr("2027-01-10", "2026-01-10", 2)]
    then = datetime(2020, 1, 1, tzinfo=UTC)
    for at, told in ((then, False), (AT, True)):
        answer = infer(PATIENT, patient(), facts, knowledge, at=at, revision=1)
        assert (CaveatCode.IMPLAUSIBLE in {one.code for one in answer.caveats}) is told


def test_why_not_tells_it_too(knowledge: Knowledge) -> None:
    found = ask(knowledge, "kgtwin:DL_0001", order(), gfr("2027-01-10", "2026-01-10"))
    assert not found.holds
    assert CaveatCode.IMPLAUSIBLE in {one.code for one in found.caveats}


DAYS = st.dates(datetime(2025, 1, 1).date(), datetime(2028, 1, 1).date()).map(str)


@given(st.lists(st.tuples(DAYS, st.none() | DAYS), max_size=5))
def test_only_final_results_after_the_moment_are_told_and_no_consistent_ones(
    knowledge: Knowledge, dates: list[tuple[str, str | None]]
) -> None:
    facts = [gfr(when, told, number) for number, (when, told) in enumerate(dates)]
    touched = {one for caveat in dated_ahead(facts, knowledge, AT) for one in caveat.touches}
    for one, (when, told) in zip(facts, dates, strict=True):
        if one.provenance.resource in touched:
            assert when > "2026-01-15"
            assert told is None or told < when
        elif when > "2026-01-15" and told is not None:
            assert told >= when or told > "2026-01-16"

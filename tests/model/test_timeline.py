"""Dates and times to seconds and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.model import timeline

BEGIN = datetime(1, 1, 1, tzinfo=UTC)


@given(st.datetimes(), st.integers(-840, 840))
def test_it_agrees_with_the_standard_library(naive: datetime, offset: int) -> None:
    text = timeline.date_time(Decimal((naive - datetime(1, 1, 1)) // timedelta(microseconds=1)) / 10**6, None)
    assert datetime.fromisoformat(text) == naive
    zone = "Z" if offset == 0 else f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    there = timeline.instant(text + zone)
    assert there.offset == offset
    assert there.seconds == timeline.instant(text).seconds - offset * 60


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**40), st.sampled_from([None, 0, 60, -765]))
def test_every_instant_has_its_text(seconds: int, part: int, offset: int | None) -> None:
    exact = timeline.EXACT.add(Decimal(seconds), Decimal(part).scaleb(-41))
    back = timeline.instant(timeline.date_time(exact, offset))
    assert back == (exact, offset)
    day = timeline.instant(timeline.date(Decimal(seconds // timeline.DAY * timeline.DAY)))
    assert day.seconds == seconds // timeline.DAY * timeline.DAY


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0000-12-31T00:00:00Z", -86_400),
        ("-0001-01-01T00:00:00Z", -2 * 31_536_000 - 86_400),
        ("1970-01-01T00:00:00", 62_135_596_800),
        ("2000-02-29T24:00:00Z", (datetime(2000, 3, 1, tzinfo=UTC) - BEGIN).days * 86_400),
        (
            "123456789212-01-01T00:00:00Z",
            308_641_973 * 146_097 * 86_400 + (datetime(12, 1, 1, tzinfo=UTC) - BEGIN).days * 86_400,
        ),
    ],
)
def test_known_places(text: str, seconds: int) -> None:
    assert timeline.instant(text).seconds == seconds

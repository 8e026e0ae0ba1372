from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.errors import InvalidResourceError
from kgtwin.model.time import Overlap, Period, bounds, duration, earliest, latest, read_time

MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", "2020-01-01T00:00:00", "2020-12-31T23:59:59.999999"),
        ("2021-02", "2021-02-01T00:00:00", "2021-02-28T23:59:59.999999"),
        ("2020-02-29", "2020-02-29T00:00:00", "2020-02-29T23:59:59.999999"),
        ("2020-02-29T10:00:00Z", "2020-02-29T10:00:00", "2020-02-29T10:00:00.999999"),
        ("2020-02-29T10:00:00+02:00", "2020-02-29T08:00:00", "2020-02-29T08:00:00.999999"),
        ("2020-02-29T23:30:00-01:00", "2020-03-01T00:30:00", "2020-03-01T00:30:00.999999"),
        ("2020-02-29T10:00:00.123Z", "2020-02-29T10:00:00.123", "2020-02-29T10:00:00.123"),
        ("2020-02-29T10:00", "2020-02-29T10:00:00", "2020-02-29T10:00:59.999999"),
    ],
)
def test_bounds(text: str, first: str, last: str) -> None:
    expected = tuple(datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (first, last))
    assert bounds(text) == expected


@pytest.mark.parametrize(
    "text",
    ["2021-02-29", "2020-13", "2020-00-01", "0000", "2020-04-31", "2020-01-01T24:30:00Z", "2020-01-01T10:00:00+15:00"],
)
def test_an_impossible_date(text: str) -> None:
    with pytest.raises(InvalidResourceError, match="impossible"):
        bounds(text)


@pytest.mark.parametrize("text", ["", "20", "2020-1", "2020-01-01T", "yesterday", "2020-01-01 10:00", "2020-01-01Z"])
def test_no_date(text: str) -> None:
    with pytest.raises(InvalidResourceError, match="no FHIR date"):
        bounds(text)


@given(MOMENTS, st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]))
def test_a_partial_date_contains_what_it_was_cut_from(moment: datetime, form: str) -> None:
    text = moment.strftime(form).rjust(len(datetime(2000, 1, 1).strftime(form)), "0")
    assert earliest(text) <= moment <= latest(text)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_an_error(text: str) -> None:
    try:
        first, last = bounds(text)
    except InvalidResourceError:
        return
    assert first <= last


@pytest.mark.parametrize(
    ("text", "span"),
    [("P180D", timedelta(180)), ("P1Y", timedelta(365)), ("P2M", timedelta(60)), ("PT36H", timedelta(1.5))],
)
def test_duration(text: str, span: timedelta) -> None:
    assert duration(text) == span


@pytest.mark.parametrize("text", ["", "P", "PT", "180D", "P-1D"])
def test_no_duration(text: str) -> None:
    with pytest.raises(InvalidResourceError, match="no duration"):
        duration(text)


@pytest.mark.parametrize(
    ("start", "end", "at", "overlap"),
    [
        ("2020-01-01", "2020-12-31", "2020-06-01", Overlap.YES),
        ("2020-01-01", None, "2030-06-01", Overlap.YES),
        ("2020-01-01", "2020-12-31", "2021-01-01", Overlap.NO),
        ("2020-01-01", None, "2019-12-31", Overlap.NO),
        ("2020", "2020", "2020-06-01", Overlap.MAYBE),
        (None, "2020", "2019-06-01", Overlap.MAYBE),
        (None, None, "2019-06-01", Overlap.MAYBE),
    ],
)
def test_contains(start: str | None, end: str | None, at: str, overlap: Overlap) -> None:
    assert Period(start, end).contains(datetime.fromisoformat(at).replace(tzinfo=UTC)) is overlap


def test_an_evaluation_time_is_the_last_instant_of_a_partial_date() -> None:
    assert read_time(None) is None
    assert read_time("2020") == latest("2020")

"""What lies in what, against membership of values told by the definitions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings

from kgtwin.model import datatypes as d
from kgtwin.model.data_ranges import (
    EMPTY,
    DataRange,
    Datatype,
    Interval,
    Literal,
    OtherRange,
    Space,
    canonical,
    datatype_range,
    disjoint,
    intersection,
    is_empty,
    is_single,
    value_range,
    within,
)
from kgtwin.ontology import nodes
from kgtwin.ontology.literals import range_of, value_of
from kgtwin.ontology.nodes import Source, Term
from kgtwin.vocabulary import XSD
from tests.fuzz import times
from tests.model.ranges import EVERY_VALUE, member, simple_ranges, value, values

SOURCE = Source("t")
SAMPLES = [(literal, value_of(SOURCE, literal)) for literal in EVERY_VALUE]


@settings(max_examples=times(300), deadline=None)
@given(simple_ranges())
def test_a_range_has_the_members_of_its_definition(term: Term) -> None:
    data_range = range_of(SOURCE, term)
    if isinstance(data_range, OtherRange):
        return
    for literal, one in SAMPLES:
        assert within(one, data_range) == member(literal, term), literal
        assert disjoint(one, data_range) != member(literal, term), literal


@settings(max_examples=times(400), deadline=None)
@given(simple_ranges(), simple_ranges())
def test_answers_about_two_ranges_agree_with_their_members(one: Term, other: Term) -> None:
    a, b = range_of(SOURCE, one), range_of(SOURCE, other)
    in_a = [member(literal, one) for literal, _ in SAMPLES]
    in_b = [member(literal, other) for literal, _ in SAMPLES]
    assert within(a, a)
    if within(a, b):
        assert all(theirs for ours, theirs in zip(in_a, in_b, strict=True) if ours)
    if disjoint(a, b):
        assert not any(ours and theirs for ours, theirs in zip(in_a, in_b, strict=True))
    assert disjoint(a, b) == disjoint(b, a)
    both = intersection(a, b)
    if both is not None and not isinstance(both, OtherRange):
        assert is_empty(both) == disjoint(a, b)
        assert within(both, a)
        assert within(both, b)
        for (literal, point), ours, theirs in zip(SAMPLES, in_a, in_b, strict=True):
            assert within(point, both) == (ours and theirs), literal


@given(values(), values())
def test_equal_values_are_equal_ranges(one: nodes.Literal, other: nodes.Literal) -> None:
    a, b = value_of(SOURCE, one), value_of(SOURCE, other)
    assert (a == b) == (value(one) == value(other) or one == other)
    assert is_single(a)
    assert canonical(a) == a
    assert within(a, b) == (a == b)


SAME = [
    (("5", d.INTEGER), ("5.0", d.DECIMAL)),
    (("005", XSD + "byte"), ("+5", d.INTEGER)),
    (("10/2", d.RATIONAL), ("5", d.INTEGER)),
    (("1", d.BOOLEAN), ("true", d.BOOLEAN)),
    (("a", XSD + "NCName"), ("a", d.STRING)),
    (("a@", d.PLAIN_LITERAL), ("a", d.STRING)),
    (("1.0E2", d.DOUBLE), ("100", d.DOUBLE)),
    (("1e400", d.DOUBLE), ("INF", d.DOUBLE)),
    (("0a", d.HEX_BINARY), ("0A", d.HEX_BINARY)),
    (("YW Jj", d.BASE64_BINARY), ("YWJj", d.BASE64_BINARY)),
    (("2020-02-29T24:00:00Z", d.DATE_TIME), ("2020-03-01T00:00:00.0Z", d.DATE_TIME)),
    (("2020-02-29T01:00:00-00:00", d.DATE_TIME), ("2020-02-29T01:00:00Z", d.DATE_TIME_STAMP)),
    (("2020-02-29", d.DATE), (" 2020-02-29 ", d.DATE)),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_value(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert value_range(*one) == value_range(*other)
    assert within(Literal(*one), Literal(*other))
    assert not disjoint(Literal(*one), Literal(*other))


DIFFERENT = [
    (("0", d.DOUBLE), ("-0", d.DOUBLE)),
    (("1", d.DOUBLE), ("1", d.FLOAT)),
    (("1", d.DOUBLE), ("1", d.INTEGER)),
    (("2020-01-01T00:00:00Z", d.DATE_TIME), ("2020-01-01T01:00:00+01:00", d.DATE_TIME)),
    (("2020-01-01T00:00:00Z", d.DATE_TIME), ("2020-01-01T00:00:00", d.DATE_TIME)),
    (("a", d.STRING), ("a", XSD + "anyURI")),
    (("1", d.BOOLEAN), ("1", d.INTEGER)),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_values_that_only_look_alike(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert disjoint(Literal(*one), Literal(*other))
    assert not within(Literal(*one), Literal(*other))


def test_languages_differ_by_tag_not_by_case() -> None:
    assert within(Literal("a", d.PLAIN_LITERAL, "EN"), Literal("a", d.LANG_STRING, "en"))
    assert within(Literal("a@en", d.PLAIN_LITERAL), Literal("a", language="En"))
    assert disjoint(Literal("a", language="en"), Literal("a"))


UNSURE: list[tuple[DataRange, DataRange]] = [
    (Literal("a", "http://x/mine"), Literal("b", "http://x/mine")),
    (Literal("a", "http://x/mine"), Interval()),
    (Literal("<a b='1'/>", d.XML_LITERAL), Literal('<a b="1"></a>', d.XML_LITERAL)),
    (Datatype("http://x/mine"), Datatype(d.STRING)),
    (OtherRange("DataOneOf(…)"), Interval()),
]


@pytest.mark.parametrize(("one", "other"), UNSURE)
def test_what_is_not_understood_is_neither_within_nor_disjoint(one: DataRange, other: DataRange) -> None:
    for a, b in ((one, other), (other, one)):
        assert not within(a, b)
        assert not disjoint(a, b)
        assert intersection(a, b) is None
        assert within(a, Datatype(d.LITERAL))
        assert within(a, a)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (datatype_range(d.REAL), datatype_range(d.INTEGER), datatype_range(d.INTEGER)),
        (
            datatype_range(XSD + "byte"),
            datatype_range(XSD + "unsignedInt"),
            Interval(Decimal(0), high=Decimal(127), integer=True),
        ),
        (
            datatype_range(d.DATE_TIME_STAMP),
            Interval(low=Decimal(9), space=Space.DATE_TIME),
            Interval(low=Decimal(9), space=Space.DATE_TIME_STAMP),
        ),
        (
            Interval(low=Decimal(1), space=Space.RATIONAL),
            Interval(high=Decimal(1), space=Space.REAL),
            Interval(Decimal(1), high=Decimal(1)),
        ),
        (datatype_range(d.STRING), datatype_range(XSD + "token"), Datatype(XSD + "token")),
        (datatype_range(d.STRING), datatype_range(d.DOUBLE), EMPTY),
        (
            Interval(low=Decimal(0), space=Space.DATE_TIME),
            Interval(high=Decimal(10**9), space=Space.LOCAL_DATE_TIME),
            None,
        ),
    ],
)
def test_intersections(one: DataRange, other: DataRange, expected: DataRange | None) -> None:
    assert intersection(one, other) == intersection(other, one) == expected


def test_times_without_zone_are_compared_where_no_zone_matters() -> None:
    since = Interval(low=Decimal(0), space=Space.DATE_TIME)
    assert within(value_range("0001-01-01T14:00:01", d.DATE_TIME), since)
    assert disjoint(value_range("0001-01-01T14:00:00", d.DATE_TIME), since)
    days = Interval(low=Decimal(0), space=Space.DATE)
    assert within(value_range("0001-01-02Z", d.DATE), days)
    assert disjoint(value_range("0001-01-01+14:00", d.DATE), days)


def test_single_values() -> None:
    assert not is_single(Interval(Decimal(0), high=Decimal(0), space=Space.DOUBLE)), "both zeros"
    assert not is_single(Interval(Decimal(0), high=Decimal(0), space=Space.DATE_TIME)), "an offset each"
    assert is_single(Interval(Decimal("1.5"), high=Decimal("2.5"), integer=True))
    assert is_single(Interval(low=Decimal("Infinity"), space=Space.FLOAT))
    assert not is_single(EMPTY)
    assert not is_single(Datatype(d.BOOLEAN))

"""Which texts are well typed, and which datatypes lie in which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.model import datatypes as d
from kgtwin.vocabulary import RDFS, XSD

GOOD = [
    ("+1.50", "decimal"),
    (".5", "decimal"),
    ("-0", "nonNegativeInteger"),
    ("18446744073709551615", "unsignedLong"),
    ("9" * 5000, "integer"),
    ("1e-5", "double"),
    ("-INF", "float"),
    ("NaN", "double"),
    ("0", "boolean"),
    ("2024-02-29", "date"),
    ("-0004-02-29Z", "date"),
    ("2026-11-22T24:00:00.000-05:30", "dateTime"),
    ("2026-11-22T00:00:00Z", "dateTimeStamp"),
    ("", "hexBinary"),
    ("aGk=", "base64Binary"),
    ("a G k =", "base64Binary"),
    ("a b", "token"),
    (" ", "normalizedString"),
    ("é1", "NCName"),
    ("a:b", "Name"),
    ("1a", "NMTOKEN"),
    ("de-CH-1996", "language"),
    ("anything", "unknown"),
    (" 5 ", "integer"),
]
BAD = [
    ("1,5", "decimal"),
    ("1e5", "decimal"),
    ("", "decimal"),
    ("٣", "integer"),
    ("-1", "nonNegativeInteger"),
    ("18446744073709551616", "unsignedLong"),
    ("9" * 5000, "long"),
    ("-" + "9" * 5000, "long"),
    ("inf", "double"),
    ("True", "boolean"),
    ("2023-02-29", "date"),
    ("2026-13-01", "date"),
    ("26-01-01", "date"),
    ("2026-01-01", "dateTime"),
    ("2026-01-01T25:00:00", "dateTime"),
    ("2026-01-01T24:00:01", "dateTime"),
    ("2026-01-01T00:00:00+15:00", "dateTime"),
    ("2026-01-01T00:00:00", "dateTimeStamp"),
    ("0", "hexBinary"),
    ("aGk", "base64Binary"),
    (" a", "token"),
    ("a\tb", "normalizedString"),
    ("1a", "Name"),
    ("a:b", "NCName"),
    ("a b", "NMTOKEN"),
    ("toolonglanguage", "language"),
]


@pytest.mark.parametrize(("text", "name"), GOOD)
def test_well_typed(text: str, name: str) -> None:
    assert d.well_typed(text, XSD + name)


@pytest.mark.parametrize(("text", "name"), BAD)
def test_ill_typed(text: str, name: str) -> None:
    assert not d.well_typed(text, XSD + name)


def test_the_numbers_nest() -> None:
    assert d.above(XSD + "unsignedByte") >= {
        *(
            XSD + name
            for name in ("unsignedShort", "unsignedInt", "unsignedLong", "nonNegativeInteger", "short", "int")
        ),
        *(d.INTEGER, d.DECIMAL, d.RATIONAL, d.REAL, RDFS + "Literal"),
    }
    assert XSD + "byte" not in d.above(XSD + "unsignedByte")
    assert {d.root(datatype) for datatype in d.INTEGERS} == {d.REAL}


@given(st.text(max_size=6), st.integers(0, 5))
def test_the_datatypes_of_texts_nest(text: str, narrow: int) -> None:
    if d.well_typed(text, d.TEXTS[narrow + 1]):
        assert d.well_typed(text, d.TEXTS[narrow])
        assert d.TEXTS[narrow] in d.above(d.TEXTS[narrow + 1])

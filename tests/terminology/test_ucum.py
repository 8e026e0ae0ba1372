from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.terminology.ucum import compile_ucum

ORACLE_UNITS = [
    ("mg/dL", "g/L"),
    ("10*3/uL", "10*9/L"),
    ("kg/m2", "g/cm2"),
    ("mm[Hg]", "kPa"),
    ("[lb_av]", "kg"),
    ("[in_i]", "cm"),
    ("mmol/L", "mol/m3"),
    ("kcal", "J"),
    ("wk", "h"),
    ("a", "d"),
    ("mL/min", "L/h"),
    ("U/L", "kat/m3"),
    ("dyn.s/cm5", "Pa.s/m3"),
]


@pytest.fixture(scope="module")
def oracle() -> Any:
    """ucumvert's own translation to pint."""
    from ucumvert import PintUcumRegistry  # noqa: PLC0415 (slow)

    return PintUcumRegistry()


@pytest.mark.parametrize(("one", "other"), ORACLE_UNITS)
def test_the_factor_is_pint_s(one: str, other: str, oracle: Any) -> None:
    a, b = compile_ucum(one), compile_ucum(other)
    assert a is not None
    assert b is not None
    assert a.dimensions == b.dimensions
    expected = oracle.from_ucum(one).to(oracle.from_ucum(other).units) / oracle.from_ucum(other)
    assert float(a.factor / b.factor) == pytest.approx(float(expected.magnitude), rel=1e-4)


@pytest.mark.parametrize(
    "code",
    [
        "1.73",
        "mL/min/1.73",
        "mL/min/1.73.m2",
        "",
        "foo",
        "mg/",
        "10^3/mcL",
        "mmHg",
        "IU/L",
        "(score)",
        "mg dL",
        "µg",
        "x" * 101,
        "m31",
    ],
)
def test_no_ucum(code: str) -> None:
    assert compile_ucum(code) is None


@pytest.mark.parametrize(
    ("code", "dimensions"),
    [
        ("mL/min/{1.73_m2}", {"m": 3, "s": -1, "{1.73_m2}": -1}),
        ("ng/mL{RBCs}", {"g": 1, "m": -3, "{RBCs}": -1}),
        ("/m2.s", {"m": -2, "s": 1}),
        ("g/(8.h){shift}", {"g": 1, "s": -1, "{shift}": -1}),
        ("[IU]/L", {"[iU]": 1, "m": -3}),
        ("[iU]/L", {"[iU]": 1, "m": -3}),
        ("meq/L", {"eq": 1, "m": -3}),
        ("mosm/kg", {"osm": 1, "g": -1}),
        ("mmol/mol", {"mol/mol": 1}),
        ("mmol/mol.mol", {"mol": 1}),
        ("%", {}),
        ("[pH]", {"[pH]": 1}),
        ("Cel/h", {"Cel": 1, "s": -1}),
        ("{a}{b}", {"{a}": 1, "{b}": 1}),
        ("L/L", {}),
    ],
)
def test_dimensions(code: str, dimensions: dict[str, int]) -> None:
    compiled = compile_ucum(code)
    assert compiled is not None
    assert dict(compiled.dimensions) == dimensions


def test_gram_percent_is_a_concentration() -> None:
    """UCUM defines g% as g/dl; ucumvert's pint units take it for gram times percent."""
    percent, concentration = compile_ucum("g%"), compile_ucum("g/dL")
    assert percent is not None
    assert percent == concentration


def test_offsets_belong_to_a_scale_by_itself() -> None:
    fahrenheit = compile_ucum("[degF]")
    assert fahrenheit is not None
    assert fahrenheit.offset == Fraction(Decimal("459.67")) * 5 / 9
    assert compile_ucum("Cel/h") != compile_ucum("K/h")


@given(st.text(alphabet="mgdLukl/.*10^-[]{}()IUsol%'", max_size=20))
def test_any_text_compiles_or_is_no_ucum(code: str) -> None:
    compiled = compile_ucum(code)
    assert compiled is None or compiled.factor > 0


def test_a_decimal_number_in_a_name_is_no_decimal_number() -> None:
    assert compile_ucum("mL/min/{1.73_m2}") is not None
    assert compile_ucum("10*3.mg") is not None, "a number, and a unit"

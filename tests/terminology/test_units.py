from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.terminology import units

NUMBERS = st.decimals(min_value=Decimal("-1e9"), max_value=Decimal("1e9"), allow_nan=False, places=4)


def test_the_table_is_what_ucumvert_gives() -> None:
    text = units.TABLE.read_text(encoding="utf-8")
    codes = [line.split("\t")[0] for line in text.splitlines()]
    assert text == units.write_table(codes)
    assert len(codes) > 300


def test_a_common_unit_does_not_import_ucumvert() -> None:
    script = "import sys; from kgtwin.terminology import units; units.parse('mg/dL'); units.parse('{x}'); "
    run = subprocess.run([sys.executable, "-c", script + "sys.exit('ucumvert' in sys.modules)"], check=False)
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("5500", "umol/L", "mmol/L", "5.5"),
        ("1", "mg/dL", "g/L", "0.01"),
        ("37", "Cel", "[degF]", "98.6"),
        ("98.6", "[degF]", "Cel", "37"),
        ("42", "%", "1", "0.42"),
        ("150", "10*3/uL", "10*9/L", "150"),
        ("120", "mm[Hg]", "mm[Hg]", "120"),
        ("90", "mL/min/{1.73_m2}", "L/min/{1.73_m2}", "0.09"),
        ("2", "m[IU]/mL", "[IU]/L", "2"),
        ("40", "[IU]/L", "U/L", "40"),
        ("40", "m[IU]/mL", "U/L", "40"),
        ("2.5", "1", "{INR}", "2.5"),
        ("2.5", "{ratio}", "{INR}", "2.5"),
    ],
)
def test_convert(value: str, source: str, target: str, expected: str) -> None:
    assert units.convert(Decimal(value), source, target) == Decimal(expected)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mL/min/{1.73_m2}", "mL/min/1.73.m2"),
        ("{score}", "{Score}"),
        ("[IU]/L", "/L"),
        ("[IU]/mL", "U"),
        ("%", "{INR}"),
        ("{score}", "{INR}"),
        ("/[HPF]", "/{HPF}"),
        ("meq/L", "mmol/L"),
        ("mosm/L", "mmol/L"),
        ("mmol/mol", "%"),
        ("mg/dL", "mmol/L"),
        ("Cel/h", "[degF]/h"),
        ("ng/mL", "ng/mL{FEU}"),
        ("foo", "foo"),
        ("mg/dL", "mmHg"),
    ],
)
def test_never_converted(source: str, target: str) -> None:
    assert units.convert(Decimal(1), source, target) is None
    assert units.convert(Decimal(1), target, source) is None
    assert not units.same_quantity(source, target)


@pytest.mark.parametrize(("source", "target"), [("U/L", "[IU]/L"), ("{INR}", "1"), ("{INR}", "{ratio}")])
def test_what_says_more_is_not_read_as_what_says_less(source: str, target: str) -> None:
    assert units.convert(Decimal(1), source, target) is None


@pytest.mark.parametrize(
    ("value", "source", "target", "mass", "expected"),
    [
        ("1.00", "mg/dL", "umol/L", "113.12", "88.40"),
        ("88.40", "umol/L", "mg/dL", "113.12", "1.00"),
        ("180.16", "mg/dL", "mmol/L", "180.16", "10.00"),
        ("113.12", "mg/mmol", "mg/g", "113.12", "1000.00"),
    ],
)
def test_mass_and_amount(value: str, source: str, target: str, mass: str, expected: str) -> None:
    found = units.convert(Decimal(value), source, target, Decimal(mass))
    assert found is not None
    assert found.quantize(Decimal("0.01")) == Decimal(expected)


def test_a_molar_mass_joins_nothing_else() -> None:
    assert units.convert(Decimal(1), "mg", "mmol/L", Decimal(100)) is None
    assert units.convert(Decimal(1), "mg/dL", "mmol/L", Decimal(0)) is None
    assert units.convert(Decimal(1), "mg/dL", "mmol/L", Decimal(-5)) is None


def test_equivalents_need_a_valence() -> None:
    assert units.convert(Decimal("4.6"), "meq/L", "mmol/L", valence=2) == Decimal("2.3")
    assert units.convert(Decimal("2.3"), "mmol/L", "meq/L", valence=2) == Decimal("4.6")


def test_the_same_unit_keeps_the_digits() -> None:
    assert str(units.convert(Decimal("7.00"), "mg/dL", "mg/dL")) == "7.00"
    assert str(units.convert(Decimal("7.00"), "mg/dL", "mg/dl")) == "7.00"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999999"])
def test_what_is_no_measurement_is_not_converted(value: str) -> None:
    assert units.convert(Decimal(value), "mg/dL", "g/L") is None


@given(NUMBERS, st.sampled_from([("mg/dL", "g/L"), ("Cel", "[degF]"), ("h", "s"), ("[lb_av]", "kg")]))
def test_there_and_back(value: Decimal, pair: tuple[str, str]) -> None:
    there = units.convert(value, *pair)
    assert there is not None
    back = units.convert(there, pair[1], pair[0])
    assert back is not None
    assert abs(back - value) <= abs(value) * Decimal("1e-20") + Decimal("1e-20")


@pytest.mark.parametrize(
    ("system", "code", "unit", "expected"),
    [
        ("http://unitsofmeasure.org", "mg/dL", "milligram per decilitre", "mg/dL"),
        ("http://unitsofmeasure.org/", "mg/dL", None, "mg/dL"),
        ("http://unitsofmeasure.org", "(score)", "mg/dL", None),
        ("http://unitsofmeasure.org", None, "mmol/L", "mmol/L"),
        (None, None, "mmol/L", "mmol/L"),
        ("http://example.org/units", "7", "mg/dL", "mg/dL"),
        (None, "mg/dL", "milligrams", None),
        (None, None, "beats per minute", None),
        (None, None, "mmol / L", "mmol/L"),
        (None, None, "µIU/mL", "u[IU]/mL"),
        (None, None, "x10E9/l", "10*9/L"),
        (None, None, "G/L", "10*9/L"),
        ("http://unitsofmeasure.org", "G/L", None, "G/L"),
        ("http://unitsofmeasure.org", "{beats}/min", None, "/min"),
        (None, None, "mL / min / 1.73 m2", "mL/min/{1.73_m2}"),
        (None, None, " / ", None),
        (None, None, " mg/dL ", "mg/dL"),
        (None, None, "gm/dL", "g/dL"),
        (None, None, "MG/DL", "mg/dL"),
        (None, None, "MG/L", "mg/L"),
        (None, None, "MEQ/L", "meq/L"),
        ("http://unitsofmeasure.org", "MG/L", None, "MG/L"),
        (None, None, "x10(3)/mcL", "10*3/uL"),
        (None, None, "10³/µL", "10*3/uL"),
        (None, None, "10⁹/l", "10*9/L"),
        (None, None, "mcg/kg/hr", "ug/kg/h"),
        (None, None, "cells/cumm", "/uL"),
        (None, None, "K/mm3", "10*3/uL"),
        ("http://unitsofmeasure.org", "K/mm3", None, "K/mm3"),
        (None, None, "mL/min/1.73", "mL/min/{1.73_m2}"),
        ("http://unitsofmeasure.org", "mL/min/1.73", "mL/min/1.73", "mL/min/{1.73_m2}"),
        (None, None, "mL/min/1.73 sq. m", "mL/min/{1.73_m2}"),
        (None, None, "mmol/1.5", None),
        (None, None, None, None),
    ],
)
def test_ucum_code(system: str | None, code: str | None, unit: str | None, expected: str | None) -> None:
    assert units.ucum_code(system, code, unit) == expected


@pytest.mark.parametrize("spelling", [*units.SPELLINGS, *units.PRINTED])
def test_a_printed_unit_means_one_ucum_unit(spelling: str) -> None:
    meant = {**units.SPELLINGS, **units.PRINTED}[spelling]
    assert units.ucum_code(None, None, spelling) == meant
    assert units.parse(meant) is not None


@pytest.mark.parametrize("word", units.ATOMS)
def test_a_printed_word_means_one_ucum_unit(word: str) -> None:
    meant = units.ATOMS[word]
    assert units.ucum_code(None, None, word) == meant
    assert units.parse(meant) is not None
    assert units.parse(word) is None, "what UCUM knows it reads itself"
    assert meant not in units.ATOMS


def test_what_is_said_to_be_ucum_is_read_as_ucum() -> None:
    assert units.ucum_code("http://unitsofmeasure.org", "K/uL", "K/uL") == "K/uL"
    assert units.ucum_code("http://unitsofmeasure.org", "mL/min/{1.73m2}", None) == "mL/min/{1.73_m2}"
    assert units.ucum_code("http://unitsofmeasure.org", "mL/min", "mL/min/1.73m2") == "mL/min"

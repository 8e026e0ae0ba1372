"""Units of measure by UCUM: what is the same quantity, and conversion.

A few hundred codes that laboratories use, and the usual spellings that are no UCUM, come from a table beside this
module; any other code is compiled by ``ucum``, once. ``tests/terminology/test_units.py`` compiles the table anew and
compares. To write it again::

    python -m kgtwin.terminology.units
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

UCUM_SYSTEMS: Final = frozenset({"http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8"})
TABLE: Final = Path(__file__).with_name("common_units.tsv")
MAX_MAGNITUDE: Final = 100

_ANNOTATION: Final = re.compile(r"\{[!-z|~]{1,98}\}")
_CONTEXT: Final = Context(prec=28)
_PURE_NUMBERS: Final = frozenset(["1", "{ratio}"])
_ENZYME_UNIT: Final = Fraction(1, 60_000_000)
"""An international unit of an enzyme in mol/s: 1 µmol/min (IUPAC Gold Book, "unit, of enzyme activity")."""


_INDEXED = (
    *("1.73 m2", "1.73m2", "1.73_m2", "1.73m^2", "1.73 m^2", "1.73 m²", "1.73m²", "{1.73m2}", "{1.73 m2}"),
    *("1.73", "1.73.m2", "1.73 sq m", "1.73 sq.m", "1.73 sq. m", "1.73sqm", "1.73m*2"),
)
_COUNTS = ("x10^{}", "x10*{}", "x10E{}", "x10e{}", "10E{}", "10e{}", "x10({})", "10({})")
_LITRES = ("L", "l")
_RAISED = (("10⁹", "10*9/L"), ("10¹²", "10*12/L"))
_AMOUNTS = ("mg", "ug", "ng", "pg", "mmol", "umol", "nmol", "pmol", "meq")
_VOLUMES = ("L", "dL", "mL")
SPELLINGS: Final[dict[str, str]] = {
    **{f"{litre}/min/{area}": "mL/min/{1.73_m2}" for litre in ("mL", "ml") for area in _INDEXED},
    **{f"{form.format(power)}/uL": f"10*{power}/uL" for form in _COUNTS for power in (3, 6)},
    **{f"{form.format(power)}/{litre}": f"10*{power}/L" for form in _COUNTS for power in (9, 12) for litre in _LITRES},
    **{f"{name}/{litre}": f"10*{power}/L" for name, power in (("Gpt", 9), ("Tpt", 12)) for litre in _LITRES},
    **{f"{prefix}IU/{litre}": f"{prefix}[IU]/L" for prefix in ("", "m") for litre in _LITRES},
    **{f"{prefix}IU/m{litre}": f"{prefix}[IU]/mL" for prefix in ("", "m", "u") for litre in _LITRES},
    **dict.fromkeys(("bpm", "beats/min", "beats/minute", "{beat}/min", "{beats}/min", "{Beats}/min"), "/min"),
    **dict.fromkeys(("K/cumm", "thou/uL", "Thou/uL", "thousand/uL", "Thousand/uL", "10³/uL", "x10³/uL"), "10*3/uL"),
    **dict.fromkeys(("million/uL", "Million/uL", "10⁶/uL", "x10⁶/uL"), "10*6/uL"),
    **{f"{times}{power}/{litre}": code for times in ("", "x") for power, code in _RAISED for litre in _LITRES},
    **dict.fromkeys(("cells/uL", "{cells}/uL", "cells/mm3", "/cumm"), "/uL"),
    "10^3/uL": "10*3/uL",
    "10^9/L": "10*9/L",
    "K/mcL": "10*3/uL",
    "mEq/L": "meq/L",
    "mEq/l": "meq/L",
    "mcg/L": "ug/L",
    "mcg/dL": "ug/dL",
    "mcg/mL": "ug/mL",
    "INR": "{INR}",
    "kg/m^2": "kg/m2",
    "kg/m²": "kg/m2",
    "mmHg": "mm[Hg]",
    "mm Hg": "mm[Hg]",
    "msec": "ms",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "°C": "Cel",
    "°F": "[degF]",
}
"""What laboratories print and UCUM does not know, or what says no more than a code of UCUM, where it can mean one unit
only."""
ATOMS: Final[dict[str, str]] = {
    **dict.fromkeys(("mcg", "micrograms", "microgram"), "ug"),
    **dict.fromkeys(("gm", "gms", "gram", "grams"), "g"),
    **dict.fromkeys(("Kg", "KG", "kgs"), "kg"),
    **dict.fromkeys(("mcL", "cumm"), "uL"),
    **dict.fromkeys(("mcmol", "micromol"), "umol"),
    **dict.fromkeys(("in", "inch", "inches"), "[in_i]"),
    **dict.fromkeys(("sec", "secs", "seconds"), "s"),
    **dict.fromkeys(("minute", "minutes", "mins"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("week", "weeks", "wks"), "wk"),
    **dict.fromkeys(("month", "months"), "mo"),
    **dict.fromkeys(("yr", "yrs", "year", "years"), "a"),
}
"""The same for what is between two slashes."""
PRINTED: Final[dict[str, str]] = {
    **dict.fromkeys(("K/uL", "K/mm3"), "10*3/uL"),
    **{f"G/{litre}": "10*9/L" for litre in _LITRES},
    **{f"T/{litre}": "10*12/L" for litre in _LITRES},
    **{f"{amount.upper()}/{volume.upper()}": f"{amount}/{volume}" for amount in _AMOUNTS for volume in _VOLUMES},
    **dict.fromkeys(("GM/DL", "G/DL"), "g/dL"),
    **dict.fromkeys(("K/UL", "THOU/UL"), "10*3/uL"),
    **dict.fromkeys(("MMHG", "MM HG"), "mm[Hg]"),
    **dict.fromkeys(("ML/MIN/1.73", "ML/MIN/1.73M2", "ML/MIN/1.73 M2"), "mL/min/{1.73_m2}"),
    "ML/MIN": "mL/min",
    "LB": "[lb_av]",
    "LBS": "[lb_av]",
    "CM": "cm",
    "MSEC": "ms",
    "SEC": "s",
}
"""The same for what UCUM reads otherwise (kelvin a microlitre, gauss and tesla a litre), and for what is all in
capitals: only where nobody says that it is UCUM."""
_MICRO: Final = str.maketrans("µμ", "uu")
_AROUND_SLASHES: Final = re.compile(r" ?/ ?")


class Unit(msgspec.Struct, frozen=True):
    """A UCUM unit: ``x`` of it is ``x * factor + offset`` of the product of ``dimensions`` (name and power, sorted).

    An annotation in braces is a dimension, so that it is never converted away.
    """

    code: str
    factor: Fraction
    offset: Fraction
    dimensions: tuple[tuple[str, int], ...]


@lru_cache(maxsize=10_000)
def parse(code: str) -> Unit | None:
    """The unit of a UCUM code (case sensitive), None when it is none.

    >>> parse("mL/min") is not None, parse("furlongs"), parse("mL/min").dimensions
    (True, None, (('m', 3), ('s', -1)))
    """
    table = _table()
    if code in table:
        return table[code]
    if _ANNOTATION.fullmatch(code):
        return Unit(code, Fraction(1), Fraction(0), ((code, 1),))
    from kgtwin.terminology.ucum import compile_ucum  # noqa: PLC0415 (costs most of a second)

    compiled = compile_ucum(code)
    return None if compiled is None else Unit(code, compiled.factor, compiled.offset, compiled.dimensions)


def same_quantity(a: str, b: str) -> bool:
    """Whether two UCUM codes measure the same kind of quantity, annotations included.

    >>> same_quantity("mg/dL", "g/L"), same_quantity("mL/min", "mL/min/{1.73_m2}"), same_quantity("[IU]/L", "/L")
    (True, False, False)
    """
    one, other = parse(a), parse(b)
    return one is not None and other is not None and one.dimensions == other.dimensions


def convert(
    value: Decimal,
    from_unit: str,
    to_unit: str,
    molar_mass: Decimal | None = None,
    valence: int | None = None,
) -> Decimal | None:
    """A value in another unit, to 28 significant digits; None when the units do not allow it.

    ``molar_mass`` (g/mol) joins mass to amount of substance, ``valence`` (charges an ion) equivalents to moles;
    without them these are different quantities. A pure number (``1``, ``{ratio}``) is read as one with an annotation
    (``{INR}``), and an international unit as the enzyme unit that it is of enzymes; not the other way round.

    >>> convert(Decimal("5500"), "umol/L", "mmol/L")
    Decimal('5.5')
    >>> convert(Decimal("1.00"), "mg/dL", "umol/L", molar_mass=Decimal("113.12")).quantize(Decimal("0.1"))
    Decimal('88.4')
    >>> convert(Decimal(60), "mL/min", "mL/min/{1.73_m2}") is None
    True
    >>> convert(Decimal("2.5"), "1", "{INR}"), convert(Decimal(40), "[IU]/L", "U/L")
    (Decimal('2.5'), Decimal('40'))
    """
    if not value.is_finite() or abs(value.adjusted()) > MAX_MAGNITUDE:
        return None
    found = linear(from_unit, to_unit, molar_mass, valence)
    if found is None:
        return None
    factor, offset = found
    if factor == 1 and offset == 0:
        return value
    exact = Fraction(value) * factor + offset
    return _CONTEXT.divide(Decimal(exact.numerator), Decimal(exact.denominator))


@lru_cache(maxsize=10_000)
def linear(
    from_unit: str, to_unit: str, molar_mass: Decimal | None = None, valence: int | None = None
) -> tuple[Fraction, Fraction] | None:
    """Factor and offset by which a value is converted, as `convert` does it; None when the units do not allow it.

    >>> linear("umol/L", "mmol/L"), linear("mg/dL", "mL")
    ((Fraction(1, 1000), Fraction(0, 1)), None)
    """
    source, target = parse(from_unit), parse(to_unit)
    bridge = _bridge(source, target, molar_mass, valence) if source and target else None
    if source is None or target is None or bridge is None:
        return None
    return source.factor * bridge / target.factor, (source.offset * bridge - target.offset) / target.factor


def _bridge(source: Unit, target: Unit, molar_mass: Decimal | None, valence: int | None) -> Fraction | None:
    """What to multiply by to pass from one product of dimensions to the other: 1 when they are equal."""
    if source.dimensions == target.dimensions:
        return Fraction(1)
    powers = dict(source.dimensions)
    for name, power in target.dimensions:
        powers[name] = powers.get(name, 0) - power
    gap = {name: power for name, power in powers.items() if power}
    if molar_mass and molar_mass > 0 and gap.keys() == {"g", "mol"} and abs(gap["g"]) == 1:
        return Fraction(molar_mass) ** -gap["g"] if gap["g"] == -gap["mol"] else None
    if valence and valence > 0 and gap.keys() == {"eq", "mol"} and abs(gap["eq"]) == 1:
        return Fraction(valence) ** -gap["eq"] if gap["eq"] == -gap["mol"] else None
    if source.code in _PURE_NUMBERS and _ANNOTATION.fullmatch(target.code):
        return Fraction(1)
    return _ENZYME_UNIT if gap == {"[iU]": 1, "mol": -1, "s": 1} else None


def is_pure_number(code: str) -> bool:
    """Whether a unit is none: a number, or one that an annotation alone says what it is of.

    >>> is_pure_number("1"), is_pure_number("{INR}"), is_pure_number("%"), is_pure_number("mL/min/{1.73_m2}")
    (True, True, False, False)
    """
    return code in _PURE_NUMBERS or _ANNOTATION.fullmatch(code) is not None


@lru_cache(maxsize=10_000)
def ucum_code(system: str | None, code: str | None, unit: str | None) -> str | None:
    """The UCUM code of a FHIR Quantity's unit: its ``code`` where the system is UCUM, else ``unit``.

    A spelling that is no UCUM but can mean one unit only (``SPELLINGS``) is read as that unit.

    >>> ucum_code("http://unitsofmeasure.org", "mg/dL", "milligrams"), ucum_code(None, None, "mEq/L")
    ('mg/dL', 'meq/L')
    """
    coded = bool(system and system.rstrip("/") in UCUM_SYSTEMS and code)
    given = code if coded else unit
    if not given:
        return None
    meant = SPELLINGS.get(given) or (None if coded else PRINTED.get(given))
    if meant or parse(given):
        return meant or given
    plain = _AROUND_SLASHES.sub("/", given.strip().translate(_MICRO))  # no code of UCUM has a micro sign or a blank
    plain = "/".join(ATOMS.get(one, one) for one in plain.split("/"))
    return ucum_code(system, plain, plain) if plain != given else None


@cache
def _table() -> dict[str, Unit | None]:
    return read_table(TABLE.read_text(encoding="utf-8"))


def read_table(text: str) -> dict[str, Unit | None]:
    """The units of a table: code, factor, offset, dimensions (``name^power``), tab-separated.

    A code alone on its line is no UCUM.
    """
    units: dict[str, Unit | None] = {}
    for line in text.splitlines():
        code, *fields = line.split("\t")
        units[code] = _read_unit(code, *fields) if fields else None
    return units


def _read_unit(code: str, factor: str, offset: str, dimensions: str) -> Unit:
    powers = tuple((name, int(power)) for name, _, power in (d.rpartition("^") for d in dimensions.split()))
    return Unit(code, Fraction(factor), Fraction(offset), powers)


def write_table(codes: list[str]) -> str:
    """The table of some codes, compiled anew; the inverse of ``read_table``."""
    from kgtwin.terminology.ucum import compile_ucum  # noqa: PLC0415 (costs most of a second)

    lines = []
    for code in sorted(set(codes)):
        unit = compile_ucum(code)
        if unit is None:
            lines.append(f"{code}\n")
            continue
        powers = " ".join(f"{name}^{power}" for name, power in unit.dimensions)
        lines.append(f"{code}\t{unit.factor}\t{unit.offset}\t{powers}\n")
    return "".join(lines)


if __name__ == "__main__":
    TABLE.write_text(write_table(list(_table())), encoding="utf-8")

"""How common units of UCUM convert, for the checker alone; of other units it takes what a document states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

import msgspec

from kgtwin.model.proof_document import Conversion, ProofReading, ProofRule
from kgtwin.verification.verdict import require

PREFIXES: Final = {
    "": Fraction(1),
    "k": Fraction(1000),
    "d": Fraction(1, 10),
    "c": Fraction(1, 100),
    **{name: Fraction(1, 1000**power) for power, name in enumerate("munpf", 1)},
}
METRIC: Final[Mapping[str, tuple[Fraction, Mapping[str, int]]]] = {
    "g": (Fraction(1), {"g": 1}),
    "m": (Fraction(1), {"m": 1}),
    "s": (Fraction(1), {"s": 1}),
    "mol": (Fraction(1), {"mol": 1}),
    **dict.fromkeys(("L", "l"), (Fraction(1, 1000), {"m": 3})),
    "U": (Fraction(1, 60_000_000), {"mol": 1, "s": -1}),
    "[IU]": (Fraction(1), {"[IU]": 1}),
    "eq": (Fraction(1), {"eq": 1}),
}
"""Units that take prefixes: how much of the product of base units each is; an enzyme unit is 1 µmol/min."""
SECONDS: Final = {"min": 60, "h": 3_600, "d": 86_400, "wk": 604_800, "mo": 2_629_800, "a": 31_557_600}
PLAIN: Final[Mapping[str, tuple[Fraction, Mapping[str, int]]]] = {
    "1": (Fraction(1), {}),
    "%": (Fraction(1, 100), {}),
    **{name: (Fraction(count), {"s": 1}) for name, count in SECONDS.items()},
    "[lb_av]": (Fraction(45_359_237, 100_000), {"g": 1}),
    "[in_i]": (Fraction(254, 10_000), {"m": 1}),
}
"""Units that take none. A month is a twelfth of a Julian year."""
PURE: Final = ("1", "{ratio}")
LONGEST: Final = 100
Values = Mapping[tuple[str, str], str]
"""What the knowledge says of something by an annotation."""
PerMole = tuple[str | None, str | None]
"""Molar mass in g/mol and valence."""
_UNIT: Final = re.compile(r"(^/?|[./])(\{[^{}]+\}|[^./{}]+)")
_PART: Final = re.compile(r"(\{[^{}]+\}|10[*^]|[A-Za-z%]*(?:\[[A-Za-z_]+\])?|1)([1-9][0-9]?)?")


class Measure(msgspec.Struct, frozen=True):
    """One of a unit is ``factor`` of the product of ``dimensions``; an annotation in braces is one of these."""

    factor: Fraction
    dimensions: Mapping[str, int]


def measure(code: str) -> Measure | None:
    """What a unit measures, None where the checker does not know it.

    >>> measure("mg/dL").factor == measure("g/m3").factor * 10, measure("furlongs")
    (True, None)
    """
    factor, powers, moles = Fraction(1), dict[str, int](), False
    for operator, text in _UNIT.findall(code) if _is_plain(code) else [("", "?")]:
        sign = -1 if operator == "/" else 1
        found = _part(text)
        if found is None:
            return None
        factor *= found.factor**sign
        moles |= "mol" in found.dimensions
        for name, power in found.dimensions.items():
            powers[name] = powers.get(name, 0) + sign * power
    if moles and not powers["mol"]:
        return None  # a mole fraction, if of an enzyme unit
    return Measure(factor, {name: power for name, power in powers.items() if power})


def _is_plain(code: str) -> bool:
    """Whether a code is nothing but units with operators between them; a mole fraction is one of its own."""
    moles = code.count("mol") > 1
    return len(code) <= LONGEST and not moles and "".join(map("".join, _UNIT.findall(code))) == code != ""


def _part(text: str) -> Measure | None:
    """What one unit with its power measures."""
    match = _PART.fullmatch(text)
    if match is None or match[1] == "" or (match[1] == "1" and match[2]):
        return None  # no unit, or a number above one
    name, power = match[1], int(match[2] or 1)
    if name in ("10*", "10^"):
        return Measure(Fraction(10**power), {})
    base = (Fraction(1), {name: 1}) if name.startswith("{") else PLAIN.get(name)
    for prefix, times in PREFIXES.items() if base is None else ():
        if name.startswith(prefix) and name.removeprefix(prefix) in METRIC:
            factor, dimensions = METRIC[name.removeprefix(prefix)]
            base = times * factor, dimensions
            break
    if base is None:
        return None
    return Measure(base[0] ** power, {one: times * power for one, times in base[1].items()})


def is_known(unit: str, to: str) -> bool:
    """Whether the checker knows both units."""
    return measure(unit) is not None and measure(to) is not None


def factor(unit: str, to: str, mass: str | None = None, valence: str | None = None) -> Fraction | None:
    """What a value in a unit is multiplied by; None where the units do not convert, or one is not known.

    ``mass`` (g/mol) joins mass to amount of substance, ``valence`` equivalents to moles. A pure number is one with an
    annotation, an international unit the enzyme unit that it is of enzymes; not the other way round.

    >>> factor("mg/dL", "umol/L", mass="113.12") == Fraction(1_000_000, 11_312), factor("mg/dL", "umol/L")
    (True, None)
    """
    source, target = measure(unit), measure(to)
    if source is None or target is None:
        return None
    powers = {one: source.dimensions.get(one, 0) for one in {*source.dimensions, *target.dimensions}}
    gap = {one: found for one, power in powers.items() if (found := power - target.dimensions.get(one, 0))}
    bridge: Fraction | None = None
    if not gap or (unit in PURE and _is_annotation(to)):
        bridge = Fraction(1)
    elif gap == {"[IU]": 1, "mol": -1, "s": 1}:
        bridge = METRIC["U"][0]
    for one, per_mole in (("g", mass), ("eq", valence)):
        if gap in ({one: 1, "mol": -1}, {one: -1, "mol": 1}) and per_mole:
            bridge = Fraction(per_mole) ** -gap[one]
    return None if bridge is None else source.factor * bridge / target.factor


def is_pure_number(unit: str) -> bool:
    """Whether a unit is none, or says in an annotation alone what a number is of."""
    return unit in PURE or _is_annotation(unit)


def _is_annotation(unit: str) -> bool:
    found = measure(unit)
    return unit.startswith("{") and found is not None and found.dimensions == {unit: 1}


def stated(by: Conversion) -> tuple[Fraction, Fraction]:
    """Factor and offset of a conversion.

    Raises:
        ValueError: one of them is no fraction.
    """
    one, other = (Fraction(*map(int, text.split("/"))) for text in (by.factor, by.offset))
    return one, other


def per_mole(analyte: str, values: Values) -> PerMole:
    """Molar mass and valence of an analyte, as it is annotated."""
    return values.get((analyte, "molarMass")), values.get((analyte, "valence"))


def check_units(readings: Iterable[ProofReading], rules: Iterable[ProofRule], values: Values) -> None:
    """Reject conversions that are not those of their units, and two ways to read one unit.

    Those of a rule may be of any analyte that it is about; `conversion` takes the one that is of the right one.
    """
    for one in readings:
        require(len({by.unit for by in one.conversions}) == len(one.conversions), "one unit is converted in two ways")
        for by in one.conversions:
            _check(by, one.unit, [per_mole(one.analyte, values)])
    known = [(None, None), *(per_mole(iri, values) for iri, name in values if name == "canonicalUnit")]
    for rule in rules:
        unknown = [(by.unit, by.to) for by in rule.conversions if not is_known(by.unit, by.to)]
        require(len({*unknown}) == len(unknown), "one unit is converted in two ways")
        for by in rule.conversions:
            _check(by, by.to, known)


def conversion(found: Iterable[Conversion], unit: str, to: str, of: PerMole = (None, None)) -> Conversion | None:
    """The conversion of a rule from one unit to another; where there must be one, it must be there."""
    by = [one for one in found if (one.unit, one.to) == (unit, to)]
    known = factor(unit, to, *of)
    if known is not None:
        by = [one for one in by if stated(one) == (known, Fraction(0))]
        require(by, f"{unit[:40]} converts to {to[:40]}, and the document does not say how")
    return by[0] if by else None


def _check(by: Conversion, to: str, known: Iterable[PerMole]) -> None:
    require(by.unit != to, f"a conversion of {by.unit[:40]} into itself is stated")
    if to == "piece":
        counted = measure(by.unit) is None or _is_annotation(by.unit)
        require(
            counted and stated(by) == (Fraction(1), Fraction(0)), f"{by.unit[:40]} is no tablet or capsule, or not one"
        )
    elif is_known(by.unit, to):
        found = [factor(by.unit, to, *one) for one in known]
        right = stated(by)[1] == 0 and stated(by)[0] in [one for one in found if one is not None]
        require(right, f"{by.unit[:40]} does not convert to {to[:40]} by {by.factor[:40]}")

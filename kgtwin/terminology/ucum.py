"""UCUM codes compiled to a factor and dimensions: the grammar and the unit tables are ucumvert's.

Three kinds of unit are dimensions of their own here, although UCUM's table calls them numbers or moles:

- an annotation in braces: ``mL/min`` and ``mL/min/{1.73_m2}`` measure different things;
- an arbitrary or counting unit (``[IU]``, ``[CFU]``, ``[HPF]``), an equivalent and an osmole: none is a number, and an
  equivalent is a mole only of a monovalent ion;
- a scale that is no multiple of another (``[pH]``, ``B``); Celsius and Fahrenheit alone get an offset.

A number with a decimal point is no unit: by UCUM's grammar ``1.73`` is 73, and nobody who writes
``mL/min/1.73`` means that.

A mole fraction (``mmol/mol``) is no mass fraction or percentage: haemoglobin A1c of 48 mmol/mol is not 4.8 %.

This module costs most of a second to import; ``units`` does so only for a code outside its table.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Any, Final

import msgspec
from lark import Token, Tree
from lark.exceptions import LarkError
from ucumvert import xml_util
from ucumvert.parser import get_ucum_parser

MAX_LENGTH: Final = 100
MAX_EXPONENT: Final = 30
MOLE_FRACTION: Final = "mol/mol"
_DECIMAL: Final = re.compile(r"[0-9]\.[0-9]")
_NAMED: Final = re.compile(r"\{[^}]*\}|\[[^]]*\]")

_OWN: Final = {"mol", "eq", "osm"}
_SYNONYMS: Final = {"[IU]": "[iU]"}
_OFFSETS: Final = {"Cel": (Fraction(1), Fraction("273.15")), "[degF]": (Fraction(5, 9), Fraction("459.67") * 5 / 9)}


class Compiled(msgspec.Struct, frozen=True):
    """``x`` of the unit is ``x * factor + offset`` of the product of ``dimensions`` (name and power, sorted)."""

    factor: Fraction
    offset: Fraction
    dimensions: tuple[tuple[str, int], ...]


class _Term:
    """A product while it is gathered; ``moles`` are the signs of the powers of the mole that met."""

    def __init__(self, factor: Fraction = Fraction(1)) -> None:
        self.factor = factor
        self.powers: Counter[str] = Counter()
        self.moles: set[bool] = set()

    def times(self, other: _Term, power: int) -> _Term:
        self.factor *= other.factor**power
        for name, exponent in other.powers.items():
            self.powers[name] += exponent * power
        self.moles |= {sign == (power > 0) for sign in other.moles}
        return self

    @staticmethod
    def of(name: str) -> _Term:
        term = _Term()
        term.powers[name] = 1
        if name == "mol":
            term.moles.add(True)
        return term


def compile_ucum(code: str) -> Compiled | None:
    """A UCUM code (case sensitive), None when it is none.

    >>> compile_ucum("mg/dL").factor, compile_ucum("mg/dL").dimensions
    (Fraction(10, 1), (('g', 1), ('m', -3)))
    """
    if not code or len(code) > MAX_LENGTH or not code.isascii() or _DECIMAL.search(_NAMED.sub("", code)):
        return None
    if code in _OFFSETS:
        return Compiled(*_OFFSETS[code], (("K", 1),))
    try:
        term = _term(_parse(code))
    except (LarkError, _NotUcumError):
        return None
    powers = {name: power for name, power in term.powers.items() if power}
    if len(term.moles) > 1 and "mol" not in powers:
        powers[MOLE_FRACTION] = 1
    return Compiled(term.factor, Fraction(0), tuple(sorted(powers.items())))


class _NotUcumError(Exception):
    """The grammar takes it, the limits or the tables do not."""


def _parse(code: str) -> Tree[Token]:
    """A leading solidus inverts what it precedes (UCUM section 7.4), as ``1/`` does."""
    tree: Tree[Token] = _parser().parse("1" + code if code.startswith("/") else code)
    return tree


def _term(node: Tree[Token] | Token) -> _Term:
    if isinstance(node, Token):
        return _Term.of(str(node)) if node.type == "ANNOTATION" else _number_or_atom(node)
    return _RULES[str(node.data)](node.children)


def _main_term(children: list[Any]) -> _Term:
    return _Term().times(_term(children[-1]), -1 if len(children) == 2 else 1)


def _product(children: list[Any]) -> _Term:
    left = _Term().times(_term(children[0]), 1)
    if len(children) == 1:
        return left
    return left.times(_term(children[2]), -1 if children[1] == "/" else 1)


def _component(children: list[Any]) -> _Term:
    whole = _Term()
    for child in children:
        whole.times(_term(child), 1)
    return whole


def _power(children: list[Any]) -> _Term:
    if len(children) == 1:
        return _term(children[0])
    exponent = int(children[1])
    if abs(exponent) > MAX_EXPONENT:
        raise _NotUcumError
    return _Term().times(_term(children[0]), exponent)


def _simple_unit(children: list[Any]) -> _Term:
    atom = _number_or_atom(children[-1])
    if len(children) == 1:
        return atom
    return _Term(_prefixes()[str(children[0])]).times(atom, 1)


_RULES: Final = {
    "main_term": _main_term,
    "term": _product,
    "component": _component,
    "annotatable": _power,
    "simple_unit": _simple_unit,
}


def _number_or_atom(token: Token) -> _Term:
    return _Term(Fraction(int(token))) if token.type == "FACTOR" else _atom(str(token))


@cache
def _atom(name: str) -> _Term:
    """A unit without prefix, by its definition in ucum-essence.xml."""
    name = _SYNONYMS.get(name, name)
    definition = _definitions().get(name)
    if definition is None or name in _OWN or definition.is_special or _counts(definition):
        return _Term.of(name)
    return _Term(Fraction(definition.conversion_factor)).times(_defining(definition.defining_unit), 1)


def _counts(definition: Any) -> bool:
    return bool(definition.is_arbitrary or (definition.defining_unit == "1" and definition.class_ != "dimless"))


def _defining(code: str) -> _Term:
    return _Term() if code == "1" else _term(_parse(code))


@cache
def _parser() -> Any:
    return get_ucum_parser()


@cache
def _definitions() -> dict[str, Any]:
    return {definition.code_cs: definition for definition in xml_util.get_units_with_full_definition()}


@cache
def _prefixes() -> dict[str, Fraction]:
    found = xml_util.root.findall(".//{*}prefix[@Code]")
    return {prefix.attrib["Code"]: Fraction(prefix.find("{*}value").attrib["value"]) for prefix in found}

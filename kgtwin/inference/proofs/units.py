"""Conversions of units as factors that others can check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.inference.rules.dosing import PIECES
from kgtwin.model.fact import Dose, Fact, ObservationDetail, Quantity, QuantityRange
from kgtwin.model.proof_document import Conversion
from kgtwin.terminology.units import linear

DOSED: Final = ("mg", "mL", "d", "mg/d", "mg/mL")
"""The units that doses are read in."""


def conversions(facts: Iterable[Fact], analyte: Analyte) -> Iterator[Conversion]:
    """How the units of some results, and of their reference ranges, become the analyte's."""
    units = dict.fromkeys(quantity.ucum for fact in facts for quantity in _quantities(fact))
    for unit in units:
        found = conversion(unit, analyte.unit, analyte) if unit else None
        if found is not None:
            yield found


def conversion(unit: str, to: str, analyte: Analyte | None = None) -> Conversion | None:
    """How a value in a unit becomes one in another; None where the two are one, or it does not."""
    mass, valence = (analyte.molar_mass, analyte.valence) if analyte is not None else (None, None)
    found = linear(unit, to, mass, valence) if unit != to else None
    return None if found is None else Conversion(unit, *(str(Fraction(one)) for one in found))


def dose_conversions(doses: Sequence[Dose], strengths: Iterable[str]) -> Iterator[Conversion]:
    """How the units of instructions, and of the strengths of products, become those that doses are read in."""
    found = [quantity for dose in doses for quantity in _of_dose(dose)]
    units = dict.fromkeys([*(one.ucum for one in found), *(one.period_unit for one in doses), *strengths])
    for unit in filter(None, units):
        for to in DOSED:
            by = conversion(unit, to)
            if by is not None:
                yield Conversion(by.unit, by.factor, by.offset, to)
    written = {text.lower() for one in found for text in (one.unit, one.code, one.ucum) if text}
    yield from (Conversion(unit, "1", to="piece") for unit in sorted(written & PIECES))


def _of_dose(dose: Dose) -> Iterator[Quantity]:
    """All quantities of an instruction."""
    for some in (dose.amount, dose.rate):
        if isinstance(some, QuantityRange):
            yield from (one for one in (some.low, some.high) if one is not None)
    if dose.maximum is not None:
        yield from (one for one in (dose.maximum.numerator, dose.maximum.denominator) if one is not None)


def _quantities(fact: Fact) -> Iterator[Quantity]:
    if isinstance(fact.value, Quantity):
        yield fact.value
    if isinstance(fact.detail, ObservationDetail):
        yield from (one.high for one in fact.detail.reference if one.high is not None)

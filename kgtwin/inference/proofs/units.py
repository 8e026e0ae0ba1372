"""Conversions of units as factors that others can check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from kgtwin.inference.knowledge.analytes import Analyte
from kgtwin.model.fact import Fact, ObservationDetail, Quantity
from kgtwin.model.proof_document import Conversion
from kgtwin.terminology.units import linear


def conversions(facts: Iterable[Fact], analyte: Analyte) -> Iterator[Conversion]:
    """How the units of some results, and of their reference ranges, become the analyte's."""
    units = dict.fromkeys(quantity.ucum for fact in facts for quantity in _quantities(fact))
    for unit in units:
        if unit and unit != analyte.unit:
            found = linear(unit, analyte.unit, analyte.molar_mass, analyte.valence)
            if found is not None:
                factor, offset = found
                yield Conversion(unit, str(Fraction(factor)), str(Fraction(offset)))


def _quantities(fact: Fact) -> Iterator[Quantity]:
    if isinstance(fact.value, Quantity):
        yield fact.value
    if isinstance(fact.detail, ObservationDetail):
        yield from (one.high for one in fact.detail.reference if one.high is not None)

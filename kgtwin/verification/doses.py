"""The least that orders say of an ingredient's daily dose in mg, for the checker alone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.model.fact import Dose, Fact, MedicationDetail, Quantity, QuantityRange
from kgtwin.model.time import Overlap
from kgtwin.verification.case import Case
from kgtwin.verification.counting import converted
from kgtwin.verification.units import conversion
from kgtwin.verification.verdict import require
from kgtwin.vocabulary import kgtwin

NONE: Final = Decimal(0)
PIECE: Final = "piece"
TIMES_A_DAY: Final[dict[str, str]] = {
    **dict.fromkeys(("QD", "AM", "PM", "BED"), "1"), "BID": "2", "TID": "3", "QID": "4",
    "Q1H": "24", "Q2H": "12", "Q3H": "8", "Q4H": "6", "Q6H": "4", "Q8H": "3",
    "QOD": "0.5", "WK": "0.142857", "MO": "0.033333",
}  # fmt: skip
"""HL7's abbreviations of timings (v3-GTSAbbreviation) that fix how often; FHIR R4, Timing.code."""


def least(case: Case, fact: Fact, ingredient: str) -> Decimal:
    """What an order says at least: nothing where an instruction cannot be read; of instructions that follow each
    other the one that says the least, of those at one time the sum."""
    steps: dict[int, Decimal] = {}
    for dose in fact.detail.instructions if isinstance(fact.detail, MedicationDetail) else ():
        holds = Overlap.YES if dose.bounds is None else dose.bounds.contains(case.at)
        if holds is not Overlap.NO:
            found = _Order(case, fact, ingredient).of(dose)
            if found is None:
                return NONE
            found = found if holds is Overlap.YES else NONE
            steps[dose.sequence or 0] = steps.get(dose.sequence or 0, NONE) + found
    return min(steps.values(), default=NONE)


class _Order:
    """One order of a product with an ingredient."""

    def __init__(self, case: Case, fact: Fact, ingredient: str) -> None:
        self.case, self.fact, self.ingredient = case, fact, ingredient
        self.limit = _plausible(case, ingredient)

    def of(self, dose: Dose) -> Decimal | None:
        """The least of one instruction, None where it cannot be read."""
        often, most = self.often(dose), self.most(dose)
        amount = self.in_mg(dose.amount.low) if dose.amount and dose.amount.low else NONE
        if dose.amount is not None and amount is not None and often is not None:
            found: Decimal | None = amount * often
        elif dose.amount is None and isinstance(dose.rate, QuantityRange) and often is None:
            found = self.rate(dose.rate.low) if dose.rate.low else NONE
        else:
            found = None if most is None else NONE
        if self.limit is not None and max(amount or NONE, found or NONE) > self.limit:
            return None  # nobody takes that much
        if found is None or dose.as_needed:
            return None if found is None else NONE
        return found if most is None else min(found, most)

    def often(self, dose: Dose) -> Decimal | None:
        """How often a day at least, on average."""
        times, days = len(dose.times) + len(dose.events), len({*dose.days})
        if dose.period is not None and dose.period_unit is not None:
            unit = self.converted(Quantity(Decimal(1), ucum=dose.period_unit), "d")
            if unit is None:
                return None
            count = times if dose.frequency is None and times else dose.frequency or 1
            found = _ratio(count, max(dose.period_max or dose.period, dose.period) * unit)
            return found * _ratio(days, Decimal(7)) if days and dose.period_unit == "d" else found
        if times or days:
            return _ratio((times or 1) * (days or 7), Decimal(7))
        known = TIMES_A_DAY.get((dose.code or "").upper())
        return None if known is None else Decimal(known)

    def most(self, dose: Dose) -> Decimal | None:
        """The most in a day, where a maximum says it."""
        if dose.maximum is None or dose.maximum.numerator is None or dose.maximum.denominator is None:
            return None
        amount, days = self.in_mg(dose.maximum.numerator), self.converted(dose.maximum.denominator, "d")
        return amount / days if amount is not None and days is not None and days > 0 else None

    def rate(self, quantity: Quantity) -> Decimal | None:
        """A steady rate in mg a day."""
        read = quantity.comparator is None and quantity.value >= 0 and len(self.case.listed(self.fact)) == 1
        return self.converted(quantity, "mg/d") if read else None

    def in_mg(self, quantity: Quantity) -> Decimal | None:
        """How much of the ingredient a quantity of the product has."""
        if quantity.comparator is not None or quantity.value < 0:
            return None
        mass = self.converted(quantity, "mg")
        if mass is not None:
            return mass if len(self.case.listed(self.fact)) == 1 else None
        for unit, count in (("mg", self.pieces(quantity)), ("mg/mL", self.converted(quantity, "mL"))):
            if count is not None:
                each = next(self.strengths(unit), None)
                return None if each is None else count * each
        return None

    def pieces(self, quantity: Quantity) -> Decimal | None:
        """How many tablets or capsules it is."""
        written = {text.lower() for text in (quantity.unit, quantity.code, quantity.ucum) if text}
        pieces = {one.unit for one in self.case.rule.conversions if one.to == PIECE}
        return quantity.value if written & pieces else None

    def strengths(self, unit: str) -> Iterator[Decimal]:
        """How much of the ingredient is in a piece (mg) or a millilitre (mg/mL), as the first of the products says."""
        for concept in self.fact.code.certain:
            for text in self.case.said("strength", to_iri(concept)):
                name, amount, stated = text.split("|")
                if name == to_curie(self.ingredient):
                    same = stated.endswith("/mL") if unit == "mg/mL" else "/" not in stated
                    found = self.converted(Quantity(Decimal(amount), ucum=stated), unit) if same else None
                    yield from () if found is None else (found,)
                    return

    def converted(self, quantity: Quantity, to: str) -> Decimal | None:
        """A quantity in another unit, None where the document does not say how."""
        if not quantity.ucum or quantity.ucum == to:
            return quantity.value if quantity.ucum else None
        by = conversion(self.case.rule.conversions, quantity.ucum, to)
        return None if by is None else converted(quantity.value, by)


def _plausible(case: Case, ingredient: str) -> Decimal | None:
    """The most of an ingredient in a day that is believed: what it says itself, else the most of what is above it."""
    name = "plausibleDailyDose"
    subjects = {one.subject for one in case.rule.annotations if one.property == kgtwin(name)}
    above = [text for iri in subjects if case.is_a(ingredient, iri) for text in case.said(name, iri)]
    said = [text.partition("|") for text in case.said(name, ingredient) or above]
    require(all(unit == "mg" for _, _, unit in said), f"{name} is not in mg")
    return max((Decimal(amount) for amount, _, _ in said), default=None)


def _ratio(count: int, days: Decimal) -> Decimal:
    return (Decimal(count) / days).quantize(Decimal("0.000001"))

"""Codes, quantities and periods as received, beside what they map to."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Self

import strawberry

from kgtwin.api.graphql.fields import described
from kgtwin.model import concept as codes
from kgtwin.model import fact
from kgtwin.model.time import Period as ModelPeriod


@strawberry.type(description="A FHIR Coding, exactly as received.")
class Coding:
    system: str | None
    code: str | None
    display: str | None
    version: str | None

    @classmethod
    def of(cls, coding: codes.Coding) -> Self:
        return cls(system=coding.system, code=coding.code, display=coding.display, version=coding.version)


@strawberry.type(description="A concept that a received code maps to.")
class Match:
    concept: strawberry.ID = strawberry.field(description="CURIE; ask concept(curie) for its place.")
    relation: str = strawberry.field(description="SKOS mapping relation, as in `concept narrowMatch code`.")
    via: str | None = strawberry.field(description="The mapping set; null where the code is the concept's own.")
    acts: bool = strawberry.field(description="Whether inference may use it.")

    @classmethod
    def of(cls, match: codes.Match) -> Self:
        return cls(concept=strawberry.ID(match.concept), relation=match.kind.value, via=match.via, acts=match.acts)


@strawberry.type(description="A FHIR CodeableConcept and the concepts that it maps to.")
class CodeableConcept:
    coded: strawberry.Private[codes.Coded]

    @described("What to call it: its text, else a display, else a code.")
    def text(self) -> str:
        return self.coded.name

    @strawberry.field
    def codings(self) -> list[Coding]:
        return [Coding.of(coding) for coding in self.coded.codings]

    @described("CURIEs that inference may use.")
    def concepts(self) -> list[strawberry.ID]:
        return [strawberry.ID(one) for one in self.coded.concepts]

    @described("Every mapping, also those that only inform.")
    def matches(self) -> list[Match]:
        return [Match.of(match) for match in self.coded.matches]

    @described("Why a coding cannot be a code of its system.")
    def defects(self) -> list[str]:
        return list(self.coded.defects)

    @classmethod
    def maybe(cls, coded: codes.Coded | None) -> Self | None:
        return None if coded is None else cls(coded=coded)


@strawberry.type(description="Clinical time as received: partial dates stay partial.")
class Period:
    start: str | None
    end: str | None

    @classmethod
    def maybe(cls, period: ModelPeriod | None) -> Self | None:
        return None if period is None else cls(start=period.start, end=period.end)


@strawberry.type(description="A measured number as received, with its unit as UCUM where it parses.")
class Quantity:
    number: float
    exact: Decimal = strawberry.field(description="The number with its digits as received.")
    comparator: str | None
    unit: str | None
    code: str | None
    ucum: str | None

    @classmethod
    def of(cls, q: fact.Quantity) -> Self:
        return cls(number=float(q.value), exact=q.value, comparator=q.comparator, unit=q.unit, code=q.code, ucum=q.ucum)

    @classmethod
    def maybe(cls, quantity: fact.Quantity | None) -> Self | None:
        return None if quantity is None else cls.of(quantity)


@strawberry.enum(description="Which of FHIR's value types a value has.")
class ValueType(Enum):
    QUANTITY = "quantity"
    RANGE = "range"
    RATIO = "ratio"
    CODED = "coded"
    BOOLEAN = "boolean"
    TEXT = "text"
    PERIOD = "period"


VALUE_TYPES = {
    fact.Quantity: ValueType.QUANTITY,
    fact.QuantityRange: ValueType.RANGE,
    fact.Ratio: ValueType.RATIO,
    fact.CodedValue: ValueType.CODED,
    fact.BooleanValue: ValueType.BOOLEAN,
    fact.TextValue: ValueType.TEXT,
    fact.PeriodValue: ValueType.PERIOD,
}


@strawberry.type(description="An observation's value. `text` reads it whatever its type; one of the others is set.")
class Value:
    value: strawberry.Private[fact.Value]

    @strawberry.field
    def type(self) -> ValueType:
        return VALUE_TYPES[self.value.__class__]

    @strawberry.field
    def text(self) -> str:
        return value_text(self.value)

    @strawberry.field
    def number(self) -> float | None:
        return float(self.value.value) if isinstance(self.value, fact.Quantity) else None

    @strawberry.field
    def comparator(self) -> str | None:
        return self.value.comparator if isinstance(self.value, fact.Quantity) else None

    @described("The unit as received.")
    def unit(self) -> str | None:
        return self.value.unit or self.value.code if isinstance(self.value, fact.Quantity) else None

    @described("The unit as UCUM; null where it does not parse.")
    def ucum(self) -> str | None:
        return self.value.ucum if isinstance(self.value, fact.Quantity) else None

    @strawberry.field
    def quantity(self) -> Quantity | None:
        return Quantity.of(self.value) if isinstance(self.value, fact.Quantity) else None

    @strawberry.field
    def low(self) -> Quantity | None:
        return Quantity.maybe(self.value.low) if isinstance(self.value, fact.QuantityRange) else None

    @strawberry.field
    def high(self) -> Quantity | None:
        return Quantity.maybe(self.value.high) if isinstance(self.value, fact.QuantityRange) else None

    @strawberry.field
    def numerator(self) -> Quantity | None:
        return Quantity.maybe(self.value.numerator) if isinstance(self.value, fact.Ratio) else None

    @strawberry.field
    def denominator(self) -> Quantity | None:
        return Quantity.maybe(self.value.denominator) if isinstance(self.value, fact.Ratio) else None

    @strawberry.field
    def coded(self) -> CodeableConcept | None:
        return CodeableConcept.maybe(self.value.value) if isinstance(self.value, fact.CodedValue) else None

    @strawberry.field
    def boolean(self) -> bool | None:
        return self.value.value if isinstance(self.value, fact.BooleanValue) else None

    @strawberry.field
    def period(self) -> Period | None:
        return Period.maybe(self.value.value) if isinstance(self.value, fact.PeriodValue) else None


def value_text(value: fact.Value) -> str:
    """A value as people read it.

    >>> value_text(fact.Quantity(Decimal("15.0"), "<", "mL/min"))
    '<15.0 mL/min'
    >>> value_text(fact.QuantityRange(None, fact.Quantity(Decimal(5), unit="mg")))
    '… – 5 mg'
    """
    if isinstance(value, fact.Quantity):
        return f"{value.comparator or ''}{value.value} {value.unit or value.code or ''}".rstrip()
    if isinstance(value, fact.QuantityRange):
        return " – ".join("…" if end is None else value_text(end) for end in (value.low, value.high))
    if isinstance(value, fact.Ratio):
        return " / ".join("…" if end is None else value_text(end) for end in (value.numerator, value.denominator))
    if isinstance(value, fact.CodedValue):
        return value.value.name
    if isinstance(value, fact.PeriodValue):
        return f"{value.value.start or '…'} – {value.value.end or '…'}"
    return str(value.value).lower() if isinstance(value, fact.BooleanValue) else value.value

"""Values as cells of MEASUREMENT and OBSERVATION."""

from __future__ import annotations

from typing import Final

from kgtwin.model.concept import Coding
from kgtwin.model.fact import (
    BooleanValue,
    CodedValue,
    Fact,
    ObservationDetail,
    PeriodValue,
    Quantity,
    QuantityRange,
    Ratio,
    TextValue,
    Value,
)
from kgtwin.sources.fhir.wording import quantity_text, range_text
from kgtwin.sources.omop.export.concepts import Concepts
from kgtwin.sources.omop.export.people import Cells
from kgtwin.sources.omop.measurements import OPERATORS

YES: Final = 4188539
NO: Final = 4188540

_OPERATORS: Final = {comparator: concept for concept, comparator in OPERATORS.items() if comparator}


def value_cells(fact: Fact, table: str, concepts: Concepts) -> Cells:
    """The cells that hold a fact's value, unit, comparator and range."""
    value = fact.value
    if isinstance(value, Quantity):
        return _number(value, fact, table, concepts)
    if isinstance(value, CodedValue):
        named = concepts.named(value.value)
        concept = named.concept or named.source_concept
        return {"value_as_concept_id": concept, "value_source_value": named.source_value}
    if isinstance(value, BooleanValue):
        return {"value_as_concept_id": YES if value.value else NO}
    column = "value_as_string" if table == "observation" else "value_source_value"
    return {} if value is None else {column: _text(value)}


def _text(value: Value) -> str:
    """What has no columns of its own, in words."""
    if isinstance(value, TextValue):
        return value.value
    if isinstance(value, QuantityRange):
        return range_text(value)
    if isinstance(value, Ratio):
        return f"{quantity_text(value.numerator)} / {quantity_text(value.denominator)}"
    if isinstance(value, PeriodValue):
        return f"{value.value.start or ''}/{value.value.end or ''}"
    raise TypeError(f"no words for {type(value).__name__}")


def _number(value: Quantity, fact: Fact, table: str, concepts: Concepts) -> Cells:
    unit = concepts.id(Coding(value.system, value.code)) if value.system and value.code else 0
    cells: Cells = {
        "value_as_number": value.value,
        "unit_concept_id": unit,
        "unit_source_value": value.unit if unit or not value.code else value.code,
    }
    if table == "measurement":
        cells["operator_concept_id"] = _OPERATORS.get(value.comparator or "", 0)
        cells |= _beside(fact.detail, value, concepts)
    elif value.comparator:
        cells["value_as_number"] = None
        cells["value_as_string"] = quantity_text(value)
    return cells


def _beside(detail: object, value: Quantity, concepts: Concepts) -> Cells:
    """The reference range in the value's own unit, and the interpretation."""
    if not isinstance(detail, ObservationDetail):
        return {}
    cells: Cells = {}
    if len(detail.reference) == 1:
        for end, column in ((detail.reference[0].low, "range_low"), (detail.reference[0].high, "range_high")):
            if end is not None and (end.ucum, end.code) == (value.ucum, value.code):
                cells[column] = end.value
    if detail.interpretation:
        named = concepts.named(detail.interpretation[0])
        cells["value_as_concept_id"] = named.concept or named.source_concept
    return cells

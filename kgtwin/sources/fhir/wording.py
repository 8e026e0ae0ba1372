"""Quantities and ranges in words."""

from __future__ import annotations

from kgtwin.model.fact import Quantity, QuantityRange


def quantity_text(quantity: Quantity | None) -> str:
    """``<15 mL/min``.

    >>> from decimal import Decimal
    >>> quantity_text(Quantity(Decimal("15"), "<", "mL/min"))
    '<15 mL/min'
    """
    if quantity is None:
        return ""
    return f"{quantity.comparator or ''}{quantity.value} {quantity.unit or quantity.code or ''}".strip()


def range_text(ends: QuantityRange) -> str:
    """``10 a to 20 a``."""
    return f"{quantity_text(ends.low)} to {quantity_text(ends.high)}".strip()

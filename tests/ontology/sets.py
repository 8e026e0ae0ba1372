"""Axioms without the order that OWL gives no meaning, to compare what two programs made of one file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kgtwin.model import axioms as ax

_UNORDERED = (ax.ObjectIntersectionOf, ax.ObjectUnionOf, ax.EquivalentClasses, ax.DisjointClasses)
_UNORDERED_PROPERTIES = (ax.EquivalentObjectProperties,)


def unordered(value: Any) -> object:
    """An axiom or expression as nested tuples, operands as sets; other axioms by their construct and names."""
    if isinstance(value, ax.OtherAxiom):
        return value.construct, frozenset(value.signature)
    if isinstance(value, _UNORDERED + _UNORDERED_PROPERTIES):
        return type(value).__name__, frozenset(unordered(one) for one in value.operands)
    if isinstance(value, tuple):
        return tuple(unordered(one) for one in value)
    fields = getattr(value, "__struct_fields__", None)
    if fields is None:
        return value
    return (type(value).__name__, *(unordered(getattr(value, field)) for field in fields))


def as_set(axioms: Iterable[ax.Axiom]) -> set[object]:
    """The set of axioms."""
    return {unordered(axiom) for axiom in axioms}

"""What class expressions of the ontology say, taken apart."""

from __future__ import annotations

from collections.abc import Iterable

from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.vocabulary import HAS_VALUE


def named(nodes: Iterable[str | ClassExpression]) -> frozenset[str]:
    """The IRIs of class names among successors, whatever else they conjoin."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, str):
            found.add(node)
        elif isinstance(node, Class):
            found.add(node.iri)
        elif isinstance(node, ObjectIntersectionOf):
            found |= {operand.iri for operand in node.operands if isinstance(operand, Class)}
    return frozenset(found)


def result_filler(filler: ClassExpression) -> tuple[tuple[str, ...], Interval | None]:
    """The analyte classes and the interval in the filler of ``hasLatestResult``."""
    operands = filler.operands if isinstance(filler, ObjectIntersectionOf) else (filler,)
    names = tuple(o.iri for o in operands if isinstance(o, Class))
    ranges = [o.range for o in operands if isinstance(o, DataSomeValuesFrom) and o.property == HAS_VALUE]
    return names, next((one for one in ranges if isinstance(one, Interval)), None)


def existentials(expression: ClassExpression, prop: str) -> tuple[ClassExpression, ...]:
    """The fillers of ``prop some …`` among an expression's conjuncts."""
    operands = expression.operands if isinstance(expression, ObjectIntersectionOf) else (expression,)
    return tuple(o.filler for o in operands if isinstance(o, ObjectSomeValuesFrom) and o.property == prop)

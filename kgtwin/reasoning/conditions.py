"""What axioms ask for that the engine makes no full use of: the conditions that its model need not fulfil."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.model.data_ranges import DataRange
from kgtwin.vocabulary import OWL, OWL_THING

TOP_PROPERTY, BOTTOM_PROPERTY = OWL + "topObjectProperty", OWL + "bottomObjectProperty"
TOP_DATA, BOTTOM_DATA = OWL + "topDataProperty", OWL + "bottomDataProperty"
THING = Class(OWL_THING)


class Inclusion(NamedTuple):
    """``sub ⊑ sup``, which a model of the used part may break."""

    sub: ClassExpression
    sup: ClassExpression


class Separation(NamedTuple):
    """No two of ``operands`` share a member."""

    operands: tuple[ClassExpression, ...]


class RangeGap(NamedTuple):
    """What ``role`` leads to is in ``range``."""

    role: str
    range: ClassExpression


class DataRangeGap(NamedTuple):
    """The values of a data property lie in ``range``."""

    property: str
    range: owl.DataRange


class FunctionalData(NamedTuple):
    """There is at most one value of a data property."""

    property: str


class OneIndividual(NamedTuple):
    """What is below ``{individual}`` is that individual, with all that is known of it."""

    individual: str


class UndecidedNumber(NamedTuple):
    """A value of ``property`` of which ``atom`` tells the range; the ``conditions`` cover it only together."""

    property: str
    range: DataRange
    conditions: tuple[DataRange, ...]
    atom: int


class OpenRule(NamedTuple):
    """A key or DL-safe rule that may not have been applied wherever it fits.

    It is fulfilled where the values of ``properties`` are known exactly; with ``everywhere``, only where nobody is.
    """

    properties: tuple[str, ...]
    everywhere: bool


class Other(NamedTuple):
    """An axiom of which only construct and names are known."""

    construct: str
    names: tuple[str, ...]


Condition = (
    Inclusion
    | Separation
    | RangeGap
    | DataRangeGap
    | FunctionalData
    | OneIndividual
    | UndecidedNumber
    | OpenRule
    | Other
)


def expressions(condition: Condition) -> tuple[ClassExpression, ...]:
    """The class expressions of a condition."""
    match condition:
        case Inclusion(sub, sup):
            return (sub, sup)
        case Separation(operands):
            return operands
        case RangeGap(_, found):
            return (found,)
    return ()


def names_in(condition: Condition) -> set[str]:
    """The IRIs in a condition."""
    found = {name for one in expressions(condition) for name in names(one)}
    match condition:
        case Other(_, more):
            found.update(more)
        case RangeGap(role, _):
            found.add(role)
    return found


def parts(expression: ClassExpression) -> Iterator[ClassExpression]:
    """An expression and all expressions in it."""
    yield expression
    match expression:
        case owl.ObjectIntersectionOf(operands) | owl.ObjectUnionOf(operands):
            for operand in operands:
                yield from parts(operand)
        case owl.ObjectComplementOf(operand):
            yield from parts(operand)
        case owl.ObjectSomeValuesFrom(_, filler) | owl.ObjectAllValuesFrom(_, filler):
            yield from parts(filler)
        case (
            owl.ObjectMinCardinality(_, _, filler)
            | owl.ObjectMaxCardinality(_, _, filler)
            | owl.ObjectExactCardinality(_, _, filler)
        ):
            yield from parts(filler)


def names(expression: ClassExpression) -> Iterator[str]:
    """The IRIs in a class expression."""
    for part in parts(expression):
        match part:
            case Class(iri):
                yield iri
            case owl.Unsupported(_, _, signature) | owl.ObjectOneOf(signature):
                yield from signature
            case owl.ObjectHasValue(role, individual):
                yield from (role, individual)
            case (
                owl.ObjectSomeValuesFrom(role, _)
                | owl.ObjectAllValuesFrom(role, _)
                | owl.ObjectMinCardinality(_, role, _)
                | owl.ObjectMaxCardinality(_, role, _)
                | owl.ObjectExactCardinality(_, role, _)
                | owl.ObjectHasSelf(role)
                | owl.DataSomeValuesFrom(role, _)
            ):
                yield role

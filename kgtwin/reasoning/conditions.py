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


def where_empty(expression: owl.Unsupported) -> bool | None:
    """Whether a restriction of which only the text is known holds where its properties lead nowhere; None: not known.

    >>> where_empty(owl.Unsupported("DataMaxCardinality", "DataMaxCardinality(1 <d>)"))
    True
    """
    kind, _, rest = expression.text.partition("(")
    if kind.endswith(("MinCardinality", "ExactCardinality")):
        return rest.split(maxsplit=1)[0] == "0"
    return next((truth for end, truth in _EMPTY.items() if kind.endswith(end)), None)


_EMPTY = {"SomeValuesFrom": False, "HasValue": False, "HasSelf": False, "AllValuesFrom": True, "MaxCardinality": True}


def assumptions(condition: Condition) -> list[ClassExpression]:
    """The restrictions in a condition that are looked at as if they led nowhere, where it matters that they do not.

    It does not where something is asked to be in them.
    """
    match condition:
        case Inclusion(sub, sup):
            found = [*parts(sub), *_asked(sup)]
        case RangeGap(_, sup):
            found = [*_asked(sup)]
        case _:
            found = [part for one in expressions(condition) for part in parts(one)]
    return [one for one in found if _is_assumed(one)]


def _is_assumed(part: ClassExpression) -> bool:
    if isinstance(part, owl.Unsupported):
        return where_empty(part) is not None
    return getattr(part, "property", None) == TOP_PROPERTY


def _asked(expression: ClassExpression) -> Iterator[ClassExpression]:
    """The parts of an expression on a right side, without those that would be found not to hold if they led nowhere."""
    match expression:
        case owl.ObjectIntersectionOf(operands) | owl.ObjectUnionOf(operands):
            for operand in operands:
                yield from _asked(operand)
        case owl.ObjectSomeValuesFrom(role, filler) | owl.ObjectAllValuesFrom(role, filler) if role != TOP_PROPERTY:
            yield from _asked(filler)
        case owl.ObjectSomeValuesFrom():
            return
        case owl.Unsupported() if where_empty(expression) is False:
            return
        case _:
            yield from parts(expression)


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

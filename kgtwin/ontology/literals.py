"""Literals and data ranges: what is well typed, and which sets of values they stand for."""

from __future__ import annotations

from decimal import Decimal

from kgtwin.model import datatypes, timeline
from kgtwin.model.data_ranges import (
    DataRange,
    Interval,
    OtherRange,
    Space,
    canonical,
    datatype_range,
    intersection,
    value_range,
    within,
)
from kgtwin.model.data_ranges import Literal as Value
from kgtwin.model.floats import FloatFormat
from kgtwin.model.owl_text import render_range, render_value
from kgtwin.ontology.nodes import Iri, Literal, Node, Source, Term, check_arity, iri, text_of
from kgtwin.vocabulary import XSD

_MANY = 10**9
_RANGE_ARITY: dict[str, tuple[int, int]] = {
    "DataIntersectionOf": (2, _MANY),
    "DataUnionOf": (2, _MANY),
    "DataComplementOf": (1, 1),
    "DataOneOf": (1, _MANY),
    "DatatypeRestriction": (3, _MANY),
}
_FACETS = {XSD + name for name in ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")}
_FLOATS = {
    datatypes.DOUBLE: (Space.DOUBLE, FloatFormat("d")),
    datatypes.FLOAT: (Space.FLOAT, FloatFormat("f")),
}


def check_literal(source: Source, literal: Literal) -> None:
    """Raises OntologySyntaxError where the text is not in the range of its datatype (numbers, dates, booleans)."""
    if literal.datatype is None or datatypes.well_typed(literal.text, literal.datatype):
        return
    name = literal.datatype.replace(XSD, "xsd:")
    raise source.error(
        literal.at, f'"{literal.text[:60]}" is no {name}', expected=datatypes.described(literal.datatype)
    )


def value_of(source: Source, term: Term) -> Interval | Value:
    """The value of a literal: a number as an interval of one.

    Raises:
        OntologySyntaxError: no literal, or one outside its datatype's range.
    """
    if not isinstance(term, Literal):
        raise source.error(term.at, f"unexpected {text_of(term)[:60]}", expected="a literal")
    check_literal(source, term)
    return value_range(term.text, term.datatype or datatypes.STRING, term.language)


def range_of(source: Source, term: Term) -> DataRange:
    """The set of values that a data range stands for.

    >>> facet = Literal("4.5", None, XSD + "decimal")
    >>> node = Node("DatatypeRestriction", (Iri(XSD + "decimal"), Iri(XSD + "minInclusive"), facet))
    >>> str(range_of(Source("t"), node))
    '≥ 4.5'

    Raises:
        OntologySyntaxError: no data range, or with a wrong number of arguments or an ill-typed literal.
    """
    if isinstance(term, Iri):
        return datatype_range(term.value)
    if not isinstance(term, Node) or term.name not in _RANGE_ARITY:
        raise source.error(term.at, f"unexpected {text_of(term)[:60]}", expected="a datatype or a data range")
    check_arity(source, term, *_RANGE_ARITY[term.name])
    if term.name == "DatatypeRestriction":
        found = _restriction(source, term)
        return OtherRange(text_of(term)) if found is None else found
    if term.name == "DataOneOf":
        values = list(dict.fromkeys(value_of(source, arg) for arg in term.args))
        return values[0] if len(values) == 1 else OtherRange(f"DataOneOf({' '.join(map(render_value, values))})")
    operands = [range_of(source, arg) for arg in term.args]
    found = {"DataIntersectionOf": _all, "DataUnionOf": _widest}.get(term.name, _unknown)(operands)
    return OtherRange(f"{term.name}({' '.join(map(render_range, operands))})") if found is None else found


def _all(operands: list[DataRange]) -> DataRange | None:
    found: DataRange | None = operands[0]
    for one in operands[1:]:
        found = None if found is None else intersection(found, one)
    return found


def _widest(operands: list[DataRange]) -> DataRange | None:
    """The operand of a union that contains the others."""
    return next((canonical(one) for one in operands if all(within(other, one) for other in operands)), None)


def _unknown(_operands: list[DataRange]) -> None:
    return None


def _restriction(source: Source, node: Node) -> DataRange | None:
    if len(node.args) % 2 == 0:
        raise source.error(node.at, "a facet has no value", expected="pairs of a facet and a literal")
    base = iri(source, node.args[0], "a datatype")
    found: list[DataRange | None] = [datatype_range(base)]
    for facet, literal in zip(node.args[1::2], node.args[2::2], strict=True):
        name = iri(source, facet, "a facet such as xsd:minInclusive")
        if not isinstance(literal, Literal):
            raise source.error(literal.at, f"unexpected {text_of(literal)[:60]}", expected="a literal after the facet")
        check_literal(source, literal)
        found.append(_facet(name, literal, base))
    known = [one for one in found if one is not None]
    return _all(known) if len(known) == len(found) else None


def _facet(facet: str, literal: Literal, base: str) -> Interval | None:
    """The values that a facet lets pass; None for facets of texts and bounds of other values than the base's."""
    datatype = literal.datatype or datatypes.STRING
    if facet not in _FACETS or datatypes.root(datatype) != datatypes.root(base):
        return None
    bound, is_open = _bound(literal.text, datatype), facet.endswith("Exclusive")
    if bound is None:
        return None
    value, space = bound
    if "min" in facet:
        return Interval(low=value, low_open=is_open, space=space).normal
    return Interval(high=value, high_open=is_open, space=space).normal


def _bound(text: str, datatype: str) -> tuple[Decimal, Space] | None:
    """A literal's place in its ordered space; None where it has none that an interval could tell."""
    if datatype in _FLOATS:
        space, float_format = _FLOATS[datatype]
        value = Decimal(float_format.value(text))
        return None if value.is_nan() else (value, space)
    if datatypes.root(datatype) == datatypes.REAL:
        number = value_range(text, datatype)
        return (number.low, Space.REAL) if isinstance(number, Interval) and number.low is not None else None
    if datatypes.root(datatype) not in (datatypes.DATE_TIME, datatypes.DATE):
        return None
    seconds, offset = timeline.instant(text)
    if datatype == datatypes.DATE:
        return (seconds, Space.DATE) if offset is None else None
    return seconds, Space.LOCAL_DATE_TIME if offset is None else Space.DATE_TIME

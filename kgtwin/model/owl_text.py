"""Axioms and class expressions as text: OWL functional syntax for files, Manchester-like syntax for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyRange,
    DataRange,
    DataRangeAtom,
    DataSomeValuesFrom,
    Datatype,
    DLSafeRule,
    HasKey,
    Interval,
    Literal,
    ObjectAllValuesFrom,
    ObjectComplementOf,
    ObjectExactCardinality,
    ObjectHasSelf,
    ObjectHasValue,
    ObjectIntersectionOf,
    ObjectMaxCardinality,
    ObjectMinCardinality,
    ObjectOneOf,
    ObjectSomeValuesFrom,
    ObjectUnionOf,
    OtherAxiom,
    OtherRange,
    RuleAtom,
    Space,
    SubObjectPropertyOf,
    Unsupported,
    Variable,
)
from kgtwin.model.data_ranges import is_single
from kgtwin.model.intervals import bound_text
from kgtwin.vocabulary import OWL, OWL_NOTHING, OWL_THING, RDF, RDFS, XSD

Label = Callable[[str], str]

_DATATYPES: Final = {
    Space.DECIMAL: XSD + "decimal",
    Space.RATIONAL: OWL + "rational",
    Space.REAL: OWL + "real",
    Space.DOUBLE: XSD + "double",
    Space.FLOAT: XSD + "float",
    Space.DATE_TIME_STAMP: XSD + "dateTimeStamp",
    Space.DATE_TIME: XSD + "dateTime",
    Space.LOCAL_DATE_TIME: XSD + "dateTime",
    Space.DATE: XSD + "date",
}
_CARDINALITIES: Final = (ObjectMinCardinality, ObjectMaxCardinality, ObjectExactCardinality)


def render_expression(expression: ClassExpression) -> str:
    """Functional syntax of a class expression, with full IRIs.

    >>> render_expression(ObjectSomeValuesFrom("http://x/r", Class("http://x/A")))
    'ObjectSomeValuesFrom(<http://x/r> <http://x/A>)'
    """
    match expression:
        case Class(iri):
            return f"<{iri}>"
        case Unsupported(_, text):
            return text
        case DataSomeValuesFrom(relation, values) if is_single(values):
            return f"DataHasValue(<{relation}> {render_value(values)})"
        case DataSomeValuesFrom(relation, values):
            return f"DataSomeValuesFrom(<{relation}> {render_range(values)})"
        case ObjectMinCardinality() | ObjectMaxCardinality() | ObjectExactCardinality():
            filler = "" if expression.filler == Class(OWL_THING) else f" {render_expression(expression.filler)}"
            return f"{type(expression).__name__}({expression.cardinality} <{expression.property}>{filler})"
    return _construct(expression)


def render_range(values: DataRange) -> str:
    """Functional syntax of a data range.

    >>> render_range(Interval()), render_range(Literal("a", language="en"))
    ('<http://www.w3.org/2001/XMLSchema#decimal>', 'DataOneOf("a"@en)')
    """
    if is_single(values):
        return f"DataOneOf({render_value(values)})"
    match values:
        case Datatype(iri):
            return f"<{iri}>"
        case Interval():
            return _restriction(values)
        case OtherRange(text):
            return text
    raise TypeError(type(values))


def render_value(values: DataRange) -> str:
    """Functional syntax of a single value: its literal; of several values, the data range."""
    match values:
        case Literal(text, datatype, language):
            return _literal(text, datatype, language)
        case Interval() if values.low is not None and is_single(values):
            return _bound(values, values.low)
    return render_range(values)


def _literal(text: str, datatype: str, language: str | None = None) -> str:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if language:
        return f"{quoted}@{language}"
    plain = datatype in (XSD + "string", RDF + "PlainLiteral")
    return quoted if plain else f"{quoted}^^<{datatype}>"


def _restriction(values: Interval) -> str:
    datatype = f"<{XSD}integer>" if values.integer else f"<{_DATATYPES[values.space]}>"
    facets = []
    for bound, is_open, name in ((values.low, values.low_open, "min"), (values.high, values.high_open, "max")):
        if bound is not None:
            facets.append(f"<{XSD}{name}{'Exclusive' if is_open else 'Inclusive'}> {_bound(values, bound)}")
    if not facets and values.space in (Space.DOUBLE, Space.FLOAT):
        facets = [f"<{XSD}minInclusive> {_bound(values, Decimal('-Infinity'))}"]
    return f"DatatypeRestriction({datatype} {' '.join(facets)})" if facets else datatype


def _bound(values: Interval, bound: Decimal) -> str:
    numbers = values.space in (Space.DECIMAL, Space.RATIONAL, Space.REAL)
    datatype = XSD + ("integer" if values.integer else "decimal") if numbers else _DATATYPES[values.space]
    return _literal(bound_text(bound, values.space), datatype)


def render(axiom: Axiom) -> str:
    """Functional syntax of an axiom, with full IRIs (an assertion of a number known as an interval shows the interval).

    >>> render(SubObjectPropertyOf(("http://x/r", "http://x/s"), "http://x/t"))
    'SubObjectPropertyOf(ObjectPropertyChain(<http://x/r> <http://x/s>) <http://x/t>)'
    """
    match axiom:
        case OtherAxiom(_, text):
            return text
        case SubObjectPropertyOf(chain, sup):
            roles = _list(chain)
            return f"SubObjectPropertyOf({roles if len(chain) == 1 else f'ObjectPropertyChain({roles})'} <{sup}>)"
        case ClassAssertion(individual, expression):
            return f"ClassAssertion({render_expression(expression)} {_name(individual)})"
        case HasKey(cls, relations, data):
            return f"HasKey({render_expression(cls)} ({_list(relations)}) ({_list(data)}))"
        case DLSafeRule(body, head):
            return f"DLSafeRule(Body({_list(body)}) Head({_list(head)}))"
    return _construct(axiom)


_Part = str | int | ClassExpression | DataRange | RuleAtom | Variable


def _construct(value: Axiom | ClassExpression | RuleAtom) -> str:
    """A construct whose fields are its arguments, in the order of functional syntax."""
    parts = []
    for field in value.__struct_fields__:
        part = getattr(value, field)
        if field == "range" and isinstance(value, DataPropertyRange | DataRangeAtom):
            parts.append(render_range(part))
        else:
            parts.append(_list(part) if isinstance(part, tuple) else _part(part))
    return f"{type(value).__name__}({' '.join(parts)})"


def _part(part: _Part) -> str:
    match part:
        case str():
            return _name(part)
        case Variable(iri):
            return f"Variable(<{iri}>)"
        case Interval() | Literal() | Datatype() | OtherRange():
            return render_value(part)
        case int():
            return str(part)
    if isinstance(part, RuleAtom):
        return _construct(part)
    return render_expression(part)


def _list(parts: Iterable[_Part]) -> str:
    return " ".join(map(_part, parts))


def _name(name: str) -> str:
    return name if name.startswith("_:") else f"<{name}>"


def manchester(expression: ClassExpression, label: Label) -> str:
    """A class expression in words; ``label`` names classes, properties and individuals.

    >>> takes = ObjectSomeValuesFrom("r", ObjectSomeValuesFrom("s", Class("Metformin")))
    >>> manchester(takes, {"r": "takes now", "s": "has active ingredient", "Metformin": "Metformin"}.__getitem__)
    'takes now some (has active ingredient some Metformin)'
    """
    match expression:
        case Class(iri):
            return {OWL_THING: "anything", OWL_NOTHING: "nothing"}.get(iri) or label(iri)
        case ObjectIntersectionOf(operands):
            return " and ".join(_operand(operand, label) for operand in operands)
        case ObjectUnionOf(operands):
            return " or ".join(_bracketed(operand, label) for operand in operands)
        case ObjectComplementOf(operand):
            return f"not {_bracketed(operand, label)}"
        case ObjectOneOf(individuals):
            return f"{{{', '.join(map(label, individuals))}}}"
    return expression.text if isinstance(expression, Unsupported) else _restriction_words(expression, label)


def _restriction_words(expression: ClassExpression, label: Label) -> str:
    match expression:
        case ObjectSomeValuesFrom(relation, filler):
            return f"{label(relation)} some {_bracketed(filler, label)}"
        case ObjectAllValuesFrom(relation, filler):
            return f"{label(relation)} only {_bracketed(filler, label)}"
        case ObjectHasSelf(relation):
            return f"{label(relation)} some Self"
        case ObjectHasValue(relation, individual):
            return f"{label(relation)} value {label(individual)}"
        case DataSomeValuesFrom(relation, values):
            return f"{label(relation)} {_values(values)}"
        case ObjectMinCardinality(count, relation, filler):
            word = "min"
        case ObjectMaxCardinality(count, relation, filler):
            word = "max"
        case ObjectExactCardinality(count, relation, filler):
            word = "exactly"
        case _:
            raise TypeError(type(expression))
    return f"{label(relation)} {word} {count} {_bracketed(filler, label)}"


def _values(values: DataRange) -> str:
    match values:
        case Interval():
            return str(values)
        case Literal(text, datatype, language):
            numeric = datatype in (XSD + "double", XSD + "float", XSD + "boolean", XSD + "dateTime", XSD + "date")
            return f"= {text}" if numeric else f'= "{text}"{"@" if language else ""}{language or ""}'
        case Datatype(iri):
            return f"some {iri.replace(XSD, 'xsd:').replace(RDFS, 'rdfs:').replace(RDF, 'rdf:')}"
        case OtherRange(text):
            return f"some {text}"


def _operand(expression: ClassExpression, label: Label) -> str:
    plain = isinstance(expression, Class | ObjectOneOf | DataSomeValuesFrom)
    return manchester(expression, label) if plain else f"({manchester(expression, label)})"


def _bracketed(expression: ClassExpression, label: Label) -> str:
    text = manchester(expression, label)
    return text if isinstance(expression, Class | ObjectOneOf) else f"({text})"

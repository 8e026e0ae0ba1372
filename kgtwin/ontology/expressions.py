"""Nodes to class expressions. What the model has no value for becomes ``Unsupported`` with its text, never nothing."""

from __future__ import annotations

from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
    Unsupported,
)
from kgtwin.ontology.literals import check_literal, interval_of, point
from kgtwin.ontology.nodes import Anonymous, Iri, Literal, Node, Number, Source, Term, text_of

_MANY = 10**9
_ARITY: dict[str, tuple[int, int]] = {
    "ObjectIntersectionOf": (2, _MANY),
    "ObjectUnionOf": (2, _MANY),
    "ObjectComplementOf": (1, 1),
    "ObjectOneOf": (1, _MANY),
    "ObjectSomeValuesFrom": (2, 2),
    "ObjectAllValuesFrom": (2, 2),
    "ObjectHasValue": (2, 2),
    "ObjectHasSelf": (1, 1),
    "ObjectMinCardinality": (2, 3),
    "ObjectMaxCardinality": (2, 3),
    "ObjectExactCardinality": (2, 3),
    "DataSomeValuesFrom": (2, _MANY),
    "DataAllValuesFrom": (2, _MANY),
    "DataHasValue": (2, 2),
    "DataMinCardinality": (2, 3),
    "DataMaxCardinality": (2, 3),
    "DataExactCardinality": (2, 3),
}
_RANGE_ARITY: dict[str, tuple[int, int]] = {
    "DataIntersectionOf": (2, _MANY),
    "DataUnionOf": (2, _MANY),
    "DataComplementOf": (1, 1),
    "DataOneOf": (1, _MANY),
    "DatatypeRestriction": (3, _MANY),
}
_CLASSES = ("ObjectIntersectionOf", "ObjectUnionOf", "ObjectComplementOf")


def check_arity(source: Source, node: Node, low: int, high: int = _MANY) -> None:
    """Raises OntologySyntaxError unless ``low <= len(node.args) <= high``."""
    if low <= len(node.args) <= high:
        return
    wanted = f"{low}" if low == high else f"{low} or more" if high == _MANY else f"{low} to {high}"
    raise source.error(node.at, f"{node.name} has {len(node.args)} arguments", expected=wanted)


def iri(source: Source, term: Term, what: str) -> str:
    """The IRI of an entity; ``what`` names the kind expected in the error."""
    if not isinstance(term, Iri):
        raise source.error(term.at, f"unexpected {text_of(term)[:60]}", expected=what)
    return term.value


def class_expression(source: Source, term: Term) -> ClassExpression:
    """The class expression of a node.

    >>> class_expression(Source("t"), Node("ObjectHasSelf", (Iri("http://x/r"),)))
    Unsupported(construct='ObjectHasSelf', text='ObjectHasSelf(<http://x/r>)', operands=())

    Raises:
        OntologySyntaxError: not a class expression, or with a wrong number of arguments.
    """
    if isinstance(term, Iri):
        return Class(term.value)
    if not isinstance(term, Node) or term.name not in _ARITY:
        name = term.name if isinstance(term, Node) else text_of(term)[:60]
        raise source.error(term.at, f"unexpected {name}", expected="a class expression")
    check_arity(source, term, *_ARITY[term.name])
    if term.name == "ObjectIntersectionOf":
        return ObjectIntersectionOf(tuple(class_expression(source, arg) for arg in term.args))
    if term.name == "ObjectSomeValuesFrom":
        return _some(source, term)
    if term.name in ("DataSomeValuesFrom", "DataHasValue"):
        return _data(source, term)
    _check_parts(source, term)
    if term.name == "ObjectUnionOf":
        operands = tuple(class_expression(source, arg) for arg in term.args)
        return Unsupported(term.name, text_of(term), operands)
    return Unsupported(term.name, text_of(term))


def _some(source: Source, node: Node) -> ClassExpression:
    filler = class_expression(source, node.args[1])
    if is_inverse(source, node.args[0]):
        return Unsupported("ObjectInverseOf", text_of(node))
    return ObjectSomeValuesFrom(iri(source, node.args[0], "an object property"), filler)


def is_inverse(source: Source, term: Term) -> bool:
    """Whether a term is ``ObjectInverseOf(p)``; checks its argument."""
    if not (isinstance(term, Node) and term.name == "ObjectInverseOf"):
        return False
    check_arity(source, term, 1, 1)
    iri(source, term.args[0], "an object property")
    return True


def _data(source: Source, node: Node) -> ClassExpression:
    data_property = iri(source, node.args[0], "a data property")
    value = node.args[-1]
    if node.name == "DataHasValue":
        if not isinstance(value, Literal):
            raise source.error(value.at, f"unexpected {text_of(value)[:60]}", expected="a literal")
        check_literal(source, value)
        found: Interval | None = point(value)
    else:
        check_data_range(source, value)
        found = interval_of(value) if len(node.args) == 2 else None
    return Unsupported(node.name, text_of(node)) if found is None else DataSomeValuesFrom(data_property, found)


def check_data_range(source: Source, term: Term) -> None:
    """Raises OntologySyntaxError where a data range is malformed or a literal in it ill-typed."""
    if isinstance(term, Iri):
        return
    if not isinstance(term, Node) or term.name not in _RANGE_ARITY:
        raise source.error(term.at, f"unexpected {text_of(term)[:60]}", expected="a datatype or a data range")
    check_arity(source, term, *_RANGE_ARITY[term.name])
    if term.name == "DatatypeRestriction":
        iri(source, term.args[0], "a datatype")
        _check_facets(source, term)
    for arg in term.args:
        if isinstance(arg, Literal):
            check_literal(source, arg)
        elif term.name != "DatatypeRestriction":
            check_data_range(source, arg)


def _check_facets(source: Source, node: Node) -> None:
    if len(node.args) % 2 == 0:
        raise source.error(node.at, "a facet has no value", expected="pairs of a facet and a literal")
    for facet, value in zip(node.args[1::2], node.args[2::2], strict=True):
        iri(source, facet, "a facet such as xsd:minInclusive")
        if not isinstance(value, Literal):
            raise source.error(value.at, f"unexpected {text_of(value)[:60]}", expected="a literal after the facet")


def _check_parts(source: Source, node: Node) -> None:
    """Nested syntax errors count in constructs outside the model, too."""
    for arg in node.args:
        if isinstance(arg, Literal):
            check_literal(source, arg)
        elif isinstance(arg, Node) and (arg.name in _RANGE_ARITY):
            check_data_range(source, arg)
        elif isinstance(arg, Node) and not is_inverse(source, arg):
            class_expression(source, arg)
        elif node.name in _CLASSES and isinstance(arg, Anonymous | Number):
            raise source.error(arg.at, f"unexpected {text_of(arg)}", expected="a class expression")

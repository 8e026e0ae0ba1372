"""Nodes to class expressions. What the model has no value for becomes ``Unsupported`` with its text, never nothing."""

from __future__ import annotations

from collections.abc import Callable

from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataSomeValuesFrom,
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
    Unsupported,
)
from kgtwin.model.data_ranges import DataRange, Datatype
from kgtwin.model.datatypes import LITERAL
from kgtwin.ontology.literals import range_of, value_of
from kgtwin.ontology.nodes import Anonymous, Iri, Node, Number, Source, Term, check_arity, iri, signature_of, text_of
from kgtwin.vocabulary import OWL_THING

_MANY = 10**9
_Build = Callable[[Source, Node], ClassExpression]


def class_expression(source: Source, term: Term) -> ClassExpression:
    """The class expression of a node.

    >>> class_expression(Source("t"), Node("ObjectHasSelf", (Iri("http://x/r"),)))
    ObjectHasSelf(property='http://x/r')

    Raises:
        OntologySyntaxError: not a class expression, or with a wrong number of arguments.
    """
    if isinstance(term, Iri):
        return Class(term.value)
    if not isinstance(term, Node) or term.name not in _EXPRESSIONS:
        name = term.name if isinstance(term, Node) else text_of(term)[:60]
        raise source.error(term.at, f"unexpected {name}", expected="a class expression")
    low, high, build = _EXPRESSIONS[term.name]
    check_arity(source, term, low, high)
    return build(source, term)


def relation(source: Source, term: Term) -> tuple[str, bool]:
    """The IRI of an object property expression, and whether it is the inverse that is meant."""
    if isinstance(term, Node) and term.name == "ObjectInverseOf":
        check_arity(source, term, 1, 1)
        return iri(source, term.args[0], "an object property"), True
    return iri(source, term, "an object property"), False


def individual(source: Source, term: Term, what: str = "an individual") -> str:
    """An individual's IRI, or ``_:`` and the label of an anonymous one."""
    return f"_:{source.scope}{term.label}" if isinstance(term, Anonymous) else iri(source, term, what)


def unsupported(node: Node, construct: str | None = None) -> Unsupported:
    """What the model has no value for, as text."""
    return Unsupported(construct or node.name, text_of(node), signature_of(node))


def _operands(kind: type[ObjectIntersectionOf | ObjectUnionOf]) -> _Build:
    return lambda source, node: kind(tuple(class_expression(source, arg) for arg in node.args))


def _complement(source: Source, node: Node) -> ClassExpression:
    return ObjectComplementOf(class_expression(source, node.args[0]))


def _one_of(source: Source, node: Node) -> ClassExpression:
    return ObjectOneOf(tuple(individual(source, arg) for arg in node.args))


def _quantified(kind: type[ObjectSomeValuesFrom | ObjectAllValuesFrom]) -> _Build:
    def build(source: Source, node: Node) -> ClassExpression:
        name, inverse = relation(source, node.args[0])
        filler = class_expression(source, node.args[1])
        return unsupported(node, "ObjectInverseOf") if inverse else kind(name, filler)

    return build


def _has_value(source: Source, node: Node) -> ClassExpression:
    name, inverse = relation(source, node.args[0])
    value = individual(source, node.args[1])
    return unsupported(node, "ObjectInverseOf") if inverse else ObjectHasValue(name, value)


def _has_self(source: Source, node: Node) -> ClassExpression:
    """Whoever is related to itself is so by the inverse, too."""
    return ObjectHasSelf(relation(source, node.args[0])[0])


def _cardinality(kind: type[ObjectMinCardinality | ObjectMaxCardinality | ObjectExactCardinality]) -> _Build:
    def build(source: Source, node: Node) -> ClassExpression:
        count = _count(source, node)
        name, inverse = relation(source, node.args[1])
        filler = class_expression(source, node.args[2]) if len(node.args) == 3 else Class(OWL_THING)
        return unsupported(node, "ObjectInverseOf") if inverse else kind(count, name, filler)

    return build


def _count(source: Source, node: Node) -> int:
    count = node.args[0]
    if not isinstance(count, Number) or count.value < 0:
        raise source.error(count.at, f"unexpected {text_of(count)[:60]}", expected="a whole number such as 2")
    return count.value


def _data_has_value(source: Source, node: Node) -> ClassExpression:
    return DataSomeValuesFrom(iri(source, node.args[0], "a data property"), value_of(source, node.args[1]))


def _data_some(source: Source, node: Node) -> ClassExpression:
    values = range_of(source, node.args[-1])
    properties = [iri(source, arg, "a data property") for arg in node.args[:-1]]
    return DataSomeValuesFrom(properties[0], values) if len(properties) == 1 else unsupported(node)


def _data_all(source: Source, node: Node) -> ClassExpression:
    _data_some(source, node)
    return unsupported(node)


def _data_cardinality(source: Source, node: Node) -> ClassExpression:
    """At least one value is some value; at most none is not some value; at least none says nothing."""
    count = _count(source, node)
    name = iri(source, node.args[1], "a data property")
    values: DataRange = range_of(source, node.args[2]) if len(node.args) == 3 else Datatype(LITERAL)
    match node.name, count:
        case "DataMinCardinality", 0:
            return Class(OWL_THING)
        case "DataMinCardinality", 1:
            return DataSomeValuesFrom(name, values)
        case (("DataMaxCardinality" | "DataExactCardinality"), 0):
            return ObjectComplementOf(DataSomeValuesFrom(name, values))
    return unsupported(node)


_EXPRESSIONS: dict[str, tuple[int, int, _Build]] = {
    "ObjectIntersectionOf": (2, _MANY, _operands(ObjectIntersectionOf)),
    "ObjectUnionOf": (2, _MANY, _operands(ObjectUnionOf)),
    "ObjectComplementOf": (1, 1, _complement),
    "ObjectOneOf": (1, _MANY, _one_of),
    "ObjectSomeValuesFrom": (2, 2, _quantified(ObjectSomeValuesFrom)),
    "ObjectAllValuesFrom": (2, 2, _quantified(ObjectAllValuesFrom)),
    "ObjectHasValue": (2, 2, _has_value),
    "ObjectHasSelf": (1, 1, _has_self),
    "ObjectMinCardinality": (2, 3, _cardinality(ObjectMinCardinality)),
    "ObjectMaxCardinality": (2, 3, _cardinality(ObjectMaxCardinality)),
    "ObjectExactCardinality": (2, 3, _cardinality(ObjectExactCardinality)),
    "DataSomeValuesFrom": (2, _MANY, _data_some),
    "DataAllValuesFrom": (2, _MANY, _data_all),
    "DataHasValue": (2, 2, _data_has_value),
    "DataMinCardinality": (2, 3, _data_cardinality),
    "DataMaxCardinality": (2, 3, _data_cardinality),
    "DataExactCardinality": (2, 3, _data_cardinality),
}

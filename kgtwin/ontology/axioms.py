"""Nodes to axioms. Which axiom has which arguments: https://www.w3.org/TR/owl2-syntax/#Axioms.

The model has no inverse properties. An axiom over them becomes one without where the two say exactly the same,
else an ``OtherAxiom``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kgtwin.model.axioms import (
    Axiom,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataPropertyDomain,
    DataPropertyRange,
    DifferentIndividuals,
    DisjointClasses,
    DisjointUnion,
    EquivalentClasses,
    EquivalentDataProperties,
    EquivalentObjectProperties,
    FunctionalDataProperty,
    HasKey,
    IrreflexiveObjectProperty,
    NegativeDataPropertyAssertion,
    NegativeObjectPropertyAssertion,
    ObjectAllValuesFrom,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    OtherAxiom,
    ReflexiveObjectProperty,
    SameIndividual,
    SubClassOf,
    SubDataPropertyOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.ontology.expressions import class_expression, individual, relation
from kgtwin.ontology.literals import range_of, value_of
from kgtwin.ontology.nodes import Node, Source, Term, check_arity, iri, signature_of, text_of
from kgtwin.ontology.rules import rule

_MANY = 10**9
_Build = Callable[[Source, Node], Axiom]


def axiom(source: Source, node: Node) -> Axiom:
    """The axiom of a node without annotations.

    Raises:
        OntologySyntaxError: not an axiom, wrong arguments, an ill-typed literal.
    """
    if node.name not in _AXIOMS:
        raise source.error(node.at, f"unknown construct {node.name}", expected="an OWL 2 axiom")
    low, high, build = _AXIOMS[node.name]
    check_arity(source, node, low, high)
    return build(source, node)


def other(_source: Source, node: Node) -> OtherAxiom:
    """An axiom outside the model, as text."""
    return OtherAxiom(node.name, text_of(node), signature_of(node))


def _sub_class(source: Source, node: Node) -> Axiom:
    """Inverses at the outside move to the other side: ``A ⊑ ∀r⁻.B`` is ``∃r.A ⊑ B``, ``∃r⁻.A ⊑ B`` is ``A ⊑ ∀r.B``."""
    sub, sup = node.args
    if (found := _over_inverse(source, sup, "ObjectAllValuesFrom")) is not None:
        return SubClassOf(ObjectSomeValuesFrom(found.property, class_expression(source, sub)), found.filler)
    if (found := _over_inverse(source, sub, "ObjectSomeValuesFrom")) is not None:
        return SubClassOf(found.filler, ObjectAllValuesFrom(found.property, class_expression(source, sup)))
    return SubClassOf(class_expression(source, sub), class_expression(source, sup))


class _Restriction(NamedTuple):
    property: str
    filler: ClassExpression


def _over_inverse(source: Source, term: Term, name: str) -> _Restriction | None:
    """The restriction of a name on the inverse of a property; None for everything else."""
    if not (isinstance(term, Node) and term.name == name and len(term.args) == 2):
        return None
    prop, inverse = relation(source, term.args[0])
    return _Restriction(prop, class_expression(source, term.args[1])) if inverse else None


def _classes(kind: type[EquivalentClasses | DisjointClasses]) -> _Build:
    return lambda source, node: kind(tuple(class_expression(source, arg) for arg in node.args))


def _disjoint_union(source: Source, node: Node) -> Axiom:
    cls, *operands = node.args
    return DisjointUnion(iri(source, cls, "a class"), tuple(class_expression(source, arg) for arg in operands))


def _relations(source: Source, terms: tuple[Term, ...]) -> tuple[tuple[str, ...], bool | None]:
    """The properties, and whether all are inverted; None where some are."""
    found = [relation(source, term) for term in terms]
    inverted = {inverse for _, inverse in found}
    return tuple(name for name, _ in found), inverted.pop() if len(inverted) == 1 else None


def _sub_property(source: Source, node: Node) -> Axiom:
    chain, sup = node.args
    parts: tuple[Term, ...] = (chain,)
    if isinstance(chain, Node) and chain.name == "ObjectPropertyChain":
        check_arity(source, chain, 2)
        parts = chain.args
    names, inverted = _relations(source, (*parts, sup))
    if inverted is None:
        return other(source, node)
    return SubObjectPropertyOf(names[-2::-1] if inverted else names[:-1], names[-1])


def _equivalent_properties(source: Source, node: Node) -> Axiom:
    names, inverted = _relations(source, node.args)
    return other(source, node) if inverted is None else EquivalentObjectProperties(names)


def _inverse_properties(source: Source, node: Node) -> Axiom:
    names, inverted = _relations(source, node.args)
    return EquivalentObjectProperties(names) if inverted is None else other(source, node)


def _of_property(
    kind: type[TransitiveObjectProperty | ReflexiveObjectProperty | IrreflexiveObjectProperty],
) -> _Build:
    """A characteristic that a property and its inverse share."""
    return lambda source, node: kind(relation(source, node.args[0])[0])


def _other_of_property(source: Source, node: Node) -> Axiom:
    _relations(source, node.args)
    return other(source, node)


def _domain_or_range(*, domain: bool) -> _Build:
    def build(source: Source, node: Node) -> Axiom:
        name, inverse = relation(source, node.args[0])
        expression = class_expression(source, node.args[1])
        return (ObjectPropertyDomain if domain != inverse else ObjectPropertyRange)(name, expression)

    return build


def _data_names(source: Source, node: Node) -> tuple[str, ...]:
    return tuple(iri(source, arg, "a data property") for arg in node.args)


def _sub_data_property(source: Source, node: Node) -> Axiom:
    return SubDataPropertyOf(*_data_names(source, node))


def _equivalent_data_properties(source: Source, node: Node) -> Axiom:
    return EquivalentDataProperties(_data_names(source, node))


def _disjoint_data_properties(source: Source, node: Node) -> Axiom:
    _data_names(source, node)
    return other(source, node)


def _functional_data_property(source: Source, node: Node) -> Axiom:
    return FunctionalDataProperty(*_data_names(source, node))


def _data_domain(source: Source, node: Node) -> Axiom:
    return DataPropertyDomain(iri(source, node.args[0], "a data property"), class_expression(source, node.args[1]))


def _data_range(source: Source, node: Node) -> Axiom:
    return DataPropertyRange(iri(source, node.args[0], "a data property"), range_of(source, node.args[1]))


def _datatype_definition(source: Source, node: Node) -> Axiom:
    iri(source, node.args[0], "a datatype")
    range_of(source, node.args[1])
    return other(source, node)


def _has_key(source: Source, node: Node) -> Axiom:
    cls, relations, data = node.args
    for group in (relations, data):
        if not isinstance(group, Node) or group.name:
            raise source.error(group.at, f"unexpected {text_of(group)[:60]}", expected="properties in brackets")
    assert isinstance(relations, Node) and isinstance(data, Node)  # noqa: PT018 - says nothing to a test
    if not relations.args and not data.args:
        raise source.error(node.at, "HasKey has no properties", expected="1 or more")
    expression = class_expression(source, cls)
    found = [relation(source, arg) for arg in relations.args]
    if any(inverse for _, inverse in found):
        return other(source, node)
    return HasKey(expression, tuple(name for name, _ in found), _data_names(source, data))


def _individuals(kind: type[SameIndividual | DifferentIndividuals]) -> _Build:
    return lambda source, node: kind(tuple(individual(source, arg) for arg in node.args))


def _class_assertion(source: Source, node: Node) -> Axiom:
    expression = class_expression(source, node.args[0])
    return ClassAssertion(individual(source, node.args[1]), expression)


def _object_assertion(kind: type[ObjectPropertyAssertion | NegativeObjectPropertyAssertion]) -> _Build:
    def build(source: Source, node: Node) -> Axiom:
        name, inverse = relation(source, node.args[0])
        subject, target = (individual(source, arg) for arg in node.args[1:])
        return kind(name, target, subject) if inverse else kind(name, subject, target)

    return build


def _data_assertion(kind: type[DataPropertyAssertion | NegativeDataPropertyAssertion]) -> _Build:
    def build(source: Source, node: Node) -> Axiom:
        name = iri(source, node.args[0], "a data property")
        return kind(name, individual(source, node.args[1]), value_of(source, node.args[2]))

    return build


_AXIOMS: dict[str, tuple[int, int, _Build]] = {
    "SubClassOf": (2, 2, _sub_class),
    "EquivalentClasses": (2, _MANY, _classes(EquivalentClasses)),
    "DisjointClasses": (2, _MANY, _classes(DisjointClasses)),
    "DisjointUnion": (3, _MANY, _disjoint_union),
    "SubObjectPropertyOf": (2, 2, _sub_property),
    "EquivalentObjectProperties": (2, _MANY, _equivalent_properties),
    "DisjointObjectProperties": (2, _MANY, _other_of_property),
    "InverseObjectProperties": (2, 2, _inverse_properties),
    "ObjectPropertyDomain": (2, 2, _domain_or_range(domain=True)),
    "ObjectPropertyRange": (2, 2, _domain_or_range(domain=False)),
    "FunctionalObjectProperty": (1, 1, _other_of_property),
    "InverseFunctionalObjectProperty": (1, 1, _other_of_property),
    "ReflexiveObjectProperty": (1, 1, _of_property(ReflexiveObjectProperty)),
    "IrreflexiveObjectProperty": (1, 1, _of_property(IrreflexiveObjectProperty)),
    "SymmetricObjectProperty": (1, 1, _other_of_property),
    "AsymmetricObjectProperty": (1, 1, _other_of_property),
    "TransitiveObjectProperty": (1, 1, _of_property(TransitiveObjectProperty)),
    "SubDataPropertyOf": (2, 2, _sub_data_property),
    "EquivalentDataProperties": (2, _MANY, _equivalent_data_properties),
    "DisjointDataProperties": (2, _MANY, _disjoint_data_properties),
    "DataPropertyDomain": (2, 2, _data_domain),
    "DataPropertyRange": (2, 2, _data_range),
    "FunctionalDataProperty": (1, 1, _functional_data_property),
    "DatatypeDefinition": (2, 2, _datatype_definition),
    "HasKey": (3, 3, _has_key),
    "SameIndividual": (2, _MANY, _individuals(SameIndividual)),
    "DifferentIndividuals": (2, _MANY, _individuals(DifferentIndividuals)),
    "ClassAssertion": (2, 2, _class_assertion),
    "ObjectPropertyAssertion": (3, 3, _object_assertion(ObjectPropertyAssertion)),
    "NegativeObjectPropertyAssertion": (3, 3, _object_assertion(NegativeObjectPropertyAssertion)),
    "DataPropertyAssertion": (3, 3, _data_assertion(DataPropertyAssertion)),
    "NegativeDataPropertyAssertion": (3, 3, _data_assertion(NegativeDataPropertyAssertion)),
    "DLSafeRule": (2, 2, rule),
    "Triple": (3, 3, other),
}

"""The nodes of one document to model axioms, annotations, declarations and origins.

Which axiom has which arguments: https://www.w3.org/TR/owl2-syntax/#Axioms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from kgtwin.model.axioms import (
    Axiom,
    ClassAssertion,
    DataPropertyAssertion,
    DataPropertyDomain,
    DisjointClasses,
    EquivalentClasses,
    EquivalentObjectProperties,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    OtherAxiom,
    ReflexiveObjectProperty,
    SubClassOf,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.model.ontology import Annotation, EntityKind, Origin
from kgtwin.ontology.expressions import check_arity, check_data_range, class_expression, iri, is_inverse
from kgtwin.ontology.literals import check_literal, point
from kgtwin.ontology.nodes import Anonymous, Iri, Literal, Node, Source, Term, iris_of, text_of
from kgtwin.vocabulary import XSD

_NON_LOGICAL = {"SubAnnotationPropertyOf", "AnnotationPropertyDomain", "AnnotationPropertyRange"}
_MANY = 10**9


@dataclass
class Document:
    """One ontology file, read. ``axioms`` in file order."""

    iri: str | None = None
    version_iri: str | None = None
    imports: list[str] = field(default_factory=list)
    declared: dict[str, EntityKind] = field(default_factory=dict)
    axioms: list[Axiom] = field(default_factory=list)
    origins: dict[Axiom, Origin] = field(default_factory=dict)
    annotations: dict[str, list[Annotation]] = field(default_factory=dict)
    axiom_annotations: dict[Axiom, list[Annotation]] = field(default_factory=dict)


def document(source: Source, ontology: Node) -> Document:
    """Reads the ``Ontology`` node of a document.

    Raises:
        OntologySyntaxError: wrong arguments, an unknown construct, an ill-typed literal.
    """
    result = Document()
    body = list(ontology.args)
    if body and isinstance(body[0], Iri):
        result.iri = iri(source, body.pop(0), "an IRI")
        if body and isinstance(body[0], Iri):
            result.version_iri = iri(source, body.pop(0), "an IRI")
    for term in body:
        if not isinstance(term, Node):
            raise source.error(term.at, f"unexpected {text_of(term)[:60]}", expected="an axiom")
        _item(source, result, term)
    return result


def _item(source: Source, result: Document, node: Node) -> None:
    if node.name == "Import":
        check_arity(source, node, 1, 1)
        result.imports.append(iri(source, node.args[0], "the IRI of an ontology"))
    elif node.name == "Annotation":
        result.annotations.setdefault(result.iri or "", []).append(_annotation(source, node))
    elif node.name == "Declaration":
        _declaration(source, result, _split(source, node)[0])
    elif node.name == "AnnotationAssertion":
        _annotate(source, result, _split(source, node)[0])
    elif node.name not in _NON_LOGICAL:
        _axiom(source, result, node)


def _split(source: Source, node: Node) -> tuple[Node, list[Annotation]]:
    """A node without its annotations, and those."""
    found = [arg for arg in node.args if isinstance(arg, Node) and arg.name == "Annotation"]
    if not found:
        return node, []
    rest = tuple(arg for arg in node.args if not (isinstance(arg, Node) and arg.name == "Annotation"))
    return Node(node.name, rest, node.at), [_annotation(source, one) for one in found]


def _annotation(source: Source, node: Node) -> Annotation:
    bare, _nested = _split(source, node)
    check_arity(source, bare, 2, 2)
    return _annotation_value(source, iri(source, bare.args[0], "an annotation property"), bare.args[1])


def _annotation_value(source: Source, annotation_property: str, value: Term) -> Annotation:
    if isinstance(value, Literal):
        check_literal(source, value)
        return Annotation(annotation_property, value.text, value.language, value.datatype)
    if isinstance(value, Anonymous):
        return Annotation(annotation_property, f"_:{value.label}")
    return Annotation(annotation_property, iri(source, value, "a literal or an IRI"))


def _annotate(source: Source, result: Document, node: Node) -> None:
    check_arity(source, node, 3, 3)
    subject = _individual(source, node.args[1], "an IRI or an anonymous individual")
    annotation = _annotation_value(source, iri(source, node.args[0], "an annotation property"), node.args[2])
    result.annotations.setdefault(subject, []).append(annotation)


def _declaration(source: Source, result: Document, node: Node) -> None:
    check_arity(source, node, 1, 1)
    entity = node.args[0]
    if not isinstance(entity, Node) or entity.name not in list(EntityKind):
        raise source.error(entity.at, "not a declaration", expected=f"one of {', '.join(EntityKind)}")
    check_arity(source, entity, 1, 1)
    result.declared.setdefault(iri(source, entity.args[0], f"the IRI of a {entity.name}"), EntityKind(entity.name))


def _axiom(source: Source, result: Document, node: Node) -> None:
    bare, annotations = _split(source, node)
    if bare.name not in _AXIOMS:
        raise source.error(node.at, f"unknown construct {bare.name}", expected="an OWL 2 axiom")
    low, high, build = _AXIOMS[bare.name]
    check_arity(source, bare, low, high)
    axiom = build(source, bare)
    result.axioms.append(axiom)
    result.origins.setdefault(axiom, Origin(source.file, source.line(node.at)))
    if annotations:
        result.axiom_annotations.setdefault(axiom, []).extend(annotations)


def other(_source: Source, node: Node) -> OtherAxiom:
    """An axiom outside the model, as text."""
    signature = dict.fromkeys(found for found in iris_of(node) if not found.startswith(XSD))
    return OtherAxiom(node.name, text_of(node), tuple(signature))


def _checked_other(source: Source, node: Node) -> OtherAxiom:
    """The same, for axioms over class expressions, whose nested errors are found."""
    for arg in node.args:
        class_expression(source, arg)
    return other(source, node)


def _sub_class(source: Source, node: Node) -> Axiom:
    sub, sup = (class_expression(source, arg) for arg in node.args)
    return SubClassOf(sub, sup)


def _classes(kind: type[EquivalentClasses | DisjointClasses]) -> Callable[[Source, Node], Axiom]:
    return lambda source, node: kind(tuple(class_expression(source, arg) for arg in node.args))


def _sub_property(source: Source, node: Node) -> Axiom:
    chain, sup = node.args
    parts: Iterable[Term] = (chain,)
    if isinstance(chain, Node) and chain.name == "ObjectPropertyChain":
        check_arity(source, chain, 2)
        parts = chain.args
    if sum(is_inverse(source, part) for part in (*parts, sup)):
        return other(source, node)
    return SubObjectPropertyOf(tuple(_property(source, part) for part in parts), _property(source, sup))


def _property(source: Source, term: Term) -> str:
    return iri(source, term, "an object property")


def _equivalent_properties(source: Source, node: Node) -> Axiom:
    if sum(is_inverse(source, arg) for arg in node.args):
        return other(source, node)
    return EquivalentObjectProperties(tuple(_property(source, arg) for arg in node.args))


def _of_property(kind: type[TransitiveObjectProperty | ReflexiveObjectProperty]) -> Callable[[Source, Node], Axiom]:
    def build(source: Source, node: Node) -> Axiom:
        if is_inverse(source, node.args[0]):
            return other(source, node)
        return kind(_property(source, node.args[0]))

    return build


def _domain_or_range(kind: type[ObjectPropertyDomain | ObjectPropertyRange]) -> Callable[[Source, Node], Axiom]:
    def build(source: Source, node: Node) -> Axiom:
        expression = class_expression(source, node.args[1])
        if is_inverse(source, node.args[0]):
            return other(source, node)
        return kind(_property(source, node.args[0]), expression)

    return build


def _data_domain(source: Source, node: Node) -> Axiom:
    data_property = iri(source, node.args[0], "a data property")
    return DataPropertyDomain(data_property, class_expression(source, node.args[1]))


def _data_range(source: Source, node: Node) -> Axiom:
    iri(source, node.args[0], "a data property")
    check_data_range(source, node.args[1])
    return other(source, node)


def _individual(source: Source, term: Term, what: str = "an individual") -> str:
    return f"_:{term.label}" if isinstance(term, Anonymous) else iri(source, term, what)


def _class_assertion(source: Source, node: Node) -> Axiom:
    expression = class_expression(source, node.args[0])
    return ClassAssertion(_individual(source, node.args[1]), expression)


def _object_assertion(source: Source, node: Node) -> Axiom:
    subject, target = (_individual(source, arg) for arg in node.args[1:])
    relation = node.args[0]
    if is_inverse(source, relation):
        assert isinstance(relation, Node)
        return ObjectPropertyAssertion(_property(source, relation.args[0]), target, subject)
    return ObjectPropertyAssertion(_property(source, relation), subject, target)


def _data_assertion(source: Source, node: Node) -> Axiom:
    data_property, subject = iri(source, node.args[0], "a data property"), _individual(source, node.args[1])
    value = node.args[2]
    if not isinstance(value, Literal):
        raise source.error(value.at, f"unexpected {text_of(value)[:60]}", expected="a literal")
    check_literal(source, value)
    interval = point(value)
    return other(source, node) if interval is None else DataPropertyAssertion(data_property, subject, interval)


_Build = Callable[[Source, Node], Axiom]
_AXIOMS: dict[str, tuple[int, int, _Build]] = {
    "SubClassOf": (2, 2, _sub_class),
    "EquivalentClasses": (2, _MANY, _classes(EquivalentClasses)),
    "DisjointClasses": (2, _MANY, _classes(DisjointClasses)),
    "DisjointUnion": (3, _MANY, _checked_other),
    "SubObjectPropertyOf": (2, 2, _sub_property),
    "EquivalentObjectProperties": (2, _MANY, _equivalent_properties),
    "DisjointObjectProperties": (2, _MANY, other),
    "InverseObjectProperties": (2, 2, other),
    "ObjectPropertyDomain": (2, 2, _domain_or_range(ObjectPropertyDomain)),
    "ObjectPropertyRange": (2, 2, _domain_or_range(ObjectPropertyRange)),
    "FunctionalObjectProperty": (1, 1, other),
    "InverseFunctionalObjectProperty": (1, 1, other),
    "ReflexiveObjectProperty": (1, 1, _of_property(ReflexiveObjectProperty)),
    "IrreflexiveObjectProperty": (1, 1, other),
    "SymmetricObjectProperty": (1, 1, other),
    "AsymmetricObjectProperty": (1, 1, other),
    "TransitiveObjectProperty": (1, 1, _of_property(TransitiveObjectProperty)),
    "SubDataPropertyOf": (2, 2, other),
    "EquivalentDataProperties": (2, _MANY, other),
    "DisjointDataProperties": (2, _MANY, other),
    "DataPropertyDomain": (2, 2, _data_domain),
    "DataPropertyRange": (2, 2, _data_range),
    "FunctionalDataProperty": (1, 1, other),
    "DatatypeDefinition": (2, 2, other),
    "HasKey": (1, _MANY, other),
    "SameIndividual": (2, _MANY, other),
    "DifferentIndividuals": (2, _MANY, other),
    "ClassAssertion": (2, 2, _class_assertion),
    "ObjectPropertyAssertion": (3, 3, _object_assertion),
    "NegativeObjectPropertyAssertion": (3, 3, other),
    "DataPropertyAssertion": (3, 3, _data_assertion),
    "NegativeDataPropertyAssertion": (3, 3, other),
    "DLSafeRule": (2, 2, other),
    "Triple": (3, 3, other),
}

"""The nodes of one document to model axioms, annotations, declarations and origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kgtwin.model.axioms import Axiom
from kgtwin.model.caveat import Caveat
from kgtwin.model.ontology import Annotation, EntityKind, Origin
from kgtwin.ontology.axioms import axiom
from kgtwin.ontology.definitions import told, written_in, written_out
from kgtwin.ontology.expressions import individual
from kgtwin.ontology.literals import check_literal
from kgtwin.ontology.nodes import Anonymous, Iri, Literal, Node, Source, Term, check_arity, iri, text_of

_KINDS = {kind.value: kind for kind in EntityKind}
_NON_LOGICAL = {"SubAnnotationPropertyOf", "AnnotationPropertyDomain", "AnnotationPropertyRange"}


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
    caveats: list[Caveat] = field(default_factory=list)


def document(source: Source, ontology: Node, known: Mapping[str, Term] | None = None) -> Document:
    """Reads the ``Ontology`` node of a document.

    ``known``: datatypes and the ranges to write in their place (:func:`kgtwin.ontology.definitions.written_out`);
    by default those that the document defines.

    Raises:
        OntologySyntaxError: wrong arguments, an unknown construct, an ill-typed literal.
    """
    result = Document()
    body = list(ontology.args)
    known = written_out(told(body)) if known is None else known
    if body and isinstance(body[0], Iri):
        result.iri = iri(source, body.pop(0), "an IRI")
        if body and isinstance(body[0], Iri):
            result.version_iri = iri(source, body.pop(0), "an IRI")
    for term in body:
        if not isinstance(term, Node):
            raise source.error(term.at, f"unexpected {text_of(term)[:60]}", expected="an axiom")
        _item(source, result, term, known)
    return result


def _item(source: Source, result: Document, node: Node, known: Mapping[str, Term]) -> None:
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
        add_axiom(source, result, node, known)


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
        return Annotation(annotation_property, individual(source, value))
    return Annotation(annotation_property, iri(source, value, "a literal or an IRI"))


def _annotate(source: Source, result: Document, node: Node) -> None:
    check_arity(source, node, 3, 3)
    subject = individual(source, node.args[1], "an IRI or an anonymous individual")
    annotation = _annotation_value(source, iri(source, node.args[0], "an annotation property"), node.args[2])
    result.annotations.setdefault(subject, []).append(annotation)


def _declaration(source: Source, result: Document, node: Node) -> None:
    check_arity(source, node, 1, 1)
    entity = node.args[0]
    if not isinstance(entity, Node) or entity.name not in _KINDS:
        raise source.error(entity.at, "not a declaration", expected=f"one of {', '.join(EntityKind)}")
    check_arity(source, entity, 1, 1)
    result.declared.setdefault(iri(source, entity.args[0], f"the IRI of a {entity.name}"), _KINDS[entity.name])


def add_axiom(source: Source, result: Document, node: Node, known: Mapping[str, Term] | None = None) -> None:
    """Adds the axiom of a node to a document, with its annotations and where it stands.

    Raises:
        OntologySyntaxError: wrong arguments, an unknown construct, an ill-typed literal.
    """
    known = known or {}
    bare, annotations = _split(source, node)
    whole = written_in(bare, known) if known else bare
    found = axiom(source, whole)
    if _is_used(whole, known):
        return
    result.axioms.append(found)
    result.origins.setdefault(found, Origin(source.file, source.line(node.at)))
    if annotations:
        result.axiom_annotations.setdefault(found, []).extend(annotations)


def _is_used(node: Node, known: Mapping[str, Term]) -> bool:
    """Whether it is the definition that is written out for a datatype; another one of its name is an axiom."""
    if node.name != "DatatypeDefinition":
        return False
    name, definition = node.args
    return isinstance(name, Iri) and name.value in known and text_of(known[name.value]) == text_of(definition)

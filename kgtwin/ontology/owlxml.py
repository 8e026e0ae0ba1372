"""Reads OWL/XML, whose elements are the words of functional syntax, with line numbers.

Specification: https://www.w3.org/TR/owl2-xml-serialization/. Rules are spelled as the OWL API does (``DLSafeRule``).
"""

from __future__ import annotations

from urllib.parse import urljoin

from kgtwin.ontology.nodes import MAX_DEPTH, Anonymous, Iri, LinedSource, Literal, Node, Number, Term
from kgtwin.ontology.xml import Element, parse_xml
from kgtwin.vocabulary import OWL

_XML = "http://www.w3.org/XML/1998/namespace"
_ENTITIES = {
    "Class",
    "Datatype",
    "ObjectProperty",
    "DataProperty",
    "AnnotationProperty",
    "NamedIndividual",
}
_PLAIN = "http://www.w3.org/1999/02/22-rdf-syntax-ns#PlainLiteral"


def read(data: bytes, file: str, scope: str = "") -> tuple[LinedSource, Node]:
    """The source and ``Ontology`` node of an OWL/XML document.

    Raises:
        OntologySyntaxError: with the line.
    """
    root = parse_xml(data, file, doctype=True)
    source = LinedSource(file, scope=scope)
    if root.name != f"{OWL} Ontology":
        raise source.error(root.line, "the root element is not owl:Ontology", expected="an OWL/XML document")
    return source, _Reader(source, root).ontology()


class _Reader:
    def __init__(self, source: LinedSource, root: Element) -> None:
        self.source, self.root = source, root
        self.base = root.attributes.get(f"{_XML} base", root.attributes.get("ontologyIRI", ""))
        self.prefixes = {
            child.attributes.get("name", ""): child.attributes.get("IRI", "")
            for child in root.children
            if _local(child) == "Prefix"
        }

    def ontology(self) -> Node:
        names = [self.root.attributes[key] for key in ("ontologyIRI", "versionIRI") if key in self.root.attributes]
        header: list[Term] = [Iri(name, self.root.line) for name in names]
        body = [self.term(child, 0) for child in self.root.children if _local(child) != "Prefix"]
        return Node("Ontology", (*header, *body), self.root.line)

    def term(self, element: Element, depth: int) -> Term:
        name, line = _local(element), element.line
        if depth > MAX_DEPTH:
            raise self.source.error(
                line, f"expressions nest deeper than {MAX_DEPTH}", remedy="name an inner expression with its own class"
            )
        leaf = self.leaf(element)
        return Node(name, self.arguments(element, depth), line) if leaf is None else leaf

    def leaf(self, element: Element) -> Term | None:
        """What has no constructs inside; None for what may have."""
        name, line, text = _local(element), element.line, element.text.strip()
        match name:
            case "IRI":
                return Iri(self.absolute(text), line)
            case "AbbreviatedIRI":
                return Iri(self.expand(text, line), line)
            case "Import":
                return Node("Import", (Iri(self.absolute(text), line),), line)
            case "AnonymousIndividual":
                return Anonymous(element.attributes.get("nodeID", "").removeprefix("_:"), line)
            case "Literal":
                return self.literal(element)
        entity = self.entity(element) if name in _ENTITIES or name == "Variable" else None
        return Node(name, (entity,), line) if entity is not None and name == "Variable" else entity

    def arguments(self, element: Element, depth: int) -> tuple[Term, ...]:
        inner = [self.term(child, depth + 1) for child in element.children]
        if "facet" in element.attributes:
            return (Iri(element.attributes["facet"], element.line), *inner)
        if "cardinality" in element.attributes and element.attributes["cardinality"].isdecimal():
            return (Number(int(element.attributes["cardinality"][:18]), element.line), *inner)
        if _local(element) == "BuiltInAtom":
            return (self.entity(element), *inner)
        if _local(element) == "HasKey":
            return _key(element, inner)
        if _local(element) == "Declaration":
            kind = _local(element.children[0]) if element.children else "nothing"
            return (Node(kind, tuple(inner), element.line),)
        return _spliced(inner)

    def entity(self, element: Element) -> Iri:
        if "IRI" in element.attributes:
            return Iri(self.absolute(element.attributes["IRI"]), element.line)
        if "abbreviatedIRI" in element.attributes:
            return Iri(self.expand(element.attributes["abbreviatedIRI"], element.line), element.line)
        raise self.source.error(element.line, f"{_local(element)} has no IRI", expected="IRI or abbreviatedIRI")

    def literal(self, element: Element) -> Literal:
        datatype = element.attributes.get("datatypeIRI")
        language = element.attributes.get(f"{_XML} lang") or None
        return Literal(element.text, language, None if datatype == _PLAIN or language else datatype, element.line)

    def absolute(self, text: str) -> str:
        return urljoin(self.base, text) if ":" not in text.partition("/")[0] else text

    def expand(self, text: str, line: int) -> str:
        prefix, _, local = text.partition(":")
        if prefix not in self.prefixes:
            raise self.source.error(
                line, f"the prefix '{prefix}:' is not declared", remedy=f'add <Prefix name="{prefix}" IRI="..."/>'
            )
        return self.prefixes[prefix] + local


def _spliced(terms: list[Term]) -> tuple[Term, ...]:
    """``FacetRestriction`` pairs stand flat in functional syntax."""
    flat: list[Term] = []
    for term in terms:
        flat.extend(term.args if isinstance(term, Node) and term.name == "FacetRestriction" else (term,))
    return tuple(flat)


def _key(element: Element, terms: list[Term]) -> tuple[Term, ...]:
    """A ``HasKey``'s class, its object properties and its data properties, grouped as in functional syntax."""
    head: list[Term] = []
    relations: list[Term] = []
    data: list[Term] = []
    named = False
    for child, term in zip(element.children, terms, strict=True):
        if _local(child) == "Annotation" or not named:
            head.append(term)
            named = named or _local(child) != "Annotation"
        else:
            (data if _local(child) == "DataProperty" else relations).append(term)
    return (*head, Node("", tuple(relations), element.line), Node("", tuple(data), element.line))


def _local(element: Element) -> str:
    return element.name.rpartition(" ")[2]

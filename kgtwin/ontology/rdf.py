"""Parses RDF/XML, Turtle and N-Triples into a graph that remembers which triples an axiom has used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Self

from rdflib import OWL, RDF, RDFS, BNode, Graph, URIRef
from rdflib.term import Node as RdfNode

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.xml import parse_xml

Triple = tuple[RdfNode, RdfNode, RdfNode]

KINDS: dict[RdfNode, EntityKind] = {
    OWL.Class: EntityKind.CLASS,
    OWL.ObjectProperty: EntityKind.OBJECT_PROPERTY,
    OWL.DatatypeProperty: EntityKind.DATA_PROPERTY,
    OWL.AnnotationProperty: EntityKind.ANNOTATION_PROPERTY,
    OWL.NamedIndividual: EntityKind.NAMED_INDIVIDUAL,
    RDFS.Datatype: EntityKind.DATATYPE,
}
CHARACTERISTICS: dict[RdfNode, str] = {
    OWL.TransitiveProperty: "TransitiveObjectProperty",
    OWL.SymmetricProperty: "SymmetricObjectProperty",
    OWL.AsymmetricProperty: "AsymmetricObjectProperty",
    OWL.ReflexiveProperty: "ReflexiveObjectProperty",
    OWL.IrreflexiveProperty: "IrreflexiveObjectProperty",
    OWL.InverseFunctionalProperty: "InverseFunctionalObjectProperty",
}

_MENTIONS = (OWL.imports, OWL.priorVersion, OWL.backwardCompatibleWith, OWL.incompatibleWith)


@dataclass
class RdfDocument:
    """One parsed document. ``take`` and ``value`` mark the triples they return as used."""

    file: str
    graph: Graph
    used: set[Triple] = field(default_factory=set)

    @property
    def name(self) -> RdfNode | None:
        """The node of the ontology itself, not of one that it mentions."""
        found = set(self.graph.subjects(RDF.type, OWL.Ontology))
        mentioned = {o for p in _MENTIONS for o in self.graph.objects(None, p)}
        return next(iter(sorted(found - mentioned or found, key=str)), None)

    def imports(self) -> list[str]:
        """The IRIs that the ontology imports."""
        return sorted(str(found) for found in self.graph.objects(self.name, OWL.imports))

    def version_iri(self) -> str | None:
        """The IRI of the ontology's version."""
        return next((str(found) for found in self.graph.objects(self.name, OWL.versionIRI)), None)

    def declared(self) -> dict[str, EntityKind]:
        """The entities that the graph declares."""
        found = {str(s): kind for o, kind in KINDS.items() for s in self.graph.subjects(RDF.type, o) if _named(s)}
        for characteristic in CHARACTERISTICS:
            for s in self.graph.subjects(RDF.type, characteristic):
                found.setdefault(str(s), EntityKind.OBJECT_PROPERTY)
        return found

    def take(self, s: RdfNode | None, p: RdfNode | None, o: RdfNode | None = None) -> Iterator[Triple]:
        """The triples of a pattern in a stable order, marked as used."""
        found = sorted(self.graph.triples((s, p, o)))
        self.used.update(found)
        return iter(found)

    def value(self, s: RdfNode, p: RdfNode) -> RdfNode | None:
        """The object of ``s p ?``, marked as used; None where there is none."""
        return next((o for _, _, o in self.take(s, p)), None)

    def items(self, head: RdfNode | None) -> list[RdfNode]:
        """The members of an RDF list; a list that does not end, or runs in a circle, ends where it breaks."""
        members: list[RdfNode] = []
        seen: set[RdfNode] = set()
        while head is not None and head != RDF.nil and head not in seen:
            seen.add(head)
            self.value(head, RDF.type)
            first = self.value(head, RDF.first)
            if first is None:
                break
            members.append(first)
            head = self.value(head, RDF.rest)
        return members

    def left(self) -> Iterable[Triple]:
        """The triples that nothing has used, in a stable order."""
        return sorted(set(self.graph) - self.used)


def _named(node: RdfNode) -> bool:
    return isinstance(node, URIRef) and not isinstance(node, BNode)


def read(data: bytes, file: str, syntax: str) -> RdfDocument:
    """Parses ``data``; ``syntax`` is ``xml`` or ``turtle`` (which takes N-Triples too).

    Raises:
        OntologySyntaxError: with the line, where the parser tells it.
    """
    if syntax == "xml":
        parse_xml(data, file, doctype=True)
    graph = _NumberedGraph()
    try:
        graph.parse(BytesIO(data), format=syntax)
    except Exception as error:  # rdflib raises whatever its parsers happen to
        raise _syntax_error(file, syntax, error) from None
    return RdfDocument(file, graph)


class _NumberedGraph(Graph):
    """Names anonymous nodes in order of appearance; rdflib's own names differ with every reading."""

    def __init__(self) -> None:
        super().__init__(bind_namespaces="none")
        self._names: dict[BNode, BNode] = {}

    def add(self, triple: Triple) -> Self:
        s, p, o = (self._named(node) if isinstance(node, BNode) else node for node in triple)
        return super().add((s, p, o))

    def _named(self, node: BNode) -> BNode:
        return self._names.setdefault(node, BNode(f"genid{len(self._names):07}"))


def _syntax_error(file: str, syntax: str, error: Exception) -> OntologySyntaxError:
    name = {"xml": "RDF/XML", "turtle": "Turtle"}[syntax]
    if isinstance(error, RecursionError):
        return OntologySyntaxError(
            "expressions nest too deep", where=file, remedy="name an inner expression with a class of its own"
        )
    text = str(error)
    found = re.search(r"at line (\d+)", text) or re.search(r":(\d+):\d+:", text)
    where = f"{file}:{found[1]}" if found else file
    reason = re.search(r"Bad syntax \((.*?)\)", text, re.DOTALL)
    return OntologySyntaxError(
        f"not readable as {name}: {reason[1] if reason else text.splitlines()[0][:200]}", where=where, expected=name
    )

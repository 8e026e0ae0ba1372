"""An ontology as RDF: its graph, what of it an axiom has used, its name, imports and declarations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kgtwin import vocabulary
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology import rdf_graph
from kgtwin.ontology.nodes import Literal
from kgtwin.ontology.rdf_graph import Blank, Graph, Namespace, RdfNode, Triple
from kgtwin.ontology.xml import check_xml

OWL, RDF, RDFS = Namespace(vocabulary.OWL), Namespace(vocabulary.RDF), Namespace(vocabulary.RDFS)

KINDS: dict[str, EntityKind] = {
    OWL.Class: EntityKind.CLASS,
    OWL.ObjectProperty: EntityKind.OBJECT_PROPERTY,
    OWL.DatatypeProperty: EntityKind.DATA_PROPERTY,
    OWL.AnnotationProperty: EntityKind.ANNOTATION_PROPERTY,
    OWL.NamedIndividual: EntityKind.NAMED_INDIVIDUAL,
    RDFS.Datatype: EntityKind.DATATYPE,
}
CHARACTERISTICS: dict[str, str] = {
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
    def name(self) -> str | None:
        """The node of the ontology itself, not of one that it mentions."""
        found = {s for s, _, _ in self.graph.typed(OWL.Ontology)}
        mentioned = {o for p in _MENTIONS for _, _, o in self.graph.by(p)}
        return next(iter(sorted(found - mentioned or found)), None)

    def imports(self) -> list[str]:
        """The IRIs that the ontology imports."""
        return sorted(_text(o) for _, _, o in self._of_itself(OWL.imports))

    def version_iri(self) -> str | None:
        """The IRI of the ontology's version."""
        return next((_text(o) for _, _, o in self._of_itself(OWL.versionIRI)), None)

    def _of_itself(self, predicate: str) -> list[Triple]:
        return [] if self.name is None else self.graph.of(self.name, predicate)

    def declared(self) -> dict[str, EntityKind]:
        """The entities that the graph declares."""
        found = {s: kind for o, kind in KINDS.items() for s, _, _ in self.graph.typed(o) if not isinstance(s, Blank)}
        for characteristic in CHARACTERISTICS:
            for s, _, _ in self.graph.typed(characteristic):
                found.setdefault(s, EntityKind.OBJECT_PROPERTY)
        return found

    def take(self, s: RdfNode, p: str | None = None) -> list[Triple]:
        """The triples of a subject, with one predicate or with all, marked as used."""
        return self._taken(self.graph.of(s, p))

    def take_by(self, p: str) -> list[Triple]:
        """The triples with a predicate, marked as used."""
        return self._taken(self.graph.by(p))

    def take_typed(self, rdf_class: str) -> list[Triple]:
        """The triples that say that something is of a type, marked as used."""
        return self._taken(self.graph.typed(rdf_class))

    def _taken(self, found: list[Triple]) -> list[Triple]:
        self.used.update(found)
        return found

    def value(self, s: RdfNode, p: str) -> RdfNode | None:
        """The object of ``s p ?``, marked as used; None where there is none."""
        found = self.graph.of(s, p)
        if not found:
            return None
        self.used.update(found)
        return found[0][2]

    def items(self, head: RdfNode | None) -> list[RdfNode]:
        """The members of an RDF list; a list that does not end, or runs in a circle, ends where it breaks."""
        members: list[RdfNode] = []
        seen: set[RdfNode] = set()
        while isinstance(head, str) and head != RDF.nil and head not in seen:
            seen.add(head)
            self.value(head, RDF.type)
            first = self.value(head, RDF.first)
            if first is None:
                break
            members.append(first)
            head = self.value(head, RDF.rest)
        return members

    def left(self) -> Iterable[Triple]:
        """The triples that nothing has used, in the order of the document."""
        return [triple for triple in self.graph if triple not in self.used]


def _text(node: RdfNode) -> str:
    return node.text if isinstance(node, Literal) else str(node)


def read(data: bytes, file: str, syntax: str) -> RdfDocument:
    """Parses ``data``; ``syntax`` is ``xml`` or ``turtle`` (which takes N-Triples too).

    Raises:
        OntologySyntaxError: with the line, where the parser tells it.
    """
    if syntax == "xml":
        check_xml(data, file)
    return RdfDocument(file, rdf_graph.read(data, file, syntax))

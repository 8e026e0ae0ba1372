"""Class expressions, data ranges, lists and literals to triples: OWL 2's mapping to RDF, table 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgtwin.errors import OntologyError
from kgtwin.ontology.nodes import Anonymous, Iri, Literal, Node, Number, Term, text_of
from kgtwin.ontology.rdf import OWL, RDF, RDFS
from kgtwin.ontology.rdf_graph import Blank, RdfNode, Triple
from kgtwin.vocabulary import XSD

_LISTS = {"IntersectionOf": OWL.intersectionOf, "UnionOf": OWL.unionOf, "OneOf": OWL.oneOf}
_FILLERS = {"SomeValuesFrom": OWL.someValuesFrom, "AllValuesFrom": OWL.allValuesFrom, "HasValue": OWL.hasValue}
_COUNTS = {
    "MinCardinality": (OWL.minCardinality, OWL.minQualifiedCardinality),
    "MaxCardinality": (OWL.maxCardinality, OWL.maxQualifiedCardinality),
    "ExactCardinality": (OWL.cardinality, OWL.qualifiedCardinality),
}


class TermWriter:
    """Collects triples. ``term`` gives the node of a term, after the triples that say what it is."""

    def __init__(self) -> None:
        self.triples: list[Triple] = []
        self._blanks = 0

    def blank(self) -> Blank:
        """A new anonymous node."""
        self._blanks += 1
        return Blank(f"e{self._blanks}")

    def add(self, s: RdfNode, p: str, o: RdfNode) -> None:
        """Adds a triple."""
        if not isinstance(s, str):
            raise OntologyError("a literal has no properties in RDF", where=s.text[:60])
        self.triples.append((s, p, o))

    def term(self, term: Term) -> RdfNode:
        """The node of an entity, individual, literal, class expression or data range."""
        match term:
            case Iri(value):
                return value
            case Anonymous(label):
                return Blank(f"i-{label}")
            case Literal():
                return term._replace(at=-1)
            case Number(value):
                return Literal(str(value), None, f"{XSD}nonNegativeInteger")
            case Node():
                return self._expression(term)

    def items(self, terms: Sequence[Term]) -> RdfNode:
        """The head of a list of terms."""
        return self.list_of([self.term(one) for one in terms])

    def list_of(self, nodes: Iterable[RdfNode], kind: str | None = None) -> RdfNode:
        """The head of a list of nodes, whose cells have a type where one is given."""
        head: RdfNode = RDF.nil
        for node in reversed(list(nodes)):
            cell = self.blank()
            if kind:
                self.add(cell, RDF.type, kind)
            self.add(cell, RDF.first, node)
            self.add(cell, RDF.rest, head)
            head = cell
        return head

    def _expression(self, node: Node) -> Blank:
        name = node.name
        shape = name.removeprefix("Object").removeprefix("Data")
        found = self.blank()
        data = name.startswith("Data")
        if shape in _LISTS:
            self._typed(found, data)
            self.add(found, _LISTS[shape], self.items(node.args))
        elif shape == "ComplementOf":
            self._typed(found, data)
            self.add(found, OWL.datatypeComplementOf if data else OWL.complementOf, self.term(node.args[0]))
        elif name == "ObjectInverseOf":
            self.add(found, OWL.inverseOf, self.term(node.args[0]))
        elif name == "DatatypeRestriction":
            self._facets(found, node)
        else:
            self._restriction(found, node, shape, data)
        return found

    def _typed(self, node: Blank, data: bool) -> None:
        self.add(node, RDF.type, RDFS.Datatype if data else OWL.Class)

    def _facets(self, found: Blank, node: Node) -> None:
        datatype, *rest = node.args
        self.add(found, RDF.type, RDFS.Datatype)
        self.add(found, OWL.onDatatype, self.term(datatype))
        cells: list[RdfNode] = []
        for facet, value in zip(rest[::2], rest[1::2], strict=True):
            cell = self.blank()
            self.add(cell, str(self.term(facet)), self.term(value))
            cells.append(cell)
        self.add(found, OWL.withRestrictions, self.list_of(cells))

    def _restriction(self, found: Blank, node: Node, shape: str, data: bool) -> None:
        self.add(found, RDF.type, OWL.Restriction)
        if shape in _COUNTS:
            count, prop, *filler = node.args
            self.add(found, OWL.onProperty, self.term(prop))
            self.add(found, _COUNTS[shape][bool(filler)], self.term(count))
            if filler:
                self.add(found, OWL.onDataRange if data else OWL.onClass, self.term(filler[0]))
            return
        prop, *values = node.args
        self.add(found, OWL.onProperty, self.term(prop))
        if shape == "HasSelf":
            self.add(found, OWL.hasSelf, Literal("true", None, f"{XSD}boolean"))
        elif shape in _FILLERS and len(values) == 1:
            self.add(found, _FILLERS[shape], self.term(values[0]))
        else:
            raise OntologyError(
                f"{node.name} with {len(node.args)} arguments has no form in RDF here",
                where=text_of(node)[:120],
                expected="an OWL 2 class expression or data range over one property",
            )

"""Class expressions and data ranges from a graph: https://www.w3.org/TR/owl2-mapping-to-rdf/, tables 11 to 13."""

from __future__ import annotations

from collections.abc import Mapping

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.nodes import MAX_DEPTH, Anonymous, Iri, Literal, Node, Number, Term
from kgtwin.ontology.rdf import OWL, RDF, RDFS, RdfDocument
from kgtwin.ontology.rdf_graph import Blank, RdfNode
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, XSD

_BOOLEAN = ((OWL.intersectionOf, "IntersectionOf"), (OWL.unionOf, "UnionOf"), (OWL.oneOf, "OneOf"))
_UNARY = (
    (OWL.complementOf, "ObjectComplementOf"),
    (OWL.datatypeComplementOf, "DataComplementOf"),
    (OWL.inverseOf, "ObjectInverseOf"),
)
_FILLERS = (
    (OWL.someValuesFrom, "SomeValuesFrom"),
    (OWL.allValuesFrom, "AllValuesFrom"),
    (OWL.hasValue, "HasValue"),
)
_CARDINALITIES = {
    OWL.minCardinality: "MinCardinality",
    OWL.maxCardinality: "MaxCardinality",
    OWL.cardinality: "ExactCardinality",
    OWL.minQualifiedCardinality: "MinCardinality",
    OWL.maxQualifiedCardinality: "MaxCardinality",
    OWL.qualifiedCardinality: "ExactCardinality",
}


class ExpressionReader:
    """``kinds`` tell an object property from a data property where the construct alone does not."""

    def __init__(self, document: RdfDocument, kinds: Mapping[str, EntityKind]) -> None:
        self.document, self.kinds = document, kinds
        self._depth = 0

    def term(self, node: RdfNode) -> Term:
        """A class expression, data range, inverse, individual or literal."""
        if isinstance(node, Literal):
            return node
        if not isinstance(node, Blank):
            return Iri(node)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise OntologySyntaxError(
                f"expressions nest deeper than {MAX_DEPTH}",
                where=self.document.file,
                remedy="name an inner expression with a class of its own, and look for one that contains itself",
            )
        try:
            return self._anonymous(node)
        finally:
            self._depth -= 1

    def _anonymous(self, node: Blank) -> Term:
        document = self.document
        if (prop := document.value(node, OWL.onProperty)) is not None:
            self._mark_type(node)
            return self._restriction(node, prop)
        for predicate, name in _BOOLEAN:
            if (head := document.value(node, predicate)) is not None:
                return self._boolean(node, head, name)
        for predicate, name in _UNARY:
            if (inner := document.value(node, predicate)) is not None:
                data = self._mark_type(node) and predicate == OWL.complementOf
                return Node("DataComplementOf" if data else name, (self.term(inner),))
        if (datatype := document.value(node, OWL.onDatatype)) is not None:
            self._mark_type(node)
            return Node("DatatypeRestriction", (self.term(datatype), *self._facets(node)))
        return Anonymous(str(node))

    def _boolean(self, node: Blank, head: RdfNode, name: str) -> Term:
        """An intersection, union or enumeration; of none or one, as OWL 1 allowed it, what it comes to."""
        items = self.document.items(head)
        data = self._mark_type(node) or (bool(items) and all(isinstance(item, Literal) for item in items))
        members = tuple(self.term(item) for item in items)
        if len(members) == 1 and name != "OneOf":
            return members[0]
        if not members and not data:
            return Iri(OWL_THING if name == "IntersectionOf" else OWL_NOTHING)
        return Node(("Data" if data else "Object") + name, members)

    def _mark_type(self, node: Blank) -> bool:
        """Marks the ``rdf:type`` of an expression as used; whether it is a data range."""
        types = [o for _, _, o in self.document.take(node, RDF.type)]
        return RDFS.Datatype in types or OWL.DataRange in types

    def _facets(self, node: Blank) -> list[Term]:
        pairs = [
            (facet, value)
            for item in self.document.items(self.document.value(node, OWL.withRestrictions))
            for _, facet, value in self.document.take(item)
        ]
        return [self.term(part) for pair in pairs for part in pair]

    def _restriction(self, node: Blank, prop: RdfNode) -> Term:
        for predicate, name in _FILLERS:
            if (filler := self.document.value(node, predicate)) is not None:
                return Node(self._side(prop, filler) + name, (self.term(prop), self.term(filler)))
        for cardinality, name in _CARDINALITIES.items():
            if (count := self.document.value(node, cardinality)) is not None:
                return self._cardinality(node, prop, count, name)
        if self.document.value(node, OWL.hasSelf) is not None:
            return Node("ObjectHasSelf", (self.term(prop),))
        raise OntologySyntaxError(
            f"a restriction on <{prop}> says nothing",
            where=self.document.file,
            expected="owl:someValuesFrom, owl:hasValue or another of OWL's restrictions",
        )

    def _cardinality(self, node: Blank, prop: RdfNode, count: RdfNode, name: str) -> Term:
        of_class = self.document.value(node, OWL.onClass)
        filler = of_class or self.document.value(node, OWL.onDataRange)
        text = count.text if isinstance(count, Literal) else ""
        number = Number(int(text) if text.isdecimal() and len(text) < 19 else -1)
        terms = (number, self.term(prop), *((self.term(filler),) if filler is not None else ()))
        return Node(self._side(prop, filler) + name, terms)

    def _side(self, prop: RdfNode, filler: RdfNode | None) -> str:
        kind = self.kinds.get(str(prop))
        if kind in (EntityKind.OBJECT_PROPERTY, EntityKind.DATA_PROPERTY):
            return "Data" if kind is EntityKind.DATA_PROPERTY else "Object"
        return "Data" if filler is not None and self.is_data_range(filler) else "Object"

    def is_data_range(self, node: RdfNode) -> bool:
        """Whether a filler is a literal or a data range, by its own look."""
        if isinstance(node, Literal):
            return True
        if not isinstance(node, Blank):
            return self.kinds.get(node) is EntityKind.DATATYPE or node.startswith(XSD) or node == RDFS.Literal
        types = {o for _, _, o in self.document.graph.of(node, RDF.type)}
        return RDFS.Datatype in types or OWL.DataRange in types

"""Axioms from a graph: https://www.w3.org/TR/owl2-mapping-to-rdf/, tables 14 to 18.

A triple that belongs to no axiom known here becomes ``Triple(s p o)``, which a reasoner names as unused:
nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.definitions import told
from kgtwin.ontology.nodes import Anonymous, Iri, Literal, Node, Term
from kgtwin.ontology.rdf import CHARACTERISTICS, KINDS, OWL, RDF, RDFS, RdfDocument
from kgtwin.ontology.rdf_expressions import ExpressionReader
from kgtwin.ontology.rdf_graph import Blank, RdfNode, Triple
from kgtwin.ontology.rdf_rules import SWRL, VOCABULARY, RuleReader

_BUILT_IN_ANNOTATIONS = {
    RDFS.label,
    RDFS.comment,
    RDFS.seeAlso,
    RDFS.isDefinedBy,
    OWL.versionInfo,
    OWL.deprecated,
    OWL.priorVersion,
    OWL.backwardCompatibleWith,
    OWL.incompatibleWith,
}
_BINARY: dict[str, str] = {
    RDFS.subClassOf: "SubClassOf",
    OWL.equivalentClass: "EquivalentClasses",
    OWL.disjointWith: "DisjointClasses",
    OWL.inverseOf: "InverseObjectProperties",
    OWL.sameAs: "SameIndividual",
    OWL.differentFrom: "DifferentIndividuals",
}
_BY_PROPERTY: dict[str, str] = {
    RDFS.subPropertyOf: "Sub{}PropertyOf",
    OWL.equivalentProperty: "Equivalent{}Properties",
    OWL.propertyDisjointWith: "Disjoint{}Properties",
    RDFS.domain: "{}PropertyDomain",
    RDFS.range: "{}PropertyRange",
}
_MEMBERS: dict[str, str] = {
    OWL.AllDisjointClasses: "DisjointClasses",
    OWL.AllDisjointProperties: "DisjointObjectProperties",
    OWL.AllDifferent: "DifferentIndividuals",
}
_EXPRESSIONS = (OWL.intersectionOf, OWL.unionOf, OWL.complementOf, OWL.oneOf)


def ontology(document: RdfDocument, kinds: Mapping[str, EntityKind]) -> Node:
    """The ``Ontology`` node; ``kinds`` are the declarations of the whole import closure.

    Raises:
        OntologySyntaxError: an expression that contains itself, or says nothing.
    """
    return _AxiomReader(document, {**kinds, **document.declared()}).ontology()


def definitions(document: RdfDocument) -> dict[str, Term]:
    """The definitions of the datatypes that a graph declares."""
    kinds = document.declared()
    term = ExpressionReader(document, kinds).term
    pairs = ((s, o) for s, _, o in document.graph.by(OWL.equivalentClass) if _is_datatype(s, kinds))
    return told(Node("DatatypeDefinition", (term(s), term(o))) for s, o in pairs)


def _is_datatype(node: RdfNode, kinds: Mapping[str, EntityKind]) -> bool:
    return not isinstance(node, Blank) and kinds.get(str(node)) is EntityKind.DATATYPE


class _AxiomReader:
    def __init__(self, document: RdfDocument, kinds: Mapping[str, EntityKind]) -> None:
        self.document, self.kinds = document, kinds
        self.expressions = ExpressionReader(document, kinds)
        self.term = self.expressions.term
        self.annotated = self._reified()

    def ontology(self) -> Node:
        axioms = [*self._declarations(), *self._rules(), *self._groups(), *self._triples()]
        axioms.extend(self._facts())
        return Node("Ontology", (*self._header(), *axioms))

    def _header(self) -> Iterator[Term]:
        name = self.document.name
        if name is None:
            return
        if not isinstance(name, Blank):
            yield Iri(name)
            if (version := self.document.value(name, OWL.versionIRI)) is not None:
                yield Iri(str(version))
        yield from (Node("Import", (Iri(str(o)),)) for _, _, o in self.document.take(name, OWL.imports))

    def _declarations(self) -> Iterator[Node]:
        for rdf_class, kind in KINDS.items():
            for s, _, _ in self.document.take_typed(rdf_class):
                if not isinstance(s, Blank):
                    yield Node("Declaration", (Node(kind.value, (Iri(s),)),))
        for ignored in (OWL.Ontology, RDF.Property, RDF.List, RDFS.Class, OWL.Restriction, *VOCABULARY):
            self.document.take_typed(ignored)

    def _reified(self) -> dict[Triple, list[Node]]:
        """Annotations of axioms (``owl:Axiom``), by the triple that they annotate."""
        found: dict[Triple, list[Node]] = {}
        reifying = (OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget)
        for node, _, _ in self.document.take_typed(OWL.Axiom):
            s, p, o = (self.document.value(node, part) for part in reifying)
            rest = [t for t in self.document.take(node) if t[1] not in (RDF.type, *reifying)]
            if isinstance(s, str) and isinstance(p, str) and o is not None:
                found[s, p, o] = [Node("Annotation", (Iri(q), self.term(v))) for _, q, v in rest]
        for triple in found:  # RDF/XML repeats an anonymous target: an equal axiom of its own
            self.document.graph.add(triple)
        return found

    def _node(self, name: str, triple: Triple, *terms: Term) -> Node:
        return Node(name, (*self.annotated.get(triple, ()), *terms))

    def _groups(self) -> Iterator[Node]:
        for rdf_class, name in _MEMBERS.items():
            for node, _, _ in self.document.take_typed(rdf_class):
                head = self.document.value(node, OWL.members) or self.document.value(node, OWL.distinctMembers)
                items = self.document.items(head)
                data = rdf_class == OWL.AllDisjointProperties and bool(items) and self._side(items[0]) == "Data"
                yield Node("DisjointDataProperties" if data else name, tuple(map(self.term, items)))
        for rdf_class, name in CHARACTERISTICS.items():
            for triple in self.document.take_typed(rdf_class):
                yield self._node(name, triple, self.term(triple[0]))
        for triple in self.document.take_typed(OWL.FunctionalProperty):
            yield self._node(f"Functional{self._side(triple[0])}Property", triple, self.term(triple[0]))
        yield from self._negative()

    def _negative(self) -> Iterator[Node]:
        for node, _, _ in self.document.take_typed(OWL.NegativePropertyAssertion):
            parts = (OWL.assertionProperty, OWL.sourceIndividual, OWL.targetIndividual, OWL.targetValue)
            terms = tuple(self.term(found) for part in parts if (found := self.document.value(node, part)) is not None)
            data = bool(self.document.graph.of(node, OWL.targetValue))
            yield Node(f"Negative{'Data' if data else 'Object'}PropertyAssertion", terms)

    def _triples(self) -> Iterator[Node]:
        for predicate, name in _BINARY.items():
            for triple in self.document.take_by(predicate):
                if predicate == OWL.inverseOf and isinstance(triple[0], Blank):
                    continue
                data = predicate == OWL.equivalentClass and _is_datatype(triple[0], self.kinds)
                yield self._node("DatatypeDefinition" if data else name, triple, *map(self.term, triple[::2]))
        for predicate, pattern in _BY_PROPERTY.items():
            for triple in self.document.take_by(predicate):
                name = pattern.format(self._side(triple[0], triple[2] if predicate == RDFS.range else None))
                yield self._node(name, triple, self.term(triple[0]), self.term(triple[2]))
        for triple in self.document.take_by(OWL.propertyChainAxiom):
            chain = tuple(self.term(item) for item in self.document.items(triple[2]))
            yield self._node("SubObjectPropertyOf", triple, Node("ObjectPropertyChain", chain), self.term(triple[0]))
        yield from self._lists()
        yield from self._named_expressions()

    def _lists(self) -> Iterator[Node]:
        for triple in self.document.take_by(OWL.disjointUnionOf):
            items = tuple(self.term(item) for item in self.document.items(triple[2]))
            yield self._node("DisjointUnion", triple, self.term(triple[0]), *items)
        for triple in self.document.take_by(OWL.hasKey):
            groups: dict[str, list[Term]] = {"Object": [], "Data": []}
            for item in self.document.items(triple[2]):
                groups["Data" if self._side(item) == "Data" else "Object"].append(self.term(item))
            keys = (Node("", tuple(group)) for group in groups.values())
            yield self._node("HasKey", triple, self.term(triple[0]), *keys)

    def _rules(self) -> Iterator[Node]:
        for node, rule in RuleReader(self.document, self.expressions).rules():
            said = [t for t in self.document.take(node) if t[1] not in (RDF.type, SWRL.body, SWRL.head)]
            annotations = (Node("Annotation", (Iri(p), self._value(o))) for _, p, o in said)
            yield Node(rule.name, (*annotations, *rule.args))

    def _named_expressions(self) -> Iterator[Node]:
        """``:A owl:unionOf (...)`` on a named class, which OWL 1 allowed: an equivalence."""
        for predicate in _EXPRESSIONS:
            for s, _, o in self.document.graph.by(predicate):
                if isinstance(s, Blank):
                    continue
                self.document.used.add((s, predicate, o))
                name = "Object" + predicate.rsplit("#", 1)[1][:1].upper() + predicate.rsplit("#", 1)[1][1:]
                inner = [o] if predicate == OWL.complementOf else self.document.items(o)
                terms = tuple(self.term(item) for item in inner)
                whole = terms[0] if len(terms) == 1 and predicate in _EXPRESSIONS[:2] else Node(name, terms)
                yield Node("EquivalentClasses", (self.term(s), whole))

    def _side(self, prop: RdfNode, filler: RdfNode | None = None) -> str:
        kind = self.kinds.get(str(prop))
        if kind is EntityKind.ANNOTATION_PROPERTY or prop in _BUILT_IN_ANNOTATIONS:
            return "Annotation"
        if kind is EntityKind.DATA_PROPERTY or (
            kind is None and filler is not None and self.expressions.is_data_range(filler)
        ):
            return "Data"
        return "Object"

    def _facts(self) -> Iterator[Node]:
        """Types first: reading them uses the triples of anonymous classes."""
        self._idle_expressions()
        for triple in sorted(self.document.left(), key=lambda found: found[1] != RDF.type):
            if triple in self.document.used:
                continue
            self.document.used.add(triple)
            yield self._fact(triple)

    def _idle_expressions(self) -> None:
        """Marks the triples of anonymous classes that no axiom uses as used: they say nothing."""
        linked = {o for _, _, o in self.document.graph if isinstance(o, Blank)}
        for s, p, _ in self.document.left():
            if isinstance(s, Blank) and s not in linked and p in (*_EXPRESSIONS, OWL.onProperty):
                self.term(s)

    def _fact(self, triple: Triple) -> Node:
        s, p, o = triple
        subject = self._individual(s)
        kind = self.kinds.get(p)
        if p == RDF.type and (not str(o).startswith(OWL.stem) or o in (OWL.Thing, OWL.Nothing)):
            return self._node("ClassAssertion", triple, self.term(o), subject)
        if s == self.document.name:
            return Node("Annotation", (Iri(p), self._value(o)))
        if kind is EntityKind.OBJECT_PROPERTY and not isinstance(o, Literal):
            return self._node("ObjectPropertyAssertion", triple, Iri(p), subject, self._individual(o))
        if kind is EntityKind.DATA_PROPERTY and isinstance(o, Literal):
            return self._node("DataPropertyAssertion", triple, Iri(p), subject, self.term(o))
        if self._is_vocabulary(p):
            return Node("Triple", (subject, Iri(p), self._value(o)))
        return self._node("AnnotationAssertion", triple, Iri(p), subject, self._value(o))

    def _is_vocabulary(self, p: RdfNode) -> bool:
        reserved = str(p).startswith((OWL.stem, RDF.stem, RDFS.stem))
        return reserved and p not in _BUILT_IN_ANNOTATIONS

    def _individual(self, node: RdfNode) -> Term:
        return Anonymous(str(node)) if isinstance(node, Blank) else Iri(str(node))

    def _value(self, node: RdfNode) -> Term:
        return self._individual(node) if not isinstance(node, Literal) else self.term(node)

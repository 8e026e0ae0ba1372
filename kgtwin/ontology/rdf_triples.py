"""An ontology's tree to RDF: https://www.w3.org/TR/owl2-mapping-to-rdf/, table 1, and SWRL's RDF syntax for rules.

What is anonymous is named in order of appearance, so that equal trees give equal triples in equal order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from kgtwin.errors import OntologyError
from kgtwin.ontology.nodes import Iri, Node, Term, text_of
from kgtwin.ontology.rdf import CHARACTERISTICS, KINDS, OWL, RDF, RDFS
from kgtwin.ontology.rdf_graph import Blank, RdfNode, Triple
from kgtwin.ontology.rdf_rules import ATOMS, SWRL
from kgtwin.ontology.rdf_terms import TermWriter

_TYPES = {kind.value: iri for iri, kind in KINDS.items()}
_PAIRS = {
    "SubClassOf": RDFS.subClassOf,
    "SubDataPropertyOf": RDFS.subPropertyOf,
    "SubAnnotationPropertyOf": RDFS.subPropertyOf,
    "InverseObjectProperties": OWL.inverseOf,
    "ObjectPropertyDomain": RDFS.domain,
    "DataPropertyDomain": RDFS.domain,
    "AnnotationPropertyDomain": RDFS.domain,
    "ObjectPropertyRange": RDFS.range,
    "DataPropertyRange": RDFS.range,
    "AnnotationPropertyRange": RDFS.range,
    "DatatypeDefinition": OWL.equivalentClass,
}
_CHAINED = {
    "EquivalentClasses": OWL.equivalentClass,
    "EquivalentObjectProperties": OWL.equivalentProperty,
    "EquivalentDataProperties": OWL.equivalentProperty,
    "SameIndividual": OWL.sameAs,
}
_DISJOINT = {
    "DisjointClasses": (OWL.disjointWith, OWL.AllDisjointClasses, OWL.members),
    "DisjointObjectProperties": (OWL.propertyDisjointWith, OWL.AllDisjointProperties, OWL.members),
    "DisjointDataProperties": (OWL.propertyDisjointWith, OWL.AllDisjointProperties, OWL.members),
    "DifferentIndividuals": (OWL.differentFrom, OWL.AllDifferent, OWL.distinctMembers),
}
_CHARACTER = {
    **{name: iri for iri, name in CHARACTERISTICS.items()},
    "FunctionalObjectProperty": OWL.FunctionalProperty,
    "FunctionalDataProperty": OWL.FunctionalProperty,
}


def triples(ontology: Node) -> list[Triple]:
    """The triples of an ``Ontology`` node.

    Raises:
        OntologyError: it says something that RDF has no words for.

    >>> a, b = Iri("http://x/A"), Iri("http://x/B")
    >>> triples(Node("Ontology", (Iri("http://x/o"), Node("SubClassOf", (a, b)))))[-1]
    ('http://x/A', 'http://www.w3.org/2000/01/rdf-schema#subClassOf', 'http://x/B')
    """
    writer = _Writer()
    writer.header(ontology)
    for term in ontology.args:
        if isinstance(term, Node) and term.name not in ("Import", "Annotation"):
            writer.axiom(term)
    return writer.triples


class _Writer(TermWriter):
    def header(self, ontology: Node) -> None:
        names = [term.value for term in ontology.args if isinstance(term, Iri)]
        name = names[0] if names else self.blank()
        self.add(name, RDF.type, OWL.Ontology)
        for version in names[1:2]:
            self.add(name, OWL.versionIRI, version)
        for term in ontology.args:
            if isinstance(term, Node) and term.name == "Import":
                self.add(name, OWL.imports, self.term(term.args[0]))
            elif isinstance(term, Node) and term.name == "Annotation":
                self._annotate(name, [term])

    def axiom(self, node: Node) -> None:
        """Adds the triples of a declaration, an annotation or an axiom."""
        notes = [arg for arg in node.args if isinstance(arg, Node) and arg.name == "Annotation"]
        args = [arg for arg in node.args if not (isinstance(arg, Node) and arg.name == "Annotation")]
        write = _BY_NAME.get(node.name)
        if write is None:
            raise OntologyError(f"{node.name} has no form in RDF", where=text_of(node)[:120], remedy="remove it")
        write(self, node.name, args, notes)

    def _said(self, s: RdfNode, p: str, o: RdfNode, notes: Sequence[Node]) -> None:
        """A triple, and its annotations on an ``owl:Axiom``."""
        self.add(s, p, o)
        if notes:
            self._reify(OWL.Axiom, (s, p, o), notes)

    def _reify(self, kind: str, triple: tuple[RdfNode, str, RdfNode], notes: Sequence[Node]) -> None:
        node = self.blank()
        self.add(node, RDF.type, kind)
        for part, value in zip((OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget), triple, strict=True):
            self.add(node, part, value)
        self._annotate(node, notes)

    def _annotate(self, subject: RdfNode, notes: Sequence[Node]) -> None:
        for note in notes:
            *inner, prop, value = note.args
            triple = subject, str(self.term(prop)), self.term(value)
            self.add(*triple)
            if nested := [one for one in inner if isinstance(one, Node)]:
                self._reify(OWL.Annotation, triple, nested)

    # one method a shape of axioms

    def declaration(self, _name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        (entity,) = args
        assert isinstance(entity, Node)
        self._said(self.term(entity.args[0]), RDF.type, _TYPES[entity.name], notes)

    def pair(self, name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        self._said(self.term(args[0]), _PAIRS[name], self.term(args[1]), notes)

    def sub_property(self, _name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        sub, sup = args
        if isinstance(sub, Node) and sub.name == "ObjectPropertyChain":
            self._said(self.term(sup), OWL.propertyChainAxiom, self.items(sub.args), notes)
        else:
            self._said(self.term(sub), RDFS.subPropertyOf, self.term(sup), notes)

    def chained(self, name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        found = [self.term(arg) for arg in args]
        for one, other in pairwise(found):
            self._said(one, _CHAINED[name], other, notes)

    def disjoint(self, name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        predicate, kind, members = _DISJOINT[name]
        if len(args) == 2:
            self._said(self.term(args[0]), predicate, self.term(args[1]), notes)
            return
        node = self.blank()
        self.add(node, RDF.type, kind)
        self.add(node, members, self.items(args))
        self._annotate(node, notes)

    def listed(self, name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        """``DisjointUnion`` and ``HasKey``."""
        subject, *rest = args
        predicate = OWL.disjointUnionOf if name == "DisjointUnion" else OWL.hasKey
        flat = [one for arg in rest for one in (arg.args if isinstance(arg, Node) and not arg.name else (arg,))]
        self._said(self.term(subject), predicate, self.items(flat), notes)

    def character(self, name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        self._said(self.term(args[0]), RDF.type, _CHARACTER[name], notes)

    def class_assertion(self, _name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        self._said(self.term(args[1]), RDF.type, self.term(args[0]), notes)

    def assertion(self, _name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        prop, subject, value = args
        if isinstance(prop, Node):  # an inverse
            prop, subject, value = prop.args[0], value, subject
        self._said(self.term(subject), str(self.term(prop)), self.term(value), notes)

    def negative(self, name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        target = OWL.targetValue if "Data" in name else OWL.targetIndividual
        node = self.blank()
        self.add(node, RDF.type, OWL.NegativePropertyAssertion)
        for part, arg in zip((OWL.assertionProperty, OWL.sourceIndividual, target), args, strict=True):
            self.add(node, part, self.term(arg))
        self._annotate(node, notes)

    def rule(self, _name: str, args: Sequence[Term], notes: Sequence[Node]) -> None:
        node = self.blank()
        self.add(node, RDF.type, SWRL.Imp)
        for part, side in zip((SWRL.body, SWRL.head), args, strict=True):
            assert isinstance(side, Node)
            atoms = [self._atom(atom) for atom in side.args if isinstance(atom, Node)]
            self.add(node, part, self.list_of(atoms, SWRL.AtomList))
        self._annotate(node, notes)

    def _atom(self, atom: Node) -> Blank:
        node = self.blank()
        if atom.name == "BuiltInAtom":
            self.add(node, RDF.type, SWRL.BuiltinAtom)
            self.add(node, SWRL.builtin, self.term(atom.args[0]))
            self.add(node, SWRL.arguments, self.list_of([self._argument(arg) for arg in atom.args[1:]]))
            return node
        kind, parts = ATOMS[atom.name]
        self.add(node, RDF.type, kind)
        for part, arg in zip(parts, atom.args, strict=True):
            self.add(node, part, self._argument(arg))
        return node

    def _argument(self, arg: Term) -> RdfNode:
        if isinstance(arg, Node) and arg.name == "Variable":
            variable = self.term(arg.args[0])
            self.add(variable, RDF.type, SWRL.Variable)
            return variable
        return self.term(arg)


_Write = Callable[[_Writer, str, Sequence[Term], Sequence[Node]], None]
_BY_NAME: dict[str, _Write] = {
    "Declaration": _Writer.declaration,
    **dict.fromkeys(_PAIRS, _Writer.pair),
    "SubObjectPropertyOf": _Writer.sub_property,
    **dict.fromkeys(_CHAINED, _Writer.chained),
    **dict.fromkeys(_DISJOINT, _Writer.disjoint),
    **dict.fromkeys(("DisjointUnion", "HasKey"), _Writer.listed),
    **dict.fromkeys(_CHARACTER, _Writer.character),
    "ClassAssertion": _Writer.class_assertion,
    "ObjectPropertyAssertion": _Writer.assertion,
    "DataPropertyAssertion": _Writer.assertion,
    "AnnotationAssertion": _Writer.assertion,
    "NegativeObjectPropertyAssertion": _Writer.negative,
    "NegativeDataPropertyAssertion": _Writer.negative,
    "DLSafeRule": _Writer.rule,
}

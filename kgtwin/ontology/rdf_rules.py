"""SWRL rules from a graph: https://www.w3.org/submissions/SWRL/#5.1, the RDF concrete syntax."""

from __future__ import annotations

from collections.abc import Iterator

from kgtwin.errors import OntologySyntaxError
from kgtwin.ontology.nodes import Node, Term
from kgtwin.ontology.rdf import RDF, RdfDocument
from kgtwin.ontology.rdf_expressions import ExpressionReader
from kgtwin.ontology.rdf_graph import Namespace, RdfNode

SWRL = Namespace("http://www.w3.org/2003/11/swrl#")
VOCABULARY = (SWRL.Variable, SWRL.AtomList, SWRL.Builtin)
"""Types that say nothing of their own."""

_PAIR = (SWRL.argument1, SWRL.argument2)
_ATOMS: dict[str, tuple[str, tuple[str, ...]]] = {
    SWRL.ClassAtom: ("ClassAtom", (SWRL.classPredicate, SWRL.argument1)),
    SWRL.DataRangeAtom: ("DataRangeAtom", (SWRL.dataRange, SWRL.argument1)),
    SWRL.IndividualPropertyAtom: ("ObjectPropertyAtom", (SWRL.propertyPredicate, *_PAIR)),
    SWRL.DatavaluedPropertyAtom: ("DataPropertyAtom", (SWRL.propertyPredicate, *_PAIR)),
    SWRL.SameIndividualAtom: ("SameIndividualAtom", _PAIR),
    SWRL.DifferentIndividualsAtom: ("DifferentIndividualsAtom", _PAIR),
}
ATOMS: dict[str, tuple[str, tuple[str, ...]]] = {name: (kind, parts) for kind, (name, parts) in _ATOMS.items()}
"""By the name of an atom: its type in RDF, and the properties of its arguments in order."""


class RuleReader:
    """Reads the ``swrl:Imp`` nodes of a document."""

    def __init__(self, document: RdfDocument, expressions: ExpressionReader) -> None:
        self.document, self.expressions = document, expressions
        self.variables = {s for s, _, _ in document.graph.typed(SWRL.Variable)}

    def rules(self) -> Iterator[tuple[RdfNode, Node]]:
        """Each rule's node in the graph and as ``DLSafeRule``.

        Raises:
            OntologySyntaxError: an atom of an unknown kind, or without one of its arguments.
        """
        for imp, _, _ in self.document.take_typed(SWRL.Imp):
            sides = (("Body", SWRL.body), ("Head", SWRL.head))
            yield imp, Node("DLSafeRule", tuple(Node(name, self._atoms(imp, part)) for name, part in sides))

    def _atoms(self, imp: RdfNode, part: str) -> tuple[Node, ...]:
        return tuple(self._atom(atom) for atom in self.document.items(self.document.value(imp, part)))

    def _atom(self, atom: RdfNode) -> Node:
        kinds = [kind for _, _, kind in self.document.take(atom, RDF.type)]
        if SWRL.BuiltinAtom in kinds:
            head = self.document.value(atom, SWRL.arguments)
            arguments = (self._argument(item) for item in self.document.items(head))
            return Node("BuiltInAtom", (self._part(atom, SWRL.builtin, "BuiltInAtom"), *arguments))
        kind = next((kind for kind in kinds if kind in _ATOMS), None)
        if kind is None:
            raise self._error("an atom of a rule has no known type", "swrl:ClassAtom or another of SWRL's atoms")
        name, parts = _ATOMS[kind]
        return Node(name, tuple(self._part(atom, part, name) for part in parts))

    def _part(self, atom: RdfNode, part: str, name: str) -> Term:
        found = self.document.value(atom, part)
        if found is None:
            raise self._error(f"a {name} lacks <{part}>", f"<{part}>")
        return self._argument(found)

    def _argument(self, node: RdfNode) -> Term:
        term = self.expressions.term(node)
        return Node("Variable", (term,)) if node in self.variables else term

    def _error(self, message: str, expected: str) -> OntologySyntaxError:
        return OntologySyntaxError(message, where=self.document.file, expected=expected)

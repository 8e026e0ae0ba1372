"""Frames of relations to axioms: https://owlcollab.github.io/oboformat/doc/obo-syntax.html, section 5."""

from __future__ import annotations

from kgtwin.model.axioms import (
    EquivalentObjectProperties,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    OtherAxiom,
    ReflexiveObjectProperty,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.ontology.obo_document import OboDocument, ReadClause
from kgtwin.ontology.obo_names import OBO
from kgtwin.ontology.obo_values import boolean, identifiers

_CHARACTERISTICS = {
    "is_symmetric": "SymmetricObjectProperty",
    "is_asymmetric": "AsymmetricObjectProperty",
    "is_functional": "FunctionalObjectProperty",
    "is_inverse_functional": "InverseFunctionalObjectProperty",
}
_PAIRS = {"disjoint_from": "DisjointObjectProperties", "inverse_of": "InverseObjectProperties"}
_REVERSIBLE = Annotation(OBO + "IAO_isReversiblePropertyChain", "true")


class Relations:
    """``[Typedef]`` frames; those that are metadata tags are annotation properties and say nothing more."""

    def __init__(self, document: OboDocument) -> None:
        self.document = document
        self.metadata_clauses: dict[str, ReadClause] = {
            **document.clauses,
            **dict.fromkeys(("is_a", "domain", "range", "is_transitive", "is_symmetric"), self._nothing),
        }
        self.clauses: dict[str, ReadClause] = {
            **document.clauses,
            **dict.fromkeys(("is_transitive", "is_reflexive", *_CHARACTERISTICS), self._characteristic),
            **dict.fromkeys(_PAIRS, self._pair),
            **dict.fromkeys(("holds_over_chain", "equivalent_to_chain"), self._chain),
            "is_a": self._is_a,
            "relationship": self._relationship,
            "equivalent_to": self._equivalent_to,
            "domain": self._domain,
            "range": self._range,
            "transitive_over": self._transitive_over,
        }

    def _nothing(self, _tag: str, _value: str, _line: int) -> None:
        """What a hierarchy of annotation properties says is not logical."""

    def _is_a(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        document = self.document
        document.add(SubObjectPropertyOf((document.subject,), document.names.iri(target)), line, qualifiers)

    def _relationship(self, tag: str, value: str, line: int) -> None:
        document = self.document
        (relation, target), _ = identifiers(value, 2, 2)
        if relation in document.metadata:
            document.annotate(Annotation(document.names.iri(relation), document.names.iri(target)))
        else:
            document.leave_out(tag, value, line)

    def _equivalent_to(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        document = self.document
        document.add(EquivalentObjectProperties((document.subject, document.names.iri(target))), line, qualifiers)

    def _pair(self, tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        pair = (self.document.subject, self.document.names.iri(target))
        self.document.result.declared.setdefault(pair[1], EntityKind.OBJECT_PROPERTY)
        construct = _PAIRS[tag]
        self.document.add(OtherAxiom(construct, f"{construct}(<{pair[0]}> <{pair[1]}>)", pair), line, qualifiers)

    def _characteristic(self, tag: str, value: str, line: int) -> None:
        document, relation = self.document, self.document.subject
        if not boolean(value):
            document.clauses["is_cyclic"](tag, value, line)
        elif tag == "is_transitive":
            document.add(TransitiveObjectProperty(relation), line)
        elif tag == "is_reflexive":
            document.add(ReflexiveObjectProperty(relation), line)
        else:
            construct = _CHARACTERISTICS[tag]
            document.add(OtherAxiom(construct, f"{construct}(<{relation}>)", (relation,)), line)

    def _domain(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        document = self.document
        document.add(ObjectPropertyDomain(document.subject, document.class_of(target)), line, qualifiers)

    def _range(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        document = self.document
        document.add(ObjectPropertyRange(document.subject, document.class_of(target)), line, qualifiers)

    def _transitive_over(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        document, relation = self.document, self.document.subject
        document.add(SubObjectPropertyOf((relation, document.names.iri(target)), relation), line, qualifiers)

    def _chain(self, tag: str, value: str, line: int) -> None:
        ids, qualifiers = identifiers(value, 2, 2)
        document = self.document
        axiom = SubObjectPropertyOf(tuple(map(document.names.iri, ids)), document.subject)
        document.add(axiom, line, qualifiers)
        if tag == "equivalent_to_chain":
            document.result.axiom_annotations.setdefault(axiom, []).append(_REVERSIBLE)

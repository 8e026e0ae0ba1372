"""Frames of terms and instances to axioms: https://owlcollab.github.io/oboformat/doc/obo-syntax.html, section 5."""

from __future__ import annotations

from typing import NamedTuple

from kgtwin.model.axioms import (
    Class,
    ClassAssertion,
    ClassExpression,
    DisjointClasses,
    EquivalentClasses,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
    ObjectUnionOf,
    SubClassOf,
)
from kgtwin.model.ontology import Annotation
from kgtwin.ontology.obo_document import OboDocument, ReadClause
from kgtwin.ontology.obo_values import Malformed, Qualifiers, identifiers, parts

_Junction = type[ObjectIntersectionOf] | type[ObjectUnionOf]


class _Definition(NamedTuple):
    """The ``intersection_of`` or ``union_of`` clauses of a term, wherever they stand."""

    line: int
    operands: list[ClassExpression]
    qualifiers: list[tuple[str, str]]


class Terms:
    """``finish`` writes the definitions, whose clauses may be spread over several frames."""

    def __init__(self, document: OboDocument, view: str | None) -> None:
        self.document, self.view = document, view
        self._definitions: dict[tuple[str, _Junction], _Definition] = {}
        self.clauses: dict[str, ReadClause] = {
            **document.clauses,
            "is_a": self._is_a,
            "relationship": self._relationship,
            "intersection_of": self._intersection_of,
            "union_of": self._union_of,
            "equivalent_to": self._equivalent_to,
            "disjoint_from": self._disjoint_from,
        }

    def finish(self) -> None:
        """Adds the definitions; one with a single clause is the class of that clause."""
        for (iri, junction), (line, operands, qualifiers) in self._definitions.items():
            whole = junction(tuple(operands)) if len(operands) > 1 else operands[0]
            self._equivalent(Class(iri), whole, line, tuple(qualifiers))

    def _equivalent(self, cls: ClassExpression, other: ClassExpression, line: int, qualifiers: Qualifiers) -> None:
        """``logical-definition-view-relation`` wraps what defines a class."""
        if self.view is not None and isinstance(cls, Class) and not isinstance(other, Class):
            other = ObjectSomeValuesFrom(self.document.names.iri(self.view), other)
        self.document.add(EquivalentClasses((cls, other)), line, qualifiers)

    def _subject(self, qualifiers: Qualifiers) -> ClassExpression:
        """The term; with ``gci_relation`` and ``gci_filler``, those of its instances that have the relation."""
        cls = self.document.subject_class
        if not qualifiers:
            return cls
        told = dict(qualifiers)
        if ("gci_relation" in told) != ("gci_filler" in told):
            raise Malformed("half of a general axiom", 'gci_relation="…" and gci_filler="…"')
        if "gci_relation" not in told:
            return cls
        return ObjectIntersectionOf((cls, self.document.restriction(told["gci_relation"], told["gci_filler"], ())))

    def _is_a(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        self.document.add(SubClassOf(self._subject(qualifiers), self.document.class_of(target)), line, qualifiers)

    def _relationship(self, _tag: str, value: str, line: int) -> None:
        document = self.document
        (relation, target), qualifiers = identifiers(value, 2, 2)
        if relation in document.metadata:
            document.annotate(Annotation(document.names.iri(relation), document.names.iri(target)))
            return
        restriction = document.restriction(relation, target, qualifiers)
        document.add(SubClassOf(self._subject(qualifiers), restriction), line, qualifiers)

    def _intersection_of(self, _tag: str, value: str, line: int) -> None:
        self._operand(ObjectIntersectionOf, value, line)

    def _union_of(self, _tag: str, value: str, line: int) -> None:
        self._operand(ObjectUnionOf, value, line)

    def _operand(self, junction: _Junction, value: str, line: int) -> None:
        document = self.document
        ids, qualifiers = identifiers(value, 1, 2)
        operand = document.class_of(ids[0]) if len(ids) == 1 else document.restriction(ids[0], ids[1], qualifiers)
        definition = self._definitions.setdefault((document.subject, junction), _Definition(line, [], []))
        definition.operands.append(operand)
        definition.qualifiers.extend(qualifiers)

    def _equivalent_to(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        pair = (self._subject(qualifiers), self.document.class_of(target))
        self.document.add(EquivalentClasses(pair), line, qualifiers)

    def _disjoint_from(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        pair = (self._subject(qualifiers), self.document.class_of(target))
        self.document.add(DisjointClasses(pair), line, qualifiers)


class Instances:
    """The OWL API drops instances; here they are assertions."""

    def __init__(self, document: OboDocument) -> None:
        self.document = document
        self.clauses: dict[str, ReadClause] = {
            **document.clauses,
            "instance_of": self._instance_of,
            "relationship": self._relationship,
            "property_value": self._property_value,
        }

    def _instance_of(self, _tag: str, value: str, line: int) -> None:
        (target,), qualifiers = identifiers(value, 1, 1)
        cls = self.document.class_of(target)
        self.document.add(ClassAssertion(self.document.subject, cls), line, qualifiers)

    def _relationship(self, _tag: str, value: str, line: int) -> None:
        document = self.document
        (relation, target), qualifiers = identifiers(value, 2, 2)
        name, other = document.names.iri(relation), document.names.iri(target)
        if relation in document.metadata:
            document.annotate(Annotation(name, other))
        else:
            document.add(ObjectPropertyAssertion(name, document.subject, other), line, qualifiers)

    def _property_value(self, tag: str, value: str, line: int) -> None:
        """Between two individuals it is a fact where the relation is one of the file's."""
        found, _ = parts(value)
        fact = len(found) == 2 and not found[1].quoted and found[0].text in self.document.relations
        (self._relationship if fact else self.document.clauses[tag])(tag, value, line)

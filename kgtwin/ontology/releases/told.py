"""What an ontology says of its classes without a reasoner: labels, told superclasses, what is deprecated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from kgtwin.model.axioms import Class, ClassExpression, EquivalentClasses, ObjectIntersectionOf, SubClassOf
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.vocabulary import DCTERMS, KGTWIN, OWL, RDFS_LABEL, SKOS

_IMPORTED = KGTWIN + "importedFrom"
_OTHER_NAMES = (RDFS_LABEL, SKOS + "altLabel", SKOS + "prefLabel")
_REPLACED = (DCTERMS + "isReplacedBy", "http://purl.obolibrary.org/obo/IAO_0100001")
_TAG = re.compile(r" \([a-z/ ]+\)$")
_MARKS = re.compile(r"[\s_]+")


def plain(text: str) -> str:
    """A name as names are compared: without case, doubled spaces and SNOMED CT's semantic tag.

    >>> plain("  Heart  failure (disorder)")
    'heart failure'
    """
    return _TAG.sub("", _MARKS.sub(" ", text).strip().casefold())


class Told:
    """An ontology, by what it says in so many words."""

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology

    def is_class(self, iri: str) -> bool:
        """Whether the ontology has a class that it did not merely take over from an import."""
        is_class = self.ontology.entities.get(iri) is EntityKind.CLASS
        return is_class and not self.ontology.values(iri, _IMPORTED)

    def is_deprecated(self, iri: str) -> bool:
        return self.ontology.value(iri, OWL + "deprecated") == "true"

    def successors(self, iri: str) -> tuple[str, ...]:
        """What a deprecated class says to use instead."""
        return tuple(value for prop in _REPLACED for value in self.ontology.values(iri, prop))

    def names(self, iri: str) -> frozenset[str]:
        """All names of a class, as names are compared."""
        return frozenset(plain(value) for prop in _OTHER_NAMES for value in self.ontology.values(iri, prop))

    @cached_property
    def parents(self) -> dict[str, frozenset[str]]:
        """The named superclasses that axioms state of each class."""
        found: dict[str, set[str]] = {}
        for axiom in self.ontology.axioms:
            for sub, sup in _told(axiom):
                found.setdefault(sub, set()).update(one.iri for one in _conjuncts(sup) if isinstance(one, Class))
        return {sub: frozenset(those) for sub, those in found.items()}

    def above(self, iri: str) -> frozenset[str]:
        """Every told superclass, and the class."""
        found = {iri}
        todo = [iri]
        while todo:
            new = self.parents.get(todo.pop(), frozenset()) - found
            found |= new
            todo += new
        return frozenset(found)

    @cached_property
    def by_name(self) -> dict[str, frozenset[str]]:
        """The classes of each name, deprecated ones left out."""
        found: dict[str, set[str]] = {}
        for iri in self.ontology.annotations:
            if self.is_class(iri) and not self.is_deprecated(iri):
                for name in self.names(iri):
                    found.setdefault(name, set()).add(iri)
        return {name: frozenset(those) for name, those in found.items()}

    def lifted(self, iri: str) -> str:
        """Our class of the same name directly above a code, which holds the code's kinds too; else the class itself."""
        ours = [
            parent
            for parent in self.parents.get(iri, ())
            if parent.startswith(KGTWIN) and self.names(parent) & self.names(iri)
        ]
        return ours[0] if len(ours) == 1 and not iri.startswith(KGTWIN) else iri


def _told(axiom: object) -> Iterator[tuple[str, ClassExpression]]:
    if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class):
        yield axiom.sub.iri, axiom.sup
    elif isinstance(axiom, EquivalentClasses):
        for one in axiom.operands:
            if isinstance(one, Class):
                yield from ((one.iri, other) for other in axiom.operands if other != one)


def _conjuncts(expression: ClassExpression) -> tuple[ClassExpression, ...]:
    return expression.operands if isinstance(expression, ObjectIntersectionOf) else (expression,)

"""What classes have to do with by any roles: a product's ingredients, what was in the past."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kgtwin.model.axioms import ClassExpression
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING


class Related:
    """The fillers of the roles of classes, and those of the fillers; each class is looked up once.

    ``named`` are the IRIs of the classes among fillers.
    """

    def __init__(
        self,
        ontology: Ontology,
        classification: Classification,
        named: Callable[[Iterable[str | ClassExpression]], frozenset[str]],
    ) -> None:
        self._classification, self._named = classification, named
        self._classes = frozenset(classification.classes) - {OWL_THING, OWL_NOTHING}
        self._roles = [iri for iri, kind in ontology.entities.items() if kind is EntityKind.OBJECT_PROPERTY]
        self._found: dict[str, frozenset[str]] = {}

    def of(self, iri: str) -> frozenset[str]:
        """The classes that a known class has to do with, itself only where it leads back to it."""
        found = self._found.get(iri)
        if found is None:
            seen, todo = set[str](), [iri]
            while todo:
                one = todo.pop()
                fillers = (node for role in self._roles for node in self._classification.successors(one, role))
                new = (self._named(fillers) & self._classes) - seen
                seen |= new
                todo += new
            found = self._found[iri] = frozenset(seen)
        return found

"""Edits taken back: what an ontology would be without some of the edits that made it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kgtwin.errors import InconsistentOntologyError, OntologyError
from kgtwin.inference import Knowledge
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import Annotation, EntityKind, Ontology
from kgtwin.ontology.signature import used
from kgtwin.reasoning import classify
from kgtwin.workbench.differences import AnnotationEdit, Asserted, AxiomEdit
from kgtwin.workbench.inferred import Reasoned
from kgtwin.workbench.structural import mentions, normal

_LARGE = 20_000
"""From so many axioms on, an ontology is not classified afresh for an edit. (Classes stay known then.)"""
ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class Edit(msgspec.Struct, frozen=True):
    """One edit, whatever it is of: an axiom ``added`` or ``removed``, an annotation ``changed``."""

    action: str
    what: AxiomEdit | AnnotationEdit

    @property
    def place(self) -> str | None:
        """File and line."""
        return self.what.place

    def touches(self, names: frozenset[str]) -> bool:
        """Whether it is about any of some entities."""
        if isinstance(self.what, AnnotationEdit):
            return self.what.subject in names
        return bool(mentions(self.what.axiom) & names)


def edits_of(found: Asserted) -> tuple[Edit, ...]:
    """All edits that can change what is inferred, in their order; annotations of axioms and ontologies cannot."""
    return (
        *(Edit(ADDED, one) for one in found.added),
        *(Edit(REMOVED, one) for one in found.removed),
        *(Edit(CHANGED, one) for one in found.annotations if "(" not in one.subject),
    )


class Undoing:
    """The later knowledge, and what it would be with some edits undone."""

    def __init__(self, one: Reasoned, other: Reasoned) -> None:
        self.before, self.after = knowledge_of(one), knowledge_of(other)
        self._one, self._other = one.version.ontology, other.version.ontology
        self._names = other.version.names
        self._made: dict[frozenset[Edit], Knowledge | None] = {frozenset(): self.after}

    def without(self, edits: frozenset[Edit]) -> Knowledge | None:
        """The later knowledge without some edits; None where that has no model, or is no knowledge."""
        if edits not in self._made:
            try:
                self._made[edits] = self._make(edits)
            except (InconsistentOntologyError, OntologyError):
                self._made[edits] = None
        return self._made[edits]

    def _make(self, edits: frozenset[Edit]) -> Knowledge:
        gone = {normal(axiom, self._names) for axiom in _axioms(edits, ADDED)}
        back = _axioms(edits, REMOVED)
        removed = [axiom for axiom in self._other.axioms if gone and normal(axiom, self._names) in gone]
        axioms = (*(axiom for axiom in self._other.axioms if axiom not in set(removed)), *back)
        ontology = msgspec.structs.replace(
            self._other,
            axioms=axioms,
            entities=self._entities(axioms),
            annotations=_annotations(self._other, edits),
            origins={**{axiom: self._one.origins[axiom] for axiom in back}, **self._other.origins},
        )
        if len(axioms) > _LARGE:
            return Knowledge(ontology, self.after.classification.change(back, removed))
        classes = (iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS)
        return Knowledge(ontology, classify(axioms, classes=classes))

    def _entities(self, axioms: Iterable[Axiom]) -> dict[str, EntityKind]:
        """What is still there or comes back: an entity that only the edits have goes with them."""
        there = used(axioms)
        kept = {iri: kind for iri, kind in self._other.entities.items() if iri in there or iri in self._one.entities}
        return {**there, **kept}


def knowledge_of(reasoned: Reasoned) -> Knowledge:
    """What inference reads out of a version.

    Raises:
        OntologyError: it has no model, or a statement's annotations are wrong.
    """
    side = reasoned.version.side
    if reasoned.classification is None:
        raise InconsistentOntologyError(
            "the ontology is inconsistent: no issue can be inferred",
            where=side.name,
            expected="a model to exist",
            remedy="see `kgtwin ontology explain` for why",
        )
    try:
        return Knowledge(reasoned.version.ontology, reasoned.classification)
    except OntologyError as error:
        error.where = f"{side.name}: {error.where}" if error.where else side.name
        raise


def _axioms(edits: Iterable[Edit], action: str) -> tuple[Axiom, ...]:
    return tuple(one.what.axiom for one in edits if isinstance(one.what, AxiomEdit) and one.action == action)


def _annotations(ontology: Ontology, edits: Iterable[Edit]) -> dict[str, tuple[Annotation, ...]]:
    """The annotations with some edits undone, each in the place of what it replaced."""
    found = dict(ontology.annotations)
    for edit in edits:
        if isinstance(edit.what, AnnotationEdit):
            one = edit.what
            notes = list(found.get(one.subject, ()))
            place = notes.index(one.after) if one.after in notes else len(notes)
            notes[place : place + (one.after in notes)] = [one.before] if one.before is not None else []
            found[one.subject] = tuple(notes)
    return found

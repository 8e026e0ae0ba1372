"""Edits, and what knowledge would be with some of them only."""

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
_KEPT = 400_000
"""Axioms of the variants that are kept, those used last (about half a gigabyte)."""
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
        *(Edit(CHANGED, one) for one in found.annotations if not one.on_axiom),
    )


class Variants:
    """Knowledge between two versions: the later one with some edits undone, the earlier one with some edits made."""

    def __init__(self, one: Reasoned, other: Reasoned, edits: Iterable[Edit]) -> None:
        self.before, self.after = knowledge_of(one), knowledge_of(other)
        self._one, self._other = one.version, other.version
        self._every = frozenset(edits)
        self._known: dict[tuple[bool, frozenset[Edit]], Knowledge | None] = {}

    def undone(self, edits: frozenset[Edit]) -> Knowledge | None:
        """The later knowledge without some edits; None where that has no model, or is no knowledge."""
        return self._variant(False, edits)

    def made(self, edits: frozenset[Edit]) -> Knowledge | None:
        """The earlier knowledge with some edits; None where that has no model, or is no knowledge."""
        return self._variant(True, edits)

    def _variant(self, make: bool, edits: frozenset[Edit]) -> Knowledge | None:
        base, end = (self.before, self.after) if make else (self.after, self.before)
        if not edits or edits == self._every:
            return end if edits else base
        key = make, edits
        found = self._known.pop(key) if key in self._known else self._tried(make, edits, base)
        if (len(self._known) + 1) * len(self._other.ontology.axioms) > _KEPT and self._known:
            del self._known[next(iter(self._known))]
        self._known[key] = found
        return found

    def _tried(self, make: bool, edits: frozenset[Edit], base: Knowledge) -> Knowledge | None:
        try:
            return self._edited(make, edits, base)
        except OntologyError:
            return None

    def _edited(self, make: bool, edits: frozenset[Edit], base: Knowledge) -> Knowledge:
        version, end = (self._one, self._other) if make else (self._other, self._one)
        out, into = (REMOVED, ADDED) if make else (ADDED, REMOVED)
        keys = {normal(axiom, version.names) for axiom in _axioms(edits, out)}
        gone = {axiom for axiom in version.ontology.axioms if keys and normal(axiom, version.names) in keys}
        new = _axioms(edits, into)
        axioms = (*(axiom for axiom in version.ontology.axioms if axiom not in gone), *new)
        annotations = _annotations(version.ontology, edits, make)
        ontology = msgspec.structs.replace(
            version.ontology,
            axioms=axioms,
            entities=_entities(axioms, annotations, version.ontology, end.ontology),
            annotations=annotations,
            origins={**{axiom: end.ontology.origins[axiom] for axiom in new}, **version.ontology.origins},
        )
        if len(axioms) > _LARGE:
            return Knowledge(ontology, base.classification.change(new, gone))
        classes = (iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS)
        return Knowledge(ontology, classify(axioms, classes=classes))


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


def _annotations(ontology: Ontology, edits: Iterable[Edit], make: bool) -> dict[str, tuple[Annotation, ...]]:
    """The annotations with some edits made or undone, each in the place of what it replaces."""
    found = dict(ontology.annotations)
    for edit in edits:
        if isinstance(edit.what, AnnotationEdit):
            old, new = (edit.what.before, edit.what.after) if make else (edit.what.after, edit.what.before)
            notes = list(found.get(edit.what.subject, ()))
            place = notes.index(old) if old in notes else len(notes)
            notes[place : place + (old in notes)] = [new] if new is not None else []
            found[edit.what.subject] = tuple(notes)
    return found


def _entities(
    axioms: Iterable[Axiom], annotations: dict[str, tuple[Annotation, ...]], base: Ontology, end: Ontology
) -> dict[str, EntityKind]:
    """What axioms use or annotations tell of, and what both versions declare."""
    declared = {**end.entities, **base.entities}
    both = base.entities.keys() & end.entities.keys()
    kept = {iri: kind for iri, kind in declared.items() if iri in both or annotations.get(iri)}
    return {**used(axioms), **kept}

"""What was asserted on one side and not on the other: axioms, annotations, entities, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import Annotation, Ontology
from kgtwin.model.owl_text import render
from kgtwin.ontology.digest import content_hash
from kgtwin.ontology.loader import load
from kgtwin.ontology.signature import used
from kgtwin.workbench.places import Places
from kgtwin.workbench.revisions import Side
from kgtwin.workbench.structural import anonymous_names, normal, normal_axioms, renamed_note


class Version(msgspec.Struct, frozen=True, dict=True):
    """One side, loaded; ``names`` are those of its anonymous individuals on either side."""

    side: Side
    ontology: Ontology
    names: dict[str, str]

    @staticmethod
    def of(side: Side) -> Version:
        """Load a side.

        Raises:
            OntologyError: a file cannot be read or parsed, or an import is missing.
        """
        ontology = load(side.file)
        return Version(side, ontology, anonymous_names(ontology))

    @cached_property
    def axioms(self) -> dict[Axiom, Axiom]:
        """The axioms by their normal form."""
        return normal_axioms(self.ontology, self.names)

    def edit(self, axiom: Axiom) -> AxiomEdit:
        """An axiom of this side as an edit."""
        place = self.side.place(self.ontology.origins.get(axiom))
        return AxiomEdit(axiom, abbreviated(axiom), place, _subject(axiom))


class AxiomEdit(msgspec.Struct, frozen=True):
    """An axiom that one side has: in functional syntax, its ``file:line``, the entity that it is about."""

    axiom: Axiom
    text: str
    place: str | None
    subject: str | None


class AnnotationEdit(msgspec.Struct, frozen=True, kw_only=True):
    """An annotation that was added (no ``before``), removed (no ``after``) or changed; ``place`` is where it stands.

    ``subject`` is the IRI of an entity or ontology; of an annotated axiom (``on_axiom``), its text.
    """

    subject: str
    property: str
    before: Annotation | None
    after: Annotation | None
    place: str | None
    on_axiom: bool = False


class EntityEdit(msgspec.Struct, frozen=True, kw_only=True):
    """An entity that only one side declares or uses."""

    iri: str
    kind: str
    added: bool
    place: str | None


class Asserted(msgspec.Struct, frozen=True):
    """All asserted changes, in a stable order: by file, subject and text."""

    added: tuple[AxiomEdit, ...]
    removed: tuple[AxiomEdit, ...]
    annotations: tuple[AnnotationEdit, ...]
    entities: tuple[EntityEdit, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.annotations or self.entities)


def asserted(one: Version, other: Version) -> Asserted:
    """The edits that lead from one version to the other; their files are read again for the places of annotations."""
    before, after = one.axioms, other.axioms
    where = _Where(one), _Where(other)
    for each, files in zip(where, _changed_files(one, other), strict=True):
        each.files = files
    return Asserted(
        added=_edits(other, (axiom for key, axiom in after.items() if key not in before)),
        removed=_edits(one, (axiom for key, axiom in before.items() if key not in after)),
        annotations=tuple(sorted(_annotations(one, other, where), key=_annotation_order)),
        entities=tuple(sorted(_entities(one, other, where), key=lambda edit: (edit.kind, edit.iri))),
    )


def label(one: Version, other: Version, iri: str) -> str:
    """An entity's label in the later version, else in the earlier one."""
    version = other if iri in other.ontology.annotations else one
    return version.ontology.label(iri)


def abbreviated(axiom: Axiom) -> str:
    """Functional syntax with the IRIs of known stems as CURIEs, operands in the order in which they were written."""
    return shortened(render(axiom))


def shortened(text: str) -> str:
    """The IRIs of known stems in functional syntax as CURIEs.

    >>> shortened("SubClassOf(<http://snomed.info/id/22298006> <http://example.org/x>)")
    'SubClassOf(snomed:22298006 <http://example.org/x>)'
    """
    parts = text.split('"')
    return '"'.join(part if number % 2 else _curies(part) for number, part in enumerate(parts))


def _curies(text: str) -> str:
    pieces = text.split("<")
    return pieces[0] + "".join(map(_curie, pieces[1:]))


def _curie(piece: str) -> str:
    iri, closed, rest = piece.partition(">")
    name = to_curie(iri)
    return f"<{piece}" if not closed or name == iri else name + rest


def _subject(axiom: Axiom) -> str | None:
    """The entity that an axiom is about: the class that it defines, its subclass, its property, its individual."""
    match axiom:
        case owl.EquivalentClasses(operands) | owl.DisjointClasses(operands):
            named = [one.iri for one in operands if isinstance(one, owl.Class)]
        case owl.SubObjectPropertyOf(_, sup):
            named = [sup]
        case _:
            named = []
    return next(iter(named or used([axiom])), None)


def _edits(version: Version, axioms: Iterable[Axiom]) -> tuple[AxiomEdit, ...]:
    return tuple(sorted(map(version.edit, axioms), key=edit_order))


def edit_order(edit: AxiomEdit) -> tuple[str, str, str]:
    """By file, subject and text."""
    file = (edit.place or "").rpartition(":")[0]
    return file, edit.subject or "", edit.text


def _annotation_order(edit: AnnotationEdit) -> tuple[str, str, str, str]:
    file = (edit.place or "").rpartition(":")[0]
    return file, edit.subject, edit.property, repr((edit.before, edit.after))


# places of annotations and declarations


class _Where:
    """Looks for the places of a version's annotations in the files that the other one does not have as they are."""

    def __init__(self, version: Version) -> None:
        self.version, self.files = version, tuple[str, ...]()
        self._places: Places | None = None

    def annotation(self, subject: str, note: Annotation) -> str | None:
        return self.version.side.place(self._all().annotation(subject, note))

    def declaration(self, iri: str) -> str | None:
        return self.version.side.place(self._all().declaration(iri))

    def _all(self) -> Places:
        self._places = self._places or Places(self.files)
        return self._places


def _changed_files(one: Version, other: Version) -> tuple[tuple[str, ...], tuple[str, ...]]:
    contents = [{file: _hash(file) for file in each.ontology.files} for each in (one, other)]
    shared = set(contents[0].values()) & set(contents[1].values())
    first, second = (tuple(file for file, content in each.items() if content not in shared) for each in contents)
    return first, second


def _hash(file: str) -> bytes:
    return content_hash(Path(file).read_bytes())


# annotations


def _annotations(one: Version, other: Version, where: tuple[_Where, _Where]) -> Iterator[AnnotationEdit]:
    before, after = _notes(one), _notes(other)
    for subject in dict.fromkeys((*before, *after)):
        for pair in _paired(before.get(subject, ()), after.get(subject, ())):
            old, new = pair
            found = new or old
            assert found is not None
            looked = where[new is not None]
            name = looked.version.names.get(subject, subject)
            yield AnnotationEdit(
                subject=name, property=found.property, before=old, after=new, place=looked.annotation(subject, found)
            )
    yield from _of_axioms(one, other)


def _notes(version: Version) -> dict[str, tuple[Annotation, ...]]:
    names = version.names
    notes = version.ontology.annotations.items()
    return {names.get(iri, iri): tuple(renamed_note(note, names) for note in found) for iri, found in notes}


def _paired(
    before: tuple[Annotation, ...], after: tuple[Annotation, ...]
) -> Iterator[tuple[Annotation | None, Annotation | None]]:
    """What was removed and what was added; of one property (and language, if that helps) together as a change."""
    removed = [note for note in before if note not in after]
    added = [note for note in after if note not in before]
    for name in sorted({note.property for note in (*removed, *added)}):
        old = sorted((note for note in removed if note.property == name), key=_note_order)
        new = sorted((note for note in added if note.property == name), key=_note_order)
        yield from zip_longest(old, new)


def _note_order(note: Annotation) -> tuple[str, str]:
    return note.language or "", note.value


def _of_axioms(one: Version, other: Version) -> Iterator[AnnotationEdit]:
    """The annotations of axioms that both sides have; those of others are part of the axiom's edit."""
    sides = [_axiom_notes(each) for each in (one, other)]
    kept = one.axioms.keys() & other.axioms.keys()
    for key in dict.fromkeys((*sides[0], *sides[1])):
        if key in kept:
            pairs = _paired(*(side[key][1] if key in side else () for side in sides))
            for old, new in pairs:
                found = new or old
                assert found is not None
                version, side = (other, sides[1]) if new is not None else (one, sides[0])
                edit = version.edit(side[key][0])
                yield AnnotationEdit(
                    subject=edit.text, property=found.property, before=old, after=new, place=edit.place, on_axiom=True
                )


def _axiom_notes(version: Version) -> dict[Axiom, tuple[Axiom, tuple[Annotation, ...]]]:
    found = version.ontology.axiom_annotations.items()
    return {normal(axiom, version.names): (axiom, notes) for axiom, notes in found}


# entities


def _entities(one: Version, other: Version, where: tuple[_Where, _Where]) -> Iterator[EntityEdit]:
    for version, against, added in ((one, other, False), (other, one, True)):
        for iri, kind in version.ontology.entities.items():
            known: Mapping[str, object] = against.ontology.entities
            if iri not in known and not iri.startswith("_:"):
                yield EntityEdit(iri=iri, kind=kind.value, added=added, place=where[added].declaration(iri))

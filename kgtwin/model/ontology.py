"""A loaded ontology: axioms, where each stands, and what is annotated."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kgtwin.model.axioms import Axiom
from kgtwin.model.caveat import Caveat
from kgtwin.vocabulary import RDFS_LABEL


class EntityKind(StrEnum):
    CLASS = "Class"
    OBJECT_PROPERTY = "ObjectProperty"
    DATA_PROPERTY = "DataProperty"
    ANNOTATION_PROPERTY = "AnnotationProperty"
    NAMED_INDIVIDUAL = "NamedIndividual"
    DATATYPE = "Datatype"


class Annotation(msgspec.Struct, frozen=True, gc=False):
    """``value`` is the literal's text or an IRI; ``language`` and ``datatype`` as written."""

    property: str
    value: str
    language: str | None = None
    datatype: str | None = None


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where an axiom stands. ``line`` is None for formats without line numbers."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Ontology(msgspec.Struct, frozen=True, kw_only=True):
    """A closure of ontologies (the root and all that it imports), as one value.

    ``entities`` are the declared or used entities; ``annotations`` maps an entity to its annotations in file order;
    ``axiom_annotations`` those on axioms; ``origins`` maps an axiom to where it stands; ``digest`` identifies the
    content, whatever the file names; ``version`` is the root's ``owl:versionInfo`` or the digest's first 12 characters.
    """

    iri: str | None
    version: str
    axioms: tuple[Axiom, ...]
    entities: dict[str, EntityKind]
    annotations: dict[str, tuple[Annotation, ...]]
    origins: dict[Axiom, Origin]
    digest: str
    files: tuple[str, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    axiom_annotations: dict[Axiom, tuple[Annotation, ...]] = {}

    def label(self, iri: str) -> str:
        """The first ``rdfs:label`` (English first), else the IRI's last part."""
        labels = [a for a in self.annotations.get(iri, ()) if a.property == RDFS_LABEL]
        labels.sort(key=lambda a: a.language not in (None, "en"))
        return labels[0].value if labels else iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]

    def values(self, iri: str, prop: str) -> tuple[str, ...]:
        """The values of one annotation property on an entity, in file order."""
        return tuple(a.value for a in self.annotations.get(iri, ()) if a.property == prop)

    def value(self, iri: str, prop: str) -> str | None:
        """The first value of an annotation property, or None."""
        return next(iter(self.values(iri, prop)), None)

"""The part of the classified knowledge that the graph shows beside patients."""

from __future__ import annotations

import msgspec


class KnowledgeConcept(msgspec.Struct, frozen=True):
    """A concept (CURIE), its label, and its direct super-concepts (CURIEs)."""

    concept: str
    label: str
    parents: tuple[str, ...] = ()


class KnowledgeRole(msgspec.Struct, frozen=True):
    """A role edge between concepts: ``product hasActiveIngredient substance`` (CURIEs)."""

    subject: str
    property: str
    object: str


class KnowledgeGraph(msgspec.Struct, frozen=True):
    """The taxonomy at one version."""

    version: str
    digest: str
    concepts: tuple[KnowledgeConcept, ...]
    roles: tuple[KnowledgeRole, ...] = ()

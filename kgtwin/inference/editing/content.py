"""What an ontology says, as far as an answer about a patient can depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.analytes import CANONICAL_UNIT, MULTIPLE_OF
from kgtwin.inference.knowledge.rules import Rule
from kgtwin.inference.knowledge.statements import definitions
from kgtwin.model.axioms import Axiom, EquivalentClasses
from kgtwin.model.caveat import Caveat
from kgtwin.model.ontology import Annotation, EntityKind


class Content(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Axioms, entities, their annotations, and what is read out of all of them together.

    ``doubts`` is what the reasoner did not use, by statement, ``unused`` the rules of SWRL that it cannot run.
    ``rules`` are the clinical rules by IRI, ``below`` what lies below the medicines of untreated indications,
    ``local`` the ingredients that may be given locally.

    Where an axiom stands, and what its file looks like, is no part of it.
    """

    version: str
    axioms: tuple[Axiom, ...]
    entities: dict[str, EntityKind]
    annotations: dict[str, tuple[Annotation, ...]]
    doubts: dict[str, tuple[Caveat, ...]] = {}
    unused: tuple[Caveat, ...] = ()
    rules: dict[str, Rule] = {}
    below: dict[str, frozenset[str]] = {}
    local: frozenset[str] = frozenset()

    @cached_property
    def definitions(self) -> dict[str, EquivalentClasses]:
        """The axiom that defines a class: the first, where there are several."""
        return definitions(self.axioms)

    @cached_property
    def analytes(self) -> frozenset[str]:
        """Classes of results with a unit."""
        return frozenset(iri for iri, notes in self.annotations.items() if _has(notes, CANONICAL_UNIT))

    @cached_property
    def multiples(self) -> frozenset[tuple[str, str]]:
        """Analytes that are another one's value as a multiple of its upper limit, with that one."""
        return frozenset(self._multiples())

    def _multiples(self) -> Iterator[tuple[str, str]]:
        for iri in self.analytes:
            yield from ((iri, note.value) for note in self.annotations[iri] if note.property == MULTIPLE_OF)


def content_of(knowledge: Knowledge) -> Content:
    """What a knowledge says."""
    ontology = knowledge.ontology
    doubts = (
        {iri: knowledge.caveats_of(iri) for iri in knowledge.statements} if knowledge.classification.caveats else {}
    )
    medicines = {iri for rule in knowledge.rules.care_gaps for iri in rule.medicines}
    return Content(
        version=knowledge.version,
        axioms=ontology.axioms,
        entities=ontology.entities,
        annotations=ontology.annotations,
        doubts={iri: found for iri, found in doubts.items() if found},
        unused=knowledge.unused_rules,
        rules={rule.iri: rule for rule in knowledge.rules},
        below={iri: knowledge.classification.descendants(iri) for iri in medicines if iri in knowledge.classes},
        local=knowledge.local_ingredients | knowledge.local_classes,
    )


def _has(notes: tuple[Annotation, ...], prop: str) -> bool:
    return any(note.property == prop for note in notes)

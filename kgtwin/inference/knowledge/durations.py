"""How long conditions last at the longest, as the ontology annotates their classes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge.roles import span
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.ontology import Ontology
from kgtwin.reasoning import Classification
from kgtwin.vocabulary import (
    CLINICAL_CONDITION,
    FAMILY_HISTORY_OF_DISORDER,
    HISTORY_OF_DISORDER,
    SUSPECTED_DISORDER,
)

LONGEST_DURATION: Final = "longestDuration"
SITUATIONS: Final = (HISTORY_OF_DISORDER, FAMILY_HISTORY_OF_DISORDER, SUSPECTED_DISORDER)
"""Of a condition with several codes those that say one of these count, if any does, and not the disorders beside it."""


class Longest(NamedTuple):
    """The longest time for which a condition of a class (``iri``) lasts."""

    span: timedelta
    iri: str
    label: str

    @property
    def text(self) -> str:
        """In words.

        >>> Longest(timedelta(days=322), "https://w3id.org/kgtwin/ontology#Pregnancy", "Pregnancy").text
        '“Pregnancy” lasts 322 days (46 weeks) at most'
        """
        days = self.span.days
        length = f"{days} days" if days > 1 else f"{self.span // timedelta(hours=1)} hours"
        weeks = f" ({days // 7} weeks)" if days > 7 and self.span == timedelta(weeks=days // 7) else ""
        return f"“{self.label}” lasts {length}{weeks} at most"


class Durations(msgspec.Struct, frozen=True):
    """``by_concept`` has what limits each class (by its CURIE), ``situations`` the classes below `SITUATIONS`."""

    by_concept: dict[str, tuple[Longest, ...]] = {}
    situations: frozenset[str] = frozenset()

    def of(self, fact: Fact) -> Longest | None:
        """How long a condition lasts at the longest; None where nothing says so, and of what is no condition."""
        found = self.limits(fact)
        return found[0] if found else None

    def limits(self, fact: Fact) -> tuple[Longest, ...]:
        """All that limits how long a condition lasts, the shortest first."""
        if fact.kind is not FactKind.CONDITION or not self.by_concept:
            return ()
        concepts = fact.code.concepts
        if self.by_concept.keys().isdisjoint(concepts):
            return ()
        counted = [one for one in concepts if one in self.situations] or concepts
        return tuple(sorted({limit for one in counted for limit in self.by_concept.get(one, ())}))


def durations(ontology: Ontology, classification: Classification) -> Durations:
    """What classes with a ``:longestDuration`` say of themselves and of those below them.

    Raises:
        OntologyError: if one is no condition, or says no duration above zero.
    """
    found: dict[str, list[Longest]] = {}
    for one in _annotated(ontology, classification):
        same = (one.iri, *classification.equivalents(one.iri))
        for iri in {*same, *classification.descendants(one.iri)}:
            found.setdefault(to_curie(iri), []).append(one)
    kinds = [kind for kind in SITUATIONS if found and kind in classification.classes]
    situations = {iri for kind in kinds for iri in (kind, *classification.descendants(kind))}
    return Durations({one: tuple(limits) for one, limits in found.items()}, frozenset(map(to_curie, situations)))


def _annotated(ontology: Ontology, classification: Classification) -> list[Longest]:
    """The classes that are annotated, the shortest first."""
    known = [(iri, span(ontology, iri, LONGEST_DURATION)) for iri in ontology.annotations]
    found = sorted(Longest(length, iri, ontology.label(iri)) for iri, length in known if length is not None)
    for one in found:
        placed = one.iri in classification.classes and CLINICAL_CONDITION in classification.classes
        if not (placed and classification.is_subclass_of(one.iri, CLINICAL_CONDITION)):
            raise OntologyError(
                f"has a {LONGEST_DURATION} and is no ClinicalCondition",
                where=to_curie(one.iri),
                expected="a class below ClinicalCondition",
                remedy="place the class below it, or take the annotation away",
            )
        if one.span <= timedelta():
            raise OntologyError(
                f"{LONGEST_DURATION} is no time at all",
                where=to_curie(one.iri),
                expected="a duration above zero, such as P322D",
            )
    return found

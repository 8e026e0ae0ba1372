"""How the ontology says that something is not there: what a code states, and which codes are as wide as a class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from kgtwin.errors import OntologyError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.equations.definitions import Criterion, criterion
from kgtwin.inference.equations.formulas import FormulaError
from kgtwin.model.ontology import Ontology
from kgtwin.vocabulary import kgtwin

FIRST_DEGREE: Final = kgtwin("FirstDegreeRelative")
STATES_ABSENCE_OF: Final = kgtwin("statesAbsenceOf")
COVERED_BY: Final = kgtwin("coveredBy")


class Closing(msgspec.Struct, frozen=True):
    """``stated``: by class, what its presence denies. ``covers``: by class, sets of classes that together are as wide.

    ``near`` are codes (``code of system``) of first-degree relatives.
    """

    stated: Mapping[str, tuple[Criterion, ...]]
    covers: Mapping[str, tuple[tuple[str, ...], ...]]
    near: frozenset[str]


def closing_of(ontology: Ontology) -> Closing:
    """What ``:statesAbsenceOf``, ``:coveredBy`` and ``:relationshipCode`` say.

    Raises:
        OntologyError: if one of them cannot be read.
    """
    stated: dict[str, tuple[Criterion, ...]] = {}
    covers: dict[str, tuple[tuple[str, ...], ...]] = {}
    for iri, found in ontology.annotations.items():
        for one in found:
            if one.property == STATES_ABSENCE_OF:
                stated[iri] = (*stated.get(iri, ()), _criterion(iri, one.value))
            elif one.property == COVERED_BY:
                covers[iri] = (*covers.get(iri, ()), tuple(map(to_iri, one.value.split())))
    return Closing(stated, covers, frozenset(ontology.values(FIRST_DEGREE, kgtwin("relationshipCode"))))


def _criterion(iri: str, text: str) -> Criterion:
    try:
        return criterion(text)
    except FormulaError as error:
        text = f"statesAbsenceOf {text!r}: {error.problem}"
        raise OntologyError(text, where=to_curie(iri), expected=error.expected) from None

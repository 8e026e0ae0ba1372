"""The roles that facts fill, as far as the ontology annotates them."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

import msgspec

from kgtwin.errors import InvalidResourceError, OntologyError
from kgtwin.identifiers import to_curie
from kgtwin.model.ontology import Ontology
from kgtwin.model.time import duration
from kgtwin.vocabulary import HAS_LATEST_RESULT, TAKES_NOW, TOOK_EVER, kgtwin


class Roles(msgspec.Struct, frozen=True, dict=True):
    """``wash_outs``: how long ago a medicine may have ended that still fills a role, the shortest first.

    ``persistent``: for a role of results that last, how far apart the first and the last result at least are.
    """

    wash_outs: dict[str, timedelta]
    persistent: dict[str, timedelta]

    @cached_property
    def medicines(self) -> frozenset[str]:
        """The roles that a medicine fills."""
        return frozenset({TAKES_NOW, TOOK_EVER, *self.wash_outs})

    @cached_property
    def results(self) -> frozenset[str]:
        """The roles that a result fills."""
        return frozenset({HAS_LATEST_RESULT, *self.persistent})


def roles_of(ontology: Ontology) -> Roles:
    """The roles with ``:within`` and ``:persistsFor``.

    Raises:
        OntologyError: if one of these is no duration.
    """
    return Roles(_annotated(ontology, "within"), _annotated(ontology, "persistsFor"))


def _annotated(ontology: Ontology, name: str) -> dict[str, timedelta]:
    found = {iri: span(ontology, iri, name) for iri in ontology.annotations}
    known = [(length, iri) for iri, length in found.items() if length is not None]
    return {iri: length for length, iri in sorted(known)}


def span(ontology: Ontology, iri: str, name: str) -> timedelta | None:
    """The duration that an entity is annotated with, if it is.

    Raises:
        OntologyError: if it is no duration.
    """
    text = ontology.value(iri, kgtwin(name))
    if text is None:
        return None
    try:
        return duration(text)
    except InvalidResourceError as error:
        raise OntologyError(
            f"{name} is {text!r}", where=to_curie(iri), expected=error.expected, remedy="write a duration"
        ) from None

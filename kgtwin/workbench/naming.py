"""Finds entities by what people call them: an IRI, a CURIE, a label, the last part of an IRI."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property

from kgtwin.identifiers import to_curie
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.vocabulary import PREFIXES, RDFS_LABEL, SKOS

_LABELS = (RDFS_LABEL, SKOS + "prefLabel", SKOS + "altLabel")


class Entities:
    """The entities of an ontology by name; a name that stands for several is refused, with those it may mean."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    def __call__(self, name: str, kinds: tuple[EntityKind, ...]) -> tuple[str, EntityKind] | str:
        """The IRI and the kind of what is called so; or why there is none."""
        every = self._ontology.entities
        found = [iri for iri in self._candidates(name) if every.get(iri) in kinds]
        exact = [iri for iri in found if _last(iri) == name.lstrip(":")]
        found = exact if len(exact) == 1 else found
        if len(found) == 1:
            return found[0], every[found[0]]
        if found:
            return f"{name!r} may be " + " or ".join(to_curie(iri) for iri in found[:5])
        near = get_close_matches(name.lower(), self._by_name, 3, 0.75) if len(self._by_name) < 100_000 else []
        hint = f"; did you mean {' or '.join(repr(self._written(one)) for one in near)}?" if near else ""
        return f"nothing is called {name!r}{hint}"

    def _candidates(self, name: str) -> Iterable[str]:
        bare = name.strip("<>")
        prefix, colon, local = bare.partition(":")
        iri = PREFIXES[prefix] + local if colon and prefix in PREFIXES else bare
        if iri in self._ontology.entities:
            return (iri,)
        return self._by_name.get(name.lower(), ()) or self._by_name.get(bare.lstrip(":").lower(), ())

    def _written(self, name: str) -> str:
        iri = self._by_name[name][0]
        return self._ontology.label(iri) if self._ontology.label(iri).lower() == name else to_curie(iri)

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        """By label and by last part, in lower case."""
        found: dict[str, dict[str, None]] = {}
        for iri in self._ontology.entities:
            found.setdefault(_last(iri).lower(), {})[iri] = None
        for iri, told in self._ontology.annotations.items():
            for one in told:
                if one.property in _LABELS and iri in self._ontology.entities:
                    found.setdefault(one.value.lower(), {})[iri] = None
        return {name: tuple(iris) for name, iris in found.items()}


def _last(iri: str) -> str:
    return iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]

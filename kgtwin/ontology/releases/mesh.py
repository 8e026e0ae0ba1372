"""MeSH descriptors, for what MED-RT points to: MED-RT names MeSH concepts, mappings name descriptors.

A concept means its descriptor only where it is the descriptor's preferred one; the others are narrower, broader or
merely related. The tree numbers are for retrieval: what stands below one need not be a kind of it. They say nothing
here.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.xml_records import child, read_records, syntax_error
from kgtwin.ontology.xml import Element


class MeshConcept(msgspec.Struct, frozen=True):
    """A concept's name, and the descriptor that it means, if any."""

    name: str
    descriptor: str | None


def read(file: Path, log: Log) -> dict[str, MeshConcept]:
    """The concepts of some descriptors, by their identifiers (``M…``).

    Raises:
        OntologySyntaxError: not well-formed, with entities, or no descriptors in it.
        OntologyError: the file cannot be read.
    """
    found: dict[str, MeshConcept] = {}
    descriptors: set[str] = set()

    def take(record: Element) -> None:
        own = child(record, "DescriptorUI")
        if not own:
            log.reject("missing", "a descriptor has no DescriptorUI", str(file), record.line, "DescriptorUI")
            return
        if own in descriptors:
            log.reject("duplicate-id", f"{own} stands twice", str(file), record.line, "DescriptorUI")
            return
        descriptors.add(own)
        concepts = next((one.children for one in record.children if one.name == "ConceptList"), [])
        for concept in concepts:
            _add(concept, own, found, file, log)

    read_records(file, ["DescriptorRecord"], take)
    if not descriptors:
        raise syntax_error(file, "there are no MeSH descriptors in it", "a file such as desc2026.xml")
    return found


def _add(concept: Element, descriptor: str, found: dict[str, MeshConcept], file: Path, log: Log) -> None:
    own, name = child(concept, "ConceptUI"), child(concept, "ConceptName", "String")
    if not own or not name:
        log.reject("missing", f"a concept of {descriptor} has no ConceptUI or name", str(file), concept.line)
        return
    preferred = concept.attributes.get("PreferredConceptYN") == "Y"
    found[own] = MeshConcept(name, descriptor if preferred else None)

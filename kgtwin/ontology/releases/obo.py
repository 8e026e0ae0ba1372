"""An OBO file as an OWL module in functional syntax, with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kgtwin.errors import OntologyError
from kgtwin.model.caveat import Caveat
from kgtwin.model.ontology import Annotation
from kgtwin.model.owl_text import render
from kgtwin.ontology import obo
from kgtwin.ontology.loader import read_bytes
from kgtwin.ontology.obo_names import OBO
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.rows import decoded
from kgtwin.ontology.releases.writing import OURS, Provenance, header, literal, shorten
from kgtwin.ontology.structure import Document
from kgtwin.vocabulary import OWL, RDFS_LABEL

_REFERENCES: Final = frozenset({OBO + "IAO_0100001", OBO + "IAO_0000231"})
"""Annotation properties whose values are IRIs."""


def read(file: Path, log: Log) -> Document:
    """The document of an OBO file; lines that are no UTF-8 are told and left out.

    Raises:
        OntologySyntaxError: it does not parse; says file and line.
        OntologyError: it cannot be read, or holds no term.
    """
    lines = read_bytes(file).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    texts = [decoded(line, str(file), number, log) for number, line in enumerate(lines, 1)]
    document = obo.read(str(file), "\n".join(text or "" for text in texts))
    if not document.declared:
        raise OntologyError("there is no term in it", where=str(file), expected="an ontology in OBO format")
    for caveat in document.caveats:
        _tell(caveat, file, log)
    return document


def _tell(caveat: Caveat, file: Path, log: Log) -> None:
    log.note("ignored-axiom", caveat.text, str(file))


def version_of(document: Document) -> str:
    """What the file calls its version; empty where it does not."""
    found = document.annotations.get(document.iri or "", [])
    told = next((one.value for one in found if one.property == OWL + "versionInfo"), "")
    return told or (document.version_iri or "").removeprefix(OBO)


def licence_of(document: Document) -> str:
    """The licence that the file names."""
    found = document.annotations.get(document.iri or "", [])
    told = next((one.value for one in found if one.property.lower().endswith("license")), "")
    return told or "As the ontology states. Keep its attribution."


def lines_of(document: Document, provenance: Provenance) -> Iterator[str]:
    """The module, a line at a time: by entity, then the axioms in the file's order."""
    yield from header(provenance, OURS)
    own = (document.iri, document.version_iri)
    used = {one.property for those in document.annotations.values() for one in those} - {RDFS_LABEL}
    for iri in sorted(used):
        if not iri.startswith(OWL) and "rdf-schema#" not in iri:
            yield f"Declaration(AnnotationProperty({shorten(iri)}))"
    yield ""
    for iri, kind in sorted(document.declared.items()):
        yield f"Declaration({kind}({shorten(iri)}))"
        yield from (_annotation(iri, one) for one in document.annotations.get(iri, ()))
    for iri in sorted(document.annotations.keys() - document.declared.keys() - set(own)):
        yield from (_annotation(iri, one) for one in document.annotations[iri])
    yield from map(render, document.axioms)
    yield ")"


def _annotation(iri: str, one: Annotation) -> str:
    if one.property in _REFERENCES:
        value = shorten(one.value)
    else:
        value = literal(one.value, one.language or "") + (f"^^{shorten(one.datatype)}" if one.datatype else "")
    return f"AnnotationAssertion({shorten(one.property)} {shorten(iri)} {value})"

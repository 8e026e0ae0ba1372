"""Reads OWL/XML and RDF/XML of any size into columns; the same ontologies as the general readers."""

from __future__ import annotations

from mmap import mmap

from kgtwin.errors import OntologySyntaxError
from kgtwin.ontology import syntax
from kgtwin.ontology.fast import document
from kgtwin.ontology.fast.document import FastDocument
from kgtwin.ontology.fast.xml_owl_document import read_owl
from kgtwin.ontology.fast.xml_prologue import Unfit, read_prologue
from kgtwin.vocabulary import OWL

_HEAD = 1 << 16
_LARGEST = 1 << 32
"""Bytes; the numbers in columns have 32 bits."""


def read(content: bytes | mmap, file: str, scope: str = "") -> FastDocument:
    """The ontology in a document; ``scope`` begins the names of its anonymous individuals.

    Raises:
        OntologySyntaxError: with file, line, what was expected and what to do.
    """
    try:
        return _read(content, scope)
    except (Unfit, OntologySyntaxError):  # the general reader knows more, and says where something is wrong
        return document.of(syntax.parse(bytes(content), file, scope))


def _read(content: bytes | mmap, scope: str) -> FastDocument:
    view = memoryview(content).toreadonly()
    name = syntax.sniff(content[:_HEAD].decode(errors="ignore")) if len(view) < _LARGEST else None
    if name not in ("owlxml", "rdfxml"):
        raise Unfit
    prologue = read_prologue(view)
    if name == "owlxml" and prologue.root == f"{OWL} Ontology":
        return read_owl(view, prologue, scope)
    raise Unfit

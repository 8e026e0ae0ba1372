"""Where annotations and declarations stand. (Of axioms, the ontology itself knows.)"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from kgtwin.model.ontology import Annotation, Origin
from kgtwin.ontology import functional, owlxml
from kgtwin.ontology.nodes import Anonymous, Iri, Literal, Node, Source, Term
from kgtwin.ontology.syntax import sniff

_Key = tuple[str, Annotation | None]


class Places:
    """The lines of annotations and declarations in files of functional syntax and OWL/XML; other syntaxes tell none."""

    def __init__(self, files: Collection[str]) -> None:
        self._found: dict[_Key, Origin] = {}
        for file in files:
            for key, origin in _read(file):
                self._found.setdefault(key, origin)

    def annotation(self, subject: str, note: Annotation) -> Origin | None:
        """Where an annotation of an entity (or of the ontology, by its IRI) stands."""
        return self._found.get((subject, note))

    def declaration(self, iri: str) -> Origin | None:
        """Where an entity is declared."""
        return self._found.get((iri, None))


def _read(file: str) -> Iterator[tuple[_Key, Origin]]:
    data = Path(file).read_bytes() if Path(file).is_file() else b""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    syntax = sniff(text)
    if syntax == "functional":
        source = Source(file, text)
        yield from _keys(source, functional.read(source))
    elif syntax == "owlxml":
        yield from _keys(*owlxml.read(data, file))


def _keys(source: Source, ontology: Node) -> Iterator[tuple[_Key, Origin]]:
    own = next((one.value for one in ontology.args if isinstance(one, Iri)), "")
    for node in ontology.args:
        if isinstance(node, Node):
            origin = Origin(source.file, source.line(node.at))
            for key in _of(node, own):
                yield key, origin


def _of(node: Node, own: str) -> Iterator[_Key]:
    args = [arg for arg in node.args if not (isinstance(arg, Node) and arg.name == "Annotation")]
    match node.name, args:
        case "Annotation", [Iri(relation), value]:
            yield own, _note(relation, value)
        case "AnnotationAssertion", [Iri(relation), Iri(subject) | Anonymous(subject), value]:
            yield subject, _note(relation, value)
        case "Declaration", [Node(_, (Iri(iri), *_))]:
            yield iri, None


def _note(relation: str, value: Term) -> Annotation:
    match value:
        case Literal(text, language, datatype):
            return Annotation(relation, text, language, datatype)
        case Iri(text) | Anonymous(text):
            return Annotation(relation, text)
    return Annotation(relation, "")

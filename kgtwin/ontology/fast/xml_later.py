"""The children of an OWL/XML document's root that compiled code leaves to the general reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from kgtwin.ontology import owlxml
from kgtwin.ontology.definitions import told
from kgtwin.ontology.nodes import LinedSource, Node, Term
from kgtwin.ontology.structure import Document, document

_BATCH = 1 << 18
_DEFINITION = b"DatatypeDefinition"

Span = tuple[int, int]


class XmlLater(NamedTuple):
    """Where each of them begins and ends, in order; ``before`` and ``after`` make a document of them.

    Raises, in every method:
        OntologySyntaxError: something is wrong with one; where is not said.
    """

    content: memoryview
    spans: Sequence[Span]
    before: bytes
    after: bytes
    scope: str

    def told(self) -> dict[str, Term]:
        """The datatypes that are defined."""
        spans = [(begin, stop) for begin, stop in self.spans if _DEFINITION in bytes(self.content[begin:stop])]
        return told(self._nodes(spans)[1]) if spans else {}

    def documents(self, known: Mapping[str, Term]) -> Iterator[Document]:
        """What each of them says, with the definitions of ``known`` datatypes in place of their names."""
        batch: list[Span] = []
        size = 0
        for begin, stop in self.spans:
            batch.append((begin, stop))
            size += stop - begin
            if size > _BATCH:
                yield from self._batch(batch, known)
                batch, size = [], 0
        if batch:
            yield from self._batch(batch, known)

    def _batch(self, spans: Sequence[Span], known: Mapping[str, Term]) -> Iterator[Document]:
        source, nodes = self._nodes(spans)
        for node in nodes:
            yield document(source, Node("Ontology", (node,)), known)

    def _nodes(self, spans: Sequence[Span]) -> tuple[LinedSource, tuple[Term, ...]]:
        parts = b"\n".join(bytes(self.content[begin:stop]) for begin, stop in spans)
        source, ontology = owlxml.read(self.before + parts + self.after, "", self.scope)
        return source, ontology.args[len(ontology.args) - len(spans) :]


def surroundings(content: memoryview, start: int, inside: int, prefixes: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What to put before and after children of a root whose start tag is ``content[start:inside]``."""
    head = bytes(content[:inside])
    name = head[start + 1 :].replace(b">", b" ").split(None, 1)[0]
    declared = "".join(f"<Prefix name={quoteattr(name)} IRI={quoteattr(iri)}/>" for name, iri in prefixes.items())
    return head + declared.encode(), b"</" + name + b">"

"""The constructs of a document that compiled code leaves to the general reader, as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kgtwin.ontology.definitions import told
from kgtwin.ontology.functional import Reader
from kgtwin.ontology.nodes import Node, Source, Term
from kgtwin.ontology.structure import Document, document

_BATCH = 1 << 18
_DEFINITION = b"DatatypeDefinition"

Span = tuple[int, int]


class Later(NamedTuple):
    """Where each of them begins and ends, in order; ``scope`` begins the names of anonymous individuals.

    Raises, in every method:
        OntologySyntaxError: something is wrong with one; where is not said.
    """

    content: bytes
    spans: Sequence[Span]
    prefixes: Mapping[str, str]
    scope: str

    def told(self) -> dict[str, Term]:
        """The datatypes that are defined."""
        spans = [span for span in self.spans if self.content.startswith(_DEFINITION, span[0])]
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

    def _nodes(self, spans: Sequence[Span]) -> tuple[Source, tuple[Term, ...]]:
        parts = b"\n".join(self.content[begin:stop] for begin, stop in spans)
        source = Source("", f"Ontology({parts.decode()}\n)", self.scope)
        reader = Reader(source)
        reader.prefixes = dict(self.prefixes)
        return source, reader.document().args

"""OWL/XML: what the compiled reader reads, and the rest by the general one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

import numpy as np

from kgtwin.model.axiom_table import AxiomTable, Bytes
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.definitions import written_out
from kgtwin.ontology.fast.building import DONE, build, number
from kgtwin.ontology.fast.document import FastDocument, kinds_of
from kgtwin.ontology.fast.interning import FULL
from kgtwin.ontology.fast.merging import Merger, weave
from kgtwin.ontology.fast.prefixes import NO_ROOM
from kgtwin.ontology.fast.scanning import MORE
from kgtwin.ontology.fast.tables import Tables, longer
from kgtwin.ontology.fast.tokens import BUILT, LENGTH, NAME_COUNT, NUMBERED, TOKENS, Block
from kgtwin.ontology.fast.xml_iris import ANY_SCHEME
from kgtwin.ontology.fast.xml_later import XmlLater, surroundings
from kgtwin.ontology.fast.xml_owl import AT, FLUSH, MORE_EVENTS, ROOT_CONTENT, owl_state, tokens
from kgtwin.ontology.fast.xml_prologue import Prologue, Unfit
from kgtwin.ontology.fast.xml_scanner import scan
from kgtwin.ontology.fast.xml_workspace import DONE as END_OF_DOCUMENT
from kgtwin.ontology.fast.xml_workspace import workspace
from kgtwin.ontology.nodes import Term

_BLOCK_NAMES, _EVENTS = 1 << 14, 1 << 16
_XML = "http://www.w3.org/XML/1998/namespace"


def read_owl(content: memoryview, prologue: Prologue, scope: str) -> FastDocument:
    """The ontology in an OWL/XML document.

    Raises:
        Unfit: the general reader has to look at the file.
        OntologySyntaxError: it has, to say where something is wrong.
    """
    body = _Body(content, prologue, scope)
    ends = body.tables.rows.spans[: body.tables.rows.used[2]].tolist()
    spans = list(zip(ends[::2], ends[1::2], strict=True))
    around = surroundings(content, prologue.start, body.inside, prologue.prefixes)
    later = XmlLater(content, spans, *around, scope)
    told = later.told()
    own = written_out(told)
    table, imports = _whole(body.tables, later, own)

    def rebuilt(_kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None) -> AxiomTable:
        if known is None or known == own or not spans:
            return table
        return _whole(_Body(content, prologue, scope).tables, later, known)[0]

    iris = [prologue.attributes[key] for key in ("ontologyIRI", "versionIRI") if key in prologue.attributes]
    iri, version_iri, *_ = (*iris, None, None)
    stated = body.tables.names.stated[: body.tables.names.used[0]].tobytes()
    return FastDocument(table, iri, version_iri, imports, told, lambda: kinds_of(table, stated), rebuilt)


class _Body:
    """The axioms that compiled code reads. ``inside``: the byte behind the root's start tag."""

    def __init__(self, content: memoryview, prologue: Prologue, scope: str) -> None:
        base = prologue.attributes.get(f"{_XML} base", prologue.attributes.get("ontologyIRI", ""))
        self.content: Bytes = np.frombuffer(content, np.uint8)
        self.scanner = workspace(prologue, lambda text: urljoin(base, text), ANY_SCHEME, f"_:{scope}")
        self.tables, self.block = Tables(len(content)), empty_block()
        self.state, self.events = owl_state(), np.empty(_EVENTS, np.int64)
        status = MORE
        while status == MORE:
            status = scan(self.content, self.scanner.texts, self.scanner.work, self.events)
            self._use_events()
        if status != END_OF_DOCUMENT:
            raise Unfit
        self._flush()
        self.inside = int(self.state[ROOT_CONTENT])

    def _use_events(self) -> None:
        self.state[AT] = 0
        while (status := self._tokens()) != MORE_EVENTS:
            if status == FLUSH:
                self._flush()
            elif status == NO_ROOM:
                self.block = longer(self.block, "tokens", "pool", "ends", "hashes", "entities")
            else:
                raise Unfit

    def _tokens(self) -> int:
        work, texts = self.scanner
        return tokens(self.content, texts, work, self.events, self.state, self.block)

    def _flush(self) -> None:
        tables, block = self.tables, self.block
        while (full := number(block, tables.names)) != DONE:
            tables.grow(FULL - full)
        while (full := build(block, tables.names, tables.nodes, tables.rows, tables.stack)) != DONE:
            tables.grow(FULL - full)
        block.used[[TOKENS, NAME_COUNT, LENGTH, NUMBERED, BUILT]] = 0


def empty_block() -> Block:
    """A block as large as is good for the processor's caches."""
    return Block(
        tokens=np.empty(4 * _BLOCK_NAMES, np.int64),
        pool=np.empty(64 * _BLOCK_NAMES, np.uint8),
        ends=np.empty(_BLOCK_NAMES, np.int64),
        hashes=np.empty(_BLOCK_NAMES, np.uint64),
        entities=np.empty(_BLOCK_NAMES, np.int32),
        used=np.zeros(8, np.int64),
    )


def _whole(body: Tables, later: XmlLater, known: Mapping[str, Term]) -> tuple[AxiomTable, tuple[str, ...]]:
    """The axioms with those that were put off in their places, and the imports."""
    if not later.spans:
        return body.table(), ()
    axioms: list[Axiom] = []
    places: list[int] = []
    imports: list[str] = []
    for place, found in enumerate(later.documents(known)):
        axioms.extend(found.axioms)
        places.extend([place] * len(found.axioms))
        imports.extend(found.imports)
    own, merger = int(body.rows.used[0]), Merger(body)
    if axioms:
        merger.add(AxiomTable.of(axioms))
    body.rows = weave(body.rows, own, places)
    return merger.table(), tuple(imports)

"""Reads large files in functional syntax into columns; the same ontologies as :mod:`kgtwin.ontology.functional`.

Frequent constructs are read by compiled code. Axioms with others go to the general reader as text, in batches; a file
with something wrong or unusual goes there as a whole, so that errors are told by it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology import syntax
from kgtwin.ontology.definitions import written_out
from kgtwin.ontology.fast import document
from kgtwin.ontology.fast.building import build, number
from kgtwin.ontology.fast.document import FastDocument
from kgtwin.ontology.fast.heading import Heading, ends_at, read_heading
from kgtwin.ontology.fast.interning import FULL
from kgtwin.ontology.fast.later import Later
from kgtwin.ontology.fast.merging import Merger, weave
from kgtwin.ontology.fast.prefixes import NO_ROOM, packed
from kgtwin.ontology.fast.scanning import DONE, MORE, scan
from kgtwin.ontology.fast.tables import Tables, longer
from kgtwin.ontology.fast.tokens import AT, Block
from kgtwin.ontology.nodes import Term

_BLOCK_NAMES = 1 << 14
_HEAD = 1 << 16
_LARGEST = 1 << 32
"""Bytes; the numbers in columns have 32 bits."""


def is_compiled() -> bool:
    """Whether reading has been compiled or loaded in this process, so that it costs nothing to begin."""
    return bool(getattr(build, "signatures", None))


def read(content: bytes, file: str, scope: str = "") -> FastDocument:
    """The ontology in a document; ``scope`` begins the names of its anonymous individuals.

    Raises:
        OntologySyntaxError: with file, line, column, what was expected and what to do.
    """
    return read_fit(content, scope) or document.of(syntax.parse(content, file, scope))


def read_fit(content: bytes, scope: str = "") -> FastDocument | None:
    """The same, or None where the general reader has to look at the document, and perhaps finds an error."""
    heading = read_heading(content) if len(content) < _LARGEST and is_functional(content) else None
    body = None if heading is None else _read_body(content, heading, scope)
    if heading is None or body is None:
        return None
    try:
        return _document(content, heading, body, scope)
    except OntologySyntaxError:
        return None


def sample() -> bytes:
    """A document whose reading takes all of the compiled code: tables have to grow, an axiom is put off."""
    parts = " ".join(f"ObjectIntersectionOf(:{k} ObjectSomeValuesFrom(:r :{k}))" for k in range(1000))
    axioms = f"SubClassOf(:A ObjectIntersectionOf({parts})) SubClassOf(:A ObjectUnionOf(:B :C))"
    return f"Prefix(:=<http://x/>) Ontology(<http://x/> {axioms})".encode()


def is_functional(content: bytes) -> bool:
    """Whether this is UTF-8 and begins as functional syntax does."""
    try:
        is_text = content.isascii() or bool(content.decode())
    except UnicodeDecodeError:
        return False
    return is_text and syntax.sniff(content[:_HEAD].decode(errors="ignore")) == "functional"


def _read_body(content: bytes, heading: Heading, scope: str) -> Tables | None:
    """The axioms; None where the general reader has to look at the file."""
    tables, block = Tables(len(content)), _block()
    data, prefixes = np.frombuffer(content, np.uint8), packed({**heading.prefixes, "_": f"_:{scope}"})
    block.used[AT] = heading.at
    status = MORE
    while status == MORE:
        status = scan(data, prefixes, block)
        if status == NO_ROOM:
            block = longer(block, "tokens", "pool", "ends", "hashes", "entities")
            status = MORE
            continue
        while (full := number(block, tables.names)) != DONE:
            tables.grow(FULL - full)
        while (full := build(block, tables.names, tables.nodes, tables.rows, tables.stack)) != DONE:
            tables.grow(FULL - full)
    return tables if status == DONE and ends_at(content, int(block.used[AT])) else None


def _block() -> Block:
    return Block(
        tokens=np.empty(4 * _BLOCK_NAMES, np.int64),
        pool=np.empty(64 * _BLOCK_NAMES, np.uint8),
        ends=np.empty(_BLOCK_NAMES, np.int64),
        hashes=np.empty(_BLOCK_NAMES, np.uint64),
        entities=np.empty(_BLOCK_NAMES, np.int32),
        used=np.zeros(8, np.int64),
    )


def _document(content: bytes, heading: Heading, body: Tables, scope: str) -> FastDocument:
    ends = body.rows.spans[: body.rows.used[2]].tolist()
    spans = list(zip(ends[::2], ends[1::2], strict=True))
    later = Later(content, spans, heading.prefixes, scope)
    told = later.told()
    own = written_out(told)
    table, imports = _whole(body, later, own)

    def rebuilt(_kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None) -> AxiomTable:
        if known is None or known == own or not spans:
            return table
        again = _read_body(content, heading, scope)
        assert again is not None
        return _whole(again, later, known)[0]

    stated = body.names.stated[: body.names.used[0]].tobytes()
    return FastDocument(
        table, heading.iri, heading.version_iri, imports, told, lambda: document.kinds_of(table, stated), rebuilt
    )


def _whole(body: Tables, later: Later, known: Mapping[str, Term]) -> tuple[AxiomTable, tuple[str, ...]]:
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

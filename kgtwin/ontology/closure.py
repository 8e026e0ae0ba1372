"""The files of an import closure, each read by the fastest reader for it, and what they say together."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from kgtwin.model.axiom_table import AxiomTable
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology.definitions import written_out
from kgtwin.ontology.fast.document import FastDocument, table_of
from kgtwin.ontology.imports import Resolver
from kgtwin.ontology.loader import Progress, read_bytes
from kgtwin.ontology.nodes import Term
from kgtwin.ontology.structure import Document
from kgtwin.ontology.syntax import Parsed, parse, sniff

_LARGE = 2_000_000
"""Bytes from which a file is worth the time that it takes to load compiled code."""
_HEAD = 1 << 16

Part = Document | AxiomTable
"""What a file says in its closure."""


def closure(
    root: Path, progress: Progress | None, seen: Callable[[bytes], object]
) -> dict[Path, Parsed | FastDocument]:
    """Every file of a closure, the root first, breadth first; a cycle of imports is followed once.

    ``seen`` is given each file's content.

    Raises:
        OntologySyntaxError, MissingImportError, OntologyError: as :func:`kgtwin.ontology.loader.load`.
    """
    resolver = Resolver(root)
    queue, known = deque([root]), {root.resolve()}
    files: dict[Path, Parsed | FastDocument] = {}
    names: set[str | None] = set()
    while queue:
        file = queue.popleft()
        content = read_bytes(file)
        seen(content)
        found = files[file] = _read(content, str(file), f"import{len(files)}-" if files else "")
        names |= {found.iri, found.version_iri}
        for iri in found.imports:
            target = file if iri in names else resolver.find(iri, file)
            if target.resolve() not in known:
                known.add(target.resolve())
                queue.append(target)
        if progress is not None:
            progress(file.name, len(files), len(known))
    return files


def _read(content: bytes, file: str, scope: str) -> Parsed | FastDocument:
    if is_worth_it(len(content)):
        syntax = sniff(content[:_HEAD].decode(errors="ignore"))
        from kgtwin.ontology.fast import functional, xml  # noqa: PLC0415 - slow to import

        if syntax == "functional":
            return functional.read(content, file, scope)
        if syntax in ("owlxml", "rdfxml"):
            return xml.read(content, file, scope)
    return parse(content, file, scope)


def is_worth_it(size: int) -> bool:
    """Whether so many bytes are read sooner by compiled code: where there are many, or where it is loaded anyway."""
    if size >= _LARGE:
        return True
    if "kgtwin.ontology.fast.functional" not in sys.modules:
        return False
    from kgtwin.ontology.fast import functional  # noqa: PLC0415

    return functional.is_compiled()


def parts(files: Sequence[Parsed | FastDocument]) -> list[Part]:
    """What each file says where all of them together declare entities and define datatypes."""
    known: dict[str, Term] = {}
    for one in files:
        known = {**one.told, **known}
    kinds, written = _kinds(files), written_out(known) if known else None
    if len(files) == 1 and isinstance(files[0], FastDocument):
        return [files[0].table]
    return [
        one.build(kinds, written) if isinstance(one, Parsed) else one.build(kinds, written) if one.build else one.table
        for one in files
    ]


def _kinds(files: Sequence[Parsed | FastDocument]) -> dict[str, EntityKind]:
    """What all files declare; a single one of compiled code's knows that by itself."""
    found: dict[str, EntityKind] = {}
    for one in files:
        if isinstance(one, Parsed):
            found = {**one.declared, **found}
        elif len(files) > 1:
            found = {**one.declared(), **found}
    return found


def joined(found: Sequence[Part]) -> AxiomTable:
    """One table, in order."""
    first, *others = found
    if isinstance(first, AxiomTable) and not others:
        return first
    documents = [part for part in found if isinstance(part, Document)]
    if len(documents) == len(found):
        return table_of(*documents)
    from kgtwin.ontology.fast.merging import Merger  # noqa: PLC0415 - loads compiled code
    from kgtwin.ontology.fast.tables import Tables  # noqa: PLC0415

    merger = Merger(Tables(0))
    for part in found:
        merger.add(table_of(part) if isinstance(part, Document) else part)
    return merger.table()

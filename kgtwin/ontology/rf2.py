"""Reads the OWL expressions of a SNOMED CT release, with fully specified names as labels.

OWL expression reference sets: https://docs.snomed.org/snomed-ct-specifications/snomed-ct-owl-reference-set-specification.
A row that cannot be read is a caveat with its file and line; the others count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.caveat import Caveat
from kgtwin.model.ontology import Annotation
from kgtwin.ontology.functional import Reader
from kgtwin.ontology.nodes import Iri, Node, Source
from kgtwin.ontology.rf2_files import (
    DESCRIPTION_COLUMNS,
    EXPRESSION_COLUMNS,
    LANGUAGE_COLUMNS,
    Release,
    Row,
    left_out,
    newest,
)
from kgtwin.ontology.structure import Document, add_axiom
from kgtwin.vocabulary import OWL, RDFS_LABEL, SNOMED

AXIOMS: Final = "733073007"
"""|OWL axiom reference set|"""
ONTOLOGY: Final = "762103008"
"""|OWL ontology reference set|: prefixes, the ontology's IRI and imports."""
_FULLY_SPECIFIED: Final = "900000000000003001"
_PREFERRED: Final = "900000000000548007"
_PREFIX = re.compile(r"\s*Prefix\s*\(\s*([^\s:=()]*):\s*=\s*<([^<>\s]*)>\s*\)\s*")


@dataclass(frozen=True)
class RowSource(Source):
    """The text of one row: places are told in its file."""

    row: int = 1
    column: int = 1

    def line(self, at: int) -> int | None:
        return self.row

    def where(self, at: int) -> str:
        return f"{self.file}:{self.row}:{self.column + max(at, 0)}"


@dataclass(frozen=True)
class Statements:
    """What a release says in OWL: the ontology's IRIs and caveats in ``head``, the rows of axioms."""

    head: Document
    prefixes: dict[str, str]
    axioms: list[Row]
    version: str


def statements(release: Release) -> Statements:
    """The rows of a release's OWL expression reference sets.

    Raises:
        OntologySyntaxError: a file whose first line does not name the columns.
        OntologyError: a file that cannot be read.
    """
    head = Document()
    rows = [row for row in newest(release.expressions, EXPRESSION_COLUMNS, head.caveats).values() if row.active]
    prefixes = _head(head, [row for row in rows if row.fields[0] == ONTOLOGY])
    for row in rows:
        if row.fields[0] not in (AXIOMS, ONTOLOGY):
            head.caveats.append(left_out(row.where, f"unknown reference set {row.fields[0][:20]!r}"))
    version = max((row.time for row in rows), default="")
    return Statements(head, prefixes, [row for row in rows if row.fields[0] == AXIOMS], version)


def read(release: Release) -> Document:
    """The axioms of a release, and the names of its concepts.

    Raises:
        OntologySyntaxError: a file whose first line does not name the columns.
        OntologyError: a file that cannot be read.
    """
    found = statements(release)
    result = found.head
    for row in found.axioms:
        _axiom(result, row, found.prefixes)
    for concept, label in _labels(release, result.caveats).items():
        result.annotations.setdefault(SNOMED + concept, []).append(label)
    if found.version:
        result.annotations.setdefault(result.iri or "", []).append(Annotation(OWL + "versionInfo", found.version))
    return result


def _head(result: Document, rows: Iterable[Row]) -> dict[str, str]:
    """Reads the rows about the ontology as a whole; returns the prefixes that they declare."""
    prefixes = {"": SNOMED}
    imports: list[tuple[Row, str]] = []
    for row in rows:
        text = row.fields[2]
        if match := _PREFIX.fullmatch(text):
            prefixes[match[1]] = match[2]
            continue
        try:
            node = _reader(row, prefixes).construct()
        except OntologySyntaxError as error:
            result.caveats.append(left_out(row.where, str(error)))
            continue
        _name(result, node)
        imports.extend((row, iri) for iri in _imports(node))
    for row, iri in imports:
        if iri not in (result.iri, result.version_iri):
            result.caveats.append(left_out(row.where, f"it imports <{iri}>: give the folder of both releases"))
    return prefixes


def _imports(node: Node) -> list[str]:
    found = [arg.args for arg in (node, *node.args) if isinstance(arg, Node) and arg.name == "Import"]
    return [args[0].value for args in found if args and isinstance(args[0], Iri)]


def _name(result: Document, node: Node) -> None:
    names = [arg.value for arg in node.args if isinstance(arg, Iri)]
    if node.name == "Ontology" and names and result.iri is None:
        result.iri, result.version_iri = names[0], names[1] if len(names) > 1 else None


def _reader(row: Row, prefixes: dict[str, str]) -> Reader:
    source = RowSource(row.file, row.fields[2], row=row.line, column=row.column)
    return Reader(source, prefixes)


def _axiom(result: Document, row: Row, prefixes: dict[str, str]) -> None:
    reader = _reader(row, prefixes)
    try:
        add_axiom(reader.source, result, reader.construct())
    except OntologySyntaxError as error:
        result.caveats.append(left_out(row.where, str(error), (SNOMED + row.fields[1],)))


def _labels(release: Release, caveats: list[Caveat]) -> dict[str, Annotation]:
    """A fully specified name for each concept: an English one first, then a preferred one, then the newest."""
    names: dict[str, list[Row]] = {}
    rows = newest(release.descriptions, DESCRIPTION_COLUMNS, caveats, lambda row: row.fields[2] == _FULLY_SPECIFIED)
    for row in rows.values():
        if row.active:
            names.setdefault(row.fields[0], []).append(row)
    doubtful = {row.id for found in names.values() if len(found) > 1 for row in found}
    preferred = _preferred(release, doubtful, caveats) if doubtful else set()
    labels = {}
    for concept, found in names.items():
        best = max(found, key=lambda row: (row.fields[1] == "en", row.id in preferred, row.time or "9", row.id))
        labels[concept] = Annotation(RDFS_LABEL, best.fields[3], best.fields[1])
    return labels


def _preferred(release: Release, descriptions: set[str], caveats: list[Caveat]) -> set[str]:
    """Those of some descriptions that a language reference set prefers."""
    members = newest(release.languages, LANGUAGE_COLUMNS, caveats, lambda row: row.fields[1] in descriptions)
    return {row.fields[1] for row in members.values() if row.active and row.fields[2] == _PREFERRED}


def as_functional(found: Statements) -> bytes:
    """The axioms of a release as one document in functional syntax, a row a line, for readers of large files."""
    lines = [f"Prefix({name}:=<{iri}>)" for name, iri in found.prefixes.items()]
    lines.append(f"Ontology({' '.join(f'<{iri}>' for iri in (found.head.iri, found.head.version_iri) if iri)}")
    lines.extend(row.fields[2] for row in found.axioms)
    return "\n".join([*lines, ")\n"]).encode()

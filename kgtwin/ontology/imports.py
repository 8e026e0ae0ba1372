"""Finds the local file of an imported ontology."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kgtwin.errors import MissingImportError, OntologyError
from kgtwin.ontology.catalog import CATALOG, Catalog, read_catalog
from kgtwin.ontology.syntax import parse

_SUFFIXES = {".ofn", ".owl", ".owx", ".rdf", ".ttl", ".xml", ".omn", ".nt", ".obo"}


class Resolver:
    """Looks an import up in the root's catalogue, the importing folder's catalogue, then the ontologies beside it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._catalogs: dict[Path, Catalog] = {}

    def find(self, iri: str, importer: Path) -> Path:
        """The file of the ontology ``iri`` that ``importer`` imports.

        Raises:
            OntologySyntaxError: the one beside the importing file does not parse.
            MissingImportError: there is none, or the catalogue names a file that is not there.
        """
        for folder in dict.fromkeys((self._root.parent, importer.parent)):
            if (target := self._catalog(folder).find(iri)) is not None:
                return _existing(target, iri, importer, folder)
        if urlsplit(iri).scheme == "file":
            return _existing(Path(unquote(urlsplit(iri).path)), iri, importer, None)
        if (beside := _beside(iri, importer)) is not None:
            return beside
        raise MissingImportError(
            f"imports <{iri}>, which no local file provides",
            where=str(importer),
            expected=f"an entry for it in {self._root.parent / CATALOG}, or a file with that ontology IRI beside it",
            remedy="add the entry or the file, or remove the import; nothing is fetched from the network",
        )

    def _catalog(self, folder: Path) -> Catalog:
        if folder not in self._catalogs:
            path = folder / CATALOG
            self._catalogs[folder] = read_catalog(path) if path.is_file() else Catalog()
        return self._catalogs[folder]


def _existing(target: Path, iri: str, importer: Path, folder: Path | None) -> Path:
    if target.is_file():
        return target
    by = "the import" if folder is None else str(folder / CATALOG)
    raise MissingImportError(
        f"imports <{iri}>, and {by} says it is {target}, which is not there",
        where=str(importer),
        remedy="correct the entry or add the file",
    )


def _beside(iri: str, importer: Path) -> Path | None:
    """The first ontology in the importer's folder, by name, whose IRI or version IRI it is."""
    last = re.split(r"[/#]", iri.rstrip("/#"))[-1].encode()
    broken: OntologyError | None = None
    for file in sorted(importer.parent.iterdir()):
        if file.suffix not in _SUFFIXES or not file.is_file() or file == importer:
            continue
        data = file.read_bytes()
        if last not in data:
            continue
        try:
            parsed = parse(data, str(file))
        except OntologyError as error:
            broken = error if broken is None and _says_it_is(iri, data) else broken
            continue
        if iri in (parsed.iri, parsed.version_iri):
            return file
    if broken is not None:
        raise broken
    return None


def _says_it_is(iri: str, data: bytes) -> bool:
    """Whether a file that does not parse has the ontology's IRI in its header."""
    quoted = re.escape(iri.encode())
    header = rb"Ontology\s*\(\s*<%b>|ontologyIRI\s*=\s*[\"']%b[\"']|Ontology\s+rdf:about\s*=\s*[\"']%b[\"']"
    return re.search(header % (quoted, quoted, quoted), data) is not None

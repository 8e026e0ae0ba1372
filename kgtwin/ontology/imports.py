"""Finds the local file of an imported ontology."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kgtwin.errors import MissingImportError, OntologyError
from kgtwin.ontology.catalog import CATALOG, Catalog, read_catalog
from kgtwin.ontology.syntax import parse

_SUFFIXES = {".ofn", ".owl", ".owx", ".rdf", ".ttl", ".xml", ".omn", ".nt"}


class Resolver:
    """Looks an import up in the root's catalogue, the importing folder's catalogue, then the ontologies beside it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._catalogs: dict[Path, Catalog] = {}

    def find(self, iri: str, importer: Path) -> Path:
        """The file of the ontology ``iri`` that ``importer`` imports.

        Raises:
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
    for file in sorted(importer.parent.iterdir()):
        if file.suffix not in _SUFFIXES or not file.is_file() or file == importer:
            continue
        data = file.read_bytes()
        if last in data and iri in _names(data, file):
            return file
    return None


def _names(data: bytes, file: Path) -> tuple[str | None, ...]:
    try:
        parsed = parse(data, str(file))
    except OntologyError:  # a neighbour that does not parse is not what was asked for
        return ()
    return parsed.iri, parsed.version_iri

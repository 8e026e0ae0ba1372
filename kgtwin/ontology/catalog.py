"""OASIS XML catalogues, as Protégé writes them: which file holds the ontology of an IRI.

Specification: https://www.oasis-open.org/committees/download.php/14809/xml-catalogs.html. Read: ``uri``,
``rewriteURI``, ``group``, ``nextCatalog`` and ``xml:base``; entries that point into the network are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kgtwin.errors import OntologyError
from kgtwin.ontology.xml import Element, parse_xml

CATALOG = "catalog-v001.xml"
_NAMESPACE = "urn:oasis:names:tc:entity:xmlns:xml:catalog"
_BASE = "http://www.w3.org/XML/1998/namespace base"


@dataclass
class Catalog:
    """``files``: ontology IRI to file; ``rewrites``: IRI start to folder; the first entry for an IRI wins."""

    files: dict[str, Path] = field(default_factory=dict)
    rewrites: dict[str, Path] = field(default_factory=dict)

    def find(self, iri: str) -> Path | None:
        """The file that an IRI is mapped to; None where no entry matches."""
        if iri in self.files:
            return self.files[iri]
        starts = [start for start in self.rewrites if iri.startswith(start)]
        if not starts:
            return None
        longest = max(starts, key=len)
        return self.rewrites[longest] / unquote(iri[len(longest) :])


def read_catalog(path: Path) -> Catalog:
    """Reads a catalogue and the ones that it names next.

    Raises:
        OntologySyntaxError: not well-formed XML, or with a DTD.
        OntologyError: it names a next catalogue that is not there.
    """
    catalog = Catalog()
    _read(path, catalog, set())
    return catalog


def _read(path: Path, catalog: Catalog, seen: set[Path]) -> None:
    path = path.resolve()
    if path in seen:
        return
    seen.add(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OntologyError(
            f"the catalogue cannot be read: {error.strerror}", where=str(path), remedy="correct the nextCatalog entry"
        ) from None
    _entries(parse_xml(data, str(path), doctype=False), path.parent, catalog, seen)


def _entries(element: Element, base: Path, catalog: Catalog, seen: set[Path]) -> None:
    base = _local(base, element.attributes.get(_BASE, "")) or base
    for child in element.children:
        namespace, _, name = child.name.rpartition(" ")
        if namespace != _NAMESPACE:
            continue
        here = _local(base, child.attributes.get(_BASE, "")) or base
        if name == "group":
            _entries(child, base, catalog, seen)
        elif name == "uri" and (target := _local(here, child.attributes.get("uri", ""))):
            catalog.files.setdefault(child.attributes.get("name", ""), target)
        elif name == "rewriteURI" and (target := _local(here, child.attributes.get("rewritePrefix", ""))):
            catalog.rewrites.setdefault(child.attributes.get("uriStartString", ""), target)
        elif name == "nextCatalog" and (target := _local(here, child.attributes.get("catalog", ""))):
            _read(target, catalog, seen)


def _local(base: Path, uri: str) -> Path | None:
    """The file that a relative or ``file:`` URI means; None for the network and for nothing."""
    if not uri:
        return None
    parts = urlsplit(uri)
    if parts.scheme not in ("", "file"):
        return None
    return base / unquote(parts.path)

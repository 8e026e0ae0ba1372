"""The lines of a module in functional syntax: header, declarations, annotations; and one file written whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from kgtwin.errors import UsageError
from kgtwin.files import save
from kgtwin.vocabulary import DCTERMS, KGTWIN, OWL, RDFS, RXNORM, SKOS, SNOMED, XSD

STANDARD: Final = {
    "kgtwin": KGTWIN,
    "snomed": SNOMED,
    "rxnorm": RXNORM,
    "dcterms": DCTERMS,
    "owl": OWL,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
}
OURS: Final = {"": KGTWIN, **STANDARD}
"""The prefixes of a module about our own classes."""
ROOT: Final = "https://w3id.org/kgtwin/import/"
CORE: Final = "https://w3id.org/kgtwin/ontology/core"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_UNSAFE = re.compile(r'[\x00-\x20<>"{}|\\^`]')
_HEAD: Final = 1 << 16
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a module comes from. ``slug`` names the module, ``digest`` is of the files that were read."""

    slug: str
    source: str
    version: str
    digest: str
    imported: date
    licence: str

    @property
    def iri(self) -> str:
        return ROOT + self.slug

    def annotations(self) -> Iterator[str]:
        """What the module says of itself."""
        yield f"Annotation(dcterms:title {literal(f'{self.source}, imported into kgtwin')})"
        yield f"Annotation(owl:versionInfo {literal(self.version)})"
        yield f"Annotation(kgtwin:importedFrom {literal(self.source)})"
        yield f"Annotation(kgtwin:importedVersion {literal(self.version)})"
        yield f'Annotation(kgtwin:imported "{self.imported.isoformat()}"^^xsd:date)'
        yield f"Annotation(kgtwin:importedDigest {literal('sha256:' + self.digest)})"
        yield f"Annotation(dcterms:license {literal(self.licence)})"
        yield (
            'Annotation(dcterms:description "Read from a published release, whose own terms hold; not part of kgtwin. '
            'Not clinically validated.")'
        )


def header(provenance: Provenance, prefixes: Mapping[str, str], imports: Iterable[str] = ()) -> Iterator[str]:
    """Prefixes, the ontology's name, what it imports, where it comes from, and the properties that say so."""
    for name, iri in prefixes.items():
        yield f"Prefix({name}:=<{iri}>)"
    yield ""
    yield f"Ontology(<{provenance.iri}>"
    for iri in imports:
        yield f"Import(<{iri}>)"
    yield from provenance.annotations()
    yield ""
    for name, told in ANNOTATIONS.items():
        yield f"Declaration(AnnotationProperty(kgtwin:{name}))"
        yield f"AnnotationAssertion(rdfs:label kgtwin:{name} {literal(told, 'en')})"
    for name in ("dcterms:description", "dcterms:license", "dcterms:title"):
        yield f"Declaration(AnnotationProperty({name}))"


ANNOTATIONS: Final = {
    "importedFrom": "is imported from",
    "importedVersion": "is imported from version",
    "imported": "was imported on",
    "importedDigest": "has as digest of the imported files",
    "silent": "raises nothing until it is reviewed",
}


def literal(text: str, language: str = "") -> str:
    """A string literal on one line, without control characters.

    >>> print(literal('a "b"\\nc', "en"))
    "a \\"b\\" c"@en
    """
    plain = _CONTROL.sub("", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{" ".join(plain.split())}"' + (f"@{language}" if _LANGUAGE.fullmatch(language) else "")


def shorten(iri: str, prefixes: Mapping[str, str] = OURS) -> str:
    """An IRI as a module writes it.

    >>> shorten(KGTWIN + "Asthma"), shorten(SNOMED + "195967001"), shorten("http://e.org/a b")
    (':Asthma', 'snomed:195967001', '<http://e.org/a%20b>')
    """
    for name, stem in prefixes.items():
        if iri.startswith(stem) and _LOCAL.fullmatch(iri[len(stem) :]):
            return f"{name}:{iri[len(stem) :]}"
    return f"<{_UNSAFE.sub(_percent, iri)}>"


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def _check_output(output: Path) -> None:
    """Refuses to replace what no earlier import wrote.

    Raises:
        UsageError: it would.
    """
    if not output.is_file():
        return
    with output.open("rb") as file:
        head = file.read(_HEAD)
    if head and ROOT.encode() not in head:
        raise UsageError(
            "there is a file already that no import wrote",
            where=str(output),
            expected="a new file, or one of an earlier import",
            remedy="choose another output, or remove the file",
        )


def write_whole(lines: Iterable[str], output: Path) -> None:
    """Writes a file whole or, where that is interrupted, not at all: an old one stays as it was.

    Raises:
        UsageError: it cannot be written, or would replace what no earlier import wrote.
    """
    _check_output(output)
    save((f"{line}\n".encode() for line in lines), output)

"""What stands before the axioms: prefixes, the ontology's IRI and its version's."""

from __future__ import annotations

import re
from typing import NamedTuple

from kgtwin.vocabulary import OWL, RDF, RDFS, XSD

_SPACE = rb"(?:[\t-\r\x1c-\x20]+|#[^\n]*(?:\n|\Z))*+"
_IRI = rb"""<([^<>\t-\r\x1c-\x20"]*)>"""
_NAME = rb"""[^\t-\r\x1c-\x20()<>"=^@#:]*"""
_LOCAL = rb"""[^\t-\r\x1c-\x20()<>"=^@#]*"""
_PREFIX = re.compile(_SPACE.join([rb"", rb"Prefix", rb"\(", rb"(%b):" % _NAME, rb"=", _IRI, rb"\)"]))
_ONTOLOGY = re.compile(_SPACE.join([rb"", rb"Ontology", rb"\("]))
_ENTITY = re.compile(_SPACE + rb"(?:%b|(%b):(%b))" % (_IRI, _NAME, _LOCAL))
_END = re.compile(_SPACE)
_MARK = b"\xef\xbb\xbf"
_STANDARD = {"owl": OWL, "rdf": RDF, "rdfs": RDFS, "xsd": XSD}


class Heading(NamedTuple):
    """``at``: the byte where the axioms begin."""

    prefixes: dict[str, str]
    iri: str | None
    version_iri: str | None
    at: int


def read_heading(content: bytes) -> Heading | None:
    """The heading of a document in functional syntax; None where something is wrong or unusual about it.

    >>> read_heading(b"Prefix(:=<http://x/>) Ontology(<http://x/o> Declaration(Class(:A)))")[1:]
    ('http://x/o', None, 43)
    """
    at = 0
    while content.startswith(_MARK, at):
        at += len(_MARK)
    prefixes = dict(_STANDARD)
    declared: dict[str, str] = {}
    while match := _PREFIX.match(content, at):
        prefix, iri = _text(match[1]), _text(match[2])
        if prefix is None or iri is None or declared.setdefault(prefix, iri) != iri:
            return None
        at = match.end()
    prefixes.update(declared)
    match = _ONTOLOGY.match(content, at)
    return None if match is None else _named(content, match.end(), prefixes)


def _named(content: bytes, at: int, prefixes: dict[str, str]) -> Heading | None:
    iris: list[str] = []
    while len(iris) < 2 and (match := _ENTITY.match(content, at)):
        full, prefix, local = (None if part is None else _text(part) for part in match.groups())
        if full is None and (prefix not in prefixes or local is None or prefix == "_"):
            return None
        iris.append(full if full is not None else prefixes[str(prefix)] + str(local))
        at = match.end()
    iri, version_iri, *_ = (*iris, None, None)
    return Heading(prefixes, iri, version_iri, at)


def _text(data: bytes) -> str | None:
    """UTF-8 without a space (one beyond ASCII: the general reader knows them all)."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if any(map(str.isspace, text)) else text


def ends_at(content: bytes, at: int) -> bool:
    """Whether only space and comments stand behind a place."""
    match = _END.match(content, at)
    return match is not None and match.end() == len(content)

"""What stands before the first axiom or triple, read with expat: entities, the root's name and attributes, prefixes."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

_CHUNK = 1 << 14
_ENCODINGS = (None, "utf-8", "utf8")
_PLAIN_VALUE = re.compile(r"[^<&%\x00-\x1f\x7f]*", re.DOTALL)


class Unfit(Exception):  # noqa: N818 - no error: it sends a document to the general reader
    """The document is not for the compiled reader."""


class Prologue(NamedTuple):
    """``start``: the byte of the root's ``<``; names as expat gives them, ``namespace local``.

    ``prefixes``: of the elements ``Prefix`` (of OWL/XML) that are the root's first children.
    """

    start: int
    entities: dict[str, str]
    root: str
    attributes: dict[str, str]
    prefixes: dict[str, str]


class _Done(Exception):  # noqa: N818 - it ends the parsing
    pass


def read_prologue(content: memoryview) -> Prologue:
    """Reads as much as it takes.

    >>> read_prologue(memoryview(b'<!DOCTYPE a [<!ENTITY x "http://x/">]><a b="&x;y"/>')).attributes
    {'b': 'http://x/y'}

    Raises:
        Unfit: not UTF-8, not well-formed so far, an external or nested entity, default attributes.
    """
    return _Reader().read(content)


class _Reader:
    def __init__(self) -> None:
        self.entities: dict[str, str] = {}
        self.prefixes: dict[str, str] = {}
        self.found: Prologue | None = None
        self.depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.XmlDeclHandler = self.declaration
        self.parser.EntityDeclHandler = self.entity
        self.parser.AttlistDeclHandler = self.refuse
        self.parser.SkippedEntityHandler = self.refuse
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def read(self, content: memoryview) -> Prologue:
        try:
            for begin in range(0, len(content), _CHUNK):
                self.parser.Parse(content[begin : begin + _CHUNK], False)
        except expat.ExpatError:
            raise Unfit from None
        except _Done:
            pass
        if self.found is None or bytes(content[self.found.start : self.found.start + 1]) != b"<":
            raise Unfit
        if b"%" in bytes(content[: self.found.start]):
            raise Unfit  # a parameter entity, perhaps
        return self.found

    def declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0" or (encoding.lower() if encoding else None) not in _ENCODINGS:
            raise Unfit

    def entity(
        self, name: str, parameter: bool, value: str | None, _base: str | None, system: str | None, *_args: object
    ) -> None:
        if parameter or system or value is None or not _PLAIN_VALUE.fullmatch(value):
            raise Unfit
        self.entities.setdefault(name, value)

    def refuse(self, *_args: object) -> None:
        raise Unfit

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.found is None:
            self.found = Prologue(self.parser.CurrentByteIndex, self.entities, name, attributes, self.prefixes)
        elif self.depth == 1:
            if name.rpartition(" ")[2] != "Prefix":
                raise _Done
            prefix, iri = attributes.get("name", ""), attributes.get("IRI", "")
            if self.prefixes.setdefault(prefix, iri) != iri:
                raise Unfit
        self.depth += 1

    def end(self, _name: str) -> None:
        self.depth -= 1
        if self.depth == 0:
            raise _Done

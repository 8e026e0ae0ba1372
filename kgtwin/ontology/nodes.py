"""The tree that every syntax is read into: OWL's functional syntax without its spelling.

``SubClassOf(:A :B)`` is ``Node("SubClassOf", (Iri(".../A"), Iri(".../B")))``, whether it was written in
functional syntax, OWL/XML or RDF. ``at`` is a place in the :class:`Source`, -1 where the syntax has none.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from kgtwin.errors import OntologySyntaxError
from kgtwin.vocabulary import XSD

MAX_DEPTH = 100
"""How deep expressions may nest; deeper is refused with a clear error."""
_MANY = 10**9


class Iri(NamedTuple):
    value: str
    at: int = -1


class Anonymous(NamedTuple):
    label: str
    at: int = -1


class Literal(NamedTuple):
    text: str
    language: str | None = None
    datatype: str | None = None
    at: int = -1


class Number(NamedTuple):
    """The bare number of a cardinality restriction."""

    value: int
    at: int = -1


class Node(NamedTuple):
    name: str
    args: tuple[Term, ...]
    at: int = -1


Term = Node | Iri | Anonymous | Literal | Number


@dataclass(frozen=True)
class Source:
    """A file's name and text: turns a place in the text into ``file:line:column``.

    ``scope`` keeps its anonymous individuals apart from those of other files: it begins their names.
    """

    file: str
    text: str = ""
    scope: str = ""
    _breaks: list[int] = field(default_factory=list, repr=False)

    def line(self, at: int) -> int | None:
        """The line of a character offset, from 1; None for -1."""
        if at < 0:
            return None
        if not self._breaks:
            self._breaks.extend([-1, *(i for i, character in enumerate(self.text) if character == "\n")])
        return bisect_right(self._breaks, at - 1)

    def where(self, at: int) -> str:
        """``file:line:column`` of an offset (both from 1), or the file alone for -1."""
        line = self.line(at)
        return self.file if line is None else f"{self.file}:{line}:{at - self._breaks[line - 1]}"

    def error(
        self, at: int, message: str, *, expected: str | None = None, remedy: str | None = None
    ) -> OntologySyntaxError:
        """The error to raise for what stands at ``at``."""
        return OntologySyntaxError(message, where=self.where(at), expected=expected, remedy=remedy)


@dataclass(frozen=True)
class LinedSource(Source):
    """A source whose places are line numbers already (XML parsers tell lines, not offsets)."""

    def line(self, at: int) -> int | None:
        return at if at > 0 else None

    def where(self, at: int) -> str:
        return f"{self.file}:{at}" if at > 0 else self.file


def text_of(term: Term) -> str:
    """Functional syntax of a term, with full IRIs.

    >>> text_of(Node("ObjectHasSelf", (Iri("http://x/r"),)))
    'ObjectHasSelf(<http://x/r>)'
    """
    match term:
        case Node(name, args):
            return f"{name}({' '.join(text_of(arg) for arg in args)})"
        case Iri(value):
            return f"<{value}>"
        case Anonymous(label):
            return f"_:{label}"
        case Number(value):
            return str(value)
        case Literal(text, language, datatype):
            quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            if language:
                return f"{quoted}@{language}"
            return f"{quoted}^^<{datatype}>" if datatype else quoted


def iris_of(term: Term) -> list[str]:
    """Every IRI in a term outside its annotations, in order of appearance."""
    if isinstance(term, Iri):
        return [term.value]
    if not isinstance(term, Node) or term.name == "Annotation":
        return []
    return [iri for arg in term.args for iri in iris_of(arg)]


def signature_of(term: Term) -> tuple[str, ...]:
    """The IRIs in a term, each once, without those of XML Schema's datatypes and facets."""
    return tuple(dict.fromkeys(found for found in iris_of(term) if not found.startswith(XSD)))


def check_arity(source: Source, node: Node, low: int, high: int = _MANY) -> None:
    """Raises OntologySyntaxError unless ``low <= len(node.args) <= high``."""
    if low <= len(node.args) <= high:
        return
    wanted = f"{low}" if low == high else f"{low} or more" if high == _MANY else f"{low} to {high}"
    raise source.error(node.at, f"{node.name} has {len(node.args)} arguments", expected=wanted)


def iri(source: Source, term: Term, what: str) -> str:
    """The IRI of an entity; ``what`` names the kind expected in the error."""
    if not isinstance(term, Iri):
        raise source.error(term.at, f"unexpected {text_of(term)[:60]}", expected=what)
    return term.value

"""RDF as a graph of plain values, read by Oxigraph from RDF/XML, Turtle and N-Triples.

An IRI is a string, an anonymous node a :class:`Blank`, a literal a :class:`~kgtwin.ontology.nodes.Literal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from typing import NoReturn

import pyoxigraph as ox

from kgtwin.errors import OntologySyntaxError
from kgtwin.ontology.nodes import Literal
from kgtwin.vocabulary import RDF as RDF_STEM
from kgtwin.vocabulary import XSD

_TYPE = RDF_STEM + "type"
_STRING = XSD + "string"
_FORMATS = {"xml": ("RDF/XML", ox.RdfFormat.RDF_XML), "turtle": ("Turtle", ox.RdfFormat.TURTLE)}
_BASE = "urn:kgtwin:base:"
"""What relative IRIs are resolved against where a document has no base."""


class Blank(str):
    """An anonymous node, by its name within the document; no IRI is equal to one, since it has no colon."""

    __slots__ = ()


RdfNode = str | Literal
Triple = tuple[str, str, RdfNode]


class Namespace:
    """The IRIs that begin with a stem: ``Namespace(stem).name``.

    >>> Namespace("http://x/").A
    'http://x/A'
    """

    def __init__(self, stem: str) -> None:
        self.stem = stem

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        iri = self.__dict__[name] = self.stem + name
        return iri


class Graph:
    """Triples, each once, in the order in which they were added; found by subject, by predicate, by type."""

    def __init__(self) -> None:
        self._all: dict[Triple, None] = {}
        self._of: dict[RdfNode, dict[str, list[Triple]]] = {}
        self._by: dict[str, list[Triple]] = {}
        self._types: dict[RdfNode, list[Triple]] = {}

    def add(self, triple: Triple) -> None:
        """Adds a triple that may be there already."""
        if triple in self._all:
            return
        self._all[triple] = None
        s, p, o = triple
        self._of.setdefault(s, {}).setdefault(p, []).append(triple)
        self._by.setdefault(p, []).append(triple)
        if p == _TYPE:
            self._types.setdefault(o, []).append(triple)

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._all)

    def __contains__(self, triple: Triple) -> bool:
        return triple in self._all

    def of(self, subject: RdfNode, predicate: str | None = None) -> list[Triple]:
        """The triples of a subject, with one predicate or with all."""
        found = self._of.get(subject, {})
        if predicate is not None:
            return found.get(predicate, [])
        return [triple for many in found.values() for triple in many]

    def by(self, predicate: str) -> list[Triple]:
        """The triples with a predicate."""
        return self._by.get(predicate, [])

    def typed(self, rdf_class: str) -> list[Triple]:
        """The triples that say that something is of a type."""
        return self._types.get(rdf_class, [])


def read(data: bytes, file: str, syntax: str) -> Graph:
    """The triples of a document; ``syntax`` is ``xml`` or ``turtle`` (which takes N-Triples too).

    Anonymous nodes are named in order of appearance.

    Raises:
        OntologySyntaxError: with the line, where the parser tells it.
    """
    graph, names = Graph(), dict[str, Blank]()
    try:
        for quad in ox.parse(data, format=_FORMATS[syntax][1], base_iri=_BASE, lenient=True):
            subject = _node(quad.subject, names)
            assert isinstance(subject, str)
            graph.add((subject, intern(quad.predicate.value), _node(quad.object, names)))
    except SyntaxError as error:
        _refuse(file, syntax, error)
    return graph


def _node(node: object, names: dict[str, Blank]) -> RdfNode:
    """Equal IRIs are one object: their hash is worked out once."""
    if isinstance(node, ox.NamedNode):
        return intern(node.value)
    if isinstance(node, ox.Literal):
        datatype = None if node.language or node.datatype.value == _STRING else node.datatype.value
        return Literal(node.value, node.language, datatype)
    assert isinstance(node, ox.BlankNode), "quoted triples are of no syntax that is read here"
    found = names.get(node.value)
    if found is None:
        found = names[node.value] = Blank(f"genid{len(names):07}")
    return found


def _refuse(file: str, syntax: str, error: SyntaxError) -> NoReturn:
    name = _FORMATS[syntax][0]
    where = file if error.lineno is None else f"{file}:{error.lineno}"
    if error.lineno is not None and error.offset is not None:
        where += f":{error.offset}"
    raise OntologySyntaxError(
        f"not readable as {name}: {str(error.msg).splitlines()[0][:200]}", where=where, expected=name
    ) from None


def write(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> bytes:
    """Turtle, the triples in their order.

    >>> print(write([("http://x/A", "http://x/p", Literal("a"))], {"x": "http://x/"}).decode().strip())
    @prefix x: <http://x/> .
    x:A x:p "a" .
    """
    quads = (ox.Triple(_subject(s), ox.NamedNode(p), _object(o)) for s, p, o in triples)
    written = ox.serialize(quads, format=ox.RdfFormat.TURTLE, prefixes=dict(prefixes))
    assert written is not None
    return written


def _subject(node: str) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(node) if isinstance(node, Blank) else ox.NamedNode(node)


def _object(node: RdfNode) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if isinstance(node, str):
        return _subject(node)
    if node.language:
        return ox.Literal(node.text, language=node.language)
    return ox.Literal(node.text, datatype=ox.NamedNode(node.datatype or _STRING))

"""Tells the syntax of an ontology file from its content, and reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology import functional, obo, owlxml
from kgtwin.ontology.definitions import told, written_out
from kgtwin.ontology.nodes import Node, Source, Term
from kgtwin.ontology.structure import Document, document

_XML_ROOT = re.compile(r"<(?:[\w.-]+:)?(\w+)[\s>]")
_PROLOGUE = re.compile(r"\A(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)*", re.DOTALL)
_COMMENTS = re.compile(r"\A(?:\s+|#[^\n]*\n?)*")
_ROOTS = {"RDF": "rdfxml", "Ontology": "owlxml"}
_FUNCTIONAL = re.compile(r"(Prefix|Ontology)\s*\(")
_MANCHESTER = re.compile(r"(Prefix|Ontology):\s")
_TURTLE = re.compile(r"@prefix|@base|PREFIX\b|BASE\b|<[^<>\s]*>\s|_:|\[|[\w.-]*:[\w.-]*\s", re.IGNORECASE)
_OBO_FRAME = re.compile(r"\[(Term|Typedef|Instance)\]")
_OBO_CLAUSE = re.compile(r"\s*(!|[a-z][\w-]*:\s)")


class Build(Protocol):
    def __call__(self, kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None = None) -> Document: ...


class Tree(Protocol):
    def __call__(self, kinds: Mapping[str, EntityKind]) -> Node: ...


@dataclass(frozen=True)
class Parsed:
    """A file whose syntax is known and checked.

    ``build`` takes the declarations of the whole import closure, and its datatypes with the ranges to write in their
    place; ``told`` are this file's definitions of datatypes. ``tree`` gives the ``Ontology`` node as it was
    written, with places in ``source``; None where a syntax has no such tree (OBO).
    """

    iri: str | None
    version_iri: str | None
    imports: tuple[str, ...]
    declared: dict[str, EntityKind]
    told: dict[str, Term]
    build: Build
    source: Source
    tree: Tree | None


def sniff(text: str) -> str | None:
    """``functional``, ``owlxml``, ``rdfxml``, ``turtle`` or ``obo``, by content; None where it is none of them.

    >>> sniff("# mine\\nPrefix(:=<http://x/>)\\nOntology(<http://x/o>)")
    'functional'
    >>> sniff("@prefix : <http://x/> . :A a :B .")
    'turtle'
    """
    start = _COMMENTS.sub("", text.lstrip("\ufeff"))
    root = _XML_ROOT.match(_PROLOGUE.sub("", start))
    if root is not None and root[1] in _ROOTS:
        return _ROOTS[root[1]]
    if _FUNCTIONAL.match(start):
        return "functional"
    if _is_obo(text):
        return "obo"
    return "turtle" if _TURTLE.match(start) and not _MANCHESTER.match(start) else None


def _is_obo(text: str) -> bool:
    """Whether ``format-version:`` or a frame follows on nothing but clauses, comments and blank lines."""
    for line in text.lstrip("\ufeff")[:100_000].splitlines():
        if line.startswith("format-version:") or _OBO_FRAME.match(line):
            return True
        if line.strip() and not _OBO_CLAUSE.match(line):
            return False
    return False


def parse(data: bytes, file: str, scope: str = "") -> Parsed:
    """Reads a document whatever its syntax; ``scope`` begins the names of its anonymous individuals.

    Raises:
        OntologySyntaxError: unknown syntax, or an error in it.
    """
    text = _decoded(data, file)
    syntax = sniff(text)
    if syntax is None:
        manchester = _MANCHESTER.match(_COMMENTS.sub("", text.lstrip("\ufeff")))
        raise OntologySyntaxError(
            "an ontology in Manchester syntax" if manchester else "not an ontology in a known syntax",
            where=f"{file}:1:1",
            expected="OWL functional syntax, OWL/XML, RDF/XML, Turtle or OBO",
            remedy="save it from Protégé in one of these",
        )
    if syntax == "functional":
        source = Source(file, text.lstrip("\ufeff"), scope)
        return _parsed(source, functional.read(source))
    if syntax == "obo":
        return _ready(obo.read(file, text.lstrip("\ufeff")), Source(file))
    if syntax == "owlxml":
        return _parsed(*owlxml.read(data, file, scope))
    return _rdf(data, Source(file, scope=scope), "xml" if syntax == "rdfxml" else "turtle")


def _decoded(data: bytes, file: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    declared = re.match(rb"""\s*<\?xml[^>]*encoding=["']([\w.-]+)["']""", data[:200])
    try:
        return data.decode(declared[1].decode() if declared and encoding != "utf-16" else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise OntologySyntaxError(
            "not text in UTF-8", where=f"{file}:{line}", remedy="save the file as UTF-8"
        ) from None


def _parsed(source: Source, ontology: Node) -> Parsed:
    definitions = told(ontology.args)
    own = written_out(definitions)
    read = document(source, ontology, own)

    def build(kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None = None) -> Document:
        return read if known is None or known == own else document(source, ontology, known)

    imports = tuple(read.imports)
    return Parsed(
        read.iri, read.version_iri, imports, read.declared, definitions, build, source, lambda kinds: ontology
    )


def _ready(read: Document, source: Source) -> Parsed:
    """A document that needs neither declarations nor datatypes of others."""

    def build(kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None = None) -> Document:
        return read

    return Parsed(read.iri, read.version_iri, tuple(read.imports), read.declared, {}, build, source, None)


def _rdf(data: bytes, source: Source, syntax: str) -> Parsed:
    from kgtwin.ontology import rdf, rdf_axioms  # noqa: PLC0415 - RDF is seldom read

    graph = rdf.read(data, source.file, syntax)
    name = graph.name
    trees: list[Node] = []

    def tree(kinds: Mapping[str, EntityKind]) -> Node:
        """Made once: reading uses the graph up. All that read a closure give the same declarations."""
        if not trees:
            trees.append(rdf_axioms.ontology(graph, kinds))
        return trees[0]

    def build(kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None = None) -> Document:
        return document(source, tree(kinds), known)

    return Parsed(
        None if name is None else str(name),
        graph.version_iri(),
        tuple(graph.imports()),
        graph.declared(),
        rdf_axioms.definitions(graph),
        build,
        source,
        tree,
    )

"""Nodes as they were written: their names, their text with short IRIs, and what is the same in two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgtwin.identifiers import to_curie
from kgtwin.ontology.nodes import Iri, Node, Term, text_of

_IRI = re.compile(r"<([^<>\s]+)>")
_LONGEST = 400


def iris(node: Node) -> Iterator[str]:
    """Every IRI in a node, annotations included."""
    for arg in node.args:
        if isinstance(arg, Iri):
            yield arg.value
        elif isinstance(arg, Node):
            yield from iris(arg)


def named(node: Node) -> list[str]:
    """The IRIs that are arguments themselves."""
    return [arg.value for arg in node.args if isinstance(arg, Iri)]


def bare(term: Term) -> Term:
    """A term without places, to be compared.

    >>> bare(Node("Import", (Iri("http://x/", 7),), 3))
    Node(name='Import', args=(Iri(value='http://x/', at=-1),), at=-1)
    """
    if isinstance(term, Node):
        return Node(term.name, tuple(map(bare, term.args)))
    return term._replace(at=-1)


def written(node: Node, *, whole: bool = False) -> str:
    """Functional syntax with CURIEs where there are any; long ones are cut, unless the ``whole`` is wanted."""
    text = _IRI.sub(_short, text_of(node))
    return text if whole or len(text) <= _LONGEST else text[:_LONGEST] + " …"


def _short(match: re.Match[str]) -> str:
    curie = to_curie(match[1])
    return match[0] if curie == match[1] else curie

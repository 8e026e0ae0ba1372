"""What an axiom is by: its kind and the names in it, whether kgtwin, the OWL API or ROBOT's Markdown wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kgtwin.model.axioms import Axiom
from kgtwin.ontology.nodes import Iri, Literal, Node
from kgtwin.ontology.signature import used
from kgtwin.vocabulary import OWL, RDF, RDFS, XSD

Key = tuple[str, tuple[str, ...]]
"""The kind of an axiom; its names and values in order."""
_BUILT_IN = (OWL, RDF, RDFS, XSD)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|<([^>]*)>')
_LINK = re.compile(r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]\(([^)\s]+)\)")
_WORDS = {
    "SubClassOf": "SubClassOf",
    "EquivalentTo": "EquivalentClasses",
    "EquivalentClasses": "EquivalentClasses",
    "DisjointWith": "DisjointClasses",
    "DisjointClasses": "DisjointClasses",
    "SubPropertyOf": "SubObjectPropertyOf",
    "EquivalentProperties": "EquivalentObjectProperties",
    "Transitive": "TransitiveObjectProperty",
    "Reflexive": "ReflexiveObjectProperty",
    "Domain": "ObjectPropertyDomain",
    "Range": "ObjectPropertyRange",
    "Type": "ClassAssertion",
    "SameAs": "SameIndividual",
}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b")


def of_node(node: Node) -> Key:
    """An axiom as it was read, with its literals.

    >>> of_node(Node("SubClassOf", (Iri("x:A"), Node("DataHasValue", (Iri("x:p"), Literal("5"))))))
    ('SubClassOf', ('5', 'x:A', 'x:p'))
    """
    return node.name, _own(_tokens(node))


def _tokens(node: Node) -> Iterator[str]:
    for arg in node.args:
        if isinstance(arg, Node):
            yield from _tokens(arg)
        elif isinstance(arg, Iri):
            yield arg.value
        elif isinstance(arg, Literal):
            yield arg.text


def of_functional(text: str) -> Key:
    """An axiom as the OWL API prints it.

    >>> of_functional('SubClassOf(<x:A> DataHasValue(<x:p> "5"^^xsd:integer))')
    ('SubClassOf', ('5', 'x:A', 'x:p'))
    """
    found = (value or iri for value, iri in _TOKEN.findall(text))
    return text.partition("(")[0].strip(), _own(found)


def of_axiom(axiom: Axiom) -> Key:
    """An axiom as the reasoner knows it: each name once."""
    return type(axiom).__name__, _own(set(used([axiom])))


def of_markdown(text: str) -> Key:
    """An axiom of ROBOT's explanation: each name once.

    >>> of_markdown("[Has part](x:r) some [A thing](x:A) SubClassOf [B Domain](x:B)")
    ('SubClassOf', ('x:A', 'x:B', 'x:r'))
    """
    word = _WORD.search(_LINK.sub("", text))
    if word is None:
        raise ValueError(f"an axiom of no known kind in ROBOT's explanation: {text[:300]}")
    return _WORDS[word[1]], _own(set(_LINK.findall(text)))


def _own(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if not name.startswith(_BUILT_IN)))


def said(key: Key) -> str:
    """A line about an axiom."""
    return f"{key[0]}({' '.join(key[1])})"


def explanations(markdown: str) -> list[frozenset[Key]]:
    """The explanations in ROBOT's answer, in its order; where the axiom itself is told, ROBOT lists none below it.

    >>> text = "## [A](x:A) SubClassOf [B](x:B) ##\\n\\n  - [A](x:A) SubClassOf [r](x:r) some \\n[B](x:B)\\n"
    >>> [sorted(one) for one in explanations(text)]
    [[('SubClassOf', ('x:A', 'x:B', 'x:r'))]]
    >>> [sorted(one) for one in explanations("## [A](x:A) SubClassOf [B](x:B) ##\\n\\n")]
    [[('SubClassOf', ('x:A', 'x:B'))]]
    """
    parts = re.split(r"^## (\[.*)##$", markdown.partition("\n# Axiom Impact")[0], flags=re.MULTILINE)
    return [_explanation(*pair) for pair in zip(parts[1::2], parts[2::2], strict=True)]


def _explanation(title: str, tree: str) -> frozenset[Key]:
    listed = re.split(r"^ *- (?=\S)", tree, flags=re.MULTILINE)[1:]
    return frozenset(map(of_markdown, listed or [title]))

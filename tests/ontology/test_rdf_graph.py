"""The triples of a document are those that rdflib finds."""

from __future__ import annotations

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from kgtwin.errors import OntologySyntaxError
from kgtwin.ontology.nodes import Literal
from kgtwin.ontology.rdf_graph import Blank, Graph, RdfNode, read
from kgtwin.vocabulary import XSD
from tests.fuzz import times

_IRIS = st.sampled_from([f"http://x/{name}" for name in ("a", "b", "c#d", "é", "e/f")])
_BLANKS = st.sampled_from(["n1", "n2", "n3"]).map(rdflib.BNode)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
_LITERALS = st.one_of(
    _TEXTS.map(rdflib.Literal),
    st.builds(rdflib.Literal, _TEXTS, lang=st.sampled_from(["en", "de-at"])),
    st.builds(rdflib.Literal, st.integers(), datatype=st.just(rdflib.XSD.integer)),
)
_SUBJECTS = st.one_of(_IRIS.map(rdflib.URIRef), _BLANKS)
_TRIPLES = st.tuples(_SUBJECTS, _IRIS.map(rdflib.URIRef), st.one_of(_SUBJECTS, _LITERALS))


def _node(node: RdfNode) -> rdflib.term.Node:
    if isinstance(node, Literal):
        datatype = None if node.datatype is None else rdflib.URIRef(node.datatype)
        return rdflib.Literal(node.text, lang=node.language, datatype=datatype)
    return rdflib.BNode(node) if isinstance(node, Blank) else rdflib.URIRef(node)


def _as_rdflib(graph: Graph) -> rdflib.Graph:
    found = rdflib.Graph()
    for s, p, o in graph:
        found.add((_node(s), _node(p), _node(o)))
    return found


@settings(max_examples=times(150), deadline=None)
@given(st.lists(_TRIPLES, max_size=12), st.sampled_from(["xml", "pretty-xml", "turtle", "nt"]))
def test_a_document_says_what_was_written(triples: list[tuple[rdflib.term.Node, ...]], written: str) -> None:
    told = rdflib.Graph()
    for s, p, o in triples:
        told.add((s, p, o))
    data, syntax = told.serialize(format=written, encoding="utf-8"), "xml" if "xml" in written else "turtle"
    found = rdflib.Graph().parse(data=data, format=syntax)  # rdflib's pretty XML leaves some triples out
    assert written == "pretty-xml" or isomorphic(found, told)
    assert isomorphic(_as_rdflib(read(data, "f", syntax)), found)


def test_a_graph_keeps_order_and_says_nothing_twice() -> None:
    text = b"@prefix : <http://x/> . :b :p :a . :a :p :b , :c . :b :p :a . :a a :C ; :q [] ."
    graph = read(text, "f", "turtle")
    assert [s.removeprefix("http://x/") for s, _, _ in graph] == ["b", "a", "a", "a", "a"]
    assert [o for _, _, o in graph.of("http://x/a", "http://x/p")] == ["http://x/b", "http://x/c"]
    assert len(graph.of("http://x/a")) == 4
    assert len(graph.by("http://x/p")) == 3
    assert graph.typed("http://x/C") == [
        ("http://x/a", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://x/C")
    ]
    assert graph.of("http://x/a", "http://x/q")[0][2] == Blank("genid0000000")


def test_literals_keep_their_text() -> None:
    text = f'<http://x/a> <http://x/p> "01"^^<{XSD}integer> , "b"^^<{XSD}string> , "c"@en .'.encode()
    found = [o for _, _, o in read(text, "f", "turtle")]
    assert found == [Literal("01", None, XSD + "integer"), Literal("b"), Literal("c", "en")]


def test_relative_iris_have_a_base_of_their_own() -> None:
    text = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Bag rdf:about="#a"/></rdf:RDF>'
    ((subject, _, _),) = read(text, "f", "xml")
    assert subject == "urn:kgtwin:base:#a"


@pytest.mark.parametrize(
    ("text", "syntax"),
    [('<http://x/a> <http://x/b>\n "open', "turtle"), (":a :b :c .", "turtle")],
)
def test_an_error_names_file_and_line(text: str, syntax: str) -> None:
    with pytest.raises(OntologySyntaxError) as caught:
        read(text.encode(), "some.file", syntax)
    assert str(caught.value.where).startswith("some.file:")

"""The SPARQL guard: forms, updates, and SERVICE by token."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtwin.errors import QueryRejectedError
from kgtwin.store.sparql import check_graphs, check_query
from tests.fuzz import times


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("SELECT * WHERE { ?s ?p ?o }", "SELECT"),
        ("# INSERT\nPREFIX insert: <urn:SERVICE#> ask { ?service insert:SERVICE 'SERVICE'@service }", "ASK"),
        ('CONSTRUCT { ?s ?p """a "SERVICE" {""" } WHERE { ?s ?p ?o FILTER(?o < 5 && ?s > 3) }', "CONSTRUCT"),
        ("DESCRIBE <http://example.org/service>", "DESCRIBE"),
        ("BASE <http://x/> SELECT ?s { _:service <p> ?s }", "SELECT"),
    ],
)
def test_queries_pass(query: str, form: str) -> None:
    assert check_query(query) == form


@pytest.mark.parametrize(
    "query",
    [
        "INSERT DATA { <a:a> <a:a> <a:a> }",
        "PREFIX x: <urn:x> DELETE WHERE { ?s ?p ?o }",
        "LOAD <http://127.0.0.1/>",
        "DROP ALL",
        "SELECT * { SERVICE <http://x> { ?s ?p ?o } }",
        "SELECT * { service silent ?x { ?s ?p ?o } }",
        "SELECT * { '#' ?p ?o . SERVICE <http://x> { ?s ?p ?o } }",
        "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE?x#>\n{ ?s ?p ?o } }",
        "SELECT * { ?s ?p '\\u0027 } SERVICE' }",
        "hello",
        "",
        "SELECT " + "?a " * 50_000,
    ],
)
def test_updates_and_services_are_refused(query: str) -> None:
    with pytest.raises(QueryRejectedError):
        check_query(query)


@given(st.text(max_size=80))
def test_any_text_passes_or_is_refused(text: str) -> None:
    try:
        assert check_query(text) in {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
    except QueryRejectedError as error:
        assert str(error)  # noqa: PT017


CLAUSES = ["SERVICE<http://127.0.0.1:1/>{}", "SERVICE:x{}", "SERVICEp:x{}", "SERVICE?x#>\n{}", "service SILENT:x{}", ""]
PIECES = [
    "SERVICE", "service", "SERVICE ", "SILENT ", "<http://127.0.0.1:1/>", ":x ", "?x", "$x", "{", "}",
    "{ ?s ?p ?o }", "(", ")", "<", ">", "#\n", "#>\n", "'", '"', "'''", '"""', " . ", ".", "1", "1.", "1e", "true",
    "a", "p:p", "p:a.b", "p:", "_:b", "@en", "\\", "\\'", "%41", "\u00b7", "\u200c", "\u00e9", "FILTER",
    "FILTER(1<2)", "BIND(1 AS ?y)", "OPTIONAL", "UNION", "MINUS", "GRAPH ?g", "VALUES ?x {", "?s ?p ?o", " ", "\n",
    ";", ",", "&&", "||", "^^", "!", "*", "-", "+", "=", "AS", "UNDEF", "EXISTS", "NOT ", "IN", "LIMIT 1", "[", "]",
    "|", "/", "^",
]  # fmt: skip
START = "PREFIX : <http://127.0.0.1:1/> SELECT * { BIND(<http://127.0.0.1:1/> AS ?x) ?s ?p ?o "


def asks_another(query: str) -> bool:
    """Whether Oxigraph, left alone, would send a request: it refuses port 1 with an error of its own."""
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal(1), ox.DefaultGraph()))
    try:
        found = store.query(query, prefixes={"p": "http://127.0.0.1:1/"})
        assert isinstance(found, ox.QuerySolutions)
        list(found)
    except OSError:
        return True
    except (SyntaxError, ValueError, RuntimeError):
        return False
    return False


@settings(max_examples=times(300), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.sampled_from(CLAUSES), st.sampled_from(["", "}"]))
@example("", "SERVICE:x{}", "")
@example(".", "SERVICEp:x{}", "")
@example("FILTER(1<2)", "SERVICE?x#>\n{}", "")
@example("BIND(true AS ?y)", "SERVICE<http://127.0.0.1:1/>{}", "")
def test_whatever_oxigraph_reads_as_service_is_refused(pieces: str, clause: str, end: str) -> None:
    query = f"{START}{pieces}{clause}{end}}}"
    try:
        check_query(query)
    except QueryRejectedError:
        return
    assert not asks_another(query), query


def test_the_probe_of_that_test_can_tell() -> None:
    assert asks_another(f"{START} SERVICE:x{{}} }}")
    assert not asks_another(f"{START} }}")


@pytest.mark.parametrize(
    "iris", [["relative"], [""], ["urn:a b"], ["urn:a>"], ["urn:x"] + [f"urn:{n}" for n in range(1_000)]]
)
def test_graphs_that_are_refused(iris: list[str]) -> None:
    with pytest.raises(QueryRejectedError):
        check_graphs(iris)


def test_a_graph_in_any_script_is_taken_once() -> None:
    assert check_graphs(["http://例え.example/グラフ", "urn:a", "urn:a"]) == ("http://例え.example/グラフ", "urn:a")

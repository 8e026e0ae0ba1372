"""The SPARQL guard: forms, updates, and SERVICE by token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.errors import QueryRejectedError
from kgtwin.store.sparql import check_query


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

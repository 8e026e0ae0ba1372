"""The SPARQL 1.1 Protocol: its three forms of a query, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client
from tests.api.fake import FakeService

SELECT = "SELECT * WHERE { ?s ?p ?o }"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
ASK = "ASK { ?s ?p ?o }"


@pytest.mark.parametrize(
    ("query", "accept", "kind", "form"),
    [
        (SELECT, "*/*", "application/sparql-results+json", "json"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml", "xml"),
        (SELECT, "text/csv", "text/csv; charset=utf-8", "csv"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8", "tsv"),
        (SELECT, "application/json", "application/json", "json"),
        (SELECT, "text/turtle, text/csv;q=0.5, application/sparql-results+xml;q=0.9",
         "application/sparql-results+xml", "xml"),
        (SELECT, "text/html, */*;q=0.1", "application/sparql-results+json", "json"),
        (ASK, "text/csv, */*;q=0.1", "application/sparql-results+json", "json"),
        (CONSTRUCT, "*/*", "text/turtle", "turtle"),
        (CONSTRUCT, "application/n-triples", "application/n-triples", "ntriples"),
        (CONSTRUCT, "application/sparql-results+json, application/n-triples", "application/n-triples", "ntriples"),
        ("DESCRIBE <urn:x>", "application/ld+json", "application/ld+json", "jsonld"),
    ],
)  # fmt: skip
def test_negotiation(client: Client, fake: FakeService, query: str, accept: str, kind: str, form: str) -> None:
    answer = client.get("/sparql", params={"query": query}, accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].removesuffix("; charset=utf-8") == kind.removesuffix("; charset=utf-8")
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["x-kgtwin-truncated"]
    assert fake.queries == [(query, form)]


@pytest.mark.parametrize(
    ("query", "accept"), [(SELECT, "text/turtle"), (CONSTRUCT, "text/csv"), (ASK, "text/csv"), (SELECT, "image/png")]
)
def test_not_acceptable(client: Client, fake: FakeService, query: str, accept: str) -> None:
    answer = client.get("/sparql", params={"query": query}, accept=accept)
    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "not-acceptable")
    assert fake.queries == []


def test_post_of_a_form(client: Client, fake: FakeService) -> None:
    assert client.post("/sparql", data={"query": SELECT}).status_code == 200
    assert fake.queries == [(SELECT, "json")]


def test_post_of_the_query_itself(client: Client, fake: FakeService) -> None:
    answer = client.post("/sparql", content=SELECT, headers={"content-type": "application/sparql-query; charset=utf-8"})
    assert answer.status_code == 200
    assert fake.queries == [(SELECT, "json")]


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"params": {}}, 400, "usage"),
        ({"params": {"query": [SELECT, SELECT]}}, 400, "usage"),
        ({"params": {"query": SELECT, "default-graph-uri": "urn:g"}}, 400, "query-rejected"),
        ({"params": {"query": SELECT, "update": "CLEAR ALL"}}, 400, "query-rejected"),
        ({"params": {"query": "CLEAR ALL"}}, 400, "query-rejected"),
        ({"params": {"query": "hello"}}, 400, "query-rejected"),
        ({"params": {"query": "SELECT * { SERVICE <http://x> { ?s ?p ?o } }"}}, 400, "query-rejected"),
    ],
)
def test_refusals(client: Client, fake: FakeService, how: dict[str, Any], status: int, code: str) -> None:
    answer = client.get("/sparql", **how)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert fake.queries == []


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"\xff\xfe", "application/sparql-query", 400),
        (b"query=%FF%FE", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=b"] * 100), "application/x-www-form-urlencoded", 400),
        (b"update=CLEAR+ALL", "application/x-www-form-urlencoded", 400),
        (b"CLEAR ALL", "application/sparql-update", 415),
        (b"{}", "application/json", 415),
        (b"x" * ((1 << 20) + 1), "application/sparql-query", 413),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bodies_that_are_refused(client: Client, content: bytes, content_type: str, status: int) -> None:
    answer = client.post("/sparql", content=content, headers={"content-type": content_type})
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}

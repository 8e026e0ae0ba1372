"""GraphQL over HTTP: what is a request, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client
from tests.api.fake import FakeService

QUERY = {"query": "{ about { knowledge } }"}


def test_a_query(client: Client) -> None:
    answer = client.post("/graphql", json=QUERY)
    assert answer.json() == {"data": {"about": {"knowledge": "2026.1"}}}
    assert answer.headers["content-type"] == "application/json"


def test_an_operation_by_its_name(client: Client) -> None:
    query = "query A { about { knowledge } } query B { revisions(first: 1) { number } }"
    assert client.post("/graphql", json={"query": query, "operationName": "B"}).json() == {
        "data": {"revisions": [{"number": 1}]}
    }
    for name in (None, "C"):
        answer = client.post("/graphql", json={"query": query, "operationName": name})
        assert "error" in answer.text, answer.text
        assert "internal" not in answer.text


def test_the_status_says_it_to_clients_of_the_newer_media_type(client: Client) -> None:
    kind = "application/graphql-response+json"
    wrong = client.post("/graphql", json={"query": "{ nothing }"}, headers={"accept": kind})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, kind)
    assert client.post("/graphql", json={"query": "{ nothing }"}).status_code == 200
    assert client.post("/graphql", json=QUERY, headers={"accept": kind}).status_code == 200


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"data": {"query": "{ about { version } }"}}, 415, "unsupported-media-type"),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, "unsupported-media-type"),
        ({"files": {"0": b"x"}}, 415, "unsupported-media-type"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "malformed"),
        ({"content": b"\xff", "headers": {"content-type": "application/json"}}, 400, "malformed"),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400, "malformed"),
        ({"json": {}}, 400, "malformed"),
        ({"json": [QUERY, QUERY]}, 400, "malformed"),
        ({"json": {"query": None}}, 400, "malformed"),
        ({"json": {"query": 7}}, 400, "malformed"),
        ({"json": {"query": "{ a }", "variables": [1]}}, 400, "malformed"),
        ({"json": {"query": ""}}, 400, "usage"),
        ({"json": {"query": "mutation { about { version } }"}}, 400, "usage"),
        ({"json": {"query": "subscription { about { version } }"}}, 400, "usage"),
        ({"json": {"query": "fragment A on Query { about { version } }"}}, 400, "usage"),
        ({"json": {"query": "{ a } # " + "x" * (1 << 20)}}, 413, "too-large"),
        ({"json": QUERY, "headers": {"accept": "text/html"}}, 406, "not-acceptable"),
    ],
)
def test_requests_that_are_refused(client: Client, how: dict[str, Any], status: int, code: str) -> None:
    answer = client.post("/graphql", **how)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("query", ["{", "{ nothing }", "{ about }", "query ($x: Nope) { about { version } }", "💥"])
def test_queries_that_are_wrong_are_said_to_be(client: Client, fake: FakeService, query: str) -> None:
    error = client.error(query)
    assert error["extensions"]["code"] == "invalid-query"
    assert "internal" not in error["message"]


def test_queries_are_not_taken_in_a_url(client: Client, fake: FakeService) -> None:
    answer = client.get("/graphql", params={"query": '{ patient(id: "p1") { name } }'}, accept="text/html")
    assert "Ada" not in answer.text
    assert fake.asked == []
    assert client.get("/graphql", accept="application/json").status_code == 406

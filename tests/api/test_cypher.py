"""``POST /cypher``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client
from tests.api.fake import FakeService


def test_a_query(client: Client, fake: FakeService) -> None:
    answer = client.post("/cypher", json={"query": "RETURN $n", "parameters": {"n": 1}, "limit": 5})
    assert answer.json() == {"columns": ["n"], "rows": [[1], [None]], "truncated": True}
    assert fake.queries == [("RETURN $n", ({"n": 1}, 5))]


def test_a_refusal_has_the_shape_of_every_error(client: Client) -> None:
    answer = client.post("/cypher", json={"query": "CREATE (n)"})
    assert answer.status_code == 400
    assert answer.json() == {"error": {"code": "query-rejected", "message": "CREATE is refused", "remedy": "read only"}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": 7},
        {"query": "RETURN 1", "parameters": []},
        {"query": "RETURN 1", "limit": 0},
        {"query": "RETURN 1", "limit": 10_001},
        {"query": "RETURN 1", "limit": "all"},
        {"query": "RETURN 1", "timeout": 1e9},
        [],
        "RETURN 1",
    ],
)
def test_bodies_that_are_refused(client: Client, fake: FakeService, body: Any) -> None:
    answer = client.post("/cypher", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert "query, parameters, limit" in answer.json()["error"]["expected"]
    assert fake.queries == []


def test_only_json(client: Client) -> None:
    assert client.post("/cypher", data={"query": "RETURN 1"}).status_code == 415
    assert client.get("/cypher").status_code == 405

"""``POST /cypher``."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.api.conftest import Client
from tests.api.fake import FakeService


def test_a_query(client: Client, fake: FakeService) -> None:
    answer = client.post("/cypher", json={"query": "RETURN $n", "parameters": {"n": 1}, "limit": 5})
    assert answer.json() == {"columns": ["n"], "rows": [[1], [None]], "truncated": True}
    assert fake.queries == [("RETURN $n", ({"n": 1}, 5))]


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        ("text/csv", b"n\r\n1\r\n\r\n"),
        ("text/tab-separated-values", b"n\n1\n\n"),
        ("text/csv;q=0.1, application/json;q=0.9", b'{"columns":["n"],"rows":[[1],[null]],"truncated":true}'),
    ],
)
def test_rows_in_other_forms(client: Client, accept: str, body: bytes) -> None:
    answer = client.send("POST", "/cypher", json={"query": "RETURN 1", "limit": 2}, headers={"accept": accept})
    assert (answer.status_code, answer.content) == (200, body)
    assert (answer.headers["vary"], answer.headers["x-kgtwin-truncated"]) == ("Accept", "at 2 rows")


@pytest.mark.parametrize("kind", ["application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"])
def test_rows_for_data_frames(client: Client, kind: str) -> None:
    answer = client.send("POST", "/cypher", json={"query": "RETURN 1"}, headers={"accept": kind})
    assert answer.headers["content-type"] == kind
    table = pa.ipc.open_stream(answer.content).read_all() if "arrow" in kind else pq.read_table(BytesIO(answer.content))
    assert (table.to_pylist(), table.schema.field("n").type) == ([{"n": 1}, {"n": None}], pa.int64())
    assert table.schema.metadata[b"truncated"] == b"true"


def test_a_form_that_is_not_offered(client: Client, fake: FakeService) -> None:
    answer = client.send("POST", "/cypher", json={"query": "RETURN 1"}, headers={"accept": "text/turtle"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "not-acceptable")
    assert fake.queries == []


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
        {"query": "RETURN 1", "timeout": 0},
        {"query": "RETURN 1", "format": "csv"},
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

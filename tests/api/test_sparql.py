"""The SPARQL 1.1 Protocol: its three forms of a query, and what comes back."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
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
    assert answer.headers["x-kgtwin-truncated"] == "at 10000 rows"
    assert answer.headers["x-kgtwin-revision"] == "7"
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


def test_a_request_may_ask_for_less(client: Client, fake: FakeService) -> None:
    answer = client.get("/sparql", params={"query": SELECT, "limit": "5", "timeout": "0.5"})
    assert answer.headers["x-kgtwin-truncated"] == "at 5 rows"
    assert (fake.how["limit"], fake.how["timeout"]) == (5, 0.5)
    assert (fake.how["default_graphs"], fake.how["named_graphs"]) == (None, None)


def test_a_request_may_ask_for_another_moment(client: Client, fake: FakeService) -> None:
    assert client.get("/sparql", params={"query": SELECT, "at": "2020-03", "as_of": "4"}).status_code == 200
    assert (str(fake.how["at"]), fake.how["as_of"]) == ("2020-03-31 23:59:59.999999+00:00", 4)
    for wrong in ({"at": "yesterday"}, {"at": ["2020", "2021"]}, {"as_of": ["1", "2"]}):
        assert client.get("/sparql", params={"query": SELECT, **wrong}).status_code == 400


@pytest.mark.parametrize("kind", ["application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"])
def test_solutions_for_data_frames(client: Client, fake: FakeService, kind: str) -> None:
    answer = client.get("/sparql", params={"query": SELECT}, accept=kind)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert fake.queries == [(SELECT, "json")]
    table = pa.ipc.open_stream(answer.content).read_all() if "arrow" in kind else pq.read_table(BytesIO(answer.content))
    assert (table.column_names, table.schema.metadata[b"revision"]) == (["graph"], b"7")


def test_options_say_what_is_served_and_allow_no_other_site(client: Client) -> None:
    answer = client.send("OPTIONS", "/sparql", headers={"origin": "http://evil.example"})
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["a b", "a>", "<", '"', "{x}"])
def test_a_host_that_is_none_cannot_write_into_the_description(client: Client, host: str) -> None:
    answer = client.send("GET", "/sparql", headers={"host": host})
    assert answer.status_code in {200, 400}
    assert f"<http://{host}/sparql>" not in answer.text


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"params": {"format": "json"}}, 400, "usage"),
        ({"params": {"query": SELECT, "limit": "0"}}, 400, "usage"),
        ({"params": {"query": SELECT, "limit": "1.5"}}, 400, "usage"),
        ({"params": {"query": SELECT, "limit": "10001"}}, 400, "usage"),
        ({"params": {"query": SELECT, "timeout": "31"}}, 400, "usage"),
        ({"params": {"query": SELECT, "timeout": "nan"}}, 400, "usage"),
        ({"params": {"query": SELECT, "timeout": ["1", "2"]}}, 400, "usage"),
        ({"params": {"query": [SELECT, SELECT]}}, 400, "usage"),
        ({"params": {"query": SELECT, "default-graph-uri": "relative"}}, 400, "query-rejected"),
        ({"params": {"query": SELECT, "named-graph-uri": "urn:a> <urn:b"}}, 400, "query-rejected"),
        ({"params": {"query": SELECT, "named-graph-uri": ""}}, 400, "query-rejected"),
        (
            {"params": [("query", SELECT), *[("named-graph-uri", f"urn:{n}") for n in range(1_001)]]},
            400,
            "query-rejected",
        ),
        ({"params": [("query", SELECT), *[("named-graph-uri", f"urn:{n}") for n in range(1_100)]]}, 400, "malformed"),
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
        (b"&".join([b"a=b"] * 2_000), "application/x-www-form-urlencoded", 400),
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

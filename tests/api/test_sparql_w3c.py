"""W3C's protocol tests (rdf-tests, ``sparql/sparql11/protocol/manifest.ttl``), one by one and by their names.

The graphs of the suite (``http://kasei.us/2009/09/sparql/data/data1.rdf`` to ``data3.rdf``) are our ``asserted``,
``inferred`` and ``knowledge`` here, and what its queries look for in each is a type or a property of ours;
``data0.rdf`` is a graph that is not there, which is empty. ``query_multiple_dataset`` sends its two graphs as two
parameters: the suite's text encodes the ``&`` between them. We serve no updates, so ``update_*``, which the suite
wants to succeed, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from kgtwin.store.ladybug import LadybugStore
from tests.api.conftest import Client
from tests.api.querying import querying
from tests.api.test_sparql_protocol import ASSERTED, FORM, INFERRED, KNOWLEDGE, QUERY, UPDATE

DATA0 = "http://kasei.us/2009/09/sparql/data/data0.rdf"
DATA1, DATA2, DATA3 = "?p a kgtwin:Patient", "?i a kgtwin:DetectedIssue", "?c rdfs:subClassOf ?d"
BOTH = f"ASK {{ {DATA1} . {DATA2} }}"
NAMED = f"ASK {{ GRAPH ?g1 {{ {DATA1} }} GRAPH ?g2 {{ {DATA2} }} }}"
FULL = f"ASK {{ {DATA3} GRAPH ?g1 {{ {DATA1} }} GRAPH ?g2 {{ {DATA2} }} }}"
MULTIPLE = f"ASK FROM <{KNOWLEDGE}> {{ GRAPH ?g1 {{ {DATA1} }} GRAPH ?g2 {{ {DATA2} }} }}"


class Sent(NamedTuple):
    """A request: its parameters in the address, its body and the body's type."""

    method: str
    parameters: list[tuple[str, str]]
    body: str | bytes = b""
    kind: str = ""


def default(*graphs: str) -> list[tuple[str, str]]:
    return [("default-graph-uri", one) for one in graphs]


def named(*graphs: str) -> list[tuple[str, str]]:
    return [("named-graph-uri", one) for one in graphs]


def get(query: str, *parameters: tuple[str, str]) -> Sent:
    return Sent("GET", [("query", query), *parameters])


def post(body: str, *parameters: tuple[str, str], kind: str = QUERY) -> Sent:
    return Sent("POST", list(parameters), body, kind)


def form(*fields: tuple[str, str], parameters: tuple[tuple[str, str], ...] = ()) -> Sent:
    return Sent("POST", list(parameters), urlencode(fields), FORM)


TRUE = {
    "query_post_form": form(("query", "ASK {}"), parameters=(*default(DATA0),)),
    "query_dataset_default_graphs_get": get(BOTH, *default(ASSERTED, INFERRED)),
    "query_dataset_default_graphs_post": post(BOTH, *default(ASSERTED, INFERRED)),
    "query_dataset_named_graphs_post": post(NAMED, *named(ASSERTED, INFERRED)),
    "query_dataset_named_graphs_get": get(NAMED, *named(ASSERTED, INFERRED)),
    "query_dataset_full": post(FULL, *default(KNOWLEDGE), *named(ASSERTED, INFERRED)),
    "query_multiple_dataset": post(MULTIPLE, *named(ASSERTED, INFERRED)),
    "query_get": get("ASK {}", *default(DATA0)),
    "query_content_type_ask": post("ASK {}", *default(DATA0)),
    "query_post_direct": post("ASK {}"),
}
KINDS = {
    "query_content_type_select": (post("SELECT (1 AS ?value) {}", *default(DATA0)), "application/sparql-results+json"),
    "query_content_type_describe": (post("DESCRIBE <http://example.org/>", *default(DATA0)), "text/turtle"),
    "query_content_type_construct": (post("CONSTRUCT { <s> <p> 1 } WHERE {}", *default(DATA0)), "text/turtle"),
}
BAD = {
    "bad_query_method": Sent("PUT", [("query", "ASK {}"), *default(DATA0)], b"", FORM),
    "bad_multiple_queries": get("ASK {}", ("query", "SELECT * {}")),
    "bad_query_wrong_media_type": post("ASK {}", kind="text/plain"),
    "bad_query_missing_form_type": Sent("POST", [], "query=ASK%20%7B%7D"),
    "bad_query_missing_direct_type": Sent("POST", [], "ASK {}"),
    "bad_query_non_utf8": Sent("POST", [], "ASK {}".encode("utf-16"), f"{QUERY}; charset=UTF-16"),
    "bad_query_syntax": get("ASK {"),
    "bad_update_get": Sent("GET", [("update", "CLEAR ALL")]),
    "bad_multiple_updates": form(("update", "CLEAR NAMED"), ("update", "CLEAR DEFAULT")),
    "bad_update_wrong_media_type": post("CLEAR NAMED", kind="text/plain"),
    "bad_update_missing_form_type": Sent("POST", [], "update=CLEAR%20NAMED"),
    "bad_update_non_utf8": Sent("POST", [], "CLEAR NAMED".encode("utf-16"), f"{UPDATE}; charset=UTF-16"),
    "bad_update_syntax": form(("update", "CLEAR XYZ")),
    "bad_update_dataset_conflict": post(
        "PREFIX foaf: <http://xmlns.com/foaf/0.1/> WITH <urn:a> DELETE { ?p foaf:givenName 'Bill' } WHERE { ?p ?q ?r }",
        ("using-named-graph-uri", "http://example/people"),
        kind=UPDATE,
    ),
}
INSERT = "CLEAR ALL ; INSERT DATA { GRAPH <http://example.org/protocol-update/> { <http://example.org/s> a <test> } }"
REFUSED = {
    "update_dataset_default_graph": post(INSERT, ("using-graph-uri", "urn:a"), kind=UPDATE),
    "update_dataset_default_graphs": post(
        INSERT, ("using-graph-uri", "urn:a"), ("using-graph-uri", "urn:b"), kind=UPDATE
    ),
    "update_dataset_named_graphs": post(INSERT, ("using-named-graph-uri", "urn:a"), kind=UPDATE),
    "update_dataset_full": post(INSERT, ("using-graph-uri", "urn:a"), ("using-named-graph-uri", "urn:b"), kind=UPDATE),
    "update_post_form": form(("update", "CLEAR ALL")),
    "update_post_direct": post("CLEAR ALL", kind=UPDATE),
    "update_base_uri": post(INSERT, kind=UPDATE),
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with querying(LadybugStore(tmp_path_factory.mktemp("w3c") / "twin.lbdb")) as client:
        yield client


@pytest.fixture(params=["/sparql", "/sparql/"])
def path(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def send(door: Client, path: str, sent: Sent) -> tuple[int, str, dict[str, object]]:
    headers = {"content-type": sent.kind} if sent.kind else {}
    body = sent.body or None
    answer = door.send(sent.method, path, params=sent.parameters, content=body, headers=headers)
    kind = answer.headers["content-type"].partition(";")[0]
    return answer.status_code, kind, answer.json() if kind.endswith("json") else {}


@pytest.mark.parametrize("name", TRUE)
def test_a_truth(door: Client, path: str, name: str) -> None:
    status, kind, answer = send(door, path, TRUE[name])
    assert (status, kind, answer.get("boolean")) == (200, "application/sparql-results+json", True)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind(door: Client, path: str, name: str) -> None:
    sent, wanted = KINDS[name]
    assert send(door, path, sent)[:2] == (200, wanted)


@pytest.mark.parametrize("name", [*BAD, *REFUSED])
def test_a_refusal(door: Client, path: str, name: str) -> None:
    status, kind, answer = send(door, path, {**BAD, **REFUSED}[name])
    assert 400 <= status < 500
    assert (kind, set(answer)) == ("application/json", {"error"})


def test_every_test_of_the_suite_is_here() -> None:
    assert len({*TRUE, *KINDS, *BAD, *REFUSED}) == 34

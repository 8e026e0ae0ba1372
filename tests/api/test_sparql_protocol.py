"""The SPARQL 1.1 Protocol (W3C Recommendation, 21 March 2013), sentence by sentence, through our endpoint.

Section 2.1 is served, 2.2 (updates) is refused: section 5 asks a service for one of both. A test is named after the
sentence whose MUST it checks; where the sentence binds the client, the service refuses what breaks it. What may be
done otherwise is decided so: a dataset may be given, an unknown graph is empty, a refused or malformed query is 400, a
query out of time or a store that is away 503.
"""

from __future__ import annotations

import csv
import io
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pyoxigraph as ox
import pytest

from kgtwin.store.ladybug import LadybugStore
from tests.api.conftest import Client
from tests.api.querying import querying

GRAPH = "https://w3id.org/kgtwin/graph/"
ASSERTED, INFERRED, KNOWLEDGE = (GRAPH + name for name in ("asserted", "inferred", "knowledge"))
PATIENT = "ASK { ?p a kgtwin:Patient }"
ISSUE = "ASK { ?i a kgtwin:DetectedIssue }"
QUERY, FORM, UPDATE = "application/sparql-query", "application/x-www-form-urlencoded", "application/sparql-update"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o . ?p ?q ?r . ?s ?t ?u }"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with querying(LadybugStore(tmp_path_factory.mktemp("protocol") / "twin.lbdb")) as client:
        yield client


def get(door: Client, query: str, accept: str = "*/*", **graphs: Any) -> httpx.Response:
    return door.get("/sparql", accept, params=parameters(query, **graphs))


def direct(door: Client, query: str, kind: str = QUERY, **graphs: Any) -> httpx.Response:
    return door.post(
        "/sparql", content=query.encode(), params=parameters(None, **graphs), headers={"content-type": kind}
    )


def parameters(query: str | None, default: tuple[str, ...] = (), named: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    graphs = [*(("default-graph-uri", one) for one in default), *(("named-graph-uri", one) for one in named)]
    return [*([] if query is None else [("query", query)]), *graphs]


def truth(answer: httpx.Response) -> bool:
    assert answer.status_code == 200, answer.text
    found: bool = answer.json()["boolean"]
    return found


def refused(answer: httpx.Response, status: int = 400) -> str:
    """The code of a refusal, in the shape that every error has."""
    assert answer.status_code == status, answer.text
    error: dict[str, str] = answer.json()["error"]
    assert {"code", "message"} <= error.keys() <= {"code", "message", "where", "expected", "remedy"}
    return error["code"]


# 2 SPARQL Protocol Operations


def test_all_http_requirements_for_requests_and_responses_must_be_followed(door: Client) -> None:
    whole = get(door, PATIENT)
    head = door.send("HEAD", "/sparql", params={"query": PATIENT})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert whole.headers["vary"] == "Accept"
    other = door.send("DELETE", "/sparql")
    assert (other.status_code, set(other.headers["allow"].split(", "))) == (405, {"GET", "HEAD", "POST", "OPTIONS"})
    assert refused(get(door, PATIENT, "image/png"), 406) == "not-acceptable"


# 2.1 query operation


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_the_query_operation_must_be_invoked_with_either_the_get_or_post_method(door: Client, method: str) -> None:
    assert refused(door.send(method, "/sparql", params={"query": PATIENT}), 405) == "method-not-allowed"


def test_requests_must_include_exactly_one_sparql_query_string(door: Client) -> None:
    assert truth(get(door, PATIENT))
    assert refused(door.get("/sparql", params={"query": [PATIENT, ISSUE]})) == "usage"
    assert refused(door.get("/sparql", params={"default-graph-uri": ASSERTED})) == "usage"
    assert refused(door.post("/sparql", data={"query": [PATIENT, ISSUE]})) == "usage"
    assert refused(door.post("/sparql", data={"other": "x"})) == "usage"
    assert refused(door.post("/sparql", content=PATIENT, params={"query": ISSUE}, headers={"content-type": QUERY})) == (
        "usage"
    )


def test_the_parameters_must_be_sent_according_to_one_of_these_three_options(door: Client) -> None:
    body = f"query={quote(PATIENT)}"
    assert truth(get(door, PATIENT))
    assert truth(door.post("/sparql", content=body, headers={"content-type": FORM}))
    assert truth(direct(door, PATIENT))
    assert (
        refused(door.post("/sparql", params={"query": PATIENT}, content=b"", headers={"content-type": FORM})) == "usage"
    )
    assert refused(door.post("/sparql", json={"query": PATIENT}), 415) == "unsupported-media-type"


# 2.1.1 query via GET


def test_when_using_the_get_method_clients_must_url_percent_encode_all_parameters(door: Client) -> None:
    text = 'ASK { FILTER("é+&;=%" = "é+&;=%") }'
    assert truth(door.get(f"/sparql?query={quote(text, safe='')}"))
    assert truth(door.get(f"/sparql?query={quote(text, safe='').replace('%20', '+')}"))
    assert refused(door.get("/sparql?query=ASK%20%7B%7D%FF")) == "malformed"


def test_query_string_parameters_must_be_separated_with_the_ampersand_character(door: Client) -> None:
    query = quote(PATIENT, safe="")
    assert not truth(door.get(f"/sparql?query={query}&default-graph-uri={quote(INFERRED, safe='')}"))
    assert not truth(door.get(f"/sparql?default-graph-uri={quote(INFERRED, safe='')}&query={query}"))
    assert refused(door.get(f"/sparql?query={query};default-graph-uri={quote(INFERRED, safe='')}")) == "query-rejected"


def test_the_http_request_must_not_include_a_message_body(door: Client) -> None:
    answer = door.send("GET", "/sparql", params={"query": PATIENT}, content=b"query=ASK%20%7B%7D")
    assert refused(answer) == "usage"


# 2.1.2 query via POST with URL-encoded parameters


def test_when_using_this_method_clients_must_url_percent_encode_all_parameters_within_the_body(door: Client) -> None:
    text = 'ASK { FILTER("é+&;=%" = "é+&;=%") }'
    assert truth(door.post("/sparql", content=f"query={quote(text, safe='')}", headers={"content-type": FORM}))
    assert refused(door.post("/sparql", content=b"query=%FF", headers={"content-type": FORM})) == "malformed"
    assert refused(door.post("/sparql", content=b"query=\xff", headers={"content-type": FORM})) == "malformed"


def test_parameters_must_be_separated_with_the_ampersand_character(door: Client) -> None:
    graph, query = quote(INFERRED, safe=""), quote(PATIENT, safe="")
    for body in (f"query={query}&default-graph-uri={graph}", f"default-graph-uri={graph}&query={query}"):
        assert not truth(door.post("/sparql", content=body, headers={"content-type": FORM}))


@pytest.mark.parametrize("kind", [None, "text/plain", "multipart/form-data", "application/json"])
def test_the_content_type_header_must_be_set_to_form_urlencoded(door: Client, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    body = f"query={quote(PATIENT)}"
    assert refused(door.post("/sparql", content=body, headers=headers), 415) == "unsupported-media-type"
    assert truth(door.post("/sparql", content=body, headers={"content-type": f"{FORM.upper()}; charset=UTF-8"}))


# 2.1.3 query via POST directly


@pytest.mark.parametrize("body", [quote(PATIENT), f"query={quote(PATIENT)}", f"{PATIENT}&default-graph-uri=urn:x", ""])
def test_clients_must_include_the_query_unencoded_and_nothing_else_as_the_message_body(door: Client, body: str) -> None:
    assert refused(direct(door, body)) == "query-rejected"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/sparql-query+xml", "application/octet-stream"])
def test_clients_must_set_the_content_type_header_to_application_sparql_query(door: Client, kind: str) -> None:
    assert refused(direct(door, PATIENT, kind), 415) == "unsupported-media-type"


def test_utf_8_is_the_only_valid_charset_here(door: Client) -> None:
    assert truth(direct(door, "ASK { FILTER('é' = '\u00e9') }", f'{QUERY}; charset="UTF-8"'))
    assert truth(direct(door, f"\ufeff{PATIENT}"))
    utf16 = door.post("/sparql", content=PATIENT.encode("utf-16"), headers={"content-type": f"{QUERY}; charset=UTF-16"})
    assert refused(utf16, 415) == "unsupported-media-type"
    assert (
        refused(door.post("/sparql", content=PATIENT.encode("utf-16"), headers={"content-type": QUERY})) == "malformed"
    )


def test_clients_may_include_dataset_parameters_in_the_request_uri(door: Client) -> None:
    assert truth(direct(door, PATIENT, default=(ASSERTED,)))
    assert not truth(direct(door, PATIENT, default=(INFERRED, KNOWLEDGE)))


# 2.1.4 Specifying an RDF Dataset


@pytest.mark.parametrize("send", [get, direct], ids=["get", "direct"])
def test_the_service_must_execute_the_query_using_the_rdf_dataset_given_in_the_protocol_request(
    door: Client, send: Any
) -> None:
    in_query = f"ASK FROM <{ASSERTED}> FROM NAMED <{ASSERTED}> {{ ?p a kgtwin:Patient }}"
    assert truth(send(door, in_query))
    assert not truth(send(door, in_query, default=(INFERRED,)))
    assert not truth(send(door, in_query, named=(ASSERTED,))), "no default graph was given: it is empty"
    named = f"ASK FROM NAMED <{INFERRED}> {{ GRAPH ?g {{ ?p a kgtwin:Patient }} }}"
    assert not truth(send(door, named))
    assert truth(send(door, named, named=(ASSERTED,)))
    assert not truth(send(door, named, default=(ASSERTED,))), "no named graph was given: there is none"


def test_the_rdf_dataset_may_be_specified_in_the_query_string_with_from_and_from_named(door: Client) -> None:
    assert truth(get(door, f"ASK FROM <{ASSERTED}> {{ ?p a kgtwin:Patient }}"))
    assert not truth(get(door, f"ASK FROM <{INFERRED}> {{ ?p a kgtwin:Patient }}"))
    assert not truth(get(door, f"ASK FROM NAMED <{ASSERTED}> {{ ?p a kgtwin:Patient }}"))
    assert truth(get(door, f"ASK FROM NAMED <{ASSERTED}> {{ GRAPH ?g {{ ?p a kgtwin:Patient }} }}"))


def test_without_a_dataset_the_default_graph_is_the_union_of_all(door: Client) -> None:
    assert truth(get(door, "ASK { ?p a kgtwin:Patient . ?i a kgtwin:DetectedIssue . ?c rdfs:subClassOf ?d }"))


# 2.1.6 Success Responses


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/csv;q=0.2, application/sparql-results+xml;q=0.7", "application/sparql-results+xml"),
        ("application/*", "application/sparql-results+json"),
        ("text/*;q=0.5, text/csv;q=0", "text/tab-separated-values; charset=utf-8"),
        ("text/turtle, */*;q=0.1", "application/sparql-results+json"),
    ],
)
def test_the_content_type_must_be_the_media_type_defined_for_the_format_of_solutions(
    door: Client, accept: str, kind: str
) -> None:
    answer = get(door, "SELECT ?key { ?p kgtwin:key ?key }", accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert solutions(answer) == ["local|1"]


def solutions(answer: httpx.Response) -> list[str | None]:
    """The first column, read as the content type says."""
    kind = answer.headers["content-type"].partition(";")[0]
    if kind.endswith("json"):
        return [row["key"]["value"] for row in answer.json()["results"]["bindings"]]
    if kind.endswith("xml"):
        return [
            one.text
            for one in ElementTree.fromstring(answer.text).iter("{http://www.w3.org/2005/sparql-results#}literal")
        ]
    rows = list(csv.reader(io.StringIO(answer.text), delimiter="," if kind == "text/csv" else "\t"))
    return [row[0] for row in rows[1:]]


@pytest.mark.parametrize("kind", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"])
@pytest.mark.parametrize(
    "query", ["CONSTRUCT { ?p kgtwin:key ?k } WHERE { ?p kgtwin:key ?k }", "DESCRIBE ?p { ?p kgtwin:key 'local|1' }"]
)
def test_the_content_type_must_be_the_media_type_defined_for_the_format_of_a_graph(
    door: Client, kind: str, query: str
) -> None:
    answer = get(door, query, kind)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    triples = set(ox.parse(answer.content, format=ox.RdfFormat.from_media_type(kind)))
    assert "local|1" in {one.object.value for one in triples if one.predicate.value.endswith("key")}


# 2.1.7 Failure Responses


@pytest.mark.parametrize(
    "query", ["ASK {", "SELECT ?s WHERE { ?s }", "SELECT * { ?s x:undeclared ?o }", "ASK {} ASK {}"]
)
def test_400_if_the_query_is_not_a_legal_sequence_of_characters(door: Client, query: str) -> None:
    assert refused(get(door, query)) == "query-rejected"


def test_503_if_the_query_ran_out_of_time(door: Client) -> None:
    answer = door.get("/sparql", params={"query": ENDLESS, "timeout": "0.3"})
    assert refused(answer, 503) == "query-timeout"
    assert truth(get(door, PATIENT)), "and the service goes on"


# 2.2 update operation: refused


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"content": "update=CLEAR+ALL", "headers": {"content-type": FORM}}, 400),
        ({"content": "update=CLEAR+ALL&update=CLEAR+NAMED", "headers": {"content-type": FORM}}, 400),
        ({"content": "query=ASK+%7B%7D&update=CLEAR+ALL", "headers": {"content-type": FORM}}, 400),
        ({"content": "query=CLEAR+ALL", "headers": {"content-type": FORM}}, 400),
        ({"content": "CLEAR ALL", "headers": {"content-type": UPDATE}}, 415),
        ({"content": "CLEAR ALL", "headers": {"content-type": QUERY}}, 400),
        ({"content": "ASK {}", "params": {"using-graph-uri": "urn:x"}, "headers": {"content-type": QUERY}}, 400),
    ],
)
def test_the_update_operation_is_refused_in_every_form(door: Client, how: dict[str, Any], status: int) -> None:
    assert refused(door.post("/sparql", **how), status) in {"query-rejected", "unsupported-media-type"}
    assert truth(get(door, PATIENT))


# 2.3 Determining the Base IRI


@pytest.mark.parametrize("send", [get, direct], ids=["get", "direct"])
def test_services_must_define_their_own_base_uri(door: Client, send: Any) -> None:
    base = "https://w3id.org/kgtwin/data/"
    assert truth(send(door, f"ASK {{ FILTER(<patient> = <{base}patient>) }}"))
    assert truth(send(door, f"ASK {{ <patient/local/1> a kgtwin:Patient FILTER(STR(<x>) = '{base}x') }}"))
    assert truth(send(door, "BASE <http://b.example/> ASK { FILTER(STR(<x>) = 'http://b.example/x') }"))


# 4 Policy Considerations


def test_a_service_may_place_restrictions_and_makes_no_requests_of_other_servers(door: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reached = threading.Event()
        server.settimeout(2)
        waiting = threading.Thread(target=_accept, args=(server, reached))
        waiting.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/data"
        assert refused(get(door, f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}")) == "query-rejected"
        assert refused(get(door, f"PREFIX : <{url}> SELECT * {{ SERVICE:x {{ ?s ?p ?o }} }}")) == "query-rejected"
        assert not truth(get(door, f"ASK FROM <{url}> {{ ?s ?p ?o }}"))
        assert not truth(get(door, "ASK { ?s ?p ?o }", default=(url,)))
        assert not truth(get(door, "ASK { GRAPH ?g { ?s ?p ?o } }", named=(url,)))
        waiting.join()
    assert not reached.is_set()


def _accept(server: socket.socket, reached: threading.Event) -> None:
    try:
        server.accept()
        reached.set()
    except TimeoutError:
        pass


def test_limits_cut_a_large_answer_and_say_so(door: Client) -> None:
    answer = door.get("/sparql", params={"query": "SELECT * { ?s ?p ?o }", "limit": "2"})
    assert (len(answer.json()["results"]["bindings"]), answer.headers["x-kgtwin-truncated"]) == (2, "at 2 rows")
    assert answer.headers["x-kgtwin-revision"] == "3"
    graph = door.get("/sparql", params={"query": "CONSTRUCT WHERE { ?s ?p ?o }", "limit": "2"})
    assert graph.headers["x-kgtwin-truncated"] == "at 2 rows"
    assert "x-kgtwin-truncated" not in get(door, PATIENT).headers


# SPARQL 1.1 Service Description


@pytest.mark.parametrize("kind", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"])
def test_a_service_description_must_be_made_available_in_an_rdf_serialization(door: Client, kind: str) -> None:
    answer = door.get("/sparql", kind)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    store = ox.Store()
    store.extend(ox.Quad(*one) for one in ox.parse(answer.content, format=ox.RdfFormat.from_media_type(kind)))
    query = """PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
        SELECT ?name { ?s a sd:Service ; sd:endpoint <http://127.0.0.1:8000/sparql> ;
            sd:supportedLanguage sd:SPARQL11Query ; sd:feature sd:UnionDefaultGraph ;
            sd:resultFormat <http://www.w3.org/ns/formats/SPARQL_Results_JSON>, <http://www.w3.org/ns/formats/JSON-LD> ;
            sd:defaultDataset [ a sd:Dataset ; sd:defaultGraph [ a sd:Graph ] ;
                sd:namedGraph [ a sd:NamedGraph ; sd:name ?name ; sd:graph [ a sd:Graph ] ] ] }"""
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    assert {row["name"].value for row in found} >= {ASSERTED, INFERRED, KNOWLEDGE}
    assert "SPARQL11Update" not in answer.text
    assert "FederatedQuery" not in answer.text


def test_a_browser_gets_a_description_that_it_can_show(door: Client) -> None:
    answer = door.get("/sparql", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/turtle; charset=utf-8")
    assert refused(door.get("/sparql", "application/sparql-results+json"), 406) == "not-acceptable"

"""From a FHIR bundle over HTTP to the issue and its proof, over an embedded store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.model.proof_document import read_proof
from kgtwin.verification import verify
from tests.api.conftest import CASE, CASES, Client

BURDEN = CASES / "rules" / "anticholinergic-three-points.json"
SAFE = CASES / "drug-allergy" / "refuted-allergy.json"
PROOF = """{ patient(id: "p1") { issues { edges { node { id key statement significance severity
    implicated { resource fact { kind provenance { resource } } }
    derivation { text steps { fact { resource } axiom { text } premises } json } } } } caveats { code text } } }"""


def test_a_case_gives_its_issue_with_its_proof(real: Client) -> None:
    assert real.fhir(CASE.read_bytes()).status_code == 200
    found = real.data(PROOF)["patient"]["issues"]["edges"]
    expected = json.loads(CASE.with_suffix(".expected.json").read_text())["issues"]
    assert [edge["node"]["statement"] for edge in found] == [one["statement"] for one in expected]
    for edge, one in zip(found, expected, strict=True):
        issue = edge["node"]
        assert issue["significance"] == one["significance"].upper()
        assert {i["resource"] for i in issue["implicated"]} == set(one["implicated"])
        assert {i["fact"]["provenance"]["resource"] for i in issue["implicated"]} == set(one["implicated"])
        received = {step["fact"]["resource"] for step in issue["derivation"]["steps"] if step["fact"]}
        assert received == set(one["implicated"]), "the proof goes down to what was received"
        again = real.data("query ($id: ID!) { node(id: $id) { ... on DetectedIssue { key } } }", id=issue["id"])
        assert again["node"]["key"] == issue["key"]


@pytest.mark.parametrize("case", [CASE, BURDEN], ids=["of a statement", "of a rule"])
def test_an_issues_proof_can_be_checked_by_others(real: Client, case: Path) -> None:
    """What came as GraphQL's JSON, written to a file as any client would: sealed, and accepted."""
    real.fhir(case.read_bytes())
    edges = real.data('{ patient(id: "p1") { issues { edges { node { key proof } } } } }')["patient"]["issues"]["edges"]
    assert edges
    for edge in edges:
        document = read_proof(json.dumps(edge["node"]["proof"]).encode())
        assert document.issue.id == edge["node"]["key"]
        assert verify(document).accepted


def test_a_safe_case_gives_none(real: Client) -> None:
    real.fhir(SAFE.read_bytes())
    assert real.data(PROOF)["patient"]["issues"]["edges"] == []


def test_what_is_retracted_no_longer_raises_its_issue(real: Client) -> None:
    bundle = json.loads(CASE.read_text())
    real.fhir(bundle)
    assert real.data(PROOF)["patient"]["issues"]["edges"]
    allergy = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "AllergyIntolerance")
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
    allergy["verificationStatus"] = {"coding": [{"system": system, "code": "entered-in-error"}]}
    assert real.fhir(allergy).status_code == 200
    assert real.data(PROOF)["patient"]["issues"]["edges"] == []
    before = real.data('{ patient(id: "p1", asOf: 1) { issues { totalCount edges { node { key } } } } }')
    assert before["patient"]["issues"]["totalCount"] > 0, "as known before, it still follows"


def test_concept_of_the_shipped_knowledge(real: Client) -> None:
    query = '{ concept(curie: "kgtwin:Patient") { id label parents { curie } ancestors { curie } } }'
    assert real.data(query)["concept"]["label"]


def test_cypher_and_sparql_see_what_was_received(real: Client) -> None:
    real.fhir(CASE.read_bytes())
    answer = real.post("/cypher", json={"query": "MATCH (p:Patient) RETURN p.key AS key"})
    assert answer.json() == {"columns": ["key"], "rows": [["local|p1"]], "truncated": False}
    query = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    answer = real.get("/sparql", params={"query": query}, accept="application/sparql-results+json")
    assert answer.status_code == 200, answer.text
    assert int(answer.json()["results"]["bindings"][0]["n"]["value"]) > 10
    turtle = real.get("/sparql", params={"query": "CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }"}, accept="text/turtle")
    assert turtle.headers["content-type"].startswith("text/turtle")
    assert len(turtle.text) > 10


def test_writing_queries_are_refused_by_the_store(real: Client) -> None:
    for query in ("CREATE (p:Patient {key: 'x'})", "MATCH (p) DETACH DELETE p", "MATCH (p) SET p.key = 'x'"):
        answer = real.post("/cypher", json={"query": query})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "query-rejected")
    for query in ("INSERT DATA { <a:a> <a:b> <a:c> }", "SELECT * { SERVICE <http://example.org> { ?s ?p ?o } }"):
        answer = real.get("/sparql", params={"query": query})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "query-rejected")


def test_ready(real: Client) -> None:
    assert real.get("/health/ready").json()["status"] == "ready"

"""Every query of the schema, over the fake service."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kgtwin.errors import StoreUnavailableError
from kgtwin.vocabulary import NOT_VALIDATED
from tests.api.conftest import Client
from tests.api.fake import FACTS, KEY, MED, NOW, VALUES, FakeService


def test_about(client: Client) -> None:
    about = client.data("{ about { version safety knowledge } }")["about"]
    assert about["safety"] == NOT_VALIDATED
    assert about["knowledge"] == "2026.1"
    assert about["version"]


@pytest.mark.parametrize("given", ["p1", "local|p1"])
def test_patient_by_key_and_bare_id(client: Client, given: str) -> None:
    query = """query ($id: ID!) { patient(id: $id) { key source localId name gender birthDate deceased deceasedDate
        identifiers { system value } links active received provenance { resource } revision at safety } }"""
    assert client.data(query, id=given)["patient"] == {
        "key": KEY, "source": "local", "localId": "p1", "name": "Ada", "gender": "female", "birthDate": "1950-02",
        "deceased": True, "deceasedDate": "2026-01", "identifiers": [{"system": "urn:x", "value": "1"}],
        "links": ["ward|9"], "active": True, "received": True, "provenance": {"resource": "Patient/p1"},
        "revision": 7, "at": NOW.isoformat(), "safety": NOT_VALIDATED,
    }  # fmt: skip


def test_an_unknown_patient_is_null(client: Client) -> None:
    assert client.data('{ patient(id: "nobody") { key } }') == {"patient": None}


def test_one_request_loads_one_twin(client: Client, fake: FakeService) -> None:
    client.data(
        """{ patient(id: "local|p1") { name at revision facts { totalCount } caveats { code } risks { key }
             issues { edges { node { implicated { fact { key } } } } } } }"""
    )
    assert len(fake.asked) == 1


def test_time_and_revision_reach_the_service(client: Client, fake: FakeService) -> None:
    query = 'query ($at: DateTime) { patient(id: "local|p1", at: $at, asOf: 3) { at revision } }'
    found = client.data(query, at="2020-06")["patient"]
    assert found == {"at": "2020-06-30T23:59:59.999999+00:00", "revision": 3}
    assert [(at and at.isoformat(), as_of) for _, at, as_of in fake.asked] == [("2020-06-30T23:59:59.999999+00:00", 3)]


@pytest.mark.parametrize("at", ["yesterday", "2020-13", "2020-02-30", "", 2020, True, ["2020"]])
def test_a_time_that_is_none(client: Client, at: Any) -> None:
    error = client.error('query ($at: DateTime) { patient(id: "p1", at: $at) { key } }', at=at)
    assert error["extensions"]["code"] in {"invalid-resource", "usage", "invalid-query"}
    assert "internal" not in error["message"]


def test_facts_with_every_type_of_value(client: Client) -> None:
    query = """{ patient(id: "p1") { facts(kind: OBSERVATION) { totalCount edges { node { key kind value {
        type text number unit ucum comparator boolean coded { text } quantity { exact } low { number } high { unit }
        numerator { number } denominator { number } period { start end } } } } } } }"""
    page = client.data(query)["patient"]["facts"]
    assert page["totalCount"] == len(VALUES)
    found = {edge["node"]["value"]["type"]: edge["node"]["value"] for edge in page["edges"]}
    assert {kind.lower(): value["text"] for kind, value in found.items()} == {name: text for name, _, text in VALUES}
    quantity = found["QUANTITY"]
    assert (quantity["number"], quantity["comparator"], quantity["ucum"]) == (15.0, "<", "mL/min")
    assert quantity["quantity"] == {"exact": "15.0"}
    assert found["RANGE"]["low"] is None
    assert found["RANGE"]["high"] == {"unit": "mg"}
    assert found["RATIO"]["numerator"] == {"number": 5.0}
    assert found["BOOLEAN"]["boolean"] is True
    assert found["CODED"]["coded"] == {"text": "Never smoker"}
    assert found["PERIOD"]["period"] == {"start": "2020", "end": None}


def test_what_only_some_kinds_have(client: Client) -> None:
    query = """{ patient(id: "p1") { facts(first: 3) { edges { node { kind status verification start code { text
        codings { system code display } concepts matches { concept relation via acts } } provenance { source resource
        version part recorded } details { __typename
        ... on MedicationDetail { origin intent route { text } ingredients { text } supplied { start end } }
        ... on AllergyDetail { criticality reactions { text } substances { text } categories }
        ... on FamilyDetail { relationship { text } contributedToDeath } } } } } } }"""
    medicine, allergy, family = (e["node"] for e in client.data(query)["patient"]["facts"]["edges"])
    assert medicine["details"] == {
        "__typename": "MedicationDetail", "origin": "request", "intent": "order", "route": {"text": "Oral"},
        "ingredients": [{"text": "Naproxen"}], "supplied": {"start": "2025", "end": "2026"},
    }  # fmt: skip
    assert medicine["start"] == "2025-12"
    assert medicine["code"]["concepts"] == ["snomed:22298006"]
    assert medicine["code"]["matches"][1] == {
        "concept": "mondo:1", "relation": "skos:broadMatch", "via": "set", "acts": False,
    }  # fmt: skip
    assert medicine["provenance"]["part"] is None
    assert allergy["verification"] == "confirmed"
    assert allergy["details"]["substances"] == [{"text": "Aspirin"}]
    assert family["details"] == {
        "__typename": "FamilyDetail", "relationship": {"text": "Mother"}, "contributedToDeath": True,
    }  # fmt: skip


def test_issues_are_gravest_first_and_complete(client: Client) -> None:
    query = """{ patient(id: "p1") { issues { totalCount edges { node { key patient status basis kind significance
        severity statement title detail mitigation review at revision knowledge safety
        evidence { source status text } caveats { code text touches remedy }
        implicated { resource key coding { display } fact { key kind } }
        derivation { conclusion rule text mermaid json steps { index rule conclusion premises note
          axiom { text origin annotations { property value } } fact { key resource version text } } } } } } } }"""
    page = client.data(query)["patient"]["issues"]
    nodes = [edge["node"] for edge in page["edges"]]
    assert [node["significance"] for node in nodes] == ["CONTRAINDICATED", "MODERATE", "MINOR"]
    first = nodes[0]
    assert (first["severity"], first["status"], first["basis"]) == ("high", "preliminary", "proven")
    assert first["implicated"] == [
        {"resource": "Medication/f-med", "key": MED, "coding": {"display": "Naproxen"},
         "fact": {"key": MED, "kind": "MEDICATION"}}
    ]  # fmt: skip
    assert first["caveats"][0]["code"] == "UNKNOWN_END"
    proof = first["derivation"]
    assert proof["text"].startswith("the patient is DA_0001")
    assert proof["mermaid"].startswith("flowchart")
    assert proof["json"]["premises"][0]["fact"]["fact"] == MED
    steps = proof["steps"]
    assert [step["index"] for step in steps] == list(range(4)), "a shared step stands once"
    assert steps[0]["premises"] == [1, 2, 3]
    assert steps[3]["premises"] == [1]
    assert steps[2]["axiom"] == {
        "text": "SubClassOf(N A)", "origin": "drugs.ofn:3", "annotations": [{"property": "a:b", "value": "c"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("kind: DRUG_DRUG", ["di-1"]),
        ("significance: MODERATE", ["di-3"]),
        ("minSignificance: MODERATE", ["di-2", "di-3"]),
        ("kind: DRUG_DRUG, minSignificance: MAJOR", []),
    ],
)
def test_issues_filtered(client: Client, arguments: str, expected: list[str]) -> None:
    query = '{ patient(id: "p1") { issues(ARGUMENTS) { edges { node { key } } } } }'.replace("ARGUMENTS", arguments)
    assert [e["node"]["key"] for e in client.data(query)["patient"]["issues"]["edges"]] == expected


def test_risks_say_that_they_are_no_probability(client: Client) -> None:
    query = """{ patient(id: "p1") { risks { plausibility prior basis statement rank candidates facts at
        head headLabel relation tail tailLabel model caveats { code } } } }"""
    (risk,) = client.data(query)["patient"]["risks"]
    assert (risk["plausibility"], risk["prior"], risk["basis"], risk["rank"]) == (0.4, 0.01, "predicted", 1.5)
    assert "no patient's probability" in risk["statement"]
    assert "derivation" not in risk


def test_concept(client: Client) -> None:
    query = (
        '{ concept(curie: "snomed:22298006") { curie label parents { curie } ancestors { label } children { label } } }'
    )
    assert client.data(query)["concept"] == {
        "curie": "snomed:22298006", "label": "Myocardial infarction", "parents": [{"curie": "a:1"}],
        "ancestors": [{"label": "A"}, {"label": "B"}], "children": [],
    }  # fmt: skip
    assert client.data('{ concept(curie: "snomed:1") { label } }') == {"concept": None}


def test_stored_issue(client: Client) -> None:
    found = client.data('{ issue(id: "di-2") { key id at revision } none: issue(id: "di-9") { key } }')
    assert found["issue"]["key"] == "di-2"
    assert found["none"] is None
    again = client.data("query ($id: ID!) { issue(id: $id) { key at revision } }", id=found["issue"]["id"])["issue"]
    assert again == {"key": "di-2", "at": NOW.isoformat(), "revision": 7}


def test_revisions(client: Client) -> None:
    found = client.data("{ revisions(after: 5, first: 1) { number kind patients at } }")["revisions"]
    assert found == [{"number": 6, "kind": "facts", "patients": [KEY], "at": "2026-01-01T00:00:00Z"}]
    assert client.error("{ revisions(after: -1) { number } }")["extensions"]["code"] == "usage"


NODE = """query ($id: ID!) { node(id: $id) { __typename id ... on Patient { at revision name } ... on Fact { key }
          ... on DetectedIssue { key at revision } ... on Concept { label } } }"""


def test_every_node_is_found_again_in_the_view_it_was_seen_in(client: Client, fake: FakeService) -> None:
    query = """{ patient(id: "p1", at: "2020", asOf: 2) { id facts(first: 1) { edges { node { id } } }
        issues(first: 1) { edges { node { id } } } } concept(curie: "snomed:22298006") { id } }"""
    found = client.data(query)
    patient = found["patient"]
    ids = {
        "Patient": patient["id"],
        "Fact": patient["facts"]["edges"][0]["node"]["id"],
        "DetectedIssue": patient["issues"]["edges"][0]["node"]["id"],
        "Concept": found["concept"]["id"],
    }
    assert len(set(ids.values())) == 4
    at = "2020-12-31T23:59:59.999999+00:00"
    for kind, id_ in ids.items():
        node = client.data(NODE, id=id_)["node"]
        assert node["__typename"] == kind
        assert node["id"] == id_
        if "revision" in node:
            assert (node["at"], node["revision"]) == (at, 2)


def test_the_same_patient_at_two_times_is_two_objects(client: Client) -> None:
    found = client.data('{ a: patient(id: "p1") { id } b: patient(id: "p1", at: "2020") { id } }')
    assert found["a"]["id"] != found["b"]["id"]


def test_a_global_id_is_taken_where_a_key_is(client: Client) -> None:
    id_ = client.data('{ patient(id: "p1", at: "2020") { id } }')["patient"]["id"]
    found = client.data("query ($id: ID!) { patient(id: $id) { key at id } }", id=id_)["patient"]
    assert found == {"key": KEY, "at": "2020-12-31T23:59:59.999999+00:00", "id": id_}


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "local|p1",
        "%%%",
        base64.b64encode(b"Patient").decode(),
        base64.b64encode(b"Patient:p1").decode(),
        base64.b64encode(b'Patient:{"key": 1}').decode(),
        base64.b64encode(b'Query:["x"]').decode(),
        base64.b64encode(b'Patient:["x",null,"never",null]').decode(),
        base64.b64encode(b"\xff\xfe:\xff").decode(),
    ],
)
def test_what_is_no_global_id(client: Client, id_: str) -> None:
    error = client.error(NODE, id=id_)
    assert error["extensions"]["code"] == "usage"


def test_a_node_that_is_gone_is_null(client: Client) -> None:
    for text in ('Patient:["nobody"]', 'Fact:["local|p1","f-none"]', 'Fact:["nobody","f"]', 'DetectedIssue:["p1","x"]',
                 'DetectedIssue:["nobody","x"]', 'Concept:["snomed:1"]'):  # fmt: skip
        assert client.data(NODE, id=base64.b64encode(text.encode()).decode()) == {"node": None}


def test_facts_page_by_page(client: Client) -> None:
    query = """query ($after: String) { patient(id: "p1") { facts(first: 4, after: $after) { totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { key } } } } }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        page = client.data(query, after=after)["patient"]["facts"]
        seen += [edge["node"]["key"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert len(page["edges"]) <= 4
        assert page["totalCount"] == len(FACTS)
    assert seen == [fact.id for fact in FACTS]


def test_patients_page_by_page(client: Client) -> None:
    query = """query ($after: String) { patients(first: 4, after: $after) {
        pageInfo { hasNextPage hasPreviousPage endCursor } edges { node { key } } } }"""
    first = client.data(query)["patients"]
    second = client.data(query, after=first["pageInfo"]["endCursor"])["patients"]
    keys = [edge["node"]["key"] for page in (first, second) for edge in page["edges"]]
    assert keys == ["local|p1", "local|q0", "local|q1", "local|q2", "local|q3", "local|q4"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert second["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "endCursor": second["pageInfo"]["endCursor"],
    }


def test_patients_by_name_load_no_twin(client: Client, fake: FakeService) -> None:
    client.data("{ patients { edges { node { name key } } } }")
    assert fake.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        "first: -1",
        "first: 1001",
        "last: -1",
        'after: "nonsense"',
        'after: "YXJyYXljb25uZWN0aW9uOi01"',
        'before: "eDox"',
    ],
)
def test_a_page_that_cannot_be(client: Client, arguments: str) -> None:
    query = '{ patient(id: "p1") { facts(ARGUMENTS) { edges { node { key } } } } }'.replace("ARGUMENTS", arguments)
    error = client.error(query)
    assert error["extensions"]["code"] == "usage"
    assert error["extensions"]["expected"]


def test_a_kgtwin_error_is_shown_with_its_fields(client: Client, fake: FakeService) -> None:
    fake.broken = StoreUnavailableError("no server answers", expected="a server", remedy="start it")
    error = client.error('{ patient(id: "p1") { key } }')
    assert error["message"] == "no server answers"
    assert error["path"] == ["patient"]
    assert error["extensions"] == {
        "code": "store-unavailable", "expected": "a server", "remedy": "start it",
    }  # fmt: skip


def test_any_other_error_is_masked(client: Client, fake: FakeService, caplog: pytest.LogCaptureFixture) -> None:
    fake.broken = ValueError("Ada Quagmirex has a secret")
    found = client.graphql('{ patient(id: "p1") { key } }')
    (error,) = found["errors"]
    assert error["message"].startswith("internal error ")
    assert "Quagmirex" not in str(found)
    assert "Quagmirex" not in caplog.text
    number = error["message"].split()[-1]
    assert number in caplog.text
    assert "ValueError" in caplog.text
    assert "fake.py" in caplog.text, "the log says where it arose"

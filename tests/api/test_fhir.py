"""``POST /fhir`` over a real store: what goes in, what is refused, and what stays."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from kgtwin.errors import StoreLockedError
from tests.api.conftest import CASE, Client
from tests.api.fake import FakeService

PATIENT = {"resourceType": "Patient", "id": "p1"}
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "22298006"}]},
}
BAD = {**CONDITION, "id": "bad", "onsetDateTime": "2025-02-30"}
CLAIM = {"resourceType": "Claim", "id": "k1"}


def bundle(kind: str | None, *resources: Any, method: str = "PUT") -> dict[str, Any]:
    entries = [
        {"fullUrl": f"http://x/{r['resourceType']}/{r['id']}", "resource": r, "request": {"method": method, "url": "x"}}
        for r in resources
    ]
    found: dict[str, Any] = {"resourceType": "Bundle", "entry": entries}
    return found if kind is None else {**found, "type": kind}


def keys(client: Client) -> list[str]:
    edges = client.data("{ patients { edges { node { key } } } }")["patients"]["edges"]
    return [edge["node"]["key"] for edge in edges]


def facts(client: Client, patient: str = "p1") -> list[str]:
    query = "query ($id: ID!) { patient(id: $id) { facts { edges { node { provenance { resource } } } } } }"
    found = client.data(query, id=patient)["patient"]
    return [edge["node"]["provenance"]["resource"] for edge in found["facts"]["edges"]]


def issues(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    assert outcome["resourceType"] == "OperationOutcome"
    found: list[dict[str, Any]] = outcome["issue"]
    assert all({"severity", "code", "diagnostics"} <= set(one) for one in found)
    return found


def test_a_transaction(real: Client) -> None:
    answer = real.fhir(bundle("transaction", PATIENT, CONDITION, CLAIM))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/fhir+json"
    body = answer.json()
    assert (body["resourceType"], body["type"]) == ("Bundle", "transaction-response")
    responses = [entry["response"] for entry in body["entry"]]
    assert [r["status"] for r in responses] == ["201 Created", "201 Created", "200 OK"]
    assert [r.get("location") for r in responses] == ["Patient/p1", "Condition/c1", None]
    assert issues(responses[2]["outcome"])[0]["code"] == "not-supported"
    assert facts(real) == ["Condition/c1"]


def test_the_same_transaction_again_changes_nothing(real: Client) -> None:
    sent = bundle("transaction", PATIENT, CONDITION)
    real.fhir(sent)
    before = real.data("{ revisions { number } }")
    body = real.fhir(sent).json()
    assert [entry["response"]["status"] for entry in body["entry"]] == ["200 OK", "200 OK"]
    assert "received before" in issues(body["entry"][0]["response"]["outcome"])[0]["diagnostics"]
    assert real.data("{ revisions { number } }") == before


@pytest.mark.parametrize(
    ("wrong", "status", "code", "expression"),
    [
        (BAD, 422, "invalid", "Bundle.entry[2].resource.onsetDateTime"),
        ({**CONDITION, "id": "x", "subject": {"reference": "Patient/nobody"}}, 422, "not-found", None),
        ({**CONDITION, "id": "x", "code": "asthma"}, 422, "invalid", "Bundle.entry[2].resource.code"),
        ({**CONDITION, "id": "x", "resourceType": "Starship"}, 422, "invalid", "Bundle.entry[2].resource.resourceType"),
    ],
)
def test_a_transaction_is_all_or_nothing(
    real: Client, wrong: dict[str, Any], status: int, code: str, expression: str | None
) -> None:
    answer = real.fhir(bundle("transaction", PATIENT, CONDITION, wrong))
    assert answer.status_code == status
    errors = [one for one in issues(answer.json()) if one["severity"] == "error"]
    assert errors[0]["code"] == code
    if expression:
        assert errors[0]["expression"] == [expression]
    assert "nothing was written" in answer.text
    assert keys(real) == []
    assert real.data("{ revisions { number } }") == {"revisions": []}


def test_a_transaction_names_every_problem(real: Client) -> None:
    answer = real.fhir(bundle("transaction", PATIENT, BAD, {**BAD, "id": "worse"}))
    found = {one["expression"][0] for one in issues(answer.json()) if one.get("expression")}
    assert {"Bundle.entry[1].resource.onsetDateTime", "Bundle.entry[2].resource.onsetDateTime"} <= found


def test_a_conflict_refuses_a_transaction_with_409(real: Client) -> None:
    first = {**CONDITION, "meta": {"versionId": "1"}}
    real.fhir(bundle("transaction", PATIENT, first))
    other = copy.deepcopy(first)
    other["code"]["coding"][0]["code"] = "195967001"  # type: ignore[index]
    answer = real.fhir(bundle("transaction", {**PATIENT, "id": "p2"}, other))
    assert answer.status_code == 409
    assert issues(answer.json())[0]["code"] == "conflict"
    assert keys(real) == ["local|p1"], "nothing of it was written"


def test_a_delete_that_names_nothing_refuses_a_transaction(real: Client) -> None:
    answer = real.fhir(bundle("transaction", PATIENT, CONDITION, method="DELETE"))
    assert answer.status_code == 422
    assert "DELETE" in answer.text
    assert keys(real) == []


def test_a_batch_is_per_entry(real: Client) -> None:
    answer = real.fhir(bundle("batch", PATIENT, BAD, CONDITION))
    assert answer.status_code == 200
    body = answer.json()
    assert body["type"] == "batch-response"
    responses = [entry["response"] for entry in body["entry"]]
    assert [r["status"] for r in responses] == ["201 Created", "422 Unprocessable Entity", "201 Created"]
    assert issues(responses[1]["outcome"])[0]["expression"] == ["Bundle.entry[1].resource.onsetDateTime"]
    assert "location" not in responses[1]
    assert facts(real) == ["Condition/c1"]


def test_a_batch_in_which_all_is_wrong_is_still_answered_per_entry(real: Client) -> None:
    body = real.fhir(bundle("batch", BAD)).json()
    assert [entry["response"]["status"] for entry in body["entry"]] == ["422 Unprocessable Entity"]


def test_entries_that_are_no_entries_keep_their_place(real: Client) -> None:
    sent = bundle("batch", PATIENT, CONDITION)
    sent["entry"] = [sent["entry"][0], 7, {"resource": None}, sent["entry"][1]]
    statuses = [entry["response"]["status"][:3] for entry in real.fhir(sent).json()["entry"]]
    assert statuses == ["201", "422", "422", "201"]


def test_a_collection_is_taken_per_entry(real: Client) -> None:
    answer = real.fhir(CASE.read_bytes())
    assert answer.status_code == 200
    assert {entry["response"]["status"] for entry in answer.json()["entry"]} == {"201 Created"}


def test_a_single_resource(real: Client) -> None:
    first = real.fhir(PATIENT)
    assert first.status_code == 201
    assert issues(first.json())[0]["severity"] == "information"
    assert real.fhir(PATIENT).status_code == 200
    wrong = real.fhir(BAD)
    assert wrong.status_code == 422
    assert issues(wrong.json())[0]["expression"] == ["Condition.onsetDateTime"]
    stranger = real.fhir({**CONDITION, "subject": {"reference": "Patient/nobody"}})
    assert stranger.status_code == 422
    assert real.fhir(CLAIM).status_code == 200


def test_an_older_version_is_history(real: Client) -> None:
    sent = {**CONDITION, "meta": {"versionId": "2"}}
    older = {**CONDITION, "clinicalStatus": {"text": "x"}, "meta": {"versionId": "1"}}
    real.fhir(bundle("batch", PATIENT, sent))
    body = real.fhir(bundle("batch", older)).json()
    assert "history" in issues(body["entry"][0]["response"]["outcome"])[-1]["diagnostics"]


def test_sources_never_collide(real: Client) -> None:
    real.fhir(PATIENT)
    assert real.fhir(PATIENT, source="ward-3").status_code == 201
    assert keys(real) == ["local|p1", "ward-3|p1"]


@pytest.mark.parametrize("source", ["a|b", "", "x" * 65, "ä"])
def test_a_name_that_cannot_name_a_source(real: Client, source: str) -> None:
    answer = real.fhir(PATIENT, source=source)
    assert answer.status_code == 422
    assert issues(answer.json())
    assert keys(real) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b'{"resourceType": "Bundle", "type": "transaction", "entry": [',
        b"not json",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a": ' * 100_000,
        b"[1, 2]",
        b"{}",
        b'{"resourceType": 7}',
        b'{"resourceType": "Starship"}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_fhir(real: Client, body: bytes) -> None:
    answer = real.fhir(body)
    assert answer.status_code in {400, 422}
    found = issues(answer.json())
    assert found[0]["severity"] == "error"
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("kind", [None, "selection"])
def test_a_bundle_that_does_not_say_what_it_is(real: Client, kind: str | None) -> None:
    answer = real.fhir(bundle(kind, PATIENT, BAD))
    assert answer.status_code in {200, 201}
    severities = {one["severity"] for one in issues(answer.json())}
    assert {"error", "warning"} <= severities
    assert keys(real) == ["local|p1"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/fhir+xml"]
)
def test_content_types(client: Client, fake: FakeService, content_type: str) -> None:
    answer = client.post("/fhir", content=b"{}", headers={"content-type": content_type})
    assert answer.status_code == 415
    assert issues(answer.json())[0]["code"] == "not-supported"
    assert fake.submitted == []


def test_accept_and_trailing_slash(client: Client) -> None:
    headers = {"content-type": "application/json; charset=utf-8", "accept": "application/json"}
    answer = client.post("/fhir/", content=json.dumps(PATIENT), headers=headers)
    assert answer.headers["content-type"] == "application/json"
    headers["accept"] = "application/fhir+xml"
    assert client.post("/fhir", content=b"{}", headers=headers).status_code == 406


def test_a_body_that_says_it_is_too_large(client: Client, fake: FakeService) -> None:
    answer = client.fhir(b" " * 10_001)
    assert answer.status_code == 413
    assert issues(answer.json())[0]["code"] == "too-long"
    assert fake.submitted == []


def test_a_stream_is_cut_where_it_becomes_too_large(client: Client, fake: FakeService) -> None:
    sent = 0

    class Body:
        def __aiter__(self) -> Body:
            return self

        async def __anext__(self) -> bytes:
            nonlocal sent
            sent += 1
            assert sent < 100, "the server should have stopped reading"
            return b"x" * 1_000

    answer = client.post("/fhir", content=Body(), headers={"content-type": "application/fhir+json"})
    assert answer.status_code == 413
    assert sent <= 12
    assert fake.submitted == []


def test_a_compressed_body_is_refused(client: Client) -> None:
    headers = {"content-type": "application/fhir+json", "content-encoding": "gzip"}
    assert client.post("/fhir", content=b"\x1f\x8b", headers=headers).status_code == 415


def test_get_is_no_search(client: Client) -> None:
    answer = client.get("/fhir/Patient")
    assert answer.status_code == 404
    assert issues(answer.json())[0]["code"] == "not-found"
    answer = client.get("/fhir")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert issues(answer.json())


def test_an_error_of_the_store_is_an_operation_outcome(client: Client, fake: FakeService) -> None:
    fake.broken = StoreLockedError("the store is in use", remedy="stop the other process")
    answer = client.fhir(PATIENT)
    assert answer.status_code == 503
    assert issues(answer.json())[0]["code"] == "lock-error"


def test_any_other_error_is_masked(client: Client, fake: FakeService, caplog: pytest.LogCaptureFixture) -> None:
    fake.broken = KeyError("Quagmirex")
    answer = client.fhir(PATIENT)
    assert answer.status_code == 500
    assert issues(answer.json())[0]["code"] == "exception"
    assert "Quagmirex" not in answer.text + caplog.text

"""``PUT`` and ``DELETE`` of one resource, and deletes and preconditions in bundles, over a real store."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.conftest import Client
from tests.api.fake import FakeService
from tests.api.test_fhir import BAD, CLAIM, CONDITION, PATIENT, bundle, facts, issues, keys

JSON = {"content-type": "application/fhir+json"}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def status(word: str, **more: Any) -> dict[str, Any]:
    return {**CONDITION, "clinicalStatus": {"coding": [{"system": CLINICAL, "code": word}]}, **more}


def put(client: Client, resource: Any, url: str | None = None, **headers: str) -> httpx.Response:
    path = url or f"/fhir/{resource['resourceType']}/{resource['id']}"
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.send("PUT", path, content=json.dumps(resource), headers={**JSON, **sent})


def delete(client: Client, name: str, **headers: str) -> httpx.Response:
    return client.send("DELETE", f"/fhir/{name}", headers={n.replace("_", "-"): v for n, v in headers.items()})


def current(client: Client) -> list[str]:
    """The statuses of the current facts."""
    query = '{ patient(id: "p1") { facts { edges { node { status } } } } }'
    return [edge["node"]["status"] for edge in client.data(query)["patient"]["facts"]["edges"]]


@pytest.fixture
def known(real: Client) -> Client:
    assert put(real, PATIENT).status_code == 201
    assert put(real, status("active")).status_code == 201
    return real


def test_create_update_and_again(real: Client) -> None:
    put(real, PATIENT)
    created = put(real, status("active"))
    assert (created.status_code, created.headers["etag"]) == (201, 'W/"1"')
    assert created.headers["location"] == "http://127.0.0.1:8000/fhir/Condition/c1/_history/1"
    updated = put(real, status("resolved"))
    assert (updated.status_code, updated.headers["etag"]) == (200, 'W/"2"')
    assert "location" not in updated.headers
    again = put(real, status("resolved"))
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')
    back = put(real, status("active"))
    assert (back.status_code, back.headers["etag"]) == (200, 'W/"3"'), "what is put is what holds"
    assert current(real) == ["active"]


def test_a_version_of_the_source_stays(known: Client) -> None:
    answer = put(known, status("resolved", meta={"versionId": "7"}))
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"7"')
    older = put(known, status("recurrence", meta={"versionId": "6"}))
    assert (older.status_code, current(known)) == (200, ["resolved"])
    conflict = put(known, status("relapse", meta={"versionId": "7"}))
    assert (conflict.status_code, issues(conflict.json())[0]["code"]) == (409, "conflict")
    assert "etag" not in conflict.headers


@pytest.mark.parametrize("tag", ['W/"1"', '"1"', "*", "1"])
def test_who_has_seen_the_current_version_may_write(known: Client, tag: str) -> None:
    """With the ``meta`` that was read, as clients send it back."""
    meta = {"versionId": "1", "lastUpdated": "2000-01-01T00:00:00Z"} if tag != "*" else {}
    answer = put(known, status("resolved", meta=meta), if_match=tag)
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert current(known) == ["resolved"]


@pytest.mark.parametrize("tag", ['W/"2"', 'W/"0"', 'W/"01"', '"x"'])
def test_who_has_not_may_not(known: Client, tag: str) -> None:
    answer = put(known, status("resolved"), if_match=tag)
    assert answer.status_code == 412
    (issue,) = [one for one in issues(answer.json()) if one["severity"] == "error"]
    assert issue["code"] == "conflict"
    assert issue["details"]["coding"][0]["code"] == "precondition-failed"
    assert "resolved" not in answer.text
    assert delete(known, "Condition/c1", if_match=tag).status_code == 412
    assert current(known) == ["active"]


def test_only_where_there_is_none(known: Client) -> None:
    assert put(known, status("resolved"), if_none_match="*").status_code == 412
    assert put(known, {**CONDITION, "id": "c2"}, if_none_match="*").status_code == 201
    assert put(known, {**CONDITION, "id": "c2"}, if_none_match="*").status_code == 412
    assert put(known, {**CONDITION, "id": "c3"}, if_match="*").status_code == 412
    delete(known, "Condition/c2")
    assert put(known, {**CONDITION, "id": "c2"}, if_none_match="*").status_code == 201


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("tag", ['W/"1", W/"2"', "", 'W/"', "a b"])
def test_no_entity_tag(known: Client, header: str, tag: str) -> None:
    answer = known.send("PUT", "/fhir/Condition/c1", content=json.dumps(CONDITION), headers={**JSON, header: tag})
    assert (answer.status_code, issues(answer.json())[0]["code"]) == (400, "invalid")
    assert current(known) == ["active"]


def test_delete_and_begin_anew(known: Client) -> None:
    gone = delete(known, "Condition/c1", if_match='W/"1"')
    assert (gone.status_code, gone.content, gone.headers["etag"]) == (204, b"", 'W/"2"')
    assert facts(known) == []
    before = known.data("{ revisions { number } }")
    assert delete(known, "Condition/c1").status_code == 204
    assert delete(known, "Condition/never").status_code == 204
    assert known.data("{ revisions { number } }") == before
    assert delete(known, "Condition/c1", if_match='W/"2"').status_code == 412
    assert delete(known, "Condition/c1", if_match="*").status_code == 412
    again = put(known, status("active"))
    assert (again.status_code, again.headers["etag"]) == (201, 'W/"3"')
    assert current(known) == ["active"]


def test_a_patient_who_is_deleted_is_known_by_key_alone(known: Client) -> None:
    assert delete(known, "Patient/p1").status_code == 204
    assert keys(known) == ["local|p1"]
    assert facts(known) == ["Condition/c1"]


def test_what_states_nothing(real: Client) -> None:
    assert put(real, CLAIM).status_code == 200
    answer = delete(real, "Claim/k1")
    assert (answer.status_code, issues(answer.json())[0]["code"]) == (200, "not-supported")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/fhir/Starship/1", 404),
        ("/fhir/condition/1", 404),
        ("/fhir/Condition/a%20b", 400),
        ("/fhir/Condition/" + "a" * 65, 400),
        ("/fhir/Condition/%27;DROP", 400),
        ("/fhir/Condition/c1%0d%0aX-Evil:1", 400),
        ("/fhir/Condition?identifier=secret", 400),
        ("/fhir/Condition/c1/_history/1", 404),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_paths_that_name_no_resource(client: Client, fake: FakeService, method: str, path: str, code: int) -> None:
    answer = client.send(method, path, content=json.dumps(CONDITION), headers=JSON)
    assert answer.status_code == code
    assert issues(answer.json())[0]["severity"] == "error"
    assert "secret" not in answer.text
    assert fake.submitted == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**CONDITION, "id": "c2"}, 400),
        ({name: value for name, value in CONDITION.items() if name != "id"}, 400),
        ({**PATIENT, "id": "c1"}, 400),
        ({"resourceType": "Bundle", "type": "batch", "id": "c1"}, 400),
        ({**BAD, "id": "c1"}, 422),
        ({**CONDITION, "subject": {"reference": "Patient/nobody"}}, 422),
        ([], 422),
    ],
)
def test_bodies_that_are_not_what_the_path_names(known: Client, body: Any, code: int) -> None:
    answer = put(known, body, "/fhir/Condition/c1")
    assert answer.status_code == code
    assert any(one["severity"] == "error" for one in issues(answer.json()))
    assert current(known) == ["active"]


def test_methods_and_media_types(client: Client) -> None:
    answer = client.get("/fhir/Condition/c1")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"PUT", "DELETE"}
    assert (
        client.send("PUT", "/fhir/Condition/c1", content=b"{}", headers={"content-type": "text/x"}).status_code == 415
    )
    assert client.send("PUT", "/fhir/Condition/c1", content=b" " * 10_001, headers=JSON).status_code == 413
    assert client.send("DELETE", "/fhir/Condition/c1", headers={"accept": "text/html"}).status_code == 406


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "If-None-Exist"])
def test_a_post_is_not_conditional(client: Client, fake: FakeService, header: str) -> None:
    answer = client.post("/fhir", content=json.dumps(PATIENT), headers={**JSON, header: "identifier=secret"})
    assert (answer.status_code, "secret" in answer.text) == (400, False)
    assert fake.submitted == []


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_nothing_is_searched_or_created_by_type(client: Client, method: str) -> None:
    assert client.send(method, "/fhir/Patient", content=b"{}", headers=JSON).status_code == 404


def test_a_version_that_no_header_can_hold(known: Client) -> None:
    answer = put(known, status("resolved", meta={"versionId": 'x"\r\nX-Evil: é'}))
    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert "x-evil" not in answer.headers


def entries(*asked: tuple[str, Any, dict[str, str]], kind: str = "batch") -> dict[str, Any]:
    found = bundle(kind, *(resource for _, resource, _ in asked))
    for entry, (method, resource, more) in zip(found["entry"], asked, strict=True):
        entry["request"] = {"method": method, "url": f"{resource['resourceType']}/{resource['id']}", **more}
        if method == "DELETE":
            del entry["resource"], entry["fullUrl"]
    return found


def responses(answer: httpx.Response) -> list[tuple[str, str | None]]:
    assert answer.status_code == 200
    found = [entry["response"] for entry in answer.json()["entry"]]
    return [(one["status"][:3], one.get("etag")) for one in found]


def test_each_entry_of_a_batch_has_its_condition(known: Client) -> None:
    other = {**CONDITION, "id": "c2"}
    sent = entries(
        ("PUT", status("resolved"), {"ifMatch": 'W/"9"'}),
        ("PUT", other, {"ifNoneMatch": "*"}),
        ("DELETE", {**CONDITION, "id": "c3"}, {}),
        ("DELETE", CONDITION, {"ifMatch": 'W/"1"'}),
    )
    sent["entry"].append({"request": {"method": "DELETE", "url": "Condition?code=1"}})
    answer = known.fhir(sent)
    assert [code for code, _ in responses(answer)] == ["412", "201", "200", "422", "422"]
    seen = responses(answer)[1][1]
    assert seen is not None
    assert put(known, {**other, "onsetDateTime": "2020"}, if_match=seen).status_code == 200
    assert facts(known) == ["Condition/c1", "Condition/c2"], "c1 stood twice in it: neither was applied"
    answer = known.fhir(entries(("PUT", other, {"ifNoneMatch": "*"}), ("DELETE", CONDITION, {"ifMatch": 'W/"1"'})))
    assert responses(answer) == [("412", None), ("200", 'W/"2"')]
    assert facts(known) == ["Condition/c2"]


def test_a_transaction_is_refused_whole_with_412(known: Client) -> None:
    other = {**CONDITION, "id": "c2"}
    sent = entries(("PUT", other, {}), ("DELETE", CONDITION, {"ifMatch": 'W/"9"'}), kind="transaction")
    answer = known.fhir(sent)
    assert answer.status_code == 412
    assert "nothing was written" in answer.text
    assert facts(known) == ["Condition/c1"]
    sent["entry"][1]["request"]["ifMatch"] = 'W/"1"'
    assert [code for code, _ in responses(known.fhir(sent))] == ["201", "200"]
    assert facts(known) == ["Condition/c2"]


def test_of_clients_who_have_seen_the_same_version_one_wins(known: Client) -> None:
    words = ["recurrence", "relapse", "inactive", "remission", "resolved"] * 3
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda word: put(known, status(word), if_match='W/"1"').status_code, words))
    assert sorted(answers) == [200] + [412] * 14
    assert current(known) == [words[answers.index(200)]]

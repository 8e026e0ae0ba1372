"""What entries ask for: deletes, what must hold, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from kgtwin.errors import InvalidResourceError
from kgtwin.model.submission import ResourceVersion, Submission
from kgtwin.sources.fhir import Request, decode
from kgtwin.sources.fhir.requests import read_etag
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import ASTHMA, PATIENT, Json, bundle, resource, submit

CONDITION = resource("Condition", code=ASTHMA)


def entry(method: str, url: str = "Condition/r1", sent: Json | None = None, **request: Any) -> Json:
    found: Json = {"request": {"method": method, "url": url, **request}}
    return found if sent is None else {**found, "resource": sent}


def send(*entries: Json, type: str = "batch", **fields: Any) -> Submission:
    return submit({"resourceType": "Bundle", "type": type, "entry": list(entries), **fields})


def only(submission: Submission) -> ResourceVersion:
    assert submission.problems == ()
    (found,) = submission.resources
    return found


def refusal(submission: Submission) -> tuple[str | None, str]:
    (found,) = submission.problems
    assert found.rejected
    assert submission.resources == ()
    return found.location.field, found.message


@pytest.mark.parametrize("kind", ["batch", "transaction", "history"])
@pytest.mark.parametrize("url", ["Condition/r1", "https://example.org/fhir/Condition/r1"])
def test_a_delete(kind: str, url: str) -> None:
    found = only(send(entry("DELETE", url), type=kind))
    assert (found.resource, found.deleted, found.version, found.content) == ("Condition/r1", True, "", "")
    assert (found.facts, found.record, found.patient, found.if_match) == ((), None, None, None)


def test_a_delete_needs_no_resource_and_ignores_one() -> None:
    assert only(send(entry("DELETE", sent=CONDITION))) == only(send(entry("DELETE")))


def test_a_delete_of_what_states_nothing_is_counted() -> None:
    submission = send(entry("DELETE", "Practitioner/7"))
    assert (submission.resources, submission.counted) == ((), {"Practitioner": 1})


def test_the_time_of_a_bulk_delete_is_its_bundle_s() -> None:
    when = "2020-04-27T02:56:00Z"
    found = send(entry("DELETE"), type="transaction", meta={"lastUpdated": when}).resources[0]
    assert found.updated == when
    assert send(entry("DELETE"), type="history", meta={"lastUpdated": when}).resources[0].updated is None
    broken = send(entry("DELETE"), {"resource": 5}, type="transaction", meta={"lastUpdated": when}).resources[0]
    assert broken.updated == when
    assert send(entry("DELETE"), {"resource": 5}, meta=7).resources[0].updated is None


@pytest.mark.parametrize("url", ["", "Condition", "Conditions/1", "Condition/", "Starship/1", "urn:uuid:0af1"])
def test_a_delete_of_nothing(url: str) -> None:
    assert refusal(send(entry("DELETE", url))) == ("request.url", "a DELETE of no resource")


def test_a_delete_of_one_version() -> None:
    assert refusal(send(entry("DELETE", "Condition/r1/_history/2")))[0] == "request.url"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "PURGE"])
@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_other_methods_are_refused(method: str, kind: str) -> None:
    field, message = refusal(send(entry(method, sent=CONDITION), type=kind))
    assert field == "request.method"
    assert repr(method) in message


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (entry("DELETE", "Condition?identifier=secret"), "request.url"),
        (entry("PUT", "Condition?identifier=secret", CONDITION), "request.url"),
        (entry("POST", "Condition", CONDITION, ifNoneExist="identifier=secret"), "request.ifNoneExist"),
    ],
)
def test_what_depends_on_a_search_is_refused_and_not_shown(sent: Json, field: str) -> None:
    where, message = refusal(send(sent))
    assert where == field
    assert "search" in message
    assert "secret" not in message


def test_a_conditional_create_of_what_states_nothing_is_counted() -> None:
    sent = entry("POST", "Organization", {"resourceType": "Organization", "id": "o"}, ifNoneExist="identifier=1")
    submission = send(sent)
    assert (submission.problems, submission.counted) == ((), {"Organization": 1})


@pytest.mark.parametrize(
    ("text", "version"), [('W/"3"', "3"), ('"3"', "3"), (" * ", "*"), ("3", "3"), ('W/"a-b.c"', "a-b.c")]
)
def test_entity_tags(text: str, version: str) -> None:
    assert read_etag(text, "x") == version
    assert only(send(entry("PUT", sent=CONDITION, ifMatch=text))).if_match == version
    assert only(send(entry("DELETE", ifMatch=text))).if_match == version
    assert only(send(entry("PUT", sent=CONDITION, ifNoneMatch=text))).if_none_match == version


@pytest.mark.parametrize("text", ["", 'W/"1", W/"2"', 'W/"', "a b", 'w/"1"', "W/3"])
def test_no_entity_tags(text: str) -> None:
    with pytest.raises(InvalidResourceError, match="entity tag"):
        read_etag(text, "x")
    assert refusal(send(entry("PUT", sent=CONDITION, ifMatch=text)))[0] == "request.ifMatch"


@pytest.mark.parametrize(
    ("stated", "seen", "version"),
    [
        (None, "4", ""),
        ("4", "4", ""),
        ("3", "4", ""),
        ("5", "4", "5"),
        ("x", "4", ""),
        ("9", "*", "9"),
    ],
)
def test_a_version_that_replaces_the_one_seen(stated: str | None, seen: str, version: str) -> None:
    """A client sends back the ``meta`` that it has read; it is not the version that comes about."""
    meta = {"lastUpdated": "2020-01-01T00:00:00Z", **({"versionId": stated} if stated else {})}
    found = only(send(entry("PUT", sent={**CONDITION, "meta": meta}, ifMatch=seen)))
    assert found.version == version == found.facts[0].provenance.version
    assert found.updated == (meta["lastUpdated"] if version else None)


def test_a_put_names_its_resource_in_the_url() -> None:
    nameless = {name: value for name, value in CONDITION.items() if name != "id"}
    found = only(send({**entry("PUT", "Condition/c9", nameless), "fullUrl": "urn:uuid:0af1"}))
    assert found.resource == "Condition/c9"
    assert refusal(send(entry("PUT", "Condition/c9", CONDITION)))[0] == "id"
    assert refusal(send(entry("PUT", "Observation/r1", CONDITION)))[0] == "resourceType"


def test_a_put_of_nothing() -> None:
    assert refusal(send(entry("PUT"))) == ("resource", "an entry without a resource")


def test_put_and_delete_of_one_resource_in_one_bundle() -> None:
    submission = send(entry("DELETE"), entry("PUT", sent=CONDITION))
    assert [r.deleted for r in submission.resources] == [True]
    assert [(p.location.entry, p.rejected) for p in submission.problems] == [("entry[1]", True)]
    again = send(entry("DELETE"), entry("DELETE"))
    assert [p.rejected for p in again.problems] == [False]


def test_a_history_is_read_from_its_beginning() -> None:
    def version(number: str, method: str) -> Json:
        return entry(method, sent={**CONDITION, "meta": {"versionId": number}})

    deleted = {
        **entry("DELETE", "Condition/r1/_history/3"),
        "response": {"status": "204", "etag": 'W/"3"', "lastModified": "2020-01-03T00:00:00Z"},
    }
    submission = send(version("4", "PUT"), deleted, version("2", "PATCH"), version("1", "POST"), type="history")
    assert [(r.version, r.deleted) for r in submission.resources] == [
        ("1", False),
        ("2", False),
        ("3", True),
        ("4", False),
    ]
    assert submission.resources[2].updated == "2020-01-03T00:00:00Z"
    assert submission.problems == ()


def test_a_history_without_versions_keeps_its_order() -> None:
    earlier = {**CONDITION, "onsetDateTime": "2019"}
    submission = send(entry("PUT", sent=CONDITION), entry("DELETE"), entry("POST", sent=earlier), type="history")
    assert [(r.deleted, len(r.facts)) for r in submission.resources] == [(False, 1), (True, 0), (False, 1)]
    assert submission.resources[0].facts[0].when.start == "2019"


def test_in_a_history_all_has_happened_already() -> None:
    sent = entry("PUT", "Condition?identifier=1", CONDITION, ifMatch='W/"1"', ifNoneExist="identifier=1")
    found = only(send(sent, type="history"))
    assert (found.if_match, found.version) == (None, found.content)


def test_a_delete_in_a_history_may_be_named_by_its_full_url() -> None:
    found = only(send({"fullUrl": "http://x/fhir/Condition/r1", "request": {"method": "DELETE"}}, type="history"))
    assert found.resource == "Condition/r1"


def test_references_to_a_full_url_mean_the_version_with_content() -> None:
    url = "http://x/fhir/Patient/p1"
    history = send(
        {"fullUrl": url, "request": {"method": "DELETE", "url": "Patient/p1"}},
        {"fullUrl": url, "resource": PATIENT, "request": {"method": "POST", "url": "Patient"}},
        {"resource": {**CONDITION, "subject": {"reference": url}}, "request": {"method": "POST", "url": "Condition"}},
        type="history",
    )
    assert history.problems == ()
    assert [r.resource for r in history.resources] == ["Patient/p1", "Patient/p1", "Condition/r1"]


def by_itself(data: bytes, method: str, url: str, **more: str) -> Submission:
    request = Request(method=method, url=url, **more)
    return decode(data, label="PUT", source="local", terminology=Terminology(), request=request)


def test_a_resource_by_itself() -> None:
    import json  # noqa: PLC0415

    data = json.dumps(CONDITION).encode()
    found = only(by_itself(data, "PUT", "Condition/r1"))
    assert (found.version, found.if_match) == ("", None)
    assert only(by_itself(data, "PUT", "Condition/r1", if_match='W/"2"')).if_match == "2"
    versioned = json.dumps({**CONDITION, "meta": {"versionId": "7"}}).encode()
    assert only(by_itself(versioned, "PUT", "Condition/r1")).version == "7"
    assert only(by_itself(b"", "DELETE", "Condition/r1")).deleted
    for url, code in [("Condition/r2", "malformed"), ("Procedure/r1", "malformed")]:
        (problem,) = by_itself(data, "PUT", url).problems
        assert (problem.code, problem.rejected) == (code, True)
    (problem,) = by_itself(json.dumps(bundle(PATIENT)).encode(), "PUT", "Condition/r1").problems
    assert problem.code == "malformed"

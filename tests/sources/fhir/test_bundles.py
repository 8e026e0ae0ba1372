from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.sources.fhir import bundle_type, decode
from kgtwin.sources.fhir.families import FAMILIES
from kgtwin.sources.fhir.resource_types import RESOURCE_TYPES
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import ASTHMA, PATIENT, bundle, resource, submit

CONDITION = resource("Condition", code=ASTHMA)


@pytest.mark.parametrize(
    "kind",
    ["transaction", "batch", "collection", "searchset", "document", "message", "history"],
)
def test_every_type_of_bundle(kind: str) -> None:
    submission = submit(bundle(PATIENT, CONDITION, type=kind))
    assert [r.resource for r in submission.resources] == ["Patient/p1", "Condition/r1"]
    assert submission.problems == ()


@pytest.mark.parametrize("kind", [None, "heap", 5])
def test_an_unknown_type_of_bundle_is_read_and_reported(kind: Any) -> None:
    submission = submit({**bundle(PATIENT), "type": kind})
    assert len(submission.resources) == 1
    (found,) = submission.problems
    assert (found.location.field, found.rejected) == ("type", False)


@pytest.mark.parametrize("entry", [None, []])
def test_a_bundle_without_entries(entry: Any) -> None:
    submission = submit({"resourceType": "Bundle", "type": "collection", "entry": entry})
    assert (submission.resources, submission.problems) == ((), ())


def test_what_states_nothing_is_counted() -> None:
    others = [{"resourceType": kind, "id": "x", "identifier": 5} for kind in ("Claim", "Claim", "Ingredient")]
    submission = submit(bundle(*others, type="batch"))
    assert submission.counted == {"Claim": 2, "Ingredient": 1}
    assert (submission.resources, submission.problems) == ((), ())


def test_a_bundle_within_a_bundle_is_reported_and_the_rest_read() -> None:
    submission = submit(bundle(bundle({**PATIENT, "id": "lost"}), PATIENT))
    assert [version.resource for version in submission.resources] == ["Patient/p1"]
    (found,) = submission.problems
    assert found.rejected
    assert "nothing of it was read" in found.message


def test_every_type_of_r4_is_known() -> None:
    documents = [{"resourceType": kind, "id": "x"} for kind in sorted(RESOURCE_TYPES)]
    submission = submit(bundle(*documents))
    with_facts = {struct.__name__ for struct in FAMILIES} | {"Patient"}
    assert set(submission.counted) == RESOURCE_TYPES - with_facts
    assert "resourceType" not in {problem.location.field for problem in submission.problems}


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "malformed", "empty"),
        (b" \n ", "malformed", "empty"),
        (b"\xef\xbb\xbf", "malformed", "empty"),
        (b"hello", "malformed", "not JSON at byte 0"),
        (b'{"resourceType": "Patient",}', "malformed", "not JSON at byte 27"),
        (b'{"resourceType": "Patient"} x', "malformed", "trailing characters"),
        (b'{"resourceType": "Pat', "malformed", "truncated at byte 21"),
        (b'{"resourceType": "Patient", "id": "\xff"}', "malformed", "not UTF-8"),
        ("{}".encode("utf-16"), "malformed", "not JSON"),
        (b"[1]", "invalid-resource", "wrong type: array"),
        (b"5", "invalid-resource", "wrong type: int"),
        (b"null", "invalid-resource", "wrong type: null"),
        (b"{}", "invalid-resource", "without a resourceType"),
        (b'{"resourceType": ""}', "invalid-resource", "without a resourceType"),
        (b'{"resourceType": 5}', "invalid-resource", "is no word"),
        (b'{"resourceType": "patient"}', "invalid-resource", "unknown resource type 'patient'"),
        (b'{"resourceType": "Bundle", "entry": {}}', "invalid-resource", "wrong type: object"),
        (b'{"resourceType": "Bundle", "entry": [{"resource"', "malformed", "truncated at byte 48"),
        (b'{"x":' * 5000, "malformed", "nested too deeply"),
    ],
)
def test_a_document_that_is_none(data: bytes, code: str, message: str) -> None:
    submission = submit(data)
    (found,) = submission.problems
    assert (found.code, found.rejected, found.location.file) == (code, True, "test.json")
    assert message in found.message
    assert found.expected
    assert submission.resources == ()


def test_a_byte_order_mark() -> None:
    assert len(submit(b"\xef\xbb\xbf" + json.dumps(PATIENT).encode()).resources) == 1


@pytest.mark.parametrize(
    ("entry", "field", "message"),
    [
        ({}, "resource", "an entry without a resource"),
        ({"resource": None}, "resource", "an entry without a resource"),
        ({"resource": 5}, None, "wrong type: int"),
        ({"resource": {}}, "resourceType", "without a resourceType"),
        ({"resource": {"resourceType": "Pacient"}}, "resourceType", "unknown resource type 'Pacient'"),
        ({"resource": {"resourceType": "Condition", "id": 5}}, "id", "wrong type: int"),
        ("entry", None, "wrong type: str"),
        ({"fullUrl": 5, "resource": PATIENT}, "fullUrl", "wrong type: int"),
        ({"request": {"method": "DELETE", "url": "Patient/1"}}, "request.method", "'DELETE' is not applied"),
        ({"request": {"method": "PATCH"}, "resource": PATIENT}, "request.method", "'PATCH' is not applied"),
    ],
)
def test_a_wrong_entry_concerns_itself_alone(entry: Any, field: str | None, message: str) -> None:
    document = bundle(PATIENT, CONDITION)
    document["entry"].insert(1, entry)
    submission = submit(document)
    assert [r.resource for r in submission.resources] == ["Patient/p1", "Condition/r1"]
    (found,) = submission.problems
    assert message in found.message
    assert (found.location.entry, found.location.field, found.rejected) == ("entry[1]", field, True)


def test_a_wrong_resource_is_named() -> None:
    (found,) = submit(bundle({**CONDITION, "code": 5})).problems
    assert str(found.location) == "test.json entry[0] Condition/r1 code"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_request_that_is_applied(method: str) -> None:
    document = bundle(PATIENT, type="transaction")
    document["entry"][0]["request"] = {"method": method, "url": "Patient"}
    assert len(submit(document).resources) == 1


@pytest.mark.parametrize("kind", ["batch", None])
def test_bundle_type(kind: str | None) -> None:
    assert bundle_type(json.dumps({**bundle(), "type": kind}).encode()) == kind
    assert bundle_type(json.dumps({**PATIENT, "type": "batch"}).encode()) is None
    assert bundle_type(b"nonsense") is None


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
)
FIELDS = """
resourceType id meta status code coding system value unit subject patient reference type entry resource fullUrl
valueQuantity component onsetDateTime authoredOn period start end ingredient contained identifier request method
dosageInstruction timing repeat boundsDuration birthDate deceasedDateTime link other condition activity
"""
NAMES = st.sampled_from(FIELDS.split())
WORDS = st.one_of(SCALARS, st.sampled_from([*sorted(RESOURCE_TYPES)[:40], "Bundle", "Patient", "Observation", "2020"]))
JSON = st.recursive(
    WORDS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=8)),
    max_leaves=25,
)


@given(JSON)
def test_any_json_gives_a_submission(value: Any) -> None:
    submission = submit(value)
    assert submission.resources or submission.counted or submission.problems


@given(st.sampled_from([*sorted(s.__name__ for s in FAMILIES), "Patient"]), st.dictionaries(NAMES, JSON, max_size=8))
def test_any_fields_of_any_resource_give_a_submission(kind: str, fields: dict[str, Any]) -> None:
    document = bundle(PATIENT, {**resource(kind), **fields, "resourceType": kind}, CONDITION | {"id": "other"})
    submission = submit(document)
    assert submission.resources[0].resource == "Patient/p1"
    assert "Condition/other" in [r.resource for r in submission.resources]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_submission(data: bytes) -> None:
    submission = decode(data, label="x", source="local", terminology=Terminology())
    assert submission.resources or submission.counted or submission.problems


@given(st.integers(min_value=1, max_value=400))
def test_a_truncated_bundle_is_rejected_whole(length: int) -> None:
    data = json.dumps(bundle(PATIENT, CONDITION)).encode()
    submission = submit(data[: min(length, len(data) - 1)])
    assert submission.resources == ()
    assert [p.code for p in submission.problems] == ["malformed"]

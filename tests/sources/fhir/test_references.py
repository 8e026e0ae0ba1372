from __future__ import annotations

from typing import Any

import pytest

from tests.sources.fhir.build import ASTHMA, PATIENT, bundle, submit

IDENTIFIED = {**PATIENT, "identifier": [{"system": "urn:mrn", "value": "a|7"}, {"value": "bare"}]}


def patient_of(subject: Any, *others: dict[str, Any], full_url: str = "urn:uuid:0af1") -> tuple[str | None, list[str]]:
    """The patient key of a condition with such a subject, and the fields of its problems."""
    document = bundle(IDENTIFIED, *others)
    document["entry"][0]["fullUrl"] = full_url
    condition = {"resourceType": "Condition", "id": "c1", "code": ASTHMA, "subject": subject}
    document["entry"].append({"fullUrl": "urn:uuid:c1", "resource": condition})
    submission = submit(document)
    found = next((r.patient for r in submission.resources if r.resource == "Condition/c1"), None)
    return found, [p.location.field or "" for p in submission.problems]


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        "Patient/p1/_history/3",
        "http://example.org/fhir/Patient/p1",
        "http://example.org/fhir/Patient/p1/_history/3",
        "urn:uuid:0af1",
        "Patient?identifier=urn:mrn|a|7",
        "Patient?identifier=urn%3Amrn%7Ca%7C7",
        "Patient?identifier=bare",
        "Patient?identifier=|bare",
        "http://example.org/fhir/Patient?identifier=bare",
    ],
)
def test_every_form_of_reference(reference: str) -> None:
    assert patient_of({"reference": reference}) == ("local|p1", [])


def test_a_full_url_comes_before_its_form() -> None:
    url = "http://example.org/fhir/Patient/other"
    assert patient_of({"reference": url}, full_url=url) == ("local|p1", [])


def test_an_oid() -> None:
    assert patient_of({"reference": "urn:oid:1.2.3"}, full_url="urn:oid:1.2.3") == ("local|p1", [])


@pytest.mark.parametrize("kind", [{}, {"type": "Patient"}])
def test_a_logical_reference(kind: dict[str, str]) -> None:
    assert patient_of({"identifier": {"system": "urn:mrn", "value": "a|7"}, **kind}) == ("local|p1", [])


def test_a_patient_of_another_submission_is_left_to_the_store() -> None:
    assert patient_of({"reference": "Patient/elsewhere"}) == ("local|elsewhere", [])


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "urn:uuid:none"},
        {"reference": "#p"},
        {"reference": "Patient?identifier=urn:mrn|none"},
        {"reference": "Patient?identifier=urn:other|bare"},
        {"reference": "Patient?identifier=|a|7"},
        {"reference": "Patient?name=doe"},
        {"reference": "Patient?identifier=bare&active=true"},
        {"reference": "Practitioner?identifier=bare"},
        {"reference": "http://example.org/somebody"},
        {"reference": ""},
        {"reference": "Patient/"},
        {"reference": "Patient/a b"},
        {"identifier": {"system": "urn:mrn", "value": "none"}},
        {"identifier": {"system": "urn:mrn"}},
        {"display": "Jane Doe"},
        {},
    ],
)
def test_a_reference_to_nobody(subject: Any) -> None:
    assert patient_of(subject) == (None, ["subject.reference"])


def test_an_identifier_of_two_patients_means_neither() -> None:
    twin = {**IDENTIFIED, "id": "p2"}
    assert patient_of({"reference": "Patient?identifier=bare"}, twin) == (None, ["subject.reference"])


def test_a_problem_shows_no_identifier_of_a_patient() -> None:
    for subject in ({"reference": "Patient?identifier=urn:mrn|secret"}, {"identifier": {"value": "secret"}}):
        condition = {"resourceType": "Condition", "id": "c1", "subject": subject}
        (found,) = submit(bundle(condition)).problems
        assert found.code == "unresolved-reference"
        assert "secret" not in str(found)


@pytest.mark.parametrize("kind", ["Group", "Device", "Location"])
def test_a_subject_that_is_no_patient_is_counted(kind: str) -> None:
    condition = {"resourceType": "Observation", "id": "o1", "subject": {"reference": f"{kind}/g1"}}
    submission = submit(bundle(PATIENT, condition))
    assert [r.resource for r in submission.resources] == ["Patient/p1"]
    assert submission.counted == {"Observation": 1}
    assert [(p.rejected, kind in p.message) for p in submission.problems] == [(False, True)]


def test_a_practitioner_s_identifier_of_any_shape_does_no_harm() -> None:
    odd = {"resourceType": "Practitioner", "id": "x", "identifier": "seven"}
    assert patient_of({"reference": "Patient?identifier=bare"}, odd) == ("local|p1", [])

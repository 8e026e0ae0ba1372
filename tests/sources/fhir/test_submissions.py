from __future__ import annotations

import json
from typing import Any

import pytest

from kgtwin.errors import InvalidIdentifierError
from kgtwin.model.submission import ResourceVersion
from kgtwin.sources.fhir import decode
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import ASTHMA, PATIENT, POTASSIUM, bundle, resource, submit

CONDITION = resource("Condition", code=ASTHMA)


def version(document: Any) -> ResourceVersion:
    (found,) = submit(document).resources
    return found


def test_a_single_resource() -> None:
    found = version(CONDITION)
    assert (found.source, found.resource, found.patient) == ("local", "Condition/r1", "local|p1")
    assert found.version == found.content
    assert len(found.facts) == 1
    assert found.facts[0].provenance.version == found.version


def test_the_version_is_meta_s_where_it_states_one() -> None:
    found = version({**CONDITION, "meta": {"versionId": "3", "lastUpdated": "2020-01-01T00:00:00Z"}})
    assert (found.version, found.updated) == ("3", "2020-01-01T00:00:00Z")
    assert found.facts[0].provenance.recorded == "2020-01-01T00:00:00Z"


def test_space_order_and_meta_do_not_change_the_content() -> None:
    reordered = dict(reversed(CONDITION.items()))
    spaced = json.dumps({**reordered, "meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}, indent=3).encode()
    assert version(spaced).content == version(CONDITION).content


def test_order_inside_what_is_contained_does_not_change_the_content() -> None:
    medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "x"}}
    order = resource("MedicationRequest", status="active", intent="order", medicationReference={"reference": "#m"})
    one = version({**order, "contained": [medicine]})
    other = version({**order, "contained": [dict(reversed(medicine.items()))]})
    assert one.content == other.content


@pytest.mark.parametrize("change", [{"onsetDateTime": "2020"}, {"code": {"text": "Asthma"}}, {"id": "r2"}])
def test_a_change_changes_the_content(change: dict[str, Any]) -> None:
    assert version({**CONDITION, **change}).content != version(CONDITION).content


def test_digits_are_content() -> None:
    def content(value: str) -> str:
        text = json.dumps(resource("Observation", status="final", code=POTASSIUM, valueQuantity={"value": 5}))
        return version(text.replace('"value": 5', f'"value": {value}').encode()).content

    assert content("5.0") == content("5.0") != content("5.00")


def test_the_same_version_gives_the_same_facts() -> None:
    assert version(CONDITION) == version(CONDITION)


NAMELESS = {name: value for name, value in CONDITION.items() if name != "id"}


@pytest.mark.parametrize(
    ("full_url", "name"),
    [
        ("urn:uuid:0af1", "Condition/0af1"),
        ("http://example.org/fhir/Condition/7", "Condition/7"),
    ],
)
def test_an_id_from_the_full_url(full_url: str, name: str) -> None:
    document = bundle(NAMELESS)
    document["entry"][0]["fullUrl"] = full_url
    assert version(document).resource == name


def test_an_id_from_the_content() -> None:
    found = version(NAMELESS)
    assert found.resource == f"Condition/x-{found.content}"
    assert version({**NAMELESS, "meta": {"versionId": "2"}}).resource == found.resource


@pytest.mark.parametrize(
    "fields",
    [
        {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}},
        {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}, "onsetDateTime": "nonsense"},
    ],
)
def test_a_condition_entered_in_error_is_retracted(fields: dict[str, Any]) -> None:
    found = version({**CONDITION, **fields})
    assert (found.retracted, found.facts, found.patient) == (True, (), "local|p1")


def test_an_observation_entered_in_error_without_a_subject_is_retracted() -> None:
    found = version({"resourceType": "Observation", "id": "o", "status": "entered-in-error"})
    assert (found.retracted, found.patient) == (True, None)


def test_the_same_resource_twice_in_one_bundle() -> None:
    submission = submit(bundle(PATIENT, CONDITION, CONDITION))
    assert len(submission.resources) == 2
    assert [(p.rejected, p.location.entry) for p in submission.problems] == [(False, "entry[2]")]


def test_two_contents_of_one_id_in_one_bundle() -> None:
    submission = submit(bundle(PATIENT, CONDITION, {**CONDITION, "onsetDateTime": "2020"}))
    assert submission.resources[1] == submit(CONDITION).resources[0]
    assert [(p.rejected, p.location.entry) for p in submission.problems] == [(True, "entry[2]")]


def test_two_contents_of_one_version() -> None:
    one = {**CONDITION, "meta": {"versionId": "1"}}
    submission = submit(bundle(PATIENT, one, {**one, "onsetDateTime": "2020"}))
    assert [(p.rejected, p.location.entry) for p in submission.problems] == [(True, "entry[2]")]


def test_versions_of_one_resource() -> None:
    versions = [{**CONDITION, "onsetDateTime": year, "meta": {"versionId": year}} for year in ("2020", "2019", "2018")]
    submission = submit(bundle(*versions, type="history"))
    assert [r.version for r in submission.resources] == ["2018", "2019", "2020"]
    assert submission.problems == ()


def test_several_patients_in_one_bundle() -> None:
    other = {**CONDITION, "id": "c2", "subject": {"reference": "urn:uuid:p2"}}
    submission = submit(bundle(PATIENT, {**PATIENT, "id": "p2"}, CONDITION, other))
    assert submission.patients == {"local|p1", "local|p2"}
    assert [r.patient for r in submission.resources] == ["local|p1", "local|p2", "local|p1", "local|p2"]


def test_no_name_for_a_source() -> None:
    with pytest.raises(InvalidIdentifierError):
        decode(b"{}", label="x", source="a b", terminology=Terminology())

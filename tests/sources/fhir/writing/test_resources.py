"""What is written is FHIR R4: what it requires is there, nothing is empty, a choice is made once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from kgtwin.sources.fhir.stated import STATED
from kgtwin.sources.fhir.writing import patient_resource, resources_of, to_line
from kgtwin.terminology import Terminology
from tests.fuzz import times
from tests.sources.fhir.build import PATIENT, SUBJECT, bundle, facts, resource
from tests.sources.fhir.writing import generate
from tests.sources.fhir.writing.test_round_trip import facts_of, submitted

REQUIRED = {
    "AllergyIntolerance": {"patient"},
    "AllergyIntolerance.reaction": {"manifestation"},
    "CarePlan": {"status", "intent", "subject"},
    "CarePlan.activity.detail": {"status"},
    "Condition": {"subject"},
    "DiagnosticReport": {"status", "code"},
    "Encounter": {"status", "class"},
    "FamilyMemberHistory": {"status", "patient", "relationship"},
    "FamilyMemberHistory.condition": {"code"},
    "Immunization": {"status", "vaccineCode", "patient", "occurrence[x]"},
    "MedicationAdministration": {"status", "medication[x]", "subject", "effective[x]"},
    "MedicationRequest": {"status", "intent", "medication[x]", "subject"},
    "MedicationStatement": {"status", "medication[x]", "subject"},
    "Observation": {"status", "code"},
    "Observation.component": {"code"},
    "Patient.link": {"other", "type"},
    "Procedure": {"status", "subject"},
}
"""http://hl7.org/fhir/R4: elements of which there is at least one."""

CHOICES = re.compile(
    r"_?(value|onset|abatement|medication|effective|performed|occurrence|deceased)"
    r"(?:DateTime|Period|Age|Range|String|Quantity|CodeableConcept|Reference|Boolean|Ratio|SampledData|Time|Date|Code)"
)


def nodes(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every object, by the path of its elements."""
    if isinstance(node, list):
        assert node, f"{path} is empty"
        for one in node:
            yield from nodes(one, path)
    elif isinstance(node, dict):
        assert node, f"{path} is empty"
        yield path, node
        for name, value in node.items():
            yield from nodes(value, f"{path}.{name}")
    else:
        assert node is not None, f"{path} is null"


def chosen(node: dict[str, Any]) -> Counter[str]:
    """The elements of an object; a choice by its stem, a primitive once with what stands beside it."""
    plain = {name.removeprefix("_") for name in node}
    return Counter(f"{match[1]}[x]" if (match := CHOICES.fullmatch(name)) else name for name in plain)


def assert_is_fhir(written: dict[str, Any]) -> None:
    for path, node in nodes(written, written["resourceType"]):
        found = chosen(node)
        assert max(found.values()) == 1, f"{path}: {found}"
        missing = REQUIRED.get(path, set()) - set(found)
        assert not missing, f"{path} lacks {missing}"


@pytest.mark.parametrize("kind", sorted(generate.BODIES))
def test_generated_resources(kind: str) -> None:
    subject = "patient" if kind in {"AllergyIntolerance", "Immunization", "FamilyMemberHistory"} else "subject"

    @settings(max_examples=times(40), deadline=None)
    @given(generate.BODIES[kind])
    def check(body: dict[str, Any]) -> None:
        document = {"resourceType": kind, "id": "r1", subject: SUBJECT, **body}
        for written in resources_of(facts_of(submitted(document, Terminology()).resources)):
            assert_is_fhir(json.loads(to_line(written)))

    check()


@settings(max_examples=times(40), deadline=None)
@given(generate.PATIENT)
def test_generated_patients(body: dict[str, Any]) -> None:
    (version,) = submitted({"resourceType": "Patient", "id": "p1", **body}, Terminology()).resources
    assert version.record is not None
    assert_is_fhir(json.loads(to_line(patient_resource(version.record))))


def one(kind: str, **fields: Any) -> Any:
    submission = submitted(bundle(PATIENT, resource(kind, **fields)), Terminology())
    (written,) = resources_of(facts_of(submission.resources))
    return json.loads(to_line(written))


def test_components_are_put_together_again() -> None:
    parts = [{"code": {"text": name}, "valueInteger": n} for n, name in enumerate(["systolic", "diastolic"])]
    written = one("Observation", status="final", code={"text": "pressure"}, valueString="x", component=parts)
    assert [c["code"]["text"] for c in written["component"]] == ["systolic", "diastolic"]
    assert (written["code"]["text"], written["valueString"]) == ("pressure", "x")


def test_statuses_have_fhir_s_systems_and_others_are_words() -> None:
    status = {"coding": [{"system": "urn:other", "code": "resolved"}]}
    written = one("Condition", code={"text": "x"}, clinicalStatus=status, verificationStatus={"text": "perhaps"})
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    assert written["clinicalStatus"] == {"coding": [{"system": system, "code": "resolved"}]}
    assert written["verificationStatus"] == {"text": "perhaps"}


def test_an_age_beside_the_year_that_follows_from_it() -> None:
    written = one("Condition", code={"text": "x"}, onsetAge={"value": 40, "unit": "a"})
    assert written["onsetDateTime"] == "1990"
    (extension,) = written["_onsetDateTime"]["extension"]
    assert extension["valueAge"] == {"value": 40, "unit": "a"}


def test_ingredients_are_those_of_a_contained_medication() -> None:
    written = one(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationReference={"reference": "#m"},
        contained=[
            {
                "resourceType": "Medication",
                "id": "m",
                "code": {"text": "tablet"},
                "ingredient": [{"itemCodeableConcept": {"text": "a"}}, {"itemCodeableConcept": {"text": "b"}}],
            }
        ],
    )
    (contained,) = written["contained"]
    assert written["medicationReference"] == {"reference": f"#{contained['id']}"}
    assert [i["itemCodeableConcept"]["text"] for i in contained["ingredient"]] == ["a", "b"]


def test_no_substance_is_given_a_manifestation_that_was_another_s() -> None:
    written = one(
        "AllergyIntolerance",
        code={"text": "x"},
        reaction=[
            {"manifestation": [{"text": "rash"}]},
            {"substance": {"text": "nut"}, "manifestation": [{"text": "hives"}]},
        ],
    )
    together, substance = written["reaction"]
    assert [m["text"] for m in together["manifestation"]] == ["rash", "hives"]
    assert "substance" not in together
    assert substance["substance"] == {"text": "nut"}
    assert "text" not in substance["manifestation"][0]


@pytest.mark.parametrize(
    "beside",
    [
        {"extension": [{"url": "urn:x", "valueAge": 5}]},
        {"extension": [{"url": STATED, "valueAge": 5}]},
        {"extension": [{"url": STATED, "valueAge": {"value": "x"}}]},
        {"extension": [{"url": STATED}, 7, None]},
        {"extension": 5},
        {"extension": "text"},
        7,
        [None],
    ],
)
def test_an_extension_that_is_not_ours_is_passed_over(beside: Any) -> None:
    plain = resource("Condition", code={"text": "x"}, onsetDateTime="2020")
    assert facts({**plain, "_onsetDateTime": beside}) == facts(plain)

from __future__ import annotations

from typing import Any

import pytest

from kgtwin.model.fact import ConditionDetail, FactKind, TextValue
from kgtwin.model.time import Period
from tests.sources.fhir.build import ASTHMA, SNOMED, concept, fact, problem, submit

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
YEARS = {"system": "http://unitsofmeasure.org", "code": "a", "unit": "years"}


def test_a_condition() -> None:
    found = fact(
        "Condition",
        code=ASTHMA,
        clinicalStatus=concept(CLINICAL, "resolved"),
        verificationStatus=concept(VERIFICATION, "confirmed"),
        onsetDateTime="2010",
        abatementDateTime="2012-05-01",
        recordedDate="2010-03-01",
        encounter={"reference": "Encounter/e1"},
    )
    assert found.kind is FactKind.CONDITION
    assert found.patient == "local|p1"
    assert found.code.concepts == ("snomed:195967001",)
    assert (found.status, found.verification) == ("resolved", "confirmed")
    assert found.when == Period("2010", "2012-05-01")
    assert found.encounter == "Encounter/e1"
    assert found.provenance.resource == "Condition/r1"
    assert found.provenance.recorded == "2010-03-01"


@pytest.mark.parametrize(
    ("fields", "when", "words"),
    [
        ({"onsetPeriod": {"start": "2010", "end": "2011"}}, Period("2010"), None),
        ({"abatementPeriod": {"start": "2010", "end": "2011"}}, Period(None, "2011"), None),
        ({"onsetAge": {"value": 40, **YEARS}}, Period("1990"), TextValue("40 years", "onsetAge")),
        ({"onsetAge": {"value": 6, **YEARS, "code": "mo"}}, Period("1950"), TextValue("6 years", "onsetAge")),
        ({"onsetAge": {"value": 40, **YEARS, "comparator": "<"}}, Period(), TextValue("<40 years", "onsetAge")),
        ({"onsetAge": {"value": 4000, **YEARS}}, Period(), TextValue("4000 years", "onsetAge")),
        ({"onsetString": "as a child"}, Period(), TextValue("as a child", "onsetString")),
        (
            {"onsetRange": {"low": {"value": 10, **YEARS}, "high": {"value": 20, **YEARS}}},
            Period(),
            TextValue("10 years to 20 years", "onsetRange"),
        ),
        ({"abatementString": "years ago"}, Period(), TextValue("years ago", "abatementString")),
        ({"abatementAge": {"value": 50, **YEARS}}, Period(None, "2000"), TextValue("50 years", "abatementAge")),
        ({}, Period(), None),
    ],
)
def test_onset_and_abatement(fields: dict[str, Any], when: Period, words: TextValue | None) -> None:
    found = fact("Condition", code=ASTHMA, **fields)
    assert (found.when, found.value) == (when, words)


def test_an_age_without_a_birth_date_is_words() -> None:
    submission = submit(
        {
            "resourceType": "Condition",
            "id": "r1",
            "subject": {"reference": "Patient/elsewhere"},
            "code": ASTHMA,
            "onsetAge": {"value": 40, **YEARS},
        }
    )
    (found,) = submission.resources[0].facts
    assert (found.when, found.value) == (Period(), TextValue("40 years", "onsetAge"))


def test_a_status_of_several_systems_is_fhir_s() -> None:
    status = {"coding": [{"system": "http://example.org", "code": "A"}, {"system": CLINICAL, "code": "active"}]}
    assert fact("Condition", clinicalStatus=status).status == "active"
    assert fact("Condition", clinicalStatus={"text": "active"}).status == "active"


def test_no_code_is_kept() -> None:
    found = fact("Condition", code={"text": "feeling unwell"})
    assert found.code.text == "feeling unwell"
    assert found.code.codings == ()


@pytest.mark.parametrize(
    ("fields", "field", "code", "rejected"),
    [
        ({"onsetDateTime": "2010-02-30"}, "onsetDateTime", "invalid-resource", True),
        ({"abatementDateTime": "soon"}, "abatementDateTime", "invalid-resource", True),
        ({"onsetPeriod": {"start": "2010-13"}}, "onsetPeriod.start", "invalid-resource", True),
        ({"recordedDate": "2010-1-1"}, "recordedDate", "invalid-resource", True),
        ({"code": concept(SNOMED, "195967002")}, "code", "invalid-identifier", False),
        ({"clinicalStatus": {"text": "Active"}}, "clinicalStatus", "invalid-resource", False),
        ({"code": "asthma"}, "code", "invalid-resource", True),
        ({"onsetAge": {"value": "forty"}}, "onsetAge.value", "invalid-resource", True),
        ({"subject": None}, "subject", "invalid-resource", True),
        ({"subject": {}}, "subject.reference", "unresolved-reference", True),
        ({"encounter": {"reference": "urn:uuid:none"}}, "encounter.reference", "unresolved-reference", False),
        ({"modifierExtension": [{"url": "http://example.org/not"}]}, "modifierExtension", "invalid-resource", True),
        ({"id": "no id"}, "id", "invalid-resource", True),
        ({"meta": {"lastUpdated": "2020-02-31"}}, "meta.lastUpdated", "invalid-resource", True),
    ],
)
def test_what_is_wrong(fields: dict[str, Any], field: str, code: str, rejected: bool) -> None:
    assert problem("Condition", **fields) == (field, code, rejected)


def test_no_patient_data_in_a_problem() -> None:
    submission = submit(
        {
            "resourceType": "Condition",
            "subject": {"reference": "Patient/1"},
            "onsetDateTime": "1966-99-12",
            "code": {"text": "secret disease"},
        }
    )
    (found,) = submission.problems
    assert "1966" not in str(found)
    assert "secret" not in str(found)


def test_a_severity_is_kept_with_its_concept() -> None:
    severe = {"coding": [{"system": "http://snomed.info/sct", "code": "24484000", "display": "Severe"}]}
    found = fact("Condition", code=ASTHMA, severity=severe)
    assert isinstance(found.detail, ConditionDetail)
    assert found.detail.severity.concepts == ("snomed:24484000",)
    words = fact("Condition", code=ASTHMA, severity={"text": "rather severe"})
    assert isinstance(words.detail, ConditionDetail)
    assert (words.detail.severity.concepts, words.detail.severity.text) == ((), "rather severe")
    assert fact("Condition", code=ASTHMA).detail is None


def test_a_severity_whose_check_digit_is_wrong_is_reported() -> None:
    severity = concept("http://snomed.info/sct", "24484001")
    field, _, rejected = problem("Condition", code=ASTHMA, severity=severity)
    assert (field, rejected) == ("severity", False)

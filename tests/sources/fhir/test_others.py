"""Procedures, immunisations, family history, encounters, care plans, reports, patients."""

from __future__ import annotations

from typing import Any

import pytest

from kgtwin.model.fact import CodedValue, FactKind, FamilyDetail, Identifier, PatientRecord, TextValue
from kgtwin.model.time import Period
from tests.sources.fhir.build import (
    ASTHMA,
    LOINC,
    PATIENT,
    SNOMED,
    bundle,
    concept,
    fact,
    facts,
    problem,
    resource,
    submit,
)

APPENDECTOMY = concept(SNOMED, "80146002", "Appendectomy")
INFLUENZA = concept("http://hl7.org/fhir/sid/cvx", "140")
MOTHER = concept("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH")


@pytest.mark.parametrize(
    ("fields", "when", "words"),
    [
        ({"performedDateTime": "2010"}, Period("2010", "2010"), None),
        ({"performedPeriod": {"start": "2010", "end": "2011"}}, Period("2010", "2011"), None),
        ({"performedString": "long ago"}, Period(), TextValue("long ago", "performedString")),
        ({"performedAge": {"value": 12, "unit": "years"}}, Period(), TextValue("12 years", "performedAge")),
    ],
)
def test_a_procedure(fields: dict[str, Any], when: Period, words: TextValue | None) -> None:
    if "performedAge" in fields:
        fields["performedAge"] |= {"system": "http://unitsofmeasure.org", "code": "a"}
    found = fact("Procedure", status="completed", code=APPENDECTOMY, **fields)
    assert (found.kind, found.status, found.when, found.value) == (FactKind.PROCEDURE, "completed", when, words)
    assert found.code.concepts == ("snomed:80146002",)


@pytest.mark.parametrize(
    ("fields", "when", "words"),
    [
        ({"occurrenceDateTime": "2010-05"}, Period("2010-05", "2010-05"), None),
        ({"occurrenceString": "at school"}, Period(), TextValue("at school", "occurrenceString")),
    ],
)
def test_an_immunization(fields: dict[str, Any], when: Period, words: TextValue | None) -> None:
    found = fact("Immunization", status="not-done", vaccineCode=INFLUENZA, **fields)
    assert (found.kind, found.status, found.when, found.value) == (FactKind.IMMUNIZATION, "not-done", when, words)
    assert found.code.concepts == ("cvx:140",)


@pytest.mark.parametrize(
    ("fields", "deceased"),
    [
        ({"deceasedBoolean": True}, True),
        ({"deceasedDate": "1999"}, "1999"),
        ({"deceasedString": "in the war"}, "in the war"),
        ({}, None),
    ],
)
def test_family_history(fields: dict[str, Any], deceased: str | bool | None) -> None:
    conditions = [{"code": ASTHMA, "contributedToDeath": True, "onsetString": "young"}, {"code": {"text": "gout"}}]
    found = facts(
        resource("FamilyMemberHistory", status="completed", relationship=MOTHER, condition=conditions, **fields)
    )
    assert [f.kind for f in found] == [FactKind.FAMILY_HISTORY] * 2
    assert [f.provenance.part for f in found] == ["condition[0]", "condition[1]"]
    detail = found[0].detail
    assert isinstance(detail, FamilyDetail)
    assert detail.relationship is not None
    assert detail.relationship.codings[0].code == "MTH"
    assert (detail.contributed_to_death, detail.deceased) == (True, deceased)
    assert found[0].value == TextValue("young", "onsetString")
    assert found[0].when == Period()


def test_a_family_history_without_conditions_states_nothing() -> None:
    assert facts(resource("FamilyMemberHistory", status="health-unknown", relationship=MOTHER)) == []


def test_an_encounter_by_its_types_else_its_class() -> None:
    ambulatory = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    visit = {"status": "finished", "class": ambulatory, "period": {"start": "2020-01-01"}}
    found = fact("Encounter", **visit, type=[concept(SNOMED, "185345009"), concept(SNOMED, "50849002")])
    assert (found.kind, found.when) == (FactKind.ENCOUNTER, Period("2020-01-01"))
    assert found.code.concepts == ("snomed:185345009", "snomed:50849002")
    assert fact("Encounter", **visit).code.codings[0].code == "AMB"


def test_a_care_plan() -> None:
    found = facts(
        resource(
            "CarePlan",
            status="active",
            intent="plan",
            period={"start": "2020"},
            category=[concept(SNOMED, "53950000")],
            activity=[
                {"detail": {"code": concept(SNOMED, "304510005"), "status": "completed"}},
                {"reference": {"reference": "ServiceRequest/1"}},
            ],
            addresses=[{"reference": "Condition/c1"}],
        )
    )
    assert [(f.provenance.part, f.status, f.code.concepts) for f in found] == [
        ("category[0]", "active", ("snomed:53950000",)),
        ("activity[0]", "completed", ("snomed:304510005",)),
    ]
    assert {f.reasons for f in found} == {("Condition/c1",)}


def test_a_care_plan_with_a_title_alone() -> None:
    assert fact("CarePlan", status="active", intent="plan", title="Walk").code.text == "Walk"


def test_an_activity_not_to_be_done_is_no_activity() -> None:
    activity = [{"detail": {"code": {"text": "smoking"}, "doNotPerform": True}}]
    assert problem("CarePlan", status="active", activity=activity) == ("activity[0].detail", "invalid-resource", False)


def test_a_report_states_its_coded_conclusions() -> None:
    panel = concept(LOINC, "58410-2")
    found = fact("DiagnosticReport", status="final", code=panel, conclusionCode=[concept(SNOMED, "271737000")])
    assert (found.kind, found.provenance.part) == (FactKind.OBSERVATION, "conclusionCode[0]")
    assert isinstance(found.value, CodedValue)
    assert found.value.value.concepts == ("snomed:271737000",)
    assert (
        facts(resource("DiagnosticReport", status="final", code=panel, result=[{"reference": "Observation/1"}])) == []
    )


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("Procedure", {}, "status"),
        ("Procedure", {"status": "completed", "performedDateTime": "2020-02-31"}, "performedDateTime"),
        ("Immunization", {"vaccineCode": INFLUENZA}, "status"),
        ("Immunization", {"status": "completed"}, "vaccineCode"),
        ("FamilyMemberHistory", {"status": "completed", "condition": [{}]}, "condition[0].code"),
        ("Encounter", {"class": {}}, "status"),
        ("Encounter", {"status": "finished", "period": {"start": "x"}}, "period.start"),
        ("CarePlan", {"intent": "plan"}, "status"),
        ("DiagnosticReport", {"status": "final"}, "code"),
    ],
)
def test_what_is_wrong(kind: str, fields: dict[str, Any], field: str) -> None:
    assert problem(kind, **fields) == (field, "invalid-resource", True)


def record(**fields: Any) -> PatientRecord:
    (version,) = submit({"resourceType": "Patient", "id": "p1", **fields}).resources
    assert version.record is not None
    return version.record


def test_a_patient() -> None:
    found = record(
        active=True,
        name=[{"family": "Other"}, {"use": "official", "family": "Doe", "given": ["Jane", None, "Q"]}],
        gender="female",
        birthDate="1950",
        identifier=[{"system": "urn:x", "value": "7"}],
        link=[{"other": {"reference": "Patient/p2"}, "type": "seealso"}, {"other": {"reference": "RelatedPerson/1"}}],
    )
    assert (found.key, found.source, found.id) == ("local|p1", "local", "p1")
    assert (found.name, found.gender, found.birth_date, found.active) == ("Jane Q Doe", "female", "1950", True)
    assert found.identifiers == (Identifier("urn:x", "7"),)
    assert found.links == ("local|p2",)
    assert found.deceased is None


@pytest.mark.parametrize(
    ("fields", "deceased"),
    [({"deceasedDateTime": "2020"}, "2020"), ({"deceasedBoolean": True}, True), ({"deceasedBoolean": False}, False)],
)
def test_deceased(fields: dict[str, Any], deceased: str | bool) -> None:
    assert record(**fields).deceased == deceased


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"birthDate": "1950-02-30"}, "birthDate"),
        ({"birthDate": 1950}, "birthDate"),
        ({"deceasedDateTime": "x"}, "deceasedDateTime"),
        ({"name": "Jane Doe"}, "name"),
    ],
)
def test_a_wrong_patient_is_named_and_not_shown(fields: dict[str, Any], field: str) -> None:
    (found,) = submit({"resourceType": "Patient", "id": "p1", **fields}).problems
    assert (found.location.field, found.location.resource, found.rejected) == (field, "Patient/p1", True)
    assert "Jane" not in str(found)
    assert "1950" not in str(found)


def test_a_sex_that_fhir_does_not_know_is_reported_and_kept() -> None:
    found = submit(bundle({**PATIENT, "gender": "F"}))
    (one,) = found.problems
    assert (one.rejected, one.location.field) == (False, "gender")
    assert [version.record.gender for version in found.resources if version.record] == ["F"]


def test_a_wrong_patient_does_not_sink_the_conditions() -> None:
    submission = submit(bundle({**PATIENT, "birthDate": 1}, resource("Condition", code=ASTHMA)))
    assert [p.location.entry for p in submission.problems] == ["entry[0]"]
    assert [r.resource for r in submission.resources] == ["Condition/r1"]

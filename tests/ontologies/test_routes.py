"""Routes by the codes that records carry, and what says that nothing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from kgtwin.identifiers import check_code, to_curie, to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.columns.finding import Finder
from kgtwin.inference.columns.hot import Hot
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.concept import prefix_of
from kgtwin.model.issue import IssueKind
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import LOCAL_ROUTE, RDFS_LABEL, ROUTE, SYSTEMIC_ROUTE
from tests.inference.factory import AT, PATIENT, coded, order, patient

SNOMED, HL7 = "http://snomed.info/sct", "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration"
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
WARFARIN, IBUPROFEN = "rxnorm:11289", "rxnorm:5640"


def routes(knowledge: Knowledge) -> Iterator[str]:
    for iri in sorted(knowledge.classification.descendants(ROUTE)):
        if to_curie(iri).startswith(("snomed:", "hl7route:")):
            yield iri


def test_every_code_of_a_route_is_one_and_says_where_it_acts(knowledge: Knowledge) -> None:
    found = list(routes(knowledge))
    assert len(found) > 70
    for iri in found:
        prefix, _, code = to_curie(iri).partition(":")
        assert check_code(prefix, code) is None
        assert knowledge.label(iri) != iri
        assert knowledge.is_a(iri, LOCAL_ROUTE) is not knowledge.is_a(iri, SYSTEMIC_ROUTE), iri


@pytest.mark.parametrize(
    ("code", "route"),
    [
        ("snomed:26643006", "OralRoute"), ("snomed:47625008", "ParenteralRoute"), ("snomed:6064005", "LocalRoute"),
        ("snomed:54485002", "OphthalmicRoute"), ("snomed:45890007", "TransdermalRoute"), ("hl7route:PO", "OralRoute"),
        ("hl7route:IVINJ", "ParenteralRoute"), ("hl7route:SKIN", "CutaneousRoute"), ("hl7route:IPINHL", "InhaledRoute"),
        ("snomed:18679011000001101", "InhaledRoute"),
    ],
)  # fmt: skip
def test_usual_codes_have_their_route(knowledge: Knowledge, code: str, route: str) -> None:
    assert knowledge.is_a(to_iri(code), to_iri(f"kgtwin:{route}"))


@pytest.mark.parametrize("code", ["snomed:37161004", "snomed:16857009", "snomed:54471007", "hl7route:PR"])
def test_a_code_that_does_not_say_where_it_acts_is_no_route_that_is_known(knowledge: Knowledge, code: str) -> None:
    """Per rectum, per vagina and buccal may be meant for a local or for a systemic effect."""
    assert to_iri(code) not in knowledge.classes


@pytest.mark.parametrize(
    "system", [HL7, "http://hl7.org/fhir/v3/RouteOfAdministration", "urn:oid:2.16.840.1.113883.5.112"]
)
def test_the_code_system_of_hl7_is_known(system: str) -> None:
    assert prefix_of(system) == "hl7route"


@pytest.mark.parametrize(
    ("route", "alerts"),
    [
        (None, True), ("snomed:26643006", True), ("hl7route:PO", True), ("snomed:78421000", True),
        ("snomed:6064005", False), ("snomed:448598008", False), ("hl7route:TOPICAL", False), ("hl7route:SKIN", False),
        ("snomed:54485002", False), ("snomed:45890007", True), ("snomed:37161004", True),
    ],
)  # fmt: skip
def test_a_local_route_by_its_code_is_no_systemic_use(knowledge: Knowledge, route: str | None, alerts: bool) -> None:
    """Ibuprofen beside warfarin; what is not known to be local is taken to be systemic."""
    ibuprofen = order("MedicationRequest/i", IBUPROFEN, route=coded(route) if route else None)
    facts = (order("MedicationRequest/w", WARFARIN), ibuprofen)
    answer = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=1)
    found = [one for one in answer.issues if one.kind is IssueKind.DRUG_DRUG]
    assert bool(found) is alerts
    on_rows = Hot(Finder(knowledge), patient(), facts).issue_ids(AT)
    assert on_rows == {one.id for one in answer.issues if to_iri(one.statement) in knowledge.statements}


# nothing known


def resources(code: str, system: str) -> list[dict[str, Any]]:
    coding = {"coding": [{"system": system, "code": code}]}
    who = {"reference": "Patient/p1"}
    active = {"coding": [{"code": "active"}]}
    confirmed = {"coding": [{"code": "confirmed"}]}
    return [
        {"resourceType": "Patient", "id": "p1", "birthDate": "1970-01-01", "gender": "female"},
        {"resourceType": "AllergyIntolerance", "id": "a", "patient": who, "code": coding, "clinicalStatus": active},
        {
            "resourceType": "Condition", "id": "c", "subject": who, "code": coding, "clinicalStatus": active,
            "verificationStatus": confirmed,
        },
        {
            "resourceType": "MedicationStatement", "id": "m", "subject": who, "status": "active",
            "medicationCodeableConcept": coding, "effectiveDateTime": "2026-01-01",
        },
    ]  # fmt: skip


ABSENT = [
    "no-known-allergies", "no-known-medication-allergies", "no-known-environmental-allergies",
    "no-known-food-allergies", "no-known-medications", "no-known-problems",
]  # fmt: skip
UNKNOWN = ["no-allergy-info", "no-medication-info", "no-problem-info"]


@pytest.mark.parametrize("code", [*ABSENT, *UNKNOWN])
def test_what_says_that_nothing_is_known_is_understood_and_is_nothing(
    knowledge: Knowledge, terminology: Terminology, code: str
) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources(code, IPS)]}
    read = fhir.decode(msgspec.json.encode(bundle), label="ips", source="local", terminology=terminology)
    facts = [fact for version in read.resources for fact in version.facts]
    (record,) = [version.record for version in read.resources if version.record is not None]
    assert len(facts) == 3
    assert all(fact.code.concepts == (f"ips:{code}",) for fact in facts)
    answer = infer(record.key, record, facts, knowledge, at=AT, revision=1)
    assert answer.issues == ()
    codes = {one.code for one in answer.caveats}
    assert CaveatCode.UNMAPPED_CODE not in codes
    assert CaveatCode.CONTRADICTION not in codes


def test_no_information_is_never_an_absence(knowledge: Knowledge) -> None:
    for code in UNKNOWN:
        iri = to_iri(f"ips:{code}")
        assert knowledge.is_a(iri, to_iri("kgtwin:NoInformation"))
        assert not knowledge.is_a(iri, to_iri("kgtwin:NoKnownAllergy"))
        assert not knowledge.is_a(iri, to_iri("kgtwin:NothingKnown"))
        assert iri not in knowledge.closing.stated
    for code in ABSENT:
        assert not knowledge.is_a(to_iri(f"ips:{code}"), to_iri("kgtwin:NoInformation"))


@pytest.mark.parametrize("code", ["snomed:787481004", "snomed:160245001"])
def test_codes_of_snomed_that_say_the_same(knowledge: Knowledge, code: str) -> None:
    assert knowledge.is_a(to_iri(code), to_iri("kgtwin:NothingKnown"))


def test_no_two_things_have_the_same_label(knowledge: Knowledge) -> None:
    """People choose by labels; ROBOT calls it an error."""
    given = Counter(
        (one.value, one.language)
        for iri, told in knowledge.ontology.annotations.items()
        if iri in knowledge.ontology.entities
        for one in told
        if one.property == RDFS_LABEL
    )
    assert [label for label, count in given.items() if count > 1] == []

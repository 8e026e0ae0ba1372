"""Every context of core, over an ontology for tests: small patients as files, each about one question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import CodedValue, ConditionDetail, Fact, FactKind, PatientRecord
from kgtwin.model.issue import Inference, issue_id
from kgtwin.model.time import Period
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.terminology import Terminology
from tests.inference.factory import AT, PATIENT, coded, condition, fact, order, patient
from tests.inference.test_cases import assert_grounded, inferences

FOLDER = Path(__file__).parent.parent / "cases" / "contexts"
CASES = sorted(p for p in (FOLDER / "patients").glob("*.json") if not p.name.endswith(".expected.json"))


@pytest.fixture(scope="session")
def contexts() -> Knowledge:
    ontology = load(FOLDER / "contexts.ofn")
    classes = (iri for iri, kind in ontology.entities.items() if kind == "Class")
    return Knowledge(ontology, classify(ontology.axioms, classes=classes))


def summary(found: Inference) -> list[tuple[str, list[str]]]:
    return sorted((one.statement, sorted(what.resource for what in one.implicated)) for one in found.issues)


@pytest.mark.parametrize("bundle", CASES, ids=lambda path: str(path.stem))
def test_case(bundle: Path, contexts: Knowledge, terminology: Terminology) -> None:
    expected = json.loads(bundle.with_suffix(".expected.json").read_text())
    (found,) = inferences(bundle, contexts, terminology, expected["at"])
    assert summary(found) == sorted((row["statement"], row["implicated"]) for row in expected["issues"])
    for issue in found.issues:
        assert_grounded(issue)
    caveats = {caveat.code.value for caveat in found.caveats}
    assert expected.get("caveat") is None or expected["caveat"] in caveats
    assert expected["issues"] or expected["absent"]


def test_half_of_the_cases_are_silent_and_every_statement_fires(contexts: Knowledge) -> None:
    rows = [json.loads(p.with_suffix(".expected.json").read_text())["issues"] for p in CASES]
    assert sum(not issues for issues in rows) * 2 >= len(rows)
    assert {row["statement"] for issues in rows for row in issues} == {s.curie for s in contexts.statements.values()}


def answer(knowledge: Knowledge, *facts: Fact, record: PatientRecord | None = None) -> Inference:
    return infer(PATIENT, record or patient(gender="male"), facts, knowledge, at=AT, revision=1)


IBUPROFEN, NAPROXEN, ASTHMA = "rxnorm:5640", "rxnorm:7258", "snomed:195967001"
SSRI, MAOI = "rxnorm:36437", "rxnorm:8123"


def test_a_pair_has_one_id_whatever_the_order_and_the_resources(contexts: Knowledge) -> None:
    one, other = order("MedicationRequest/m1", IBUPROFEN), order("MedicationRequest/m2", NAPROXEN)
    renewal = order("MedicationRequest/m3", NAPROXEN)
    expected = issue_id(PATIENT, "kgtwin:TEST_0011", frozenset({IBUPROFEN, NAPROXEN}), frozenset())
    for facts in ([one, other], [other, one], [one, renewal, other]):
        (issue,) = answer(contexts, *facts).issues
        assert issue.id == expected
        assert {what.resource for what in issue.implicated} == {fact.provenance.resource for fact in facts}


def test_an_id_survives_a_newer_observation_that_says_the_same(contexts: Knowledge) -> None:
    medicine = order(concept="rxnorm:10438")
    ids = []
    for number, when in ((1, "2025-06-01"), (2, "2025-12-01")):
        value = CodedValue(coded("snomed:449868002"))
        told = fact(
            FactKind.BEHAVIOUR,
            f"Observation/b{number}",
            "loinc:72166-2",
            status="final",
            when=Period(when),
            value=value,
        )
        ids += [issue.id for issue in answer(contexts, medicine, told).issues]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_wash_out_is_silent_about_what_is_taken_again(contexts: Knowledge) -> None:
    ended = order("MedicationRequest/m1", MAOI, status="completed", when=Period("2025-01-01", "2026-01-10"))
    again, now = order("MedicationRequest/m2", MAOI), order("MedicationRequest/m3", SSRI)
    assert [issue.statement for issue in answer(contexts, ended, now).issues] == ["kgtwin:TEST_0001"]
    assert [issue.statement for issue in answer(contexts, ended, again, now).issues] == ["kgtwin:TEST_0002"]


def test_only_what_a_statement_waits_for_has_its_unknown_named(contexts: Knowledge) -> None:
    """A stopped medicine, no birth date, no result: a caveat only where nothing else is missing."""
    stopped = order("MedicationRequest/m1", MAOI, status="stopped")
    asked = {CaveatCode.UNKNOWN_END, CaveatCode.NOT_EVALUATED, CaveatCode.MISSING_LAB}
    assert not asked & {caveat.code for caveat in answer(contexts, stopped).caveats}
    now = order("MedicationRequest/m2", SSRI, when=Period("2025-01-01", "2026-06-01"))
    (caveat,) = [c for c in answer(contexts, stopped, now).caveats if c.code in asked]
    assert caveat.code is CaveatCode.UNKNOWN_END
    assert caveat.touches == ("MedicationRequest/m1", "kgtwin:TEST_0001")


def test_a_patient_known_from_references_has_no_age(contexts: Knowledge) -> None:
    found = answer(contexts, order(concept="rxnorm:57258"), record=patient(received=False))
    assert found.issues == ()
    assert {CaveatCode.NOT_EVALUATED, CaveatCode.PATIENT_NOT_RECEIVED} <= {caveat.code for caveat in found.caveats}


def test_a_severity_does_not_pass_to_another_condition(contexts: Knowledge) -> None:
    asthma = condition("Condition/c1", ASTHMA)
    severe = condition("Condition/c2", "kgtwin:PenicillinAllergy", detail=ConditionDetail(coded("snomed:24484000")))
    assert answer(contexts, order(concept=IBUPROFEN), asthma, severe).issues == ()

"""OBSERVATION: the concept says what a row is, and what denies or qualifies it keeps it an observation."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kgtwin.model.fact import (
    AllergyDetail,
    CodedValue,
    ConditionDetail,
    Fact,
    FactKind,
    FamilyDetail,
    ObservationDetail,
    Quantity,
    TextValue,
)
from kgtwin.model.time import Period
from tests.sources.omop.tables import concept, one_fact

CONCEPTS = [
    concept(439224, "416098002", "Allergy to drug", "Observation", kind="Clinical Finding"),
    concept(4240903, "91936005", "Allergy to penicillin", "Observation", kind="Clinical Finding"),
    concept(4172024, "59037007", "Intolerance to drug", "Observation", kind="Clinical Finding"),
    concept(4222295, "716186003", "No known allergy", "Observation", kind="Clinical Finding"),
    concept(1728416, "7980", "penicillin G", "Drug", "RxNorm", "Ingredient"),
    concept(4138133, "264287008", "Animal dander", "Observation", kind="Substance"),
    concept(4167217, "416471007", "Family history of clinical finding", "Observation", kind="Context-dependent"),
    concept(4214956, "417662000", "History of clinical finding in subject", "Observation", kind="Context-dependent"),
    concept(312327, "57054005", "Acute myocardial infarction"),
    concept(4060985, "162864005", "Body mass index 30+ - obesity", "Observation", kind="Clinical Finding"),
    concept(4188539, "373066001", "Yes", "Meas Value", kind="Qualifier Value"),
    concept(4188540, "373067005", "No", "Meas Value", kind="Qualifier Value"),
    concept(4087703, "24484000", "Severe", "Observation", kind="Qualifier Value"),
    concept(4132412, "72705000", "Mother", "Observation", kind="Person"),
    concept(43054909, "72166-2", "Tobacco smoking status", "Observation", "LOINC", "Clinical Observation"),
    concept(42709996, "449868002", "Smokes tobacco daily", "Observation", kind="Clinical Finding"),
    concept(40766240, "63513-6", "Are you covered by health insurance", "Observation", "LOINC", "Clinical Observation"),
]


def observed(folder: Path, number: int, **cells: Any) -> Fact:
    row = {"observation_concept_id": number, "observation_date": "2020-02-03", **cells}
    return one_fact(folder, "observation", row, *CONCEPTS)


def codes(fact: Fact) -> list[str | None]:
    return [coding.code for coding in fact.code.codings]


@pytest.mark.parametrize(
    ("number", "value", "kind", "code"),
    [
        (439224, 1728416, FactKind.ALLERGY, "7980"),  # OMOP's way: the allergen is the value
        (4240903, 0, FactKind.ALLERGY, "91936005"),
        (4240903, 4188539, FactKind.ALLERGY, "91936005"),  # yes: what the concept says
        (4240903, 4188540, FactKind.OBSERVATION, "91936005"),  # no: denied
        (439224, 4188540, FactKind.OBSERVATION, "416098002"),
        (4138133, 0, FactKind.ALLERGY, "264287008"),  # Synthea's way: the allergen alone
        (4222295, 0, FactKind.CONDITION, "716186003"),  # no known allergy is no allergy
        (4167217, 312327, FactKind.FAMILY_HISTORY, "57054005"),
        (4167217, 4188540, FactKind.OBSERVATION, "416471007"),
        (4214956, 312327, FactKind.CONDITION, "57054005"),
        (4060985, 0, FactKind.CONDITION, "162864005"),  # a finding, as FHIR's Condition
        (4060985, 4188539, FactKind.CONDITION, "162864005"),
        (4060985, 4188540, FactKind.OBSERVATION, "162864005"),
        (43054909, 42709996, FactKind.BEHAVIOUR, "72166-2"),
        (42709996, 0, FactKind.BEHAVIOUR, "449868002"),
        (40766240, 4188539, FactKind.OBSERVATION, "63513-6"),
        (999, 0, FactKind.OBSERVATION, "999"),  # not in CONCEPT
    ],
)
def test_the_concept_and_its_value_say_what_it_is(
    tmp_path: Path, number: int, value: int, kind: FactKind, code: str
) -> None:
    fact = observed(tmp_path, number, value_as_concept_id=value)
    assert (fact.kind, codes(fact)) == (kind, [code])


def test_an_intolerance_says_so(tmp_path: Path) -> None:
    fact = observed(tmp_path, 4172024, value_as_concept_id=1728416)
    assert fact.detail == AllergyDetail(type="intolerance")


def test_an_allergen_without_a_concept_is_kept_in_words(tmp_path: Path) -> None:
    fact = observed(tmp_path, 439224, value_source_value="Penicillin")
    assert (fact.kind, codes(fact)) == (FactKind.ALLERGY, ["Penicillin"])


@pytest.mark.parametrize(
    ("number", "words", "kind", "code"),
    [
        (4240903, "PEN-V", FactKind.ALLERGY, ["91936005", "PEN-V"]),  # words beside a concept that says it
        (4240903, "Yes", FactKind.ALLERGY, ["91936005"]),
        (4240903, "no", FactKind.OBSERVATION, ["91936005"]),
        (439224, "none", FactKind.OBSERVATION, ["416098002"]),
        (439224, "rxnorm:7980", FactKind.ALLERGY, ["7980"]),
        (4060985, "Y", FactKind.CONDITION, ["162864005"]),
        (4060985, "BMI 31", FactKind.OBSERVATION, ["162864005"]),  # not understood: no more than it says
        (4167217, "diabetes", FactKind.FAMILY_HISTORY, ["diabetes"]),
        (4214956, "diabetes", FactKind.OBSERVATION, ["417662000"]),
    ],
)
def test_words_as_value(tmp_path: Path, number: int, words: str, kind: FactKind, code: list[str]) -> None:
    fact = observed(tmp_path, number, value_source_value=words)
    assert (fact.kind, codes(fact)) == (kind, code)


def test_a_past_finding_is_inactive_from_its_date(tmp_path: Path) -> None:
    fact = observed(tmp_path, 4214956, value_as_concept_id=312327)
    assert (fact.status, fact.when) == ("inactive", Period("2020-02-03"))


def test_a_relative_is_the_qualifier(tmp_path: Path) -> None:
    fact = observed(tmp_path, 4167217, value_as_concept_id=312327, qualifier_concept_id=4132412)
    assert isinstance(fact.detail, FamilyDetail)
    assert fact.detail.relationship is not None
    assert fact.detail.relationship.name == "Mother"


def test_a_qualifier_that_is_no_severity_keeps_a_finding_an_observation(tmp_path: Path) -> None:
    severe = observed(tmp_path / "a", 4060985, qualifier_concept_id=4087703)
    assert (severe.kind, type(severe.detail)) == (FactKind.CONDITION, ConditionDetail)
    other = observed(tmp_path / "b", 4060985, qualifier_source_value="ruled out")
    assert other.kind is FactKind.OBSERVATION
    assert isinstance(other.detail, ObservationDetail)
    assert [coded.name for coded in other.detail.interpretation] == ["ruled out"]


def test_values_of_every_kind(tmp_path: Path) -> None:
    number = observed(tmp_path / "n", 40766240, value_as_number="2", unit_source_value="d")
    assert number.value == Quantity(Decimal(2), None, "d", None, None, "d")
    assert observed(tmp_path / "s", 40766240, value_as_string="every day").value == TextValue("every day")
    coded = observed(tmp_path / "c", 43054909, value_as_concept_id=42709996).value
    assert isinstance(coded, CodedValue)
    assert coded.value.concepts == ("snomed:449868002",)

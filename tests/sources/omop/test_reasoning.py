"""The same patient in FHIR and in OMOP has the same issues: statement and ingredients."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import (
    CodedValue,
    ConditionDetail,
    Fact,
    FactKind,
    FamilyDetail,
    MedicationDetail,
    PatientRecord,
    Quantity,
)
from kgtwin.model.submission import Submission
from kgtwin.model.time import read_time
from kgtwin.sources import fhir, omop
from kgtwin.sources.omop.export import Export
from kgtwin.sources.omop.vocabulary import VOCABULARIES
from kgtwin.terminology import Terminology
from tests.sources.omop.tables import PERSON, concept, facts_of, records_of, write_tables

CASES: Final = Path(__file__).resolve().parents[2] / "cases"
Issue = tuple[str, tuple[str, ...]]

DOMAINS: Final = {
    FactKind.CONDITION: ("Condition", "Clinical Finding"),
    FactKind.FAMILY_HISTORY: ("Condition", "Clinical Finding"),
    FactKind.MEDICATION: ("Drug", "Clinical Drug"),
    FactKind.OBSERVATION: ("Measurement", "Lab Test"),
    FactKind.PROCEDURE: ("Procedure", "Procedure"),
}
"""Domain and class that OMOP's vocabulary gives the codes of a kind; what is not here is an observation."""

NEED_A_SEVERITY: Final = """
alteplase-hypertension-severe bisoprolol-bradycardia-severe contraceptive-hypertension-severe
doxorubicin-heart-failure-severe glycopyrrolate-colitis-severe ivabradine-bradycardia-severe
ivabradine-hypotension-severe methadone-severe-asthma methotrexate-severe-anaemia-with-arthritis
metoprolol-severe-bradycardia nebivolol-severe-cirrhosis nitroglycerin-severe-anaemia
nitroglycerin-severe-brain-injury norgestimate-contraceptive-severe-hypertension opioid-asthma-severe
pseudoephedrine-coronary-disease-severe timolol-drops-severe-copd verapamil-severe-heart-failure
verapamil-severe-hypotension
"""
WITHOUT_A_DATE: Final = "form-salt-and-base no-known-allergy-and-one nsaid-by-mouth-or-unknown"
LOST: Final = {
    **dict.fromkeys(NEED_A_SEVERITY.split(), "CONDITION_OCCURRENCE has no column for a severity"),
    **dict.fromkeys(WITHOUT_A_DATE.split(), "OBSERVATION has no row for an allergy without a date"),
    "combination-with-another": "DRUG_EXPOSURE has no column for the ingredients of a product",
}
"""Cases that OMOP cannot say whole, and why."""


def issues_of(found: Iterable[Submission], knowledge: Knowledge, at: str) -> set[Issue]:
    """The issues of all patients at a time: statement, and the concepts of the medicines that they implicate."""
    facts: dict[str, list[Fact]] = {}
    submissions = list(found)
    for fact in facts_of(submissions).values():
        facts.setdefault(fact.patient, []).append(fact)
    moment = read_time(at)
    assert moment is not None
    issues = set()
    for key, record in records_of(submissions).items():
        known = {fact.id: fact for fact in facts.get(key, ())}
        for issue in infer(key, record, tuple(known.values()), knowledge, at=moment, revision=1).issues:
            taken = {c for ref in issue.implicated for c in _medicine(known[ref.fact])}
            issues.add((issue.statement, tuple(sorted(taken))))
    return issues


def _medicine(fact: Fact) -> tuple[str, ...]:
    if not isinstance(fact.detail, MedicationDetail):
        return ()
    return fact.code.concepts or tuple(c for one in fact.detail.ingredients for c in one.concepts)


# By hand: what a hospital's tables look like

DRUGS: Final = [
    concept(
        19017,
        "860975",
        "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet",
        "Drug",
        "RxNorm",
        "Clinical Drug",
    ),
    concept(19008, "8787", "propranolol", "Drug", "RxNorm", "Ingredient"),
    concept(19011, "11289", "warfarin", "Drug", "RxNorm", "Ingredient"),
    concept(19012, "4450", "fluconazole", "Drug", "RxNorm", "Ingredient"),
    concept(19013, "723", "amoxicillin", "Drug", "RxNorm", "Ingredient"),
    concept(19014, "4083", "estradiol", "Drug", "RxNorm", "Ingredient"),
]
OTHERS: Final = [
    concept(317009, "195967001", "Asthma"),
    concept(4240903, "91936005", "Allergy to penicillin", "Observation", kind="Clinical Finding"),
    concept(439224, "416098002", "Allergy to drug", "Observation", kind="Clinical Finding"),
    concept(1728416, "70618", "penicillin", "Drug", "RxNorm", "Ingredient"),
    concept(3049187, "33914-3", "Glomerular filtration rate", "Measurement", "LOINC", "Lab Test"),
    concept(720870, "mL/min/{1.73_m2}", "milliliter per minute per 1.73 square meter", "Unit", "UCUM", "Unit"),
]


def taking(number: int, drug: int, **cells: Any) -> dict[str, Any]:
    return {
        "drug_exposure_id": number,
        "person_id": 1,
        "drug_concept_id": drug,
        "drug_exposure_start_date": "2025-10-01",
        "drug_exposure_end_date": "2026-10-01",
        "drug_type_concept_id": 38000177,
        **cells,
    }


def having(code: int, **cells: Any) -> dict[str, Any]:
    return {
        "condition_occurrence_id": 1, "person_id": 1, "condition_concept_id": code,
        "condition_start_date": "2020-01-01", "condition_status_concept_id": 32893, **cells,
    }  # fmt: skip


def saying(code: int, **cells: Any) -> dict[str, Any]:
    return {
        "observation_id": 1, "person_id": 1, "observation_concept_id": code, "observation_date": "2020-01-01", **cells,
    }  # fmt: skip


def measured(value: str, **cells: Any) -> dict[str, Any]:
    return {
        "measurement_id": 1, "person_id": 1, "measurement_concept_id": 3049187, "measurement_date": "2026-01-01",
        "value_as_number": value, "unit_concept_id": 720870, **cells,
    }  # fmt: skip


OLD_WOMAN: Final = PERSON | {"gender_concept_id": 8532, "year_of_birth": 1955}
SHAPES: Final[dict[str, tuple[dict[str, Any], str, dict[str, Any] | None]]] = {
    "drug-condition": (
        {"drug_exposure": [taking(1, 19008)], "condition_occurrence": [having(317009)]},
        "kgtwin:CI_",
        {
            "drug_exposure": [taking(1, 19008)],
            "condition_occurrence": [having(317009, condition_status_concept_id=32899)],
        },
    ),
    "drug-drug": (
        {"drug_exposure": [taking(1, 19011), taking(2, 19012)]},
        "kgtwin:DDI_",
        {"drug_exposure": [taking(1, 19011), taking(2, 19012, drug_exposure_end_date="2025-11-01")]},
    ),
    "drug-lab": (
        {"drug_exposure": [taking(1, 19017)], "measurement": [measured("22")]},
        "kgtwin:",
        {"drug_exposure": [taking(1, 19017)], "measurement": [measured("80")]},
    ),
    "drug-lab-comparator": (
        {"drug_exposure": [taking(1, 19017)], "measurement": [measured("15", operator_concept_id=4171756)]},
        "kgtwin:",
        {"drug_exposure": [taking(1, 19017)], "measurement": [measured("22", operator_concept_id=4172704)]},
    ),
    "drug-allergy": (
        {"drug_exposure": [taking(1, 19013)], "observation": [saying(439224, value_as_concept_id=1728416)]},
        "kgtwin:DA_",
        {"drug_exposure": [taking(1, 19013)], "observation": [saying(4240903, value_as_concept_id=4188540)]},
    ),
    "drug-allergy-finding": (
        {"drug_exposure": [taking(1, 19013)], "observation": [saying(4240903)]},
        "kgtwin:DA_",
        {"drug_exposure": [taking(1, 19013)]},
    ),
    "drug-age": (
        {"person": [OLD_WOMAN], "drug_exposure": [taking(1, 19014, route_source_value="kgtwin:OralRoute")]},
        "kgtwin:AG_",
        {"drug_exposure": [taking(1, 19014)], "person": [OLD_WOMAN | {"year_of_birth": 1990}]},
    ),
    "no issue after death": (
        {"drug_exposure": [taking(1, 19011), taking(2, 19012)]},
        "kgtwin:DDI_",
        {
            "drug_exposure": [taking(1, 19011), taking(2, 19012)],
            "death": [{"person_id": 1, "death_date": "2026-01-01"}],
        },
    ),
}
"""Tables that raise an issue, the start of its statement, and a near miss that raises none."""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hospital_s_tables_reason(shape: str, knowledge: Knowledge, terminology: Terminology, tmp_path: Path) -> None:
    tables, statement, near_miss = SHAPES[shape]
    for name, chosen in (("hit", tables), ("miss", near_miss)):
        assert chosen is not None
        folder = write_tables(tmp_path / name, {"person": [PERSON], "concept": [*DRUGS, *OTHERS], **chosen})
        found = omop.read(str(folder), source="omop", terminology=terminology)
        everything = issues_of(found, knowledge, "2026-01-15T12:00:00Z")
        issues = {one for one in everything if knowledge.statement(one[0]) is not None}
        assert bool(issues) == (name == "hit"), (name, issues)
        assert all(one.startswith(statement) for one, _ in issues)


# Through the export: every case of the others' tests


def vocabulary(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """A vocabulary of the codes that some facts have, as OMOP would have them."""
    rows: dict[tuple[str, str], tuple[str, str, str]] = {}
    for coding, domain, kind in _codings(facts):
        if coding.system in VOCABULARIES and coding.code:
            rows.setdefault((coding.system, coding.code), (coding.display or coding.code, domain, kind))
    return [
        concept(100_000 + i, code, name, domain, VOCABULARIES[system], kind)
        for i, ((system, code), (name, domain, kind)) in enumerate(rows.items())
    ]


def _codings(facts: Iterable[Fact]) -> Iterator[tuple[Coding, str, str]]:
    for fact in facts:
        for coding in fact.code.codings:
            yield (coding, *_domain(fact, coding))
        for coded in _coded(fact):
            yield from ((coding, "Meas Value", "Qualifier Value") for coding in coded.codings)
        if isinstance(fact.value, Quantity) and fact.value.code:
            yield Coding(fact.value.system, fact.value.code), "Unit", "Unit"
    yield Coding("http://snomed.info/sct", "59037007", "Intolerance to drug"), "Observation", "Clinical Finding"


def _domain(fact: Fact, coding: Coding) -> tuple[str, str]:
    finding = any(word in (coding.display or "") for word in ("llerg", "ntoleran"))
    if fact.kind is FactKind.ALLERGY:
        return "Observation", "Clinical Finding" if finding else "Substance"
    coded = fact.kind is FactKind.OBSERVATION and not isinstance(fact.value, Quantity)
    return ("Observation", "Observable Entity") if coded else DOMAINS.get(fact.kind, ("Observation", "Survey"))


def _coded(fact: Fact) -> Iterator[Coded]:
    if isinstance(fact.value, CodedValue):
        yield fact.value.value
    if isinstance(fact.detail, MedicationDetail) and fact.detail.route:
        yield fact.detail.route
    if isinstance(fact.detail, ConditionDetail):
        yield fact.detail.severity
    if isinstance(fact.detail, FamilyDetail) and fact.detail.relationship:
        yield fact.detail.relationship


def through_omop(found: Submission, terminology: Terminology, folder: Path) -> list[Submission]:
    """What comes back when a submission's patients are exported as OMOP and read again."""
    facts: dict[str, list[Fact]] = {record: [] for record in records_of([found])}
    for fact in facts_of_all(found):
        facts[fact.patient].append(fact)
    everyone: list[tuple[PatientRecord, list[Fact]]] = [(r, facts[key]) for key, r in records_of([found]).items()]
    words = write_tables(folder / "words", {"concept": vocabulary(facts_of_all(found)), "concept_relationship": []})
    export = Export(folder / "out", vocabulary=str(words), today=date(2026, 1, 1))
    for record, theirs in everyone:
        export.survey(record, theirs)
    export.surveyed()
    for record, theirs in everyone:
        export.write(record, theirs)
    export.close()
    return list(omop.read(str(folder / "out"), source="omop", terminology=terminology, vocabulary=str(words)))


def facts_of_all(found: Submission) -> list[Fact]:
    return [fact for version in found.resources for fact in version.facts]


def compare(case: Path, knowledge: Knowledge, terminology: Terminology, folder: Path) -> None:
    at = json.loads(case.with_suffix(".expected.json").read_text())["at"]
    received = fhir.decode(case.read_bytes(), label=case.name, source="local", terminology=terminology)
    expected = issues_of([received], knowledge, at)
    found = issues_of(through_omop(received, terminology, folder), knowledge, at)
    assert found <= expected, "OMOP raises what FHIR does not"
    assert (found == expected) == (case.stem not in LOST), expected - found


def cases(*kinds: str) -> list[Path]:
    return sorted(path for kind in kinds for path in (CASES / kind).glob("*.json") if ".expected" not in path.name)


FEW: Final = cases("drug-allergy", "medication-status")
MANY: Final = cases(
    "drug-drug", "behaviour", "age-and-pregnancy",
    "drug-condition", "drug-lab", "genes", "interactions", "allergies", "red-team", "thresholds",
    "label-contraindications",
)  # fmt: skip


@pytest.mark.parametrize("case", FEW, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_fhir_and_omop_agree(case: Path, knowledge: Knowledge, terminology: Terminology, tmp_path: Path) -> None:
    compare(case, knowledge, terminology, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", MANY, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_fhir_and_omop_agree_on_the_rest(
    case: Path, knowledge: Knowledge, terminology: Terminology, tmp_path: Path
) -> None:
    compare(case, knowledge, terminology, tmp_path)

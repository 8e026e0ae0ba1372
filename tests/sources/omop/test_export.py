"""The rows of an export: what is written, what is left out and said to be, numbers, files."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kgtwin.model.concept import Coded, Coding
from kgtwin.model.fact import (
    AllergyDetail,
    BooleanValue,
    CodedValue,
    ConditionDetail,
    Fact,
    FactKind,
    FamilyDetail,
    Identifier,
    MedicationDetail,
    ObservationDetail,
    PatientRecord,
    Provenance,
    Quantity,
    QuantityRange,
    TextValue,
)
from kgtwin.model.time import Period
from kgtwin.sources.omop.export import Export, Report
from tests.sources.omop.tables import concept, facts_of, maps_to, problems_of, records_of, submissions, write_tables

SNOMED, RXNORM, LOINC = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://loinc.org"
ASTHMA = Coding(SNOMED, "195967001", "Asthma")
WORDS = [
    concept(317009, "195967001", "Asthma"),
    concept(45766, "J45", "Asthma", vocabulary="ICD10CM", s=""),
    concept(19008, "8787", "propranolol", "Drug", "RxNorm", "Ingredient"),
    concept(3016723, "2160-0", "Creatinine", "Measurement", "LOINC", "Lab Test"),
    concept(43054909, "72166-2", "Tobacco smoking status", "Observation", "LOINC", "Clinical Observation"),
    concept(8840, "mg/dL", "milligram per deciliter", "Unit", "UCUM", "Unit"),
    concept(4138133, "264287008", "Animal dander", "Observation", kind="Substance"),
    concept(4087703, "24484000", "Severe", "Observation", kind="Qualifier Value"),
]
RECORD = PatientRecord(
    key="local|p1", source="local", id="p1", gender="female", birth_date="1950-05",
    provenance=Provenance("local", "Patient/p1", "1"),
)  # fmt: skip


def fact(kind: FactKind, *codings: Coding, resource: str = "", **fields: Any) -> Fact:
    code = fields.pop("code", Coded(codings))
    provenance = Provenance(fields.pop("source", "local"), resource or f"{kind.value}/1", "1")
    start = fields.pop("when", Period("2020-01-05"))
    patient = fields.pop("patient", "local|p1")
    return Fact(id="f", patient=patient, kind=kind, code=code, when=start, provenance=provenance, **fields)


def medicine(status: str = "active", **detail: Any) -> Fact:
    detail = {"origin": "request", "intent": "order", **detail}
    when = detail.pop("when", Period("2020-01-05"))
    return fact(
        FactKind.MEDICATION, Coding(RXNORM, "8787"), status=status, detail=MedicationDetail(**detail), when=when
    )


def exported(
    folder: Path, *facts: Fact, record: PatientRecord = RECORD, words: bool = True, form: str = "csv"
) -> tuple[dict[str, list[dict[str, str]]], Report]:
    """The rows by table, and the report."""
    tables = {"concept": WORDS, "concept_relationship": [maps_to(45766, 317009)]}
    vocabulary = str(write_tables(folder / "words", tables)) if words else None
    export = Export(folder / "out", form=form, vocabulary=vocabulary, today=date(2026, 1, 2))
    export.survey(record, facts)
    export.surveyed()
    export.write(record, facts)
    report = export.close()
    return (read_csv(folder / "out") if form == "csv" else {}), report


def read_csv(folder: Path) -> dict[str, list[dict[str, str]]]:
    found = {}
    for path in folder.iterdir():
        with path.open(newline="", encoding="utf-8") as file:
            found[path.stem.lower()] = list(csv.DictReader(file))
    return found


def test_a_person_stays_as_partial_as_it_is_known(tmp_path: Path) -> None:
    rows, _ = exported(tmp_path)
    (row,) = rows["person"]
    assert (row["person_id"], row["gender_concept_id"], row["person_source_value"]) == ("1", "8532", "p1")
    assert (row["year_of_birth"], row["month_of_birth"], row["day_of_birth"]) == ("1950", "5", "")
    assert rows["death"] == []
    assert rows["observation_period"] == []


@pytest.mark.parametrize(
    ("born", "cells"),
    [
        (None, ("", "", "", "")),
        ("1950", ("1950", "", "", "")),
        ("1950-05-17", ("1950", "5", "17", "1950-05-17 00:00:00")),
        ("1950-05-17T10:30:00Z", ("1950", "5", "17", "1950-05-17 00:00:00")),
    ],
)
def test_a_birth_date_is_split(tmp_path: Path, born: str | None, cells: tuple[str, ...]) -> None:
    rows, _ = exported(tmp_path, record=msgspec.structs.replace(RECORD, birth_date=born))
    (row,) = rows["person"]
    assert tuple(row[c] for c in ("year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime")) == cells


@pytest.mark.parametrize(("died", "day"), [("2021-06-07", "2021-06-07"), ("2021-06", "2021-06-01"), (True, "")])
def test_a_death_with_and_without_a_date(tmp_path: Path, died: str | bool, day: str) -> None:
    rows, _ = exported(tmp_path, record=msgspec.structs.replace(RECORD, deceased=died))
    assert [row["death_date"] for row in rows["death"]] == [day]


def test_an_observation_period_spans_the_rows(tmp_path: Path) -> None:
    rows, _ = exported(
        tmp_path,
        fact(FactKind.CONDITION, ASTHMA, when=Period("2019", "2020-03")),
        fact(FactKind.CONDITION, ASTHMA, when=Period("2020-01-05"), resource="Condition/2"),
    )
    (row,) = rows["observation_period"]
    assert (row["observation_period_start_date"], row["observation_period_end_date"]) == ("2019-01-01", "2020-03-31")


@pytest.mark.parametrize(
    ("codings", "cells"),
    [
        ((ASTHMA,), ("317009", "317009", "195967001")),
        ((Coding("http://hl7.org/fhir/sid/icd-10-cm", "J45"),), ("317009", "45766", "J45")),  # by Maps to
        ((Coding(SNOMED, "1234567890123"),), ("0", "0", "snomed:1234567890123")),
        ((Coding("http://example.org/codes", "A7"),), ("0", "0", "A7")),
        ((Coding("https://fhir-terminology.ohdsi.org", "4711"),), ("4711", "4711", "4711")),
        ((ASTHMA, Coding(code="our asthma")), ("317009", "317009", "our asthma")),
        ((), ("0", "0", "asthma, they say")),
    ],
)
def test_codes_become_concepts(tmp_path: Path, codings: tuple[Coding, ...], cells: tuple[str, str, str]) -> None:
    rows, _ = exported(tmp_path, fact(FactKind.CONDITION, code=Coded(codings, text="asthma, they say")))
    (row,) = rows["condition_occurrence"]
    found = row["condition_concept_id"], row["condition_source_concept_id"], row["condition_source_value"]
    assert found == cells


def test_without_a_vocabulary_codes_travel_as_source_values(tmp_path: Path) -> None:
    rows, report = exported(tmp_path, fact(FactKind.CONDITION, ASTHMA), words=False)
    (row,) = rows["condition_occurrence"]
    assert (row["condition_concept_id"], row["condition_source_value"]) == ("0", "snomed:195967001")
    assert report.without_concept == 1
    (back,) = facts_of(submissions(tmp_path / "out")).values()
    assert back.code.concepts == ("snomed:195967001",)


@pytest.mark.parametrize(
    ("status", "verification", "concept_id"),
    [
        ("active", "confirmed", "32893"),
        ("active", None, "0"),
        ("resolved", "confirmed", "32906"),
        ("inactive", None, "4188893"),
        ("active", "provisional", "32899"),
    ],
)
def test_the_condition_status(tmp_path: Path, status: str, verification: str | None, concept_id: str) -> None:
    rows, _ = exported(tmp_path, fact(FactKind.CONDITION, ASTHMA, status=status, verification=verification))
    assert rows["condition_occurrence"][0]["condition_status_concept_id"] == concept_id


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (fact(FactKind.CONDITION, ASTHMA, verification="refuted"), "Condition that is refuted"),
        (fact(FactKind.CONDITION, ASTHMA, when=Period()), "Condition without a date"),
        (fact(FactKind.ALLERGY, ASTHMA, status="resolved"), "Allergy that is resolved"),
        (fact(FactKind.CARE_PLAN, ASTHMA), "CarePlan has no table"),
        (fact(FactKind.ENCOUNTER, ASTHMA, status="cancelled"), "Encounter with the status cancelled"),
        (fact(FactKind.PROCEDURE, ASTHMA, status="not-done"), "Procedure with the status not-done"),
        (fact(FactKind.OBSERVATION, ASTHMA, status="preliminary"), "Observation with the status preliminary"),
        (fact(FactKind.IMMUNIZATION, ASTHMA, status="not-done"), "Immunization with the status not-done"),
        (
            fact(FactKind.OBSERVATION, ASTHMA, status="final", detail=ObservationDetail(absent=Coded(text="refused"))),
            "Observation without a value, for a reason",
        ),
        (medicine("draft"), "Medication with the status draft"),
        (medicine(intent="proposal"), "Medication with the intent proposal"),
        (medicine(do_not_perform=True), "Medication that must not be taken"),
        (
            fact(FactKind.ALLERGY, Coding(RXNORM, "8787"), detail=AllergyDetail(type="intolerance")),
            "Allergy that is an intolerance: the vocabulary has no concept for it",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_did_not_happen_is_left_out_and_said_to_be(tmp_path: Path, one: Fact, reason: str) -> None:
    rows, report = exported(tmp_path, one)
    assert report.left_out == {reason: 1}
    assert sum(map(len, rows.values())) == 2, "PERSON and CDM_SOURCE alone"


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (fact(FactKind.CONDITION, ASTHMA, detail=ConditionDetail(Coded(text="severe"))), "severity of a Condition"),
        (medicine(as_needed=True), "as needed, of a Medication"),
        (medicine(ingredients=(Coded((ASTHMA,)),)), "ingredients of a Medication"),
        (
            fact(FactKind.ALLERGY, ASTHMA, detail=AllergyDetail(criticality="high")),
            "reactions or criticality of an Allergy",
        ),
        (fact(FactKind.PROCEDURE, ASTHMA, status="completed", reasons=("x",)), "reasons of a fact: Procedure"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_row_cannot_hold_is_said(tmp_path: Path, one: Fact, reason: str) -> None:
    _, report = exported(tmp_path, one)
    assert report.left_out == {reason: 1}


def test_a_medicine_s_end_supply_and_dosage(tmp_path: Path) -> None:
    supplied = Period("2020-01-05", "2020-02-03")
    rows, _ = exported(tmp_path, medicine("completed", supplied=supplied, dosage="one a day\nstop reason: cough"))
    (row,) = rows["drug_exposure"]
    assert (row["drug_exposure_end_date"], row["verbatim_end_date"]) == ("2020-02-03", "")
    assert (row["days_supply"], row["sig"], row["stop_reason"]) == ("30", "one a day", "cough")
    assert row["drug_type_concept_id"] == "32838"


@pytest.mark.parametrize(("status", "reason"), [("active", ""), ("stopped", "stopped"), ("completed", "completed")])
def test_an_end_that_nobody_knows_is_empty(tmp_path: Path, status: str, reason: str) -> None:
    """OMOP requires one; an invented one would end a medicine that is taken."""
    rows, report = exported(tmp_path, medicine(status))
    (row,) = rows["drug_exposure"]
    assert (row["drug_exposure_end_date"], row["stop_reason"]) == ("", reason)
    assert report.without_end == 1


def quantity(value: str, comparator: str | None = None) -> Quantity:
    return Quantity(Decimal(value), comparator, "mg/dL", "http://unitsofmeasure.org", "mg/dL", "mg/dL")


def test_a_result_with_unit_comparator_and_range(tmp_path: Path) -> None:
    detail = ObservationDetail(reference=(QuantityRange(quantity("0.6"), quantity("1.2")),))
    one = fact(
        FactKind.OBSERVATION, Coding(LOINC, "2160-0"), status="final", value=quantity("5.10", "<"), detail=detail
    )
    rows, _ = exported(tmp_path, one)
    (row,) = rows["measurement"]
    assert (row["measurement_concept_id"], row["value_as_number"], row["operator_concept_id"]) == (
        "3016723", "5.10", "4171756",
    )  # fmt: skip
    assert (row["unit_concept_id"], row["range_low"], row["range_high"]) == ("8840", "0.6", "1.2")


@pytest.mark.parametrize(
    ("value", "column", "cell"),
    [
        (CodedValue(Coded((ASTHMA,))), "value_as_concept_id", "317009"),
        (BooleanValue(False), "value_as_concept_id", "4188540"),
        (TextValue("never"), "value_as_string", "never"),
        (QuantityRange(quantity("1"), quantity("2")), "value_as_string", "1 mg/dL to 2 mg/dL"),
        (None, "value_as_concept_id", ""),
    ],
)
def test_values_of_every_kind(tmp_path: Path, value: Any, column: str, cell: str) -> None:
    rows, _ = exported(tmp_path, fact(FactKind.BEHAVIOUR, Coding(LOINC, "72166-2"), status="final", value=value))
    assert rows["observation"][0][column] == cell


def test_an_allergy_is_its_own_concept_or_the_value_of_one(tmp_path: Path) -> None:
    rows, _ = exported(
        tmp_path,
        fact(FactKind.ALLERGY, Coding(SNOMED, "264287008"), resource="AllergyIntolerance/1"),
        fact(FactKind.ALLERGY, Coding(RXNORM, "8787"), resource="AllergyIntolerance/2"),
    )
    found = [(row["observation_concept_id"], row["value_as_concept_id"]) for row in rows["observation"]]
    assert found == [("4138133", ""), ("439224", "19008")]


def test_a_relative_s_disease(tmp_path: Path) -> None:
    relation = FamilyDetail(relationship=Coded(text="mother"))
    rows, _ = exported(tmp_path, fact(FactKind.FAMILY_HISTORY, ASTHMA, status="completed", detail=relation))
    (row,) = rows["observation"]
    cells = row["observation_concept_id"], row["value_as_concept_id"], row["qualifier_source_value"]
    assert cells == ("4167217", "317009", "mother")


def test_times_are_utc_and_partial_dates_begin(tmp_path: Path) -> None:
    one = fact(FactKind.CONDITION, ASTHMA, when=Period("2020-01-05T01:30:00+02:00", "2021"))
    rows, _ = exported(tmp_path, one)
    (row,) = rows["condition_occurrence"]
    assert (row["condition_start_date"], row["condition_start_datetime"]) == ("2020-01-04", "2020-01-04 23:30:00")
    assert row["condition_end_date"] == "2021-12-31"


def test_rows_refer_to_the_visit_by_its_number(tmp_path: Path) -> None:
    rows, _ = exported(
        tmp_path,
        fact(FactKind.CONDITION, ASTHMA, encounter="Encounter/e1"),
        fact(FactKind.CONDITION, ASTHMA, encounter="Encounter/planned", resource="Condition/2"),
        fact(FactKind.ENCOUNTER, Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "EMER"),
             resource="Encounter/e1", status="finished"),
        fact(FactKind.ENCOUNTER, ASTHMA, resource="Encounter/planned", status="planned"),
    )  # fmt: skip
    (visit,) = rows["visit_occurrence"]
    assert visit["visit_concept_id"] == "9203"
    assert [r["visit_occurrence_id"] for r in rows["condition_occurrence"]] == [visit["visit_occurrence_id"], ""]


def test_what_fhir_said_comes_back(tmp_path: Path) -> None:
    """All that OMOP has room for: the facts are the same but for ids, provenance and what `docs/omop.md` names."""
    facts = [
        fact(FactKind.CONDITION, ASTHMA, verification="confirmed", when=Period("2019-02-03", "2020-01-01")),
        medicine("completed", when=Period("2020-01-05", "2020-03-01"), dosage="one a day"),
        fact(FactKind.OBSERVATION, Coding(LOINC, "2160-0"), status="final", value=quantity("1.10"),
             when=Period("2020-01-05T10:00:00", "2020-01-05T10:00:00"), detail=ObservationDetail()),
    ]  # fmt: skip
    exported(tmp_path, *facts)
    found = submissions(tmp_path / "out", vocabulary=str(tmp_path / "words"))
    assert problems_of(found) == []
    back = {one.kind: one for one in facts_of(found).values()}
    for one in facts:
        other = back[one.kind]
        assert [c.code for c in other.code.codings] == [c.code for c in one.code.codings]
        assert (other.when, other.value, other.detail) == (one.when, one.value, one.detail)
        assert (other.verification, other.status) == (one.verification, one.status)
    (record,) = records_of(found).values()
    assert (record.gender, record.birth_date, record.identifiers) == ("female", "1950-05", (Identifier(value="p1"),))

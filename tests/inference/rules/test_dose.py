"""Doses against renal function: what is said where something is missing, and what an estimate rests on."""

from __future__ import annotations

from decimal import Decimal

from kgtwin.inference import Knowledge, infer
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Dose, Fact, PatientRecord, Provenance, Quantity, QuantityRange
from kgtwin.model.issue import Inference, IssueKind
from tests.inference.factory import AT, PATIENT, condition, order, patient, result

GABAPENTIN, ALLOPURINOL, METFORMIN = "rxnorm:25480", "rxnorm:519", "rxnorm:6809"
LACTULOSE = "rxnorm:6218"


def doses(mg: str, times: int = 1) -> tuple[Dose, ...]:
    amount = Quantity(Decimal(mg), unit="mg", ucum="mg")
    return (Dose(amount=QuantityRange(amount, amount), frequency=times, period=Decimal(1), period_unit="d"),)


def measured(resource: str, concept: str, value: str, unit: str) -> Fact:
    return result(f"Observation/{resource}", concept, Quantity(Decimal(value), code=unit, ucum=unit))


def answer(knowledge: Knowledge, *facts: Fact, record: PatientRecord | None = None) -> Inference:
    return infer(PATIENT, record or patient(), facts, knowledge, at=AT, revision=1)


def about_limits(found: Inference) -> list[Caveat]:
    return [caveat for caveat in found.caveats if any(one.startswith("kgtwin:RDL_") for one in caveat.touches)]


def test_a_missing_clearance_is_said_once_for_all_limits(knowledge: Knowledge) -> None:
    facts = (
        order("MedicationRequest/m1", GABAPENTIN, doses=doses("900", 4)),
        order("MedicationRequest/m2", ALLOPURINOL, doses=doses("300")),
    )
    (caveat,) = about_limits(answer(knowledge, *facts))
    assert caveat.code is CaveatCode.MISSING_LAB
    assert {"kgtwin:RDL_0002", "kgtwin:RDL_0005"} <= set(caveat.touches)
    assert "gabapentin" in caveat.text
    assert "Allopurinol" in caveat.text


def test_nothing_is_missing_where_no_limit_could_be_exceeded(knowledge: Knowledge) -> None:
    assert about_limits(answer(knowledge, order(concept=GABAPENTIN, doses=doses("100")))) == []


def test_what_is_missing_of_a_dose_is_named(knowledge: Knowledge) -> None:
    egfr = measured("e1", "loinc:33914-3", "40", "mL/min/{1.73_m2}")
    (caveat,) = about_limits(answer(knowledge, order(concept=METFORMIN), egfr))
    assert caveat.code is CaveatCode.NOT_EVALUATED
    assert "the dose is not stated in numbers" in caveat.text
    assert caveat.touches == ("MedicationRequest/m1", "kgtwin:RDL_0016")


def test_an_estimate_tells_its_equation_its_inputs_and_for_whom_it_is(knowledge: Knowledge) -> None:
    record = patient(birth_date="1958-06-02", gender="female", provenance=Provenance("local", "Patient/p1", "1"))
    facts = (
        order(concept=GABAPENTIN, doses=doses("300", 3)),
        measured("c1", "loinc:2160-0", "3", "mg/dL"),
        measured("w1", "loinc:29463-7", "60", "kg"),
    )
    (issue,) = [one for one in answer(knowledge, *facts, record=record).issues if one.kind is IssueKind.DOSE_RENAL]
    assert "estimated by Cockcroft-Gault" in issue.detail
    (step,) = [one for one in issue.derivation.walk() if one.rule == "Cockcroft-Gault creatinine clearance"]
    assert "17.2 mL/min" in step.conclusion
    assert "stable creatinine" in (step.note or "")
    assert {leaf.fact.resource for leaf in step.premises if leaf.fact} == {
        "Observation/c1", "Observation/w1", "Patient/p1",
    }  # fmt: skip
    assert {one.resource for one in issue.implicated} == {"MedicationRequest/m1", "Observation/c1", "Observation/w1"}


def test_a_statement_that_is_as_grave_is_not_repeated(knowledge: Knowledge) -> None:
    egfr = measured("e1", "loinc:33914-3", "20", "mL/min/{1.73_m2}")
    found = {issue.statement for issue in answer(knowledge, order(concept=METFORMIN), egfr).issues}
    assert "kgtwin:DL_0001" in found
    assert "kgtwin:RDL_0015" not in found


def test_a_dose_that_cannot_be_is_told_and_counts_as_unknown(knowledge: Knowledge) -> None:
    """4,000 mg sent as 4,000 g: the medicine counts, its dose does not, and the other answers stay."""
    egfr = measured("e1", "loinc:33914-3", "40", "mL/min/{1.73_m2}")
    right = answer(knowledge, order(concept=METFORMIN, doses=doses("4000")), egfr)
    wrong = answer(knowledge, order(concept=METFORMIN, doses=doses("4000000")), egfr)
    (lost,) = {one.id for one in right.issues} - {one.id for one in wrong.issues}
    assert [one.kind for one in right.issues if one.id == lost] == [IssueKind.DOSE_RENAL]
    assert {one.id for one in wrong.issues} <= {one.id for one in right.issues}
    (caveat,) = [one for one in wrong.caveats if one.code is CaveatCode.IMPLAUSIBLE]
    assert caveat.text.startswith("MedicationRequest/m1 dosageInstruction[0]: ")
    assert "“4000000 mg, 1 times in 1 d” is 4000000 mg in a day, which cannot be" in caveat.text
    assert caveat.touches == ("MedicationRequest/m1",)
    assert caveat.remedy
    assert not [one for one in right.caveats if one.code is CaveatCode.IMPLAUSIBLE]
    (undecided,) = about_limits(wrong)
    assert undecided.code is CaveatCode.NOT_EVALUATED
    assert "4000000 mg in a day cannot be" in undecided.text


def test_any_medicine_may_have_a_dose_that_cannot_be(knowledge: Knowledge) -> None:
    found = answer(knowledge, order(concept=LACTULOSE, doses=doses("500001")))
    assert [one.touches for one in found.caveats if one.code is CaveatCode.IMPLAUSIBLE] == [("MedicationRequest/m1",)]
    usual = answer(knowledge, order(concept=LACTULOSE, doses=doses("200000")))
    assert not [one for one in usual.caveats if one.code is CaveatCode.IMPLAUSIBLE]


def test_a_medicine_that_is_not_to_be_given_is_not_whatever_its_dose(knowledge: Knowledge) -> None:
    """A limit of none at all asks for no number."""
    facts = (
        order(concept="kgtwin:Ingredient_Dabigatran", doses=doses("1000000")),
        measured("e1", "loinc:35591-7", "28", "mL/min"),
        condition(concept="kgtwin:VenousThromboembolism"),
    )
    issues = [one for one in answer(knowledge, *facts).issues if one.kind is IssueKind.DOSE_RENAL]
    assert [one.statement for one in issues] == ["kgtwin:RDL_0009"]
    assert "in an unknown dose" in issues[0].detail

"""What single changes of a what-if do, and what is said of one that cannot be made."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.whatif.changing import Changing
from kgtwin.inference.whatif.hypothesis import Hypothesis
from kgtwin.model.fact import Provenance, Quantity
from kgtwin.model.history import Reason
from kgtwin.model.issue import Significance
from kgtwin.model.simulation import (
    SOURCE,
    AddAllergy,
    AddCondition,
    Change,
    ChangeMedicine,
    ResolveCondition,
    SetBehaviour,
    SetResult,
    SetWeight,
    StartMedicine,
    StopMedicine,
    words,
)
from kgtwin.model.time import Period
from kgtwin.terminology import Terminology
from tests.inference.asking import asked, statements
from tests.inference.factory import AT, PATIENT, order, patient, result
from tests.inference.samples import DIABETIC, END, sample

# Medicines


def test_a_start_raises_what_it_must_with_its_proof(knowledge: Knowledge, terminology: Terminology) -> None:
    record, facts = sample(DIABETIC, terminology)
    changes: list[Change] = [StartMedicine("spironolactone"), SetResult("potassium", Decimal("5.9"), "mmol/L")]
    outcome = asked(facts, changes, knowledge, record, END)
    grave = outcome.last.effect.appear[0]
    assert grave.significance is Significance.MAJOR
    leaves = {ref.source for ref in grave.derivation.facts}
    assert leaves == {SOURCE}, "it rests on what was supposed, and the proof says so"
    assert "Spironolactone is given by the systemic route" in " ".join(outcome.assumptions)


@pytest.mark.parametrize(
    "named", ["warfarin", "rxnorm:11289", "Vitamin K antagonist", "Anticoagulant", "MedicationRequest/m1", "RAT POISON"]
)
def test_a_stop_finds_by_label_code_class_resource_and_words(named: str, knowledge: Knowledge) -> None:
    taken = order("MedicationRequest/m1", "rxnorm:11289")
    taken = msgspec.structs.replace(taken, code=msgspec.structs.replace(taken.code, text="Rat poison"))
    facts = (taken, order("MedicationRequest/m2", "rxnorm:5640"))
    before = asked(facts, [], knowledge)
    assert statements(before.before), "warfarin and ibuprofen"
    outcome = asked(facts, [StopMedicine(named)], knowledge)
    assert outcome.refused == ()
    assert len(outcome.last.effect.vanish) == len(before.before)


def test_a_product_holds_its_ingredients(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:197885"),)  # hydrochlorothiazide and lisinopril
    for named in ("lisinopril", "hydrochlorothiazide", "Thiazide or thiazide-like diuretic", "rxnorm:197885"):
        outcome = asked(facts, [StopMedicine(named)], knowledge)
        assert outcome.refused == (), named
        (changed,) = outcome.last.facts
        assert changed.before is facts[0]
        assert changed.after is not None
        assert (changed.after.status, changed.after.provenance.resource) == ("stopped", "MedicationRequest/m1")


def test_a_stop_of_nothing_says_what_is_taken_and_the_rest_goes_on(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:5640"),)
    outcome = asked(facts, [StopMedicine("warfarin"), StartMedicine("methotrexate")], knowledge)
    (refused,) = outcome.refused
    assert refused.change == StopMedicine("warfarin")
    assert "MedicationRequest/m1" in (refused.expected or "")
    assert outcome.last.effect.appear


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (StartMedicine("lisinoprill"), "Lisinopril (rxnorm:29046)"),
        (StartMedicine("ACE inhibitor"), "Captopril"),
        (StartMedicine("snomed:195967001"), "which is no medicine"),
        (StartMedicine("snomed:195967002"), "wrong check digit"),
        (StartMedicine("metformin", route="by magic"), "no route is called"),
        (StartMedicine(""), "no medicine is called"),
        (StartMedicine("a" * 100_000), "a name of 100000 characters"),
        (AddCondition("rxnorm:6809"), "which is no condition"),
        (AddCondition("asthmaa"), "Asthma"),
        (AddAllergy("kryptonite"), "no substance is called"),
        (SetResult("potassium", Decimal("5"), "mg"), "cannot be read as mmol/L"),
        (SetResult("potassium", Decimal("5"), None), "needs a unit"),
        (SetResult("potassium", Decimal("5"), "furlongs"), "no unit that can be read"),
        (SetResult("potassium", Decimal("NaN"), "mmol/L"), "is no result"),
        (SetResult("potassium", Decimal("5"), "mmol/L", "~"), "is no result"),
        (SetResult("loinc:2823-4", Decimal("5"), "mmol/L"), "check digit"),
        (SetResult("happiness", Decimal("5"), "1"), "no result is called"),
        (SetWeight(Decimal("80"), "L"), "cannot be read as kg"),
        (SetBehaviour("juggling"), "no behaviour is called"),
        (ResolveCondition("Asthma"), "no condition present is or holds"),
        (ChangeMedicine("warfarin", "apixaban"), "no medicine taken is or holds"),
        (StartMedicine("metformin", when="soon"), "no FHIR date"),
        (StartMedicine("metformin", when="P"), "no duration"),
        (StartMedicine("metformin", when="P9000Y"), "beyond the calendar"),
        (StartMedicine("metformin", when="P99999Y"), "is too long"),
        (StartMedicine("metformin", when="2026-02-30"), "impossible date"),
    ],
    ids=lambda one: words(one) if not isinstance(one, str) else "",
)
def test_what_cannot_be_made_says_why(change: Change, said: str, knowledge: Knowledge) -> None:
    outcome = asked((), [change, AddCondition("Asthma")], knowledge)
    assert [one.change for one in outcome.refused if one.change == change] == [change]
    assert said in str(outcome.refused[0])
    assert [one for step in outcome.steps for one in step.changes] == ["add Asthma"], "the others are made"


def test_a_change_of_medicine_is_made_whole_or_not_at_all(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:29046"),)
    outcome = asked(facts, [ChangeMedicine("lisinopril", "no such thing")], knowledge)
    assert len(outcome.refused) == 1
    assert outcome.last.facts == ()


# Results, conditions, habits


@pytest.mark.parametrize("taken", ["2026-01-15", "2026-01-15T12:00:00Z", "2026-01", "2026-01-15T12:00:00.000000Z"])
def test_a_supposed_result_stands_in_the_place_of_one_of_that_day(taken: str, knowledge: Knowledge) -> None:
    normal = result("Observation/k", "loinc:2823-3", Quantity(Decimal("4"), ucum="mmol/L"), when=Period(taken))
    facts = (order("MedicationRequest/m1", "rxnorm:29046"), normal)
    high = asked(facts, [SetResult("potassium", Decimal("6.5"), "mmol/L")], knowledge)
    assert [one.kind.value for one in high.last.effect.appear] == ["drug-lab"]
    back = asked(
        facts,
        [SetResult("potassium", Decimal("6.5"), "mmol/L"), SetResult("potassium", Decimal("4.1"), "mmol/L")],
        knowledge,
    )
    assert back.last.effect.appear == (), "of two at one moment the later one holds"


def test_an_added_condition_that_is_resolved_later_stays_in_the_history(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:29046"),)
    outcome = asked(facts, [AddCondition("Angioedema"), ResolveCondition("Angioedema", when="P30D")], knowledge)
    first, second = outcome.steps
    assert statements(first.effect.appear) == statements(second.effect.appear) == ["kgtwin:CI_0006"], "hasEver"
    pregnant = asked(facts, [AddCondition("Pregnancy"), ResolveCondition("Pregnancy", when="P200D")], knowledge)
    assert pregnant.steps[0].effect.appear
    assert pregnant.steps[1].effect.appear == ()
    assert {one.reason for one in pregnant.steps[1].since} == {Reason.FACTS}


def test_of_two_answers_to_one_question_the_later_holds(knowledge: Knowledge) -> None:
    changes: list[Change] = [SetBehaviour("loinc:LA18976-3"), SetBehaviour("loinc:LA18978-9", when="P10D")]
    outcome = asked((order("MedicationRequest/m1", "rxnorm:4124"),), changes, knowledge)
    names = Names(knowledge)
    hypothesis = Hypothesis(PATIENT, ())
    for change in changes:
        hypothesis = Changing(knowledge, names).make(change, hypothesis, AT)
    assert len(hypothesis.facts) == 1, "smokes every day, then never did: one answer"
    assert outcome.refused == ()


def test_a_severity_reaches_its_statements(knowledge: Knowledge) -> None:
    outcome = asked((), [AddCondition("Asthma", severity="Severe")], knowledge)
    (changed,) = outcome.last.facts
    assert changed.after is not None
    assert changed.after.detail is not None
    assert asked((), [AddCondition("Asthma", severity="purple")], knowledge).refused


# Routes


@pytest.mark.parametrize(
    ("medicine", "said"),
    [
        ("lisinopril", "Lisinopril is given by the oral route, as all 10 known products of it are"),
        ("metformin", "by the systemic route, as its only known product is; statements that demand a narrower route"),
        ("metoprolol", "Metoprolol is given by the systemic route"),
        ("Hydrocortisone", "is not stated (known products: Cutaneous route, for local effect)"),
        ("phenelzine", "the route of Phenelzine is not stated: statements that demand a route are not decided"),
    ],
)
def test_a_route_is_supposed_only_where_known_products_agree(medicine: str, said: str, knowledge: Knowledge) -> None:
    assert said in " ".join(asked((), [StartMedicine(medicine)], knowledge).assumptions)
    stated = asked((), [StartMedicine(medicine, route="Ophthalmic route")], knowledge)
    assert stated.assumptions == ()


# Scores


def test_scores_move_with_what_is_changed(knowledge: Knowledge) -> None:
    creatinine = result("Observation/k", "loinc:2160-0", Quantity(Decimal("1.0"), ucum="mg/dL"))
    weight = result("Observation/w", "loinc:29463-7", Quantity(Decimal("70"), ucum="kg"))
    who = patient(birth_date="1960-01-01", gender="female", provenance=Provenance("local", "Patient/p1", "1"))
    outcome = asked(
        (creatinine, weight), [SetResult("creatinine", Decimal("2.0"), "mg/dL")], knowledge, who, scores=True
    )
    moved = {one.score: one for one in outcome.last.effect.scores}
    clearance = moved["kgtwin:CockcroftGaultClearance"]
    assert clearance.before is not None
    assert clearance.after is not None
    assert clearance.before[0] == pytest.approx((140 - 66) * 70 / 72 * 0.85, rel=1e-3)
    assert clearance.after[0] == pytest.approx((clearance.before[0] or 0) / 2, rel=1e-6)
    assert asked((creatinine, weight), [], knowledge, who, scores=True).last.effect.scores == ()

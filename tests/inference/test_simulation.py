"""What-if: laws that hold for every change, the passing of time, projections that come true."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import UsageError
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.whatif.changing import Changing
from kgtwin.inference.whatif.hypothesis import Hypothesis, is_supposed
from kgtwin.inference.whatif.simulation import MOST_CHANGES, moment_of, simulate
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, Quantity
from kgtwin.model.history import Reason
from kgtwin.model.issue import IssueKind
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
    SupposeProjection,
)
from kgtwin.model.time import Period
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology
from tests.fuzz import times
from tests.inference.asking import asked, statements
from tests.inference.factory import AT, condition, order, patient, result
from tests.inference.samples import DIABETIC, END, FIBRILLATING, MANY, NAMES, sample

MEDICINES = [
    "warfarin",
    "lisinopril",
    "spironolactone",
    "metformin",
    "ibuprofen",
    "sumatriptan",
    "phenelzine",
    "simvastatin",
]
MEDICINES += ["clarithromycin", "verapamil", "amiodarone", "methotrexate", "sildenafil", "rxnorm:7052"]
CONDITIONS = [
    "Pregnancy",
    "Asthma",
    "Essential hypertension",
    "snomed:84114007",
    "Ischaemic heart disease",
    "Cirrhosis",
]
RESULTS = [
    ("potassium", "6.2", "mmol/L"),
    ("eGFR", "22", "mL/min/1.73 m2"),
    ("INR", "4.5", None),
    ("glucose", "2.5", "mmol/L"),
]
ALLERGIES = ["Penicillin antibacterial", "Aspirin", "Sulfonamide antibacterial"]
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(StartMedicine, st.sampled_from(MEDICINES)),
    st.builds(StopMedicine, st.sampled_from([*MEDICINES, "ACE inhibitor", "NSAID", "Antidepressant"])),
    st.builds(ChangeMedicine, st.sampled_from(["lisinopril", "warfarin", "ibuprofen"]), st.sampled_from(MEDICINES)),
    st.builds(AddCondition, st.sampled_from(CONDITIONS)),
    st.builds(ResolveCondition, st.sampled_from(["Hypertension", "Anemia", "snomed:44054006"])),
    st.builds(AddAllergy, st.sampled_from(ALLERGIES), st.booleans()),
    st.sampled_from([SetResult(name, Decimal(value), unit) for name, value, unit in RESULTS]),
    st.builds(SetWeight, st.decimals(30, 200, places=1)),
    st.builds(SetBehaviour, st.sampled_from(["Breastfeeding", "loinc:LA18976-3", "loinc:LA18978-9"]), st.booleans()),
)


# Laws


@settings(max_examples=times(20))
@given(name=st.sampled_from(NAMES))
def test_no_change_makes_no_difference(name: str, knowledge: Knowledge, terminology: Terminology) -> None:
    record, facts = sample(name, terminology)
    outcome = asked(facts, [], knowledge, record, END)
    assert not outcome.last.effect
    assert outcome.last.since == ()
    assert outcome.last.issues == infer(record.key, record, facts, knowledge, at=END, revision=3).issues


@settings(max_examples=times(40))
@given(name=st.sampled_from(NAMES), changes=st.lists(CHANGES, max_size=4))
def test_it_is_what_would_be_inferred_from_the_changed_facts(
    name: str, changes: list[Change], knowledge: Knowledge, terminology: Terminology
) -> None:
    record, facts = sample(name, terminology)
    changing = Changing(knowledge, Names(knowledge))
    hypothesis = Hypothesis(record.key, facts)
    refused = 0
    for change in changes:
        try:
            hypothesis = changing.make(change, hypothesis, END)
        except Exception:  # whatever it is, the outcome must say so
            refused += 1
    outcome = asked(facts, changes, knowledge, record, END)
    expected = infer(record.key, record, hypothesis.facts, knowledge, at=END, revision=3)
    assert [one.id for one in outcome.last.issues] == [one.id for one in expected.issues]
    assert len(outcome.refused) == refused
    before, after = ({issue.id for issue in one} for one in (outcome.before, expected.issues))
    assert {issue.id for issue in outcome.last.effect.appear} == after - before
    assert {issue.id for issue in outcome.last.effect.vanish} == before - after
    assert outcome.last.effect.stay + len(outcome.last.effect.change) == len(before & after)


@settings(max_examples=times(40))
@given(name=st.sampled_from(NAMES), changes=st.lists(CHANGES, max_size=5))
def test_what_was_received_stays_the_same_objects(
    name: str, changes: list[Change], knowledge: Knowledge, terminology: Terminology
) -> None:
    _, facts = sample(name, terminology)
    own = {fact.id: fact for fact in facts}
    changing = Changing(knowledge, Names(knowledge))
    hypothesis = Hypothesis("local|x", facts)
    for change in changes:
        try:
            hypothesis = changing.make(change, hypothesis, END)
        except Exception:
            continue
    for fact in hypothesis.facts:
        assert (
            is_supposed(fact) == (fact.provenance.source == SOURCE) == (fact.id not in own) == fact.id.startswith("s-")
        )
        assert is_supposed(fact) or fact is own[fact.id]
    gone = own.keys() - {fact.id for fact in hypothesis.facts}
    assert gone == {one.before.id for one in hypothesis.changed if one.before is not None}


@settings(max_examples=times(25))
@given(name=st.sampled_from(NAMES), medicine=st.sampled_from(MEDICINES))
def test_to_start_and_to_stop_at_once_is_nothing(
    name: str, medicine: str, knowledge: Knowledge, terminology: Terminology
) -> None:
    record, facts = sample(name, terminology)
    if not asked(facts, [StopMedicine(medicine)], knowledge, record, END).refused:
        return  # it was taken before, and is not any more
    outcome = asked(facts, [StartMedicine(medicine), StopMedicine(medicine)], knowledge, record, END)
    assert outcome.refused == ()
    assert not outcome.last.effect


INDEPENDENT: list[Change] = [
    StartMedicine("spironolactone"),
    SetResult("potassium", Decimal("5.9"), "mmol/L"),
    AddCondition("Pregnancy"),
    AddAllergy("Penicillin antibacterial"),
    StopMedicine("sertraline"),
    SetBehaviour("Breastfeeding"),
]


@settings(max_examples=times(20))
@given(order=st.permutations(INDEPENDENT))
def test_the_order_of_independent_changes_does_not_matter(
    order: list[Change], knowledge: Knowledge, terminology: Terminology
) -> None:
    record, facts = sample(DIABETIC, terminology)
    one, other = (asked(facts, changes, knowledge, record, END) for changes in (INDEPENDENT, order))
    assert [issue.id for issue in one.last.issues] == [issue.id for issue in other.last.issues]
    assert set(one.last.effect.caveats_appear) == set(other.last.effect.caveats_appear)
    assert one.last.effect.appear == other.last.effect.appear, "and so do the proofs"


def test_it_is_what_the_same_facts_would_give_if_they_were_received(
    knowledge: Knowledge, terminology: Terminology
) -> None:
    record, facts = sample(DIABETIC, terminology)
    at = END.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    code = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "9997"}
    potassium = {"system": "http://loinc.org", "code": "2823-3"}
    mmol = {"value": 6.1, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {
                "resourceType": "MedicationRequest", "id": "new", "status": "active", "intent": "order",
                "subject": {"reference": f"Patient/{record.id}"}, "authoredOn": at,
                "medicationCodeableConcept": {"coding": [code]},
                "dosageInstruction": [{"route": {"coding": [
                    {"system": "https://w3id.org/kgtwin/ontology", "code": "OralRoute"}]}}],
            }},
            {"resource": {
                "resourceType": "Observation", "id": "k", "status": "final", "code": {"coding": [potassium]},
                "subject": {"reference": f"Patient/{record.id}"}, "effectiveDateTime": at, "valueQuantity": mmol,
            }},
        ],
    }  # fmt: skip
    received = fhir.decode(json.dumps(bundle).encode(), label="x", source="local", terminology=terminology)
    new = tuple(fact for version in received.resources for fact in version.facts)
    assert len(new) == 2
    expected = infer(record.key, record, (*facts, *new), knowledge, at=END, revision=1)
    changes: list[Change] = [
        StartMedicine("rxnorm:9997", "kgtwin:OralRoute"),
        SetResult("loinc:2823-3", Decimal("6.1"), "mmol/L"),
    ]
    outcome = asked(facts, changes, knowledge, record, END)
    assert {issue.id for issue in outcome.last.issues} == {issue.id for issue in expected.issues}
    assert len(outcome.last.effect.appear) >= 2


# Time


def test_wash_outs_end_and_time_is_named(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:36437"),)  # sertraline
    changes: list[Change] = [StartMedicine("phenelzine"), StopMedicine("phenelzine", when="P3D")]
    outcome = asked(facts, changes, knowledge, after=["P10D", "P30D"])
    together, stopped, washing, free = outcome.steps
    assert [issue.statement for issue in together.effect.appear]
    assert {one.reason for one in stopped.since} == {Reason.FACTS}
    assert washing.since == ()
    assert washing.effect.appear == stopped.effect.appear or statements(washing.effect.appear) == statements(
        stopped.effect.appear
    )
    assert free.effect.appear == ()
    assert {(one.reason, one.after) for one in free.since} == {(Reason.TIME, None)}


def test_time_alone_makes_results_stale(knowledge: Knowledge) -> None:
    low = result("Observation/e", "loinc:33914-3", Quantity(Decimal("20"), ucum="mL/min/{1.73_m2}"))
    facts = (order("MedicationRequest/m1", "rxnorm:6809"), low)
    outcome = asked(facts, [], knowledge, after=["P20Y"])
    now, later = outcome.steps
    assert now.issues
    assert [issue.kind for issue in later.issues] == [IssueKind.MISSING_MONITORING], (
        "of results, nothing follows any more"
    )
    assert {one.reason for one in later.since} == {Reason.TIME}
    assert not later.effect, "the unchanged twin grows as old"


def test_a_change_of_the_past_acts_now(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:36437"),)
    outcome = asked(
        facts,
        [StartMedicine("phenelzine", when="2026-01-01"), StopMedicine("phenelzine", when="2026-01-10")],
        knowledge,
    )
    (step,) = outcome.steps
    assert step.at == outcome.at
    assert len(step.changes) == 2
    assert statements(step.effect.appear), "within 14 days after"


@pytest.mark.parametrize(("text", "days"), [("P7D", 7), ("P1M", 30), ("2026-01-16T12:00:00.0Z", 1)])
def test_moments(text: str, days: int) -> None:
    assert moment_of(text, AT) - AT == timedelta(days=days)


def test_too_much_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(UsageError, match="changes"):
        asked((), [StartMedicine("warfarin")] * (MOST_CHANGES + 1), knowledge)
    with pytest.raises(UsageError, match="moments"):
        asked((), [], knowledge, after=[f"P{n}D" for n in range(500)])
    with pytest.raises(UsageError, match="no FHIR date"):
        asked((), [], knowledge, after=["tomorrow"])


def test_the_dead_and_the_unknown_are_said(knowledge: Knowledge) -> None:
    dead = asked((), [StartMedicine("warfarin")], knowledge, patient(deceased=True))
    assert [one.code for one in dead.caveats] == [CaveatCode.DECEASED]
    nobody = simulate("local|p1", None, (), [StartMedicine("warfarin")], knowledge, at=AT, revision=1)
    assert [one.code for one in nobody.caveats] == [CaveatCode.PATIENT_NOT_RECEIVED]


def test_facts_that_rest_elsewhere_are_no_part_of_it(knowledge: Knowledge) -> None:
    known = condition()
    outcome = asked((known,), [StartMedicine("propranolol")], knowledge)
    assert "kgtwin:CI_0001" in statements(outcome.last.effect.appear), "asthma"
    (changed,) = outcome.last.facts
    assert changed.before is None


def test_real_patients_answer_whatever_is_asked(knowledge: Knowledge, terminology: Terminology) -> None:
    for name in (MANY, FIBRILLATING):
        record, facts = sample(name, terminology)
        outcome = asked(facts, INDEPENDENT, knowledge, record, END, after=["P1Y"])
        assert len(outcome.steps) == 2


# Projections that come true


def declining() -> tuple[Fact, ...]:
    """40 mL/min/1.73 m² now, falling by 6 a year."""
    values = [(2023, "58"), (2024, "52"), (2025, "46"), (2026, "40")]
    quantities = ((year, Quantity(Decimal(value), ucum="mL/min/{1.73_m2}")) for year, value in values)
    return tuple(
        result(f"Observation/{year}", "loinc:33914-3", value, when=Period(f"{year}-01-01"))
        for year, value in quantities
    )


def test_a_projection_that_comes_true_raises_what_it_must(knowledge: Knowledge) -> None:
    facts = (order("MedicationRequest/m1", "rxnorm:6809"), *declining())  # metformin
    changes = [SupposeProjection("EGFROwnTrend", when="P1Y"), SupposeProjection("EGFROwnTrend", when="P3Y")]
    outcome = asked(facts, changes, knowledge)
    assert outcome.refused == ()
    _, next_year, later = outcome.steps
    assert next_year.effect.appear == ()
    assert [issue.title for issue in later.effect.appear] == ["Metformin and eGFR below 30 mL/min/1.73 m2"]
    assert len([one for one in outcome.assumptions if "no prognosis" in one]) == 2
    ends = [asked(facts, [SupposeProjection("EGFROwnTrend", end, when="P2Y")], knowledge) for end in ("low", "high")]
    assert all(one.refused == () for one in ends)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SupposeProjection("EGFROwnTrend"), "needs a later time"),
        (SupposeProjection("EGFROwnTrend", "mean", when="P1Y"), "the mean of a projection"),
        (SupposeProjection("VancomycinTwoCompartments", when="P1D"), "projects no result"),
        (SupposeProjection("CrystalBall", when="P1D"), "no model is called"),
        (SupposeProjection("EGFRDeclineOfHealthyAgeing", when="P1Y"), "lies outside 60 to 150"),
        (SupposeProjection("HbA1cOnMetforminAlone", when="P180D"), "no valid Haemoglobin A1c"),
        (SupposeProjection("EGFROwnTrend", when="P90Y"), "at most 1825 days"),
    ],
)
def test_a_projection_that_cannot_be_is_refused(change: SupposeProjection, said: str, knowledge: Knowledge) -> None:
    (refused,) = asked(declining(), [change], knowledge).refused
    assert said in str(refused)

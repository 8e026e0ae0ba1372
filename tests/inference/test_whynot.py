"""Which premise is missing, and what comes closest: every rule of selection and every check has its reason."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.explaining.counterfactual import Roles, counts_for, reasons
from kgtwin.inference.explaining.nearest import Withdrawn
from kgtwin.inference.explaining.whynot import Case, Question, why, why_not
from kgtwin.model.axioms import Class, ObjectComplementOf
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import ConditionDetail, Fact, PatientRecord, Provenance, Quantity
from kgtwin.model.time import Period
from kgtwin.model.whynot import Part, WhyNot
from kgtwin.vocabulary import ALLERGIC_TO, FAMILY_HAS, HAS_EVER, HAS_NOW, INTOLERANT_TO, TAKES_NOW, TOOK_EVER
from tests.fuzz import times
from tests.inference.edited import edited, together_impossible
from tests.inference.factory import AT, PATIENT, allergy, coded, condition, fact, order, patient, result
from tests.inference.test_contexts import contexts
from tests.inference.test_infer import egfr

__all__ = ["contexts"]
ASTHMA, IBUPROFEN, NAPROXEN, SERTRALINE, PHENELZINE = (
    "snomed:195967001", "rxnorm:5640", "rxnorm:7258", "rxnorm:36437", "rxnorm:8123",
)  # fmt: skip
METFORMIN, PROPRANOLOL = "rxnorm:6809", "rxnorm:8787"


def ask(
    knowledge: Knowledge, statement: str, *facts: Fact, record: PatientRecord | None = None, **fields: Any
) -> WhyNot:
    iri = to_iri(statement)
    about = record or patient(provenance=Provenance("local", "Patient/p1", "1"))
    case = Case(patient=PATIENT, record=about, facts=facts, knowledge=knowledge, at=AT, revision=3, **fields)
    return why_not(case, Question(Class(iri), knowledge.label(iri)))


def missing(found: WhyNot) -> Part:
    (part,) = found.missing
    return part


def nearest(found: WhyNot) -> tuple[str, str]:
    part = missing(found)
    return part.nearest[0].fact.resource, "; ".join(part.nearest[0].reasons)


def test_ignored_axioms_are_told_where_they_leave_the_answer_open(knowledge: Knowledge, tmp_path: Path) -> None:
    """What a class may be beyond what is derived does not touch who is not one, or is one by a received number."""
    for value in ("25", "60"):
        found = ask(knowledge, "kgtwin:DL_0001", order(), egfr(value))
        assert found.holds is (value == "25")
        assert CaveatCode.IGNORED_AXIOM not in {one.code for one in found.caveats}
    union = edited(tmp_path, "SubClassOf(:Patient ObjectUnionOf(:FemalePatient :MalePatient))")
    statement = min(union.statements)
    for gender, told in (("female", False), (None, True)):
        who = patient(gender=gender, provenance=Provenance("local", "Patient/p1", "1"))
        asked = ask(union, union.statements[statement].curie, record=who)
        assert not asked.holds
        assert (CaveatCode.IGNORED_AXIOM in {one.code for one in asked.caveats}) is told


def test_what_holds_says_so_with_its_issues(knowledge: Knowledge) -> None:
    facts = condition(), order(concept=PROPRANOLOL)
    found = ask(knowledge, "kgtwin:CI_0001", *facts)
    expected = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=3).issues
    assert found.holds
    assert found.issues == tuple(one.id for one in expected)
    assert found.missing == ()
    assert {ref.resource for part in found.parts for ref in part.facts} == {"Condition/c1", "MedicationRequest/m1"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "stopped"}, "its status is stopped"),
        ({"status": "on-hold"}, "its status is on-hold"),
        ({"when": Period("2025-01-01", "2025-06-30")}, "it ended on 2025-06-30"),
        ({"when": Period("2026-02-01")}, "it begins on 2026-02-01"),
        ({"intent": "proposal"}, "its intent is proposal"),
        ({"do_not_perform": True}, "it says that the medicine is not to be given"),
        ({"status": "completed"}, "its status is completed"),
        ({"intent": "plan", "status": "draft"}, "its intent is plan; its status is draft"),
    ],
)
def test_a_medicine_that_does_not_count_has_its_reason(
    knowledge: Knowledge, changes: dict[str, Any], reason: str
) -> None:
    found = ask(knowledge, "kgtwin:CI_0001", condition(), order(concept=PROPRANOLOL, **changes))
    assert not found.holds
    assert nearest(found) == ("MedicationRequest/m1", reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verification": "refuted"}, "it is refuted"),
        ({"verification": "provisional"}, "it is provisional"),
        ({"status": "resolved"}, "its status is resolved"),
        ({"when": Period("2020", "2021")}, "it ended on 2021"),
        ({"when": Period("2027")}, "it begins on 2027"),
        ({"verification": "differential", "status": "inactive"}, "it is differential; its status is inactive"),
    ],
)
def test_a_condition_that_does_not_count_has_its_reason(
    knowledge: Knowledge, changes: dict[str, Any], reason: str
) -> None:
    found = ask(knowledge, "kgtwin:CI_0001", condition(**changes), order(concept=PROPRANOLOL))
    assert not found.holds
    assert nearest(found) == ("Condition/c1", reason)


def test_what_was_taken_back_is_named(knowledge: Knowledge) -> None:
    taken = Withdrawn(condition(), "it was entered in error")
    found = ask(knowledge, "kgtwin:CI_0001", order(concept=PROPRANOLOL), withdrawn=(taken,))
    assert nearest(found) == ("Condition/c1", "it was entered in error")


def test_a_relatives_condition_counts_for_something_else(knowledge: Knowledge) -> None:
    from kgtwin.model.fact import FactKind  # noqa: PLC0415

    relative = fact(FactKind.FAMILY_HISTORY, "FamilyMemberHistory/f1", ASTHMA, status="completed")
    found = ask(knowledge, "kgtwin:CI_0001", relative, order(concept=PROPRANOLOL))
    resource, reason = nearest(found)
    assert resource == "FamilyMemberHistory/f1"
    assert "only" in reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (egfr("45"), "its value = 45 mL/min/{1.73_m2} is not < 30"),
        (egfr("29", "furlong"), "cannot be read"),
        (egfr("29", when=Period("2001-01-01")), "does not count any more"),
        (egfr("29", status="preliminary"), "its status is preliminary"),
        (egfr("-4"), "cannot be"),
        (egfr("29", when=Period("2027-01-01")), "it is of 2027-01-01"),
    ],
)
def test_a_result_that_does_not_count_has_its_reason(knowledge: Knowledge, result: Fact, reason: str) -> None:
    found = ask(knowledge, "kgtwin:DL_0001", order(concept=METFORMIN), result)
    assert not found.holds
    resource, said = nearest(found)
    assert resource == "Observation/o1"
    assert reason in said


def test_an_older_result_is_overtaken(knowledge: Knowledge) -> None:
    later = egfr("60", resource="Observation/o2", when=Period("2026-01-10"))
    found = ask(knowledge, "kgtwin:DL_0001", order(concept=METFORMIN), egfr("22"), later)
    said = {near.fact.resource: near.reasons for near in missing(found).nearest}
    assert said["Observation/o1"] == ("a later one counts: Observation/o2",)
    assert "is not" in said["Observation/o2"][0]


def test_a_missing_result_says_what_would_help(knowledge: Knowledge) -> None:
    part = missing(ask(knowledge, "kgtwin:DL_0001", order(concept=METFORMIN)))
    assert part.nearest == ()
    assert [one.remedy for one in part.unknown]


def test_an_unknown_route_is_a_reason(knowledge: Knowledge) -> None:
    from tests.inference.test_infer import _condition_of  # noqa: PLC0415

    ulcer = condition(concept=_condition_of(knowledge, "PepticUlcer"))
    found = ask(knowledge, "kgtwin:CI_0036", order(concept="rxnorm:3355"), ulcer)
    resource, reason = nearest(found)
    assert (resource, "unknown" in reason) == ("MedicationRequest/m1", True)


def test_an_age_and_a_sex_are_told_as_they_are(contexts: Knowledge) -> None:
    record = patient(gender="male", birth_date="1962-01-15", provenance=Provenance("local", "Patient/p1", "1"))
    found = ask(contexts, "kgtwin:TEST_0014", order(concept=SERTRALINE), record=record)
    assert [part.found for part in found.missing] == ["gender male", "“has age in years” = 64"]


def test_a_severity_is_told_as_it_is(contexts: Knowledge) -> None:
    found = ask(contexts, "kgtwin:TEST_0003", condition(), order(concept=IBUPROFEN))
    assert nearest(found) == ("Condition/c1", "its severity is unknown, not Severe grade")
    mild = condition(detail=ConditionDetail(Coded((), (Match("snomed:255604002"),))))
    assert "Mild" in nearest(ask(contexts, "kgtwin:TEST_0003", mild, order(concept=IBUPROFEN)))[1]


def test_an_allergy_of_another_type_is_told(contexts: Knowledge) -> None:
    found = ask(contexts, "kgtwin:TEST_0013", order(concept=IBUPROFEN), allergy(concept=NAPROXEN, type="intolerance"))
    assert nearest(found)[1] == "it is recorded as intolerance, not as allergy"


def test_a_wash_out_says_how_long_it_is(contexts: Knowledge) -> None:
    past = order("MedicationRequest/p", PHENELZINE, status="stopped", when=Period("2025-01-01", "2025-12-01"))
    found = ask(contexts, "kgtwin:TEST_0001", order(concept=SERTRALINE), past)
    assert nearest(found) == ("MedicationRequest/p", "it ended on 2025-12-01, more than 14 days before")


# beyond the axioms


def test_a_wash_out_is_not_about_what_is_taken(contexts: Knowledge) -> None:
    found = ask(contexts, "kgtwin:TEST_0001", order(concept=SERTRALINE), order("MedicationRequest/p", PHENELZINE))
    assert not found.holds
    assert found.missing == ()
    assert any("is taken now" in one for one in found.hindrances)


def test_one_medicine_is_not_two(contexts: Knowledge) -> None:
    found = ask(contexts, "kgtwin:TEST_0011", order(concept=IBUPROFEN))
    assert not found.holds
    (reason,) = found.hindrances
    assert "two" in reason
    renewal = ask(contexts, "kgtwin:TEST_0011", order(concept=IBUPROFEN), order("MedicationRequest/2", IBUPROFEN))
    assert any("share an ingredient" in one for one in renewal.hindrances)
    assert ask(contexts, "kgtwin:TEST_0011", order(concept=IBUPROFEN), order("MedicationRequest/2", NAPROXEN)).holds


def test_an_allergy_to_something_else_is_no_allergy_to_the_ingredient(contexts: Knowledge) -> None:
    found = ask(contexts, "kgtwin:TEST_0012", order(concept=IBUPROFEN), allergy(concept="rxnorm:723"))
    assert not found.holds
    assert any("neither the substance" in one for one in found.hindrances)


def test_what_is_given_locally_is_not_taken_to_be_systemic(knowledge: Knowledge) -> None:
    ibuprofen = order("MedicationRequest/i", "rxnorm:5640")
    gel = order("MedicationRequest/g", "rxnorm:5640", route=coded("kgtwin:CutaneousRoute"))
    warfarin = order("MedicationRequest/w", "rxnorm:11289")
    assert ask(knowledge, "kgtwin:DDI_0054", ibuprofen, warfarin).holds
    found = ask(knowledge, "kgtwin:DDI_0054", gel, warfarin)
    assert not found.holds
    assert any("local route" in one for one in found.hindrances)


def test_what_another_statement_says_is_not_said_twice(contexts: Knowledge) -> None:
    found = ask(contexts, "kgtwin:TEST_0012", order(concept=IBUPROFEN), allergy(concept=IBUPROFEN))
    assert not found.holds
    assert found.hindrances == ("another statement of its kind says the same, more specifically",)


def test_death_and_silence_keep_all_away(knowledge: Knowledge) -> None:
    facts = condition(), order(concept=PROPRANOLOL)
    dead = ask(knowledge, "kgtwin:CI_0001", *facts, record=patient(deceased=True))
    assert (dead.holds, dead.hindrances) == (False, ("the patient has died: nothing is current",))
    assert dead.missing == ()
    unverified = next(s for s in knowledge.statements.values() if not s.verified)
    found = ask(knowledge, unverified.curie, unverified=False)
    assert any("KGTWIN_UNVERIFIED" in one for one in found.hindrances)


def test_what_is_left_out_as_contradictory_says_so(tmp_path: Path) -> None:
    from tests.inference.test_contradictions import HAS_ASTHMA, TAKES_NSAID  # noqa: PLC0415

    known = edited(tmp_path, together_impossible(HAS_ASTHMA, TAKES_NSAID))
    found = ask(known, "kgtwin:TEST_0011", condition(), order(concept=IBUPROFEN))
    assert "left out" in nearest(found)[1]


def test_an_expression_that_is_not_decided_says_so(contexts: Knowledge) -> None:
    case = Case(patient=PATIENT, record=patient(), facts=(), knowledge=contexts, at=AT, revision=1)
    found = why_not(case, Question(ObjectComplementOf(Class(to_iri("kgtwin:FemalePatient"))), "no woman"))
    assert not found.holds
    assert "no proof" in (missing(found).found or "")
    assert why(case, Question(Class(to_iri("kgtwin:FemalePatient")), "woman")) is None


def test_why_is_the_proof(knowledge: Knowledge) -> None:
    facts = condition(), order(concept=PROPRANOLOL)
    case = Case(patient=PATIENT, record=patient(), facts=facts, knowledge=knowledge, at=AT, revision=1)
    found = why(case, Question(Class(to_iri("kgtwin:CI_0001")), ""))
    assert found is not None
    assert {ref.resource for ref in found.facts} == {"Condition/c1", "MedicationRequest/m1"}


# laws

DATES = st.sampled_from([None, "2019", "2025-12", "2026-01-15", "2026-01-20", "2027"])
STATUSES = st.sampled_from([None, "active", "completed", "stopped", "on-hold", "resolved", "inactive", "draft"])
VERIFICATIONS = st.sampled_from([None, "confirmed", "unconfirmed", "refuted", "entered-in-error", "provisional"])
FACTS = st.one_of(
    st.builds(
        lambda status, start, end, intent, no, origin: order(
            status=status, when=Period(start, end), intent=intent, do_not_perform=no, origin=origin
        ),
        STATUSES, DATES, DATES, st.sampled_from(["order", "plan", None]), st.booleans(),
        st.sampled_from(["request", "statement", "administration"]),
    ),
    st.builds(
        lambda status, verification, start, end: condition(
            status=status, verification=verification, when=Period(start, end)
        ),
        STATUSES, VERIFICATIONS, DATES, DATES,
    ),
    st.builds(
        lambda status, verification, type_: allergy(status=status, verification=verification, type=type_),
        STATUSES, VERIFICATIONS, st.sampled_from([None, "allergy", "intolerance"]),
    ),
)  # fmt: skip
ROLES = st.sampled_from([TAKES_NOW, TOOK_EVER, HAS_NOW, HAS_EVER, FAMILY_HAS, ALLERGIC_TO, INTOLERANT_TO])


@settings(max_examples=times(300))
@given(FACTS, ROLES)
def test_a_fact_has_a_reason_exactly_where_it_does_not_count(contexts: Knowledge, one: Fact, role: str) -> None:
    roles = Roles(contexts)
    counts = bool(roles.filling(role) & counts_for(one, contexts, AT))
    assert (reasons(one, role, contexts, roles, AT) == ()) is counts


@settings(max_examples=times(100))
@given(st.lists(FACTS, max_size=3))
def test_the_answer_agrees_with_inference(contexts: Knowledge, some: list[Fact]) -> None:
    facts = tuple(
        msgspec.structs.replace(one, id=f"f-{n}", code=coded(code))
        for n, one in enumerate(some)
        for code in (IBUPROFEN if one.kind != "Condition" else ASTHMA, NAPROXEN)[n % 2 : n % 2 + 1]
    )
    inferred = infer(PATIENT, patient(), facts, contexts, at=AT, revision=3).issues
    for curie in ("kgtwin:TEST_0011", "kgtwin:TEST_0013", "kgtwin:TEST_0001"):
        found = ask(contexts, curie, *facts, record=patient())
        assert found.issues == tuple(one.id for one in inferred if one.statement == curie)
        assert found.holds or found.missing or found.hindrances


def test_a_question_about_many_facts_is_answered(knowledge: Knowledge) -> None:
    many = tuple(condition(f"Condition/{n}", "snomed:44054006", when=Period("2020")) for n in range(300))
    start = AT - timedelta(days=1)
    found = ask(knowledge, "kgtwin:CI_0001", *many, order(concept=PROPRANOLOL, when=Period(start.isoformat())))
    assert not found.holds


WARFARIN, DOXYLAMINE, INR = "rxnorm:11289", "rxnorm:3642", "loinc:6301-6"
MONITORED = "kgtwin:MON_0059"


def taken(concept: str, resource: str, since: str = "2024-01-01", **fields: Any) -> Fact:
    return order(resource, concept, when=Period(since, None), **fields)


def test_a_rule_that_raises_an_issue_holds_and_is_proven_by_it(knowledge: Knowledge) -> None:
    facts = (taken(WARFARIN, "MedicationRequest/w"),)
    found = ask(knowledge, MONITORED, *facts)
    (issue,) = infer(PATIENT, patient(), facts, knowledge, at=AT, revision=3).issues
    assert (found.holds, found.issues, found.hindrances) == (True, (issue.id,), ())
    assert [part.holds for part in found.parts] == [True]
    case = Case(patient=PATIENT, record=patient(), facts=facts, knowledge=knowledge, at=AT, revision=3)
    assert why(case, Question(Class(to_iri(MONITORED)), "")) == issue.derivation


def test_a_rule_says_what_is_not_due_and_what_was_received(knowledge: Knowledge) -> None:
    day = (AT - timedelta(days=10)).date().isoformat()
    measured = result("Observation/i", INR, Quantity(Decimal("2.4"), code="{INR}", ucum="{INR}"), when=Period(day, day))
    found = ask(knowledge, MONITORED, taken(WARFARIN, "MedicationRequest/w"), measured)
    assert not found.holds
    assert f"a result of {day} was received" in found.hindrances[0]
    late = ask(knowledge, "kgtwin:MON_0030", taken("rxnorm:3407", "MedicationRequest/d", since=day), measured)
    assert (late.holds, late.hindrances) == (True, ()), "a baseline is due"
    old = ask(knowledge, "kgtwin:MON_0030", taken("rxnorm:3407", "MedicationRequest/d", since="2025-08-01"))
    assert "nothing is due" in old.hindrances[0]


def test_a_rule_about_a_medicine_that_is_not_taken_shows_the_nearest(knowledge: Knowledge) -> None:
    found = ask(knowledge, MONITORED, taken(WARFARIN, "MedicationRequest/w", status="stopped"))
    assert (found.holds, found.hindrances) == (False, ())
    assert nearest(found) == ("MedicationRequest/w", "its status is stopped")


def test_a_burden_that_is_not_reached_says_how_far_it_goes(knowledge: Knowledge) -> None:
    assert "no" in ask(knowledge, "kgtwin:BUR_0002").hindrances[0]
    found = ask(knowledge, "kgtwin:BUR_0002", taken(DOXYLAMINE, "MedicationRequest/x"))
    assert found.hindrances == ("1 point (Doxylamine 1); it takes two ingredients and 3",)


@pytest.mark.parametrize("statement", ["kgtwin:RDL_0003", "kgtwin:GAP_0001"])
def test_rules_on_doses_and_gaps_say_what_they_ask_for(statement: str, knowledge: Knowledge) -> None:
    found = ask(knowledge, statement, taken("rxnorm:25480", "MedicationRequest/g"))
    assert not found.holds
    assert found.hindrances


def test_who_was_born_after_the_death_counts_as_alive(knowledge: Knowledge) -> None:
    confused = patient(birth_date="1980-05-05", deceased="1975-01-01")
    found = ask(knowledge, "kgtwin:CI_0001", condition(), order(concept=PROPRANOLOL), record=confused)
    assert (found.holds, found.hindrances) == (True, ())
    assert ask(knowledge, MONITORED, taken(WARFARIN, "MedicationRequest/w"), record=confused).holds


def test_nothing_of_a_rule_holds_after_death(knowledge: Knowledge) -> None:
    dead = patient(provenance=Provenance("local", "Patient/p1", "1"), deceased=True)
    found = ask(knowledge, MONITORED, taken(WARFARIN, "MedicationRequest/w"), record=dead)
    assert not found.holds
    assert "died" in found.hindrances[0]

"""Consent: what is withheld, what must not be concluded without it, and what may not be told of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

from kgtwin.errors import OntologyError, UsageError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge, infer
from kgtwin.inference.consent.withholding import WITHHELD, usable
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.consent import Consent, Decision, Permission, Rule
from kgtwin.model.fact import BooleanValue, Fact, FactKind, Provenance, Quantity
from kgtwin.model.issue import Inference
from kgtwin.model.time import Period
from kgtwin.vocabulary import MEDICINAL_PRODUCT
from tests.inference.consents import (
    EVERYTHING,
    NOTHING,
    denying,
    for_treatment,
)
from tests.inference.crowd import NOW, crowd
from tests.inference.factory import AT, PATIENT, allergy, condition, fact, order, patient, result

ASTHMA, PROPRANOLOL, METFORMIN, WARFARIN, IBUPROFEN = (
    "snomed:195967001", "rxnorm:8787", "rxnorm:6809", "rxnorm:11289", "rxnorm:5640",
)  # fmt: skip
EGFR = "loinc:33914-3"
MAOI, SSRI = "rxnorm:8123", "rxnorm:36437"
UNKNOWN = "snomed:404684003"
NUMBERS = st.integers(0, 10_000)


def answer(knowledge: Knowledge, *facts: Fact, consent: Permission | None = None, **options: Any) -> Inference:
    person = patient(gender="female", birth_date="1965-01-01", provenance=Provenance("local", "Patient/p1", "1"))
    record = options.pop("record", person)
    return infer(PATIENT, record, facts, knowledge, at=AT, revision=7, consent=consent, **options)


def statements(inference: Inference) -> set[str]:
    return {issue.statement for issue in inference.issues}


def egfr(value: str, when: str, resource: str, source: str = "local") -> Fact:
    unit = "mL/min/{1.73_m2}"
    found = result(resource, EGFR, Quantity(value=Decimal(value), code=unit, ucum=unit), when=Period(when))
    return msgspec.structs.replace(found, provenance=msgspec.structs.replace(found.provenance, source=source))


# Single choices


@pytest.mark.parametrize(
    "criteria",
    [
        {"kinds": ["Condition"]},
        {"classes": [ASTHMA]},
        {"classes": ["kgtwin:ClinicalCondition"]},
        {"codes": [ASTHMA]},
        {"resources": ["Condition/c1"]},
        {"resource_types": ["Condition"]},
        {"data_period": {"end": "2026-06"}},
        {"sources": ["local"]},
        {"kinds": ["Condition"], "sources": ["local"], "purposes": ["TREAT"]},
        {"purposes": ["ETREAT"]},
    ],
)
def test_a_hidden_fact_hides_the_issues_that_rest_on_it(criteria: dict[str, object], knowledge: Knowledge) -> None:
    facts = (condition(), order(concept=PROPRANOLOL))
    assert statements(answer(knowledge, *facts)) == {"kgtwin:CI_0001"}
    found = answer(knowledge, *facts, consent=denying(**criteria))
    assert found.issues == ()
    assert WITHHELD in found.caveats


@pytest.mark.parametrize(
    "criteria",
    [
        {"kinds": ["Allergy"]},
        {"classes": ["snomed:44054006"]},
        {"sources": ["clinic"]},
        {"resources": ["Condition/c2"]},
        {"data_period": {"end": "2019"}},
        {"purposes": ["HRESCH"]},
        {"period": {"end": "2025"}},
    ],
)
def test_a_denial_denies_no_more(criteria: dict[str, object], knowledge: Knowledge) -> None:
    found = answer(knowledge, condition(), order(concept=PROPRANOLOL), consent=denying(**criteria))
    assert statements(found) == {"kgtwin:CI_0001"}


def test_the_caveat_does_not_tell_whether_there_is_something(knowledge: Knowledge) -> None:
    consent = denying(classes=[ASTHMA])
    with_it = answer(knowledge, condition(), order(concept=METFORMIN), consent=consent)
    assert with_it == answer(knowledge, order(concept=METFORMIN), consent=consent)


def test_an_exception_to_a_denial(knowledge: Knowledge) -> None:
    but = Rule(type=Decision.PERMIT, classes=(ASTHMA,))
    consent = Consent(
        rule=Rule(type=Decision.DENY, kinds=(FactKind.CONDITION,), rules=(but,)), otherwise=Decision.PERMIT
    )
    facts = (condition(), order(concept=PROPRANOLOL))
    assert statements(answer(knowledge, *facts, consent=for_treatment(consent))) == {"kgtwin:CI_0001"}
    again = Rule(type=Decision.DENY, sources=("local",))
    nested = msgspec.structs.replace(but, rules=(again,))
    rule = msgspec.structs.replace(consent.rule, rules=(nested,))
    consent = msgspec.structs.replace(consent, rule=rule)
    assert answer(knowledge, *facts, consent=for_treatment(consent)).issues == ()


def test_of_exceptions_that_differ_the_denial_holds(knowledge: Knowledge) -> None:
    both = (Rule(type=Decision.PERMIT), Rule(type=Decision.DENY, classes=(ASTHMA,)))
    for rules in (both, both[::-1]):
        consent = Consent(rule=Rule(type=Decision.PERMIT, rules=rules), otherwise=Decision.DENY)
        assert answer(knowledge, condition(), order(concept=PROPRANOLOL), consent=for_treatment(consent)).issues == ()


def test_a_product_is_hidden_with_its_ingredient(knowledge: Knowledge) -> None:
    products = sorted(
        iri for iri in knowledge.classes
        if knowledge.is_a(iri, MEDICINAL_PRODUCT) and to_iri(PROPRANOLOL) in knowledge.related.of(iri)
    )  # fmt: skip
    raised = 0
    for iri in products:
        facts = (condition(), order(concept=to_curie(iri)))
        raised += "kgtwin:CI_0001" in statements(answer(knowledge, *facts))
        assert answer(knowledge, *facts, consent=denying(classes=[PROPRANOLOL])).issues == ()
    assert raised


def test_a_stated_reason_is_part_of_a_fact(knowledge: Knowledge) -> None:
    taken = msgspec.structs.replace(order(concept=WARFARIN), reasons=(ASTHMA,))
    facts = (taken, order("MedicationRequest/m2", IBUPROFEN))
    assert statements(answer(knowledge, *facts))
    assert answer(knowledge, *facts, consent=denying(classes=[ASTHMA])).issues == ()
    referring = msgspec.structs.replace(order(concept=WARFARIN), reasons=("Condition/c1",))
    more = (condition(), referring, order("MedicationRequest/m2", IBUPROFEN))
    assert answer(knowledge, *more, consent=denying(classes=[ASTHMA])).issues == ()
    left = usable(patient(), more, denying(kinds=["Condition"]), knowledge, AT)
    assert [one.reasons for one in left.shown] == [(), ()], "a reference to what is hidden is no longer there"


def test_a_mapping_that_may_mean_it_is_hidden_with_it(knowledge: Knowledge) -> None:
    perhaps = msgspec.structs.replace(condition().code.matches[0], acts=False)
    vague = msgspec.structs.replace(condition(), code=msgspec.structs.replace(condition().code, matches=(perhaps,)))
    left = usable(patient(), [vague], denying(classes=[ASTHMA]), knowledge, AT)
    assert left.shown == ()
    only = Consent(rule=Rule(type=Decision.PERMIT, classes=(ASTHMA,)), otherwise=Decision.DENY)
    assert usable(patient(), [vague], for_treatment(only), knowledge, AT).shown == ()
    assert usable(patient(), [condition()], for_treatment(only), knowledge, AT).shown == (condition(),)


# What is not there


def test_an_older_result_is_not_the_latest_where_a_newer_one_is_hidden(knowledge: Knowledge) -> None:
    old, new = egfr("22", "2025-12-01", "Observation/old"), egfr("60", "2026-01-10", "Observation/new", "clinic")
    assert statements(answer(knowledge, order(concept=METFORMIN), old)) == {"kgtwin:DL_0001"}
    for value in ("60", "22"):
        newer = msgspec.structs.replace(new, value=egfr(value, "2026", "x").value)
        found = answer(knowledge, order(concept=METFORMIN), old, newer, consent=denying(sources=["clinic"]))
        assert found.issues == (), "nobody knows by what may be used"
    found = answer(
        knowledge, order(concept=METFORMIN), old, new, consent=denying(sources=["local"], kinds=["Observation"])
    )
    assert found.issues == ()
    low = egfr("22", "2026-01-12", "Observation/last")
    found = answer(knowledge, order(concept=METFORMIN), old, new, low, consent=denying(sources=["clinic"]))
    assert statements(found) == {"kgtwin:DL_0001"}, "newer than all that is hidden"


def test_nobody_is_told_that_nothing_was_measured(knowledge: Knowledge) -> None:
    hidden = egfr("80", "2026-01-10", "Observation/o1")
    consent = denying(kinds=["Observation"])
    found = answer(knowledge, order(concept=METFORMIN), hidden, consent=consent)
    missing = [one for one in found.caveats if one.code is CaveatCode.MISSING_LAB]
    assert missing
    assert all("among what consent lets be used" in one.text and one.remedy is None for one in missing)
    assert found == answer(knowledge, order(concept=METFORMIN), consent=consent), "nor that something was"


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ({"kinds": ["Observation"]}, False),
        ({"resource_types": ["Observation"]}, False),
        ({"sources": ["clinic"]}, False),
        ({"classes": [EGFR]}, False),
        ({"data_period": {"end": "2019"}}, False),
        ({"classes": [ASTHMA]}, True),
        ({"kinds": ["Allergy", "Condition"]}, True),
        ({"resource_types": ["Patient"]}, True),
    ],
)
def test_missing_monitoring_is_told_where_no_result_could_be_withheld(
    criteria: dict[str, object], told: bool, knowledge: Knowledge
) -> None:
    taken = order(concept=METFORMIN, when=Period("2024-01-01"))
    rules = {
        rule.curie
        for rule in knowledge.by_ingredient.monitoring(to_iri(METFORMIN))
        if _asks_for(rule.analytes, knowledge)
    }

    def missing(consent: Permission | None, *facts: Fact) -> set[str]:
        return statements(answer(knowledge, taken, *facts, consent=consent)) & rules

    assert missing(None)
    assert bool(missing(denying(**criteria))) is told
    measured = egfr("80", "2026-01-10", "Observation/o1", "clinic")
    assert not missing(denying(**criteria), measured), "nor where one is"


def _asks_for(analytes: tuple[str, ...], knowledge: Knowledge) -> bool:
    return any(knowledge.is_a(to_iri(EGFR), iri) for iri in analytes)


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ({"kinds": ["Medication"]}, False),
        ({"kinds": ["Allergy"]}, False),
        ({"sources": ["clinic"]}, False),
        ({"kinds": ["Immunization", "Observation"]}, True),
    ],
)
def test_an_untreated_indication_is_told_where_no_reason_could_be_withheld(
    criteria: dict[str, object], told: bool, knowledge: Knowledge
) -> None:
    rule = next(one for one in knowledge.rules.care_gaps if one.conditions)
    facts = [condition(concept=to_curie(rule.conditions[0]))]
    assert rule.curie in statements(answer(knowledge, *facts))
    assert (rule.curie in statements(answer(knowledge, *facts, consent=denying(**criteria)))) is told


def test_an_older_habit_is_not_the_latest_where_a_newer_answer_is_hidden(knowledge: Knowledge) -> None:
    record, facts = next(
        (record, facts)
        for record, facts in (crowd(knowledge).patient(number, 60) for number in range(2_000))
        if any(i.kind == "drug-behaviour" for i in infer("x", record, facts, knowledge, at=NOW, revision=1).issues)
    )
    whole = infer("x", record, facts, knowledge, at=NOW, revision=1)
    issue = next(one for one in whole.issues if one.kind == "drug-behaviour")
    (habit,) = [f for f in facts if f.id in {i.fact for i in issue.implicated} and f.kind is not FactKind.MEDICATION]
    later = msgspec.structs.replace(
        habit,
        id="f-later",
        when=Period("2026-01-15"),
        value=BooleanValue(value=True),
        provenance=msgspec.structs.replace(habit.provenance, source="clinic", resource="Observation/later"),
    )
    found = infer("x", record, (*facts, later), knowledge, at=NOW, revision=1, consent=denying(sources=["clinic"]))
    assert issue.id not in {one.id for one in found.issues}


def test_a_wash_out_is_not_concluded_of_what_is_taken_unseen(knowledge: Knowledge) -> None:
    """Statements about what ended speak only of what is not taken now."""
    ended = order(concept=MAOI, status="stopped", when=Period("2025-01-01", "2026-01-10"))
    started = order("MedicationRequest/m2", SSRI, when=Period("2026-01-12"))
    (late,) = answer(knowledge, ended, started).issues
    assert knowledge.statements[to_iri(late.statement)].wash_out
    again = order("MedicationRequest/m3", MAOI, when=Period("2026-01-11"))
    hidden = denying(resources=["MedicationRequest/m3"])
    assert late.id not in {one.id for one in answer(knowledge, ended, started, again).issues}
    assert answer(knowledge, ended, started, again, consent=hidden).issues == ()
    assert [one.id for one in answer(knowledge, ended, started, consent=hidden).issues] == [late.id]


def test_the_person_can_be_hidden(knowledge: Knowledge) -> None:
    consent = denying(resource_types=["Patient"])
    found = answer(knowledge, condition(), order(concept=PROPRANOLOL), consent=consent, scores=True)
    assert statements(found) == {"kgtwin:CI_0001"}
    assert not {CaveatCode.PATIENT_NOT_RECEIVED} & {one.code for one in found.caveats}
    assert not any(one.kind in ("age", "sex") for score in found.scores for one in score.inputs)
    dead = answer(knowledge, condition(), consent=consent, record=patient(deceased=True))
    assert dead.caveats == (WITHHELD,)


# Scores


def test_a_score_does_not_take_no_for_an_answer_where_yes_is_hidden(knowledge: Knowledge) -> None:
    diabetes = "snomed:44054006"
    no = condition("Condition/no", "kgtwin:DiabetesMellitus", verification="refuted")
    yes = condition("Condition/yes", diabetes)
    hidden = denying(resources=["Condition/yes"])
    whole = {one.equation: one for one in answer(knowledge, no, yes, scores=True).scores}
    found = {one.equation: one for one in answer(knowledge, no, yes, scores=True, consent=hidden).scores}
    assert found
    for equation, score in found.items():
        values = {one.name: one.value for one in whole[equation].inputs}
        assert all(values[one.name] == one.value for one in score.inputs)
    told = [missing.reason for score in found.values() for missing in score.missing]
    assert told
    assert all("among what consent lets be used" in one for one in told if "no code here" not in one or "(" in one)


# Errors


def test_a_denied_class_that_nobody_knows_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(OntologyError, match="does not have"):
        answer(knowledge, condition(), consent=denying(classes=[UNKNOWN]))
    assert answer(knowledge, condition(), consent=denying(codes=[UNKNOWN])).caveats[0] == WITHHELD
    other = denying(classes=[UNKNOWN], purposes=["HRESCH"])
    assert WITHHELD not in answer(knowledge, condition(), consent=other).caveats, "it is not about this use"


def test_the_consent_of_another_patient_is_refused(knowledge: Knowledge) -> None:
    other = Consent(rule=NOTHING.rule, otherwise=Decision.DENY, patient="p2")
    with pytest.raises(UsageError, match="another patient"):
        answer(knowledge, condition(), consent=for_treatment(other))
    for_all = msgspec.structs.replace(EVERYTHING, patient="p2")
    with pytest.raises(UsageError, match="another patient"):
        answer(knowledge, condition(), consent=for_treatment(for_all))
    own = msgspec.structs.replace(other, patient="p1")
    assert answer(knowledge, condition(), allergy(), consent=for_treatment(own)).caveats == (WITHHELD,)


def test_facts_of_other_sources_are_of_a_type_by_their_kind(knowledge: Knowledge) -> None:
    omop = fact(FactKind.CONDITION, "condition_occurrence/7", ASTHMA, status="active", verification="confirmed")
    assert usable(patient(), [omop], denying(resource_types=["Condition"]), knowledge, AT).shown == ()
    assert usable(patient(), [omop], denying(resource_types=["Observation"]), knowledge, AT).shown == (omop,)
    only = Consent(rule=Rule(type=Decision.PERMIT, resource_types=("Condition",)), otherwise=Decision.DENY)
    assert usable(patient(), [omop], for_treatment(only), knowledge, AT).shown == ()

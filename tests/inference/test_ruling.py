"""What rules raise on rows of numbers is what they raise of a realised patient."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference import Knowledge, infer, population
from kgtwin.inference.columns import Finder
from kgtwin.inference.columns.hot import Hot
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.population import Patient, Row, Rows, row_of
from kgtwin.inference.rules.care_gaps import ANY_AGE
from kgtwin.model.axioms import Axiom, Class, ObjectIntersectionOf, ObjectSomeValuesFrom, SubClassOf
from kgtwin.model.fact import CodedValue, Fact, FactKind, Provenance, Quantity
from kgtwin.model.issue import IssueKind
from kgtwin.model.ontology import EntityKind
from kgtwin.model.time import Period
from kgtwin.reasoning import classify
from kgtwin.vocabulary import HAS_EVER, HAS_NOW, kgtwin
from tests.fuzz import times
from tests.inference.crowd import NOW
from tests.inference.factory import AT, coded, condition, fact, order, patient, result
from tests.inference.ruled import ruled

DAYS = st.sampled_from([-10, 0, 0, 0, 30, 91, 92, 183, 365, 500])


@pytest.fixture(scope="module")
def finder(knowledge: Knowledge) -> Finder:
    return Finder(knowledge)


def wanted(one: Patient, knowledge: Knowledge, at: datetime, *, unverified: bool = True) -> list[Row]:
    record, facts = one
    found = infer(record.key, record, facts, knowledge, at=at, revision=0, unverified=unverified)
    return [row_of(issue) for issue in found.issues]


@settings(max_examples=times(150), deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 40), DAYS, st.booleans())
@example(17, 40, 0, True)
def test_whom_rules_concern_at_any_moment(finder: Finder, number: int, size: int, days: int, unverified: bool) -> None:
    patients = [ruled(finder.knowledge).patient(number + more, size) for more in range(3)]
    at = NOW - timedelta(days=days)
    expected = [row for one in patients for row in wanted(one, finder.knowledge, at, unverified=unverified)]
    assert Rows(finder, unverified=unverified).of(patients, at) == sorted(expected)


def test_rules_of_every_family_are_decided_on_rows(finder: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    patients = [ruled(finder.knowledge).patient(number, 30) for number in range(150)]
    expected = sorted(row for one in patients for row in wanted(one, finder.knowledge, NOW))
    alone: list[str] = []

    def counted(*given: object, **more: object) -> object:
        alone.append(str(given[0]))
        return infer(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(population, "infer", counted)
    assert Rows(finder).of(patients, NOW) == expected
    kinds = Counter(row.kind for row in expected)
    assert all(kinds[kind.value] > 3 for kind in IssueKind if kind.of_rule), kinds
    assert len(alone) < 5


@settings(max_examples=times(40), deadline=None)
@given(st.integers(0, 100_000), st.integers(2, 30), st.integers(0, 1_000))
def test_a_patient_kept_ready_says_what_rules_raise(finder: Finder, number: int, size: int, seed: int) -> None:
    record, facts = ruled(finder.knowledge).patient(number, size)
    chance, ruling = Random(seed), Ruling(finder)
    half = len(facts) // 2
    hot, here, away = Hot(finder, record, facts[:half]), list(facts[:half]), list(facts[half:])
    for _ in range(8):
        if away and (not here or chance.random() < 0.6):
            new = away.pop(chance.randrange(len(away)))
            hot = hot.changed(add=[new])
            here.append(new)
        elif here:
            gone = here.pop(chance.randrange(len(here)))
            hot = hot.changed(remove=[gone.id])
            away.append(gone)
        at = NOW - timedelta(days=chance.choice([0, 0, 100]))
        found = hot.raised(at, ruling)
        fresh = infer(record.key, record, here, finder.knowledge, at=at, revision=0).issues
        expected = {one.id: frozenset(i.fact for i in one.implicated) for one in fresh if one.kind.of_rule}
        assert found is None or {one.id_for(record.key): one.facts for one in found} == expected


def test_a_result_of_an_unknown_time_may_be_the_one_that_is_asked_for(finder: Finder) -> None:
    amiodarone = order(concept="rxnorm:703", when=Period("2024-01-01"))
    tsh = result("Observation/t1", "kgtwin:Thyrotropin", Quantity(value=Decimal(2), ucum="m[IU]/L"))
    undated = msgspec.structs.replace(tsh, when=Period())
    found = []
    for facts in ((amiodarone,), (amiodarone, tsh), (amiodarone, undated)):
        rows = Rows(finder).of([(patient(), facts)], AT)
        assert rows == sorted(wanted((patient(), facts), finder.knowledge, AT))
        found.append({row.statement for row in rows})
    assert "kgtwin:MON_0018" in found[0]
    assert found[0] - found[1] == found[0] - found[2] == {"kgtwin:MON_0018"}
    hot = Hot(finder, patient(), (amiodarone,)).changed(add=[undated])
    raised = hot.raised(AT, Ruling(finder))
    assert raised is not None
    assert {one.rule.curie for one in raised} == found[2]
    assert hot.changed(remove=[undated.id]).columns.untimed == ()


ASTHMA = "snomed:195967001"


def test_an_exception_may_follow_from_several_facts(finder: Finder) -> None:
    """What only a conjunction says of the patient silences a rule, too."""
    knowledge = finder.knowledge
    gap = next(one for one in knowledge.rules.care_gaps if one.conditions and one.unless_conditions)
    both = ObjectIntersectionOf((now(gap.conditions[0]), now(to_iri(ASTHMA))))
    edited = with_axiom(SubClassOf(both, ObjectSomeValuesFrom(HAS_EVER, Class(gap.unless_conditions[0]))), knowledge)
    record = patient(birth_date="1956-02-03", provenance=Provenance("local", "Patient/p1", "1"))
    alone = (condition("Condition/c1", to_curie(gap.conditions[0])),)
    together = (*alone, condition("Condition/c2", ASTHMA))
    for known, facts, count in ((knowledge, together, 1), (edited, alone, 1), (edited, together, 0)):
        rows = Rows(Finder(known)).of([(record, facts)], AT)
        assert rows == sorted(wanted((record, facts), known, AT))
        assert [row.statement for row in rows].count(gap.curie) == count


def now(name: str) -> ObjectSomeValuesFrom:
    return ObjectSomeValuesFrom(HAS_NOW, Class(name))


def with_axiom(axiom: Axiom, knowledge: Knowledge) -> Knowledge:
    ontology = msgspec.structs.replace(knowledge.ontology, axioms=(*knowledge.ontology.axioms, axiom))
    classes = (iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS)
    return Knowledge(ontology, classify(ontology.axioms, classes=classes))


def test_a_condition_that_an_answer_tells_is_one_on_rows_too(knowledge: Knowledge) -> None:
    """Alone, beside the same as a condition, and after an answer that takes it back."""
    edited = Knowledge(knowledge.ontology, knowledge.classification)
    rule = next(one for one in edited.rules.care_gaps if one.curie == "kgtwin:GAP_0003")
    about = msgspec.structs.replace(rule, conditions=(kgtwin("Pregnancy"),), history=(), ages=ANY_AGE)
    edited.rules = msgspec.structs.replace(edited.rules, care_gaps=(about,))
    pregnant, not_any_more = answered(1, "2026-01-10", "snomed:77386006"), answered(2, "2026-01-12", "snomed:60001007")
    known = condition(concept="snomed:72892002", when=Period("2025-11-01"))
    rows = Rows(Finder(edited))
    for facts in ((pregnant,), (pregnant, known), (known, pregnant), (pregnant, not_any_more), (known, not_any_more)):
        one = (patient(), facts)
        expected = wanted(one, edited, AT)
        assert rows.of([one], AT) == sorted(expected)
        raised = "kgtwin:GAP_0003" in {row.statement for row in expected}
        assert raised is (not_any_more not in facts or known in facts)


def answered(number: int, day: str, answer: str) -> Fact:
    return fact(
        FactKind.OBSERVATION,
        f"Observation/o{number}",
        "loinc:82810-3",
        status="final",
        when=Period(day),
        value=CodedValue(value=coded(answer)),
    )

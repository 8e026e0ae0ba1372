"""Whom a statement, a rule or a class concerns: the same patients as when each is asked alone."""

from __future__ import annotations

from datetime import datetime

import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.columns import Finder
from kgtwin.inference.concerned import Asking, Concerned
from kgtwin.inference.explaining.whynot import Case, why_not
from kgtwin.inference.population import Patient
from kgtwin.service.explaining import question
from tests.fuzz import times
from tests.inference.crowd import NOW, crowd
from tests.inference.factory import AT, condition, order, patient
from tests.inference.test_columns import ASTHMA, PROPRANOLOL

TAKES = "takesNow some (hasActiveIngredient some Metformin)"


@pytest.fixture(scope="module")
def finder(knowledge: Knowledge) -> Finder:
    return Finder(knowledge)


@pytest.fixture(scope="module")
def people(knowledge: Knowledge) -> list[Patient]:
    return [crowd(knowledge).patient(number, 50) for number in range(times(24))]


def asked(text: str, finder: Finder, people: list[Patient], at: datetime = NOW) -> list[Concerned]:
    return Asking(question(text, finder.knowledge), finder).of(people, at)


def alone(text: str, knowledge: Knowledge, one: Patient, at: datetime = NOW) -> bool:
    meant = question(text, knowledge)
    record, facts = one
    case = Case(patient=record.key, record=record, facts=facts, knowledge=knowledge, at=at, revision=1)
    return why_not(case, meant).holds


def test_every_statement_and_rule_concerns_whom_infer_finds(finder: Finder, people: list[Patient]) -> None:
    wanted: dict[str, list[Concerned]] = {}
    for record, facts in people:
        issues = infer(record.key, record, facts, finder.knowledge, at=NOW, revision=1).issues
        for statement in {one.statement for one in issues}:
            own = [one for one in issues if one.statement == statement]
            ids = tuple(sorted(one.id for one in own))
            rests_on = tuple(sorted({fact.fact for one in own for fact in one.implicated}))
            wanted.setdefault(statement, []).append(Concerned(record.key, ids, rests_on))
    assert len(wanted) > 5
    for statement in sorted(wanted)[:: len(wanted) // 12 + 1]:
        assert asked(statement, finder, people) == sorted(wanted[statement]), statement
    others = [one.curie for one in finder.statements if one.curie not in wanted]
    assert not any(asked(one, finder, people) for one in others[:: len(others) // 4])


@pytest.mark.parametrize(
    "text", [TAKES, f"{TAKES} and hasNow some Asthma", "FemalePatient", "hasAgeInYears some decimal[>= 65]"]
)
def test_other_classes_concern_whom_why_not_says(text: str, finder: Finder, people: list[Patient]) -> None:
    found = {one.patient for one in asked(text, finder, people)}
    assert found == {one[0].key for one in people if alone(text, finder.knowledge, one)}


def test_nobody_is_concerned_by_what_is_silenced(finder: Finder) -> None:
    facts = (condition(concept=ASTHMA), order(concept=PROPRANOLOL))
    unverified = next(one for one in finder.statements if not one.verified)
    asking = Asking(question(unverified.curie, finder.knowledge), finder, unverified=False)
    assert "KGTWIN_UNVERIFIED" in (asking.silent or "")
    assert asking.of([(patient(), facts)], AT) == []


def test_the_dead_are_not_concerned(finder: Finder) -> None:
    facts = (condition(concept=ASTHMA), order(concept=PROPRANOLOL))
    living, dead = (patient(), facts), (patient(deceased=True), facts)
    assert len(asked("hasNow some Asthma", finder, [living], AT)) == 1
    assert asked("hasNow some Asthma", finder, [dead], AT) == []

"""Whom statements concern, asked of sets of patients: the same as is found patient by patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge
from kgtwin.inference.columns import Finder, Many, cohort, many
from kgtwin.inference.columns.cohort import Cohort
from kgtwin.inference.columns.sets import PLACES
from kgtwin.inference.columns.work import I_PATIENT, I_STATEMENT
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.terminology import Terminology
from tests.fuzz import times
from tests.inference.crowd import NOW, Crowd, crowd
from tests.inference.factory import AT, condition, order, patient
from tests.inference.test_columns import ASTHMA, PROPRANOLOL, case_patients, knowledge_of, with_axiom

Pairs = set[tuple[int, int]]
DAYS = st.sampled_from([0, 0, 30, 400])


@pytest.fixture(scope="module")
def finder(knowledge: Knowledge) -> Finder:
    return Finder(knowledge)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    return Finder(knowledge_of(with_axiom(""), tmp_path_factory.mktemp("contexts")))


def one_by_one(finder: Finder, patients: Many, at: datetime) -> tuple[Pairs, set[int]]:
    """Who is found to be concerned by what patient by patient, and who is left to `infer`."""
    found = list(finder.found(patients, at))
    pairs = {(row[I_PATIENT], row[I_STATEMENT]) for one in found for row in one.issues.tolist()}
    return pairs, {whole for one in found for whole in one.wholes.tolist()}


def check(finder: Finder, patients: Many, at: datetime, statements: Iterable[Statement] | None = None) -> int:
    """That sets say what the search says, of all statements and of some; how many pairs there are."""
    wanted, wholes = one_by_one(finder, patients, at)
    sets = Cohort(finder, patients, at)
    asked = finder.statements if statements is None else tuple(statements)
    numbers = {finder.numbers[one.iri] for one in asked}
    found = sets.concerned(asked)
    undecided = set(found.undecided.tolist())
    assert undecided <= wholes
    pairs = {tuple(one) for one in found.pairs.tolist()}
    assert len(pairs) == len(found.pairs), "each is said once"
    assert {one for one in pairs if one[0] not in wholes} == {one for one in wanted if one[1] in numbers}
    for one in asked[:: len(asked) // 7 + 1]:
        alone = sets.concerned([one]).pairs.tolist()
        assert alone == [list(pair) for pair in sorted(pairs) if pair[1] == finder.numbers[one.iri]]
    return len(pairs)


def rows(finder: Finder, numbers: Sequence[int], size: int) -> Many:
    made = Crowd(finder.knowledge) if len(finder.statements) < 100 else crowd(finder.knowledge)
    return many(finder.columns(*made.patient(number, size)) for number in numbers)


@settings(max_examples=times(40), deadline=None)
@given(st.lists(st.integers(0, 100_000), max_size=30), st.integers(1, 60), DAYS)
def test_invented_patients(finder: Finder, numbers: list[int], size: int, days: int) -> None:
    check(finder, rows(finder, numbers, size), NOW - timedelta(days=days))


@settings(max_examples=times(60), deadline=None)
@given(st.lists(st.integers(0, 100_000), max_size=30), st.integers(1, 40), DAYS)
def test_issues_of_every_kind(contexts: Finder, numbers: list[int], size: int, days: int) -> None:
    check(contexts, rows(contexts, numbers, size), NOW - timedelta(days=days))


def test_patients_in_several_blocks(finder: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort, "BLOCK", 64)
    assert check(finder, rows(finder, range(70), 30), NOW) > 10


def test_what_counts_is_told_in_portions(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgtwin.inference.columns.searching.COUNTING", 1)
    fresh = Finder(knowledge)  # gains by intervals are found to be missing on the way
    sets = Cohort(fresh, rows(fresh, range(30), 40), NOW)
    assert {tuple(one) for one in sets.concerned(fresh.statements).pairs.tolist()} == one_by_one(
        fresh, rows(fresh, range(30), 40), NOW
    )[0]


def test_every_context(contexts: Finder, terminology: Terminology) -> None:
    for people, finder, at in case_patients("contexts/patients", contexts, terminology):
        check(finder, many(finder.columns(*one) for one in people), at)


def test_the_dead_and_nobody(finder: Finder) -> None:
    facts = (condition(concept=ASTHMA), order(concept=PROPRANOLOL))
    people = many(finder.columns(one, facts) for one in (patient(), patient(deceased=True)))
    assert {one[0] for one in Cohort(finder, people, AT).concerned(finder.statements).pairs.tolist()} == {0}
    assert not len(Cohort(finder, many(()), AT).concerned(finder.statements).pairs)


def test_who_contradicts_himself_is_undecided(tmp_path: Path) -> None:
    axiom = "SubClassOf(ObjectIntersectionOf(ObjectSomeValuesFrom(:takesNow ObjectSomeValuesFrom(:hasActiveIngredient "
    axiom += "rxnorm:5640)) ObjectSomeValuesFrom(:hasNow snomed:195967001)) owl:Nothing)"
    finder = Finder(knowledge_of(with_axiom(axiom), tmp_path))
    both = (condition(concept=ASTHMA), order(concept="rxnorm:5640"))
    people = many(finder.columns(patient(), facts) for facts in (both[:1], both, both[1:]))
    found = Cohort(finder, people, AT).concerned(finder.statements)
    assert found.undecided.tolist() == [1]
    assert 1 not in found.pairs[:, 0]


def test_a_statement_of_other_knowledge(finder: Finder) -> None:
    other = msgspec.structs.replace(finder.statements[0], iri="https://example.org/other")
    with pytest.raises(KeyError):
        Cohort(finder, rows(finder, [1], 10), NOW).concerned([other])


def test_every_bit_has_a_place_of_its_own() -> None:
    assert sorted(PLACES.tolist()) == list(range(64))

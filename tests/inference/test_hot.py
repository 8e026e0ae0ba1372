"""A patient that is kept ready and changed says what one that is read afresh says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from gc import collect
from random import Random
from weakref import ref

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.columns import Finder
from kgtwin.inference.columns.hot import MOST_GONE, Hot
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.model.fact import Quantity
from kgtwin.model.time import Period
from tests.fuzz import times
from tests.inference.crowd import NOW, Crowd
from tests.inference.factory import AT, order, patient, result
from tests.inference.test_columns import contexts  # noqa: F401 - a fixture


@settings(max_examples=times(60), deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(0, 1_000))
@example(11, 40, 3)
def test_any_history_of_changes(contexts: Finder, number: int, size: int, seed: int) -> None:  # noqa: F811
    record, facts = Crowd(contexts.knowledge).patient(number, size)
    chance = Random(seed)
    hot, here, away = Hot(contexts, record, facts[: size // 2]), list(facts[: size // 2]), list(facts[size // 2 :])
    for _ in range(12):
        first = hot
        if away and (not here or chance.random() < 0.6):
            new = away.pop(chance.randrange(len(away)))
            hot = hot.changed(add=[new])
            here.append(new)
        else:
            gone = here.pop(chance.randrange(len(here)))
            hot = hot.changed(remove=[gone.id])
            away.append(gone)
        at = NOW - timedelta(days=chance.choice([0, 0, 50]))
        fresh = infer(record.key, record, here, contexts.knowledge, at=at, revision=0)
        assert hot.facts == tuple(here)
        assert hot.issue_ids(at) == {issue.id for issue in fresh.issues}
        assert first is not hot


def test_what_was_supposed_leaves_the_patient_as_it_was(contexts: Finder) -> None:  # noqa: F811
    record, facts = Crowd(contexts.knowledge).patient(7, 40)
    hot = Hot(contexts, record, facts)
    before = hot.issue_ids(NOW)
    bare = hot.changed(remove=[fact.id for fact in facts])
    assert (bare.facts, bare.issue_ids(NOW)) == ((), frozenset())
    assert bare.changed(add=facts).issue_ids(NOW) == before == hot.issue_ids(NOW)
    assert hot.facts == facts
    assert before


def test_the_proof_of_a_changed_patient(contexts: Finder) -> None:  # noqa: F811
    record, facts = Crowd(contexts.knowledge).patient(7, 40)
    hot = Hot(contexts, record, facts[5:]).changed(add=facts[:5])
    fresh = {i.id: i for i in infer(record.key, record, hot.facts, contexts.knowledge, at=NOW, revision=9).issues}
    found = hot.findings(NOW)
    assert found
    assert {one.id: one for one in (hot.proved(f, at=NOW, revision=9) for f in found)} == fresh


def test_a_fact_that_is_not_there_cannot_be_removed(knowledge: Knowledge) -> None:
    with pytest.raises(KeyError):
        Hot(Finder(knowledge), None, ()).changed(remove=["f-none"])


def test_what_rows_cannot_say_is_asked_of_infer(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an ontology with rules, say, rows tell a part only."""
    finder = Finder(knowledge)
    record, facts = next(one for one in map(Crowd(knowledge).patient, range(20)) if Hot(finder, *one).issue_ids(NOW))
    hot = Hot(finder, record, facts)
    found, wanted = hot.findings(NOW), hot.issue_ids(NOW)
    assert found
    finder.obstacle = "a rule"
    monkeypatch.setattr(Finder, "findings", lambda *_: found[1:])
    assert hot.findings(NOW) is None
    assert hot.issues(NOW, Ruling(finder)) is None
    assert hot.issue_ids(NOW) == wanted


def test_what_is_decided_holds_no_earlier_rows(knowledge: Knowledge) -> None:
    metformin = order("MedicationRequest/m1", "rxnorm:6809", when=Period("2022-01-01"))
    finder, values = Finder(knowledge), Quantity(Decimal(4), code="mmol/L", ucum="mmol/L")
    ruling, hot = Ruling(finder), Hot(finder, patient(), (metformin, result("Observation/r0", "loinc:2823-3", values)))
    first = ref(hot.columns.results)
    assert hot.raised(AT, ruling)
    hot = hot.changed(add=[result("Observation/r1", "loinc:2823-3", values, when=Period("2026-01-02"))])
    assert hot.raised(AT, ruling)
    collect()
    assert first() is None


def test_a_patient_who_changes_for_years_does_not_grow(knowledge: Knowledge) -> None:
    finder = Finder(knowledge)
    hot, ruling = Hot(finder, patient(), (order(when=Period("2022-01-01")),)), Ruling(finder)
    wanted = hot.raised(AT, ruling)
    for number in range(3 * MOST_GONE):
        value = Quantity(Decimal(4), code="mmol/L", ucum="mmol/L")
        other = result(f"Observation/r{number}", "loinc:2823-3", value)
        hot = hot.changed(add=[other]).changed(remove=[other.id])
    assert hot.columns.of_spans[0] < 2 * MOST_GONE
    assert len(hot._given) < 2 * MOST_GONE
    assert len(hot._noted) < 2 * MOST_GONE
    assert hot.raised(AT, ruling) == wanted


def test_what_is_supposed_for_years_does_not_grow(knowledge: Knowledge) -> None:
    hot = Hot(Finder(knowledge), patient(), (order(when=Period("2022-01-01")),))
    for number in range(3 * MOST_GONE):
        other = order(f"MedicationRequest/o{number}")
        supposed = hot.changed(add=[other])
        assert supposed.changed(remove=[other.id]).facts == hot.facts
    assert len(hot._noted) < 2 * MOST_GONE

"""A patient that is kept ready and changed says what one that is read afresh says."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.columns import Finder
from kgtwin.inference.columns.hot import Hot
from tests.fuzz import times
from tests.inference.crowd import NOW, Crowd
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

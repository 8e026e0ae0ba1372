"""What rules decide again after a change is what they decide of the patient who came out of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import to_curie
from kgtwin.inference import Knowledge
from kgtwin.inference.columns import Finder
from kgtwin.inference.columns.hot import Hot, Issues
from kgtwin.inference.columns.meanings import Meanings
from kgtwin.inference.columns.on_rows import OnRows, Ruled, Seen
from kgtwin.inference.columns.ruling import Ruling
from kgtwin.inference.rules import care_gaps, dose
from kgtwin.inference.rules.known import Received, Result
from kgtwin.inference.rules.raised import Asked
from kgtwin.inference.rules.taking import taken_now
from kgtwin.model.axioms import ClassExpression
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.time import Period
from kgtwin.vocabulary import HAS_LATEST_RESULT
from tests.fuzz import times
from tests.inference.crowd import NOW
from tests.inference.factory import AT, order, patient
from tests.inference.ruled import RuledCrowd


@pytest.fixture(scope="module")
def finder(knowledge: Knowledge) -> Finder:
    return Finder(knowledge)


@pytest.fixture(scope="module")
def ruling(finder: Finder) -> Ruling:
    return Ruling(finder)


@pytest.fixture(scope="module")
def crowd(knowledge: Knowledge) -> RuledCrowd:
    return RuledCrowd(knowledge)


def told(issues: Issues | None) -> object:
    """What issues say, whatever the places of facts are."""
    if issues is None:
        return None
    return [(one.rule.curie, one.id_for("p"), sorted(one.facts)) for one in issues.raised]


def at_once(hot: Hot, finder: Finder, at: datetime) -> Issues | None:
    """All issues of a patient, where nothing was kept of rules."""
    looked = finder.look(hot.columns, at)
    if looked is None or looked[1] is None:
        return None if looked is None else Issues((), ())
    found, holding = looked
    assert holding is not None
    raised = Ruling(finder).decided(Seen(Ruled(hot.record, hot.facts, hot.columns), at, holding, found))
    return None if raised is None else Issues(found, raised)


@settings(max_examples=times(120), deadline=None)
@given(st.integers(0, 100_000), st.integers(5, 80), st.integers(0, 1_000))
def test_a_history_of_changes_ends_as_its_last_state(
    finder: Finder, ruling: Ruling, crowd: RuledCrowd, number: int, size: int, seed: int
) -> None:
    record, facts = crowd.patient(number, size)
    chance = Random(seed)
    others = [_called_for(finder.knowledge, chance, number) for number in range(6)]
    here, away = list(facts[::2]), [*facts[1::2], *others]
    hot, at = Hot(finder, record, here), NOW - timedelta(days=chance.choice([0, 30, 300]))
    steps = [0, 0, 0, 0, 1e-6, 1, 3_600, 86_400, 7 * 86_400, 31 * 86_400, 100 * 86_400, -86_400]
    for _ in range(12):
        added = [away.pop(chance.randrange(len(away))) for _ in range(chance.randint(0, 2)) if away]
        gone = [here.pop(chance.randrange(len(here))) for _ in range(chance.randint(0, 2)) if here]
        hot = hot.changed(remove=[one.id for one in gone], add=added)
        here += added
        away += gone
        at += timedelta(seconds=chance.choice(steps))
        assert told(hot.issues(at, ruling)) == told(at_once(Hot(finder, record, here), finder, at))
        assert told(hot.issues(at, ruling)) == told(hot.issues(at, ruling))


def _called_for(knowledge: Knowledge, chance: Random, number: int) -> Fact:
    """An order of a medicine that a condition calls for, whatever became of it."""
    medicine = chance.choice([one for gap in knowledge.rules.care_gaps for one in gap.medicines])
    status = chance.choice(["active", "stopped", "on-hold", "entered-in-error"])
    return order(f"MedicationRequest/called{number}", to_curie(medicine), status=status)


def test_an_earlier_order_says_since_when_a_medicine_is_taken(finder: Finder, ruling: Ruling) -> None:
    """Metformin of last week is none to be monitored; with the order before it has been taken for years."""
    now = order("MedicationRequest/m1", when=Period("2026-01-10"))
    before = order("MedicationRequest/m0", status="completed", when=Period("2022-01-01", "2026-01-09"))
    hot = Hot(finder, patient(), (now,))
    alone = told(hot.issues(AT, ruling))
    both = hot.changed(add=[before])
    assert told(both.issues(AT, ruling)) == told(Hot(finder, patient(), (now, before)).issues(AT, Ruling(finder)))
    assert told(both.issues(AT, ruling)) != alone
    assert told(both.changed(remove=[before.id]).issues(AT, ruling)) == alone


def test_a_change_that_touches_no_rule_decides_nothing_again(
    finder: Finder, ruling: Ruling, crowd: RuledCrowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of a patient whose rules have much to say."""
    record, facts = next(
        (record, facts)
        for record, facts in map(crowd.patient, range(50), [60] * 50)
        if len((Hot(finder, record, facts).issues(NOW, ruling) or Issues((), ())).raised) > 3
    )
    other = Hot(finder, record, facts)
    before = other.issues(NOW, ruling)
    quiet = [one for one in facts if told(other.changed(remove=[one.id]).issues(NOW, ruling)) == told(before)]
    monkeypatch.setattr(OnRows, "measured", _never)
    monkeypatch.setattr(OnRows, "received", _never)
    silent = 0
    for one in quiet:
        try:
            assert told(other.changed(remove=[one.id]).issues(NOW, ruling)) == told(before)
            silent += 1
        except _AskedError:
            continue
    assert silent > len(quiet) / 4


def test_threads_share_what_they_learn(knowledge: Knowledge, crowd: RuledCrowd) -> None:
    """Facts that were never seen come to several patients at once."""
    patients = [crowd.patient(number, 20) for number in range(24)]
    alone, shared = (_becoming(knowledge) for _ in range(2))
    wanted = [alone(*one) for one in patients]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(shared, *zip(*patients, strict=True))) == wanted
    finally:
        sys.setswitchinterval(before)
    assert any(raised for one in wanted for raised in one)


def _becoming(knowledge: Knowledge) -> Callable[[PatientRecord, Iterable[Fact]], list[object]]:
    """Tells the issues of a patient after every fact that comes."""
    finder = Finder(knowledge)
    ruling = Ruling(finder)

    def become(record: PatientRecord, facts: Iterable[Fact]) -> list[object]:
        hot, found = Hot(finder, record, ()), list[object]()
        for fact in facts:
            hot = hot.changed(add=[fact])
            found.append(told(hot.issues(NOW, ruling)))
        return found

    return become


class _AskedError(Exception):
    pass


def _never(*_: object) -> Iterable[object]:
    raise _AskedError


class Listening(OnRows):
    """Notes what it is asked."""

    fillers: set[tuple[str, str]]
    types: set[ClassExpression]

    def received(self, role: str, names: Sequence[str]) -> Iterable[Received]:  # type: ignore[override]
        self.fillers.update((role, name) for name in names)
        return super().received(role, names)

    def results(self, name: str) -> Iterable[Result]:  # type: ignore[override]
        self.fillers.add((HAS_LATEST_RESULT, name))
        return super().results(name)

    def holds(self, expression: ClassExpression) -> bool:
        self.types.add(expression)
        return super().holds(expression)


def test_rules_say_all_that_they_ask(finder: Finder, crowd: RuledCrowd) -> None:
    """Otherwise a change would not touch them."""
    knowledge, meanings = finder.knowledge, Meanings(finder.gains)
    heard = 0
    for number in range(60):
        record, facts = crowd.patient(number, 40)
        columns = finder.columns(record, facts)
        looked = finder.look(columns, NOW)
        if looked is None or looked[1] is None:
            continue
        seen = Seen(Ruled(record, facts, columns), NOW, looked[1], looked[0])
        listening = Listening(seen, finder, meanings)
        for gap in knowledge.rules.care_gaps:
            calling, silencing = care_gaps.asked_by(gap, knowledge)
            heard += _heard(listening, lambda known, gap=gap: care_gaps.untreated(gap, known), (calling, silencing))
        for taken in taken_now(listening):
            limits = knowledge.by_ingredient.dose_limits(taken.ingredient)
            asked = tuple(dose.asked_by(limit, knowledge) for limit in limits)
            heard += _heard(listening, lambda known, one=taken: list(dose.Limits(known, ()).evaluate((one,))), asked)
    assert heard > 100


def _heard(listening: Listening, ask: object, declared: tuple[Asked, ...]) -> int:
    listening.fillers, listening.types = set(), set()
    assert callable(ask)
    ask(listening)
    assert listening.fillers <= {one for asked in declared for one in asked.fillers}
    assert listening.types <= {one for asked in declared for one in asked.types}
    return len(listening.fillers) + len(listening.types)

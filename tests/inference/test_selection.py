"""Which facts count: every rule of docs/modelling.md, each with the case just outside it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kgtwin.inference import Knowledge, infer
from kgtwin.inference.realising.selection import deceased, not_begun, select, unconfirmed
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, FactKind, TextValue
from kgtwin.model.time import Period
from kgtwin.vocabulary import ALLERGIC_TO, FAMILY_HAS, HAS_EVER, HAS_NOW, INTOLERANT_TO, TAKES_NOW, TOOK_EVER
from tests.inference.factory import AT, PATIENT, allergy, condition, endless, fact, order, patient


def roles(one: Fact) -> list[str]:
    return [selected.role for selected in select([one], AT, endless)]


def codes(one: Fact) -> set[CaveatCode]:
    return {caveat.code for selected in select([one], AT, endless) for caveat in selected.caveats}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [TAKES_NOW]),
        ({"intent": "original-order"}, [TAKES_NOW]),
        ({"intent": "filler-order"}, [TAKES_NOW]),
        ({"intent": "proposal"}, []),
        ({"intent": "plan"}, []),
        ({"intent": "option"}, []),
        ({"intent": None}, []),
        ({"status": "stopped"}, [TOOK_EVER]),
        ({"status": "on-hold"}, []),
        ({"status": "draft"}, []),
        ({"status": "cancelled"}, []),
        ({"status": "unknown"}, []),
        ({"do_not_perform": True}, []),
        ({"when": Period("2026-01-16")}, []),
        ({"when": Period("2025-01-01", "2025-02-01")}, [TOOK_EVER]),
        ({"when": Period("2025-01-01", "2026-02-01")}, [TAKES_NOW]),
        ({"when": Period("2025-01-01", "2026-01-15")}, [TAKES_NOW]),
        ({"status": "completed"}, [TOOK_EVER]),
        ({"status": "completed", "when": Period("2026-01-10", "2026-01-20")}, [TAKES_NOW]),
        ({"status": "completed", "supplied": Period("2026-01-10", "2026-02-09")}, [TAKES_NOW]),
        ({"status": "completed", "supplied": Period("2025-01-10", "2025-02-09")}, [TOOK_EVER]),
        ({"origin": "statement", "intent": None}, [TAKES_NOW]),
        ({"origin": "statement", "intent": None, "status": "not-taken"}, []),
        ({"origin": "statement", "intent": None, "status": "intended"}, []),
        ({"origin": "statement", "intent": None, "status": "completed"}, [TOOK_EVER]),
        ({"origin": "administration", "intent": None, "status": "in-progress"}, [TAKES_NOW]),
        ({"origin": "administration", "intent": None, "status": "not-done"}, []),
        (
            {"origin": "administration", "intent": None, "status": "completed", "when": Period("2026-01-15T08:00:00Z")},
            [TAKES_NOW],
        ),
        (
            {
                "origin": "administration",
                "intent": None,
                "status": "completed",
                "when": Period("2026-01-15T08:00:00Z", "2026-01-15T08:05:00Z"),
            },
            [TAKES_NOW],
        ),
        (
            {"origin": "administration", "intent": None, "status": "completed", "when": Period("2026-01-13T08:00:00Z")},
            [TOOK_EVER],
        ),
    ],
)
def test_medications(given: dict[str, Any], expected: list[str]) -> None:
    assert roles(order(**given)) == expected


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, CaveatCode.UNKNOWN_END),
        ({"when": Period()}, CaveatCode.UNKNOWN_START),
        ({"when": Period("2026")}, CaveatCode.UNKNOWN_START),
        ({"as_needed": True}, CaveatCode.AS_NEEDED),
        ({"supplied": Period("2025-01-01", "2025-01-31")}, CaveatCode.UNKNOWN_END),
    ],
)
def test_medication_caveats(given: dict[str, Any], code: CaveatCode) -> None:
    assert code in codes(order(**given))


def test_a_stated_end_needs_no_caveat() -> None:
    assert codes(order(when=Period("2025-01-01", "2026-06-01"))) == set()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [HAS_NOW]),
        ({"status": "recurrence"}, [HAS_NOW]),
        ({"status": "relapse"}, [HAS_NOW]),
        ({"status": None}, [HAS_NOW]),
        ({"status": "resolved"}, [HAS_EVER]),
        ({"status": None, "value": TextValue("as a child", "abatementString")}, [HAS_EVER]),
        ({"status": None, "value": TextValue("as a child", "onsetString")}, [HAS_NOW]),
        ({"status": "remission"}, [HAS_EVER]),
        ({"status": "inactive"}, [HAS_EVER]),
        ({"status": "resolved", "when": Period("2020", "2021")}, [HAS_EVER]),
        ({"status": "active", "when": Period("2020", "2021")}, [HAS_EVER]),
        ({"when": Period("2026-01-16")}, []),
        ({"verification": None}, [HAS_NOW]),
        ({"verification": "provisional"}, []),
        ({"verification": "differential"}, []),
        ({"verification": "unconfirmed"}, []),
        ({"verification": "refuted"}, []),
    ],
)
def test_conditions(given: dict[str, Any], expected: list[str]) -> None:
    assert roles(condition(**given)) == expected


def test_a_resolved_condition_was_present_before_it_ended() -> None:
    past = condition(status="resolved", when=Period("2020-01-01", "2026-03-01"))
    assert roles(past) == [HAS_NOW]


def test_unverified_condition_counts_with_a_caveat() -> None:
    assert codes(condition(verification=None)) == {CaveatCode.UNCONFIRMED}


@pytest.mark.parametrize(
    ("given", "recorded", "told"),
    [
        ({"when": Period("2040")}, None, True),
        ({"when": Period("2040")}, "2020-01-01", True),
        ({"when": Period("2040")}, "2040-02-01", False),
        ({"when": Period("2040"), "status": "relapse"}, None, True),
        ({"when": Period("2040"), "status": "resolved"}, None, False),
        ({"when": Period("2040"), "status": None}, None, False),
        ({"when": Period("2040"), "verification": "provisional"}, None, False),
        ({"when": Period(str(AT.year))}, None, False),
        ({"when": Period()}, None, False),
    ],
)
def test_an_active_condition_of_the_future_is_named(given: dict[str, Any], recorded: str | None, told: bool) -> None:
    one = condition(**given)
    one = msgspec.structs.replace(one, provenance=msgspec.structs.replace(one.provenance, recorded=recorded))
    found = list(not_begun([one], AT))
    assert [(caveat.code, caveat.touches) for caveat in found] == [(CaveatCode.IMPLAUSIBLE, ("Condition/c1",))] * told
    if told:
        assert roles(one) == []
        assert found[0].remedy


def test_the_age_at_which_a_condition_begins_is_told_as_it_was_received(knowledge: Knowledge) -> None:
    one = condition(when=Period("2040"), value=TextValue("90 a", "onsetAge"))
    found = infer(PATIENT, patient(), [one], knowledge, at=AT, revision=1)
    (caveat,) = [caveat for caveat in found.caveats if caveat.code is CaveatCode.IMPLAUSIBLE]
    assert "is active, and begins 2040 (onsetAge 90 a), in the future" in caveat.text


def test_unconfirmed_conditions_are_named() -> None:
    found = list(unconfirmed([condition(verification="provisional"), condition(verification="refuted")], AT, endless))
    assert [caveat.code for caveat in found] == [CaveatCode.UNCONFIRMED]
    assert found[0].touches == ("Condition/c1",)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [ALLERGIC_TO]),
        ({"type": None}, [ALLERGIC_TO]),
        ({"type": "intolerance"}, [INTOLERANT_TO]),
        ({"verification": "refuted"}, []),
        ({"verification": "unconfirmed"}, [ALLERGIC_TO]),
        ({"status": "resolved"}, []),
        ({"status": "inactive"}, []),
        ({"when": Period("2026-02-01")}, []),
    ],
)
def test_allergies(given: dict[str, Any], expected: list[str]) -> None:
    assert roles(allergy(**given)) == expected


def test_family_history_is_the_family_s() -> None:
    assert roles(fact(FactKind.FAMILY_HISTORY, "FamilyMemberHistory/f1", "snomed:195967001")) == [FAMILY_HAS]


@pytest.mark.parametrize(
    ("value", "dead"),
    [(None, False), (False, False), (True, True), ("2026-01-14", True), ("2026-01", True), ("2026-01-16", False)],
)
def test_death(value: str | bool | None, dead: bool) -> None:
    assert deceased(patient(deceased=value), AT) is dead

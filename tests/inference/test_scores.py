"""Published equations over a patient's facts, from FHIR resources to a number, a range or a refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgtwin.inference import Knowledge
from kgtwin.inference.equations.definitions import YES_OR_NO, Equation
from kgtwin.inference.scores.scoring import _readable
from kgtwin.model.axioms import Interval
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.score import Score, ScoreStatus
from kgtwin.terminology import Terminology
from tests.fuzz import times
from tests.inference.scoring import (
    AT,
    FLUTTER,
    MAN,
    Resource,
    Scorer,
    condition,
    creatinine,
    ends,
    missing,
    names,
    observation,
    patient,
    smoking,
)

EXAMPLES = [
    ("CockcroftGaultClearance", 0), ("CockcroftGaultClearance", 1), ("CockcroftGaultClearance", 2), ("CKDEPI2021", 0),
    ("MELD30", 0), ("KFRE4NorthAmerica2Years", 0), ("KFRE4NorthAmerica2Years", 1), ("KFRE4NorthAmerica5Years", 0),
    ("PREVENTTotalCVD10Years", 0), ("PREVENTASCVD10Years", 0), ("PREVENTHeartFailure10Years", 0), ("CHA2DS2VASc", 0),
]  # fmt: skip
"""Equation and number of each published example."""
SAID = ("CHA2DS2VASc", "CKDEPI2021", "CockcroftGaultClearance", "KFRE4NorthAmerica5Years", "MELD30", "FIB4")
"""Equations of which every input can be stated."""


@pytest.fixture(scope="module")
def scorer(knowledge: Knowledge, terminology: Terminology) -> Scorer:
    return Scorer(knowledge, terminology)


# Published examples


def test_every_published_example_is_run(knowledge: Knowledge) -> None:
    found = [(iri.rpartition("#")[2], n) for iri, one in knowledge.equations.items() for n in range(len(one.examples))]
    assert sorted(found) == sorted(EXAMPLES)


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_a_published_example_from_resources(name: str, number: int, scorer: Scorer) -> None:
    example = scorer.equation(name).examples[number]
    score = scorer.of_values(name, example.values)
    assert score.status is ScoreStatus.VALUE, (score.missing, score.refusals)
    assert score.result == pytest.approx(example.result, abs=example.tolerance)
    assert (score.missing, score.refusals) == ((), ())
    assert {one.name: one.value.low for one in score.inputs} == pytest.approx(example.values)
    assert all(one.facts for one in score.inputs)


def test_a_score_says_where_it_is_from(scorer: Scorer) -> None:
    score = scorer.score("KFRE4NorthAmerica5Years", [MAN, creatinine(2.0)])
    assert (score.basis, score.kind, score.unit, score.horizon) == ("scored", "risk", "1", "P5Y")
    assert (score.patient, score.at, score.revision) == ("local|p1", "2026-01-15T12:00:00Z", 1)
    assert score.doi == "10.1001/jama.2015.18202"
    assert {one.status for one in score.evidence} == {"verified"}
    assert score.checked_by is not None
    assert "not on dialysis" in (score.population or "")
    assert score.review == "not clinically reviewed"
    assert scorer.score("MELD30", [MAN]).confidence[0].startswith("C statistic 0.869")
    assert [scorer.all([MAN])[name].kind for name in ("CHA2DS2VASc", "FIB4")] == ["points", "estimate"]


def test_scores_are_made_where_they_are_asked_for(scorer: Scorer) -> None:
    assert scorer.inference([MAN], scores=False).scores == ()
    assert len(scorer.inference([MAN]).scores) == len(scorer.knowledge.equations)


# What is missing


@pytest.mark.parametrize("name", SAID)
@settings(max_examples=times(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_range_holds_the_whole_answer_and_never_widens(name: str, data: st.DataObject, scorer: Scorer) -> None:
    equation = scorer.equation(name)
    full = drawn(equation, data)
    more = data.draw(st.sets(st.sampled_from(sorted(full))), label="known")
    less = data.draw(st.sets(st.sampled_from(sorted(more))), label="known at first") if more else set()
    whole, some, few = (scorer.of_values(name, {k: full[k] for k in sorted(keys)}) for keys in (set(full), more, less))
    assert whole.result is not None, (whole.missing, whole.refusals)
    (low, high), (lowest, highest) = ends(some.value), ends(few.value)
    slack = 1e-9 * max(1.0, abs(lowest), abs(highest))
    assert lowest - slack <= low <= whole.result + slack
    assert whole.result - slack <= high <= highest + slack
    assert names(some) == set(full) - more


def drawn(equation: Equation, data: st.DataObject) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, one in equation.inputs.items():
        if one.kind in YES_OR_NO:
            found[name] = float(data.draw(st.booleans(), label=name))
        elif one.kind == "age":
            found[name] = float(data.draw(st.integers(int(one.limits.low), int(one.limits.high)), label=name))
        else:
            tenth = (one.limits.high - one.limits.low) / 10
            found[name] = round(data.draw(st.floats(one.limits.low + tenth, one.limits.high - tenth), label=name), 3)
    return found


def test_the_next_best_fact_comes_first_and_says_what_it_changes(scorer: Scorer) -> None:
    score = scorer.score("CHA2DS2VASc", [MAN, FLUTTER, condition("ht", "snomed:38341003")])
    assert ends(score.value) == (2.0, 7.0)
    assert [one.name for one in score.missing] == ["stroke", "heartFailure", "diabetes", "vascular"]
    first = score.missing[0]
    assert (ends(first.if_lowest), ends(first.if_highest)) == ((2.0, 5.0), (4.0, 7.0))
    assert (first.sure, first.most) == pytest.approx((0.4, 0.4))
    assert "unrecorded is not absent" in first.reason


def test_an_answer_that_decides_little_either_way_comes_last(scorer: Scorer) -> None:
    found = scorer.score("HASBLED", [MAN, FLUTTER, condition("c", "kgtwin:Cirrhosis")])
    assert missing(found, "bilirubinMultiple").most == 0.0
    assert found.missing[-1].most == 0.0
    assert all(a.sure >= b.sure for a, b in zip(found.missing, found.missing[1:], strict=False))
    assert all(0.0 <= one.sure <= one.most <= 1.0 for one in found.missing)


def test_a_question_without_a_code_is_always_missing(scorer: Scorer) -> None:
    assert "only who asks" in missing(scorer.score("HASBLED", [MAN, FLUTTER]), "labileINR").reason


# For whom an equation was made


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("PREVENTASCVD10Years", condition("c", "snomed:22298006", status="resolved"), "Ischaemic heart disease"),
        ("PREVENTHeartFailure10Years", condition("c", "snomed:84114007"), "Heart failure"),
        ("PREVENTTotalCVD10Years", condition("c", "snomed:399211009"), "Ischaemic heart disease"),
        ("KFRE4NorthAmerica2Years", condition("c", "kgtwin:DialysisDependentRenalFailure"), "dialysis"),
        ("KFRE4NorthAmerica2Years", observation("e", "loinc:98979-8", 90, "mL/min/{1.73_m2}"), "90"),
        ("FINDRISC", condition("c", "snomed:44054006"), "Diabetes"),
        ("CHA2DS2VASc", condition("c", "kgtwin:AtrialFibrillationOrFlutter", "refuted"), "Atrial fibrillation"),
        ("CKDEPI2021", condition("c", "kgtwin:AcuteKidneyInjury"), "Acute kidney injury"),
        ("CKDEPI2021", condition("c", "kgtwin:Pregnancy"), "Pregnancy"),
        ("CKDEPI2021", creatinine(31), "31"),
        ("CKDEPI2021", creatinine(30, quantity={"comparator": ">"}), "> 30"),
    ],
)
def test_who_is_certainly_outside_is_refused(name: str, given: Resource, why: str, scorer: Scorer) -> None:
    score = scorer.score(name, [MAN, given])
    assert score.status is ScoreStatus.REFUSED
    assert (score.value, score.established) == (None, False)
    (refusal,) = score.refusals
    assert why in refusal


def test_a_refusal_is_readable_and_never_rounded_into_the_limits() -> None:
    limits = Interval(Decimal(1), False, Decimal(60), False)
    for number, shown in (("96.68409555865611", "= 96.6841"), ("60.0000001", "= 60.0000001")):
        assert _readable(Interval(Decimal(number), False, Decimal(number), False), limits) == shown


def test_a_child_gets_no_adult_index(scorer: Scorer) -> None:
    child = [patient(10), observation("w", "loinc:29463-7", 30, "kg"), observation("h", "loinc:8302-2", 140, "cm")]
    assert scorer.score("BodyMassIndex", child).status is ScoreStatus.REFUSED
    assert scorer.score("BodyMassIndex", [patient(40), *child[1:]]).result == pytest.approx(30 / 1.4**2)


def test_who_may_be_outside_is_told(scorer: Scorer) -> None:
    unknown = scorer.score("CHA2DS2VASc", [MAN])
    assert unknown.status is ScoreStatus.RANGE
    assert not unknown.established
    assert any("Atrial fibrillation" in text and "not recorded" in text for text in unknown.unconfirmed)
    known = scorer.score("CHA2DS2VASc", [MAN, FLUTTER])
    assert (known.established, known.unconfirmed) == (True, ())


# Death and contradictions


@pytest.mark.parametrize("deceased", [{"deceasedBoolean": True}, {"deceasedDateTime": "2025-12-31"}])
def test_the_dead_have_no_scores(deceased: dict[str, Any], scorer: Scorer) -> None:
    assert scorer.inference([{**MAN, **deceased}, creatinine()]).scores == ()


def test_before_death_there_are_scores(scorer: Scorer) -> None:
    died = {**MAN, "deceasedDateTime": "2026-01-12"}
    assert scorer.inference([died, creatinine()], datetime(2026, 1, 11, tzinfo=UTC)).scores
    assert scorer.inference([died, creatinine()], AT).scores == ()


def test_a_patient_of_whom_nothing_is_known(scorer: Scorer) -> None:
    for score in scorer.all([creatinine()]).values():
        assert score.status is ScoreStatus.RANGE
        assert "age" in names(score)


def test_what_contradicts_the_ontology_is_no_input(scorer: Scorer) -> None:
    both = creatinine()
    both["code"]["coding"] += condition("c", "snomed:44054006")["code"]["coding"]
    found = scorer.inference([MAN, both])
    assert CaveatCode.CONTRADICTION in {one.code for one in found.caveats}
    assert not [one for score in found.scores for one in score.inputs if one.kind == "result"]


def test_scores_are_the_same_value_every_time(scorer: Scorer) -> None:
    given = [MAN, creatinine(), FLUTTER, smoking("snomed:449868002")]
    one, other = scorer.inference(given).scores, scorer.inference(given).scores
    assert one == other
    assert msgspec.json.decode(msgspec.json.encode(one), type=tuple[Score, ...]) == one

"""The inputs of published equations, read off a patient's resources: yes, no, unknown, results, estimates."""

from __future__ import annotations

from typing import Any

import pytest

from kgtwin.inference import Knowledge
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.score import Range, ScoreStatus
from kgtwin.terminology import Terminology
from tests.inference.scoring import (
    FLUTTER,
    MAN,
    Resource,
    Scorer,
    condition,
    creatinine,
    ends,
    medicine,
    missing,
    names,
    observation,
    patient,
    relative,
    smoking,
    used,
)


@pytest.fixture(scope="module")
def scorer(knowledge: Knowledge, terminology: Terminology) -> Scorer:
    return Scorer(knowledge, terminology)


# Yes, no, unknown


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (condition("d", "snomed:44054006"), 1.0),
        (condition("d", "snomed:73211009", "refuted"), 0.0),
        (condition("d", "kgtwin:DiabetesMellitus", "refuted"), 0.0),
        (condition("d", "snomed:44054006", "refuted"), None),
        (condition("d", "snomed:73211009", "provisional"), None),
        (condition("d", "snomed:73211009", "entered-in-error"), None),
        (condition("d", "snomed:73211009", "refuted", onsetDateTime="2027"), None),
        (condition("d", "snomed:73211009", "refuted", recordedDate="2027-01-01"), None),
        (condition("d", "snomed:73211009", status="resolved"), 0.0),
        (condition("d", "snomed:73211009", status="inactive"), None),
        (condition("d", "snomed:73211009", status="remission"), None),
        (condition("d", "snomed:44054006", status="resolved"), None),
        (condition("d", "snomed:73211009", abatementDateTime="2020"), 0.0),
        (condition("d", "snomed:73211009", abatementDateTime="2030"), 1.0),
    ],
)
def test_only_a_fact_closes_a_question(given: Resource, answer: float | None, scorer: Scorer) -> None:
    score = scorer.score("CHA2DS2VASc", [MAN, FLUTTER, given])
    if answer is None:
        assert "diabetes" in names(score)
    else:
        assert used(score, "diabetes").value == Range(answer, answer)
        assert [one.resource for one in used(score, "diabetes").facts] == ["Condition/d"]


def test_what_is_over_stays_a_history(scorer: Scorer) -> None:
    over = condition("s", "snomed:230690007", status="resolved")
    assert used(scorer.score("CHA2DS2VASc", [MAN, FLUTTER, over]), "stroke").value == Range(1.0, 1.0)


def test_a_class_of_several_is_closed_by_all_that_cover_it(scorer: Scorer) -> None:
    stroke = condition("s", "snomed:230690007", "refuted")
    attack = condition("t", "snomed:266257000", "refuted")
    assert "stroke" in names(scorer.score("CHA2DS2VASc", [MAN, FLUTTER, stroke]))
    closed = scorer.score("CHA2DS2VASc", [MAN, FLUTTER, stroke, attack])
    assert {one.resource for one in used(closed, "stroke").facts} == {"Condition/s", "Condition/t"}
    assert any(one.code is CaveatCode.UNCONFIRMED and "earlier one" in one.text for one in closed.caveats)


def test_what_is_derived_counts_against_what_is_denied_and_says_so(scorer: Scorer) -> None:
    both = [condition("yes", "snomed:44054006"), condition("no", "snomed:73211009", "refuted")]
    score = scorer.score("CHA2DS2VASc", [MAN, FLUTTER, *both])
    assert used(score, "diabetes").value == Range(1.0, 1.0)
    (caveat,) = [one for one in score.caveats if one.code is CaveatCode.CONTRADICTION]
    assert caveat.touches == ("Condition/no",)
    over = [both[0], condition("no", "snomed:73211009", status="resolved")]
    assert scorer.score("CHA2DS2VASc", [MAN, FLUTTER, *over]).caveats == ()


@pytest.mark.parametrize("number", [0, 1e-99])
def test_a_number_beyond_all_limits_is_refused(number: float, scorer: Scorer) -> None:
    score = scorer.score("CKDEPI2021", [MAN, creatinine(number)])
    assert (score.status, score.value) == (ScoreStatus.REFUSED, None)


@pytest.mark.parametrize("number", [-1, 1e99])
def test_a_number_that_cannot_be_is_missing_and_named(number: float, scorer: Scorer) -> None:
    score = scorer.score("CKDEPI2021", [MAN, creatinine(number)])
    assert score.status is not ScoreStatus.VALUE
    (missing,) = [one for one in score.missing if one.name == "creatinine"]
    assert "cannot be" in missing.reason
    assert CaveatCode.IMPLAUSIBLE in {one.code for one in score.caveats}


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (smoking("snomed:449868002"), 1.0),
        (smoking("loinc:LA18978-9"), 0.0),
        (smoking("snomed:266919005"), 0.0),
        (smoking("snomed:8517006"), 0.0),
        (smoking("snomed:77176002"), None),
        (smoking("snomed:266927001"), None),
        (smoking("snomed:266919005", effectiveDateTime="2015"), None),
        (smoking("snomed:266919005", status="cancelled"), None),
        (smoking("snomed:266919005", status="entered-in-error"), None),
        (smoking("snomed:266919005", effectiveDateTime="2027"), None),
    ],
)
def test_whether_one_smokes(given: Resource, answer: float | None, scorer: Scorer) -> None:
    score = scorer.score("PREVENTHeartFailure10Years", [MAN, given])
    found = [one.value.low for one in score.inputs if one.name == "smoker"]
    assert found == ([] if answer is None else [answer])


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (medicine("m", "rxnorm:83367"), 1.0),
        (medicine("m", "kgtwin:HMGCoAReductaseInhibitor", "not-taken"), 0.0),
        (medicine("m", "snomed:372912004", "not-taken"), 0.0),
        (medicine("m", "rxnorm:83367", "not-taken"), None),
        (medicine("m", "rxnorm:83367", "on-hold"), None),
        (medicine("m", "snomed:372912004", "not-taken", effectivePeriod={"end": "2020"}), None),
    ],
)
def test_whether_one_takes_a_medicine(given: Resource, answer: float | None, scorer: Scorer) -> None:
    score = scorer.score("PREVENTTotalCVD10Years", [MAN, given])
    found = [one.value.low for one in score.inputs if one.name == "statin"]
    assert found == ([] if answer is None else [answer])


@pytest.mark.parametrize(("who", "points"), [("FTH", (5.0, 5.0)), ("GRMTH", (3.0, 5.0)), ("STPFTH", (3.0, 5.0))])
def test_a_relative_counts_by_how_near_it_is(who: str, points: tuple[float, float], scorer: Scorer) -> None:
    nobody = scorer.score("FINDRISC", [MAN])
    score = scorer.score("FINDRISC", [MAN, relative(who, "snomed:73211009")])
    low, high = ends(nobody.value)
    assert ends(score.value) == (low + points[0], high - 5.0 + points[1])
    assert used(score, "farRelative").value == Range(1.0, 1.0)


def test_neither_sex_is_taken_for_granted(scorer: Scorer) -> None:
    known = [ends(scorer.score("CKDEPI2021", [patient(55, sex), creatinine()]).value)[0] for sex in ("male", "female")]
    for gender in (None, "other", "unknown"):
        score = scorer.score("CKDEPI2021", [patient(55, gender), creatinine()])
        assert ends(score.value) == pytest.approx((min(known), max(known)))
        assert names(score) == {"female"}


# Ages


def test_a_partial_birth_date_is_a_span(scorer: Scorer) -> None:
    score = scorer.score("CHA2DS2VASc", [patient(gender="male", birthDate="1950"), FLUTTER])
    assert used(score, "age").value == Range(75.0, 76.0)
    score = scorer.score("CHA2DS2VASc", [patient(gender="male", birthDate="1960"), FLUTTER])
    assert used(score, "age").value == Range(65.0, 66.0)
    score = scorer.score("CHA2DS2VASc", [patient(gender="male", birthDate="1961"), FLUTTER])
    low, high = ends(score.value)
    assert used(score, "age").value == Range(64.0, 65.0)
    assert (low, high) == (0.0, 7.0)
    assert missing(score, "age").assumed == Range(64.0, 65.0)


def test_age_is_whole_until_the_birthday(scorer: Scorer) -> None:
    score = scorer.score("HASBLED", [patient(birthDate="1960-01-16"), FLUTTER])
    assert used(score, "age").value == Range(65.0, 65.0)


@pytest.mark.parametrize(("age", "refused"), [(29, True), (30, False), (79, False), (80, True)])
def test_an_age_that_an_equation_is_not_made_for_is_refused(age: int, refused: bool, scorer: Scorer) -> None:
    score = scorer.score("PREVENTTotalCVD10Years", [patient(age, "female")])
    assert (score.status is ScoreStatus.REFUSED) == refused
    if refused:
        assert (score.value, score.missing) == (None, ())
        assert score.refusals == (f"age in completed years = {age} a is outside ≥ 30.0 and ≤ 79.0",)


def test_an_age_that_may_be_outside_is_a_caveat(scorer: Scorer) -> None:
    score = scorer.score("PREVENTTotalCVD10Years", [patient(gender="female", birthDate="1946")])
    assert score.status is ScoreStatus.RANGE
    assert used(score, "age").value == Range(79.0, 80.0)
    assert "age" not in names(score)
    assert any(one.code is CaveatCode.UNDECIDED_VALUE and "may be outside" in one.text for one in score.caveats)


def test_an_unknown_age_is_named(scorer: Scorer) -> None:
    score = scorer.score("CKDEPI2021", [patient(gender="male"), creatinine()])
    assert "age" in names(score)
    assert any(text.startswith("age in completed years: no birth date") for text in score.unconfirmed)


# Results


@pytest.mark.parametrize(
    "given",
    [
        creatinine(106.08, "loinc:14682-9", "umol/L"),
        creatinine(0.10608, "loinc:14682-9", "mmol/L"),
        creatinine(12, unit="mg/L"),
        creatinine(1.2, "loinc:38483-4"),
    ],
)
def test_units_are_converted(given: Resource, scorer: Scorer) -> None:
    expected = scorer.score("CKDEPI2021", [patient(55, "male"), creatinine()]).result
    found = scorer.score("CKDEPI2021", [patient(55, "male"), given])
    assert found.result == pytest.approx(expected, rel=1e-3)
    assert found.caveats == ()


@pytest.mark.parametrize(
    ("code", "number", "unit", "about", "expected"),
    [
        ("loinc:2093-3", 5.17, "mmol/L", "cholesterol", 199.9),
        ("loinc:2085-9", 1.16, "mmol/L", "hdl", 44.9),
        ("loinc:8480-6", 21.33, "kPa", "sbp", 160.0),
    ],
)
def test_inputs_are_in_the_unit_of_the_equation(
    code: str, number: float, unit: str, about: str, expected: float, scorer: Scorer
) -> None:
    score = scorer.score("PREVENTTotalCVD10Years", [patient(50, "female"), observation("o", code, number, unit)])
    assert ends(used(score, about).value) == pytest.approx((expected, expected), abs=0.1)


def test_albumin_to_creatinine_in_millimoles(scorer: Scorer) -> None:
    score = scorer.score("KFRE4NorthAmerica5Years", [MAN, observation("a", "loinc:9318-7", 10, "mg/mmol")])
    assert ends(used(score, "acr").value) == pytest.approx((88.4, 88.4), abs=0.01)


def test_a_unit_that_does_not_convert_leaves_the_input_missing(scorer: Scorer) -> None:
    score = scorer.score("CKDEPI2021", [MAN, creatinine(unit="g/d")])
    assert "creatinine" in names(score)
    assert [one.code for one in score.caveats] == [CaveatCode.UNKNOWN_UNIT]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"status": "preliminary"},
        {"status": "registered"},
        {"effectiveDateTime": "2026-02-01"},
        {"effectiveDateTime": "2020-01-01"},
    ],
)
def test_no_input_is_read_from_a_result_that_does_not_count(fields: dict[str, Any], scorer: Scorer) -> None:
    score = scorer.score("CKDEPI2021", [MAN, creatinine(**fields)])
    assert "creatinine" in names(score)
    assert not [one for one in score.inputs if one.kind == "result"]


def test_the_latest_result_counts_and_an_old_one_is_told(scorer: Scorer) -> None:
    old = {**creatinine(2.5, effectiveDateTime="2025-03-01"), "id": "old"}
    score = scorer.score("CKDEPI2021", [MAN, creatinine(), old])
    assert used(score, "creatinine").value == Range(1.2, 1.2)
    assert used(score, "creatinine").when == "2026-01-10"
    score = scorer.score("CKDEPI2021", [MAN, old])
    assert (score.status, [one.code for one in score.caveats]) == (ScoreStatus.VALUE, [CaveatCode.STALE_LAB])


def test_a_comparator_is_an_interval(scorer: Scorer) -> None:
    low = creatinine(0.5, quantity={"comparator": "<"})
    score = scorer.score("CKDEPI2021", [MAN, low])
    assert used(score, "creatinine").value == Range(None, 0.5)
    assert missing(score, "creatinine").assumed == Range(0.1, 0.5)
    exact = scorer.score("CKDEPI2021", [MAN, creatinine(0.5)]).result
    assert ends(score.value)[0] == pytest.approx(exact)


def test_a_multiple_needs_its_reference_range(scorer: Scorer) -> None:
    limit = {"value": 40, "unit": "U/L", "system": "http://unitsofmeasure.org", "code": "U/L"}
    above = {"referenceRange": [{"high": limit}]}
    three = observation("alt", "loinc:1742-6", 130, "U/L", **above)
    two = observation("ast", "loinc:1920-8", 80, "U/L", **above)
    score = scorer.score("HASBLED", [MAN, FLUTTER, two, three])
    assert used(score, "enzymeMultiple").value == Range(3.25, None)
    assert missing(score, "enzymeMultiple").assumed == Range(3.25, 1000.0)
    score = scorer.score("HASBLED", [MAN, FLUTTER, observation("alt", "loinc:1742-6", 130, "U/L")])
    assert "enzymeMultiple" not in {one.name for one in score.inputs}
    assert any(one.code is CaveatCode.MISSING_LAB for one in score.caveats)


# Estimates that stand in for results


def test_an_estimate_feeds_an_equation_and_says_so(scorer: Scorer) -> None:
    kidney = [MAN, creatinine(2.0), observation("a", "loinc:9318-7", 100, "mg/g")]
    scores = scorer.all(kidney)
    egfr = used(scores["KFRE4NorthAmerica5Years"], "egfr")
    assert scores["KFRE4NorthAmerica5Years"].status is ScoreStatus.VALUE
    assert (egfr.computed_by, egfr.value.low) == ("kgtwin:CKDEPI2021", scores["CKDEPI2021"].result)
    assert {one.name for one in egfr.inputs} == {"age", "female", "creatinine"}
    assert "Observation/creatinine" in {one.resource for one in egfr.facts}


def test_an_estimate_brings_the_caveats_of_its_inputs(scorer: Scorer) -> None:
    score = scorer.score("KFRE4NorthAmerica5Years", [MAN, creatinine(2.0, effectiveDateTime="2025-03-01")])
    assert used(score, "egfr").when == "2025-03-01"
    assert [one.code for one in score.caveats] == [CaveatCode.STALE_LAB]


def test_a_received_result_goes_before_an_estimate(scorer: Scorer) -> None:
    received = observation("e", "loinc:98979-8", 30, "mL/min/{1.73_m2}")
    egfr = used(scorer.score("KFRE4NorthAmerica5Years", [MAN, creatinine(2.0), received]), "egfr")
    assert (egfr.computed_by, egfr.value) == (None, Range(30.0, 30.0))


def test_another_method_stands_in_with_a_caveat(scorer: Scorer) -> None:
    other = observation("e", "loinc:33914-3", 30, "mL/min/{1.73_m2}")
    score = scorer.score("KFRE4NorthAmerica5Years", [MAN, other])
    assert used(score, "egfr").value == Range(30.0, 30.0)
    (caveat,) = [one for one in score.caveats if one.code is CaveatCode.OTHER_METHOD]
    assert caveat.touches == ("Observation/e",)
    assert used(scorer.score("KFRE4NorthAmerica5Years", [MAN, other, creatinine(2.0)]), "egfr").computed_by is not None


def test_no_estimate_is_made_of_a_patient_whom_it_is_not_for(scorer: Scorer) -> None:
    injured = [MAN, creatinine(2.0), condition("c", "kgtwin:AcuteKidneyInjury")]
    score = scorer.score("KFRE4NorthAmerica5Years", injured)
    assert "egfr" in names(score)
    assert "gives it from creatinine" in missing(score, "egfr").reason


def test_a_body_mass_index_is_computed(scorer: Scorer) -> None:
    body = [observation("w", "loinc:29463-7", 80, "kg"), observation("h", "loinc:8302-2", 178, "cm")]
    found = used(scorer.score("FINDRISC", [MAN, *body]), "bmi")
    assert found.computed_by == "kgtwin:BodyMassIndex"
    assert found.value.low == pytest.approx(80 / 1.78**2)


def test_of_results_of_one_time_the_other_is_told(scorer: Scorer) -> None:
    twice = [MAN, creatinine(1.0), {**creatinine(3.0), "id": "other"}]
    (caveat,) = scorer.score("CKDEPI2021", twice).caveats
    assert "may be as late" in caveat.text
    assert sorted(caveat.touches) == ["Observation/creatinine", "Observation/other"]
    assert not scorer.score("CKDEPI2021", [MAN, creatinine(1.0), {**creatinine(1.0), "id": "other"}]).caveats

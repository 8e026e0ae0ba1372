"""The shipped equations: they give what others give, and rise and fall as they must."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.identifiers import is_loinc, to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.equations.definitions import Equation, equations, evaluate
from kgtwin.inference.equations.formulas import Span
from kgtwin.model.ontology import Ontology
from kgtwin.ontology.loader import load
from kgtwin.terminology.units import convert
from kgtwin.vocabulary import BEHAVIOUR, CLINICAL_CONDITION, LOINC, SUBSTANCE, kgtwin
from tests.fuzz import times

FILE = Path(__file__).resolve().parents[2] / "ontologies" / "risks.ofn"
ONTOLOGY = load(FILE)
EQUATIONS = {iri.removeprefix(kgtwin("")): one for iri, one in equations(ONTOLOGY).items()}
NAMES = sorted(EQUATIONS)
EXAMPLES = [(name, number) for name in NAMES for number in range(len(EQUATIONS[name].examples))]
WITHOUT_EXAMPLE = {"BodyMassIndex", "FIB4", "HASBLED", "FINDRISC"}
KINDS = {"condition": CLINICAL_CONDITION, "history": CLINICAL_CONDITION, "family": CLINICAL_CONDITION}
KINDS |= {"firstDegree": CLINICAL_CONDITION, "behaviour": BEHAVIOUR}
KINDS |= {"medicine": SUBSTANCE, "pastMedicine": SUBSTANCE}


def value(name: str, **values: float) -> float:
    found = evaluate(EQUATIONS[name], values)
    assert found.missing == (), found
    assert found.value is not None, found
    return found.value


def test_the_equations_are_there() -> None:
    assert len(NAMES) >= 13
    for start in ("BodyMass", "Cockcroft", "CKDEPI2021", "FIB4", "MELD30", "KFRE4", "PREVENT", "CHA2DS2", "HASBLED"):
        assert any(name.startswith(start) for name in NAMES), start


@pytest.mark.parametrize("name", NAMES)
def test_an_equation_says_where_it_is_from_and_how_it_was_checked(name: str) -> None:
    iri = kgtwin(name)
    for prop in ("doi", "population", "resultUnit", "checkedBy", "evidenceSource", "evidenceText", "evidenceStatus"):
        (text,) = ONTOLOGY.values(iri, kgtwin(prop))
        assert text, prop
    assert re.fullmatch(r"10\.\d{4,9}/\S+", ONTOLOGY.value(iri, kgtwin("doi")) or "")
    checked = ONTOLOGY.value(iri, kgtwin("checkedBy")) or ""
    assert checked.startswith(("paper's example", "second implementation", "not checked")), checked
    opened = "opened" in (ONTOLOGY.value(iri, kgtwin("evidenceSource")) or "").replace("not opened", "")
    assert (ONTOLOGY.value(iri, kgtwin("evidenceStatus")) == "verified") == opened
    assert bool(EQUATIONS[name].examples) != (name in WITHOUT_EXAMPLE)


@pytest.mark.parametrize("name", NAMES)
def test_for_whom_an_equation_is_says_that_it_is_unverified(name: str) -> None:
    """The status of the evidence is about the numbers; nobody opened a text for each criterion."""
    assert "general knowledge" in (ONTOLOGY.value(kgtwin(name), kgtwin("population")) or "")
    assert "unverified" in (ONTOLOGY.value(kgtwin(name), kgtwin("population")) or "")


@pytest.mark.parametrize("name", NAMES)
def test_what_an_equation_asks_for_exists(name: str, knowledge: Knowledge) -> None:
    for one in EQUATIONS[name].inputs.values():
        for about in one.about:
            iri = to_iri(about)
            if one.kind == "result":
                analyte = knowledge.analyte(iri)
                assert analyte is not None, about
                assert convert(Decimal(1), one.unit, analyte.unit, analyte.molar_mass, analyte.valence), about
                assert not iri.startswith(LOINC) or is_loinc(iri.removeprefix(LOINC)), about
            elif one.kind in KINDS:
                assert knowledge.is_a(iri, KINDS[one.kind]), about
        assert one.about or one.kind in {"age", "sex", "answer"}, one.name


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_an_equation_gives_what_another_implementation_gives(name: str, number: int) -> None:
    example = EQUATIONS[name].examples[number]
    assert value(name, **example.values) == pytest.approx(example.result, abs=example.tolerance)


# Exactly at their limits

FIBRILLATION = {"heartFailure": 0, "hypertension": 0, "diabetes": 0, "stroke": 0, "vascular": 0}
BLEEDING: dict[str, float] = {
    "sbp": 130, "creatinine": 1, "dialysis": 0, "transplant": 0, "cirrhosis": 0, "bilirubinMultiple": 0.5,
    "enzymeMultiple": 0.5, "stroke": 0, "bleeding": 0, "labileINR": 0, "medicine": 0, "alcohol": 0, "age": 50,
}  # fmt: skip
FINNISH: dict[str, float] = {
    "age": 40, "female": 0, "bmi": 22, "waist": 80, "active": 1, "vegetables": 1, "treated": 0, "glucose": 0,
    "closeRelative": 0, "farRelative": 0,
}  # fmt: skip


@pytest.mark.parametrize(("age", "points"), [(64, 0), (65, 1), (74, 1), (75, 2), (90, 2)])
def test_age_in_cha2ds2_vasc(age: float, points: float) -> None:
    assert value("CHA2DS2VASc", age=age, female=0, **FIBRILLATION) == points
    assert value("CHA2DS2VASc", age=age, female=1, **FIBRILLATION) == points + 1


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({}, 0),
        ({"age": 65}, 0),
        ({"age": 66}, 1),
        ({"sbp": 160}, 0),
        ({"sbp": 161}, 1),
        ({"creatinine": 2.26}, 0),
        ({"creatinine": 2.27}, 1),
        ({"creatinine": 2.27, "dialysis": 1, "transplant": 1}, 1),
        ({"bilirubinMultiple": 2.1}, 0),
        ({"bilirubinMultiple": 2.1, "enzymeMultiple": 3.1}, 1),
        ({"bilirubinMultiple": 2.1, "enzymeMultiple": 3.1, "cirrhosis": 1}, 1),
        ({"medicine": 1, "alcohol": 1}, 2),
    ],
)
def test_points_in_has_bled(change: dict[str, float], points: float) -> None:
    assert value("HASBLED", **(BLEEDING | change)) == points


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({}, 0),
        ({"age": 44}, 0),
        ({"age": 45}, 2),
        ({"age": 55}, 3),
        ({"age": 65}, 4),
        ({"bmi": 25}, 1),
        ({"bmi": 30}, 1),
        ({"bmi": 30.1}, 3),
        ({"waist": 94}, 3),
        ({"waist": 102}, 3),
        ({"waist": 103}, 4),
        ({"female": 1, "waist": 79}, 0),
        ({"female": 1}, 3),
        ({"female": 1, "waist": 89}, 4),
        ({"closeRelative": 1, "farRelative": 1}, 5),
        ({"farRelative": 1}, 3),
        ({"active": 0, "vegetables": 0, "treated": 1, "glucose": 1}, 10),
    ],
)
def test_points_in_findrisc(change: dict[str, float], points: float) -> None:
    assert value("FINDRISC", **(FINNISH | change)) == points


LIVER: dict[str, float] = {
    "age": 50, "female": 0, "bilirubin": 1, "sodium": 137, "inr": 1, "creatinine": 1, "albumin": 3.5, "dialysis": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "score"),
    [
        ({}, 6),
        ({"female": 1}, 7),
        ({"bilirubin": 0.3, "inr": 0.9, "creatinine": 0.5}, 6),
        ({"sodium": 145, "albumin": 5}, 6),
        ({"sodium": 110}, 16),
        ({"sodium": 125}, 16),
        ({"albumin": 1.0}, 10),
        ({"albumin": 1.5}, 10),
        ({"creatinine": 3}, 18),
        ({"creatinine": 9}, 18),
        ({"dialysis": 1}, 18),
    ],
)
def test_bounds_in_meld(change: dict[str, float], score: float) -> None:
    assert value("MELD30", **(LIVER | change)) == score


def test_a_child_gets_no_adult_score() -> None:
    found = evaluate(EQUATIONS["MELD30"], LIVER | {"age": 12})
    assert (found.span, found.outside) == (None, ("age",))


def test_the_numbers_of_a_body() -> None:
    assert value("BodyMassIndex", age=40, weight=81, height=180) == pytest.approx(25)


def test_fib4_by_hand() -> None:
    assert value("FIB4", age=60, ast=80, alt=64, platelets=150) == pytest.approx(60 * 80 / (150 * 8))


# Rising and falling

SOME: dict[str, dict[str, float]] = {
    "CKDEPI2021": {"age": 60, "female": 0, "creatinine": 1},
    "CockcroftGaultClearance": {"age": 60, "female": 0, "weight": 70, "creatinine": 1},
    "FIB4": {"age": 60, "ast": 40, "alt": 40, "platelets": 200},
    "MELD30": LIVER | {"bilirubin": 3, "sodium": 130, "inr": 1.5, "creatinine": 1.5, "albumin": 2.5},
    "KFRE4NorthAmerica2Years": {"age": 60, "female": 0, "egfr": 40, "acr": 100},
    "KFRE4NorthAmerica5Years": {"age": 60, "female": 0, "egfr": 40, "acr": 100},
    "PREVENTTotalCVD10Years": {
        "age": 60, "female": 0, "cholesterol": 200, "hdl": 50, "sbp": 130, "egfr": 80, "diabetes": 0, "smoker": 0,
        "treated": 0, "statin": 0,
    },
    "PREVENTHeartFailure10Years": {
        "age": 60, "female": 0, "sbp": 130, "egfr": 80, "diabetes": 0, "smoker": 0, "treated": 0, "bmi": 27,
    },
}  # fmt: skip
SOME["PREVENTASCVD10Years"] = SOME["PREVENTTotalCVD10Years"]
FALLS = [
    ("CKDEPI2021", "creatinine"), ("CKDEPI2021", "age"), ("CockcroftGaultClearance", "creatinine"),
    ("CockcroftGaultClearance", "age"), ("FIB4", "platelets"), ("FIB4", "alt"), ("MELD30", "sodium"),
    ("MELD30", "albumin"), ("KFRE4NorthAmerica2Years", "egfr"), ("KFRE4NorthAmerica5Years", "egfr"),
    ("KFRE4NorthAmerica5Years", "age"), ("PREVENTTotalCVD10Years", "egfr"), ("PREVENTASCVD10Years", "egfr"),
    ("PREVENTHeartFailure10Years", "egfr"), ("PREVENTTotalCVD10Years", "hdl"),
]  # fmt: skip
RISES = [
    ("CockcroftGaultClearance", "weight"), ("FIB4", "age"), ("FIB4", "ast"), ("MELD30", "bilirubin"),
    ("MELD30", "inr"), ("MELD30", "creatinine"), ("KFRE4NorthAmerica2Years", "acr"),
    ("KFRE4NorthAmerica5Years", "acr"), ("PREVENTTotalCVD10Years", "age"), ("PREVENTTotalCVD10Years", "smoker"),
    ("PREVENTTotalCVD10Years", "diabetes"), ("PREVENTASCVD10Years", "cholesterol"), ("PREVENTASCVD10Years", "age"),
    ("PREVENTHeartFailure10Years", "age"), ("PREVENTHeartFailure10Years", "diabetes"),
]  # fmt: skip


def within(equation: Equation, name: str) -> st.SearchStrategy[float]:
    limits = equation.inputs[name].limits
    return st.floats(limits.low, limits.high)


@pytest.mark.parametrize(("name", "about", "sign"), [(*f, -1) for f in FALLS] + [(*r, 1) for r in RISES])
@settings(max_examples=times(25))
@given(data=st.data())
def test_an_equation_rises_or_falls_with_its_input(name: str, about: str, sign: int, data: st.DataObject) -> None:
    equation = EQUATIONS[name]
    base: dict[str, float] = dict(SOME[name])
    base["female"] = data.draw(st.sampled_from([0.0, 1.0])) if "female" in base else 0.0
    base = {key: one for key, one in base.items() if key in equation.inputs}
    low, high = sorted(data.draw(st.tuples(within(equation, about), within(equation, about))))
    less, more = value(name, **(base | {about: low})), value(name, **(base | {about: high}))
    assert sign * (more - less) >= -1e-9 * max(1.0, abs(more))


@given(pressures=st.tuples(st.floats(130, 200), st.floats(130, 200)), female=st.sampled_from([0.0, 1.0]))
def test_prevent_rises_with_pressure_in_middle_age(pressures: tuple[float, float], female: float) -> None:
    low, high = sorted(pressures)
    base = SOME["PREVENTTotalCVD10Years"] | {"female": female}
    found = [value("PREVENTTotalCVD10Years", **(base | {"sbp": p})) for p in (low, high)]
    assert found[1] >= found[0] - 1e-12


def test_ckd_epi_is_continuous_where_its_halves_meet() -> None:
    for female, kappa in ((1.0, 0.7), (0.0, 0.9)):
        sides = [value("CKDEPI2021", age=50, female=female, creatinine=kappa + d) for d in (-1e-9, 1e-9)]
        assert sides[0] == pytest.approx(sides[1], rel=1e-6)


# What is missing


def drawn(equation: Equation, data: st.DataObject) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, one in equation.inputs.items():
        numbers = st.sampled_from([0.0, 1.0]) if one.limits == Span(0.0, 1.0) else within(equation, name)
        found[name] = data.draw(numbers, label=name)
    return found


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=times(25))
@given(data=st.data())
def test_the_range_without_some_inputs_holds_the_value_with_them(name: str, data: st.DataObject) -> None:
    equation = EQUATIONS[name]
    full = drawn(equation, data)
    kept = data.draw(st.sets(st.sampled_from(sorted(full)), max_size=len(full)))
    whole, partial = evaluate(equation, full), evaluate(equation, {k: full[k] for k in kept})
    assert partial.missing == tuple(n for n in equation.inputs if n not in kept)
    assert whole.value is not None
    if partial.span is not None:
        slack = 1e-9 * max(1.0, abs(whole.value))
        assert partial.span.low - slack <= whole.value <= partial.span.high + slack


def test_a_score_without_answers_is_a_range() -> None:
    found = evaluate(EQUATIONS["CHA2DS2VASc"], {"age": 70, "female": 1, "stroke": 0})
    assert found.span == Span(2.0, 6.0)
    assert found.missing == ("heartFailure", "hypertension", "diabetes", "vascular")


def test_no_clinical_number_stands_in_python() -> None:
    source = Path(__file__).resolve().parents[2] / "kgtwin" / "inference"
    files = [path for folder in ("equations", "scores") for path in sorted((source / folder).glob("*.py"))]
    assert len(files) > 10
    for path in (*files, source / "issues" / "absences.py"):
        code = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        code = re.sub(r"^(MAX_LENGTH|LARGEST|KEPT) = .*", "", code, flags=re.MULTILINE)
        assert set(re.findall(r"(?<![\w.])\d+\.?\d*", code)) <= {"0", "1", "2", "3", "0.0", "1.0", "0.5"}, path.name


def test_every_class_of_the_module_is_an_equation_or_above_one_or_says_who_is_near() -> None:
    ontology: Ontology = ONTOLOGY
    above = {"Equation", "RiskEquation", "PointScore", "Estimator", "FirstDegreeRelative"}
    declared = set(re.findall(r"^Declaration\(Class\(:(\w+)\)\)", FILE.read_text(encoding="utf-8"), re.MULTILINE))
    assert declared == above | set(NAMES)
    assert all(kgtwin(name) in ontology.entities for name in declared)


@pytest.mark.parametrize("name", NAMES)
def test_for_whom_an_equation_was_made_exists(name: str, knowledge: Knowledge) -> None:
    one = EQUATIONS[name]
    for criterion in (*one.excludes, *one.requires):
        assert all(knowledge.is_a(to_iri(about), KINDS[criterion.kind]) for about in criterion.about), criterion
    assert all(knowledge.analyte(estimated) is not None for estimated in one.estimates)


def test_what_covers_a_class_lies_below_it(knowledge: Knowledge) -> None:
    assert knowledge.closing.covers
    for iri, covers in knowledge.closing.covers.items():
        assert all(knowledge.is_a(part, iri) for cover in covers for part in cover), iri


def test_what_states_an_absence_is_known_and_not_below_what_it_denies(knowledge: Knowledge) -> None:
    assert knowledge.closing.stated
    for iri, denied in knowledge.closing.stated.items():
        assert iri in knowledge.classes
        for one in denied:
            assert all(to_iri(about) in knowledge.classes for about in one.about)
            assert not any(knowledge.is_a(iri, to_iri(about)) for about in one.about)
    stated = {one.rpartition("/")[2] for one in knowledge.closing.stated}
    assert not stated & {"77176002", "266927001", "LA18979-7", "LA18980-5"}, "unknown is not absent"


# How close the ranges are


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=times(10))
@given(data=st.data())
def test_a_range_is_the_same_or_narrower_with_more_known(name: str, data: st.DataObject) -> None:
    equation = EQUATIONS[name]
    full = drawn(equation, data)
    more = data.draw(st.sets(st.sampled_from(sorted(full))))
    less = data.draw(st.sets(st.sampled_from(sorted(more)))) if more else set()
    wide, narrow = (evaluate(equation, {key: full[key] for key in keys}).span for keys in (less, more))
    if wide is not None:
        assert narrow is not None
        slack = 1e-9 * max(1.0, abs(wide.low), abs(wide.high))
        assert wide.low - slack <= narrow.low <= narrow.high <= wide.high + slack


def test_a_range_is_as_wide_as_its_ends_are_apart() -> None:
    """Of MELD 3.0 both ends are reached: by healthy values, and by the worst of a woman on dialysis."""
    best = value("MELD30", **(LIVER | {"sodium": 140, "albumin": 4}))
    worst = LIVER | {"female": 1, "bilirubin": 100, "sodium": 90, "inr": 30, "creatinine": 30, "dialysis": 1}
    worst_of = max(value("MELD30", **(worst | {"albumin": a, "sodium": s})) for a in (0.5, 8) for s in (90, 200))
    assert evaluate(EQUATIONS["MELD30"], {}).span == Span(best, worst_of)

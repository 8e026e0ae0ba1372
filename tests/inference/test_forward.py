"""Models that run forward: forms against closed solutions and numerical ones, limits, refusals, bad definitions."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtwin.errors import NotFoundError, OntologyError, UsageError
from kgtwin.inference import Knowledge
from kgtwin.inference.case import Case
from kgtwin.inference.whatif.forward import forms as module
from kgtwin.inference.whatif.forward import models, project
from kgtwin.inference.whatif.forward.compartments import Floats, infusions
from kgtwin.inference.whatif.forward.definitions import Model, model_named
from kgtwin.inference.whatif.forward.forms import BUILT_IN, GROUP, Run, form_named
from kgtwin.model.caveat import CaveatCode
from kgtwin.model.fact import Fact, Quantity
from kgtwin.model.ontology import Annotation, Ontology
from kgtwin.model.simulation import Simulation
from kgtwin.model.time import Period
from kgtwin.vocabulary import kgtwin
from tests.fuzz import times
from tests.inference.factory import AT, PATIENT, condition, order, patient, result

GFR = "mL/min/{1.73_m2}"
VANCOMYCIN = {"dose": 1000.0, "interval": 12.0, "infusion": 1.0}


def egfr(value: float, when: str = "2026-01-01", resource: str | None = None) -> Fact:
    quantity = Quantity(Decimal(str(value)), ucum=GFR)
    return result(resource or f"Observation/e-{when}", "loinc:33914-3", quantity, when=Period(when))


def lab(code: str, value: str, unit: str) -> Fact:
    return result(f"Observation/{code}", code, Quantity(Decimal(value), ucum=unit))


def run(
    name: str, facts: tuple[Fact, ...], knowledge: Knowledge, born: str | None = "1960-01-15", **how: Any
) -> Simulation:
    who = patient(birth_date=born, gender="female")
    found = model_named(knowledge.ontology, name)
    return project(Case(PATIENT, who, facts, knowledge, 1), found, at=AT, **how)


def reasons(found: Simulation) -> str:
    assert found.points == ()
    assert {one.code for one in found.caveats} & {CaveatCode.NOT_EVALUATED, CaveatCode.DECEASED}
    return "; ".join(one.text for one in found.caveats)


# Compartments

RATES = st.floats(0.05, 20)
VOLUMES = st.floats(1, 200)


def numerical(cl: float, v1: float, v2: float, q: float, dose: float, tau: float, length: float, end: float) -> float:
    """Runge-Kutta of fourth order, in steps that end where an infusion starts or stops."""

    def slope(t: float, a: float, b: float) -> tuple[float, float]:
        rate = dose / length if t % tau < length else 0.0
        return rate - (cl + q) / v1 * a + q / v2 * b, q / v1 * a - q / v2 * b

    a = b = t = 0.0
    stops = sorted({n * tau for n in range(int(end / tau) + 2)} | {n * tau + length for n in range(int(end / tau) + 2)})
    while t < end - 1e-12:
        border = min((one for one in stops if one > t + 1e-12), default=end)
        h = min(0.02, border - t, end - t)
        inside = t + 1e-9
        k1 = slope(inside, a, b)
        k2 = slope(inside, a + h / 2 * k1[0], b + h / 2 * k1[1])
        k3 = slope(inside, a + h / 2 * k2[0], b + h / 2 * k2[1])
        k4 = slope(inside, a + h * k3[0], b + h * k3[1])
        a += h / 6 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0])
        b += h / 6 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1])
        t += h
    return a / v1


def closed(hours: list[float], cl: float, v1: float, v2: float, q: float, **dose: float) -> Floats:
    one = [np.array([value]) for value in (cl, v1, v2, q)]
    found: Floats = infusions(
        np.array(hours), clearance=one[0], central=one[1], peripheral=one[2], exchange=one[3], **dose
    )[0]
    return found


@settings(max_examples=times(15))
@given(
    cl=st.floats(0.5, 10),
    v1=st.floats(10, 100),
    v2=st.floats(10, 150),
    q=st.floats(0.5, 10),
    tau=st.sampled_from([6.0, 12.0, 24.0]),
    length=st.sampled_from([0.5, 1.0, 2.0]),
    end=st.floats(0.5, 40),
)
def test_two_compartments_are_what_a_numerical_solution_gives(
    cl: float, v1: float, v2: float, q: float, tau: float, length: float, end: float
) -> None:
    found = closed([end], cl, v1, v2, q, dose=1000.0, interval=tau, infusion=length)[0]
    assert found == pytest.approx(numerical(cl, v1, v2, q, 1000.0, tau, length, end), rel=2e-4, abs=1e-4)


@settings(max_examples=times(30))
@given(cl=st.floats(0.5, 10), v1=VOLUMES, v2=VOLUMES, q=RATES)
def test_no_mass_is_lost(cl: float, v1: float, v2: float, q: float) -> None:
    """All that runs in is cleared: the area under the curve of one dose is the dose over the clearance."""
    slowest = (cl / v1 + q / v1 + q / v2 - math.sqrt((cl / v1 + q / v1 + q / v2) ** 2 - 4 * cl * q / v1 / v2)) / 2
    end = min(40 / slowest, 5e6)
    hours = np.unique(np.concatenate([np.linspace(0, 3, 3_001), np.geomspace(3, end, 60_001)]))
    found = closed(hours.tolist(), cl, v1, v2, q, dose=1000.0, interval=end * 2, infusion=1.0)
    area = float(np.trapezoid(found, hours))
    assert area == pytest.approx(1000.0 / cl, rel=5e-3)


@settings(max_examples=times(30))
@given(cl=RATES, v1=VOLUMES, v2=VOLUMES, q=RATES, factor=st.floats(0.1, 10))
def test_twice_the_dose_is_twice_the_concentration(cl: float, v1: float, v2: float, q: float, factor: float) -> None:
    hours = [0.0, 0.5, 1.0, 6.0, 30.0]
    one, other = (closed(hours, cl, v1, v2, q, dose=d, interval=12.0, infusion=1.0) for d in (500.0, 500.0 * factor))
    assert other == pytest.approx(one * factor, rel=1e-9)
    assert one[0] == 0.0
    assert (one >= -1e-12).all()


def test_overlapping_infusions_are_refused(knowledge: Knowledge) -> None:
    overlapping = {**VANCOMYCIN, "interval": 4.0, "infusion": 6.0}
    assert "longer than the interval" in reasons(
        run("VancomycinTwoCompartments", kidneys("0.8"), knowledge, given=overlapping)
    )


def test_many_points_take_little() -> None:
    """A thousand times of two weeks of doses, two thousand draws: no array of draws, times and doses."""
    draws = np.full(2_000, 3.0)
    hours = np.linspace(0, 14 * 24, 1_000)
    found = infusions(
        hours, clearance=draws, central=draws, peripheral=draws, exchange=draws, dose=1.0, interval=4.0, infusion=1.0
    )
    assert found.shape == (2_000, 1_000)
    assert np.isfinite(found).all()


def test_a_steady_state_has_the_mean_that_clearance_says() -> None:
    hours = np.linspace(2_400, 2_412, 4_001)
    found = closed(hours.tolist(), 3.0, 40.0, 50.0, 2.0, dose=900.0, interval=12.0, infusion=1.0)
    assert float(np.trapezoid(found, hours)) / 12 == pytest.approx(900 / 12 / 3.0, rel=1e-4)


# Other forms


def given_run(hours: list[float], parameters: dict[str, float], inputs: dict[str, float], **more: Any) -> Run:
    uniform = (np.arange(2_000) + 0.5) / 2_000
    drawn = {name: np.full(2_000, value) for name, value in parameters.items()}
    return Run(np.array(hours), drawn, inputs, more.get("series", ()), uniform)


@settings(max_examples=times(30))
@given(baseline=st.floats(20, 120), slope=st.floats(-10, 2), years=st.floats(0, 10))
def test_a_linear_change(baseline: float, slope: float, years: float) -> None:
    found = BUILT_IN["linear-change"](given_run([years * 24 * 365.25], {"slope": slope}, {"baseline": baseline}))
    assert found[0, 0] == pytest.approx(max(baseline + slope * years, 0.0), abs=1e-9)


def test_a_settled_shift_says_nothing_before() -> None:
    found = BUILT_IN["settled-shift"](
        given_run([0, 83 * 24, 84 * 24, 9_999], {"shift": -1.1, "settled": 84}, {"baseline": 8})
    )
    assert np.isnan(found[0, :2]).all()
    assert found[0, 2:].tolist() == pytest.approx([6.9, 6.9])


def test_the_own_trend_is_ordinary_least_squares_with_its_prediction_interval() -> None:
    """Against numpy's fit, and Student's t as tables have it (3 degrees of freedom, 95th percentile: 2.3534)."""
    x = np.array([-800.0, -600.0, -400.0, -200.0, -10.0]) * 24
    y = np.array([60.0, 57.0, 55.0, 50.0, 49.0])
    series = tuple(zip(x.tolist(), y.tolist(), strict=True))
    hours = [0.0, 365 * 24.0]
    found = BUILT_IN["own-trend"](given_run(hours, {"fewest": 3, "apart": 90}, {}, series=series))
    slope, intercept = np.polyfit(x, y, 1)
    residual = y - (slope * x + intercept)
    deviation = math.sqrt(float((residual**2).sum()) / 3)
    for column, hour in enumerate(hours):
        width = deviation * math.sqrt(1 + 1 / 5 + (hour - x.mean()) ** 2 / float(((x - x.mean()) ** 2).sum()))
        low, middle, high = np.percentile(found[:, column], [5, 50, 95])
        assert middle == pytest.approx(slope * hour + intercept, rel=1e-4)
        assert high - middle == pytest.approx(2.3534 * width, rel=5e-3)
        assert middle - low == pytest.approx(2.3534 * width, rel=5e-3)


@pytest.mark.parametrize(("freedom", "expected"), [(1, 6.3138), (2, 2.9200), (5, 2.0150), (30, 1.6973)])
def test_students_distribution(freedom: int, expected: float) -> None:
    assert module._student(np.array([0.95]), freedom)[0] == pytest.approx(expected, rel=2e-3)


def test_every_form_is_tested_here() -> None:
    assert set(BUILT_IN) == {"linear-change", "settled-shift", "own-trend", "two-compartment-infusion"}


# For patients


def test_healthy_ageing(knowledge: Knowledge) -> None:
    found = run("EGFRDeclineOfHealthyAgeing", (egfr(95),), knowledge)
    assert [round(p.median, 1) for p in found.points] == [95.0, 94.0, 93.1, 92.1, 91.1, 90.2]
    widths = [p.high - p.low for p in found.points]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(2 * 1.6449 * 1.04 * 5, rel=0.01), "the 90 % interval of a normal slope"
    assert found == run("eGFR decline of healthy ageing", (egfr(95),), knowledge), "one question, one answer"
    assert found.doi
    assert {one.status for one in found.evidence} == {"verified"}


def test_the_own_trend_of_a_patient(knowledge: Knowledge) -> None:
    facts = tuple(egfr(60 - 5 * n, f"202{n}-06-01") for n in range(2, 6))
    found = run("EGFROwnTrend", facts, knowledge)
    assert found.points[0].median == pytest.approx(60 - 5 * 5.63, abs=0.5)
    assert found.points[-1].median == pytest.approx(60 - 5 * 7.63, abs=0.5)
    few = reasons(run("EGFROwnTrend", facts[:2], knowledge))
    assert "2 results" in few
    close = tuple(egfr(50, f"2025-12-{day:02}") for day in (1, 9, 20))
    assert "at least 3 over 90 days" in reasons(run("EGFROwnTrend", close, knowledge))


def test_hba1c(knowledge: Knowledge) -> None:
    facts = (lab("loinc:4548-4", "8.4", "%"), condition("Condition/d", "snomed:44054006"))
    found = run("HbA1cOnMetforminAlone", facts, knowledge)
    assert found.points[0].at >= "2026-04-09", "not before 12 weeks"
    assert found.points[0].median == pytest.approx(8.4 - 1.12, abs=0.01)
    assert found.points[0].high - found.points[0].low == pytest.approx(0.40 * 1.6449 / 1.96, rel=0.03)
    taken = (*facts, order("MedicationRequest/m", "rxnorm:6809"))
    assert "is taken already" in reasons(run("HbA1cOnMetforminAlone", taken, knowledge))
    assert "Type 2 diabetes mellitus is not recorded" in reasons(run("HbA1cOnMetforminAlone", facts[:1], knowledge))
    assert "lies outside 7 to 10.5" in reasons(run("HbA1cOnMetforminAlone", facts, knowledge, given={"baseline": 12.0}))


def kidneys(creatinine: str) -> tuple[Fact, ...]:
    return (lab("loinc:2160-0", creatinine, "mg/dL"), lab("loinc:29463-7", "70", "kg"))


def test_vancomycin_by_renal_function(knowledge: Knowledge) -> None:
    good, bad = (run("VancomycinTwoCompartments", kidneys(c), knowledge, given=VANCOMYCIN) for c in ("0.8", "2.5"))
    clearance = {one.name: one.value for one in good.inputs}["renalFunction"]
    assert clearance == pytest.approx((140 - 66) * 70 / (72 * 0.8) * 0.85, rel=1e-3), "Cockcroft and Gault"
    assert bad.points[-1].median > 1.5 * good.points[-1].median
    assert all(p.low <= p.median <= p.high for p in (*good.points, *bad.points))
    assert {one.status for one in good.evidence} == {"unverified"}, "the paper was not opened"
    longer = run(
        "VancomycinTwoCompartments",
        kidneys("0.8"),
        knowledge,
        given=VANCOMYCIN,
        span=timedelta(days=14),
        step=timedelta(hours=12),
    )
    assert longer.points[-1].median == pytest.approx(longer.points[-3].median, rel=0.02), "a steady state"


@pytest.mark.parametrize(
    ("facts", "given_", "born", "said"),
    [
        (kidneys("0.8"), {}, "1960", "dose (mg) is not given"),
        (kidneys("0.8"), {**VANCOMYCIN, "dose": 1e6}, "1960", "dose 1e+06 mg lies outside 100 to 4000"),
        (kidneys("6"), VANCOMYCIN, "1960", "lies outside 15 to 150"),
        (kidneys("0.8")[:1], VANCOMYCIN, "1960", "weight missing"),
        (kidneys("0.8"), VANCOMYCIN, "2015-01-01", "age 11.04 lies outside 18 to 100"),
        (kidneys("0.8"), VANCOMYCIN, None, "the age is not known"),
        ((*kidneys("0.8"), condition("Condition/x", "snomed:129721000119106")), VANCOMYCIN, "1960", "is present"),
    ],
)  # fmt: skip
def test_outside_its_population_a_model_says_why(
    facts: tuple[Fact, ...], given_: dict[str, float], born: str | None, said: str, knowledge: Knowledge
) -> None:
    assert said in reasons(run("VancomycinTwoCompartments", facts, knowledge, born, given=given_))


def test_what_a_model_does_not_ask_for(knowledge: Knowledge) -> None:
    with pytest.raises(UsageError, match="no input mood"):
        run("VancomycinTwoCompartments", (), knowledge, given={"mood": 1.0})
    with pytest.raises(UsageError, match="at most 14 days"):
        run("VancomycinTwoCompartments", (), knowledge, span=timedelta(days=15))
    with pytest.raises(UsageError, match="steps"):
        run("VancomycinTwoCompartments", (), knowledge, step=timedelta(seconds=1))
    with pytest.raises(NotFoundError, match="no model is called"):
        run("Crystal ball", (), knowledge)


def test_the_dead_are_not_projected(knowledge: Knowledge) -> None:
    found = model_named(knowledge.ontology, "EGFROwnTrend")
    who = patient(birth_date="1960", deceased="2025-01-01")
    assert "has died" in reasons(project(Case(PATIENT, who, (egfr(50),), knowledge, 1), found, at=AT))


def test_who_was_born_after_the_death_counts_as_alive(knowledge: Knowledge) -> None:
    case = Case(PATIENT, patient(birth_date="1960", deceased="1950"), (egfr(50),), knowledge, 1)
    assert "the age is not known" in reasons(project(case, model_named(knowledge.ontology, "EGFROwnTrend"), at=AT))


# Definitions

GOOD = {
    "modelForm": "linear-change",
    "modelParameter": "slope|-1|sd 1|1|x",
    "modelInput": "baseline|result|kgtwin:EstimatedGFR|mL/min|0|9",
    "modelTimes": "P5Y|P1Y|P10Y",
}


def ontology(**changes: str) -> Ontology:
    said = {**GOOD, **changes}
    notes = tuple(Annotation(kgtwin(name), text) for name, text in said.items() if text)
    return Ontology(
        iri=None, version="1", axioms=(), entities={}, annotations={kgtwin("M"): notes}, origins={}, digest="d" * 20
    )


def test_a_good_definition() -> None:
    (found,) = models(ontology()).values()
    assert found.parameters["slope"].deviation == 1.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"modelParameter": "slope|-1|sd 1|1"}, "4 fields"),
        ({"modelParameter": "slope|much|sd 1|1|x"}, "is no number"),
        ({"modelParameter": "slope|-1|sd 0|1|x"}, "spread"),
        ({"modelParameter": "slope|-1|ci95 0 1|1|x"}, "spread"),
        ({"modelParameter": "slope|-1|log 1|1|x"}, "spread"),
        ({"modelParameter": "slope|-1|perhaps|1|x"}, "spread"),
        ({"modelInput": "baseline|mood|x|1|0|9"}, "kind 'mood'"),
        ({"modelInput": "baseline|result||1|0|9"}, "no code or class"),
        ({"modelInput": "baseline|result|x|1|9|0"}, "no number between"),
        ({"modelInput": "slope|result|x|1|0|9"}, "names slope twice"),
        ({"modelTimes": "P5Y|P1Y"}, "2 fields"),
        ({"modelTimes": "P1Y|P5Y|P10Y"}, "not in this order"),
        ({"modelTimes": "soon|P1D|P2D"}, "no duration"),
        ({"modelTimes": ""}, "0 modelTimes"),
    ],
)
def test_a_bad_definition_names_the_model_and_the_place(changes: dict[str, str], said: str) -> None:
    with pytest.raises(OntologyError, match=said.replace("(", "")) as error:
        models(ontology(**changes))
    assert error.value.where == "kgtwin:M"


def test_a_form_that_needs_more_than_is_stated(knowledge: Knowledge) -> None:
    (found,) = models(ontology(modelParameter="decline|-1|sd 1|1|x")).values()
    with pytest.raises(OntologyError, match="needs slope"):
        project(Case(PATIENT, patient(), (), knowledge, 1), found, at=AT)


# Plug-ins


class Doubling:
    """A form of another package."""

    needs = frozenset({"baseline"})

    def __call__(self, asked: Run) -> Floats:
        return np.full((len(asked.standard), len(asked.hours)), 2 * asked.inputs["baseline"])


class Entry:
    def __init__(self, name: str, load: Callable[[], object]) -> None:
        self.name, self.load = name, load


def broken() -> object:
    raise ImportError("a plug-in without its library")


def test_a_package_adds_a_form(monkeypatch: pytest.MonkeyPatch, knowledge: Knowledge) -> None:
    def entries(group: str) -> list[Entry]:
        assert group == GROUP == "kgtwin.models"
        return [Entry("doubling", Doubling), Entry("broken", broken), Entry("number", lambda: 7)]

    monkeypatch.setattr(module, "entry_points", lambda *, group: entries(group))
    (found,) = models(ontology(modelForm="doubling", modelParameter="")).values()
    assert isinstance(found, Model)
    answer = project(Case(PATIENT, patient(birth_date="1960"), (), knowledge, 1), found, at=AT, given={"baseline": 4.0})
    assert {p.median for p in answer.points} == {8.0}
    for name, said in (("broken", "cannot be loaded"), ("number", "is no form"), ("absent", "is not known")):
        with pytest.raises(OntologyError, match=said):
            form_named(name, "kgtwin:M")

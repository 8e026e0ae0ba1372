"""Analytes, classes of results and the statements about them, exactly at their limits."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from kgtwin.identifiers import is_loinc
from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge import named, result_filler
from kgtwin.inference.knowledge.statements import Conjunct, Statement
from kgtwin.model.axioms import (
    Assertion,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    EquivalentClasses,
    Interval,
    ObjectIntersectionOf,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
)
from kgtwin.terminology.units import convert, parse
from kgtwin.vocabulary import (
    HAS_ACTIVE_INGREDIENT,
    HAS_LATEST_RESULT,
    HAS_ROUTE,
    HAS_VALUE,
    LOINC,
    PATIENT,
    RXNORM,
    TAKES_NOW,
    kgtwin,
)

FILE = Path(__file__).resolve().parents[2] / "ontologies" / "thresholds.ofn"
PERSISTENT = kgtwin("hasPersistentResult")
NUMBERS = sorted(re.findall(r"^Declaration\(Class\(:(DL_\d{4})\)\)", FILE.read_text(encoding="utf-8"), re.MULTILINE))
NEVER = {
    "DL_0013": "our products hold these NSAIDs only for local effect; it waits for one by mouth",
    "DL_0202": "dronedarone has no RxCUI in our sources and stands in no product",
    "DL_0203": "dronedarone has no RxCUI in our sources and stands in no product",
    "DL_0235": "dabigatran has no RxCUI in our sources and stands in no product",
    "DL_0236": "dabigatran has no RxCUI in our sources and stands in no product",
    "DL_0237": "rivaroxaban has no RxCUI in our sources and stands in no product",
    "DL_0238": "edoxaban has no RxCUI in our sources and stands in no product",
    "DL_0239": "edoxaban has no RxCUI in our sources and stands in no product",
    "DL_0253": "our products hold these NSAIDs only for local effect; it waits for one by mouth",
    "DL_0282": "ibandronate has no RxCUI in our sources and stands in no product",
}
"""Statements about results that no coded order can meet yet, and why they stay: the code is to be looked up."""


def statement(knowledge: Knowledge, number: str) -> Statement:
    return knowledge.statements[kgtwin(number)]


def conjuncts(one: Statement, *roles: str) -> list[Conjunct]:
    assert one.definition is not None
    return [c for c in one.definition.conjuncts if c.property in roles]


def numbers_of(one: Statement) -> list[tuple[str, str, Interval]]:
    """Role, analyte and interval of each conjunct about a result."""
    found = []
    for conjunct in conjuncts(one, HAS_LATEST_RESULT, PERSISTENT):
        (analyte,), interval = result_filler(conjunct.filler)
        assert interval is not None
        found.append((conjunct.property, analyte, interval))
    return found


# Analytes


def test_every_analyte_has_a_unit_and_two_ages(knowledge: Knowledge) -> None:
    assert len(knowledge.analytes) >= 40
    for one in knowledge.analytes.values():
        assert parse(one.unit) is not None, one.iri
        assert one.stale is not None, one.iri
        assert one.expires is not None, one.iri
        assert dt.timedelta(0) < one.stale < one.expires, one.iri


def test_plausible_limits_say_that_they_are_unverified(knowledge: Knowledge) -> None:
    limits = {kgtwin("plausibleFrom"), kgtwin("plausibleTo")}
    limited = {iri for iri, told in knowledge.ontology.annotations.items() if any(a.property in limits for a in told)}
    assert len(limited) > 30
    for iri in limited:
        assert "unverified" in (knowledge.ontology.value(iri, kgtwin("plausibleSource")) or ""), iri


def test_every_code_belongs_to_one_analyte(knowledge: Knowledge) -> None:
    codes = [iri for iri in knowledge.classes if iri.startswith(LOINC) and knowledge.analyte(iri) is not None]
    assert len(codes) >= 45
    for iri in codes:
        assert is_loinc(iri.removeprefix(LOINC)), iri
        above = [one for one in knowledge.analytes if knowledge.is_a(iri, one)]
        assert len(above) == 1, (iri, above)


def test_an_analyte_has_a_code_or_is_a_multiple(knowledge: Knowledge) -> None:
    for iri, one in knowledge.analytes.items():
        coded = any(below.startswith(LOINC) for below in knowledge.classification.descendants(iri))
        assert coded != (one.multiple_of is not None), iri


@pytest.mark.parametrize(
    ("name", "unit", "value", "canonical"),
    [
        ("SerumCreatinine", "umol/L", "88.4", "1.000"),
        ("SerumPotassium", "mg/dL", "19.549", "5.000"),
        ("SerumPotassium", "meq/L", "5", "5.000"),
        ("SerumSodium", "mg/dL", "298.867", "130.0"),
        ("SerumCalcium", "mmol/L", "2.5", "10.02"),
        ("SerumMagnesium", "mg/dL", "2.4305", "1.000"),
        ("SerumMagnesium", "meq/L", "2", "1.000"),
        ("BloodGlucose", "mmol/L", "3", "54.05"),
        ("TotalBilirubin", "umol/L", "17.1", "1.000"),
        ("Hemoglobin", "g/L", "80", "8.000"),
        ("Hemoglobin", "mmol/L", "4.964", "7.999"),
        ("SerumUricAcid", "umol/L", "360", "6.052"),
        ("LDLCholesterol", "mmol/L", "2.586", "99.99"),
        ("Triglycerides", "mmol/L", "1", "88.54"),
        ("PlateletCount", "10*9/L", "50", "50.00"),
        ("NeutrophilCount", "/uL", "1500", "1.500"),
        ("SerumAlbumin", "g/L", "35", "3.500"),
        ("HeartRate", "/s", "1", "60.00"),
        ("CorrectedQTInterval", "s", "0.45", "450.0"),
        ("BodyWeight", "[lb_av]", "132.277", "60.00"),
        ("UrineAlbuminCreatinineRatio", "g/g", "0.03", "30.00"),
        ("CreatinineClearance", "mL/s", "0.5", "30.00"),
    ],
)
def test_units_convert_both_ways(knowledge: Knowledge, name: str, unit: str, value: str, canonical: str) -> None:
    one = knowledge.analytes[kgtwin(name)]
    there = convert(Decimal(value), unit, one.unit, one.molar_mass, one.valence)
    assert there is not None
    assert there == pytest.approx(Decimal(canonical), rel=Decimal("0.001"))
    back = convert(there, one.unit, unit, one.molar_mass, one.valence)
    assert back == pytest.approx(Decimal(value), rel=Decimal("1e-20"))


def test_indexed_and_absolute_filtration_are_two_quantities(knowledge: Knowledge) -> None:
    indexed, absolute = (knowledge.analytes[kgtwin(name)] for name in ("EstimatedGFR", "CreatinineClearance"))
    assert convert(Decimal(30), indexed.unit, absolute.unit) is None
    assert not knowledge.is_a(indexed.iri, absolute.iri)
    assert not knowledge.is_a(absolute.iri, indexed.iri)


# Classes of results and of patients


def test_every_interval_of_a_statement_has_a_name(knowledge: Knowledge) -> None:
    named = {
        axiom.operands[1]
        for axiom in knowledge.ontology.axioms
        if isinstance(axiom, EquivalentClasses)
        and isinstance(axiom.operands[0], Class)
        and isinstance(axiom.operands[1], ObjectIntersectionOf)
    }
    for number in NUMBERS:
        for conjunct in conjuncts(statement(knowledge, number), HAS_LATEST_RESULT, PERSISTENT):
            assert conjunct.filler in named, (number, conjunct.filler)


@pytest.mark.parametrize(
    ("sub", "sup", "holds"),
    [
        ("EGFRBelow20", "EGFRBelow30", True),
        ("EGFRBelow30", "EGFRBelow60", True),
        ("EGFRBelow30", "EGFRBelow20", False),
        ("EGFRAtLeast30Below60", "EGFRBelow60", True),
        ("EGFRAtLeast30Below60", "EGFRBelow30", False),
        ("CreatinineClearanceAtMost30", "CreatinineClearanceBelow30", False),
        ("CreatinineClearanceBelow30", "CreatinineClearanceAtMost30", True),
        ("EGFRBelow30", "CreatinineClearanceAtMost30", False),
        ("PotassiumAtLeast6Point0", "PotassiumAbove5Point5", True),
        ("PatientWithCKDG4ByGFR", "PatientWithPersistentlyLowGFR", True),
        ("PatientWithCKDG5ByGFR", "PatientWithPersistentlyLowGFR", True),
        ("PatientWithPersistentlyLowGFR", "PatientWithCKDG3aByGFR", False),
        ("PatientWithCKDG3aByGFR", "PatientWithCKDG3bByGFR", False),
    ],
)
def test_what_a_class_of_results_lies_below(knowledge: Knowledge, sub: str, sup: str, holds: bool) -> None:
    assert {kgtwin(sub), kgtwin(sup)} <= knowledge.classes
    assert knowledge.is_a(kgtwin(sub), kgtwin(sup)) is holds


# Statements, exactly at their limits


def test_every_statement_about_a_result_has_evidence(knowledge: Knowledge) -> None:
    assert len(NUMBERS) >= 107
    for number in NUMBERS:
        one = statement(knowledge, number)
        assert len(one.evidence) == 1, number
        (evidence,) = one.evidence
        assert evidence.text, number
        assert ("opened" in evidence.source) == (evidence.status == "verified"), number
        if evidence.status == "verified":
            assert '"' in evidence.text, f"{number} quotes nothing"


def limits(interval: Interval) -> list[tuple[Decimal, bool]]:
    """Values at and just beside each end of an interval, and whether they lie inside."""
    step = Decimal("0.001")
    found = []
    if interval.low is not None:
        found += [(interval.low, not interval.low_open), (interval.low - step, False), (interval.low + step, True)]
    if interval.high is not None:
        found += [(interval.high, not interval.high_open), (interval.high + step, False), (interval.high - step, True)]
    return found


def entails(one: Statement, knowledge: Knowledge, value: Decimal) -> bool:
    """Whether a patient who has all that a statement wants, and this value of its results, is one of its patients."""
    assert one.definition is not None
    patient = "urn:patient"
    told: list[Assertion] = [ClassAssertion(patient, Class(PATIENT))]
    for number, conjunct in enumerate(one.definition.conjuncts):
        node, filler = f"urn:{number}", conjunct.filler
        told.append(ObjectPropertyAssertion(conjunct.property, patient, node))
        if conjunct.property in (HAS_LATEST_RESULT, PERSISTENT):
            (analyte,), _ = result_filler(filler)
            filler = Class(analyte)
            told.append(DataPropertyAssertion(HAS_VALUE, node, Interval(value, False, value, False)))
        told.append(ClassAssertion(node, filler))
    return knowledge.classification.realise(told).derives(patient, Class(one.iri))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_statement_holds_exactly_inside_its_limits(number: str, knowledge: Knowledge) -> None:
    one = statement(knowledge, number)
    narrowest = numbers_of(one)[-1][2]
    for value, inside in limits(narrowest):
        assert entails(one, knowledge, value) is inside, (value, narrowest)


@pytest.fixture(scope="module")
def products(knowledge: Knowledge) -> list[tuple[frozenset[str], frozenset[str]]]:
    """The ingredients and the routes of each product with a code."""
    told = knowledge.classification
    below = (iri for iri in told.descendants(kgtwin("MedicinalProduct")) if iri.startswith(RXNORM))
    return [(named(told.successors(i, HAS_ACTIVE_INGREDIENT)), named(told.successors(i, HAS_ROUTE))) for i in below]


def is_met(one: Statement, knowledge: Knowledge, products: list[tuple[frozenset[str], frozenset[str]]]) -> bool:
    """Whether a coded order can meet the medicine of a statement: a product, or an ingredient if no route is wanted."""
    (taken,) = conjuncts(one, TAKES_NOW)
    parts = taken.filler.operands if isinstance(taken.filler, ObjectIntersectionOf) else (taken.filler,)
    wanted = {p.property: p.filler for p in parts if isinstance(p, ObjectSomeValuesFrom)}
    kind, route = wanted[HAS_ACTIVE_INGREDIENT], wanted.get(HAS_ROUTE)
    assert isinstance(kind, Class)
    if route is None and any(i.startswith(RXNORM) for i in (kind.iri, *knowledge.classification.descendants(kind.iri))):
        return True
    return any(
        any(knowledge.is_a(i, kind.iri) for i in ingredients)
        and (not isinstance(route, Class) or any(knowledge.is_a(r, route.iri) for r in routes))
        for ingredients, routes in products
    )


def test_no_statement_repeats_another_but_where_said(knowledge: Knowledge) -> None:
    """Metoprolol in infarction is the graver case of a beta blocker; both are said."""
    below = {(a, b) for a in NUMBERS for b in NUMBERS if a != b and knowledge.is_a(kgtwin(a), kgtwin(b))}
    assert below == {("DL_0209", "DL_0211")}


def test_the_list_of_statements_that_no_order_meets_is_right(
    knowledge: Knowledge, products: list[tuple[frozenset[str], frozenset[str]]]
) -> None:
    unmet = {number for number in NUMBERS if not is_met(statement(knowledge, number), knowledge, products)}
    assert unmet == NEVER.keys()

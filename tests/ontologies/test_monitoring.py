"""The rules about medicines as data: whole, about things that exist, and no two alike."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kgtwin.identifiers import to_iri
from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge import existentials, named
from kgtwin.inference.knowledge.roles import span
from kgtwin.model.axioms import ClassExpression
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.ontology.loader import load
from kgtwin.vocabulary import CLINICAL_CONDITION, HAS_ACTIVE_INGREDIENT, SUBSTANCE, TAKES_NOW, kgtwin

FOLDER = Path(__file__).resolve().parents[2] / "ontologies"
FAMILIES = {
    "MON": ("MonitoringRule", 60),
    "WO": ("WashOutRule", 10),
    "RDL": ("RenalDoseLimit", 15),
    "IND": ("IndicationRule", 100),
    "BUR": ("BurdenScale", 6),
    "GAP": ("CareGapRule", 4),
}
ONCE = ["evidenceSource", "evidenceText", "evidenceStatus", "curator", "curated", "reviewStatus"]
SAID = [
    "ruleMedicine",
    "ruleAnalyte",
    "ruleCondition",
    "beforeStart",
    "firstAfter",
    "every",
    "duringFirst",
    "onlyAfter",
]
SAID += ["laterMedicine", "washOutTime", "rangeFrom", "rangeAbove", "rangeBelow", "rangeTo", "indicationKind"]
SAID += ["maximumDailyDose", "burdenPoints", "burdenThreshold", "ruleSignificance", "remindFor", "ruleQualifier"]
SAID += ["ruleHistory", "unlessCondition", "unlessMedicine", "ageFrom", "ageBelow"]


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return load(FOLDER / "kgtwin.owl")


def rules(ontology: Ontology, family: str) -> list[str]:
    pattern = re.compile(re.escape(kgtwin(family)) + r"_\d{4}")
    return [iri for iri in ontology.entities if pattern.fullmatch(iri)]


def said(ontology: Ontology, iri: str, name: str) -> tuple[str, ...]:
    return ontology.values(iri, kgtwin(name))


def one(ontology: Ontology, iri: str, name: str) -> str:
    (value,) = said(ontology, iri, name)
    return value


def every_rule(ontology: Ontology) -> list[str]:
    return [iri for family in FAMILIES for iri in rules(ontology, family)]


@pytest.mark.parametrize("family", FAMILIES)
def test_there_are_enough_rules_and_each_is_placed(ontology: Ontology, knowledge: Knowledge, family: str) -> None:
    parent, least = FAMILIES[family]
    found = rules(ontology, family)
    assert len(found) >= least
    for iri in found:
        assert knowledge.is_a(iri, kgtwin(parent)), iri


def test_every_rule_has_its_evidence(ontology: Ontology) -> None:
    for iri in every_rule(ontology):
        for name in ONCE:
            assert one(ontology, iri, name).strip(), (iri, name)
        opened = "opened" in one(ontology, iri, "evidenceSource")
        assert one(ontology, iri, "evidenceStatus") == ("verified" if opened else "unverified"), iri
        if opened and not iri.startswith(kgtwin("BUR")):
            assert '"' in one(ontology, iri, "evidenceText"), f"{iri} quotes nothing"


def test_a_rule_is_about_things_that_exist(ontology: Ontology, knowledge: Knowledge) -> None:
    for iri in every_rule(ontology):
        for name in ("ruleMedicine", "laterMedicine", "unlessMedicine"):
            for medicine in said(ontology, iri, name):
                assert knowledge.is_a(medicine, SUBSTANCE), (iri, medicine)
        for analyte in said(ontology, iri, "ruleAnalyte"):
            assert analyte in knowledge.analytes, (iri, analyte)
        for name in ("ruleCondition", "ruleHistory", "unlessCondition"):
            for condition in said(ontology, iri, name):
                assert knowledge.is_a(condition, CLINICAL_CONDITION), (iri, condition)
        if not iri.startswith((kgtwin("BUR"), kgtwin("GAP"))):
            assert len(said(ontology, iri, "ruleMedicine")) == 1, iri


def test_a_monitoring_rule_says_what_and_when(ontology: Ontology) -> None:
    for iri in rules(ontology, "MON"):
        assert said(ontology, iri, "ruleAnalyte"), iri
        times = {name: span(ontology, iri, name) for name in ("firstAfter", "every", "duringFirst", "onlyAfter")}
        assert times["every"] or times["firstAfter"] or said(ontology, iri, "beforeStart") == ("true",), iri
        assert all(t is None or t > timedelta(0) for t in times.values()), iri
        if times["duringFirst"] and times["every"]:
            assert times["every"] < times["duringFirst"], iri


def test_a_wash_out_has_two_medicines_and_a_time(ontology: Ontology) -> None:
    for iri in rules(ontology, "WO"):
        assert said(ontology, iri, "laterMedicine"), iri
        assert one(ontology, iri, "ruleMedicine") not in said(ontology, iri, "laterMedicine"), iri
        assert span(ontology, iri, "washOutTime") in {
            timedelta(hours=24), timedelta(hours=36), timedelta(days=14), timedelta(days=35),
        }, iri  # fmt: skip


def test_a_dose_limit_has_a_range_and_a_dose(ontology: Ontology) -> None:
    for iri in rules(ontology, "RDL"):
        assert len(said(ontology, iri, "ruleAnalyte")) == 1, iri
        lows = [Decimal(v) for name in ("rangeFrom", "rangeAbove") for v in said(ontology, iri, name)]
        highs = [Decimal(v) for name in ("rangeBelow", "rangeTo") for v in said(ontology, iri, name)]
        assert len(lows) <= 1 >= len(highs), iri
        assert lows or highs, iri
        assert not (lows and highs) or lows[0] < highs[0], iri
        assert re.fullmatch(r"\d+(\.\d+)?\|mg", one(ontology, iri, "maximumDailyDose")), iri


def test_the_ranges_of_one_medicine_do_not_overlap(ontology: Ontology) -> None:
    """Gabapentin's table covers every clearance once."""
    table = [i for i in rules(ontology, "RDL") if one(ontology, i, "ruleMedicine") == to_iri("rxnorm:25480")]
    for value in map(Decimal, ["0", "14.9", "15", "29.9", "30", "59.9", "60", "120"]):
        hits = [
            iri
            for iri in table
            if all(value >= Decimal(v) for v in said(ontology, iri, "rangeFrom"))
            and all(value < Decimal(v) for v in said(ontology, iri, "rangeBelow"))
        ]
        assert len(hits) == 1, value


def test_a_scale_counts_classes_of_medicines(ontology: Ontology, knowledge: Knowledge) -> None:
    for iri in rules(ontology, "BUR"):
        assert Decimal(one(ontology, iri, "burdenThreshold")) > 0
        for text in said(ontology, iri, "burdenPoints"):
            points, _, name = text.partition("|")
            assert Decimal(points) > 0, text
            assert knowledge.is_a(to_iri(name), SUBSTANCE), text
            assert knowledge.classification.descendants(to_iri(name)), f"{name} has no member"


@pytest.mark.parametrize("family", FAMILIES)
def test_no_two_rules_say_the_same(ontology: Ontology, family: str) -> None:
    counts = Counter(tuple((n, said(ontology, iri, n)) for n in SAID) for iri in rules(ontology, family))
    assert [rule for rule, count in counts.items() if count > 1] == []


def test_every_evaluated_family_says_how_grave_its_rules_are(ontology: Ontology, knowledge: Knowledge) -> None:
    for family in ("MonitoringRule", "RenalDoseLimit", "BurdenScale", "CareGapRule"):
        for name in ("ruleSignificance", "detail", "mitigation"):
            assert one(ontology, kgtwin(family), name)
    evaluated = {rule.iri for rule in knowledge.rules}
    assert evaluated == {iri for family in ("MON", "RDL", "BUR", "GAP") for iri in rules(ontology, family)}
    assert not evaluated & knowledge.statements.keys(), "a rule is no statement"
    assert next(r for r in knowledge.rules.monitoring if r.curie == "kgtwin:MON_0018").remind_for == timedelta(days=92)


def test_a_wash_out_rule_is_a_statement_too(ontology: Ontology, knowledge: Knowledge) -> None:
    """Statements over wash-out roles say all of them, so that nothing else evaluates these rules."""
    statements = [s.definition for s in knowledge.statements.values() if s.wash_out and s.definition]
    for iri in rules(ontology, "WO"):
        first, time = one(ontology, iri, "ruleMedicine"), span(ontology, iri, "washOutTime")
        for later in said(ontology, iri, "laterMedicine"):
            assert any(
                _asks(knowledge, c.filler, first) and _asks(knowledge, other.filler, later)
                for definition in statements
                for c in definition.conjuncts
                for other in definition.conjuncts
                if knowledge.roles.wash_outs.get(c.property) == time and other.property == TAKES_NOW
            ), (iri, first, later)


def _asks(knowledge: Knowledge, filler: ClassExpression, medicine: str) -> bool:
    """Whether a statement asks for a medicine, or for some of its class."""
    asked = named(existentials(filler, HAS_ACTIVE_INGREDIENT))
    return any(knowledge.is_a(one, medicine) or knowledge.is_a(medicine, one) for one in asked)


def test_amiodarone_is_for_arrhythmia(ontology: Ontology) -> None:
    """An exception that later code reads: what a medicine is for does not speak against it."""
    for iri in rules(ontology, "IND"):
        if one(ontology, iri, "ruleMedicine") == to_iri("rxnorm:703"):
            assert one(ontology, iri, "ruleCondition") == kgtwin("CardiacArrhythmia")
            return
    pytest.fail("no rule says what amiodarone is for")


def test_every_property_says_what_it_means(ontology: Ontology) -> None:
    text = (FOLDER / "monitoring.ofn").read_text(encoding="utf-8")
    for name in re.findall(r"^Declaration\(AnnotationProperty\(:(\w+)\)\)", text, re.MULTILINE):
        assert ontology.entities[kgtwin(name)] is EntityKind.ANNOTATION_PROPERTY
        comments = ontology.values(kgtwin(name), "http://www.w3.org/2000/01/rdf-schema#comment")
        assert len(comments) == 1, name
        assert name in SAID, f"{name} is not looked at here"

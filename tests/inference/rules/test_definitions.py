"""Rules read out of an ontology, and what is said of one that cannot be read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kgtwin.errors import OntologyError
from kgtwin.inference.knowledge.rules import Rules, rules_of
from kgtwin.model.axioms import Interval
from kgtwin.model.issue import Significance
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify

HEAD = "Prefix(:=<https://w3id.org/kgtwin/ontology#>) Ontology(<http://example.org/x> "
MONITORING = {"ruleMedicine": ":X", "ruleAnalyte": ":A", "every": '"P10D"'}
LIMIT = {"ruleMedicine": ":X", "ruleAnalyte": ":A", "rangeBelow": '"30"', "maximumDailyDose": '"0|mg"'}
SCALE = {"burdenPoints": '"1|kgtwin:X"', "burdenThreshold": '"2"'}


def rules(folder: Path, family: str, said: dict[str, str], *more: str) -> Rules:
    """The rules of an ontology with one rule ``:R`` of a family."""
    told = [f"AnnotationAssertion(:{name} :R {value})" for name, value in said.items()]
    classes = [f"Declaration(Class(:{name}))" for name in (family, "R", "X", "A")]
    file = folder / "x.ofn"
    file.write_text(" ".join([HEAD, *classes, f"SubClassOf(:R :{family})", *told, *more, ")"]))
    ontology = load(file)
    return rules_of(
        ontology, classify(ontology.axioms, classes=[i for i, k in ontology.entities.items() if k == "Class"])
    )


def test_what_a_rule_does_not_say_its_family_says(tmp_path: Path) -> None:
    family = [
        'AnnotationAssertion(:ruleSignificance :MonitoringRule "major")',
        'AnnotationAssertion(:mitigation :MonitoringRule "Measure it.")',
        'AnnotationAssertion(:remindFor :MonitoringRule "P5D")',
    ]
    (rule,) = rules(tmp_path, "MonitoringRule", MONITORING, *family).monitoring
    assert (rule.significance, rule.mitigation) == (Significance.MAJOR, "Measure it.")
    assert (rule.every, rule.remind_for, rule.before_start) == (timedelta(days=10), timedelta(days=5), False)
    own = {**MONITORING, "ruleSignificance": '"moderate"', "remindFor": '"P9D"'}
    (rule,) = rules(tmp_path, "MonitoringRule", own, *family).monitoring
    assert (rule.significance, rule.remind_for) == (Significance.MODERATE, timedelta(days=9))


def test_what_nobody_says_is_minor_and_unreviewed(tmp_path: Path) -> None:
    (rule,) = rules(tmp_path, "BurdenScale", SCALE).burdens
    assert (rule.significance, rule.review, rule.verified) == (Significance.MINOR, "not clinically reviewed", False)
    assert rule.points == ((Decimal(1), "https://w3id.org/kgtwin/ontology#X"),)


def test_the_ends_of_a_range_are_open_or_not(tmp_path: Path) -> None:
    def ends(**said: str) -> Interval:
        told = {name: value for name, value in LIMIT.items() if name != "rangeBelow"}
        (limit,) = rules(tmp_path, "RenalDoseLimit", {**told, **said}).doses
        return limit.range

    assert ends(rangeFrom='"15"', rangeTo='"30"') == Interval(Decimal(15), False, Decimal(30), False)
    assert ends(rangeAbove='"15"', rangeBelow='"30"') == Interval(Decimal(15), True, Decimal(30), True)


def test_a_silent_rule_is_not_evaluated(tmp_path: Path) -> None:
    assert list(rules(tmp_path, "MonitoringRule", {**MONITORING, "silent": '"true"'})) == []


def test_an_ontology_without_rules_has_none(tmp_path: Path) -> None:
    assert list(rules(tmp_path, "SomethingElse", {})) == []


@pytest.mark.parametrize(
    ("family", "said", "message"),
    [
        ("MonitoringRule", {**MONITORING, "ruleSignificance": '"grave"'}, "ruleSignificance is 'grave'"),
        ("MonitoringRule", {**MONITORING, "every": '"often"'}, "every is 'often'"),
        ("MonitoringRule", {"ruleAnalyte": ":A", "every": '"P10D"'}, "has 0 ruleMedicine"),
        ("MonitoringRule", {"ruleMedicine": ":X", "every": '"P10D"'}, "has no ruleAnalyte"),
        ("RenalDoseLimit", {**LIMIT, "maximumDailyDose": '"0.5|g"'}, "maximumDailyDose is '0.5|g'"),
        ("RenalDoseLimit", {**LIMIT, "maximumDailyDose": '"much|mg"'}, "maximumDailyDose is 'much'"),
        ("RenalDoseLimit", {**LIMIT, "rangeBelow": '"NaN"'}, "rangeBelow is 'NaN'"),
        ("SomethingElse", {"plausibleDailyDose": '"1|g"'}, "plausibleDailyDose is '1|g'"),
        ("BurdenScale", {**SCALE, "burdenPoints": '"one|kgtwin:X"'}, "burdenPoints is 'one'"),
        ("BurdenScale", {**SCALE, "burdenPoints": '"1"'}, "burdenPoints is '1'"),
        ("BurdenScale", {"burdenPoints": '"1|kgtwin:X"'}, "has 0 burdenThreshold"),
        ("CareGapRule", {"ruleCondition": ":A"}, "has no ruleMedicine"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_rule(
    tmp_path: Path, family: str, said: dict[str, str], message: str
) -> None:
    with pytest.raises(OntologyError) as raised:
        rules(tmp_path, family, said)
    assert raised.value.message == message
    assert raised.value.where == "kgtwin:R"
    assert raised.value.expected


def test_no_medicine_takes_points_away(tmp_path: Path) -> None:
    """A burden is what adds up; with points below 0 it would fall by what is taken beside."""
    with pytest.raises(OntologyError, match=r"'-1\|kgtwin:X'") as caught:
        rules(tmp_path, "BurdenScale", {**SCALE, "burdenPoints": '"-1|kgtwin:X"'})
    assert "0 or more" in (caught.value.expected or "")
    assert rules(tmp_path, "BurdenScale", {**SCALE, "burdenPoints": '"0|kgtwin:X"'}).burdens

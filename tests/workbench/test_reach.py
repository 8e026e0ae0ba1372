"""Reach counts what a patient with a condition would meet: hierarchy, chains and severities, as reasoned."""

from pathlib import Path

import pytest

from kgtwin.inference.knowledge import Knowledge
from kgtwin.ontology.loader import load
from kgtwin.reasoning import classify
from kgtwin.vocabulary import SNOMED, kgtwin
from kgtwin.workbench.reach import Reach, reach

ONTOLOGIES = Path(__file__).resolve().parents[2] / "ontologies"
HEAD = """Prefix(:=<https://w3id.org/kgtwin/ontology#>)
Prefix(snomed:=<http://snomed.info/id/>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Ontology(<https://example.org/small>
SubObjectPropertyOf(:hasNow :hasEver)
SubObjectPropertyOf(ObjectPropertyChain(:hasNow :pastOccurrenceOf) :hasEver)
SubObjectPropertyOf(ObjectPropertyChain(:hasNow :familyOccurrenceOf) :familyHas)
SubObjectPropertyOf(ObjectPropertyChain(:hasNow :causativeAgent) :allergicTo)
SubClassOf(:MyocardialInfarction :ClinicalCondition)
SubClassOf(:Rash :ClinicalCondition)
SubClassOf(:Goitre :ClinicalCondition)
SubClassOf(:AllergyToNuts :ClinicalCondition)
SubClassOf(:AllergyToNuts ObjectSomeValuesFrom(:causativeAgent :Nut))
SubClassOf(snomed:22298006 :MyocardialInfarction)
SubClassOf(snomed:271807003 :Rash)
SubClassOf(snomed:399211009 :Situation)
SubClassOf(snomed:399211009 ObjectSomeValuesFrom(:pastOccurrenceOf snomed:22298006))
SubClassOf(snomed:91934008 :AllergyToNuts)
"""


def small(tmp_path: Path, *demands: str) -> Reach:
    """The reach of statements that demand these things, beside a handful of conditions."""
    lines = [HEAD]
    for number, demand in enumerate(demands):
        lines += [
            f"Declaration(Class(:CI_{number}))",
            f'AnnotationAssertion(:significance :CI_{number} "major")',
            f'AnnotationAssertion(:kind :CI_{number} "drug-condition")',
            f"EquivalentClasses(:CI_{number} ObjectIntersectionOf(:Patient ObjectSomeValuesFrom({demand})))",
        ]
    path = tmp_path / "small.ofn"
    path.write_text("\n".join(lines) + "\n)\n", encoding="utf-8")
    ontology = load(path)
    return reach(Knowledge(ontology, classify(ontology.axioms)))


def names(iris: tuple[str, ...]) -> set[str]:
    return {iri.removeprefix(SNOMED).rpartition("#")[2] for iri in iris}


def test_a_demand_of_the_present_reaches_what_lies_below_it_and_nothing_else(tmp_path: Path) -> None:
    found = small(tmp_path, ":hasNow :MyocardialInfarction")
    assert names(found.reached) == {"MyocardialInfarction", "22298006"}
    assert names(found.unreached_codes) == {"271807003", "399211009", "91934008"}
    assert found.unmet == ()


def test_a_history_is_reached_by_a_demand_of_the_past(tmp_path: Path) -> None:
    assert "399211009" in names(small(tmp_path, ":hasEver :MyocardialInfarction").reached)
    assert "399211009" not in names(small(tmp_path, ":hasNow :MyocardialInfarction").reached)


def test_an_allergy_is_reached_by_a_demand_of_its_agent(tmp_path: Path) -> None:
    assert names(small(tmp_path, ":allergicTo :Nut").reached) == {"AllergyToNuts", "91934008"}


def test_a_relatives_condition_is_reached(tmp_path: Path) -> None:
    assert names(small(tmp_path, ":familyHas :Rash").reached) == {"Rash", "271807003"}


def test_a_recorded_severity_does_not_stand_in_the_way(tmp_path: Path) -> None:
    severe = ":hasNow ObjectIntersectionOf(:Rash ObjectSomeValuesFrom(:hasSeverity :Severe))"
    assert names(small(tmp_path, severe).reached) == {"Rash", "271807003"}


def test_every_conjunct_must_be_met(tmp_path: Path) -> None:
    found = small(tmp_path, ":hasNow ObjectIntersectionOf(:Rash :MyocardialInfarction)")
    assert found.reached == ()
    assert [one.statement for one in found.unmet] == [kgtwin("CI_0")]


def test_a_demand_without_a_code_can_never_be_met(tmp_path: Path) -> None:
    found = small(tmp_path, ":hasNow :Goitre", ":hasNow :Rash")
    assert [one.statement for one in found.unmet] == [kgtwin("CI_0")]
    assert found.unmet[0].demand.endswith("#Goitre>)")
    assert found.counts["statements that can never fire"] == 1


@pytest.fixture(scope="module")
def shipped() -> Reach:
    ontology = load(ONTOLOGIES / "kgtwin.owl")
    return reach(Knowledge(ontology, classify(ontology.axioms)))


@pytest.mark.parametrize(
    ("code", "reached"),
    [
        ("399211009", True),  # history of myocardial infarction
        ("315268008", True),  # suspected prostate cancer, which a statement demands as a suspicion
        ("91936005", True),  # allergy to penicillin
        ("431857002", True),  # chronic kidney disease stage 4
        ("162573006", False),  # suspected lung cancer
        ("283371005", False),  # laceration of forearm
    ],
)
def test_what_the_shipped_statements_reach(shipped: Reach, code: str, reached: bool) -> None:
    assert (SNOMED + code in shipped.reached) == reached


def test_no_social_finding_is_reached_or_counted(shipped: Reach) -> None:
    assert SNOMED + "32911000" not in {*shipped.reached, *shipped.unreached}
    assert shipped.counts["codes"] == len(shipped.unreached_codes) + shipped.counts["codes reached"]

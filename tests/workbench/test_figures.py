"""The figures are counted twice: by the command, and by hand on the files themselves."""

import csv
import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kgtwin.bootstrap import load_knowledge
from kgtwin.config import Settings
from kgtwin.inference import Knowledge
from kgtwin.model.fact import PatientRecord
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology
from kgtwin.workbench.burden import Bearing
from kgtwin.workbench.figures import Figures, figures

ROOT = Path(__file__).resolve().parents[2]
ONTOLOGIES = ROOT / "ontologies"
NEVER: dict[str, str] = {}
"""Statements that no known code can trigger, with why they stay."""


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(Settings.read())


@pytest.fixture(scope="module")
def found(knowledge: Knowledge) -> Figures:
    return figures(knowledge)


def test_statements_are_those_of_the_files(found: Figures) -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in ONTOLOGIES.glob("*.ofn"))
    kinds = Counter(re.findall(r'AnnotationAssertion\(:kind :\w+ "([^"]+)"\)', text))
    assert {kind: sum(counts.values()) for kind, counts in found.statements.items()} == dict(kinds)
    assert {kind: sum(counts.values()) for kind, counts in found.evidence.items()} == dict(kinds)
    stated = set(re.findall(r"AnnotationAssertion\(:significance :(\w+) ", text))
    verified = stated & set(re.findall(r'AnnotationAssertion\(:evidenceStatus :(\w+) "verified"\)', text))
    assert sum(counts.get("verified", 0) for counts in found.evidence.values()) == len(verified)


def test_label_rows_are_those_of_the_tables(found: Figures) -> None:
    for name, counts in found.dispositions.items():
        with (ONTOLOGIES / "dispositions" / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        assert counts == Counter(row["disposition"] for row in rows)


def test_every_condition_code_stands_on_two_axes(found: Figures) -> None:
    by_name = found.conditions
    assert by_name["codes on an axis"] - by_name["codes on two axes or more"] <= 1
    assert by_name["axes"] >= 6


def test_medicines_are_counted(found: Figures) -> None:
    products = (ONTOLOGIES / "products.ofn").read_text(encoding="utf-8")
    assert found.medicines["products"] == len(
        re.findall(r"^SubClassOf\(rxnorm:\d+ :MedicinalProduct\)$", products, re.M)
    )
    assert found.medicines["ingredients"] > 250


def test_every_statement_can_fire_or_says_why_it_stays(found: Figures) -> None:
    assert {one.statement for one in found.unmet} == NEVER.keys()


def bundle(name: str) -> tuple[PatientRecord, list[object]]:
    file = ROOT / "tests" / "cases" / "drug-condition" / f"{name}.json"
    resources = [
        resource
        for submission in fhir.read([str(file)], source="local", terminology=Terminology.load(ONTOLOGIES / "mappings"))
        for resource in submission.resources
    ]
    (record,) = [one.record for one in resources if one.record is not None]
    return record, [fact for one in resources for fact in one.facts]


def test_an_order_is_judged_when_it_was_made(knowledge: Knowledge) -> None:
    bearing = Bearing(knowledge)
    record, facts = bundle("beta-blocker-asthma")
    bearing.add(record, facts)  # type: ignore[arg-type]
    burden = bearing.result()
    made = json.loads((ROOT / "tests/cases/drug-condition/beta-blocker-asthma.json").read_text(encoding="utf-8"))
    orders = [e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == "MedicationRequest"]
    assert burden.orders == len(orders)
    assert [one.issue.statement for one in bearing.alerts] == ["kgtwin:CI_0001"]
    assert bearing.alerts[0].at >= datetime.fromisoformat(orders[0]["authoredOn"]).replace(tzinfo=UTC)
    assert burden.per_100_orders("contraindicated") == 100 / len(orders)
    assert burden.patients_with_issues == {"drug-condition": 1}


def test_an_order_without_an_issue_raises_nothing(knowledge: Knowledge) -> None:
    bearing = Bearing(knowledge)
    bearing.add(*bundle("family-member-is-not-the-patient"))  # type: ignore[arg-type]
    assert bearing.alerts == []
    assert bearing.result().per_100_orders("major") == 0

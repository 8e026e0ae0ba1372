"""Issues of every kind over HTTP, with proofs that go down to the Patient and to several results."""

from __future__ import annotations

import json

import pytest

from kgtwin.inference import Knowledge
from kgtwin.model.issue import IssueKind
from tests.api.conftest import Client
from tests.inference.test_contexts import CASES, contexts  # noqa: F401 - a fixture

BUNDLES = {path.stem: path for path in CASES}
ISSUES = """query ($kind: IssueKind) { patient(id: "p1") { issues(kind: $kind) { edges { node { kind statement
    implicated { resource fact { kind provenance { resource } } }
    derivation { steps { rule note fact { resource text } } } } } } } }"""


@pytest.fixture
def knowledge(contexts: Knowledge) -> Knowledge:  # noqa: F811
    """What the service of ``real`` knows here."""
    return contexts


@pytest.mark.parametrize(
    ("bundle", "kind", "leaf"),
    [
        ("two-nsaids", IssueKind.DUPLICATE_THERAPY, "MedicationRequest/m2"),
        ("age-birthday", IssueKind.DRUG_AGE, "Patient/p1"),
        ("sex-female", IssueKind.DRUG_PREGNANCY, "Patient/p1"),
        ("phenotype-poor", IssueKind.DRUG_GENE, "Observation/g1"),
        ("behaviour-smoker", IssueKind.DRUG_BEHAVIOUR, "Observation/b1"),
        ("lasting-low", IssueKind.DRUG_LAB, "Observation/e1"),
        ("severity-severe", IssueKind.DRUG_CONDITION, "Condition/c1"),
    ],
)
def test_an_issue_of_every_kind(real: Client, bundle: str, kind: IssueKind, leaf: str) -> None:
    assert real.fhir(BUNDLES[bundle].read_bytes()).status_code == 200
    ((found,),) = [[edge["node"] for edge in real.data(ISSUES, kind=kind.name)["patient"]["issues"]["edges"]]]
    expected = json.loads(BUNDLES[bundle].with_suffix(".expected.json").read_text())["issues"]
    assert (found["kind"], found["statement"]) == (kind.name, expected[0]["statement"])
    assert {one["fact"]["provenance"]["resource"] for one in found["implicated"]} == set(expected[0]["implicated"])
    assert leaf in {step["fact"]["resource"] for step in found["derivation"]["steps"] if step["fact"]}
    other = next(one for one in IssueKind if one is not kind)
    assert real.data(ISSUES, kind=other.name)["patient"]["issues"]["edges"] == []


def test_the_severity_of_a_condition(real: Client) -> None:
    real.fhir(BUNDLES["severity-severe"].read_bytes())
    query = """{ patient(id: "p1") { facts(kind: CONDITION) { edges { node { details {
        ... on ConditionDetail { severity { text codings { display } concepts } } } } } } } }"""
    (edge,) = real.data(query)["patient"]["facts"]["edges"]
    assert edge["node"]["details"]["severity"] == {
        "text": "Severe", "codings": [{"display": "Severe"}], "concepts": ["snomed:24484000"],
    }  # fmt: skip

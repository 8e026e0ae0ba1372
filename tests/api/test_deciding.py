"""Why not, contradictions, repairs, overrides and alerts over GraphQL, over an embedded store."""

from __future__ import annotations

import pytest

from tests.api.conftest import CASE, CASES, Client

ISSUES = '{ patient(id: "p1") { issues { edges { node { key statement override { by } } } } } }'
REPAIRS = """{ patient(id: "p1") { issues(first: 10) { edges { node { key implicated { resource } repairs { complete
    fixed { resource } suggestions { onCondition actions { kind text until facts { resource } }
    new { statement } alsoGone { key } } } } } } } }"""
WHY_NOT = """query ($statement: String!) { patient(id: "p1") { whyNot(statement: $statement) { statement title holds
    hindrances issues caveats { code } parts { expression holds found facts { resource } unknown { code remedy }
    nearest { fact { resource } reasons } } } } }"""


def test_each_issue_can_be_repaired(real: Client) -> None:
    real.fhir(CASE.read_bytes())
    for edge in real.data(REPAIRS)["patient"]["issues"]["edges"]:
        found = edge["node"]["repairs"]
        assert found["complete"]
        assert found["suggestions"]
        named = {fact["resource"] for one in found["suggestions"] for a in one["actions"] for fact in a["facts"]}
        assert named | {one["resource"] for one in found["fixed"]} == {
            one["resource"] for one in edge["node"]["implicated"]
        }
        assert {a["kind"] for one in found["suggestions"] for a in one["actions"]} == {"STOP"}


def test_why_a_statement_does_not_hold(real: Client) -> None:
    real.fhir((CASES / "drug-allergy" / "refuted-allergy.json").read_bytes())
    asked = "takesNow some (hasActiveIngredient some Penicillin) and allergicTo some Penicillin"
    found = real.data(WHY_NOT, statement=asked)["patient"]["whyNot"]
    assert (found["statement"], found["holds"], found["issues"]) == (None, False, [])
    assert [part["holds"] for part in found["parts"]] == [True, False]
    reasons = [reason for part in found["parts"] for near in part["nearest"] for reason in near["reasons"]]
    assert "it is refuted" in reasons


def test_what_holds_names_its_issues(real: Client) -> None:
    real.fhir(CASE.read_bytes())
    issues = [edge["node"] for edge in real.data(ISSUES)["patient"]["issues"]["edges"]]
    for issue in issues:
        found = real.data(WHY_NOT, statement=issue["statement"])["patient"]["whyNot"]
        assert found["holds"]
        assert issue["key"] in found["issues"]


@pytest.mark.parametrize("statement", ["", "kgtwin:CI_9999", "takes now some"])
def test_a_question_that_means_nothing_is_an_error(real: Client, statement: str) -> None:
    real.fhir(CASE.read_bytes())
    error = real.error(WHY_NOT, statement=statement)
    assert error["extensions"]["code"] == "usage"
    assert error["extensions"]["expected"]


def test_nothing_contradicts_in_a_good_case(real: Client) -> None:
    real.fhir(CASE.read_bytes())
    query = (
        '{ patient(id: "p1") { contradictions { text leftOut { resource } kept { resource } derivation { text } } } }'
    )
    assert real.data(query)["patient"]["contradictions"] == []


def test_alerts_without_overrides_are_the_issues(real: Client) -> None:
    real.fhir(CASE.read_bytes())
    issues = [edge["node"]["key"] for edge in real.data(ISSUES)["patient"]["issues"]["edges"]]
    for flag in ("", "(overridden: true)"):
        alerts = real.data(
            f'{{ patient(id: "p1") {{ alerts{flag} {{ edges {{ node {{ key override {{ by }} }} }} }} }} }}'
        )
        assert [edge["node"] for edge in alerts["patient"]["alerts"]["edges"]] == [
            {"key": key, "override": None} for key in issues
        ]


def test_a_page_of_repairs_costs_more_than_a_query_may(real: Client) -> None:
    error = real.error('{ patient(id: "p1") { issues(first: 1000) { edges { node { repairs { complete } } } } } }')
    assert error["extensions"]["code"] == "query-too-large"

"""Scores over GraphQL, from received resources."""

from __future__ import annotations

from tests.api.conftest import Client
from tests.inference.scoring import condition, creatinine_bundle

QUERY = """query ($equation: ID) { patient(id: "p1", at: "2026-01-15T12:00:00Z") { scores(equation: $equation) {
    equation label kind basis status unit horizon at revision value { low high } established
    inputs { name value { low high } when computedBy facts { fact resource } inputs { name } }
    missing { name label assumed { low high } ifLowest { low high } ifHighest { low high } sure most }
    refusals unconfirmed population doi evidence { source status } checkedBy confidence review
    caveats { code text } safety } } }"""


def test_all_scores(real: Client) -> None:
    assert real.fhir(creatinine_bundle().encode()).status_code == 200
    scores = real.data(QUERY)["patient"]["scores"]
    assert len(scores) >= 13
    assert {one["basis"] for one in scores} == {"scored"}
    assert all(one["safety"] for one in scores)


def test_one_score_with_what_it_rests_on(real: Client) -> None:
    real.fhir(creatinine_bundle(condition("ckd", "snomed:709044004")).encode())
    (score,) = real.data(QUERY, equation="kgtwin:KFRE4NorthAmerica5Years")["patient"]["scores"]
    assert (score["status"], score["kind"], score["horizon"], score["established"]) == ("RANGE", "risk", "P5Y", True)
    (egfr,) = [one for one in score["inputs"] if one["name"] == "egfr"]
    assert egfr["computedBy"] == "kgtwin:CKDEPI2021"
    assert {one["name"] for one in egfr["inputs"]} == {"age", "female", "creatinine"}
    (acr,) = score["missing"]
    assert (acr["name"], acr["sure"], acr["most"]) == ("acr", 1.0, 1.0)
    assert score["value"] == {"low": acr["ifLowest"]["low"], "high": acr["ifHighest"]["high"]}


def test_a_refusal(real: Client) -> None:
    real.fhir(creatinine_bundle(condition("mi", "snomed:22298006")).encode())
    (score,) = real.data(QUERY, equation="kgtwin:PREVENTASCVD10Years")["patient"]["scores"]
    assert (score["status"], score["value"], score["missing"]) == ("REFUSED", None, [])
    assert "Condition/mi" in score["refusals"][0]


def test_an_unknown_equation_is_an_error(real: Client) -> None:
    real.fhir(creatinine_bundle().encode())
    answer = real.post("/graphql", json={"query": QUERY, "variables": {"equation": "kgtwin:Nothing"}}).json()
    assert "no equation kgtwin:Nothing" in answer["errors"][0]["message"]


def test_the_dead_have_none(real: Client) -> None:
    real.fhir(creatinine_bundle(deceasedBoolean=True).encode())
    assert real.data(QUERY)["patient"]["scores"] == []

"""Predicted relations over GraphQL: counted, proven, refuted with a proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kgtwin.api.graphql.context import Context
from kgtwin.api.graphql.schema import build_schema
from kgtwin.service import Service
from tests.inference.predicting import Everything
from tests.test_service import AT, condition, order, receipts, with_service

QUERY = """{ patient(id: "p1") {
    predicted { proven consistent refuted { by count } }
    risks { basis head tail provenIssues derivation { text } }
    issues { edges { node { key statement } } }
    refutations { head tail relation by model derivation { conclusion text steps { rule } } } } }"""
BODY = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": one}
        for one in ({"resourceType": "Patient", "id": "p1"}, condition("c1"), order("m1"), order("m2", "6809"))
    ],
}
SITUATION = condition("c2", code="108631000119101")


def test_predictions_over_graphql(tmp_path: Path) -> None:
    file = tmp_path / "patient.json"
    file.write_text(json.dumps({**BODY, "entry": [*BODY["entry"], {"resource": SITUATION}]}))

    async def use(service: Service) -> dict[str, Any]:
        await receipts(service, file)
        service.predictor = Everything
        done = await build_schema().execute(QUERY, context_value=Context(service, AT))
        assert done.errors is None
        assert done.data
        return done.data

    found = with_service(tmp_path, use)["patient"]
    assert found["predicted"] == {"proven": 0, "consistent": 2, "refuted": [{"by": "RANGE", "count": 2}]}
    issues = {edge["node"]["key"]: edge["node"]["statement"] for edge in found["issues"]["edges"]}
    beside = {risk["head"]: [issues[one] for one in risk["provenIssues"]] for risk in found["risks"]}
    assert beside == {"rxnorm:8787": ["kgtwin:CI_0001"], "rxnorm:6809": []}
    assert {(risk["basis"], risk["derivation"]) for risk in found["risks"]} == {("predicted", None)}
    for one in found["refutations"]:
        assert (one["tail"], one["by"], one["relation"]) == ("snomed:108631000119101", "RANGE", "treats")
        assert one["derivation"]["conclusion"].endswith("is nothing")
        assert "ObjectPropertyRange" in one["derivation"]["text"]

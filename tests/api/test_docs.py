"""The queries in the documentation are answered, in the shape that it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kgtwin.api import cypher, fhir, sparql
from kgtwin.api.graphql import connections, endpoint, limits
from tests.api.conftest import CASE, Client

PAGE = Path(__file__).parents[2] / "docs" / "decision-support.md"
EXAMPLES = re.findall(r"```graphql\n(.*?)```\s+```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def shape(value: Any) -> Any:
    """The names in an answer: of lists the first item's, of values nothing."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value[:1]] if isinstance(value, list) else None


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize(("query", "answer"), EXAMPLES, ids=["issues", "scores", "alerts", "facts"])
def test_an_example_is_answered_as_shown(real: Client, query: str, answer: str) -> None:
    real.fhir(CASE.read_bytes())
    assert shape(real.data(query)) == shape(json.loads(answer))


def test_limits_are_as_documented() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for row in [
        f"{connections.MAX_FIRST:,}; {connections.DEFAULT_FIRST} where",
        f"{limits.MAX_DEPTH}, {limits.MAX_ALIASES}, {limits.MAX_TOKENS:,}",
        f"| {limits.MAX_COST:,} |",
        f"{endpoint.TIMEOUT:g} s, {sparql.TIMEOUT:g} s, {cypher.TIMEOUT:g} s",
        f"| {cypher.MAX_ROWS:,} |",
        f"{endpoint.MAX_BODY >> 20} MiB, {fhir.MAX_BODY >> 20} MiB",
    ]:
        assert row in text
    assert cypher.MAX_ROWS == sparql.MAX_ROWS

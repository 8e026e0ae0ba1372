"""Where the dialects differ: every line of the table in docs/analysts.md, run on the store that it is said of."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import QueryRejectedError
from kgtwin.store import cypher, cypher_limits, cypher_parameters, ladybug, sparql
from tests.api.querying import fill
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio
DOCS = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
SAID = {
    "ladybug": [
        ("MATCH (p:Patient) RETURN label(p) AS x", "Patient"),
        ("MATCH (p:Patient) RETURN labels(p) AS x", "Patient"),
        ("MATCH (n) WHERE label(n) = 'Patient' RETURN count(n) AS x", 1),
        ("MATCH (a)-[*1..4]-(b) RETURN count(*) AS x", 594),
        ("MATCH (a:Concept)-[e:IS_A* SHORTEST 1..5]->(b:Concept) RETURN length(e) AS x LIMIT 1", 1),
        ("MATCH (p:Patient) RETURN COUNT { MATCH (p)-[:HAS_ISSUE]->() } AS x", 1),
        ("RETURN list_filter([1, 2], i -> i > 1) AS x", [2]),
        ("WITH [7, 8] AS l RETURN l[1] AS x", 7),
        ("RETURN substring('abc', 1, 1) AS x", "a"),
        ("RETURN left('abc', 1) AS x", "a"),
        ("RETURN current_date() > date('2020-01-01') AS x", True),
        ("RETURN date_part('year', date('2020-03-01')) AS x", 2020),
        ("RETURN date('2020-03-01') - date('2020-01-01') AS x", 60),
        ("RETURN CAST('5' AS INT64) AS x", 5),
        ("RETURN string(5) AS x", "5"),
        ("RETURN string_split('a,b', ',') AS x", ["a", "b"]),
    ],
    "neo4j": [
        ("MATCH (p:Patient) RETURN labels(p) AS x", ["Patient"]),
        ("MATCH (n) WHERE n:Patient RETURN count(n) AS x", 1),
        ("MATCH (f:Fact) RETURN count(f) AS x", 1),
        ("MATCH (a)-[*1..4]-(b) RETURN count(*) AS x", 128),
        ("MATCH p = shortestPath((a:Concept)-[:IS_A*1..5]->(b:Concept)) WHERE a <> b RETURN length(p) AS x LIMIT 1", 1),
        ("MATCH (a:Concept)-[:IS_A]->{1,3}(b) RETURN count(*) > 0 AS x", True),
        ("MATCH (p:Patient) CALL (p) { MATCH (p)-[:HAS_ISSUE]->(i) RETURN count(i) AS n } RETURN n AS x", 1),
        ("MATCH (p:Patient) RETURN COUNT { (p)-[:HAS_ISSUE]->() } AS x", 1),
        ("RETURN [i IN [1, 2] WHERE i > 1] AS x", [2]),
        ("MATCH (p:Patient) RETURN p {.key} AS x", {"key": "local|1"}),
        ("WITH [7, 8] AS l RETURN l[0] AS x", 7),
        ("RETURN substring('abc', 0, 1) AS x", "a"),
        ("RETURN left('abc', 1) AS x", "a"),
        ("RETURN date('2020').year AS x", 2020),
        ("RETURN date() > date('2020-01-01') AS x", True),
        ("RETURN duration.inDays(date('2020-01-01'), date('2020-03-01')).days AS x", 60),
        ("RETURN duration('P1DT2H') AS x", "P1DT2H"),
        ("RETURN toInteger('5') AS x", 5),
        ("RETURN 'a' + 1 AS x", "a1"),
        ("UNWIND [1, 3] AS i RETURN stDev(i) > 1 AS x", True),
        ("MATCH (p:Patient) RETURN p.nothing AS x", None),
    ],
}
BOTH = [
    ("MATCH (f:Condition) RETURN f.`end` AS x", None),
    ("MATCH (f:Condition|Medication) RETURN f.kind AS x", "Condition"),
    ("MATCH (a:Concept)-[:IS_A*0..20]->(b:Concept) RETURN count(*) > 0 AS x", True),
    ("RETURN 7 / 2 AS x", 3),
]
MISSING = [
    "MATCH (f:Condition) RETURN f.end AS x",
    "MATCH (f:Fact) RETURN count(f) AS x",
    "MATCH (p:Patient) RETURN p.nothing AS x",
    "MATCH (p:Patient) RETURN p {.key} AS x",
    "MATCH (a:Concept)-[:IS_A]->{1,3}(b) RETURN count(*) AS x",
    "MATCH (p:Patient) CALL (p) { RETURN 1 AS n } RETURN n AS x",
    "RETURN [i IN [1, 2] WHERE i > 1] AS x",
    "RETURN date('2020') AS x",
    "RETURN 'a' + 1 AS x",
    "UNWIND [1, 3] AS i RETURN stDev(i) AS x",
]
"""What the embedded store has not."""


async def test_what_is_said_of_a_store(make_store: StoreMaker) -> None:
    async with make_store() as store:
        await fill(store)
        for query, value in [*SAID[store.dialect.name], *BOTH]:
            assert ((query, (await store.cypher(query, timeout=20)).rows)) == (query, ((value,),))
        for query in ["RETURN 1 / 0 AS x", *(MISSING if store.dialect.name == "ladybug" else [])]:
            with pytest.raises(QueryRejectedError):
                await store.cypher(query)


def test_limits_are_as_documented() -> None:
    for said in [
        f"more than {cypher.MAX_LENGTH:,} characters, {cypher_limits.MAX_TOKENS:,} words and signs",
        f"{cypher_limits.MAX_DEPTH} brackets or {cypher_limits.MAX_CASES} `CASE`",
        f"{cypher_limits.MAX_STEPS} relationships in",
        f"or with one over {cypher_limits.MAX_HOPS} (",
        f"nested over {cypher_parameters.MAX_NESTING} levels",
        f"it may add {ladybug.QUERY_MEMORY >> 30} GiB to it",
        f"any number (up to {sparql.MAX_GRAPHS:,})",
        f"against `{sparql.BASE}`",
    ]:
        assert said in DOCS

"""Every shipped query against a small graph whose answers are known: Cypher on both stores, SPARQL on the view."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.model.fact import FactKind
from kgtwin.model.issue import Significance
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.named import named_queries, named_query, read_query
from kgtwin.store.rdf import RdfView
from tests.store.builders import (
    DIABETES,
    KNOWLEDGE,
    METFORMIN,
    POTASSIUM,
    UNMAPPED,
    make_fact,
    make_inference,
    make_issue,
    make_patient,
    make_resource,
    make_submission,
    millimole,
)
from tests.store.conftest import StoreMaker

pytestmark = pytest.mark.anyio

CYPHER: dict[str, tuple[dict[str, object], list[tuple[object, ...]]]] = {
    "patients-by-condition": ({}, [("local|a", "Myocardial infarction", "22298006", "active", "2020-01-01")]),
    "issues-by-significance": (
        {},
        [("major", "drug-condition", 2, 2), ("contraindicated", "drug-condition", 1, 1)],
    ),
    "polypharmacy": ({"least": 2}, [("local|a", 2)]),
    "latest-lab": (
        {},
        [
            ("local|a", 5.5, "mmol/L", "5.5 mmol/L", "2021-01-01"),
            ("local|b", 4.0, "mmol/L", "4.0 mmol/L", "2020-01-01"),
        ],
    ),
    "medications-by-ingredient": (
        {},
        [("24 HR Metformin hydrochloride 500 MG", "860975", "active", 2, 2)],
    ),
    "unmapped-codes": ({}, [("Medication", "urn:example:local", "X-1", "Something local", 1)]),
}
METFORMIN_NAME = "24 HR Metformin hydrochloride 500 MG"
CI = "https://w3id.org/kgtwin/ontology#CI_000"
SPARQL = {
    "patients-by-condition": [["local|a", "Myocardial infarction", "active", "2020-01-01"]],
    "issues-by-statement": [[CI + "1", "major", "2"], [CI + "2", "contraindicated", "1"]],
    "latest-lab": [["local|a", "5.5", "mmol/L", "2021-01-01"], ["local|b", "4", "mmol/L", "2020-01-01"]],
    "medications-by-ingredient": [[METFORMIN_NAME, "2", "2"]],
    "unmapped-codes": [["https://w3id.org/kgtwin/data/code/urn%3Aexample%3Alocal/X-1", "Something local", "1"]],
    "evidence-of-issues": [
        ["local|a", "A contraindication", "contraindicated", "MedicationRequest/a1", "1", "local"],
        ["local|a", "A contraindication", "major", "MedicationRequest/a1", "1", "local"],
        ["local|b", "A contraindication", "major", "MedicationRequest/b1", "1", "local"],
    ],
}


async def fill(store: GraphStore) -> None:
    """Two patients; superseded, preliminary and unmapped facts among theirs; three issues."""
    medication, observation = FactKind.MEDICATION, FactKind.OBSERVATION
    a1 = make_fact("a", "MedicationRequest/a1", kind=medication, code=METFORMIN)
    b1 = make_fact("b", "MedicationRequest/b1", kind=medication, code=METFORMIN)
    labs = [
        ("a", "1", "5.0", "2020-01-01", "final"),
        ("a", "2", "5.5", "2021-01-01", "final"),
        ("a", "3", "9.9", "2022-01-01", "preliminary"),
        ("b", "1", "4.0", "2020-01-01", "amended"),
    ]
    facts = [
        a1,
        b1,
        make_fact("a", "MedicationRequest/a2", kind=medication, code=UNMAPPED),
        make_fact("a", "Condition/a1"),
        make_fact("b", "Condition/b1", "1"),
        *(
            make_fact(p, f"Observation/{p}{n}", kind=observation, code=POTASSIUM, start=s, status=t, value=millimole(v))
            for p, n, v, s, t in labs
        ),
    ]
    await store.write(make_submission(make_patient("a"), make_patient("b"), *map(make_resource, facts)))
    await store.write(make_submission(make_resource(make_fact("b", "Condition/b1", "2", code=DIABETES))))
    await store.write_knowledge(KNOWLEDGE)
    grave = make_issue("a", a1, statement="kgtwin:CI_0002", significance=Significance.CONTRAINDICATED, revision=3)
    await store.write_inferences(
        [
            make_inference("a", make_issue("a", a1, revision=3), grave, revision=3),
            make_inference("b", make_issue("b", b1, revision=3), revision=3),
        ]
    )


@pytest.fixture
async def store(make_store: StoreMaker) -> AsyncIterator[GraphStore]:
    async with make_store() as opened:
        await fill(opened)
        yield opened


async def test_every_cypher_query_answers_as_known(store: GraphStore) -> None:
    queries = [query for query in named_queries(dialect=store.dialect.name) if query.language == "cypher"]
    assert {query.name for query in queries} == set(CYPHER)
    for query in queries:
        parameters, expected = CYPHER[query.name]
        table = await store.cypher(query.text, query.parameters | parameters)
        assert table.columns == query.columns, query.name
        assert list(table.rows) == expected, query.name


async def test_every_sparql_query_answers_as_known(tmp_path: Path) -> None:
    queries = [query for query in named_queries() if query.language == "sparql"]
    assert {query.name for query in queries} == set(SPARQL)
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await fill(store)
        async with await RdfView.build(store) as view:
            for query in queries:
                answer = await view.query(query.text, format="csv")
                header, *rows = csv.reader(io.StringIO(answer.body.decode()))
                assert tuple(header) == query.columns, query.name
                assert rows == SPARQL[query.name], query.name


def test_a_query_is_found_by_name() -> None:
    assert named_query("polypharmacy", "cypher").parameters == {"least": 5}
    with pytest.raises(NotFoundError, match="polypharmacy"):
        named_query("nothing", "cypher")


@pytest.mark.parametrize(
    "text", ["MATCH (n) RETURN n", "// title: t\n// question: q\n// columns: a\n// parameter: x\n"]
)
def test_a_front_matter_that_lacks_something_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "q.cypher"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"q\.cypher"):
        read_query(file)

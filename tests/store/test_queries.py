"""Every shipped query against small graphs with answers written by hand: Cypher on both stores, SPARQL on the view.

The cases are files: ``queries/NAME.facts.csv`` beside ``queries/NAME.csv`` (see ``query_cases``). On random graphs,
and on real patients, the languages must agree.
"""

from __future__ import annotations

import random
import re
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kgtwin.errors import UsageError
from kgtwin.model.twin import Table
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.named import NamedQuery, named_queries, named_query
from kgtwin.store.named_run import QueryAnswer, run_query
from kgtwin.store.neo4j import Neo4jStore
from kgtwin.store.rdf import RdfView
from tests.store.conftest import Server, StoreMaker, wipe
from tests.store.query_cases import FOLDER, Case, Row, fill, read_case, read_rows

pytestmark = pytest.mark.anyio
TODAY = "2026-06-30"
QUERIES = {query.name: query for query in named_queries()}
BOTH = [name for name, query in QUERIES.items() if len(query.languages) == 2]
PATIENTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "synthea-r4-200.tar.xz"


async def ask(
    query: NamedQuery, store: GraphStore, view: RdfView | None, given: dict[str, str], today: str = TODAY
) -> QueryAnswer:
    """In SPARQL where there is a view, else in Cypher."""

    async def cypher(text: str, parameters: dict[str, Any]) -> Table:
        return await store.cypher(text, parameters)

    async def sparql(text: str) -> tuple[bytes, bool]:
        assert view is not None
        answer = await view.query(text, format="json")
        return answer.body, answer.truncated

    language = "sparql" if view is not None else "cypher"
    return await run_query(
        query, given, today=today, dialect=store.dialect.name, language=language, cypher=cypher, sparql=sparql
    )


def as_text(rows: Sequence[Sequence[object]]) -> list[tuple[str, ...]]:
    return [tuple("" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in row) for row in rows]


def rounded(rows: Sequence[Sequence[object]]) -> list[tuple[object, ...]]:
    """Rows without their order and the last digits of their numbers: sums of doubles and of decimals differ there."""
    return sorted((tuple(f"{v:.6g}" if isinstance(v, float) else v for v in row) for row in rows), key=repr)


def check(answer: QueryAnswer, case: Case) -> None:
    assert answer.table.columns == case.columns
    assert as_text(answer.table.rows) == list(case.expected)


@pytest.mark.parametrize("name", QUERIES)
async def test_cypher_answers_as_known(tmp_path: Path, name: str) -> None:
    case = read_case(name)
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await fill(store, case.rows)
        check(await ask(QUERIES[name], store, None, case.parameters), case)


@pytest.mark.slow
@pytest.mark.neo4j
@pytest.mark.parametrize("name", QUERIES)
async def test_neo4j_answers_as_known(neo4j_server: Server, name: str) -> None:
    """Slow, 1 to 3 s each; that both stores agree on every query is tested below in every run."""
    case = read_case(name)
    wipe(neo4j_server)
    async with Neo4jStore(neo4j_server.url, user=neo4j_server.user, password=neo4j_server.password) as store:
        await fill(store, case.rows)
        check(await ask(QUERIES[name], store, None, case.parameters), case)


@pytest.mark.parametrize("name", BOTH)
async def test_sparql_answers_as_known(tmp_path: Path, name: str) -> None:
    case = read_case(name)
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await fill(store, case.rows)
        async with await RdfView.build(store) as view:
            check(await ask(QUERIES[name], store, view, case.parameters), case)


def test_every_query_has_a_case_and_every_case_a_query() -> None:
    assert {path.name.split(".")[0] for path in FOLDER.glob("*.csv")} - {"knowledge"} == set(QUERIES)
    for name in QUERIES:
        case = read_case(name)
        assert case.expected, f"{name}: an answer without rows proves nothing"
        near_misses = [row for row in case.rows if row["why"]]
        assert near_misses or name == "issues-by-significance", f"{name}: nothing says what must not appear"


def test_there_are_enough() -> None:
    assert len(QUERIES) >= 24
    assert len(BOTH) >= 8


async def test_a_gap_shows_where_nobody_ever_had_the_test(make_store: StoreMaker) -> None:
    rows = [
        {"patient": "a", "kind": "Patient", "id": "", "code": "female", "start": "1950", "end": "", "more": ""},
        {"patient": "a", "kind": "Medication", "id": "m", "code": "rxnorm:860975", "status": "active", "start": "",
         "end": "", "value": "", "unit": "", "more": ""},
    ]  # fmt: skip
    given = {"medicines": "rxnorm:860975", "tests": "loinc:99999-9"}
    given["tests"] = "loinc:48642-3"  # of which the store has heard nothing
    async with make_store() as store:
        await fill(store, rows)
        answer = await ask(QUERIES["metformin-without-egfr"], store, None, given)
    assert answer.table.rows == (("local|a", None),)


def random_rows(seed: int, patients: int = 12, facts: int = 25) -> list[Row]:
    """Patients with facts drawn from what the cases use: codes, statuses, dates of every precision, units."""
    pick = random.Random(seed)
    pool = [
        row for name in QUERIES for row in read_case(name).rows if row["kind"] not in {"Parameter", "Issue", "Patient"}
    ]
    people = [row for name in QUERIES for row in read_case(name).rows if row["kind"] == "Patient"]
    rows: list[Row] = []
    for number in range(patients):
        rows.append({**pick.choice(people), "patient": f"r{number}", "more": ""})
        for one in range(facts):
            row = {**pick.choice(pool), "patient": f"r{number}", "id": f"r{number}-{one}"}
            alike = [other for other in pool if other["kind"] == row["kind"]]
            for field in ("status", "start", "end"):
                row[field] = pick.choice(alike)[field]
            row["more"] = pick.choice(alike)["more"].replace("retracted=yes", "").replace("source=ward-3", "")
            if row["kind"] == "Observation":
                row["value"] = str(pick.choice(["", "<5", "low", *range(1, 200)]))
            rows.append(row)
        rows += _random_issues(pick, f"r{number}", rows)
    return rows


def _random_issues(pick: random.Random, patient: str, rows: Sequence[Row]) -> list[Row]:
    facts = [f"{row['kind']}/{row['id']}" for row in rows if row["patient"] == patient and row["kind"] != "Patient"]
    return [
        {
            "patient": patient,
            "kind": "Issue",
            "code": pick.choice(["kgtwin:CI_0048", "kgtwin:DDI_0004"]),
            "status": pick.choice(["contraindicated", "major", "minor"]),
            "value": " ".join(pick.sample(facts, 2)),
            "more": "kind=drug-condition;title=One",
        }
        for _ in range(2)
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_the_languages_agree_on_random_graphs(tmp_path: Path, seed: int) -> None:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        await fill(store, random_rows(seed))
        empty = []
        async with await RdfView.build(store) as view:
            for name in BOTH:
                query = QUERIES[name]
                cypher, sparql = await ask(query, store, None, {}), await ask(query, store, view, {})
                assert rounded(cypher.table.rows) == rounded(sparql.table.rows), name
                empty += [] if cypher.table.rows else [name]
        assert len(empty) <= 2, empty  # an empty answer compares nothing


def all_cases() -> list[Row]:
    """The graphs of all cases in one, each with patients of its own."""
    rows: list[Row] = []
    for name in QUERIES:
        for row in read_case(name).rows:
            if row["kind"] != "Parameter":
                named = {"patient": f"{name}-{row['patient']}", "id": f"{name}-{row['id']}"}
                meant = " ".join(one.replace("/", f"/{name}-") for one in row["value"].split())
                rows.append({**row, **named, "value": meant if row["kind"] == "Issue" else row["value"]})
    return sorted(rows, key=lambda row: (re.findall("(?:source|version)=[^;]*", row["more"]), row["kind"] != "Patient"))


@pytest.mark.slow
@pytest.mark.neo4j
async def test_the_stores_agree_on_all_cases_together(tmp_path: Path, neo4j_server: Server) -> None:
    rows = all_cases()
    given = {"patient-timeline": {"patient": "local|patient-timeline-a"}, "polypharmacy": {"least": "2"}}
    wipe(neo4j_server)
    store = Neo4jStore(neo4j_server.url, user=neo4j_server.user, password=neo4j_server.password)
    async with LadybugStore(tmp_path / "other.lbdb") as oracle, store:
        await fill(oracle, rows)
        await fill(store, rows)
        for name, query in QUERIES.items():
            answers = [await ask(query, one, None, given.get(name, {})) for one in (oracle, store)]
            assert rounded(answers[0].table.rows) == rounded(answers[1].table.rows), name
            assert answers[0].table.rows, f"{name}: an empty answer compares nothing"


@pytest.mark.slow
@pytest.mark.skipif(not PATIENTS.exists(), reason="no ../shared/data with real patients")
async def test_the_languages_agree_on_real_patients(tmp_path: Path, knowledge: Any, terminology: Any) -> None:
    from kgtwin.service import Service  # noqa: PLC0415

    with tarfile.open(PATIENTS) as archive:
        members = [m for m in archive if m.name.endswith(".json")][:100]
        archive.extractall(tmp_path / "patients", members, filter="data")
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        service = Service(store, lambda: terminology, lambda: knowledge, lambda: None)
        async for receipt in service.ingest([str(tmp_path / "patients")], source="local"):
            assert not receipt.rejected
        async for _ in service.infer():
            pass
        full, today = 0, "2020-07-01"
        patient = (await store.patients(limit=1))[0].key
        async with await RdfView.build(store) as view:
            for name, query in QUERIES.items():
                given = {"patient": patient} if name == "patient-timeline" else {}
                cypher = await ask(query, store, None, given, today)
                if name in BOTH:
                    sparql = await ask(query, store, view, given, today)
                    assert rounded(cypher.table.rows) == rounded(sparql.table.rows), name
                full += bool(cypher.table.rows)
        assert full >= len(QUERIES) // 2


async def test_an_answer_with_other_columns_than_declared_is_an_error(make_store: StoreMaker, tmp_path: Path) -> None:
    front = "// title: T\n// question: Q?\n// audience: data teams\n// topic: t\n// column: a integer [1] one\n"
    (tmp_path / "mine.cypher").write_text(front + "RETURN 1 AS b\n")
    async with make_store() as store:
        with pytest.raises(UsageError, match="the columns b"):
            await ask(named_query("mine", [tmp_path]), store, None, {})


def test_the_cases_use_the_labels_of_the_ontology(knowledge: Any) -> None:
    labels = {concept.concept: concept.label for concept in knowledge.graph.concepts}
    for row in read_rows(FOLDER / "knowledge.csv"):
        assert labels.get(row["concept"], row["label"]) == row["label"]

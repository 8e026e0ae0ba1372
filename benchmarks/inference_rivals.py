"""The same drug–condition question by Cypher in Neo4j, by SPARQL in Oxigraph and by the rows of numbers.

The question: which patients meet which statement of the shape ``takesNow some (hasActiveIngredient some D)`` and
``hasNow some C``. The rivals have all they can use before the clock starts: what counts at the moment, the classified
taxonomy, ingredients inherited down to every product; what several codes describe is a concept of its own that was
classified, too. They only count their distinct answers within the time: no row is sent. Ours has all facts, as rows of
numbers, of which a cohort says what counts at the moment, and gives the answers themselves.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, LiteralString, NamedTuple

import inference_invented as invented
import neo4j
import pyoxigraph as ox
from inference_question import Graph, copied, graph_of

from kgtwin.bootstrap import load_knowledge
from kgtwin.config import Settings
from kgtwin.inference.columns import Finder, Many, many
from kgtwin.inference.columns.cohort import Cohort
from kgtwin.inference.columns.searching import Search
from kgtwin.inference.columns.threads import found_by_threads
from kgtwin.inference.knowledge import Knowledge
from kgtwin.model.issue import IssueKind
from tests.inference.crowd import NOW, Crowd

Answers = set[tuple[int, str]]
"""Patients by their numbers, and the CURIEs of statements."""
BATCH = 10_000
DIFFERENT = 2_000
"""Different patients at most; more are copies of them."""
RUNS = 5
LONG = 20
"""Seconds of a query that is asked once more only."""
NEO4J_PATIENCE = 300
"""Seconds after which a Cypher query is given up."""

PLAIN = "one pattern"
"""The question as it is put down without a thought of how it is answered."""
CYPHER: dict[str, LiteralString] = {
    PLAIN: """
        MATCH (p:Patient)-[:TAKES]->(:Concept)-[:HAS_INGREDIENT]->(:Concept)-[:IS_A*0..]->(:Concept)
              <-[:DRUG]-(s:Statement), (s)-[:CONDITION]->(:Concept)<-[:IS_A*0..]-(:Concept)<-[:HAS]-(p)
        WITH DISTINCT p, s""",
    "whether each taker is ill": """
        MATCH (p:Patient)-[:TAKES]->(:Concept)-[:HAS_INGREDIENT]->(:Concept)-[:IS_A*0..]->(:Concept)
              <-[:DRUG]-(s:Statement)-[:CONDITION]->(c:Concept)
        WHERE EXISTS { (p)-[:HAS]->(:Concept)-[:IS_A*0..]->(c) }
        WITH DISTINCT p, s""",
    "two lists a statement": """
        MATCH (d:Concept)<-[:DRUG]-(s:Statement)-[:CONDITION]->(c:Concept)
        CALL (d) { MATCH (d)<-[:IS_A*0..]-(:Concept)<-[:HAS_INGREDIENT]-(:Concept)<-[:TAKES]-(p:Patient)
                   RETURN collect(DISTINCT p) AS takers }
        CALL (c) { MATCH (c)<-[:IS_A*0..]-(:Concept)<-[:HAS]-(p:Patient) RETURN collect(DISTINCT p) AS ill }
        UNWIND takers AS p
        WITH s, p, ill WHERE p IN ill
        WITH DISTINCT p, s""",
}
SPARQL = {
    PLAIN: """
        ?p k:takes/k:hasIngredient/k:isA* ?d . ?s k:drug ?d ; k:condition ?c . ?p k:has/k:isA* ?c""",
    "whether each taker is ill": """
        ?s k:drug/^k:isA*/^k:hasIngredient/^k:takes ?p . ?s k:condition/^k:isA*/^k:has ?p""",
    "two lists a statement": """
        { SELECT DISTINCT ?s ?p { ?s k:drug/^k:isA*/^k:hasIngredient/^k:takes ?p } }
        { SELECT DISTINCT ?s ?p { ?s k:condition/^k:isA*/^k:has ?p } }""",
}
"""Ways to write the question, the last one tuned by hand."""


class Asking(NamedTuple):
    """A way to ask: what only counts the answers, and what gives them."""

    number: Callable[[], object]
    answers: Callable[[], Answers]


# Neo4j


@contextmanager
def neo4j_session() -> Iterator[neo4j.Session]:
    """A session with the Neo4j that the environment names; it is emptied before and afterwards."""
    user, word = os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", "")
    with neo4j.GraphDatabase.driver(os.environ["NEO4J_URI"], auth=(user, word)) as driver, driver.session() as session:
        _empty(session)
        yield session
        _empty(session)


def _empty(session: neo4j.Session) -> None:
    session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()


def into_neo4j(session: neo4j.Session, graph: Graph, patients: int) -> None:
    """Nodes with an index for each label, edges, statistics for the planner."""
    for constraint in (
        "CREATE CONSTRAINT one_concept IF NOT EXISTS FOR (n:Concept) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT one_patient IF NOT EXISTS FOR (n:Patient) REQUIRE n.id IS UNIQUE",
        "CREATE CONSTRAINT one_statement IF NOT EXISTS FOR (n:Statement) REQUIRE n.id IS UNIQUE",
    ):
        session.run(constraint).consume()
    _batched(session, "CREATE (:Concept {id: row})", graph.concepts)
    _batched(session, "CREATE (:Patient {id: row})", range(patients))
    _batched(session, _edge("Concept", "IS_A"), graph.is_a)
    _batched(session, _edge("Concept", "HAS_INGREDIENT"), graph.has_ingredient)
    _batched(session, _edge("Patient", "TAKES"), graph.takes)
    _batched(session, _edge("Patient", "HAS"), graph.has)
    for row in graph.statements:
        session.run(
            "MATCH (d:Concept {id: $drug}) MATCH (c:Concept {id: $condition}) "
            "CREATE (d)<-[:DRUG]-(:Statement {id: $statement})-[:CONDITION]->(c)",
            dict(zip(("statement", "drug", "condition"), row, strict=True)),
        ).consume()
    session.run("CALL db.awaitIndexes()").consume()
    session.run("CALL db.resampleOutdatedIndexes()").consume()


def _edge(label: LiteralString, kind: LiteralString) -> LiteralString:
    return f"MATCH (a:{label} {{id: row[0]}}) MATCH (b:Concept {{id: row[1]}}) CREATE (a)-[:{kind}]->(b)"


def _batched(session: neo4j.Session, work: LiteralString, rows: Iterable[object]) -> None:
    given = [list(row) if isinstance(row, tuple) else row for row in rows]
    for first in range(0, len(given), BATCH):
        session.run(f"UNWIND $rows AS row {work}", {"rows": given[first : first + BATCH]}).consume()


def _ask_neo4j(session: neo4j.Session, query: LiteralString) -> list[dict[str, Any]]:
    return session.run(neo4j.Query(query, timeout=NEO4J_PATIENCE)).data()


def _answers_of_neo4j(session: neo4j.Session, body: LiteralString) -> Answers:
    rows = _ask_neo4j(session, f"{body} RETURN p.id AS patient, s.id AS statement")
    return {(row["patient"], row["statement"]) for row in rows}


def by_neo4j(session: neo4j.Session) -> dict[str, Asking]:
    """Each way to ask."""
    return {
        way: Asking(
            partial(_ask_neo4j, session, f"{body} RETURN count(*) AS n"), partial(_answers_of_neo4j, session, body)
        )
        for way, body in CYPHER.items()
    }


# Oxigraph

PREFIX = "urn:k:"


def into_oxigraph(graph: Graph) -> ox.Store:
    """A store in memory."""
    store = ox.Store()
    triples = _triples(graph)
    store.bulk_extend(ox.Quad(_node(one), ox.NamedNode(PREFIX + name), _node(other)) for one, name, other in triples)
    store.optimize()
    return store


def _triples(graph: Graph) -> Iterator[tuple[str | int, str, str]]:
    yield from ((one, "isA", other) for one, other in graph.is_a)
    yield from ((one, "hasIngredient", other) for one, other in graph.has_ingredient)
    yield from ((one, "takes", other) for one, other in graph.takes)
    yield from ((one, "has", other) for one, other in graph.has)
    for statement, drug, condition in graph.statements:
        yield statement, "drug", drug
        yield statement, "condition", condition


def _node(name: str | int) -> ox.NamedNode:
    return ox.NamedNode(f"{PREFIX}patient/{name}" if isinstance(name, int) else PREFIX + name)


def _answers_of_oxigraph(store: ox.Store, query: str) -> Answers:
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    found = set()
    for one in solutions:
        patient, statement = one["p"], one["s"]
        assert isinstance(patient, ox.NamedNode)
        assert isinstance(statement, ox.NamedNode)
        found.add((int(patient.value.rpartition("/")[2]), statement.value.removeprefix(PREFIX)))
    return found


def by_oxigraph(store: ox.Store) -> dict[str, Asking]:
    """Each way to ask."""
    found: dict[str, Asking] = {}
    for way, body in SPARQL.items():
        pairs = f"SELECT DISTINCT ?p ?s {{ {body} }}"
        count = f"PREFIX k: <{PREFIX}> SELECT (COUNT(*) AS ?n) {{ {pairs} }}"
        found[way] = Asking(
            partial(_counted, store, count),
            partial(_answers_of_oxigraph, store, f"PREFIX k: <{PREFIX}> {pairs}"),
        )
    return found


def _counted(store: ox.Store, query: str) -> list[ox.QuerySolution]:
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    return list(solutions)


# ours


def by_kgtwin(
    knowledge: Knowledge, patients: Sequence[invented.Patient], copies: int, at: datetime, asked: Collection[str]
) -> tuple[float, Answers]:
    """The median seconds of the question, and the answers.

    Like the rivals it is told the facts before: all of them, as rows, of which a cohort says what counts.
    """
    finder = Finder(knowledge)
    for record, facts in patients:
        finder.columns(record, facts)  # what is new in a fact is worked out once
    start = time.perf_counter()
    columns = [finder.columns(record, facts) for record, facts in patients]
    reading = (time.perf_counter() - start) * copies
    rows = many(columns * copies)
    statements = [one for one in finder.statements if one.curie in asked]
    cohort = Cohort(finder, rows, at)
    making = _median(lambda: Cohort(finder, rows, at), RUNS)
    found = cohort.concerned(statements)
    assert not len(found.undecided), "nobody is left to infer"
    seconds = _median(lambda: cohort.concerned(statements), 51)
    number = sum(len(facts) for _, facts in patients) * copies
    print(f"ours, as sets: {seconds * 1e3:,.3f} ms, {len(found.pairs):,} answers; {number:,} facts read before: "
          f"{reading * 1e3:,.0f} ms, what counts of them: {making * 1e3:,.1f} ms", flush=True)  # fmt: skip
    _patient_by_patient(finder, rows, at)
    names = [one.curie for one in finder.statements]
    return seconds, {(patient, names[statement]) for patient, statement in found.pairs.tolist()}


def _patient_by_patient(finder: Finder, rows: Many, at: datetime) -> None:
    """What all statements take, with the facts that each issue rests on."""
    search = Search(finder)
    issues = sum(len(one.issues) for one in search.found(rows, at))
    taken = {
        "in this thread": _median(lambda: list(search.found(rows, at)), 21),
        "by two": _median(lambda: list(found_by_threads(finder, rows, at, 2)), 21),
    }
    print(f"ours, patient by patient, all {len(finder.statements)} statements, {issues:,} issues with their facts: "
          + ", ".join(f"{one * 1e3:,.2f} ms {way}" for way, one in taken.items()), flush=True)  # fmt: skip


# all in one run


def _median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _asked_of(name: str, ways: dict[str, Asking], wanted: Answers) -> dict[str, float]:
    """The median seconds of each way, after answers that are the wanted ones."""
    found = {}
    for way, asking in ways.items():
        answers = asking.answers()
        assert answers == wanted, f"{name}, {way}: {len(answers - wanted)} more, {len(wanted - answers)} missing"
        first = _median(asking.number, 1)
        found[way] = first if first > LONG else _median(asking.number, RUNS)
        print(f"{name}, {way}: {found[way] * 1e3:,.1f} ms, {len(answers):,} answers, the same", flush=True)
    return found


def ratios(number: int, at: datetime = NOW) -> dict[str, float]:
    """How many times as fast as the faster rival ours is, by how the question is written."""
    knowledge = load_knowledge(Settings())
    patients = _patients(knowledge, min(number, DIFFERENT))
    copies = max(1, number // len(patients))
    graph = copied(graph_of(knowledge, patients, at), len(patients), copies)
    print(f"{len(patients) * copies:,} patients ({len(patients):,} different), {len(graph.takes):,} medicines and "
          f"{len(graph.has):,} conditions now, {len(graph.is_a):,} IS_A; {len(graph.statements)} of "
          f"{sum(one.kind is IssueKind.DRUG_CONDITION for one in knowledge.statements.values())} "
          "drug–condition statements have the shape", flush=True)  # fmt: skip
    names = {statement for statement, _, _ in graph.statements}
    seconds, answers = by_kgtwin(knowledge, patients, copies, at, names)
    taken = [_asked_of("Oxigraph", by_oxigraph(into_oxigraph(graph)), answers)]
    with neo4j_session() as session:
        into_neo4j(session, graph, len(patients) * copies)
        taken.append(_asked_of("Neo4j", by_neo4j(session), answers))
    plain, best = (min(one[PLAIN] for one in taken), min(min(one.values()) for one in taken))
    return {"the question as one pattern": plain / seconds, "the best way to write it": best / seconds}


def _patients(knowledge: Knowledge, number: int) -> list[invented.Patient]:
    """The real ones, and invented ones who take and have what statements are about."""
    real = invented.real_patients(min(200, number))
    crowd = Crowd(knowledge)
    return [*real, *(crowd.patient(one, 60) for one in range(number - len(real)))]

"""The RDF view's queries: datasets, bound variables, limits in every format, and what a query may not do."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kgtwin.errors import QueryRejectedError, QueryTimeoutError
from kgtwin.model.fact import FactKind, Quantity
from kgtwin.model.issue import IssueKind
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf import RdfView
from kgtwin.store.rdf_terms import inference_quads
from tests.store.builders import (
    KNOWLEDGE,
    POTASSIUM,
    make_fact,
    make_inference,
    make_issue,
    make_patient,
    make_resource,
    make_risk,
    make_submission,
    millimole,
)
from tests.store.rdf_tools import GRAPH

pytestmark = pytest.mark.anyio

SUBJECTS = "SELECT ?s ?o { ?s kgtwin:start ?o }"
DOUBLINGS = " ".join(f"BIND(CONCAT(?b{n},?b{n}) AS ?b{n + 1})" for n in range(32))
HUNGRY = f"SELECT ?x {{ BIND('0123456789' AS ?b0) {DOUBLINGS} BIND(STRLEN(?b32) AS ?x) }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o . ?p ?q ?r . ?s ?t ?u }"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def view(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[RdfView]:
    async with LadybugStore(tmp_path_factory.mktemp("rdf") / "twin.lbdb") as store:
        less = Quantity(millimole("3").value, comparator="<", ucum="mmol/L")
        facts = (
            make_fact("1", "Condition/c"),
            make_fact("1", "Condition/d"),
            make_fact("1", "Observation/o", kind=FactKind.OBSERVATION, code=POTASSIUM, value=millimole("5.10")),
            make_fact("1", "Observation/p", kind=FactKind.OBSERVATION, code=POTASSIUM, value=less),
        )
        await store.write(make_submission(make_patient("1"), make_patient("2"), *map(make_resource, facts)))
        await store.write_knowledge(KNOWLEDGE)
        issue = make_issue("1", facts[0])
        found = make_inference("1", issue, revision=2, risks=(make_risk("1"),)), make_inference("2", revision=2)
        await store.write_inferences(found)
        async with await RdfView.build(store) as built:
            yield built


async def rows(view: RdfView, query: str, **options: object) -> list[list[str]]:
    answer = await view.query(query, format="csv", **options)  # type: ignore[arg-type]
    return list(csv.reader(io.StringIO(answer.body.decode())))[1:]


async def test_the_notes_of_the_view_are_seen_by_no_query_that_does_not_name_them(view: RdfView) -> None:
    graphs = await rows(view, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
    assert graphs == [[f"{GRAPH}{name}"] for name in ("asserted", "inferred", "knowledge")]
    assert await rows(view, "SELECT ?s { ?s kgtwin:revision ?o }") == []
    assert await rows(view, "SELECT ?o FROM graph:meta { ?s kgtwin:revision ?o }") == [["3"]]


@pytest.mark.parametrize(
    ("query", "options", "expected"),
    [
        ("ASK { ?s a kgtwin:Condition }", {}, True),
        ("ASK FROM graph:inferred { ?s a kgtwin:Condition }", {}, False),
        ("ASK FROM graph:inferred { ?s a kgtwin:Condition }", {"default_graphs": [f"{GRAPH}asserted"]}, True),
        ("ASK FROM graph:asserted { ?s a kgtwin:Condition }", {"default_graphs": [f"{GRAPH}inferred"]}, False),
        ("ASK { ?s a kgtwin:Condition ; ^kgtwin:implicates ?i }", {"default_graphs": [f"{GRAPH}asserted"]}, False),
        (
            "ASK { ?s a kgtwin:Condition ; ^kgtwin:implicates ?i }",
            {"default_graphs": [f"{GRAPH}asserted", f"{GRAPH}inferred"]},
            True,
        ),
        ("ASK { ?s a kgtwin:Condition }", {"named_graphs": [f"{GRAPH}asserted"]}, False),
        ("ASK { GRAPH ?g { ?s a kgtwin:Condition } }", {"named_graphs": [f"{GRAPH}asserted"]}, True),
        ("ASK { GRAPH ?g { ?s a kgtwin:Condition } }", {"named_graphs": [f"{GRAPH}inferred"]}, False),
        ("ASK FROM NAMED graph:inferred { GRAPH ?g { ?s a kgtwin:Condition } }", {}, False),
        ("ASK FROM NAMED graph:asserted { GRAPH ?g { ?s a kgtwin:Condition } }", {}, True),
        ("ASK { GRAPH ?g { ?s a kgtwin:Condition } }", {"default_graphs": [f"{GRAPH}asserted"]}, False),
        ("ASK { ?s a kgtwin:Condition }", {"default_graphs": ["urn:none"]}, False),
    ],
)
async def test_datasets(view: RdfView, query: str, options: dict[str, list[str]], expected: bool) -> None:
    answer = await view.query(query, **options)  # type: ignore[arg-type]
    assert json.loads(answer.body)["boolean"] is expected


async def test_what_is_bound_is_a_term_and_never_syntax(view: RdfView) -> None:
    query = "SELECT ?f { ?f kgtwin:unit ?unit }"
    assert len(await rows(view, query, substitutions={"unit": '"mmol/L"'})) == 2
    assert await rows(view, query, substitutions={"unit": '"mmol/L } UNION { ?f ?p ?o"'}) == []
    kind = {"kind": "<https://w3id.org/kgtwin/ontology#Condition>"}
    assert len(await rows(view, "SELECT ?f { ?f a ?kind }", substitutions=kind)) == 2
    for bad in ("mmol/L", '"a" . <x:a> <x:b> "c"', "_:b", "", "<a b>", "<<( <x:a> <x:b> <x:c> )>>"):
        with pytest.raises(QueryRejectedError, match="unit"):
            await view.query(query, substitutions={"unit": bad})


def counted(body: bytes, format_: str) -> int:
    """The rows of an answer, counted by other parsers than the view's."""
    if format_ == "json":
        return len(json.loads(body)["results"]["bindings"])
    if format_ == "xml":
        return len(ElementTree.fromstring(body)[1])
    text = io.StringIO(body.decode(), newline="")
    return len(list(csv.reader(text)) if format_ == "csv" else text.getvalue().removesuffix("\n").split("\n")) - 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT ?v { ?f kgtwin:unit ?unit ; kgtwin:value ?v } ORDER BY ?v", [["3"], ["5.1"]]),
        ("SELECT ?unit ?v { ?f kgtwin:unit ?unit ; kgtwin:value ?v FILTER(?v > 4) }", [["mmol/L", "5.1"]]),
        ("SELECT (COUNT(?f) AS ?n) { ?f kgtwin:unit $unit }", [["2"]]),
        ("SELECT ?n { { SELECT (COUNT(*) AS ?n) { ?f kgtwin:unit ?unit } } }", [["2"]]),
        ("SELECT ?s { VALUES ?s { '?unit' } FILTER(?unit != ?s) } ORDER BY ?unit # ?unit", [["?unit"]]),
        ("SELECT ?units { VALUES ?units { 1 } }", [["1"]]),
    ],
)
async def test_a_bound_variable_is_its_value_everywhere(view: RdfView, query: str, expected: list[list[str]]) -> None:
    assert await rows(view, query, substitutions={"unit": '"mmol/L"'}) == expected


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?f { BIND(1 AS ?unit) }",
        "SELECT ?f { VALUES ?unit { 1 } }",
        "SELECT ?f { VALUES (?f ?unit) { (1 2) } }",
        "SELECT (COUNT(*) AS ?n) { ?f kgtwin:unit ?unit } GROUP BY ?unit",
        "SELECT ?f { FILTER(?a<?unit&&?b>1) }",
    ],
)
async def test_a_variable_that_the_query_gives_values_itself_is_not_bound(view: RdfView, query: str) -> None:
    with pytest.raises(QueryRejectedError, match=r"unit|variable"):
        await view.query(query, substitutions={"unit": '"mmol/L"'})


@pytest.mark.parametrize("format_", ["json", "csv", "tsv", "xml"])
@pytest.mark.parametrize(
    ("query", "limit", "expected", "truncated"),
    [
        ("SELECT ?s { ?s kgtwin:start ?o }", 3, 3, True),
        ("SELECT ?s { ?s kgtwin:start ?o }", 4, 4, False),
        ("SELECT ?s { ?s kgtwin:start ?o }", 0, 0, True),
        ("SELECT ?s { ?s kgtwin:start ?o } ORDER BY ?s LIMIT 2", 3, 2, False),
        ("SELECT ?s { ?s kgtwin:start ?o } LIMIT 4 OFFSET 1", 5, 3, False),
        ("SELECT ?s { ?s kgtwin:start ?o } LIMIT 4", 3, 3, True),
        ("SELECT ?s { ?s kgtwin:start ?o } # } LIMIT 1", 3, 3, True),
        ("SELECT ?s { ?s kgtwin:start ?o } VALUES ?o { '2020-01-01'^^xsd:date }", 3, 3, True),
        ("SELECT ?s { ?s kgtwin:start ?o } VALUES ?o { '2020-01-01'^^xsd:date }", 4, 4, False),
        ("SELECT ?s { { SELECT ?s { ?s kgtwin:start ?o } LIMIT 3 } }", 2, 2, True),
        ("SELECT ?no { ?s kgtwin:start ?o }", 3, 3, True),
        ("SELECT ?t { VALUES ?t { 'a\\r\\nb' '\"},{\"' '<result>' 'a,\\n\"\\n' } }", 3, 3, True),
        ("SELECT ?t { VALUES ?t { 'a\\r\\nb' '\"},{\"' '<result>' 'a,\\n\"\\n' } }", 4, 4, False),
    ],
)
async def test_limits(view: RdfView, format_: str, query: str, limit: int, expected: int, truncated: bool) -> None:
    answer = await view.query(query, format=format_, limit=limit)
    assert (counted(answer.body, format_), answer.truncated) == (expected, truncated)


async def test_a_measured_number_has_its_unit_in_one_literal(view: RdfView) -> None:
    query = "SELECT ?q (DATATYPE(?q) AS ?d) ?v ?u { ?f kgtwin:quantity ?q ; kgtwin:value ?v ; kgtwin:unit ?u }"
    assert await rows(view, query) == [["5.10 mmol/L", "https://w3id.org/cdt/ucum", "5.1", "mmol/L"]]


async def test_what_was_inferred_tells_how(view: RdfView) -> None:
    query = """SELECT ?knowledge ?resource { GRAPH graph:inferred {
        ?issue a kgtwin:DetectedIssue ; prov:wasGeneratedBy ?activity ; prov:wasDerivedFrom ?fact .
        ?activity a prov:Activity ; kgtwin:knowledge ?knowledge ; prov:used ?fact }
        GRAPH graph:asserted { ?fact prov:wasDerivedFrom/dcterms:identifier ?resource } }"""
    assert await rows(view, query) == [["2026.1", "Condition/c"]]
    evaluated = """SELECT ?key { ?p kgtwin:key ?key ; kgtwin:hasInference/prov:endedAtTime ?at
        FILTER NOT EXISTS { ?p kgtwin:hasIssue ?i } }"""
    assert await rows(view, evaluated) == [["local|2"]]


def test_a_patient_is_of_the_class_of_a_statement_and_of_no_rule() -> None:
    fact = make_fact("1", "Condition/c")
    stated = make_issue("1", fact, statement="kgtwin:CI_0001")
    ruled = make_issue("1", fact, statement="kgtwin:MON_0001", kind=IssueKind.MISSING_MONITORING)
    typed = [
        line.split()[2].rsplit("#", 1)[-1].rstrip(">")
        for line in inference_quads(make_inference("1", stated, ruled))
        if line.split()[1].endswith("#type>") and "/patient/" in line.split()[0]
    ]
    assert typed == ["CI_0001"]


async def test_a_query_that_eats_memory_is_ended_and_others_go_on(view: RdfView) -> None:
    hungry = asyncio.create_task(view.query(HUNGRY, timeout=60))
    assert len(await rows(view, SUBJECTS)) == 4
    with pytest.raises(QueryRejectedError, match="memory"):
        await hungry
    assert len(await rows(view, SUBJECTS)) == 4


async def test_a_query_whose_asker_has_gone_is_ended(view: RdfView) -> None:
    asking = asyncio.create_task(view.query(ENDLESS, timeout=60))
    await asyncio.sleep(0.3)
    busy = set(view._pool._all)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert any(process.returncode is not None for process in busy)
    assert len(await rows(view, SUBJECTS)) == 4


async def test_more_queries_than_processes_wait_their_turn(view: RdfView) -> None:
    slow = [asyncio.create_task(view.query(ENDLESS, timeout=0.4)) for _ in range(6)]
    assert len(await rows(view, SUBJECTS)) == 4
    for one in slow:
        with pytest.raises(QueryTimeoutError, match=r"0\.4 s"):
            await one
    assert len(view._pool._all) <= 4


CONFINED = """
import os, socket, sys
from pathlib import Path
from kgtwin.store.rdf_sandbox import confine
before = open(sys.argv[2], "r+b", buffering=0)
assert confine()
def refused(work):
    try:
        work()
    except (OSError, PermissionError) as error:
        return type(error).__name__
    return "done"
path = sys.argv[1]
print(Path(path).read_text())
print(refused(lambda: socket.socket()), refused(lambda: socket.socketpair()))
print(refused(lambda: os.execv("/bin/true", ["true"])), refused(lambda: open(path, "a")))
print(refused(lambda: open(path + "x", "w")), refused(lambda: os.unlink(path)))
print(refused(lambda: os.rename(path, path + "y")), refused(lambda: before.write(b"x")))
"""


def test_the_process_may_read_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("text")
    command = [sys.executable, "-c", CONFINED, str(tmp_path / "a"), str(tmp_path / "b")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == ["text", *["PermissionError"] * 7, "OSError"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]

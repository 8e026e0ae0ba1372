"""The RDF view: what it holds, its formats, its limits."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kgtwin.errors import QueryRejectedError, QueryTimeoutError, StoreError
from kgtwin.model.fact import FactKind, TextValue
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf import RdfView
from tests.store.builders import (
    KNOWLEDGE,
    POTASSIUM,
    UNMAPPED,
    make_fact,
    make_inference,
    make_issue,
    make_patient,
    make_resource,
    make_risk,
    make_submission,
    millimole,
)

pytestmark = pytest.mark.anyio
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o . ?p ?q ?r . ?s ?t ?u }"


@pytest.fixture
async def view(tmp_path: Path) -> AsyncIterator[RdfView]:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        facts = (
            make_fact("1 é", "Condition/c", start="2020-02"),
            make_fact("1 é", "Condition/u", code=UNMAPPED),
            make_fact("1 é", "Observation/o", kind=FactKind.OBSERVATION, code=POTASSIUM, value=millimole("5.10")),
            make_fact("1 é", "Observation/t", kind=FactKind.OBSERVATION, code=UNMAPPED, value=TextValue('a "b"\n\\')),
        )
        await store.write(make_submission(make_patient("1 é"), *map(make_resource, facts)))
        await store.write_knowledge(KNOWLEDGE)
        issue = make_issue("1 é", facts[0])
        await store.write_inferences([make_inference("1 é", issue, revision=2, risks=(make_risk("1 é"),))])
        async with await RdfView.build(store) as built:
            yield built


async def rows(view: RdfView, query: str) -> list[list[str]]:
    answer = await view.query(query, format="csv")
    return list(csv.reader(io.StringIO(answer.body.decode())))[1:]


async def test_facts_are_in_the_asserted_graph_with_their_provenance(view: RdfView) -> None:
    query = """SELECT ?start ?resource { GRAPH graph:asserted {
        ?p a kgtwin:Patient ; kgtwin:hasCondition ?f .
        ?f kgtwin:codeConcept snomed:22298006 ; kgtwin:start ?start ;
           prov:wasDerivedFrom/dcterms:identifier ?resource } }"""
    assert await rows(view, query) == [["2020-02", "Condition/c"]]
    measured = "SELECT ?v ?u { ?f kgtwin:code loinc:2823-3 ; kgtwin:value ?v ; kgtwin:unit ?u FILTER(?v > 5) }"
    assert await rows(view, measured) == [["5.1", "mmol/L"]]
    assert await rows(view, 'SELECT ?t { ?f kgtwin:valueText ?t FILTER(CONTAINS(?t, "b")) }') == [['a "b"\n\\']]


async def test_the_taxonomy_reaches_the_facts_through_the_union(view: RdfView) -> None:
    query = "SELECT ?r { ?f kgtwin:codeConcept/rdfs:subClassOf* snomed:414545008 ; kgtwin:status ?r }"
    assert await rows(view, query) == [["active"]]
    role = "ASK { GRAPH graph:knowledge { rxnorm:860975 kgtwin:hasActiveIngredient rxnorm:6809 } }"
    assert json.loads((await view.query(role)).body)["boolean"] is True


async def test_inferences_stay_apart(view: RdfView) -> None:
    query = """SELECT ?s ?g { GRAPH ?g { ?i a kgtwin:DetectedIssue ; kgtwin:significance ?s ; kgtwin:implicates ?f }
        GRAPH graph:asserted { ?f a kgtwin:Condition } }"""
    assert await rows(view, query) == [["major", "https://w3id.org/kgtwin/graph/inferred"]]
    predicted = "SELECT ?b ?p { ?r a kgtwin:RiskAssessment ; kgtwin:basis ?b ; kgtwin:plausibility ?p }"
    assert await rows(view, predicted) == [["predicted", "0.75"]]
    assert view.revision == 3


@pytest.mark.parametrize("format_", ["json", "csv", "tsv", "xml"])
async def test_solutions_in_every_format(view: RdfView, format_: str) -> None:
    answer = await view.query("SELECT ?u { ?f kgtwin:unit ?u }", format=format_)
    assert b"mmol/L" in answer.body
    assert format_ in answer.media_type.replace("tab-separated-values", "tsv")


@pytest.mark.parametrize("format_", ["turtle", "ntriples", "rdfxml", "jsonld"])
async def test_graphs_in_every_format(view: RdfView, format_: str) -> None:
    answer = await view.query("CONSTRUCT { ?f kgtwin:unit ?u } { ?f kgtwin:unit ?u }", format=format_)
    assert (answer.form, answer.format) == ("CONSTRUCT", format_)
    assert b"mmol/L" in answer.body


async def test_a_limit_cuts_and_says_so(view: RdfView) -> None:
    answer = await view.query("SELECT ?s { ?s ?p ?o }", limit=2)
    assert (len(json.loads(answer.body)["results"]["bindings"]), answer.truncated) == (2, True)
    assert (await view.query("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", limit=2)).truncated
    assert not (await view.query("SELECT ?s { ?s kgtwin:unit ?o }", limit=1)).truncated


@pytest.mark.parametrize(
    ("query", "format_"),
    [
        ("SELECT ?s { ?s ", None),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", None),
        ("DELETE WHERE { ?s ?p ?o }", None),
        ("ASK { ?s ?p ?o }", "csv"),
        ("SELECT * { ?s ?p ?o }", "turtle"),
    ],
)
async def test_what_is_refused(view: RdfView, query: str, format_: str | None) -> None:
    with pytest.raises(QueryRejectedError):
        await view.query(query, format=format_)


async def test_a_service_that_passed_the_guard_reaches_nothing(view: RdfView, monkeypatch: pytest.MonkeyPatch) -> None:
    contacted = asyncio.Event()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        contacted.set()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr("kgtwin.store.rdf.check_query", lambda _: "SELECT")
    with pytest.raises(QueryRejectedError):
        await view.query(f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}", timeout=5)
    server.close()
    assert not contacted.is_set()


async def test_a_long_query_is_stopped_and_the_view_goes_on(view: RdfView) -> None:
    started = asyncio.get_running_loop().time()
    running = asyncio.create_task(view.query(ENDLESS, timeout=0.5))
    assert await rows(view, "SELECT ?u { ?f kgtwin:unit ?u }") == [["mmol/L"]]
    with pytest.raises(QueryTimeoutError):
        await running
    assert asyncio.get_running_loop().time() - started < 5
    assert await rows(view, "SELECT ?u { ?f kgtwin:unit ?u }") == [["mmol/L"]]


async def test_a_closed_view_says_so(view: RdfView) -> None:
    await view.close()
    with pytest.raises(StoreError, match="closed"):
        await view.query("ASK { ?s ?p ?o }")


async def test_a_request_names_its_graphs_and_gives_terms_for_variables(view: RdfView) -> None:
    ask = "ASK { ?f kgtwin:unit ?u }"
    asserted, inferred = (f"https://w3id.org/kgtwin/graph/{name}" for name in ("asserted", "inferred"))
    for graphs, expected in ((None, True), ([asserted], True), ([inferred], False), ([], False)):
        assert json.loads((await view.query(ask, default_graphs=graphs)).body)["boolean"] is expected
    for unit, expected in (('"mmol/L"', True), ('"x\\" . } DROP ALL"', False)):
        assert json.loads((await view.query(ask, substitutions={"u": unit})).body)["boolean"] is expected
    assert (await view.query(ask)).revision == 3

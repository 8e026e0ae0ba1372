"""``ontology``, ``embeddings`` and ``doctor`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import TESTS, Run

UNSATISFIABLE = TESTS / "bad" / "ontology" / "unsatisfiable.ofn"


def test_a_taxonomy_is_an_ontology_of_one_axiom_a_line(run: Run, tmp_path: Path) -> None:
    taxonomy = tmp_path / "taxonomy.ofn"
    first = run("ontology", "classify", UNSATISFIABLE, "-o", taxonomy)
    lines = taxonomy.read_text().splitlines()
    assert (first.code, first.out, lines[0], lines[-1]) == (1, "", "Ontology(", ")")
    bad = "http://example.org/bad#"
    assert f"SubClassOf(<{bad}Alga> <{bad}Plant>)" in lines
    assert f"EquivalentClasses(<http://www.w3.org/2002/07/owl#Nothing> <{bad}Euglena>)" in lines
    assert run("ontology", "classify", UNSATISFIABLE).out.splitlines() == lines
    again = run("ontology", "classify", taxonomy, "--json")
    assert json.loads(again.out)["unsatisfiable"] == [f"{bad}Euglena"]


def test_a_saved_embedding_is_evaluated_beside_its_baselines(run: Run) -> None:
    artefact = TESTS.parent / "kgtwin" / "embeddings" / "artefacts" / "hetionet-open"
    done = run("embeddings", "evaluate", artefact)
    assert done.code == 0
    assert "degree" in done.out
    assert json.loads(run("embeddings", "evaluate", artefact, "--json").out)
    assert run("embeddings", "evaluate", "no/such/model").code == 3


def test_doctor_finds_what_is_there_and_what_is_not(run: Run) -> None:
    before = run("doctor")
    assert before.code == 3
    assert "there is no store here" in before.out
    run("ingest", TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json")
    findings = json.loads(run("doctor", "--json").out)
    assert {f["state"] for f in findings if f["what"] in {"python", "knowledge", "terminology", "store"}} <= {
        "ok",
        "note",
    }


def test_queries_answer_people_and_programs(run: Run) -> None:
    run("ingest", TESTS / "cases" / "drug-lab" / "metformin-egfr-22.json")
    cypher = "MATCH (p:Patient) WHERE p.id = $id RETURN p.key AS key"
    assert run("cypher", cypher, "-p", 'id="p1"').out.split() == ["key", "local|p1"]
    assert json.loads(run("cypher", cypher, "-p", "id=p1", "--json").out)["rows"] == [["local|p1"]]
    refused = run("cypher", "MATCH (n) DETACH DELETE n")
    assert (refused.code, refused.out) == (3, "")
    assert run("sparql", "ASK { ?patient ?has ?what }").out == "yes\n"
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert json.loads(run("sparql", count, "--json").out)["results"]["bindings"]
    assert run("sparql", "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }").code == 3
    assert run("sparql", "SELECT nonsense").code == 3

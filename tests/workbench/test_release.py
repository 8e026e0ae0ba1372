"""The release of the shipped ontologies loads again and says the same."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kgtwin.inference import Knowledge
from kgtwin.model.axioms import Class, SubClassOf
from kgtwin.model.ontology import Ontology
from kgtwin.ontology.document_text import lines
from kgtwin.ontology.functional import read as read_functional
from kgtwin.ontology.loader import load
from kgtwin.ontology.nodes import Source
from kgtwin.ontology.rdf_graph import write as write_turtle
from kgtwin.ontology.rdf_triples import triples
from kgtwin.ontology.writer import render, write_taxonomy
from kgtwin.reasoning import classify
from kgtwin.workbench.checking import check
from kgtwin.workbench.releasing import release

ROOT = Path(__file__).resolve().parents[2]
ONTOLOGIES = ROOT / "ontologies"
EVERY = ROOT / "tests" / "ontology" / "cases" / "every.ofn"
ROBOT = ROOT.parent / "shared" / "bench" / "robot" / "robot"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "out"
    made = release(ONTOLOGIES, folder)
    assert not made.refused, made.findings
    return folder


def said(ontology: Ontology) -> dict[str, set[Any]]:
    """Annotations of entities, whatever their order; those of the ontologies themselves apart."""
    return {iri: set(values) for iri, values in ontology.annotations.items() if iri in ontology.entities}


def unnamed(ontology: Ontology) -> set[str]:
    """The axioms as text, without the names of anonymous individuals."""
    return {re.sub(r"_:genid\d+", "_:x", render(axiom)) for axiom in ontology.axioms}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kgtwin.ofn", "kgtwin.ttl"])
def test_the_merged_file_says_what_the_modules_say(shipped: Path, name: str) -> None:
    modules, merged = load(ONTOLOGIES / "kgtwin.owl"), load(shipped / name)
    assert set(merged.axioms) == set(modules.axioms)
    assert merged.axiom_annotations == modules.axiom_annotations
    assert modules.entities.items() <= merged.entities.items()
    assert said(modules).items() <= said(merged).items()
    assert (merged.iri, merged.version) == (modules.iri, modules.version)
    assert merged.files == (str(shipped / name),), "it imports nothing"


@pytest.mark.parametrize("name", ["kgtwin-classified.ofn", "kgtwin-classified.ttl"])
def test_the_classified_file_has_the_taxonomy_and_no_other(shipped: Path, name: str, knowledge: Knowledge) -> None:
    modules, classified = knowledge.ontology, load(shipped / name)
    taxonomy = classify(modules.axioms)
    assert list(write_taxonomy(classify(classified.axioms))) == list(write_taxonomy(taxonomy))
    added = set(classified.axioms) - set(modules.axioms)
    assert added, "something follows that is not asserted"
    pairs = {
        (one.sub.iri, one.sup.iri)
        for one in classified.axioms
        if isinstance(one, SubClassOf) and isinstance(one.sub, Class) and isinstance(one.sup, Class)
    }
    direct = {(iri, up) for iri in taxonomy.classes for up in taxonomy.parents(iri)}
    thing = "http://www.w3.org/2002/07/owl#"
    assert {pair for pair in direct if not any(one.startswith(thing) for one in pair)} <= pairs


def test_the_merged_file_passes_the_checks(shipped: Path) -> None:
    report = check(shipped / "kgtwin.ofn", shape_files=None)
    assert report.errors == 0, [str(one) for one in report.findings][:5]


def test_every_construct_of_owl_is_written_and_read_again(tmp_path: Path) -> None:
    source = Source(str(EVERY), EVERY.read_text(encoding="utf-8"))
    tree = read_functional(source)
    (tmp_path / "a.ofn").write_text("\n".join(lines(tree)), encoding="utf-8")
    (tmp_path / "a.ttl").write_bytes(write_turtle(triples(tree), {}))
    before = load(EVERY)
    assert load(tmp_path / "a.ofn").axioms == before.axioms
    assert load(tmp_path / "a.ofn").annotations == before.annotations
    by_rdf = load(EVERY.with_suffix(".ttl"))
    assert unnamed(load(tmp_path / "a.ttl")) == unnamed(by_rdf)
    assert load(tmp_path / "a.ttl").axiom_annotations == by_rdf.axiom_annotations


@pytest.fixture(scope="module")
def graph(shipped: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shipped / "kgtwin.obographs.json").read_text(encoding="utf-8"))
    assert list(found) == ["graphs"]
    (one,) = found["graphs"]
    assert isinstance(one, dict)
    return one


def test_the_graph_has_the_structure_of_obographs(graph: dict[str, Any]) -> None:
    ids = [node["id"] for node in graph["nodes"]]
    assert len(set(ids)) == len(ids)
    known = set(ids)
    assert {node["type"] for node in graph["nodes"]} <= {"CLASS", "PROPERTY", "INDIVIDUAL"}
    assert all(("propertyType" in node) == (node["type"] == "PROPERTY") for node in graph["nodes"])
    for edge in graph["edges"]:
        assert set(edge) == {"sub", "pred", "obj"}
        assert {edge["sub"], edge["obj"]} <= known
        assert edge["pred"] in known | {"is_a", "subPropertyOf", "type"}
    for definition in graph["logicalDefinitionAxioms"]:
        assert {definition["definedClassId"], *definition["genusIds"]} <= known
        assert all({one["propertyId"], one["fillerId"]} <= known for one in definition["restrictions"])
    for same in graph["equivalentNodesSets"]:
        assert same["representativeNodeId"] in same["nodeIds"]
        assert set(same["nodeIds"]) <= known
    assert graph["meta"]["version"] == "https://w3id.org/kgtwin/ontology/2026.1"


def test_the_graph_says_what_it_cannot_say(graph: dict[str, Any]) -> None:
    assert any("no form in OBO Graphs" in one["val"] for one in graph["meta"]["basicPropertyValues"])


@pytest.mark.slow
@pytest.mark.skipif(not ROBOT.is_file() or shutil.which("java") is None, reason="needs ROBOT in ../shared and Java")
def test_robot_reads_it_and_makes_the_same_graph(shipped: Path, graph: dict[str, Any], tmp_path: Path) -> None:
    made = tmp_path / "robot.json"
    robot = (str(ROBOT), "convert", "--input", str(shipped / "kgtwin-classified.ttl"), "--output", str(made))
    subprocess.run(robot, check=True, env={**_environment(), "ROBOT_HEAP": "2g"}, capture_output=True)
    (theirs,) = json.loads(made.read_text(encoding="utf-8"))["graphs"]

    def edges(one: dict[str, Any]) -> set[tuple[str, str, str]]:
        return {(edge["sub"], edge["pred"], edge["obj"]) for edge in one["edges"]}

    assert edges(theirs) == edges(graph)
    assert {one["id"] for one in graph["nodes"]} <= {one["id"] for one in theirs["nodes"]}
    labels = {one["id"]: one.get("lbl") for one in theirs["nodes"]}
    assert all(labels[one["id"]] == one.get("lbl") for one in graph["nodes"])
    same = (str(ROBOT), "diff", "--left", str(shipped / "kgtwin.ofn"), "--right", str(shipped / "kgtwin.ttl"))
    done = subprocess.run(same, check=True, env={**_environment(), "ROBOT_HEAP": "2g"}, capture_output=True, text=True)
    assert "Ontologies are identical" in done.stdout


def _environment() -> dict[str, str]:
    return dict(os.environ)


def test_statistics_count_by_module_kind_significance_evidence_and_review(shipped: Path) -> None:
    found = json.loads((shipped / "statistics.json").read_text(encoding="utf-8"))
    statements = found["statements"]
    for part in ("kind", "significance", "evidence", "review"):
        assert sum(statements[part].values()) == statements["count"] > 0
    assert sum(one["statements"] for one in found["modules"]) == statements["count"]
    assert {one["module"] for one in found["modules"]} >= {"core.ofn", "drugs.ofn", "interactions.ofn"}
    modules = load(ONTOLOGIES / "kgtwin.owl")
    assert sum(found["axioms"].values()) == len(modules.axioms)
    assert sum(found["mappings"]["predicate"].values()) == found["mappings"]["count"] > 0


def test_terms_of_every_source_and_the_licence_are_there(shipped: Path) -> None:
    notice = (shipped / "NOTICE").read_text(encoding="utf-8")
    for word in (
        "drugs.ofn",
        "apache.org/licenses/LICENSE-2.0",
        "SNOMED International",
        "Regenstrief",
        "RxNorm",
        "MONDO",
    ):
        assert word in notice
    assert (shipped / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_digests_are_those_of_the_files(shipped: Path) -> None:
    sums = (shipped / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    told = {line.partition("  ")[2]: line.partition("  ")[0] for line in sums}
    assert set(told) == {file.name for file in shipped.iterdir()} - {"SHA256SUMS"}
    for name, digest in told.items():
        assert hashlib.sha256((shipped / name).read_bytes()).hexdigest() == digest
    manifest = json.loads((shipped / "release.json").read_text(encoding="utf-8"))
    assert {one["name"]: one["sha256"] for one in manifest["files"]}.items() <= told.items()

"""``knowledge import``: what each release's command prints, writes and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.ontology.loader import load
from tests.cli.conftest import Run
from tests.ontology.releases.made_up import Snomed, ontology_file
from tests.ontology.releases.test_medrt import DRUG, MESH, association
from tests.ontology.releases.test_medrt import release as medrt_release
from tests.ontology.releases.test_rxnorm import RxNormFolder
from tests.ontology.snomed import sctid

DATA = Path(__file__).parents[3] / "shared" / "data"
TABLE = f"drug\tcondition\ttext\nRXCUI:11\tSCTID:{sctid(1)}\tIt says so.\n"
IMPORT = ("knowledge", "import")


@pytest.fixture
def ontology(tmp_path: Path) -> Path:
    return ontology_file(tmp_path)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.ofn"


def table_arguments(table: Path, ontology: Path, out: Path) -> list[str | Path]:
    columns = ["--drug", "drug", "--condition", "condition", "--evidence", "text"]
    return [*IMPORT, "contraindications", table, *columns, "--ontology", ontology, "-o", out]


def test_a_table(run: Run, ontology: Path, out: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(TABLE)
    done = run(*table_arguments(table, ontology, out), "--source", "Our list", "--release", "7")
    assert (done.code, done.err) == (0, "")
    assert "Our list 7: 1 statements, 0 held" in done.out
    text = out.read_text()
    assert 'Annotation(owl:versionInfo "7")' in text
    assert "(:silent " in text
    again = run(*table_arguments(table, ontology, out), "--review", "accept", "--reviewer", "Dr. X", "--json")
    report = json.loads(again.out)
    assert (again.code, report["rejected"], report["counts"]["new"]) == (0, 0, 0)
    assert report["module"] == "https://w3id.org/kgtwin/import/table"
    assert len(report["digest"]) == 64


def test_a_table_with_bad_rows(run: Run, ontology: Path, out: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(TABLE + f"RXCUI:11\tSCTID:{sctid(3)}\tx\n" + "RXCUI:11\tMONDO:0000001\tx\n")
    done = run(*table_arguments(table, ontology, out))
    assert done.code == 1
    assert f"{table} line 3 condition: snomed:{sctid(3)} is retired, replaced by" in done.err
    assert "use the code that replaces it" in done.err
    assert "held: Madeupin and MONDO:0000001: no exact mapping leads" in done.out
    assert "rejected: 1" in done.out
    load(out)


def test_a_mapping_file_with_an_unknown_predicate_and_a_row_twice(
    run: Run, ontology: Path, out: Path, tmp_path: Path
) -> None:
    mapping, table = tmp_path / "m.sssom.tsv", tmp_path / "table.tsv"
    good = f"MONDO:0000001\tskos:exactMatch\tsnomed:{sctid(2)}\n"
    head = "# curie_map:\n#   MONDO: http://purl.obolibrary.org/obo/MONDO_\nsubject_id\tpredicate_id\tobject_id\n"
    mapping.write_text(head + good + f"MONDO:0000002\tskos:likes\tsnomed:{sctid(2)}\n" + good)
    table.write_text("drug\tcondition\ttext\nMadeupin\tMONDO:0000001\tx\n")
    done = run(*table_arguments(table, ontology, out), "--mappings", mapping, "--json")
    report = json.loads(done.out)
    assert (done.code, report["counts"]["held"], report["counts"]["statements"]) == (1, 0, 1)
    assert [p["location"]["entry"] for p in report["problems"]] == ["line 5", "line 6"]
    assert "unknown predicate 'skos:likes'" in report["problems"][0]["message"]
    assert "the same mapping as line 4" in report["problems"][1]["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--drug", "nothing"], "there is no column 'nothing'"),
        (["--reviewer", "X"], "--reviewer without --review accept"),
        (["--mappings", "nowhere"], "there is no such file or folder"),
    ],
)
def test_wrong_usage_writes_nothing(
    change: list[str], message: str, run: Run, ontology: Path, out: Path, tmp_path: Path
) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(TABLE)
    done = run(*table_arguments(table, ontology, out), *change)
    assert (done.code, out.exists()) == (2, False)
    assert message in done.err


def test_the_output_cannot_be_an_input(run: Run, ontology: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(TABLE)
    done = run(*table_arguments(table, ontology, table))
    assert (done.code, table.read_text()) == (2, TABLE)


def test_interactions(run: Run, ontology: Path, out: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text("a,b,how\nMadeupin,Fancin,moderate\n")
    columns = ["--drug-a", "a", "--drug-b", "b", "--significance", "how"]
    done = run(*IMPORT, "interactions", table, *columns, "--ontology", ontology, "-o", out)
    assert (done.code, done.err) == (0, "")
    assert '"moderate"' in out.read_text()


def test_snomed(run: Run, out: Path, tmp_path: Path) -> None:
    release = Snomed(tmp_path / "release")
    release.concept(1)
    release.axiom(1, "SubClassOf(:{1} owl:Thing)")
    release.axiom(1, "SubClassOf(:{1} :{2})")
    folder = release.write()
    done = run(*IMPORT, "snomed", folder, "-o", out, "--json")
    report = json.loads(done.out)
    assert (done.code, report["version"], report["counts"]["concepts"], report["rejected"]) == (1, "20260101", 1, 1)
    assert len(load(out).axioms) == 1
    assert run(*IMPORT, "snomed", folder, "-o", out, "--until", "2026").code == 2
    missing = run(*IMPORT, "snomed", tmp_path / "none", "-o", out)
    assert (missing.code, "there is no such folder" in missing.err) == (3, True)


def test_rxnorm_beside_an_ontology_keeps_its_labels(run: Run, ontology: Path, out: Path, tmp_path: Path) -> None:
    made = RxNormFolder(tmp_path / "rrf")
    made.concept("11", "IN", "madeupin")
    made.concept("15", "IN", "newin")
    folder = made.write()
    done = run(*IMPORT, "rxnorm", folder, "-o", out, "--ontology", ontology, "--release", "2026-01")
    assert (done.code, done.err) == (0, "")
    text = out.read_text()
    assert "rdfs:label rxnorm:15" in text
    assert "rdfs:label rxnorm:11" not in text


def test_medrt(run: Run, ontology: Path, out: Path, tmp_path: Path) -> None:
    file, descriptors = tmp_path / "medrt.xml", tmp_path / "mesh.xml"
    file.write_text(medrt_release(association("CI_with", DRUG, ("MeSH", "Redness", "M0000009"))))
    descriptors.write_text(MESH)
    done = run(*IMPORT, "medrt", file, "--mesh", descriptors, "--ontology", ontology, "-o", out)
    assert (done.code, done.err) == (0, "")
    assert "MED-RT 2026.01.01: 1 statements, 0 held" in done.out
    load(out)
    file.write_text(file.read_text()[:-9])
    broken = run(*IMPORT, "medrt", file, "--ontology", ontology, "-o", out)
    assert (broken.code, "not well-formed XML" in broken.err) == (3, True)


def test_obo(run: Run, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.obo"
    file.write_text(
        "format-version: 1.2\ndata-version: 2026-01-01\nontology: t\n\n[Term]\nid: T:1\nname: one\nis_a: T:2\n\n"
        '[Term]\nid: T:2\nname: two\nsynonym: "zwei" EXACT []\n\n[Term]\nid: T:3\nis_obsolete: true\nreplaced_by: T:1\n'
    )
    done = run(*IMPORT, "obo", file, "-o", out, "--source", "Test ontology", "--json")
    report = json.loads(done.out)
    assert (done.code, report["source"], report["counts"]["axioms"]) == (0, "Test ontology", 1)
    ontology = load(out)
    assert ontology.label("http://purl.obolibrary.org/obo/T_1") == "one"
    assert ontology.version == report["version"]
    for wrong in ("[Term]\nname: no id\n", ""):
        file.write_text(wrong)
        assert run(*IMPORT, "obo", file, "-o", out).code == 3


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the tables are not at {DATA}")
def test_the_label_table(run: Run, out: Path) -> None:
    table = DATA / "drugs" / "label-contraindications.tsv"
    columns = {"drug": "drug_id", "drug-name": "active_ingredient", "condition": "disease_id"}
    columns |= {"condition-name": "disease_text", "evidence": "label_text"}
    named = [part for option, column in columns.items() for part in (f"--{option}", column)]
    mappings = DATA / "maps" / "mondo_exactmatch_sctid.sssom.tsv.xz"
    done = run(*IMPORT, "contraindications", table, *named, "--mappings", mappings, "-o", out, "--json")
    report = json.loads(done.out)
    counts = report["counts"]
    assert counts["statements"] + counts["merged rows"] + report["rejected"] == 1905
    assert 1000 < counts["held"] < counts["statements"]
    assert out.read_text().count("(:silent :") == counts["statements"]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the tables are not at {DATA}")
def test_the_list_of_high_priority_interactions(run: Run, out: Path) -> None:
    table = DATA / "drugs" / "onc-high-priority.tsv"
    done = run(*IMPORT, "interactions", table, "--drug-a", "drug_a", "--drug-b", "drug_b", "-o", out, "--json")
    report = json.loads(done.out)
    counts = report["counts"]
    assert counts["statements"] + counts["merged rows"] + report["rejected"] == 1150
    assert counts["statements"] > 900

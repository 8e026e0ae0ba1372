"""A release is the same twice, says what changed, and is refused where anything is wrong."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.ontology.loader import load
from kgtwin.terminology.sssom import read_sssom
from kgtwin.workbench.releasing import Released, release
from tests.workbench.test_check import HEAD, SOUND, STATEMENT

ROOT = Path(__file__).resolve().parents[2]
VERSIONED = HEAD + 'Annotation(owl:versionInfo "2026-11-28")\n'
MAPPINGS = """# mapping_set_id: https://example.org/mappings/one
# license: https://creativecommons.org/publicdomain/zero/1.0/
# curie_map:
#   x: http://example.org/x#
#   skos: http://www.w3.org/2004/02/skos/core#
subject_id\tsubject_label\tpredicate_id\tobject_id\tmapping_justification
icd10cm:J45\tAsthma\tskos:exactMatch\tsnomed:195967001\tsemapv:ManualMappingCuration
icd10cm:I10\tEssential hypertension\tskos:exactMatch\tsnomed:59621000\tsemapv:ManualMappingCuration
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "mappings").mkdir(parents=True)
    (folder / "kgtwin.owl").write_text(f"{VERSIONED}{SOUND}{STATEMENT})\n", encoding="utf-8")
    (folder / "mappings" / "one.sssom.tsv").write_text(MAPPINGS, encoding="utf-8")
    return folder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def errors(made: Released) -> list[str]:
    return [str(one) for one in made.findings if one.level == "error"]


def test_a_text_that_looks_like_an_iri_or_a_quote_stays_as_it_is(source: Path, tmp_path: Path) -> None:
    odd = 'see <http://snomed.info/id/1> \\"quoted\\" \\\\ back'
    edit(source / "kgtwin.owl", '"An A that has a B."', f'"{odd}"')
    release(source, tmp_path / "out")
    told = load(source / "kgtwin.owl").annotations
    for name in ("kgtwin.ofn", "kgtwin.ttl"):
        iri = "https://w3id.org/kgtwin/ontology#CI_9001"
        assert set(load(tmp_path / "out" / name).annotations[iri]) == set(told[iri])


def test_a_node_has_label_definition_synonyms_and_whether_it_is_retired(source: Path, tmp_path: Path) -> None:
    more = """AnnotationAssertion(rdfs:comment x:A "a remark")
AnnotationAssertion(<http://www.w3.org/2004/02/skos/core#definition> x:A "what A is")
AnnotationAssertion(<http://www.w3.org/2004/02/skos/core#altLabel> x:A "Alpha")
Declaration(Class(x:E))
AnnotationAssertion(rdfs:label x:E "E"@en)
AnnotationAssertion(owl:deprecated x:E "true"^^xsd:boolean)
Declaration(Class(x:C))
AnnotationAssertion(rdfs:label x:C "C"@en)
EquivalentClasses(x:C x:A)
SubClassOf(x:B ObjectSomeValuesFrom(x:r x:A))
Declaration(AnnotationProperty(<http://www.w3.org/2004/02/skos/core#definition>))
Declaration(AnnotationProperty(<http://www.w3.org/2004/02/skos/core#altLabel>))
"""
    edit(source / "kgtwin.owl", STATEMENT, STATEMENT + more)
    assert errors(release(source, tmp_path / "out")) == []
    (found,) = json.loads((tmp_path / "out" / "kgtwin.obographs.json").read_text(encoding="utf-8"))["graphs"]
    nodes = {node["id"].rpartition("#")[2]: node for node in found["nodes"]}
    assert nodes["A"]["lbl"] == "A"
    assert nodes["A"]["meta"]["definition"] == {"val": "what A is"}
    assert nodes["A"]["meta"]["synonyms"] == [{"pred": "hasExactSynonym", "val": "Alpha"}]
    assert nodes["A"]["meta"]["comments"] == ["a remark"]
    assert nodes["E"]["meta"]["deprecated"] is True
    x = "http://example.org/x#"
    assert {"sub": f"{x}B", "pred": f"{x}r", "obj": f"{x}A"} in found["edges"]
    assert found["equivalentNodesSets"] == [{"representativeNodeId": f"{x}A", "nodeIds": [f"{x}A", f"{x}C"]}]
    (definition,) = found["logicalDefinitionAxioms"]
    assert definition["genusIds"] == [f"{x}A"]
    assert definition["restrictions"] == [{"propertyId": f"{x}r", "fillerId": f"{x}B"}]


def _environment() -> dict[str, str]:
    return dict(os.environ)


def test_the_mappings_are_one_set_with_metadata_and_read_again(source: Path, tmp_path: Path) -> None:
    other = MAPPINGS.replace("mappings/one", "mappings/two").replace("icd10cm:I10", "icd10cm:I11.9")
    (source / "mappings" / "two.sssom.tsv").write_text(other, encoding="utf-8")
    release(source, tmp_path / "out", version="7")
    file = tmp_path / "out" / "kgtwin-mappings.sssom.tsv"
    found = read_sssom(file)
    assert found.problems == ()
    assert set(found.matches) == {"icd10cm:J45", "icd10cm:I10", "icd10cm:I11.9"}, "what both say stands once"
    text = file.read_text(encoding="utf-8")
    assert "# mapping_set_id: http://example.org/x/7/mappings" in text
    assert '# mapping_set_version: "7"' in text
    assert "# license: https://creativecommons.org/publicdomain/zero/1.0/" in text
    assert text.count("https://example.org/mappings/two") == 1


def test_sets_under_other_licences_stay_apart(source: Path, tmp_path: Path) -> None:
    other = MAPPINGS.replace("publicdomain/zero/1.0", "licenses/by/4.0").replace("mappings/one", "mappings/two")
    (source / "mappings" / "two.sssom.tsv").write_text(other, encoding="utf-8")
    made = release(source, tmp_path / "out")
    assert {"kgtwin-mappings-1.sssom.tsv", "kgtwin-mappings-2.sssom.tsv"} <= set(made.files)


def test_a_module_without_a_licence_is_named(source: Path, tmp_path: Path) -> None:
    release(source, tmp_path / "out")
    assert "Licence: none stated" in (tmp_path / "out" / "NOTICE").read_text(encoding="utf-8")


def test_the_same_input_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(source, copy)
    for folder, out in ((source, "one"), (copy, "two")):
        code = (
            "from pathlib import Path; from kgtwin.workbench.releasing import release; "
            f"release(Path({str(folder)!r}), Path({str(tmp_path / out)!r}))"
        )
        seed = {**_environment(), "PYTHONHASHSEED": "1" if out == "one" else "2", "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code], check=True, env=seed)
    one, two = ({file.name: file.read_bytes() for file in (tmp_path / out).iterdir()} for out in ("one", "two"))
    assert one == two


def test_the_version_gives_the_date_and_the_version_iri(source: Path, tmp_path: Path) -> None:
    release(source, tmp_path / "out")
    text = (tmp_path / "out" / "kgtwin.ofn").read_text(encoding="utf-8")
    assert "Ontology(<http://example.org/x> <http://example.org/x/2026-11-28>" in text
    assert 'Annotation(dcterms:issued "2026-11-28"^^xsd:date)' in text
    assert text.count("versionInfo") == 1


@pytest.mark.parametrize("version", ["", "a b", "../x", "-x", "é"])
def test_what_cannot_be_a_version_is_refused(source: Path, tmp_path: Path, version: str) -> None:
    if version:
        with pytest.raises(UsageError, match="cannot be a version"):
            release(source, tmp_path / "out", version=version)
        return
    edit(source / "kgtwin.owl", 'Annotation(owl:versionInfo "2026-11-28")\n', "")
    with pytest.raises(UsageError, match="states no version"):
        release(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "message"),
    [
        ("kgtwin.owl", "x:r x:B)))", "x:r x:Nowhere)))", 18, "Nowhere"),
        (
            "mappings/one.sssom.tsv",
            "icd10cm:I10\tEssential hypertension\tskos:exactMatch",
            "icd10cm:I10\tE\tskos:sameAs",
            8,
            "unknown predicate 'skos:sameAs'",
        ),
        (
            "mappings/one.sssom.tsv",
            "icd10cm:I10\tEssential hypertension\tskos:exactMatch\tsnomed:59621000",
            "icd10cm:J45\tA\tskos:exactMatch\tsnomed:195967001",
            8,
            "the same mapping as line 7",
        ),
        ("mappings/one.sssom.tsv", "snomed:59621000", "snomed:59621001", 8, "check digit"),
        ("mappings/one.sssom.tsv", "\tpredicate_id", "\tpredicate", 6, "the column predicate_id is missing"),
        (
            "mappings/one.sssom.tsv",
            "# license: https://creativecommons.org/publicdomain/zero/1.0/\n",
            "",
            1,
            "no license",
        ),
        ("mappings/one.sssom.tsv", "# mapping_set_id: https://example.org/mappings/one\n", "", 1, "no mapping_set_id"),
    ],
)
def test_an_error_refuses_the_release_with_its_place(
    source: Path, tmp_path: Path, file: str, old: str, new: str, line: int, message: str
) -> None:
    edit(source / file, old, new)
    made = release(source, tmp_path / "out")
    assert made.refused
    assert made.files == {}
    assert not (tmp_path / "out").exists()
    assert any(str(source / file) + f":{line}: error" in one and message in one for one in errors(made)), errors(made)


def test_one_prefix_for_two_stems_is_refused(source: Path, tmp_path: Path) -> None:
    other = MAPPINGS.replace("http://example.org/x#", "http://example.org/y#").replace("/one", "/two")
    (source / "mappings" / "two.sssom.tsv").write_text(other, encoding="utf-8")
    assert any("the prefix x stands for" in one for one in errors(release(source, tmp_path / "out")))


def test_a_folder_with_files_is_not_touched(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="this is there already"):
        release(source, tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert not release(source, tmp_path / "empty").refused


def changed(source: Path) -> None:
    edit(source / "kgtwin.owl", STATEMENT, STATEMENT.replace('"major"', '"minor"') + _SECOND)
    edit(source / "mappings" / "one.sssom.tsv", "icd10cm:J45", "icd10cm:J45.9")


_SECOND = (
    STATEMENT.replace("9001", "9002")
    .replace("A and r B", "B and r A")
    .replace("x:A ObjectSomeValuesFrom(x:r x:B)", "x:B ObjectSomeValuesFrom(x:r x:A)")
    + 'SubClassOf(x:A x:B)\nSubClassOf(x:B x:D)\nDeclaration(Class(x:D))\nAnnotationAssertion(rdfs:label x:D "D"@en)\n'
)


def expect_changes(folder: Path) -> None:
    text = (folder / "CHANGES.md").read_text(encoding="utf-8")
    assert text.startswith("# kgtwin 2: changes since 2026-11-28\n")
    assert "| statements | 1 | 0 | 1 |" in text
    assert "| mappings | 1 | 1 |  |" in text
    for part in (
        "## Statements added\n\n- `kgtwin:CI_9002` B and r A (major)",
        "changed kgtwin:significance: major → minor",
        "## Entities added\n\n- `http://example.org/x#D` D",
        "added `SubClassOf(<http://example.org/x#A> <http://example.org/x#B>)`",
        "## Mappings added\n\n- icd10cm:J45.9 skos:exactMatch snomed:195967001",
        "## Mappings removed\n\n- icd10cm:J45 skos:exactMatch snomed:195967001",
    ):
        assert part in text, text
    assert json.loads((folder / "release.json").read_text(encoding="utf-8"))["since"] == "2026-11-28"


def test_changes_since_a_release(source: Path, tmp_path: Path) -> None:
    release(source, tmp_path / "first")
    changed(source)
    release(source, tmp_path / "second", earlier=str(tmp_path / "first"), version="2")
    expect_changes(tmp_path / "second")


def test_changes_since_a_revision(source: Path, tmp_path: Path) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "first"), ("tag", "v1")):
        subprocess.run(["git", *command], cwd=source, check=True)
    changed(source)
    release(source, tmp_path / "second", earlier="v1", version="2")
    expect_changes(tmp_path / "second")
    with pytest.raises(NotFoundError, match="no revision 'v9'"):
        release(source, tmp_path / "third", earlier="v9")
    assert not (tmp_path / "third").exists()


def test_nothing_changed_since_the_same(source: Path, tmp_path: Path) -> None:
    release(source, tmp_path / "first")
    made = release(source, tmp_path / "second", earlier=str(tmp_path / "first"))
    assert made.changes is not None
    assert all(not any(one.values()) for one in made.changes.values() if isinstance(one, dict)), made.changes


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kgtwin", "ontology", "release", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_command_line(source: Path, tmp_path: Path) -> None:
    done = run(str(source), "-o", str(tmp_path / "out"), "--json", "--date", "2026-01-02")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["refused"] is False
    assert set(told["files"]) == {file.name for file in (tmp_path / "out").iterdir()}
    assert '"2026-01-02"^^xsd:date' in (tmp_path / "out" / "kgtwin.ofn").read_text(encoding="utf-8")
    edit(source / "kgtwin.owl", "x:r x:B)))", "x:r x:Nowhere)))")
    refused = run(str(source), "-o", str(tmp_path / "no"))
    assert refused.returncode == 1
    assert "kgtwin.owl:18: error" in refused.stdout
    assert run(str(source), "-o", str(tmp_path / "no"), "--date", "yesterday").returncode == 2
    assert not (tmp_path / "no").exists()

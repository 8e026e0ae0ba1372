"""The table of a closure says what the loader says, whichever way its files are read."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from kgtwin.errors import MissingImportError, OntologyError, OntologySyntaxError
from kgtwin.model.axiom_table import Declared
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import Origin
from kgtwin.ontology import closure
from kgtwin.ontology.loader import load
from kgtwin.ontology.tables import load_table
from tests.ontology.snomed import ReleaseBuilder

CASES = Path(__file__).parent / "cases"
SHIPPED = Path(__file__).parents[2] / "ontologies"
OWN = Path(__file__).parents[2] / "../shared/data/owl/galen-el.ofn.xz"


@pytest.fixture(params=["compiled", "general", "mixed"])
def readers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which files compiled code reads: all that it can, none, or the larger ones."""
    kind: str = request.param
    monkeypatch.setattr(closure, "_LARGE", {"compiled": 0, "general": 10**9, "mixed": 600}[kind])
    monkeypatch.setattr("kgtwin.ontology.fast.functional.is_compiled", lambda: False)
    return kind


def agrees(path: Path) -> None:
    """Fails unless both loaders say the same."""
    ontology, found = load(path), load_table(path)
    assert list(dict.fromkeys(found.table)) == list(ontology.axioms)
    assert (found.iri, found.digest, found.files) == (ontology.iri, ontology.digest, ontology.files)
    origins: dict[Axiom, Origin] = {}
    for row, axiom in enumerate(found.table):
        origins.setdefault(axiom, found.origin(row))
    assert origins == ontology.origins


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize("path", [SHIPPED / "core.ofn", SHIPPED / "thresholds.ofn", CASES / "every.ofn"])
def test_single_files(path: Path) -> None:
    agrees(path)


def write(path: Path, body: str) -> None:
    path.write_text(f"Prefix(:=<http://x/>)\nOntology(<http://x/{path.stem}>\n{body})\n", encoding="utf-8")


@pytest.mark.usefixtures("readers")
def test_a_closure(tmp_path: Path) -> None:
    filler = "".join(f"SubClassOf(:A{k} ObjectSomeValuesFrom(:r :A{k // 2}))\n" for k in range(50))
    write(tmp_path / "root.ofn", "Import(<http://x/one>)\nImport(<http://x/two>)\nClassAssertion(:A1 _:x)\n" + filler)
    union = "SubClassOf(:A1 ObjectUnionOf(:B :C))\n"
    write(tmp_path / "one.ofn", f"Import(<http://x/root>)\nClassAssertion(:A1 _:x)\n{union}")
    adult = 'DatatypeDefinition(:Adult DataOneOf("1"^^<http://www.w3.org/2001/XMLSchema#integer>))\n'
    write(tmp_path / "two.ofn", filler + adult + union + "DataPropertyRange(:d :Adult)\n")
    agrees(tmp_path / "root.ofn")


@pytest.mark.usefixtures("readers")
def test_definitions_of_an_import_hold_in_the_root(tmp_path: Path) -> None:
    write(tmp_path / "root.ofn", "Import(<http://x/one>)\nDataPropertyRange(:d :Adult)\n" + "# long\n" * 200)
    write(
        tmp_path / "one.ofn",
        'DatatypeDefinition(:Adult DataOneOf("1"^^<http://www.w3.org/2001/XMLSchema#integer>))\n',
    )
    agrees(tmp_path / "root.ofn")


@pytest.mark.usefixtures("readers")
def test_errors_are_told(tmp_path: Path) -> None:
    write(tmp_path / "root.ofn", "Import(<http://x/one>)\n" + "# long\n" * 200)
    with pytest.raises(MissingImportError, match="http://x/one"):
        load_table(tmp_path / "root.ofn")
    write(tmp_path / "one.ofn", "# long\n" * 200 + "SubClassOf(:A)")
    with pytest.raises(OntologySyntaxError, match=r"one\.ofn:203:1"):
        load_table(tmp_path / "root.ofn")
    with pytest.raises(OntologyError, match="cannot be read"):
        load_table(tmp_path / "none.ofn")


ROWS = {
    "plain": ["SubClassOf(:{1} :{2})", " EquivalentClasses(:{1} ObjectUnionOf(:{2} :{3})) # why"],
    "wrong": ["SubClassOf(:{1} :{2})", "SubClassOf(:{3})", "SubClassOf(:{1} no:{2})"],
    "two in one": ["SubClassOf(:{1} :{2}) SubClassOf(:{2} :{3})"],
    "one in two": ["SubClassOf(:{1}", ":{2})"],
    "shifted": ["SubClassOf(:{1} :{2}) SubClassOf(:{2} :{3}) SubClassOf(:{3}", ":{4})"],
    "a bracket too many": ["SubClassOf(:{1} :{2}))", "Ontology(SubClassOf(:{1} :{2})"],
    "text without end": ['SubClassOf(Annotation(:{9} "a) :{1} :{2})', 'SubClassOf(Annotation(:{9} "b) :{1} :{2})'],
    "nothing": [],
}


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS.keys())
def test_releases(rows: list[str], tmp_path: Path) -> None:
    release = ReleaseBuilder(tmp_path / "release")
    release.head()
    for number, text in enumerate(["SubClassOf(:{1} ObjectSomeValuesFrom(:{5} :{6}))", *rows], 1):
        release.axiom(number, text)
    release.row("expressions", "1234", "5678", "of a set that nobody knows")
    release.name(1, 1, "Cyanosis (finding)")
    folder = release.write()
    agrees(folder)
    assert load_table(folder).caveats == load(folder).caveats


@pytest.mark.usefixtures("readers")
def test_declarations_are_kept() -> None:
    found = load_table(CASES / "every.ofn").table
    declared = {found.iri(entity): int(found.declared[entity]) for entity in range(found.entity_count)}
    assert declared["http://x/note"] == Declared.ANNOTATION_PROPERTY
    assert declared["http://x/D"] == Declared.CLASS
    assert declared["http://x/i"] & Declared.NAMED_INDIVIDUAL


def test_progress_is_told(tmp_path: Path) -> None:
    write(tmp_path / "root.ofn", "Import(<http://x/one>)\n")
    write(tmp_path / "one.ofn", "")
    told: list[tuple[str, int, int]] = []
    load_table(tmp_path / "root.ofn", progress=lambda *args: told.append(args))
    assert told == [("root.ofn", 1, 2), ("one.ofn", 2, 2)]


def test_a_place_without_its_file_has_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "_LARGE", 0)
    write(tmp_path / "root.ofn", "SubClassOf(:A :B)\n")
    found = load_table(tmp_path / "root.ofn")
    assert found.origin(0).line == 3
    (tmp_path / "root.ofn").unlink()
    assert found.origin(0).line is None


@pytest.mark.skipif(not OWN.is_file(), reason="needs ../shared/data/owl, which is not part of the repository")
@pytest.mark.slow
def test_a_large_file(tmp_path: Path) -> None:
    (tmp_path / "galen.ofn").write_bytes(lzma.decompress(OWN.read_bytes()))
    ontology, found = load(tmp_path / "galen.ofn"), load_table(tmp_path / "galen.ofn")
    assert list(dict.fromkeys(found.table)) == list(ontology.axioms)
    assert found.digest == ontology.digest

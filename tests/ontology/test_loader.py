"""Import closures from local files only."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import MissingImportError, OntologyError, OntologySyntaxError
from kgtwin.model.axioms import Class, ClassAssertion, SubClassOf
from kgtwin.ontology.loader import load

ROOT = Path(__file__).parents[2] / "ontologies" / "kgtwin.owl"


def module(folder: Path, name: str, *imports: str, body: str = "", file: str | None = None) -> Path:
    path = folder / (file or f"{name}.ofn")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"Import(<http://x/{one}>)\n" for one in imports)
    own = f"SubClassOf(:{name.title()} :Thing)"
    path.write_text(f"Prefix(:=<http://x/#>)\nOntology(<http://x/{name}>\n{lines}{own}\n{body})\n", encoding="utf-8")
    return path


def catalog(folder: Path, body: str) -> None:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    (folder / "catalog-v001.xml").write_text(
        f'{head}<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">{body}</catalog>',
        encoding="utf-8",
    )


def uri(name: str, target: str) -> str:
    return f'<uri id="User Entered Import Resolution" name="http://x/{name}" uri="{target}"/>'


def test_imports_by_catalogue_with_groups_bases_and_next_catalogues(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "one", "two", "three")
    module(tmp_path / "parts", "one", "two", file="the%20one.ofn".replace("%20", " "))
    module(tmp_path / "parts", "two", "root")
    module(tmp_path / "far", "three")
    next_catalog = '<nextCatalog catalog="far/catalog-v001.xml"/>'
    catalog(
        tmp_path,
        f'<group id="Folder Repository" xml:base="parts/">{uri("one", "the%20one.ofn")}{uri("two", "two.ofn")}</group>'
        + next_catalog,
    )
    catalog(tmp_path / "far", uri("three", "three.ofn") + '<nextCatalog catalog="../catalog-v001.xml"/>')
    ontology = load(root)
    assert ontology.iri == "http://x/root"
    assert [Path(file).name for file in ontology.files] == ["root.ofn", "the one.ofn", "two.ofn", "three.ofn"]
    assert {axiom.sub for axiom in ontology.axioms if isinstance(axiom, SubClassOf)} == {
        Class(f"http://x/#{name}") for name in ("Root", "One", "Two", "Three")
    }
    origin = ontology.origins[SubClassOf(Class("http://x/#Two"), Class("http://x/#Thing"))]
    assert str(origin).endswith("two.ofn:4")


def test_imports_from_the_folder_when_no_catalogue_says_so(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "one")
    module(tmp_path, "one", file="named-otherwise.ofn")
    (tmp_path / "broken.ofn").write_text("Ontology(<http://x/one>")
    assert len(load(root).files) == 2


def test_cyclic_imports_are_read_once(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "one", "root")
    module(tmp_path, "one", "root", "two")
    module(tmp_path, "two", "one")
    assert len(load(root).files) == 3
    assert len(load(tmp_path / "two.ofn").axioms) == 3


def test_a_missing_import_names_who_imports_what_and_what_to_do(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "one")
    module(tmp_path, "one", "gone")
    with pytest.raises(MissingImportError) as caught:
        load(root)
    text = str(caught.value)
    assert str(tmp_path / "one.ofn") in text
    assert "<http://x/gone>" in text
    assert "catalog-v001.xml" in text


def test_a_catalogue_entry_without_a_file_is_named(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "gone")
    catalog(tmp_path, uri("gone", "gone.ofn"))
    with pytest.raises(MissingImportError, match=r"gone\.ofn, which is not there"):
        load(root)


def test_the_network_is_never_asked(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "remote")
    catalog(tmp_path, uri("remote", "https://example.org/remote.ofn"))
    with pytest.raises(MissingImportError, match="nothing is fetched"):
        load(root)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('<!DOCTYPE c [<!ENTITY a "b">]><catalog/>', "document type declaration is refused"),
        ("<catalog", "not well-formed"),
        (
            '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog"><nextCatalog catalog="none.xml"/></catalog>',
            "cannot be read",
        ),
    ],
)
def test_a_bad_catalogue_is_named(tmp_path: Path, text: str, error: str) -> None:
    root = module(tmp_path, "root", "one")
    (tmp_path / "catalog-v001.xml").write_text(text)
    with pytest.raises(OntologyError, match=error):
        load(root)


def test_rewritten_prefixes_and_file_iris(tmp_path: Path) -> None:
    module(tmp_path / "lib", "one")
    module(tmp_path, "two", file="two.owl")
    root = tmp_path / "root.ofn"
    two = (tmp_path / "two.owl").as_uri()
    root.write_text(f"Ontology(<http://x/root> Import(<http://x/lib/one.ofn>) Import(<{two}>))")
    catalog(tmp_path, '<rewriteURI uriStartString="http://x/lib/" rewritePrefix="lib/"/>')
    assert len(load(root).files) == 3


def test_the_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    first = module(tmp_path / "a", "root", "one")
    module(tmp_path / "a", "one")
    second = module(tmp_path / "b", "root", "one", file="renamed.ofn")
    module(tmp_path / "b", "one", file="moved.ofn")
    second.write_bytes(b"\xef\xbb\xbf" + second.read_bytes().replace(b"\n", b"\r\n"))
    assert load(first).digest == load(second).digest
    module(tmp_path / "b", "one", file="moved.ofn", body="SubClassOf(:New :Thing)")
    assert load(first).digest != load(second).digest


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ('<http://x/o> Annotation(owl:versionInfo "2026.1")', "2026.1"),
        ("<http://x/o> <http://x/o/2026-11-22>", "2026-11-22"),
        ("<http://x/o>", None),
        ("", None),
    ],
)
def test_versions(tmp_path: Path, header: str, version: str | None) -> None:
    path = tmp_path / "o.ofn"
    path.write_text(f"Ontology({header})")
    ontology = load(path)
    assert ontology.version == (version or ontology.digest[:12])


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="No such file"):
        load(tmp_path / "none.owl")
    with pytest.raises(OntologyError, match="or the path of an ontology file"):
        load(tmp_path)


def test_a_syntax_error_in_an_import_names_its_file(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "one")
    module(tmp_path, "one", body="SubClassOf(:A)")
    with pytest.raises(OntologySyntaxError) as caught:
        load(root)
    assert caught.value.where == f"{tmp_path / 'one.ofn'}:4:1"


def test_progress_is_told(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "one")
    module(tmp_path, "one")
    calls: list[tuple[str, int, int]] = []
    load(root, progress=lambda *call: calls.append(call))
    assert calls == [("root.ofn", 1, 2), ("one.ofn", 2, 2)]


@pytest.mark.skipif(not ROOT.is_file(), reason="ontologies/kgtwin.owl is not there")
def test_the_shipped_ontologies_load() -> None:
    ontology = load(ROOT)
    assert len(ontology.files) > 1
    assert ontology.label("https://w3id.org/kgtwin/ontology#takesNow") == "takes now"
    assert all(origin.file for origin in ontology.origins.values())


def test_anonymous_individuals_of_two_files_are_two(tmp_path: Path) -> None:
    root = module(tmp_path, "root", "one", body="ClassAssertion(:A _:x)\nClassAssertion(:B _:x)")
    module(tmp_path, "one", body="ClassAssertion(:C _:x)")
    people = [axiom.individual for axiom in load(root).axioms if isinstance(axiom, ClassAssertion)]
    assert len(people) == 3
    assert len(set(people)) == 2
    assert people[0] == people[1]

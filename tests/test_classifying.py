"""Classifications kept between runs: found again while no file has changed, made anew when one has."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin import classifying
from kgtwin.classifying import classified, taxonomy_file
from kgtwin.errors import OntologyError
from kgtwin.ontology.fast import writing
from kgtwin.ontology.writer import write_taxonomy
from kgtwin.reasoning import cache

ROOT = """Prefix(:=<http://example.org/t#>)
Ontology(<http://example.org/root>
Import(<http://example.org/imported>)
SubClassOf(:A :B)
)
"""
IMPORTED = """Prefix(:=<http://example.org/t#>)
Ontology(<http://example.org/imported>
SubClassOf(:B :C)
)
"""
A, C, D = (f"http://example.org/t#{name}" for name in "ACD")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files, of which one imports the other; everything is worth keeping."""
    monkeypatch.setenv("KGTWIN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(classifying, "_WORTH_KEEPING", 0)
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "imported.ofn").write_text(IMPORTED)
    (folder / "root.ofn").write_text(ROOT)
    return folder / "root.ofn"


def test_it_is_kept_and_found_again(root: Path) -> None:
    first, second = classified(root), classified(root)
    assert (first.kept, second.kept) == (False, True)
    assert first.source == second.source
    assert [Path(file).name for file in first.source.files] == ["root.ofn", "imported.ofn"]
    assert first.source.axioms == 2
    assert first.classification.ancestors(A) == second.classification.ancestors(A)
    assert set(first.seconds) == {"read", "classify", "keep"}
    assert set(second.seconds) == {"load"}


def test_nothing_is_kept_or_looked_for_unless_wanted(root: Path) -> None:
    assert not classified(root, keep=False).kept
    assert not cache.folder().exists()
    classified(root)
    assert not classified(root, keep=False).kept


def test_few_axioms_are_not_worth_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifying, "_WORTH_KEEPING", 3)
    assert [classified(root).kept for _ in range(2)] == [False, False]
    assert not cache.folder().exists()


@pytest.mark.parametrize("changed", ["root.ofn", "imported.ofn"])
def test_a_change_of_any_file_is_noticed(root: Path, changed: str) -> None:
    classified(root)
    path = root.parent / changed
    path.write_text(path.read_text().replace("SubClassOf(:", "SubClassOf(:A :D) SubClassOf(:", 1))
    found = classified(root)
    assert not found.kept
    assert found.classification.is_subclass_of(A, D)
    assert classified(root).kept


def test_a_change_back_finds_the_first_again(root: Path) -> None:
    classified(root)
    imported = root.parent / "imported.ofn"
    imported.write_text(IMPORTED.replace(":C", ":D"))
    assert C not in classified(root).classification.classes
    imported.write_text(IMPORTED)
    assert classified(root).classification.is_subclass_of(A, C)


def test_a_missing_import_is_an_error_although_it_was_kept(root: Path) -> None:
    classified(root)
    (root.parent / "imported.ofn").unlink()
    with pytest.raises(OntologyError, match="imported"):
        classified(root)


def test_damaged_or_foreign_files_are_made_anew(root: Path) -> None:
    classified(root)
    for path in list(cache.folder().iterdir()):
        content = path.read_bytes()
        for damaged in (b"", content[: len(content) // 2], b"{}", b'{"iri": 3}'):
            path.write_bytes(damaged)
            found = classified(root)
            assert found.classification.is_subclass_of(A, C)
            assert not found.kept
        path.write_bytes(content)
    assert classified(root).kept


def test_a_folder_that_cannot_be_written_costs_time_only(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root.parent / "file").write_text("no folder")
    monkeypatch.setenv("KGTWIN_CACHE", str(root.parent / "file" / "kept"))
    assert [classified(root).kept for _ in range(2)] == [False, False]


def test_two_files_of_one_content_share_what_is_kept(root: Path) -> None:
    classified(root)
    copy = root.with_name("copy.ofn")
    copy.write_text(ROOT)
    assert not classified(copy).kept
    assert classified(copy).kept
    assert len(list(cache.folder().glob("*.classification"))) == 1
    assert len(list(cache.folder().glob("*.json"))) == 2


def test_compiled_and_plain_writers_say_the_same(root: Path) -> None:
    classification = classified(root).classification
    columns = classification.columns()
    assert columns is not None
    plain = {line for line in write_taxonomy(classification) if line}
    compiled = b"".join(bytes(piece) for piece in writing.taxonomy_bytes(*columns)).decode()
    assert set(compiled.splitlines()) - {""} == plain
    assert {*b"".join(map(bytes, taxonomy_file(classification))).decode().splitlines()} - {""} == plain
